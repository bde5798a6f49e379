/*  matching_test.c: how orders meet the market. AAPL stands at 250 (bid 250, ask 250.01). */
#include "tests/unit/simulator/desk.h"

static void a_market_order_sells_at_the_bid_of_the_moment_it_fills (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "1");
    assert_taken (desk_sell ("AAPL", "1"));
    desk_wait_ms (5);
    desk_price ("AAPL", "251");
    desk_wait_ms (4);
    assert_e9 (desk->order->state.filled_avg_price_e9, "251");
}

static void a_marketable_limit_fills_at_the_better_price (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_limit ("AAPL", "buy", "1", "255"));
    desk_wait_ms (9);
    assert_e9 (desk->order->state.filled_avg_price_e9, "250.01");
}

static void a_limit_waits_for_its_price (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_limit ("AAPL", "buy", "1", "240"));
    desk_wait_ms (1000);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    /*  bid 240, ask 240.01: not yet */
    desk_price ("AAPL", "240");
    desk_wait_ms (1000);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    desk_price ("AAPL", "239.99");
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
    assert_e9 (desk->order->state.filled_avg_price_e9, "240");
}

static void a_limit_whose_price_went_away_in_between_rests_again (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_limit ("AAPL", "buy", "1", "240"));
    desk_wait_ms (100);
    desk_price ("AAPL", "230");
    desk_wait_ms (5);
    desk_price ("AAPL", "260");
    desk_wait_ms (100);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    desk_price ("AAPL", "235");
    desk_wait_ms (9);
    assert_e9 (desk->order->state.filled_avg_price_e9, "235.01");
}

static void a_stop_becomes_a_market_order (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "1");
    assert_taken (desk_send ((engine_submit_t){
        .symbol = "AAPL", .qty = "1", .side = "sell", .type = "stop", .stop_price = "245"}));
    desk_wait_ms (100);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    desk_price ("AAPL", "244");
    desk_wait_ms (9);
    assert_e9 (desk->order->state.filled_avg_price_e9, "244");
}

static void a_stop_limit_stays_triggered_and_waits_for_its_limit (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_send ((engine_submit_t){.symbol = "AAPL",
        .qty = "1",
        .side = "buy",
        .type = "stop_limit",
        .stop_price = "255",
        .limit_price = "256"}));
    desk_wait_ms (50);
    desk_price ("AAPL", "258");
    desk_wait_ms (50);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    desk_price ("AAPL", "254");
    desk_wait_ms (9);
    assert_e9 (desk->order->state.filled_avg_price_e9, "254.01");
}

static int with_tif (const char *tif, const char *limit)
{
    return desk_send ((engine_submit_t){.symbol = "AAPL",
        .qty = "10",
        .side = "buy",
        .type = "limit",
        .time_in_force = tif,
        .limit_price = limit});
}

static void ioc_and_fok_end_at_once_when_unmet (void **state)
{
    desk_t *desk = *state;
    assert_taken (with_tif ("ioc", "240"));
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_CANCELED);
    assert_taken (with_tif ("fok", "240"));
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_CANCELED);
    assert_taken (with_tif ("fok", "250.01"));
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
}

static void a_partly_filled_ioc_gives_up_its_rest_and_a_fok_never_fills_partly (void **state)
{
    desk_t *desk = *state;
    engine_account_partial_fill (desk->engine, desk->account, 1000000);
    assert_taken (with_tif ("ioc", "260"));
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_CANCELED);
    assert_true (desk->order->state.filled_qty_e9 > 0);
    assert_true (desk->order->state.filled_qty_e9 < 10 * FIXED_ONE);
    assert_taken (with_tif ("fok", "260"));
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
}

static void a_notional_order_buys_what_the_money_buys (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_send ((engine_submit_t){.symbol = "AAPL", .notional = "1000", .side = "buy"}));
    assert_e9 (desk->order->qty_e9, "0"); /*  null */
    assert_e9 (desk->order->notional_e9, "1000");
    desk_wait_ms (9);
    assert_e9 (desk->order->state.filled_qty_e9, "3.999840006"); /*  1000 / 250.01, cut */
    /*  it costs 999.99999990006; what is paid rounds up */
    assert_e9 (desk_account ().cash_e9, "99000.000000099");
}

