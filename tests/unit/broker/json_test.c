/*  Single things the broker tells, in the shapes of alpaca-api.md section 1. */
#include "broker/alpaca/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_START                                                                                          \
    "{\"id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\",\"client_order_id\":\"tc1-abc-o1\",\"symbol\":"        \
    "\"AAPL\","                                                                                              \
    "\"asset_class\":\"us_equity\",\"order_class\":\"\",\"legs\":null,\"type\":\"limit\",\"order_type\":"    \
    "\"limit\","

static int read_order (const char *text, order_t *order, problem_t *problem)
{
    return json_order (text, strlen (text), order, problem);
}

static void an_order_is_read_field_by_field (void **state)
{
    (void) state;
    order_t order;
    assert_int_equal (
        read_order (ORDER_START
            "\"side\":\"sell\",\"time_in_force\":\"gtc\",\"qty\":\"10.5\",\"notional\":null,\"filled_qty\":"
            "\"0.000000001\","
            "\"filled_avg_price\":\"189.123456789123\",\"limit_price\":\"190\",\"stop_price\":null,"
            "\"status\":\"partially_filled\",\"extended_hours\":true,\"replaces\":null,\"replaced_by\":\"r-"
            "1\","
            "\"created_at\":\"2026-03-02T14:30:00.123456789Z\",\"submitted_at\":\"2026-03-02T09:30:00-05:"
            "00\","
            "\"updated_at\":\"2026-03-02T14:30:01Z\",\"filled_at\":null}",
            &order, NULL),
        0);
    assert_string_equal (order.id, "61e69015-8549-4bfd-b9c3-01e75843f47d");
    assert_string_equal (order.client_order_id, "tc1-abc-o1");
    assert_string_equal (order.replaced_by, "r-1");
    assert_string_equal (order.replaces, "");
    assert_int_equal (order.side, SIDE_SELL);
    assert_int_equal (order.type, TYPE_LIMIT);
    assert_int_equal (order.tif, TIF_GTC);
    assert_int_equal (order.status, STATUS_PARTIALLY_FILLED);
    assert_true (order.extended_hours);
    assert_int_equal (order.qty_e9, INT64_C (10500000000));
    assert_int_equal (order.filled_qty_e9, 1);
    assert_int_equal (order.filled_avg_price_e9, INT64_C (189123456789)); /*  cut, not rounded */
    assert_int_equal (order.limit_price_e9, INT64_C (190000000000));
    assert_int_equal (order.created_at_ns, INT64_C (1772461800123456789));
    assert_int_equal (order.submitted_at_ns, INT64_C (1772461800000000000));
    assert_int_equal (order.filled_at_ns, 0);
}

static void numbers_are_never_doubles (void **state)
{
    (void) state;
    order_t order;
    assert_int_equal (read_order (ORDER_START
                          "\"side\":\"buy\",\"status\":\"new\",\"qty\":9007199.254740993,\"filled_qty\":0.1,"
                          "\"limit_price\": 0.30000000000000004 ,\"note\":\"1\\\",2\\\\\"}",
                          &order, NULL),
        0);
    assert_int_equal (order.qty_e9, INT64_C (9007199254740993)); /*  a double ends in ...992 */
    assert_int_equal (order.filled_qty_e9, INT64_C (100000000));
    assert_int_equal (order.limit_price_e9, INT64_C (300000000));
}

static void unknown_words_do_not_lose_an_order (void **state)
{
    (void) state;
    order_t order;
    assert_int_equal (
        read_order ("{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"type\":"
                    "\"moon\",\"time_in_force\":\"never\",\"status\":\"floating\",\"qty\":\"1\"}",
            &order, NULL),
        0);
    assert_int_equal (order.status, STATUS_PENDING_REVIEW);
    assert_false (order_status_final (order.status));
}

