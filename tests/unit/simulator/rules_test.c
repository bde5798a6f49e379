/*  rules_test.c: what the broker refuses, with its exact status, code and words (alpaca-api.md section 4). */
#include "tests/unit/simulator/desk.h"

#define REFUSED(fields, status, code, text)                                                                  \
    assert_refused (desk_send ((engine_submit_t) fields), status, code, text)
#define _(...)                                                                                               \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static void fields_must_be_there_and_make_sense (void **state)
{
    (void) state;
    REFUSED (_ (.qty = "1", .side = "buy"), 422, 40010001, "symbol is required");
    REFUSED (_ (.symbol = "AAPL", .qty = "1"), 422, 40010001, "invalid side");
    REFUSED (_ (.symbol = "AAPL", .qty = "1", .side = "hold"), 422, 40010001, "invalid side");
    REFUSED (
        _ (.symbol = "AAPL", .qty = "1", .side = "buy", .type = "moon"), 422, 40010001, "invalid order type");
    REFUSED (_ (.symbol = "AAPL", .qty = "1", .side = "buy", .time_in_force = "ever"), 422, 40010001,
        "invalid time_in_force");
    REFUSED (_ (.symbol = "NOPE", .qty = "1", .side = "buy"), 422, 42210000, "asset \"NOPE\" not found");
    REFUSED (_ (.symbol = "TWTR", .qty = "1", .side = "buy"), 422, 42210000, "asset TWTR is not active");
}

static void qty_xor_notional (void **state)
{
    (void) state;
    REFUSED (_ (.symbol = "AAPL", .side = "buy"), 422, 40010001, "qty or notional is required");
    REFUSED (_ (.symbol = "AAPL", .qty = "1", .notional = "5", .side = "buy"), 400, 40010000,
        "only one of qty or notional is accepted");
    REFUSED (_ (.symbol = "AAPL", .qty = "0", .side = "buy"), 422, 40010001, "qty must be > 0");
    REFUSED (_ (.symbol = "AAPL", .qty = "-1", .side = "buy"), 422, 40010001, "qty must be > 0");
    REFUSED (_ (.symbol = "AAPL", .qty = "ten", .side = "buy"), 422, 40010001, "qty is not a number: ten");
    REFUSED (_ (.symbol = "AAPL", .qty = "0.0000000001", .side = "buy"), 422, 42210000,
        "qty must be limited to 9 decimal places and 9 billion: 0.0000000001");
    REFUSED (_ (.symbol = "AAPL", .notional = "10.005", .side = "buy"), 422, 42210000,
        "notional value must be limited to 2 decimal places");
}

static void a_type_takes_its_prices_and_no_others (void **state)
{
    (void) state;
#define AAPL .symbol = "AAPL", .qty = "1", .side = "buy"
    REFUSED (_ (AAPL, .limit_price = "1"), 422, 40010001, "market orders require no stop or limit price");
    REFUSED (_ (AAPL, .type = "limit"), 422, 40010001, "limit orders require a limit price");
    REFUSED (_ (AAPL, .type = "stop"), 422, 40010001, "stop orders require a stop price");
    REFUSED (_ (AAPL, .type = "stop_limit", .stop_price = "1"), 422, 40010001,
        "stop limit orders require both stop and limit price");
    REFUSED (_ (AAPL, .type = "limit", .limit_price = "1", .extended_hours = true, .time_in_force = "ioc"),
        422, 42210000, "extended hours order must be DAY or GTC limit orders");
}

static void what_is_not_built_yet_is_said_clearly (void **state)
{
    (void) state;
    REFUSED (_ (AAPL, .type = "trailing_stop", .trail_percent = "1"), 422, 42210000,
        "order type trailing_stop is not supported by the simulator yet");
    REFUSED (_ (AAPL, .order_class = "bracket", .has_take_profit = true), 422, 42210000,
        "order_class bracket is not supported by the simulator yet");
    REFUSED (_ (AAPL, .order_class = "mleg"), 422, 42210000,
        "order_class mleg is not supported by the simulator yet");
    REFUSED (_ (AAPL, .order_class = "odd"), 422, 40010001, "invalid order_class");
    REFUSED (_ (AAPL, .time_in_force = "opg"), 422, 42210000,
        "time_in_force opg is not supported by the simulator yet");
    assert_taken (desk_send ((engine_submit_t) _ (AAPL, .order_class = "simple")));
}

static void prices_have_two_decimals_from_a_dollar_on_and_four_below (void **state)
{
    (void) state;
    assert_refused (desk_limit ("AAPL", "buy", "1", "200.001"), 422, 42210000,
        "invalid limit_price 200.001. sub-penny increment does not fulfill minimum pricing criteria");
    assert_taken (desk_limit ("AAPL", "buy", "1", "200.01"));
    assert_taken (desk_limit ("SNDL", "buy", "1", "0.8123"));
    assert_refused (desk_limit ("SNDL", "buy", "1", "0.81234"), 422, 42210000,
        "invalid limit_price 0.81234. sub-penny increment does not fulfill minimum pricing criteria");
}

