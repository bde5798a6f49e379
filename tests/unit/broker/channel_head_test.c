/*  channel_head_test.c: what an HPACK decoder that is not ours reads of an order's head. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include <string.h>

#include "broker/alpaca/channel_head.h"

typedef struct {
    char name[64];
    char value[300];
    bool never; /*  to be indexed */
} field_t;

static size_t decode (const uint8_t *bytes, size_t size, field_t fields[16])
{
    nghttp2_hd_inflater *inflater = NULL;
    size_t count = 0;
    assert_int_equal (nghttp2_hd_inflate_new (&inflater), 0);
    for (;;) {
        nghttp2_nv field;
        int what = 0;
        ssize_t used = nghttp2_hd_inflate_hd2 (inflater, &field, &what, bytes, size, 1);
        assert_true (used >= 0);
        bytes += used;
        size -= (size_t) used;
        if (what & NGHTTP2_HD_INFLATE_EMIT) {
            assert_true (count < 16 && field.namelen < sizeof fields->name);
            assert_true (field.valuelen < sizeof fields->value);
            memset (&fields[count], 0, sizeof *fields);
            memcpy (fields[count].name, field.name, field.namelen);
            memcpy (fields[count].value, field.value, field.valuelen);
            fields[count++].never = (field.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0;
        }
        if (what & NGHTTP2_HD_INFLATE_FINAL)
            break;
    }
    assert_int_equal (size, 0);
    assert_int_equal (
        nghttp2_hd_inflate_get_num_table_entries (inflater), 61); /*  the static ones: nothing was added */
    nghttp2_hd_inflate_del (inflater);
    return count;
}

static void expect (const field_t *field, const char *name, const char *value, bool never)
{
    assert_string_equal (field->name, name);
    assert_string_equal (field->value, value);
    assert_int_equal (field->never, never);
}

static void check (const char *url, const char *scheme, const char *secret)
{
    channel_target_t target;
    channel_head_t head;
    field_t fields[16];
    uint8_t bytes[CHANNEL_HEAD_MAX];
    problem_t problem = {0};
    assert_int_equal (channel_target_parse (&target, url, &problem), 0);
    keyring_t *ring = keyring_new (1, &problem);
    channel_call_t call = {.body_size = 1207};
    assert_int_equal (keyring_add (ring, "PK1", secret, &call.keys), 0);
    channel_head_make (&head, &target);
    size_t count = decode (bytes, channel_head_write (&head, &call, bytes), fields);
    assert_int_equal (count, 9);
    expect (&fields[0], ":scheme", scheme, false);
    expect (&fields[1], ":authority", target.authority, false);
    expect (&fields[2], ":path", target.path, false);
    expect (&fields[3], "user-agent", "trade-copier/1", false);
    expect (&fields[4], "accept", "*/*", false);
    expect (&fields[5], "content-type", "application/json", false);
    expect (&fields[6], "apca-api-key-id", "PK1", true);
    expect (&fields[7], "apca-api-secret-key", secret, true);
    expect (&fields[8], "content-length", "1207", false);
    keys_release (&call.keys);
    keyring_destroy (&ring);
}

static void a_reads_head_names_its_path_and_no_content (void **state)
{
    (void) state;
    channel_target_t target;
    channel_head_t head;
    field_t fields[16];
    uint8_t bytes[CHANNEL_HEAD_MAX];
    problem_t problem = {0};
    assert_int_equal (channel_target_parse (&target, "https://paper-api.alpaca.markets", &problem), 0);
    keyring_t *ring = keyring_new (1, &problem);
    channel_call_t call = {.path = "/v2/orders?status=open&limit=500"};
    assert_int_equal (keyring_add (ring, "PK1", "secret", &call.keys), 0);
    channel_head_make (&head, &target);
    size_t count = decode (bytes, channel_head_write (&head, &call, bytes), fields);
    assert_int_equal (count, 7);
    expect (&fields[0], ":scheme", "https", false);
    expect (&fields[1], ":authority", "paper-api.alpaca.markets", false);
    expect (&fields[2], ":path", call.path, false);
    expect (&fields[3], "user-agent", "trade-copier/1", false);
    expect (&fields[4], "accept", "*/*", false);
    expect (&fields[5], "apca-api-key-id", "PK1", true);
    expect (&fields[6], "apca-api-secret-key", "secret", true);
    keys_release (&call.keys);
    keyring_destroy (&ring);
}

static void a_decoder_reads_the_fields_and_keeps_none (void **state)
{
    (void) state;
    check ("https://paper-api.alpaca.markets", "https", "0123456789abcdefghijABCDEFGHIJ0123456789");
    check ("http://127.0.0.1:8080/a/prefix", "http", "s");
}

/*  Lengths that take one, two and three bytes. */
static void texts_of_all_lengths_are_read (void **state)
{
    char url[300] = "https://";
    char secret[KEYS_TEXT_MAX];
    (void) state;
    static const size_t sizes[] = {126, 127, 128, 191};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset (secret, 'k', sizes[i]);
        secret[sizes[i]] = 0;
        memset (url + 8, 'h', sizes[i] + 60);
        url[8 + sizes[i] + 60] = 0;
        check (url, "https", secret);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (a_decoder_reads_the_fields_and_keeps_none),
        cmocka_unit_test (a_reads_head_names_its_path_and_no_content),
        cmocka_unit_test (texts_of_all_lengths_are_read)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