static void what_identifies_must_be_there (void **state)
{
    (void) state;
    const struct {
        const char *text;
        const char *where;
    } rows[] = {
        {"{\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\"}", "id"},
        {"{\"id\":\"i\",\"client_order_id\":null,\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\"}",
            "client_order_id"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"side\":\"buy\",\"status\":\"new\"}", "symbol"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"status\":\"new\"}", "side"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"up\",\"status\":\"new\"}",
            "side"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\"}", "status"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\","
         "\"qty\":{}}",
            "qty"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\","
         "\"qty\":1e3}",
            "qty"},
        {"{\"id\":\"i\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\","
         "\"created_at\":\"yesterday\"}",
            "created_at"},
        {"{\"id\":\"0123456789012345678901234567890123456789\",\"client_order_id\":\"c\",\"symbol\":\"S\"}",
            "id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        order_t order;
        problem_t problem = {0};
        assert_int_not_equal (read_order (rows[i].text, &order, &problem), 0);
        assert_string_equal (problem.where, rows[i].where);
    }
}

static void what_is_not_json_is_refused_without_quoting_it (void **state)
{
    (void) state;
    const char *const bodies[] = {"", "<html><title>502</title></html>", "{\"id\":\"cut", "{\"id\":\"a\\",
        "[]", "12", "\"text\"", "{\"id\":\"a\xff\"}", "{}{}", "{\"id\":01-2-3", "nul", "{\"a\":1,}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        order_t order;
        problem_t problem = {0};
        assert_int_not_equal (read_order (bodies[i], &order, &problem), 0);
        assert_true (problem.code != 0);
        assert_null (strstr (problem.detail, "502"));
    }
}

static void deep_and_huge_bodies_are_refused (void **state)
{
    (void) state;
    static char deep[4000];
    order_t order;
    problem_t problem = {0};
    memset (deep, '[', sizeof deep - 1);
    assert_int_not_equal (read_order (deep, &order, &problem), 0);
    assert_non_null (strstr (problem.detail, "deeper"));
    size_t size = 8u * 1024 * 1024 + 1;
    char *huge = malloc (size);
    assert_non_null (huge);
    memset (huge, ' ', size);
    assert_int_not_equal (json_order (huge, size, &order, &problem), 0);
    free (huge);
}

static void an_account_needs_its_equity (void **state)
{
    (void) state;
    account_t account;
    problem_t problem = {0};
    const char *text =
        "{\"id\":\"a-1\",\"account_number\":\"PA3\",\"status\":\"ACTIVE\",\"equity\":\"100000.01\","
        "\"last_equity\":\"99999\",\"cash\":\"-5\",\"buying_power\":\"200000\","
        "\"trading_blocked\":false,\"shorting_enabled\":true,\"trade_suspended_by_user\":true}";
    assert_int_equal (json_account (text, strlen (text), &account, NULL), 0);
    assert_int_equal (account.equity_e9, INT64_C (100000010000000));
    assert_int_equal (account.cash_e9, INT64_C (-5000000000));
    assert_true (account.shorting_enabled && account.suspended_by_user && !account.trading_blocked);
    text = "{\"id\":\"a-1\",\"equity\":null}";
    assert_int_equal (json_account (text, strlen (text), &account, &problem), -ERR_MISSING);
    assert_string_equal (problem.where, "equity");
}

static void asset_clock_and_price_are_read (void **state)
{
    (void) state;
    asset_t asset;
    market_clock_t clock;
    int64_t price_e9 = 0;
    const char *text =
        "{\"id\":\"x\",\"symbol\":\"AAPL\",\"tradable\":true,\"fractionable\":true,\"shortable\":true,"
        "\"borrow_status\":\"easy_to_borrow\",\"maintenance_margin_requirement\":30}";
    assert_int_equal (json_asset (text, strlen (text), &asset, NULL), 0);
    assert_true (asset.tradable && asset.fractionable && asset.shortable && asset.easy_to_borrow);
    text = "{\"timestamp\":\"2026-03-02T09:30:00-05:00\",\"is_open\":true,\"next_open\":\"2026-03-03T09:30:"
           "00-05:00\","
           "\"next_close\":\"2026-03-02T16:00:00-05:00\"}";
    assert_int_equal (json_clock (text, strlen (text), &clock, NULL), 0);
    assert_true (clock.is_open);
    assert_int_equal (clock.at_ns, INT64_C (1772461800000000000));
    assert_int_equal (json_clock ("{}", 2, &clock, NULL), -ERR_MISSING);
    text = "{\"symbol\":\"AAPL\",\"trade\":{\"t\":\"2026-03-02T14:30:00Z\",\"x\":\"V\",\"p\":189.5,\"s\":100,"
           "\"c\":[]}}";
    assert_int_equal (json_latest_trade (text, strlen (text), &price_e9, NULL), 0);
    assert_int_equal (price_e9, INT64_C (189500000000));
    text = "{\"symbol\":\"AAPL\",\"trade\":null}";
    assert_int_equal (json_latest_trade (text, strlen (text), &price_e9, NULL), -ERR_MISSING);
}

static void an_error_body_is_code_and_message_or_less (void **state)
{
    (void) state;
    int64_t code = 1;
    char message[REASON_MAX];
    char order[ID_MAX];
    char text[600];
    assert_int_equal (
        json_error_body ("{\"code\":40310000,\"message\":\"no\\nmoney\"}", 39, &code, message, order), 0);
    assert_int_equal (code, 40310000);
    assert_string_equal (message, "no money"); /*  one line in a log */
    assert_int_equal (json_error_body ("{\"message\":\"forbidden.\"}", 24, &code, message, order), 0);
    assert_int_equal (code, 0);
    assert_int_not_equal (json_error_body ("<html>", 6, &code, message, order), 0);
    assert_string_equal (message, "");
    int size = snprintf (text, sizeof text, "{\"message\":\"%.*s%s\"}", 158, "\
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "\xe2\x82\xac and on");
    assert_int_equal (json_error_body (text, (size_t) size, &code, message, order), 0);
    assert_int_equal (strlen (message), 158); /*  the half euro sign is gone */
}

static void a_refusal_names_the_order_in_its_way (void **state)
{
    (void) state;
    const struct {
        const char *body;
        const char *named;
    } rows[] = {
        {"{\"code\":40310000,\"message\":\"potential wash trade detected. use complex orders\","
         "\"existing_order_id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\","
         "\"reject_reason\":\"opposite side limit order exists\"}",
            "61e69015-8549-4bfd-b9c3-01e75843f47d"},
        {"{\"existing_order_id\":\"61e6901585494bfdb9c301e75843f47d\"}", "61e6901585494bfdb9c301e75843f47d"},
        {"{\"existing_order_id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d-and-on\"}", ""}, /*  not another's */
        {"{\"existing_order_id\":[\"61e69015\"]}", ""},
        {"{\"existing_order_id\":null}", ""},
        {"{\"code\":40310000,\"message\":\"insufficient buying power\"}", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t code;
        char message[REASON_MAX];
        char order[ID_MAX] = "of the answer before";
        assert_int_equal (json_error_body (rows[i].body, strlen (rows[i].body), &code, message, order), 0);
        assert_string_equal (order, rows[i].named);
    }
}

static void a_request_says_only_what_is_asked (void **state)
{
    (void) state;
    char text[JSON_REQUEST_MAX];
    size_t size = 0;
    order_request_t request = {.client_order_id = "tc1-\"q\"",
        .symbol = "BTC/USD",
        .side = SIDE_SELL,
        .type = TYPE_STOP_LIMIT,
        .tif = TIF_GTC,
        .intent = INTENT_SELL_TO_CLOSE,
        .extended_hours = true,
        .qty_e9 = 500000001,
        .limit_price_e9 = INT64_C (10500000000),
        .stop_price_e9 = INT64_C (11000000000)};
    assert_int_equal (json_request (&request, text, &size), 0);
    assert_string_equal (text,
        "{\"symbol\":\"BTC/USD\",\"qty\":\"0.500000001\",\"side\":\"sell\",\"type\":\"stop_limit\","
        "\"time_in_force\":\"gtc\",\"limit_price\":\"10.5\",\"stop_price\":\"11\",\"extended_hours\":true,"
        "\"position_intent\":\"sell_to_close\",\"client_order_id\":\"tc1-\\\"q\\\"\"}");
    assert_int_equal (size, strlen (text));
    request =
        (order_request_t){.client_order_id = "c", .symbol = "AAPL", .notional_e9 = INT64_C (1500000000)};
    assert_int_equal (json_request (&request, text, &size), 0);
    assert_string_equal (text,
        "{\"symbol\":\"AAPL\",\"notional\":\"1.5\",\"side\":\"buy\",\"type\":\"market\","
        "\"time_in_force\":\"day\",\"client_order_id\":\"c\"}");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (an_order_is_read_field_by_field),
        cmocka_unit_test (numbers_are_never_doubles),
        cmocka_unit_test (unknown_words_do_not_lose_an_order),
        cmocka_unit_test (what_identifies_must_be_there),
        cmocka_unit_test (what_is_not_json_is_refused_without_quoting_it),
        cmocka_unit_test (deep_and_huge_bodies_are_refused),
        cmocka_unit_test (an_account_needs_its_equity),
        cmocka_unit_test (asset_clock_and_price_are_read),
        cmocka_unit_test (an_error_body_is_code_and_message_or_less),
        cmocka_unit_test (a_refusal_names_the_order_in_its_way),
        cmocka_unit_test (a_request_says_only_what_is_asked),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
