/*  Lists: orders, positions, activities. */
#include "broker/alpaca/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void positions_carry_their_sign (void **state)
{
    (void) state;
    const char *text =
        "[{\"asset_id\":\"x\",\"symbol\":\"AAPL\",\"qty\":\"10\",\"qty_available\":\"4\",\"side\":\"long\","
        "\"avg_entry_price\":\"100.123456789999\",\"current_price\":\"101\"},"
        "{\"symbol\":\"TSLA\",\"qty\":\"-3\",\"side\":\"short\",\"current_price\":null},"
        "{\"symbol\":\"F\",\"qty\":2,\"side\":\"short\"}]";
    position_t *items = NULL;
    size_t count = 0;
    assert_int_equal (json_positions (text, strlen (text), &items, &count, NULL), 0);
    assert_int_equal (count, 3);
    assert_int_equal (items[0].qty_available_e9, INT64_C (4000000000));
    assert_int_equal (items[0].avg_entry_price_e9, INT64_C (100123456789));
    assert_int_equal (items[1].qty_e9, INT64_C (-3000000000));
    assert_int_equal (items[1].qty_available_e9, INT64_C (-3000000000));
    assert_int_equal (items[2].qty_e9, INT64_C (-2000000000));
    free (items);
}

static void an_empty_list_is_an_answer_and_an_object_is_none (void **state)
{
    (void) state;
    position_t *items = NULL;
    size_t count = 0;
    problem_t problem = {0};
    assert_int_equal (json_positions ("[]", 2, &items, &count, &problem), 0);
    assert_int_equal (count, 0);
    assert_int_not_equal (json_positions ("{}", 2, &items, &count, &problem), 0);
    assert_int_not_equal (json_positions ("[1]", 3, &items, &count, &problem), 0);
    assert_int_equal (count, 0);
    free (items);
}

static void a_bad_page_adds_nothing (void **state)
{
    (void) state;
    const char *good =
        "[{\"id\":\"1\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\"}]";
    const char *bad =
        "[{\"id\":\"2\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":\"new\"},{}]";
    order_t *items = NULL;
    size_t count = 0;
    assert_int_equal (json_orders (good, strlen (good), &items, &count, NULL), 0);
    assert_int_not_equal (json_orders (bad, strlen (bad), &items, &count, NULL), 0);
    assert_int_equal (count, 1);
    assert_int_equal (json_orders (good, strlen (good), &items, &count, NULL), 0);
    assert_int_equal (count, 2);
    free (items);
}

static void only_fills_are_kept_but_the_cursor_moves (void **state)
{
    (void) state;
    const char *text =
        "[{\"id\":\"20260302093001123::a\",\"activity_type\":\"FILL\",\"type\":\"partial_fill\","
        "\"transaction_time\":\"2026-03-02T14:30:00.5Z\",\"price\":\"10.5\",\"qty\":\"3\",\"cum_qty\":\"3\","
        "\"leaves_qty\":\"7\",\"side\":\"buy\",\"symbol\":\"AAPL\",\"order_id\":\"o-1\"},"
        "{\"id\":\"20260302::b\",\"activity_type\":\"DIV\",\"net_amount\":\"1.02\"}]";
    activity_t *items = NULL;
    size_t count = 0;
    size_t seen = 0;
    char last[72] = "";
    assert_int_equal (json_activities (text, strlen (text), &items, &count, &seen, last, NULL), 0);
    assert_int_equal (count, 1);
    assert_int_equal (seen, 2);
    assert_string_equal (last, "20260302::b");
    assert_int_equal (items[0].at_ns, INT64_C (1772461800500000000));
    assert_int_equal (items[0].cum_qty_e9, INT64_C (3000000000));
    free (items);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (positions_carry_their_sign),
        cmocka_unit_test (an_empty_list_is_an_answer_and_an_object_is_none),
        cmocka_unit_test (a_bad_page_adds_nothing),
        cmocka_unit_test (only_fills_are_kept_but_the_cursor_moves),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
