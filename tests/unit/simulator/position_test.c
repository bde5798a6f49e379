/*  position_test.c: positions, their profit, what is available of them, and closing. AAPL 250, ask 250.01. */
#include "tests/unit/simulator/desk.h"

static engine_position_t position_of (const char *symbol)
{
    desk_t *desk = desk_open_one ();
    engine_position_t position;
    assert_int_equal (
        engine_position_get (desk->engine, desk->account, symbol, desk->now_ns, &position, &desk->error), 0);
    return position;
}

static void two_buys_average_and_the_price_makes_profit (void **state)
{
    (void) state;
    desk_bought ("AAPL", "10");
    desk_price ("AAPL", "260");
    desk_bought ("AAPL", "10");
    desk_price ("AAPL", "265.01");
    engine_position_t position = position_of ("AAPL");
    assert_e9 (position.qty_e9, "20");
    assert_e9 (position.avg_entry_price_e9, "255.01");
    assert_e9 (position.cost_basis_e9, "5100.2");
    assert_e9 (position.market_value_e9, "5300.2");
    assert_e9 (position.unrealized_pl_e9, "200");
    assert_e9 (position.unrealized_plpc_e9, "0.039214148");
    assert_e9 (position.current_price_e9, "265.01");
    assert_e9 (position.lastday_price_e9, "250");
    assert_e9 (position.change_today_e9, "0.06004");
}

static void selling_a_part_keeps_the_average (void **state)
{
    (void) state;
    desk_bought ("AAPL", "10");
    desk_price ("AAPL", "300");
    desk_sold ("AAPL", "4");
    engine_position_t position = position_of ("AAPL");
    assert_e9 (position.qty_e9, "6");
    assert_e9 (position.avg_entry_price_e9, "250.01");
}

static void a_short_has_negative_numbers_and_gains_when_the_price_falls (void **state)
{
    (void) state;
    desk_sold ("AAPL", "4");
    desk_price ("AAPL", "240");
    engine_position_t position = position_of ("AAPL");
    assert_e9 (position.qty_e9, "-4");
    assert_e9 (position.cost_basis_e9, "-1000");
    assert_e9 (position.market_value_e9, "-960");
    assert_e9 (position.unrealized_pl_e9, "40");
    assert_e9 (desk_account ().short_market_value_e9, "-960");
    assert_e9 (desk_account ().equity_e9, "100040");
}

static void open_sells_make_shares_unavailable (void **state)
{
    (void) state;
    desk_bought ("AAPL", "10");
    assert_taken (desk_limit ("AAPL", "sell", "7", "300"));
    assert_e9 (position_of ("AAPL").qty_available_e9, "3");
    assert_e9 (position_of ("AAPL").qty_e9, "10");
}

static void without_a_position_there_is_404 (void **state)
{
    desk_t *desk = *state;
    engine_position_t position;
    assert_refused (
        engine_position_get (desk->engine, desk->account, "AAPL", desk->now_ns, &position, &desk->error), 404,
        40410000, "position does not exist");
    desk_bought ("AAPL", "1");
    desk_sold ("AAPL", "1");
    assert_refused (
        engine_position_get (desk->engine, desk->account, "AAPL", desk->now_ns, &position, &desk->error), 404,
        40410000, "position does not exist");
}

static void positions_are_found_by_asset_id_and_listed_by_symbol (void **state)
{
    desk_t *desk = *state;
    desk_bought ("MSFT", "1");
    desk_bought ("AAPL", "1");
    assert_taken (desk_send (
        (engine_submit_t){.symbol = "BTC/USD", .qty = "0.1", .side = "buy", .time_in_force = "gtc"}));
    desk_wait_ms (20);
    engine_position_t positions[8];
    assert_int_equal (engine_positions_list (desk->engine, desk->account, desk->now_ns, positions, 8), 3);
    assert_string_equal (positions[0].asset->symbol, "AAPL");
    assert_string_equal (positions[1].asset->position_symbol, "BTCUSD");
    assert_string_equal (positions[2].asset->symbol, "MSFT");
    assert_ptr_equal (position_of (positions[2].asset->id).asset, positions[2].asset);
}

static int close_position (const char *symbol, const char *qty, const char *percentage)
{
    desk_t *desk = desk_open_one ();
    return engine_position_close (desk->engine, desk->account, symbol, qty, percentage, desk->now_ns,
        desk->now_ns, &desk->order, &desk->error);
}

static void a_position_closes_by_quantity_percentage_or_whole (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "10");
    assert_taken (close_position ("AAPL", "4", NULL));
    desk_wait_ms (20);
    assert_e9 (position_of ("AAPL").qty_e9, "6");
    assert_taken (close_position ("AAPL", NULL, "25"));
    desk_wait_ms (20);
    assert_e9 (position_of ("AAPL").qty_e9, "4.5");
    assert_refused (
        close_position ("AAPL", "1", "25"), 422, 40010001, "only one of qty or percentage is accepted");
    assert_refused (
        close_position ("AAPL", NULL, "101"), 422, 40010001, "percentage must be between 0 and 100");
    assert_taken (close_position ("AAPL", NULL, NULL));
    assert_int_equal (desk->order->side, SIDE_SELL);
    desk_wait_ms (20);
    assert_refused (close_position ("AAPL", NULL, NULL), 404, 40410000, "position does not exist");
}

static void a_short_is_closed_by_buying (void **state)
{
    desk_t *desk = *state;
    desk_sold ("AAPL", "4");
    assert_taken (close_position ("AAPL", NULL, NULL));
    assert_int_equal (desk->order->side, SIDE_BUY);
    assert_int_equal (desk->order->intent, INTENT_BUY_TO_CLOSE);
    desk_wait_ms (20);
    assert_refused (close_position ("AAPL", NULL, NULL), 404, 40410000, "position does not exist");
}

static void close_all_answers_for_each_and_can_cancel_first (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "10");
    desk_bought ("MSFT", "10");
    assert_taken (desk_limit ("AAPL", "sell", "10", "300"));
    engine_close_item_t items[4];
    assert_int_equal (
        engine_positions_close_all (desk->engine, desk->account, false, desk->now_ns, desk->now_ns, items, 4),
        2);
    assert_string_equal (items[0].symbol, "AAPL");
    assert_int_equal (items[0].status, 403);
    assert_int_equal (items[0].error.code, 40310000);
    assert_null (items[0].order);
    assert_int_equal (items[1].status, 200);
    assert_string_equal (items[1].order->asset->symbol, "MSFT");
    desk_wait_ms (20);
    assert_int_equal (
        engine_positions_close_all (desk->engine, desk->account, true, desk->now_ns, desk->now_ns, items, 4),
        1);
    assert_int_equal (items[0].status, 200);
    desk_wait_ms (20);
    engine_position_t positions[4];
    assert_int_equal (engine_positions_list (desk->engine, desk->account, desk->now_ns, positions, 4), 0);
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (two_buys_average_and_the_price_makes_profit),
        story (selling_a_part_keeps_the_average),
        story (a_short_has_negative_numbers_and_gains_when_the_price_falls),
        story (open_sells_make_shares_unavailable),
        story (without_a_position_there_is_404),
        story (positions_are_found_by_asset_id_and_listed_by_symbol),
        story (a_position_closes_by_quantity_percentage_or_whole),
        story (a_short_is_closed_by_buying),
        story (close_all_answers_for_each_and_can_cancel_first),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