static void fractions_are_day_orders_of_fractionable_assets_of_at_least_a_dollar (void **state)
{
    (void) state;
    REFUSED (_ (.symbol = "BRK.A", .qty = "0.5", .side = "buy"), 403, 40310000,
        "asset \"BRK.A\" is not fractionable");
    REFUSED (_ (.symbol = "BRK.A", .notional = "50", .side = "buy"), 403, 40310000,
        "asset \"BRK.A\" is not fractionable");
    REFUSED (_ (.symbol = "AAPL", .qty = "0.5", .side = "buy", .time_in_force = "gtc"), 422, 42210000,
        "fractional orders must be DAY orders");
    REFUSED (_ (.symbol = "AAPL", .notional = "0.99", .side = "buy"), 403, 40310000,
        "cost basis must be >= minimal amount of order 1");
    REFUSED (_ (.symbol = "AAPL", .qty = "0.003", .side = "buy"), 403, 40310000,
        "cost basis must be >= minimal amount of order 1");
    REFUSED (_ (.symbol = "AAPL", .qty = "0.5", .side = "sell"), 422, 42210000,
        "fractional orders cannot be sold short");
    assert_taken (desk_send ((engine_submit_t) _ (.symbol = "AAPL", .notional = "1", .side = "buy")));
}

static void small_sells_are_exempt_from_the_minimum (void **state)
{
    (void) state;
    desk_bought ("AAPL", "1");
    desk_sold ("AAPL", "0.001");
}

static void selling_more_than_there_is_is_refused_with_the_numbers (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "5");
    /*  crossing from long to short in one order */
    assert_refused (desk_sell ("AAPL", "8"), 403, 40310000,
        "insufficient qty available for order (requested: 8, available: 5)");
    assert_string_equal (extra (&desk->error, "existing_qty"), "5");
    assert_string_equal (extra (&desk->error, "held_for_orders"), "0");
    /*  3 are held by an open order */
    assert_taken (desk_limit ("AAPL", "sell", "3", "300"));
    assert_refused (desk_sell ("AAPL", "2.5"), 403, 40310000,
        "insufficient qty available for order (requested: 2.5, available: 2)");
    assert_string_equal (extra (&desk->error, "available"), "2");
    assert_string_equal (extra (&desk->error, "held_for_orders"), "3");
    assert_taken (desk_sell ("AAPL", "2"));
}

static void shorts_need_permission_equity_and_a_lender (void **state)
{
    desk_t *desk = *state;
    assert_refused (desk_sell ("GME", "1"), 422, 42210000, "asset \"GME\" cannot be sold short");
    engine_configurations_t configurations;
    engine_configurations_get (desk->engine, desk->account, &configurations);
    configurations.no_shorting = true;
    assert_int_equal (
        engine_configurations_set (desk->engine, desk->account, &configurations, &desk->error), 0);
    assert_refused (desk_sell ("AAPL", "1"), 403, 40310000, "account is not allowed to short");
    desk->account = desk_add_account ("POOR", 1999 * FIXED_ONE);
    assert_refused (desk_sell ("F", "1"), 403, 40310000, "account is not allowed to short");
    desk->account = desk_add_account ("FINE", 2000 * FIXED_ONE);
    desk_sold ("F", "1");
}

static void a_short_is_covered_but_not_crossed (void **state)
{
    (void) state;
    desk_sold ("AAPL", "5");
    assert_refused (desk_buy ("AAPL", "6"), 403, 40310000,
        "insufficient qty available for order (requested: 6, available: 5)");
    desk_bought ("AAPL", "5");
    desk_bought ("AAPL", "6");
}

static void an_opening_order_blocks_the_opposite_opening (void **state)
{
    (void) state;
    assert_taken (desk_limit ("AAPL", "sell", "1", "300"));
    assert_refused (desk_limit ("AAPL", "buy", "1", "200"), 403, 40310000,
        "cannot open a long buy while a short sell order is open");
    assert_taken (desk_limit ("MSFT", "buy", "1", "200"));
    assert_refused (desk_limit ("MSFT", "sell", "1", "900"), 403, 40310000,
        "cannot open a short sell while a long buy order is open");
}

static void wash_trades_are_refused (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "10");
    assert_taken (desk_limit ("AAPL", "sell", "5", "260"));
    const char *existing = desk->order->id;
    assert_refused (
        desk_buy ("AAPL", "1"), 403, 40310000, "potential wash trade detected. use complex orders");
    assert_string_equal (extra (&desk->error, "reject_reason"), "opposite side limit order exists");
    assert_string_equal (extra (&desk->error, "existing_order_id"), existing);
    assert_refused (desk_limit ("AAPL", "buy", "1", "260"), 403, 40310000,
        "potential wash trade detected. use complex orders");
    assert_taken (desk_limit ("AAPL", "buy", "1", "249"));
    assert_taken (desk_buy ("MSFT", "5"));
    desk_wait_ms (20);
    assert_taken (desk_send ((engine_submit_t){
        .symbol = "MSFT", .qty = "5", .side = "sell", .type = "stop", .stop_price = "400"}));
    assert_refused (desk_limit ("MSFT", "buy", "1", "300"), 403, 40310000,
        "potential wash trade detected. use complex orders");
    assert_string_equal (extra (&desk->error, "reject_reason"), "opposite side market/stop order exists");
}

