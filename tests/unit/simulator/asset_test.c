/*  asset_test.c: the listed assets, and prices set by control or walking by seed. */
#include "tests/unit/simulator/desk.h"

static void there_is_one_asset_of_every_kind (void **state)
{
    desk_t *desk = *state;
    assert_true (engine_assets_count (desk->engine) >= 30);
    assert_true (engine_asset_find (desk->engine, "BRK.B")->fractionable);
    assert_false (engine_asset_find (desk->engine, "BRK.A")->fractionable);
    assert_false (engine_asset_find (desk->engine, "GME")->easy_to_borrow);
    assert_false (engine_asset_find (desk->engine, "TWTR")->active);
    assert_true (engine_asset_find (desk->engine, "SNDL")->price_e9 < FIXED_ONE);
    const engine_asset_t *bitcoin = engine_asset_find (desk->engine, "BTCUSD");
    assert_ptr_equal (bitcoin, engine_asset_find (desk->engine, "BTC/USD"));
    assert_string_equal (engine_class_text (bitcoin->asset_class), "crypto");
    assert_true (bitcoin->min_order_size_e9 > 0);
    assert_null (engine_asset_find (desk->engine, "NOPE"));
    assert_null (engine_asset_find (desk->engine, NULL));
}

static void asset_ids_are_unique_and_the_same_for_every_seed (void **state)
{
    desk_t *desk = *state;
    char first[ID_MAX];
    memcpy (first, engine_asset_find (desk->engine, "AAPL")->id, sizeof first);
    for (size_t i = 0; i < engine_assets_count (desk->engine); i++) {
        const engine_asset_t *asset = engine_asset_at (desk->engine, i);
        assert_ptr_equal (engine_asset_find (desk->engine, asset->id), asset);
    }
    desk_close ();
    engine_config_t config;
    engine_config_default (&config);
    config.seed = 4711;
    desk = desk_open (&config);
    assert_string_equal (engine_asset_find (desk->engine, "AAPL")->id, first);
}

static void the_quote_stands_a_cent_apart_and_less_below_a_dollar (void **state)
{
    desk_t *desk = *state;
    engine_quote_t quote;
    engine_asset_quote (desk->engine, engine_asset_find (desk->engine, "AAPL"), &quote);
    assert_e9 (quote.bid_e9, "250");
    assert_e9 (quote.ask_e9, "250.01");
    engine_asset_quote (desk->engine, engine_asset_find (desk->engine, "SNDL"), &quote);
    assert_e9 (quote.ask_e9 - quote.bid_e9, "0.0001");
}

static void control_sets_prices_within_bounds (void **state)
{
    desk_t *desk = *state;
    desk_price ("AAPL", "123.45");
    const engine_asset_t *asset = engine_asset_find (desk->engine, "AAPL");
    assert_e9 (asset->price_e9, "123.45");
    assert_e9 (asset->lastday_price_e9, "250");
    assert_int_equal (asset->trades, 2);
    assert_int_equal (engine_price_set (desk->engine, "NOPE", FIXED_ONE, desk->now_ns), -ERR_NOT_FOUND);
    assert_int_equal (engine_price_set (desk->engine, "AAPL", 0, desk->now_ns), -ERR_RANGE);
    assert_e9 (asset->price_e9, "123.45");
}

static void prices_walk_once_a_tick_in_cents_and_not_too_far (void **state)
{
    desk_t *desk = *state;
    const engine_asset_t *asset = engine_asset_find (desk->engine, "AAPL");
    desk_wait_ms (5000);
    assert_e9 (asset->price_e9, "250");
    engine_walk_set (desk->engine, 1000 * ENGINE_MS_NS, 1000, desk->now_ns);
    uint64_t changes = asset->trades;
    for (int i = 0; i < 200; i++) {
        int64_t before_e9 = asset->price_e9;
        desk_wait_ms (1000);
        int64_t step_e9 = asset->price_e9 - before_e9;
        assert_true (asset->price_e9 % (FIXED_ONE / 100) == 0);
        assert_true (step_e9 <= before_e9 / 1000 + FIXED_ONE / 100);
        assert_true (step_e9 >= -before_e9 / 1000 - FIXED_ONE / 100);
    }
    assert_true (asset->trades > changes + 150);
    engine_walk_set (desk->engine, 0, 0, desk->now_ns);
    desk_wait_ms (2000);
    int64_t last_e9 = asset->price_e9;
    desk_wait_ms (10000);
    assert_true (asset->price_e9 == last_e9);
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (there_is_one_asset_of_every_kind),
        story (asset_ids_are_unique_and_the_same_for_every_seed),
        story (the_quote_stands_a_cent_apart_and_less_below_a_dollar),
        story (control_sets_prices_within_bounds),
        story (prices_walk_once_a_tick_in_cents_and_not_too_far),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
