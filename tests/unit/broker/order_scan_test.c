/*  The quick reading of an order and the document's say the same, or the quick one says nothing. */
#include "broker/alpaca/json.h"
#include "broker/alpaca/order_scan.h"
#include "tests/unit/broker/damage.h"
#include "tests/unit/broker/rig.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 2048

/*  As the broker answers: alpaca-api.md section 2. */
static const char whole[] =
    "{\"id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\",\"client_order_id\":\"tc1-abcdefghijklmnopqrst-o1\","
    "\"created_at\":\"2026-03-02T14:30:00.123456789Z\",\"updated_at\":\"2026-03-02T14:30:00.2Z\","
    "\"submitted_at\":\"2026-03-02T09:30:00.123456789-05:00\",\"filled_at\":null,\"expired_at\":null,"
    "\"replaced_by\":null,\"replaces\":\"61e69015-8549-4bfd-b9c3-01e75843f47e\",\"asset_id\":\"b0b6\","
    "\"symbol\":\"BTC/"
    "USD\",\"asset_class\":\"us_equity\",\"notional\":null,\"qty\":\"10.5\",\"filled_qty\":4,"
    "\"filled_avg_price\":\"101.12345678912\",\"order_class\":\"\",\"order_type\":\"limit\",\"type\":"
    "\"limit\","
    "\"side\":\"sell\",\"time_in_force\":\"gtc\",\"limit_price\":\"99.01\",\"stop_price\":null,"
    "\"status\":\"partially_filled\",\"extended_hours\":true,\"legs\":null,\"source\":{},\"tags\":[]}";

/*  What the document says; false: it refuses. */
static bool read_document (const char *text, size_t size, order_t *order)
{
    char list[TEXT_MAX + 2];
    order_t *orders = NULL;
    size_t count = 0;
    problem_t problem;
    assert_true (size <= TEXT_MAX);
    list[0] = '[';
    memcpy (list + 1, text, size);
    list[size + 1] = ']';
    bool read = json_orders (list, size + 2, &orders, &count, &problem) == 0 && count == 1;
    if (read)
        *order = orders[0];
    free (orders);
    return read;
}

/*  true: it was understood, and rightly. */
static bool agrees (const char *text, size_t size)
{
    static order_t scanned;
    static order_t document;
    if (!order_scan (text, size, &scanned))
        return false;
    if (!read_document (text, size, &document) || memcmp (&scanned, &document, sizeof scanned) != 0)
        fail_msg ("read otherwise: %.*s", (int) size, text);
    return true;
}

static void a_whole_order_is_understood (void **state)
{
    (void) state;
    order_t order;
    assert_true (agrees (whole, strlen (whole)));
    assert_true (agrees (RIG_ORDER, strlen (RIG_ORDER)));
    assert_true (order_scan (whole, strlen (whole), &order));
    assert_string_equal (order.client_order_id, "tc1-abcdefghijklmnopqrst-o1");
    assert_string_equal (order.symbol, "BTC/USD");
    assert_int_equal (order.qty_e9, INT64_C (10500000000));
    assert_int_equal (order.filled_qty_e9, INT64_C (4000000000));
    assert_int_equal (order.filled_avg_price_e9, INT64_C (101123456789));
    assert_int_equal (order.status, STATUS_PARTIALLY_FILLED);
    assert_int_equal (order.side, SIDE_SELL);
    assert_true (order.extended_hours);
    assert_int_equal (order.submitted_at_ns, order.created_at_ns);
}

#define REST                                                                                                 \
    "\"client_order_id\":\"c\",\"symbol\":\"A\",\"side\":\"buy\",\"type\":\"market\",\"time_in_force\":"     \
    "\"day\""

static void what_is_plain_agrees_and_the_rest_is_left (void **state)
{
    static const struct {
        const char *text;
        bool plain;
    } cases[] = {
        {"{\"id\":\"a\"," REST ",\"status\":\"new\"}", true},
        {" \n{ \"id\" : \"a\" ,\t" REST " , \"status\":\"new\"}\r\n ", true},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"qty\":1,\"qty\":\"2\"}",
            true}, /*  the last one counts */
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"qty\":1,\"qty\":null}", true},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"qty\":\"\"}", true},
        {"{\"id\":7," REST ",\"status\":\"new\"}", true}, /*  a number is its text */
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"extended_hours\":\"true\"}", true},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"other\":1.2.3}", true},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"qty\":1.2.3}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"qty\":true}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"never heard of\"}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"legs\":[1]}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"note\":\"\\u0041\"}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",\"note\":\"\xc3\xa4\"}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\",}", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\"} x", false},
        {"{\"id\":\"a\"," REST ",\"status\":\"new\"", false},
        {"{\"id\":\"\"," REST ",\"status\":\"new\"}", false},
        {"{" REST ",\"status\":\"new\"}", false},
        {"[]", false},
        {"", false},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (agrees (cases[i].text, strlen (cases[i].text)) != cases[i].plain)
            fail_msg ("%s: %s", cases[i].text, cases[i].plain ? "left" : "taken");
}

static void damaged_orders_are_never_read_otherwise (void **state)
{
    (void) state;
    uint64_t seed = 20260302;
    size_t understood = 0;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof whole];
        memcpy (text, whole, sizeof whole);
        size_t size = damage (text, strlen (whole), 0, &seed);
        understood += agrees (text, size);
    }
    assert_true (understood > 2000); /*  else this test would prove nothing */
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_whole_order_is_understood),
        cmocka_unit_test (what_is_plain_agrees_and_the_rest_is_left),
        cmocka_unit_test (damaged_orders_are_never_read_otherwise),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
