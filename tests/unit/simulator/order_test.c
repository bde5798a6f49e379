/*  order_test.c: an order from the desk to its end, and the ids it is known by. AAPL stands at 250, ask 250.01. */
#include "tests/unit/simulator/desk.h"

static void a_market_order_is_pending_then_new_then_filled (void **state)
{
    desk_t *desk = *state;
    /*  t=0 Ann buys 10 AAPL */
    assert_taken (desk_buy ("AAPL", "10"));
    assert_int_equal (desk->order->state.status, STATUS_PENDING_NEW);
    assert_string_equal (desk_story (UINT32_MAX), "");
    /*  t=1 ms the exchange has it */
    desk_wait_ms (1);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    assert_string_equal (desk_story (UINT32_MAX), "new");
    /*  t=8 ms nothing yet, t=9 ms filled */
    desk_wait_ms (7);
    assert_int_equal (desk->order->state.status, STATUS_NEW);
    desk_wait_ms (1);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
    assert_string_equal (desk_story (UINT32_MAX), "new fill");
    assert_e9 (desk->order->state.filled_qty_e9, "10");
    assert_e9 (desk->order->state.filled_avg_price_e9, "250.01");
    assert_true (desk->order->state.filled_at_ns == DESK_START_NS + 9 * ENGINE_MS_NS);
}

static void a_fill_event_carries_the_execution (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "10");
    const engine_event_t *fill = &desk->events[1];
    assert_true (fill->has_execution);
    assert_int_equal (strlen (fill->execution_id), 36);
    assert_e9 (fill->price_e9, "250.01");
    assert_e9 (fill->qty_e9, "10");
    assert_e9 (fill->position_qty_e9, "10");
    assert_int_equal (fill->order.state.status, STATUS_FILLED);
    assert_string_equal (fill->account_id, engine_account_id (desk->engine, desk->account));
    assert_int_equal (desk->events[0].order.state.status, STATUS_NEW);
    assert_false (desk->events[0].has_execution);
    assert_true (strcmp (desk->events[0].event_id, fill->event_id) < 0);
    assert_int_equal (strlen (fill->event_id), 26);
}

static int named (const char *client_order_id)
{
    return desk_send (
        (engine_submit_t){.symbol = "AAPL", .qty = "1", .side = "buy", .client_order_id = client_order_id});
}

static void a_client_order_id_is_taken_once (void **state)
{
    (void) state;
    assert_taken (named ("slot-1"));
    assert_refused (named ("slot-1"), 422, 40010001, "client_order_id must be unique");
    assert_taken (named ("slot-2"));
}

static void a_client_order_id_stays_taken_after_cancel_and_for_years (void **state)
{
    desk_t *desk = *state;
    assert_taken (named ("slot-1"));
    assert_int_equal (
        engine_order_cancel (desk->engine, desk->account, desk->order->id, 0, desk->now_ns, &desk->error), 0);
    assert_int_equal (desk->order->state.status, STATUS_CANCELED);
    desk_wait_ms (INT64_C (3) * 365 * 86400 * 1000);
    assert_refused (named ("slot-1"), 422, 40010001, "client_order_id must be unique");
}

static void a_refused_order_does_not_take_its_id (void **state)
{
    (void) state;
    engine_submit_t rich = {.symbol = "AAPL", .qty = "100000", .side = "buy", .client_order_id = "slot-1"};
    assert_int_equal (desk_send (rich), -ERR_BROKER);
    assert_taken (named ("slot-1"));
}

static void two_accounts_may_use_the_same_client_order_id (void **state)
{
    desk_t *desk = *state;
    assert_taken (named ("slot-1"));
    desk->account = desk_add_account ("BOB", 0);
    assert_taken (named ("slot-1"));
}

static void a_missing_client_order_id_becomes_a_uuid_and_128_bytes_are_the_most (void **state)
{
    desk_t *desk = *state;
    assert_taken (named (""));
    assert_int_equal (strlen (desk->order->client_order_id), 36);
    char longest[130];
    memset (longest, 'x', sizeof longest);
    longest[128] = '\0';
    assert_taken (named (longest));
    assert_string_equal (desk->order->client_order_id, longest);
    longest[128] = 'x';
    longest[129] = '\0';
    assert_refused (named (longest), 422, 40010001, "client_order_id must be no more than 128 characters");
}

static void an_order_is_found_by_either_id (void **state)
{
    desk_t *desk = *state;
    assert_taken (named ("slot-1"));
    const engine_order_t *found = NULL;
    char dashless[33];
    for (size_t i = 0, out = 0; out < 32; i++)
        if (desk->order->id[i] != '-')
            dashless[out++] = desk->order->id[i];
    dashless[32] = '\0';
    assert_int_equal (
        engine_order_get (desk->engine, desk->account, dashless, desk->now_ns, &found, &desk->error), 0);
    assert_ptr_equal (found, desk->order);
    found = NULL;
    assert_int_equal (
        engine_order_by_client_id (desk->engine, desk->account, "slot-1", desk->now_ns, &found, &desk->error),
        0);
    assert_ptr_equal (found, desk->order);
}

