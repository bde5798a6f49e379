/*  scaling_test.c: rates, entry targets, exit fractions. */
#include "actors/executor/scaling.h"
#include "tests/unit/actors/executor/shard_story.h"

static const scaling_input_t base = {.client_equity_e9 = E9 (25000),
    .master_equity_e9 = E9 (100000),
    .multiplier_e9 = FIXED_ONE,
    .risk_percent_e9 = E9 (2),
    .price_e9 = E9 (50),
    .order_qty_e9 = E9 (40)};

static void test_equity_based_is_the_ratio_of_equities (void **state)
{
    (void) state;
    scaling_input_t input = base;
    rate_t rate;
    int64_t target_e9;
    assert_null (scaling_rate (&input, &rate));
    assert_int_equal (scaling_entry (&rate, E9 (10), &target_e9), 0);
    assert_int_equal (target_e9, E9 (2.5));
}

static void test_a_third_of_three_is_one (void **state)
{
    (void) state;
    scaling_input_t input = base;
    input.client_equity_e9 = E9 (10000);
    input.master_equity_e9 = E9 (30000);
    rate_t rate;
    int64_t target_e9;
    assert_null (scaling_rate (&input, &rate));
    assert_int_equal (scaling_entry (&rate, E9 (3), &target_e9), 0);
    assert_int_equal (target_e9, E9 (1)); /*  a rate held as a decimal would give 0.999999999 */
}

static void test_fixed_multiplier (void **state)
{
    (void) state;
    scaling_input_t input = base;
    input.method = CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER;
    input.multiplier_e9 = E9 (0.25);
    input.master_equity_e9 = 0; /*  not needed */
    rate_t rate;
    int64_t target_e9;
    assert_null (scaling_rate (&input, &rate));
    assert_int_equal (scaling_entry (&rate, E9 (7), &target_e9), 0);
    assert_int_equal (target_e9, E9 (1.75));
}

static void test_risk_based_spreads_over_the_order_and_is_capped (void **state)
{
    (void) state;
    scaling_input_t input = base; /*  2 % of 25,000 = 500 = 10 shares at 50, over 40 ordered */
    input.method = CLIENT_CONFIG_SCALING_RISK_BASED;
    rate_t rate;
    int64_t target_e9;
    assert_null (scaling_rate (&input, &rate));
    assert_int_equal (scaling_entry (&rate, E9 (20), &target_e9), 0);
    assert_int_equal (target_e9, E9 (5));
    input.order_qty_e9 = E9 (4);
    assert_null (scaling_rate (&input, &rate));
    assert_int_equal (scaling_entry (&rate, E9 (4), &target_e9), 0);
    assert_int_equal (target_e9, E9 (4)); /*  never more than the master */
}

static void test_no_rate_without_its_inputs (void **state)
{
    (void) state;
    scaling_input_t input = base;
    rate_t rate;
    input.master_equity_e9 = 0;
    assert_string_equal (scaling_rate (&input, &rate), "no_equity");
    input.method = CLIENT_CONFIG_SCALING_RISK_BASED;
    input.price_e9 = 0;
    assert_string_equal (scaling_rate (&input, &rate), "no_price");
}

static void test_an_entry_beyond_64_bits_is_out_of_range (void **state)
{
    (void) state;
    rate_t rate = {.num_e9 = INT64_MAX, .den_e9 = 1};
    int64_t target_e9;
    assert_int_equal (scaling_entry (&rate, E9 (10), &target_e9), -ERR_RANGE);
}

static void test_exits_take_the_fraction (void **state)
{
    (void) state;
    assert_int_equal (scaling_exit (E9 (10), FRACTION_ONE / 2), E9 (5));
    assert_int_equal (
        scaling_exit (E9 (30), FRACTION_ONE / 3 * 2), E9 (10)); /*  remaining rounds down: not 9.99 */
    assert_int_equal (scaling_exit (E9 (10), FRACTION_ONE), 0);
    assert_int_equal (scaling_exit (INT64_MAX, 0), INT64_MAX);
    assert_int_equal (scaling_remaining_since (FRACTION_ONE / 4, FRACTION_ONE / 2), FRACTION_ONE / 2);
    assert_int_equal (scaling_remaining_since (0, 0), FRACTION_ONE);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_equity_based_is_the_ratio_of_equities),
        cmocka_unit_test (test_a_third_of_three_is_one), cmocka_unit_test (test_fixed_multiplier),
        cmocka_unit_test (test_risk_based_spreads_over_the_order_and_is_capped),
        cmocka_unit_test (test_no_rate_without_its_inputs),
        cmocka_unit_test (test_an_entry_beyond_64_bits_is_out_of_range),
        cmocka_unit_test (test_exits_take_the_fraction)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