static void orders_of_one_instant_fill_in_their_order (void **state)
{
    desk_t *desk = *state;
    for (int i = 0; i < 20; i++)
        assert_taken (desk_buy ("F", "1"));
    desk_wait_ms (9);
    assert_int_equal (engine_executions_count (desk->engine), 20);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal (engine_execution_at (desk->engine, i)->order->number, i + 1);
}

static void partial_fills_by_chance_add_up (void **state)
{
    desk_t *desk = *state;
    engine_account_partial_fill (desk->engine, desk->account, 1000000);
    assert_taken (desk_buy ("AAPL", "100"));
    desk_wait_ms (2000);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
    int64_t sum_e9 = 0;
    assert_true (desk->events_count > 2);
    for (size_t i = 1; i < desk->events_count; i++) {
        const engine_event_t *event = &desk->events[i];
        sum_e9 += event->qty_e9;
        assert_true (event->qty_e9 % FIXED_ONE == 0);
        assert_true (event->order.state.filled_qty_e9 == sum_e9);
        assert_true (event->position_qty_e9 == sum_e9);
        bool last = i == desk->events_count - 1;
        assert_int_equal (event->update, last ? UPDATE_FILL : UPDATE_PARTIAL_FILL);
    }
    assert_e9 (sum_e9, "100");
}

static void a_script_fills_in_exactly_its_parts (void **state)
{
    desk_t *desk = *state;
    engine_script_t script = {.count = 3,
        .qty_e9 = {3 * FIXED_ONE, 2 * FIXED_ONE, 0},
        .delay_ns = {10 * ENGINE_MS_NS, 100 * ENGINE_MS_NS, 1000 * ENGINE_MS_NS}};
    engine_fault_script (desk->engine, desk->account, &script);
    assert_taken (desk_buy ("AAPL", "10"));
    desk_wait_ms (9);
    assert_string_equal (desk_story (UINT32_MAX), "new");
    desk_wait_ms (1);
    assert_e9 (desk->order->state.filled_qty_e9, "3");
    desk_price ("AAPL", "260");
    desk_wait_ms (100);
    assert_e9 (desk->order->state.filled_qty_e9, "5");
    assert_e9 (desk->order->state.filled_avg_price_e9, "254.01"); /*  (3 x 250.01 + 2 x 260.01) / 5 */
    desk_wait_ms (1000);
    assert_string_equal (desk_story (UINT32_MAX), "new partial_fill partial_fill fill");
    assert_e9 (desk->events[2].position_qty_e9, "5");
    assert_e9 (desk->events[2].qty_e9, "2");
    assert_e9 (desk->events[3].qty_e9, "5");
    /*  the next order is its own */
    desk_bought ("AAPL", "1");
}

static void a_script_without_enough_parts_leaves_the_rest_open (void **state)
{
    desk_t *desk = *state;
    engine_script_t script = {.count = 1, .qty_e9 = {4 * FIXED_ONE}, .delay_ns = {0}};
    engine_fault_script (desk->engine, desk->account, &script);
    assert_taken (desk_buy ("AAPL", "10"));
    desk_wait_ms (60000);
    assert_int_equal (desk->order->state.status, STATUS_PARTIALLY_FILLED);
    assert_int_equal (
        engine_order_cancel (desk->engine, desk->account, desk->order->id, 0, desk->now_ns, &desk->error), 0);
    assert_string_equal (desk_story (UINT32_MAX), "new partial_fill canceled");
    assert_e9 (desk->order->state.filled_qty_e9, "4");
}