static void buying_power_bounds_what_is_bought (void **state)
{
    desk_t *desk = *state;
    /*  100,000 x 4 = 400,000; 1600 x 250.01 = 400,016 */
    assert_refused (desk_buy ("AAPL", "1600"), 403, 40310000, "insufficient buying power");
    assert_string_equal (extra (&desk->error, "buying_power"), "400000");
    assert_string_equal (extra (&desk->error, "cost_basis"), "400016");
    assert_taken (desk_buy ("AAPL", "1000"));
    /*  open orders hold what they will cost */
    assert_e9 (desk_account ().buying_power_e9, "149990");
    assert_refused (desk_buy ("AAPL", "600"), 403, 40310000, "insufficient buying power");
}

static void a_short_holds_three_percent_more (void **state)
{
    desk_t *desk = *state;
    assert_refused (desk_sell ("AAPL", "1590"), 403, 40310000, "insufficient buying power");
    assert_string_equal (extra (&desk->error, "cost_basis"), "409441.377"); /*  1590 x 250.01 x 1.03 */
}

static void a_blocked_or_suspended_account_does_not_trade (void **state)
{
    desk_t *desk = *state;
    engine_account_block (desk->engine, desk->account, true, false);
    assert_refused (desk_buy ("AAPL", "1"), 403, 40310000, "account not authorized to trade");
    engine_account_block (desk->engine, desk->account, false, false);
    engine_configurations_t configurations;
    engine_configurations_get (desk->engine, desk->account, &configurations);
    configurations.suspend_trade = true;
    assert_int_equal (
        engine_configurations_set (desk->engine, desk->account, &configurations, &desk->error), 0);
    assert_refused (desk_buy ("AAPL", "1"), 403, 40310000, "new orders are rejected by user request");
}

static void crypto_has_its_own_times_in_force_and_no_margin (void **state)
{
    (void) state;
    REFUSED (
        _ (.symbol = "BTC/USD", .qty = "0.1", .side = "buy"), 422, 42210000, "invalid crypto time_in_force");
    REFUSED (_ (.symbol = "BTC/USD", .notional = "9", .side = "buy", .time_in_force = "gtc"), 403, 40310000,
        "cost basis must be >= minimal amount of order 10");
    REFUSED (_ (.symbol = "BTC/USD", .qty = "2", .side = "buy", .time_in_force = "gtc"), 403, 40310000,
        "insufficient buying power");
    REFUSED (_ (.symbol = "BTC/USD", .qty = "1", .side = "sell", .time_in_force = "gtc"), 403, 40310000,
        "insufficient qty available for order (requested: 1, available: 0)");
    assert_taken (desk_send (
        (engine_submit_t) _ (.symbol = "BTCUSD", .qty = "0.25", .side = "buy", .time_in_force = "ioc")));
}

static void the_intent_must_fit_the_position (void **state)
{
    desk_t *desk = *state;
    REFUSED (_ (AAPL, .position_intent = "buy_to_close"), 422, 42210000,
        "position intent mismatch, inferred: buy_to_open, specified: buy_to_close");
    assert_taken (desk_send ((engine_submit_t) _ (AAPL, .position_intent = "buy_to_open")));
    assert_int_equal (desk->order->intent, INTENT_BUY_TO_OPEN);
}

static void a_halted_asset_is_not_traded (void **state)
{
    desk_t *desk = *state;
    assert_int_equal (engine_asset_tradable_set (desk->engine, "AAPL", false), 0);
    assert_refused (desk_buy ("AAPL", "1"), 422, 42210000, "asset AAPL is not tradable");
    assert_int_equal (engine_asset_tradable_set (desk->engine, "AAPL", true), 0);
    desk_bought ("AAPL", "1");
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (fields_must_be_there_and_make_sense),
        story (qty_xor_notional),
        story (a_type_takes_its_prices_and_no_others),
        story (what_is_not_built_yet_is_said_clearly),
        story (prices_have_two_decimals_from_a_dollar_on_and_four_below),
        story (fractions_are_day_orders_of_fractionable_assets_of_at_least_a_dollar),
        story (small_sells_are_exempt_from_the_minimum),
        story (selling_more_than_there_is_is_refused_with_the_numbers),
        story (shorts_need_permission_equity_and_a_lender),
        story (a_short_is_covered_but_not_crossed),
        story (an_opening_order_blocks_the_opposite_opening),
        story (wash_trades_are_refused),
        story (buying_power_bounds_what_is_bought),
        story (a_short_holds_three_percent_more),
        story (a_blocked_or_suspended_account_does_not_trade),
        story (crypto_has_its_own_times_in_force_and_no_margin),
        story (the_intent_must_fit_the_position),
        story (a_halted_asset_is_not_traded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