static void an_unknown_order_is_404_and_a_foreign_one_too (void **state)
{
    desk_t *desk = *state;
    assert_taken (named ("slot-1"));
    const char *id = desk->order->id;
    uint32_t bob = desk_add_account ("BOB", 0);
    const engine_order_t *found = NULL;
    assert_int_equal (
        engine_order_get (desk->engine, bob, id, desk->now_ns, &found, &desk->error), -ERR_BROKER);
    assert_int_equal (desk->error.http_status, 404);
    assert_int_equal (desk->error.code, 40410000);
    assert_refused (
        engine_order_by_client_id (desk->engine, bob, "slot-1", desk->now_ns, &found, &desk->error), 404,
        40410000, "order not found for slot-1");
    assert_refused (engine_order_get (desk->engine, bob, "17", desk->now_ns, &found, &desk->error), 422,
        40010001, "order_id is not a valid UUID");
}

static int cancel (const char *id)
{
    desk_t *desk = desk_open_one ();
    return engine_order_cancel (desk->engine, desk->account, id, 0, desk->now_ns, &desk->error);
}

static void cancelling_ends_an_open_order_once (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_limit ("AAPL", "buy", "1", "200"));
    desk_wait_ms (5);
    assert_taken (cancel (desk->order->id));
    assert_taken (cancel (desk->order->id));
    assert_string_equal (desk_story (UINT32_MAX), "new canceled");
    assert_true (desk->order->state.canceled_at_ns == desk->now_ns);
    /*  the price comes, nobody buys */
    desk_price ("AAPL", "150");
    desk_wait_ms (50);
    assert_e9 (desk->order->state.filled_qty_e9, "0");
}

static void a_filled_order_cannot_be_cancelled (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "1");
    assert_refused (cancel (desk->order->id), 422, 42210000, "order is already in \"filled\" state");
    assert_int_equal (cancel ("00000000-0000-4000-8000-000000000000"), -ERR_BROKER);
    assert_int_equal (desk->error.http_status, 404);
}

static void cancel_all_reports_what_was_open (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "1");
    assert_taken (desk_limit ("AAPL", "buy", "1", "200"));
    assert_taken (desk_limit ("MSFT", "buy", "1", "200"));
    engine_cancel_item_t items[4];
    assert_int_equal (engine_orders_cancel_all (desk->engine, desk->account, 0, desk->now_ns, items, 4), 2);
    assert_int_equal (items[0].status, 200);
    assert_string_equal (items[0].id, desk->order->id);
    assert_int_equal (engine_orders_cancel_all (desk->engine, desk->account, 0, desk->now_ns, items, 4), 0);
}

static void the_port_s_request_makes_the_same_order (void **state)
{
    desk_t *desk = *state;
    order_request_t request = {.client_order_id = "slot-9",
        .symbol = "MSFT",
        .side = SIDE_BUY,
        .type = TYPE_LIMIT,
        .tif = TIF_GTC,
        .qty_e9 = 3 * FIXED_ONE,
        .limit_price_e9 = 400 * FIXED_ONE};
    assert_taken (engine_order_submit_request (
        desk->engine, desk->account, &request, desk->now_ns, desk->now_ns, &desk->order, &desk->error));
    assert_string_equal (desk->order->client_order_id, "slot-9");
    assert_int_equal (desk->order->type, TYPE_LIMIT);
    assert_int_equal (desk->order->tif, TIF_GTC);
    assert_e9 (desk->order->qty_e9, "3");
    assert_e9 (desk->order->limit_price_e9, "400");
}

static void a_full_engine_refuses_loudly (void **state)
{
    (void) state;
    desk_close ();
    engine_config_t config;
    engine_config_default (&config);
    config.orders_max = 2;
    desk_open (&config);
    assert_taken (desk_buy ("AAPL", "1"));
    assert_taken (desk_buy ("AAPL", "1"));
    assert_refused (desk_buy ("AAPL", "1"), 500, 50010000, "the simulator is full: raise orders_max");
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (a_market_order_is_pending_then_new_then_filled),
        story (a_fill_event_carries_the_execution),
        story (a_client_order_id_is_taken_once),
        story (a_client_order_id_stays_taken_after_cancel_and_for_years),
        story (a_refused_order_does_not_take_its_id),
        story (two_accounts_may_use_the_same_client_order_id),
        story (a_missing_client_order_id_becomes_a_uuid_and_128_bytes_are_the_most),
        story (an_order_is_found_by_either_id),
        story (an_unknown_order_is_404_and_a_foreign_one_too),
        story (cancelling_ends_an_open_order_once),
        story (a_filled_order_cannot_be_cancelled),
        story (cancel_all_reports_what_was_open),
        story (the_port_s_request_makes_the_same_order),
        story (a_full_engine_refuses_loudly),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
