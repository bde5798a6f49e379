/*  history_test.c: events to the sink and the replay, the checker's record, and that a seed replays exactly. */
#include "tests/unit/simulator/desk.h"

#include <stdio.h>

static void events_can_be_doubled_and_dropped (void **state)
{
    desk_t *desk = *state;
    engine_fault_events (desk->engine, desk->account, 2, 0);
    desk_bought ("AAPL", "1");
    assert_string_equal (desk_story (UINT32_MAX), "new new fill fill");
    assert_string_equal (desk->events[2].execution_id, desk->events[3].execution_id);
    assert_string_equal (desk->events[2].event_id, desk->events[3].event_id);
    desk->events_count = 0;
    engine_fault_events (desk->engine, desk->account, 0, 1);
    desk_bought ("AAPL", "1");
    assert_string_equal (desk_story (UINT32_MAX), "fill");
}

static void lagged_events_of_an_account_keep_their_order (void **state)
{
    desk_t *desk = *state;
    engine_fault_list_lag (desk->engine, 150 * ENGINE_MS_NS, 250 * ENGINE_MS_NS);
    for (int i = 0; i < 40; i++) {
        assert_taken (desk_buy ("F", "1"));
        desk_wait_ms (10);
    }
    desk_wait_ms (300);
    assert_int_equal (desk->events_count, 80);
    for (size_t i = 1; i < 80; i++) {
        assert_true (desk->events[i].timestamp_ns >= desk->events[i - 1].timestamp_ns);
        assert_true (desk->events[i].at_ns >= desk->events[i - 1].at_ns);
        assert_true (strcmp (desk->events[i].event_id, desk->events[i - 1].event_id) > 0);
    }
}

static size_t replayed;
static engine_event_t last_replayed;

static void on_replay (void *context, const engine_event_t *event)
{
    assert_null (context);
    replayed++;
    last_replayed = *event;
}

static size_t replay (uint32_t account, engine_replay_t range)
{
    replayed = 0;
    size_t count = engine_events_replay (desk_open_one ()->engine, account, &range, on_replay, NULL);
    assert_int_equal (count, replayed);
    return count;
}

static void the_replay_shows_the_orders_as_they_were (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "1");
    desk_wait_ms (1000);
    desk_bought ("AAPL", "2");
    assert_int_equal (replay (desk->account, (engine_replay_t){0}), 4);
    assert_int_equal (last_replayed.update, UPDATE_FILL);
    assert_e9 (last_replayed.position_qty_e9, "3");
    /*  an old `new` shows a new order, although it is filled by now */
    assert_int_equal (replay (desk->account, (engine_replay_t){.until_id = desk->events[0].event_id}), 1);
    assert_int_equal (last_replayed.order.state.status, STATUS_NEW);
    assert_e9 (last_replayed.order.state.filled_qty_e9, "0");
    assert_string_equal (last_replayed.event_id, desk->events[0].event_id);
    assert_int_equal (replay (desk->account, (engine_replay_t){.since_id = desk->events[1].event_id}), 3);
    assert_int_equal (replay (desk->account, (engine_replay_t){.since_ns = desk->events[1].at_ns + 1}), 2);
    assert_int_equal (replay (desk->account, (engine_replay_t){.until_ns = desk->events[1].at_ns}), 2);
    assert_int_equal (replay (desk_add_account ("BOB", 0), (engine_replay_t){0}), 0);
}

static void the_replay_forgets_the_oldest (void **state)
{
    (void) state;
    desk_close ();
    engine_config_t config;
    engine_config_default (&config);
    config.events_per_account_max = 3;
    desk_t *desk = desk_open (&config);
    for (int i = 0; i < 5; i++)
        desk_bought ("F", "1");
    assert_int_equal (replay (desk->account, (engine_replay_t){0}), 3);
    assert_string_equal (last_replayed.event_id, desk->events[9].event_id);
    assert_int_equal (replay (desk->account, (engine_replay_t){.since_id = desk->events[8].event_id}), 2);
}

