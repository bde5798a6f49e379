/*  HTTP/1.1 answers in one piece and cut at every byte mean the same; ambiguous ones mean nothing. */
#include "broker/alpaca/http_reply.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char body[256];
    size_t size;
} kept_t;

static int on_body (void *context, const char *bytes, size_t size)
{
    kept_t *kept = context;
    if (kept->size + size >= sizeof kept->body)
        return -ERR_FULL;
    memcpy (kept->body + kept->size, bytes, size);
    kept->size += size;
    kept->body[kept->size] = 0;
    return 0;
}

static int read_in (http_reply_t *reply, kept_t *kept, const char *text, size_t piece, size_t *used_p)
{
    size_t size = strlen (text);
    int rc = 0;
    *used_p = 0;
    memset (kept, 0, sizeof *kept);
    http_reply_begin (reply);
    while (rc == 0 && *used_p < size && reply->state != HTTP_REPLY_DONE) {
        size_t used = 0;
        size_t left = size - *used_p;
        rc = http_reply_input (reply, text + *used_p, left < piece ? left : piece, &used, on_body, kept);
        *used_p += used;
    }
    return rc;
}

typedef struct {
    const char *text;
    int rc;
    http_reply_state_t state;
    int status;
    const char *body;
    bool keep_alive;
} lesson_t;

static const lesson_t lessons[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, HTTP_REPLY_DONE, 200, "hello", true},
    {"HTTP/1.1 200\r\ncontent-length:5 \r\n\r\nhello", 0, HTTP_REPLY_DONE, 200, "hello", true},
    {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 0, HTTP_REPLY_DONE, 200, "hello", true},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, HTTP_REPLY_DONE, 200, "hi", false},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", 0, HTTP_REPLY_DONE, 200,
        "hi", true},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", 0, HTTP_REPLY_DONE, 200, "hi",
        false},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", 0, HTTP_REPLY_DONE, 204, "", true},
    {"HTTP/1.1 200 OK\r\n\r\nup to the end", 0, HTTP_REPLY_UNTIL_END, 200, "up to the end", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX: y\r\n\r\n", 0,
        HTTP_REPLY_DONE, 200, "hello!", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", 0, HTTP_REPLY_DONE,
        200, "0123456789", true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", 0, HTTP_REPLY_DONE,
        201, "x", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 0, HTTP_REPLY_BODY, 200, "half", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 0, HTTP_REPLY_DONE, 200, "hi",
        true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", -ERR_SYNTAX, HTTP_REPLY_HEADER,
        200, "", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", -ERR_SYNTAX, HTTP_REPLY_HEADER, 200, "", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nhi", -ERR_SYNTAX, HTTP_REPLY_HEADER, 200, "", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi", -ERR_SYNTAX, HTTP_REPLY_HEADER, 200, "", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", -ERR_SYNTAX, HTTP_REPLY_CHUNK_SIZE, 200,
        "", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", -ERR_SYNTAX, HTTP_REPLY_CHUNK_SIZE,
        200, "a", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n", -ERR_SYNTAX, HTTP_REPLY_CHUNK_SIZE,
        200, "", true},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", -ERR_SYNTAX, HTTP_REPLY_HEADER, 101, "", true},
    {"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", -ERR_SYNTAX, HTTP_REPLY_HEADER, 200, "", true},
    {"HTTP/2 200 OK\r\n\r\n", -ERR_SYNTAX, HTTP_REPLY_STATUS, 0, "", true},
    {"SSH-2.0-OpenSSH_9\r\n", -ERR_SYNTAX, HTTP_REPLY_STATUS, 0, "", true},
    {"HTTP/1.1 20 OK\r\n\r\n", -ERR_SYNTAX, HTTP_REPLY_STATUS, 0, "", true},
};

static void an_answer_means_the_same_however_it_is_cut (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        const lesson_t *lesson = &lessons[i];
        for (size_t piece = 1; piece <= strlen (lesson->text); piece++) {
            http_reply_t reply;
            kept_t kept;
            size_t used = 0;
            int rc = read_in (&reply, &kept, lesson->text, piece, &used);
            if (rc != lesson->rc || reply.state != lesson->state || reply.head.status != lesson->status)
                fail_msg ("%s in pieces of %zu: rc %d, state %d, status %d", lesson->text, piece, rc,
                    (int) reply.state, reply.head.status);
            assert_string_equal (kept.body, lesson->body);
            if (rc == 0)
                assert_int_equal (reply.keep_alive, lesson->keep_alive);
        }
    }
}

static void what_follows_an_answer_is_left (void **state)
{
    (void) state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 408 Late\r\n";
    http_reply_t reply;
    kept_t kept;
    size_t used = 0;
    assert_int_equal (read_in (&reply, &kept, text, sizeof text, &used), 0);
    assert_int_equal (used, strlen (text) - strlen ("HTTP/1.1 408 Late\r\n"));
    assert_string_equal (kept.body, "hi");
}

