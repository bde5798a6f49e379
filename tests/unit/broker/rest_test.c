/*  Calls against a server that answers, lies, dies and keeps silent: every story with the orders over libcurl, and over
 *  the order channel. */
#include "tests/unit/broker/rig.h"
#include "tests/unit/broker/test_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char answer_text[4][2048];

static test_answer_t answer_order (int number, const char *request, void *context)
{
    (void) number, (void) request, (void) context;
    const char *headers = "Date: Mon, 02 Mar 2026 14:30:00 GMT\r\nX-RateLimit-Limit: 200\r\n"
                          "X-RateLimit-Remaining: 199\r\nX-RateLimit-Reset: 1772461860\r\n";
    return (test_answer_t){
        http_answer (answer_text[0], sizeof answer_text[0], "200 OK", headers, RIG_ORDER), false};
}

static void an_order_is_sent_and_its_answer_read (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_submit (rig, 77);
    assert_int_equal (rig_log (rig)->answer_count, 0); /*  never from inside the call */
    assert_int_equal (rig_broker (rig)->ops->pending (rig_broker (rig)), 1);
    rig_until_answers (rig, 1);
    const broker_answer_t *answer = &rig_log (rig)->answers[0];
    assert_int_equal (answer->kind, ANSWER_OK);
    assert_int_equal (answer->call, CALL_SUBMIT);
    assert_int_equal (answer->token, 77);
    assert_int_equal (answer->http_status, 200);
    assert_string_equal (answer->order.client_order_id, "tc1-abc-o1");
    assert_int_equal (answer->order.qty_e9, INT64_C (10000000000));
    assert_int_equal (answer->broker_date_ns, INT64_C (1772461800000000000));
    assert_int_equal (answer->limit, 200);
    assert_int_equal (answer->remaining, 199);
    assert_int_equal (answer->retry_at_ns, INT64_C (1772461860000000000));
    assert_true (answer->sent_at_ns > 0 && answer->answered_at_ns >= answer->sent_at_ns);
    assert_int_equal (rig_broker (rig)->ops->pending (rig_broker (rig)), 0);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static char seen_request[4096];

static test_answer_t answer_and_keep (int number, const char *request, void *context)
{
    (void) snprintf (seen_request, sizeof seen_request, "%s", request);
    return answer_order (number, request, context);
}

static void the_request_is_what_the_broker_documents (void **state)
{
    (void) state;
    setenv ("http_proxy", "http://127.0.0.1:9", 1); /*  would be asked if the environment counted */
    test_server_t *server = test_server_new (answer_and_keep, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    assert_int_equal (strncmp (seen_request, "POST /v2/orders HTTP/1.1\r\n", 26), 0);
    assert_non_null (strstr (seen_request, "\r\nAPCA-API-KEY-ID: " RIG_KEY "\r\n"));
    assert_non_null (strstr (seen_request, "\r\nAPCA-API-SECRET-KEY: " RIG_SECRET "\r\n"));
    assert_non_null (strstr (seen_request, "\r\nContent-Type: application/json\r\n"));
    assert_null (strstr (seen_request, "Expect:"));
    assert_non_null (strstr (seen_request, "\r\n\r\n{\"symbol\":\"AAPL\",\"qty\":\"10\",\"side\":\"buy\","
                                           "\"type\":\"market\",\"time_in_force\":\"day\","
                                           "\"client_order_id\":\"tc1-abc-o1\"}"));
    rig_call (rig, CALL_CANCEL, 2, "61e69015");
    rig_until_answers (rig, 2);
    assert_int_equal (strncmp (seen_request, "DELETE /v2/orders/61e69015 HTTP/1.1\r\n", 37), 0);
    assert_int_equal (rig_log (rig)->answers[1].kind, ANSWER_OK);
    rig_call (rig, CALL_ORDER_BY_CLIENT_ID, 3, "tc1-abc-o1");
    rig_until_answers (rig, 3);
    assert_int_equal (strncmp (seen_request,
                          "GET /v2/orders:by_client_order_id?client_order_id=tc1-abc-o1 HTTP/1.1\r\n", 71),
        0);
    assert_non_null (strstr (seen_request, "\r\nAPCA-API-SECRET-KEY: " RIG_SECRET "\r\n"));
    assert_null (strstr (seen_request, "Content-"));
    assert_int_equal (rig_log (rig)->answers[2].kind, ANSWER_OK);
    rig_destroy (&rig);
    test_server_destroy (&server);
    unsetenv ("http_proxy");
}

static void warm_connections_are_used_again (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    for (uint64_t i = 1; i <= 20; i++) {
        rig_submit (rig, i);
        rig_until_answers (rig, i);
    }
    alpaca_counts_t counts;
    alpaca_counts (rig_broker (rig), &counts);
    assert_int_equal (test_server_requests (server), 20);
    assert_int_equal (test_server_accepts (server), 1);
    assert_int_equal (counts.connections, 1);
    assert_int_equal (counts.requests, 20);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void many_calls_at_once_keep_to_the_bounds (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_order, NULL);
    const alpaca_options_t options = {.max_accounts = 1, .max_connections = 3, .max_calls = 100};
    rig_t *rig = rig_new (test_server_url (server), &options);
    for (uint64_t i = 1; i <= 100; i++)
        rig_submit (rig, i);
    broker_call_t call = {.kind = CALL_CLOCK};
    assert_int_equal (rig_broker (rig)->ops->call (rig_broker (rig), &call), -ERR_FULL);
    rig_until_answers (rig, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal (rig_log (rig)->answers[i].kind, ANSWER_OK);
    assert_true (test_server_accepts (server) <= 3);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

/*  t=0 a first order warms the connection; t=1 the second arrives, and the server closes without a byte. */
static test_answer_t answer_once_then_close (int number, const char *request, void *context)
{
    if (number == 1)
        return answer_order (number, request, context);
    return (test_answer_t){NULL, true};
}

static void a_post_on_a_dying_connection_is_never_repeated (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_once_then_close, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    rig_submit (rig, 2);
    rig_until_answers (rig, 2);
    for (int turn = 0; turn < 5; turn++)
        rig_turn (rig, 20); /*  time for a repeat to arrive */
    alpaca_counts_t counts;
    alpaca_counts (rig_broker (rig), &counts);
    assert_int_equal (rig_log (rig)->answers[1].kind, ANSWER_UNKNOWN);
    assert_int_equal (test_server_requests (server), 2);                    /*  one each */
    assert_int_equal (counts.repeats_prevented, rig_order_channel ? 0 : 1); /*  libcurl did try */
    rig_destroy (&rig);
    test_server_destroy (&server);
}

/*  t=0 a lease that ran out a moment ago: the order is not begun; one that still runs: it is. */
static void an_order_is_not_begun_after_its_lease (void **state)
{
    (void) state;
    struct timespec now;
    (void) clock_gettime (CLOCK_BOOTTIME, &now);
    int64_t now_ns = (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    broker_call_t call = {.kind = CALL_SUBMIT, .token = 1, .not_after_ns = now_ns};
    (void) snprintf (call.request.client_order_id, sizeof call.request.client_order_id, "tc1-abc-o1");
    (void) snprintf (call.request.symbol, sizeof call.request.symbol, "AAPL");
    call.request.qty_e9 = INT64_C (10000000000);
    assert_int_equal (rig_broker (rig)->ops->call (rig_broker (rig), &call), 0);
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_NOT_SENT);
    assert_string_equal (rig_log (rig)->answers[0].message, "it was too late to begin it");
    assert_int_equal (test_server_requests (server), 0);
    call.not_after_ns = now_ns + INT64_C (60000000000);
    assert_int_equal (rig_broker (rig)->ops->call (rig_broker (rig), &call), 0);
    rig_until_answers (rig, 2);
    assert_int_equal (rig_log (rig)->answers[1].kind, ANSWER_OK);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static test_answer_t answer_nothing (int number, const char *request, void *context)
{
    (void) number, (void) request, (void) context;
    return (test_answer_t){NULL, false};
}

static void silence_is_unknown_after_the_timeout (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_nothing, NULL);
    const alpaca_options_t options = {.max_accounts = 1, .timeout_ns = 150000000};
    rig_t *rig = rig_new (test_server_url (server), &options);
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_UNKNOWN);
    assert_int_equal (rig_log (rig)->answers[0].http_status, 0);
    assert_true (rig_log (rig)->answers[0].sent_at_ns > 0);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

/*  More of them than libcurl is given at once. */
static void calls_that_never_got_a_connection_were_not_sent (void **state)
{
    (void) state;
    enum { HASTY = 50 };
    test_server_t *server = test_server_new (answer_nothing, NULL);
    const alpaca_options_t options = {.max_accounts = 1, .max_connections = 1, .timeout_ns = 400000000};
    broker_call_t hasty = {.kind = CALL_SUBMIT, .token = 2, .timeout_ns = 100000000};
    (void) snprintf (hasty.request.client_order_id, sizeof hasty.request.client_order_id, "tc1-abc-o2");
    (void) snprintf (hasty.request.symbol, sizeof hasty.request.symbol, "AAPL");
    hasty.request.qty_e9 = INT64_C (10000000000);
    rig_t *rig = rig_new (test_server_url (server), &options);
    rig_submit (rig, 1); /*  t=0 holds the only connection until its timeout */
    for (int i = 0; i < HASTY; i++)
        assert_int_equal (rig_broker (rig)->ops->call (rig_broker (rig), &hasty), 0);
    rig_until_answers (rig, HASTY + 1);
    for (int i = 0; i < HASTY; i++) { /*  t=100 ms */
        assert_int_equal (rig_log (rig)->answers[i].token, 2);
        assert_int_equal (rig_log (rig)->answers[i].kind, ANSWER_NOT_SENT);
    }
    assert_int_equal (rig_log (rig)->answers[HASTY].token, 1); /*  t=400 ms */
    assert_int_equal (rig_log (rig)->answers[HASTY].kind, ANSWER_UNKNOWN);
    assert_int_equal (test_server_requests (server), 1);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void a_refused_connection_and_an_unknown_host_were_not_sent (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_nothing, NULL);
    char url[64];
    (void) snprintf (url, sizeof url, "%s", test_server_url (server));
    test_server_destroy (&server); /*  now nobody listens there */
    const char *const urls[] = {url, "http://no-such-host.invalid:1"};
    for (size_t i = 0; i < 2; i++) {
        rig_t *rig = rig_new (urls[i], NULL);
        rig_submit (rig, 1);
        rig_until_answers (rig, 1);
        assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_NOT_SENT);
        assert_int_equal (rig_log (rig)->answers[0].sent_at_ns, 0);
        assert_true (rig_log (rig)->answers[0].message[0] != 0);
        rig_destroy (&rig);
    }
}

typedef struct {
    const char *status;
    const char *headers;
    const char *body;
    answer_kind_t kind;
    int64_t code;
} lesson_t;

static const lesson_t lessons[] = {
    {"422 Unprocessable Entity", "", "{\"code\":40010001,\"message\":\"client_order_id must be unique\"}",
        ANSWER_TAKEN, 40010001},
    {"422 Unprocessable Entity", "", "{\"code\":40010001,\"message\":\"qty or notional is required\"}",
        ANSWER_REJECTED, 40010001},
    {"403 Forbidden", "",
        "{\"code\":40310000,\"message\":\"insufficient buying power\",\"buying_power\":\"1\"}",
        ANSWER_REJECTED, 40310000},
    {"403 Forbidden", "", "{\"message\":\"forbidden.\"}", ANSWER_AUTH, 0},
    {"401 Unauthorized", "", "<html>nginx</html>", ANSWER_AUTH, 0},
    {"404 Not Found", "", "{\"code\":40410000,\"message\":\"order not found\"}", ANSWER_NOT_FOUND, 40410000},
    {"404 Not Found", "", "<html>who are you</html>", ANSWER_UNKNOWN, 0},
    {"429 Too Many Requests", "Retry-After: 3\r\n", "{\"code\":42910000,\"message\":\"slow\"}",
        ANSWER_LIMITED, 42910000},
    {"500 Internal Server Error", "", "{\"code\":50010000,\"message\":\"internal\"}", ANSWER_UNKNOWN,
        50010000},
    {"504 Gateway Timeout", "", "<html>gateway</html>", ANSWER_UNKNOWN, 0},
    {"302 Found", "Location: http://127.0.0.1:1/\r\n", "", ANSWER_UNKNOWN, 0},
    {"200 OK", "", "<html>login</html>", ANSWER_UNKNOWN, 0},
    {"200 OK", "", "{\"status\":\"accepted\",\"symbol\":\"AAPL\",\"side\":\"buy\"}", ANSWER_UNKNOWN, 0},
    {"200 OK", "", "", ANSWER_UNKNOWN, 0},
};

static test_answer_t answer_lesson (int number, const char *request, void *context)
{
    (void) request, (void) context;
    const lesson_t *lesson = &lessons[number - 1];
    return (test_answer_t){
        http_answer (answer_text[1], sizeof answer_text[1], lesson->status, lesson->headers, lesson->body),
        false};
}

static void every_answer_means_what_the_table_says (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_lesson, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        rig_submit (rig, i);
        rig_until_answers (rig, i + 1);
        const broker_answer_t *answer = &rig_log (rig)->answers[i];
        if (answer->kind != lessons[i].kind)
            fail_msg ("%s %s: %s", lessons[i].status, lessons[i].body, answer_kind_text (answer->kind));
        assert_int_equal (answer->code, lessons[i].code);
        assert_true (answer->kind == ANSWER_OK || answer->message[0]);
        if (answer->kind == ANSWER_LIMITED)
            assert_int_equal (answer->retry_at_ns, answer->answered_at_ns + INT64_C (3000000000));
    }
    assert_int_equal (test_server_requests (server), (int) (sizeof lessons / sizeof *lessons));
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static test_answer_t answer_cut (int number, const char *request, void *context)
{
    (void) number, (void) request, (void) context;
    return (test_answer_t){"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":\"half", true};
}

static test_answer_t answer_endless (int number, const char *request, void *context)
{
    static char huge[300000];
    static char text[300200];
    (void) number, (void) request, (void) context;
    memset (huge, ' ', sizeof huge - 1);
    return (test_answer_t){http_answer (text, sizeof text, "200 OK", "", huge), true};
}

static void a_cut_or_huge_answer_is_unknown (void **state)
{
    (void) state;
    test_handler_fn *const handlers[] = {answer_cut, answer_endless};
    for (size_t i = 0; i < 2; i++) {
        test_server_t *server = test_server_new (handlers[i], NULL);
        rig_t *rig = rig_new (test_server_url (server), NULL);
        rig_submit (rig, 1);
        rig_until_answers (rig, 1);
        assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_UNKNOWN);
        rig_destroy (&rig);
        test_server_destroy (&server);
    }
}

static void closed_accounts_and_bad_keys_take_no_calls (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    broker_t *broker = rig_broker (rig);
    const broker_keys_t split = {"key", "secret\r\nX-Evil: 1"};
    const broker_call_t far = {.kind = CALL_CLOCK, .account = 4};
    const broker_call_t closed = {.kind = CALL_CLOCK, .account = 1};
    assert_int_equal (broker->ops->account_open (broker, 1, &split), -ERR_RANGE);
    assert_int_equal (broker->ops->account_open (broker, 4, &split), -ERR_RANGE);
    assert_int_equal (broker->ops->call (broker, &far), -ERR_RANGE);
    assert_int_equal (broker->ops->call (broker, &closed), -ERR_RANGE);
    rig_submit (rig, 1);
    broker->ops->account_close (broker, 0); /*  a call under way keeps its keys */
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_OK);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void destroy_with_calls_under_way_leaves_nothing (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_nothing, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    for (uint64_t i = 1; i <= 50; i++)
        rig_submit (rig, i);
    for (int turn = 0; turn < 5; turn++)
        rig_turn (rig, 10);
    assert_int_equal (rig_broker (rig)->ops->pending (rig_broker (rig)), 50);
    assert_int_equal (rig_log (rig)->answer_count, 0);
    rig_destroy (&rig); /*  the sanitizer and uv_loop_close look for leaks */
    test_server_destroy (&server);
}

static void wrong_options_are_named (void **state)
{
    (void) state;
    problem_t problem = {0};
    int nothing = 0;
    alpaca_options_t options = {.base_url = "paper-api.alpaca.markets",
        .max_accounts = 1,
        .curl_multi = &nothing,
        .answer = (broker_answer_fn *) abort,
        .utc_now = (int64_t (*) (void)) abort};
    assert_null (alpaca_new (&options, &problem));
    assert_string_equal (problem.where, "base_url");
    options.base_url = "https://paper-api.alpaca.markets/";
    options.max_accounts = 0;
    assert_null (alpaca_new (&options, &problem));
    assert_string_equal (problem.where, "max_accounts");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (an_order_is_sent_and_its_answer_read),
        cmocka_unit_test (the_request_is_what_the_broker_documents),
        cmocka_unit_test (warm_connections_are_used_again),
        cmocka_unit_test (many_calls_at_once_keep_to_the_bounds),
        cmocka_unit_test (an_order_is_not_begun_after_its_lease),
        cmocka_unit_test (a_post_on_a_dying_connection_is_never_repeated),
        cmocka_unit_test (silence_is_unknown_after_the_timeout),
        cmocka_unit_test (calls_that_never_got_a_connection_were_not_sent),
        cmocka_unit_test (a_refused_connection_and_an_unknown_host_were_not_sent),
        cmocka_unit_test (every_answer_means_what_the_table_says),
        cmocka_unit_test (a_cut_or_huge_answer_is_unknown),
        cmocka_unit_test (closed_accounts_and_bad_keys_take_no_calls),
        cmocka_unit_test (destroy_with_calls_under_way_leaves_nothing),
        cmocka_unit_test (wrong_options_are_named),
    };
    int failed = cmocka_run_group_tests_name ("orders over libcurl", tests, NULL, NULL);
    rig_order_channel = true;
    failed += cmocka_run_group_tests_name ("orders over the channel", tests, NULL, NULL);
    return failed;
}
