/*  Each call as the URL the broker documents. */
#include "broker/alpaca/request.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void calls_become_urls (void **state)
{
    (void) state;
    const struct {
        call_kind_t kind;
        const char *key;
        const char *cursor;
        rest_method_t method;
        const char *url;
    } rows[] = {
        {CALL_ORDER, "abc", "", REST_GET, "http://b/v2/orders/abc"},
        {CALL_ORDER_BY_CLIENT_ID, "tc1-a&b c", "", REST_GET,
            "http://b/v2/orders:by_client_order_id?client_order_id=tc1-a%26b%20c"},
        {CALL_CANCEL, "../account", "", REST_DELETE, "http://b/v2/orders/..%2Faccount"},
        {CALL_ACCOUNT, "", "", REST_GET, "http://b/v2/account"},
        {CALL_POSITIONS, "", "", REST_GET, "http://b/v2/positions"},
        {CALL_OPEN_ORDERS, "", "", REST_GET,
            "http://b/v2/orders?status=open&limit=500&direction=asc&nested=false"},
        {CALL_OPEN_ORDERS, "", "o-1", REST_GET,
            "http://b/v2/orders?status=open&limit=500&direction=asc&nested=false&after_order_id=o-1"},
        {CALL_ORDERS, "", "", REST_GET,
            "http://b/v2/orders?status=all&limit=500&direction=asc&nested=false"
            "&after=2026-03-02T14%3A30%3A00.000000000Z"},
        {CALL_ORDERS, "", "o-1", REST_GET,
            "http://b/v2/orders?status=all&limit=500&direction=asc&nested=false&after_order_id=o-1"},
        {CALL_FILLS, "", "20260302::x", REST_GET,
            "http://b/v2/account/activities/"
            "FILL?direction=asc&page_size=100&after=2026-03-02T14%3A30%3A00.000000000Z"
            "&page_token=20260302%3A%3Ax"},
        {CALL_ASSET, "BTC/USD", "", REST_GET, "http://b/v2/assets/BTC%2FUSD"},
        {CALL_CLOCK, "", "", REST_GET, "http://b/v2/clock"},
        {CALL_LATEST_TRADE, "BRK.B", "", REST_GET, "http://d/v2/stocks/BRK.B/trades/latest"},
    };
    static request_t request;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        broker_call_t call = {.kind = rows[i].kind, .since_ns = INT64_C (1772461800000000000)};
        (void) snprintf (call.key, sizeof call.key, "%s", rows[i].key);
        assert_int_equal (request_make (&request, &call, "http://b", "http://d", rows[i].cursor), 0);
        assert_string_equal (request.url, rows[i].url);
        assert_int_equal (request.method, rows[i].method);
    }
}

static void the_longest_key_fits (void **state)
{
    (void) state;
    static request_t request;
    broker_call_t call = {.kind = CALL_ORDER_BY_CLIENT_ID};
    memset (call.key, '/', sizeof call.key - 1);
    assert_int_equal (request_make (&request, &call, "http://b", "http://d", ""), 0);
    assert_int_equal (strlen (strstr (request.url, "_id=") + 4), 3 * (CLIENT_ORDER_ID_MAX - 1));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (calls_become_urls),
        cmocka_unit_test (the_longest_key_fits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
