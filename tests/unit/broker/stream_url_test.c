/*  Addresses in parts. */
#include "broker/alpaca/stream_url.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void addresses_come_apart (void **state)
{
    (void) state;
    stream_url_t url;
    char derived[STREAM_URL_MAX];
    assert_int_equal (stream_url_derive ("https://paper-api.alpaca.markets", derived, NULL), 0);
    assert_string_equal (derived, "wss://paper-api.alpaca.markets/stream");
    assert_int_equal (stream_url_parse (&url, derived, NULL), 0);
    assert_true (url.is_tls);
    assert_int_equal (url.port, 443);
    assert_string_equal (url.host_header, "paper-api.alpaca.markets");
    assert_string_equal (url.path, "/stream");
    assert_int_equal (stream_url_derive ("http://127.0.0.1:8080", derived, NULL), 0);
    assert_int_equal (stream_url_parse (&url, derived, NULL), 0);
    assert_false (url.is_tls);
    assert_int_equal (url.port, 8080);
    assert_string_equal (url.host, "127.0.0.1");
    assert_string_equal (url.host_header, "127.0.0.1:8080");
}

static void what_is_no_address_is_refused (void **state)
{
    (void) state;
    const char *const wrong[] = {"", "http://a/stream", "ws://", "ws:///stream", "ws://a:/x", "ws://a:0/x",
        "ws://a:65536/x", "ws://a:1x/x", "ws://user@a/x", "ws://a b/x", "ws://a:1234567/"};
    stream_url_t url;
    char derived[STREAM_URL_MAX];
    problem_t problem = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal (stream_url_parse (&url, wrong[i], &problem), -ERR_SETTING);
    assert_string_equal (problem.where, "stream_url");
    assert_int_equal (stream_url_derive ("ftp://a", derived, &problem), -ERR_SETTING);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (addresses_come_apart),
        cmocka_unit_test (what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
