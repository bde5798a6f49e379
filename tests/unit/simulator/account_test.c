/*  account_test.c: accounts: who they are, what they are worth, and how often they may ask. */
#include "tests/unit/simulator/desk.h"

static void an_account_starts_with_its_cash (void **state)
{
    (void) state;
    engine_account_t account = desk_account ();
    assert_string_equal (account.account_number, "PA000000001");
    assert_string_equal (account.status, "ACTIVE");
    assert_int_equal (strlen (account.id), 36);
    assert_e9 (account.cash_e9, "100000");
    assert_e9 (account.equity_e9, "100000");
    assert_e9 (account.last_equity_e9, "100000");
    assert_e9 (account.buying_power_e9, "400000");
    assert_e9 (account.regt_buying_power_e9, "200000");
    assert_e9 (account.non_marginable_buying_power_e9, "100000");
    assert_int_equal (account.multiplier, 4);
    assert_true (account.shorting_enabled);
}

static void equity_moves_with_the_price_and_cash_does_not (void **state)
{
    (void) state;
    desk_bought ("AAPL", "100");
    desk_price ("AAPL", "260");
    engine_account_t account = desk_account ();
    assert_e9 (account.cash_e9, "74999");
    assert_e9 (account.long_market_value_e9, "26000");
    assert_e9 (account.equity_e9, "100999");
    assert_e9 (account.last_equity_e9, "100000");
    assert_e9 (account.initial_margin_e9, "13000");
    assert_e9 (account.maintenance_margin_e9, "7800");
    /*  4 x 100,999 - 26,000 */
    assert_e9 (account.buying_power_e9, "377996");
}

static void the_multiplier_follows_equity_and_configuration (void **state)
{
    desk_t *desk = *state;
    desk->account = desk_add_account ("SMALL", 1999 * FIXED_ONE);
    assert_int_equal (desk_account ().multiplier, 1);
    assert_false (desk_account ().shorting_enabled);
    desk->account = desk_add_account ("MIDDLE", 24999 * FIXED_ONE);
    assert_int_equal (desk_account ().multiplier, 2);
    engine_configurations_t configurations;
    engine_configurations_get (desk->engine, desk->account, &configurations);
    configurations.max_margin_multiplier = 1;
    assert_int_equal (
        engine_configurations_set (desk->engine, desk->account, &configurations, &desk->error), 0);
    assert_e9 (desk_account ().buying_power_e9, "24999");
    configurations.max_margin_multiplier = 3;
    assert_refused (engine_configurations_set (desk->engine, desk->account, &configurations, &desk->error),
        422, 40010001, "max_margin_multiplier must be one of 1, 2, 4");
}

static void accounts_are_found_by_both_keys_or_their_id (void **state)
{
    desk_t *desk = *state;
    uint32_t bob = desk_add_account ("BOB", 0), found = 99;
    assert_int_equal (engine_account_by_keys (desk->engine, "BOB", "secret", &found), 0);
    assert_int_equal (found, bob);
    assert_int_equal (engine_account_by_keys (desk->engine, "BOB", "secreT", &found), -ERR_NOT_FOUND);
    assert_int_equal (engine_account_by_keys (desk->engine, "BOB", "secret2", &found), -ERR_NOT_FOUND);
    assert_int_equal (engine_account_by_keys (desk->engine, "CLEO", "secret", &found), -ERR_NOT_FOUND);
    found = 99;
    assert_int_equal (engine_account_by_id (desk->engine, engine_account_id (desk->engine, bob), &found), 0);
    assert_int_equal (found, bob);
}

static void an_account_needs_its_own_keys (void **state)
{
    desk_t *desk = *state;
    engine_account_setup_t setup;
    uint32_t account;
    problem_t problem;
    engine_account_setup_default (&setup);
    assert_int_equal (
        engine_account_create (desk->engine, &setup, desk->now_ns, &account, &problem), -ERR_MISSING);
    setup.key_id = "ANN";
    setup.secret = "other";
    assert_int_equal (
        engine_account_create (desk->engine, &setup, desk->now_ns, &account, &problem), -ERR_EXISTS);
    assert_string_equal (problem.where, "key_id");
    setup.key_id = "ANN2";
    setup.cash_e9 = -1;
    assert_int_equal (
        engine_account_create (desk->engine, &setup, desk->now_ns, &account, &problem), -ERR_RANGE);
    assert_int_equal (engine_accounts_count (desk->engine), 1);
}

static void two_hundred_requests_a_minute_and_then_none_until_the_next (void **state)
{
    desk_t *desk = *state;
    engine_rate_t rate;
    for (int i = 0; i < 200; i++) {
        assert_true (engine_rate_take (desk->engine, desk->account, desk->now_ns, &rate));
        assert_int_equal (rate.remaining, 199 - i);
    }
    assert_int_equal (rate.limit, 200);
    assert_int_equal (rate.reset_at_s, desk->now_ns / ENGINE_SECOND_NS + 60);
    assert_false (engine_rate_take (desk->engine, desk->account, desk->now_ns, &rate));
    assert_int_equal (rate.remaining, 0);
    desk->now_ns += 59 * ENGINE_SECOND_NS;
    assert_false (engine_rate_take (desk->engine, desk->account, desk->now_ns, &rate));
    /*  others are not touched */
    assert_true (engine_rate_take (desk->engine, desk_add_account ("BOB", 0), desk->now_ns, &rate));
    desk->now_ns += 1 * ENGINE_SECOND_NS;
    assert_true (engine_rate_take (desk->engine, desk->account, desk->now_ns, &rate));
    engine_rate_limit_set (desk->engine, desk->account, 0);
    for (int i = 0; i < 1000; i++)
        assert_true (engine_rate_take (desk->engine, desk->account, desk->now_ns, &rate));
}

static void deposits_change_cash_within_bounds (void **state)
{
    desk_t *desk = *state;
    assert_int_equal (
        engine_account_deposit (desk->engine, desk->account, -40000 * FIXED_ONE, desk->now_ns), 0);
    assert_e9 (desk_account ().cash_e9, "60000");
    assert_int_equal (
        engine_account_deposit (desk->engine, desk->account, INT64_MAX, desk->now_ns), -ERR_RANGE);
    assert_e9 (desk_account ().cash_e9, "60000");
}

static void at_the_close_equity_becomes_last_equity (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "100");
    desk_price ("AAPL", "260");
    desk_wait_ms (6 * 3600 * 1000);
    assert_e9 (desk_account ().last_equity_e9, "100999");
    assert_e9 (desk_account ().last_maintenance_margin_e9, "7800");
    desk_price ("AAPL", "261");
    assert_e9 (desk_account ().equity_e9, "101099");
    engine_position_t position;
    assert_int_equal (
        engine_position_get (desk->engine, desk->account, "AAPL", desk->now_ns, &position, &desk->error), 0);
    assert_e9 (position.unrealized_intraday_pl_e9, "100");
    assert_e9 (position.unrealized_pl_e9, "1099");
    assert_e9 (position.lastday_price_e9, "260");
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (an_account_starts_with_its_cash),
        story (equity_moves_with_the_price_and_cash_does_not),
        story (the_multiplier_follows_equity_and_configuration),
        story (accounts_are_found_by_both_keys_or_their_id),
        story (an_account_needs_its_own_keys),
        story (two_hundred_requests_a_minute_and_then_none_until_the_next),
        story (deposits_change_cash_within_bounds),
        story (at_the_close_equity_becomes_last_equity),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