static void the_next_order_can_be_refused_or_end_rejected (void **state)
{
    desk_t *desk = *state;
    engine_fault_reject (desk->engine, desk->account, 403, 40310000, "not today");
    assert_refused (desk_buy ("AAPL", "1"), 403, 40310000, "not today");
    engine_fault_reject (desk->engine, desk->account, 200, 0, "later");
    assert_taken (desk_buy ("AAPL", "1"));
    desk_wait_ms (20);
    assert_int_equal (desk->order->state.status, STATUS_REJECTED);
    assert_true (desk->order->state.failed_at_ns > 0);
    assert_string_equal (desk_story (UINT32_MAX), "rejected");
    desk_bought ("AAPL", "1");
}

static void calendar_desk (int64_t start_ns)
{
    engine_config_t config;
    engine_config_default (&config);
    config.session = ENGINE_SESSION_CALENDAR;
    desk_close ();
    desk_t *desk = desk_open (&config);
    desk->now_ns = start_ns;
    engine_advance (desk->engine, start_ns);
}

static void while_closed_an_order_is_accepted_and_fills_after_the_open (void **state)
{
    desk_t *desk = *state;
    /*  Monday 20:00 in New York */
    calendar_desk (DESK_START_NS + 10 * 3600 * ENGINE_SECOND_NS);
    assert_taken (desk_buy ("AAPL", "1"));
    assert_int_equal (desk->order->state.status, STATUS_ACCEPTED);
    assert_string_equal (desk_story (UINT32_MAX), "accepted");
    assert_true (desk->order->expires_at_ns == DESK_START_NS + 30 * 3600 * ENGINE_SECOND_NS);
    /*  Tuesday 09:29:59, then 09:30 */
    desk_wait_ms ((13 * 3600 + 1799) * 1000);
    assert_int_equal (desk->order->state.status, STATUS_ACCEPTED);
    desk_wait_ms (1010);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
    assert_string_equal (desk_story (UINT32_MAX), "accepted new fill");
}

static void day_orders_expire_at_the_close_and_gtc_stays (void **state)
{
    desk_t *desk = *state;
    calendar_desk (DESK_START_NS);
    assert_taken (desk_limit ("AAPL", "buy", "1", "100"));
    const engine_order_t *day = desk->order;
    assert_taken (desk_send ((engine_submit_t){.symbol = "AAPL",
        .qty = "1",
        .side = "buy",
        .type = "limit",
        .time_in_force = "gtc",
        .limit_price = "100"}));
    /*  15:59:59, then 16:00 */
    desk_wait_ms ((6 * 3600 - 1) * 1000);
    assert_int_equal (day->state.status, STATUS_NEW);
    desk_wait_ms (1000);
    assert_int_equal (day->state.status, STATUS_EXPIRED);
    assert_true (day->state.expired_at_ns == desk->now_ns);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    assert_string_equal (desk_story (UINT32_MAX), "new new expired");
}

static void crypto_trades_at_night (void **state)
{
    desk_t *desk = *state;
    calendar_desk (DESK_START_NS + 10 * 3600 * ENGINE_SECOND_NS);
    assert_taken (desk_send (
        (engine_submit_t){.symbol = "BTC/USD", .qty = "0.1", .side = "buy", .time_in_force = "gtc"}));
    desk_wait_ms (9);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (a_market_order_sells_at_the_bid_of_the_moment_it_fills),
        story (a_marketable_limit_fills_at_the_better_price),
        story (a_limit_waits_for_its_price),
        story (a_limit_whose_price_went_away_in_between_rests_again),
        story (a_stop_becomes_a_market_order),
        story (a_stop_limit_stays_triggered_and_waits_for_its_limit),
        story (ioc_and_fok_end_at_once_when_unmet),
        story (a_partly_filled_ioc_gives_up_its_rest_and_a_fok_never_fills_partly),
        story (a_notional_order_buys_what_the_money_buys),
        story (orders_of_one_instant_fill_in_their_order),
        story (partial_fills_by_chance_add_up),
        story (a_script_fills_in_exactly_its_parts),
        story (a_script_without_enough_parts_leaves_the_rest_open),
        story (the_next_order_can_be_refused_or_end_rejected),
        story (while_closed_an_order_is_accepted_and_fills_after_the_open),
        story (day_orders_expire_at_the_close_and_gtc_stays),
        story (crypto_trades_at_night),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