static void the_end_of_the_connection_ends_only_a_body_without_length (void **state)
{
    (void) state;
    http_reply_t reply;
    kept_t kept;
    size_t used = 0;
    (void) read_in (&reply, &kept, "HTTP/1.1 200 OK\r\n\r\nbody", 100, &used);
    assert_true (http_reply_end (&reply));
    (void) read_in (&reply, &kept, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", 100, &used);
    assert_false (http_reply_end (&reply));
    (void) read_in (&reply, &kept, "HTTP/1.1 200 OK\r\n", 100, &used);
    assert_false (http_reply_end (&reply));
}

static void huge_heads_are_bounded (void **state)
{
    (void) state;
    static const char start[] = "HTTP/1.1 200 OK\r\nX-Huge: ";
    size_t size = HTTP_REPLY_HEAD_MAX + 1000;
    char *text = malloc (size + 64);
    assert_non_null (text);
    http_reply_t reply;
    kept_t kept;
    size_t used = 0;
    memset (text, 'x', size);
    memcpy (text, start, strlen (start));
    text[size] = 0;
    assert_int_equal (read_in (&reply, &kept, text, 1000, &used), -ERR_FULL);
    /*  a long header that nobody asked about is passed over; one that the framing depends on is an error */
    (void) strcpy (text + 5000, "\r\nContent-Length: 2\r\n\r\nhi");
    assert_int_equal (read_in (&reply, &kept, text, 1000, &used), 0);
    assert_int_equal (reply.state, HTTP_REPLY_DONE);
    memcpy (text + strlen ("HTTP/1.1 200 OK\r\n"), "Transfer-Encoding: ", 19);
    assert_int_equal (read_in (&reply, &kept, text, 1000, &used), -ERR_SYNTAX);
    free (text);
}

static void headers_of_ours_are_read (void **state)
{
    (void) state;
    http_reply_t reply;
    kept_t kept;
    size_t used = 0;
    (void) read_in (&reply, &kept,
        "HTTP/1.1 429 Slow\r\nDATE: Mon, 02 Mar 2026 14:30:00 GMT\r\nX-RateLimit-Limit: 200\r\n"
        "x-ratelimit-remaining:\t7\r\nX-RateLimit-Reset: 1772461860.5\r\nX-RateLimit-Limit: 999\r\n"
        "Retry-After: Mon, 02 Mar 2026 14:30:09 GMT\r\nContent-Length: 0\r\n\r\n",
        1000, &used);
    assert_int_equal (reply.state, HTTP_REPLY_DONE);
    assert_int_equal (reply.head.date_ns, INT64_C (1772461800000000000));
    assert_int_equal (reply.head.limit, 200); /*  the first one */
    assert_int_equal (reply.head.remaining, 7);
    assert_int_equal (reply.head.reset_s, 1772461860);
    assert_int_equal (reply.head.retry_after_s, -1);
    assert_int_equal (reply.head.retry_after_ns, INT64_C (1772461809000000000));
}

static void dates_that_are_none_are_absent (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int64_t at_s;
    } dates[] = {{"Thu, 01 Jan 1970 00:00:01 GMT", 1}, {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
        {"Sun, 31 Dec 2000 00:00:00 GMT", 978220800}, {"Mon, 02 Mar 2026 14:30:00 UTC", 0},
        {"Mon, 00 Mar 2026 14:30:00 GMT", 0}, {"Mon, 02 Mar 9999 14:30:00 GMT", 0},
        {"Mon, 02 Mrz 2026 14:30:00 GMT", 0}, {"Mon, 02 Mar 2026 24:30:00 GMT", 0}, {"yesterday", 0},
        {"", 0}};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        assert_int_equal (
            reply_head_date (dates[i].text, strlen (dates[i].text)), dates[i].at_s * 1000000000);
    assert_int_equal (reply_head_whole ("123456789012", 12, -1), INT64_C (123456789012));
    assert_int_equal (reply_head_whole ("1234567890123", 13, -1), -1);
    assert_int_equal (reply_head_whole ("12,5", 4, -1), -1);
    assert_int_equal (reply_head_whole ("", 0, -1), -1);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (an_answer_means_the_same_however_it_is_cut),
        cmocka_unit_test (what_follows_an_answer_is_left),
        cmocka_unit_test (the_end_of_the_connection_ends_only_a_body_without_length),
        cmocka_unit_test (huge_heads_are_bounded),
        cmocka_unit_test (headers_of_ours_are_read),
        cmocka_unit_test (dates_that_are_none_are_absent),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
