/*  copy_rule_test.c: the copy rules by numbers worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "scripts/commands/load_test/copy_rule.h"

#define E9(shares) ((int64_t) (shares) *INT64_C (1000000000))

/*  One execution of X at 250, of a position of `before`. */
static master_trade_t trade_of (bool buys, int64_t qty_e9, int64_t opened_e9, int64_t before_e9)
{
    master_trade_t trade = {.symbol = "AAPL", .buys = buys, .order_qty_e9 = qty_e9, .steps_count = 1};
    int64_t closed_e9 = qty_e9 - opened_e9;
    trade.steps[0] = (master_step_t){.execution = {.qty_e9 = qty_e9, .price_e9 = E9 (250)},
        .q_e9 = qty_e9,
        .opened_e9 = opened_e9,
        .closed_e9 = closed_e9,
        .left_num = closed_e9 ? before_e9 - closed_e9 : 1,
        .left_den = closed_e9 ? before_e9 : 1,
        .flat = closed_e9 && closed_e9 == before_e9};
    return trade;
}

static void test_the_three_rates (void **state)
{
    (void) state;
    master_trade_t trade = trade_of (true, E9 (40), E9 (40), 0);
    follower_t client = {.multiplier_e9 = 1500000000, .risk_percent_e9 = E9 (2)};
    client.scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
    copy_rate_t rate = copy_rule_rate (&client, &trade, 0, E9 (10000), E9 (100000));
    assert_int_equal (rate.num_e9, E9 (15000));
    assert_int_equal (rate.den_e9, E9 (100000));
    client.scaling = CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER;
    rate = copy_rule_rate (&client, &trade, 0, E9 (10000), E9 (100000));
    assert_int_equal (rate.num_e9, 1500000000);
    assert_int_equal (rate.den_e9, E9 (1));
    /*  2 % of 10,000 are 200, 0.8 shares at 250, spread over 40 */
    client.scaling = CLIENT_CONFIG_SCALING_RISK_BASED;
    rate = copy_rule_rate (&client, &trade, 0, E9 (10000), E9 (100000));
    assert_int_equal (rate.num_e9, 800000000);
    assert_int_equal (rate.den_e9, E9 (40));
    /*  never more than the master's order */
    rate = copy_rule_rate (&client, &trade, 0, E9 (10000000), E9 (100000));
    assert_int_equal (rate.num_e9, E9 (40));
}

static int64_t entry (bool buys, bool fractional, bool whole_only, copy_rate_t rate)
{
    master_trade_t trade = trade_of (buys, E9 (7), E9 (7), 0);
    follower_t client = {.fractional = fractional};
    copy_case_t rule = {.follower = &client,
        .trade = &trade,
        .rate = rate,
        .whole_only = whole_only,
        .min_notional_e9 = E9 (1)};
    copy_due_t due;
    copy_rule_due (&rule, &due);
    return due.open_e9[0];
}

static void test_entries_round_down (void **state)
{
    (void) state;
    const copy_rate_t third = {E9 (1), E9 (3)};
    assert_int_equal (entry (true, true, false, third), 2333333333);
    assert_int_equal (entry (true, false, false, third), E9 (2));
    assert_int_equal (entry (true, true, true, third), E9 (2));
    assert_int_equal (entry (false, true, false, third), E9 (2)); /*  no fraction is sold short */
}

static void test_too_little_is_skipped (void **state)
{
    (void) state;
    master_trade_t trade = trade_of (true, E9 (7), E9 (7), 0);
    follower_t client = {.fractional = true};
    copy_case_t rule = {
        .follower = &client, .trade = &trade, .rate = {571428, E9 (1)}, .min_notional_e9 = E9 (1)};
    copy_due_t due;
    copy_rule_due (&rule, &due); /*  0.003999996 shares: 0.99 USD */
    assert_string_equal (due.reason, "below_minimum");
    rule.rate.num_e9 = 571429; /*  0.004000003: 1.00 USD */
    copy_rule_due (&rule, &due);
    assert_null (due.reason);
}

static void test_filters (void **state)
{
    (void) state;
    master_trade_t trade = trade_of (true, E9 (7), E9 (7), 0);
    follower_t client = {.direction = CLIENT_CONFIG_DIRECTION_LONG};
    copy_case_t rule = {.follower = &client, .trade = &trade};
    assert_null (copy_rule_filter (&rule));
    strcpy (client.deny, "AAPLX,XAAPL");
    assert_null (copy_rule_filter (&rule));
    strcpy (client.deny, "MSFT,AAPL");
    assert_string_equal (copy_rule_filter (&rule), "symbol_denied");
    strcpy (client.allow, "MSFT");
    assert_string_equal (copy_rule_filter (&rule), "symbol_not_allowed");
    client.direction = CLIENT_CONFIG_DIRECTION_SHORT;
    assert_string_equal (copy_rule_filter (&rule), "direction");
}

static void test_exits_take_the_fraction_of_what_is_held (void **state)
{
    (void) state;
    master_trade_t trade = trade_of (false, E9 (10), 0, E9 (30));
    follower_t client = {.fractional = false};
    copy_case_t rule = {.follower = &client, .trade = &trade, .held_e9 = E9 (3)};
    copy_due_t due;
    copy_rule_due (&rule, &due);
    assert_int_equal (due.close_e9[0], E9 (1)); /*  a third of 3 is 1, not 0.999999999 */
    rule.held_e9 = E9 (2);
    copy_rule_due (&rule, &due);
    assert_int_equal (due.close_e9[0], 0);
    assert_string_equal (due.reason, "below_minimum");
    rule.held_e9 = E9 (-2);
    copy_rule_due (&rule, &due);
    assert_string_equal (due.reason, "no_position");
    trade = trade_of (false, E9 (30), 0, E9 (30));
    rule.held_e9 = 1234567891;
    copy_rule_due (&rule, &due);
    assert_int_equal (due.close_e9[0], 1234567891); /*  flat: to the last fraction, whole shares or not */
}

static void test_a_flip_owes_both_legs (void **state)
{
    (void) state;
    master_trade_t trade = trade_of (false, E9 (50), E9 (20), E9 (30));
    follower_t client = {.fractional = true};
    copy_case_t rule = {.follower = &client,
        .trade = &trade,
        .held_e9 = 2500000000,
        .rate = {E9 (1), E9 (4)},
        .min_notional_e9 = E9 (1)};
    copy_due_t due;
    copy_rule_due (&rule, &due);
    assert_int_equal (due.close_e9[0], 2500000000);
    assert_int_equal (due.open_e9[0], E9 (5));
    assert_null (due.reason);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_the_three_rates),
        cmocka_unit_test (test_entries_round_down),
        cmocka_unit_test (test_too_little_is_skipped),
        cmocka_unit_test (test_filters),
        cmocka_unit_test (test_exits_take_the_fraction_of_what_is_held),
        cmocka_unit_test (test_a_flip_owes_both_legs),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