static void every_arrival_is_recorded_taken_or_refused (void **state)
{
    desk_t *desk = *state;
    engine_submit_t submit = {.symbol = "AAPL",
        .qty = "1",
        .side = "buy",
        .type = "limit",
        .limit_price = "200",
        .client_order_id = "a"};
    submit.time_in_force = "day";
    for (int i = 0; i < 2; i++)
        (void) engine_order_submit (desk->engine, desk->account, &submit, desk->now_ns - 500, desk->now_ns,
            &desk->order, &desk->error);
    const engine_order_t *order = engine_order_at (desk->engine, 0);
    assert_int_equal (
        engine_order_cancel (desk->engine, desk->account, order->id, 0, desk->now_ns, &desk->error), 0);
    assert_int_equal (engine_orders_count (desk->engine), 1);
    assert_int_equal (engine_arrivals_count (desk->engine), 3);
    const engine_arrival_t *taken = engine_arrival_at (desk->engine, 0);
    const engine_arrival_t *refused = engine_arrival_at (desk->engine, 1);
    const engine_arrival_t *canceled = engine_arrival_at (desk->engine, 2);
    assert_ptr_equal (taken->order, order);
    assert_int_equal (taken->http_status, 200);
    assert_true (taken->arrived_at_ns == desk->now_ns - 500);
    assert_true (order->arrived_at_ns == desk->now_ns - 500);
    assert_null (refused->order);
    assert_int_equal (refused->http_status, 422);
    assert_int_equal (refused->code, 40010001);
    assert_string_equal (refused->client_order_id, "a");
    assert_string_equal (refused->symbol, "AAPL");
    assert_string_equal (refused->qty, "1");
    assert_int_equal (canceled->kind, ENGINE_ARRIVAL_CANCEL);
    assert_int_equal (canceled->http_status, 204);
    assert_ptr_equal (canceled->order, order);
}

static void every_execution_is_recorded (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "1");
    desk->account = desk_add_account ("BOB", 0);
    desk_bought ("MSFT", "2");
    assert_int_equal (engine_executions_count (desk->engine), 2);
    assert_ptr_equal (engine_execution_at (desk->engine, 1)->order, desk->order);
    assert_int_equal (engine_execution_at (desk->engine, 1)->order->account, desk->account);
}

/*  A busy hour of 20 accounts with walking prices, partial fills and lag. */
static uint64_t trace_of (uint64_t seed)
{
    engine_config_t config;
    engine_config_default (&config);
    config.seed = seed;
    config.tick_ns = ENGINE_SECOND_NS;
    config.partial_fill_ppm = 300000;
    config.list_lag_min_ns = 150 * ENGINE_MS_NS;
    config.list_lag_max_ns = 250 * ENGINE_MS_NS;
    desk_t *desk = desk_open (&config);
    engine_on_event (desk->engine, NULL, NULL);
    for (uint32_t i = 1; i < 20; i++) {
        char key_id[8];
        snprintf (key_id, sizeof key_id, "K%u", i);
        (void) desk_add_account (key_id, 0);
    }
    for (uint32_t i = 0; i < 400; i++) {
        desk->account = i % 20;
        (void) desk_send ((engine_submit_t){.symbol = i % 3 ? "AAPL" : "F",
            .qty = "17",
            .side = i % 7 == 6 ? "sell" : "buy",
            .type = i % 5 ? "market" : "limit",
            .limit_price = i % 5 ? NULL : "249.50"});
        desk_wait_ms (1000 + i);
    }
    uint64_t hash = engine_trace_hash (desk->engine);
    assert_true (engine_executions_count (desk->engine) > 300);
    desk_close ();
    return hash;
}

static void the_same_seed_gives_the_same_trace_and_another_gives_another (void **state)
{
    (void) state;
    uint64_t first = trace_of (7);
    assert_true (first == trace_of (7));
    assert_true (first != trace_of (8));
}

static void time_never_runs_backwards_and_next_due_is_known (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_buy ("AAPL", "1"));
    assert_true (engine_next_due (desk->engine) == desk->now_ns + 1 * ENGINE_MS_NS);
    desk_wait_ms (1);
    assert_true (engine_next_due (desk->engine) == DESK_START_NS + 9 * ENGINE_MS_NS);
    desk_wait_ms (50);
    engine_advance (desk->engine, DESK_START_NS);
    assert_true (engine_now (desk->engine) == desk->now_ns);
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (events_can_be_doubled_and_dropped),
        story (lagged_events_of_an_account_keep_their_order),
        story (the_replay_shows_the_orders_as_they_were),
        story (the_replay_forgets_the_oldest),
        story (every_arrival_is_recorded_taken_or_refused),
        story (every_execution_is_recorded),
        cmocka_unit_test (the_same_seed_gives_the_same_trace_and_another_gives_another),
        story (time_never_runs_backwards_and_next_due_is_known),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
