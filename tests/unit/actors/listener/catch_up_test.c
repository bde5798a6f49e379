/*  catch_up_test.c: what the stream did not tell is found at the broker, once, in order, against the right positions. */
#include "tests/unit/actors/listener/model_broker.h"

/*  t=0 A buys 10 (4 and 6) and B sells 5; t=60 a listener starts that knows nothing but the cursor: every state again,
 *  in order, each against the position it met, all saying what the master holds now */
static void a_new_life_rebuilds_everything_from_the_history (void **state)
{
    (void) state;
    executes ("e1", "A", SIDE_BUY, 4, STATUS_PARTIALLY_FILLED);
    executes ("e2", "A", SIDE_BUY, 6, STATUS_FILLED);
    executes ("e3", "B", SIDE_SELL, 5, STATUS_FILLED);
    int64_t first_ns = b.fills[0].at_ns;
    core_test_pass (t, 60 * CORE_TEST_S);
    configure (1);
    cursor (first_ns);
    serve (30);
    assert_int_equal (core_test_call (t, CALL_FILLS, 0)->since_ns, first_ns - 300 * CORE_TEST_S);
    assert_int_equal (states_sent (), 0); /*  does the snapshot hold more than these? */
    serve (2000);
    assert_int_equal (states_sent (), 3);
    assert_int_equal (state_sent (0)->qty_e9, 4 * ONE);
    assert_int_equal (state_sent (0)->position_e9, 4 * ONE);
    assert_int_equal (state_sent (0)->current_e9, 5 * ONE);
    assert_false (state_sent (0)->final);
    assert_int_equal (state_sent (1)->qty_e9, 10 * ONE);
    assert_true (state_sent (1)->final);
    assert_string_equal (state_sent (2)->x, "B");
    assert_int_equal (state_sent (2)->remaining_e18, FRACTION_ONE / 2);
    assert_int_equal (state_sent (2)->current_e9, 5 * ONE);
}

/*  t=0 A fills 4; t=1 the stream breaks; A fills 6 and B sells 5 unseen; t=3 listening: both are found, once, in order,
 *  against the positions they met */
static void a_reconnect_brings_what_was_missed (void **state)
{
    (void) state;
    serving_up (0);
    happens (executes ("e1", "A", SIDE_BUY, 4, STATUS_PARTIALLY_FILLED));
    /*  whether an activity's id is the execution's is not documented */
    (void) strcpy (b.fills[0].id, "20260302093001123::other-0");
    serve (16000);
    size_t before = core_test_calls (t, CALL_FILLS);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    executes ("e2", "A", SIDE_BUY, 6, STATUS_FILLED);
    trade_update_t late = executes ("e3", "B", SIDE_SELL, 5, STATUS_FILLED);
    for (int i = 1; i < 3; i++)
        (void) snprintf (b.fills[i].id, sizeof b.fills[i].id, "20260302093001123::other-%d", i);
    listening ();
    assert_int_equal (
        core_test_call (t, CALL_FILLS, (int) before)->since_ns, b.fills[0].at_ns - 300 * CORE_TEST_S);
    serve (10000);
    assert_int_equal (states_sent (), 3);
    assert_int_equal (state_sent (1)->qty_e9, 10 * ONE);
    assert_true (state_sent (1)->final);
    assert_string_equal (state_sent (2)->x, "B");
    assert_int_equal (state_sent (2)->remaining_e18, FRACTION_ONE / 2);
    assert_int_equal (state_sent (2)->position_e9, 5 * ONE);
    happens (late); /*  the stream brings it after all */
    assert_int_equal (states_sent (), 3);
}

/*  t=0 short 10; the stream breaks; A buys 4 unseen; listening; CALL_FILLS fails; A buys 3 more, position -3: it shows
 *  that 4 are missing; t=8 MSFT does not wait longer for the first answer, A does; t=9 the broker answers: 4 of 10, then
 *  3 of 6 */
static void a_gap_makes_its_symbol_wait (void **state)
{
    (void) state;
    serving_up (0);
    happens (executes ("e0", "S", SIDE_SELL, 10, STATUS_FILLED));
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    executes ("e1", "A", SIDE_BUY, 4, STATUS_PARTIALLY_FILLED);
    b.failing = true;
    listening ();
    serve (100);
    happens (executes ("e2", "A", SIDE_BUY, 3, STATUS_FILLED));
    trade_update_t other = update_of (UPDATE_FILL, "M", "m1", SIDE_BUY, 1, 1, 1);
    (void) strcpy (other.order.symbol, "MSFT");
    happens (other);
    serve (7000);
    assert_int_equal (states_sent (), 1);
    serve (1500);
    assert_int_equal (states_sent (), 2);
    assert_string_equal (state_sent (1)->symbol, "MSFT");
    b.failing = false;
    serve (8000);
    assert_int_equal (states_sent (), 4);
    assert_int_equal (state_sent (2)->remaining_e18, FRACTION_ONE / 10 * 6);
    assert_int_equal (state_sent (2)->current_e9, -3 * ONE);
    assert_int_equal (state_sent (3)->remaining_e18, FRACTION_ONE / 10 * 3);
    assert_int_equal (state_sent (3)->position_e9, -3 * ONE);
}

/*  t=0 sell 65 and buy 65 are lost with the stream, which is back at once; the position shows nothing; t=8 a sale of 19 goes
 *  out; t=9 the broker answers: each of the two against the position it met, not against what is there now */
static void what_cancels_out_is_placed_where_it_was (void **state)
{
    (void) state;
    serving_up (0);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    executes ("e1", "A", SIDE_SELL, 65, STATUS_FILLED);
    core_test_pass (t, CORE_TEST_MS);
    executes ("e2", "B", SIDE_BUY, 65, STATUS_FILLED);
    core_test_pass (t, CORE_TEST_MS);
    b.failing = true;
    listening ();
    happens (executes ("e3", "C", SIDE_SELL, 19, STATUS_FILLED));
    serve (8500);
    assert_int_equal (states_sent (), 1);
    b.failing = false;
    serve (8000);
    assert_int_equal (states_sent (), 3);
    assert_string_equal (state_sent (1)->x, "A");
    assert_int_equal (state_sent (1)->opened_e9, 65 * ONE);
    assert_string_equal (state_sent (2)->x, "B");
    assert_int_equal (state_sent (2)->closed_e9, 65 * ONE);
    assert_true (state_sent (2)->flat);
    assert_int_equal (state_sent (2)->current_e9, -19 * ONE);
}

/*  t=0 an update that does not follow, and a broker that cannot say; t=10 it goes as it is, one alert; t=20 what was
 *  missing is found at last: it counts, at its own place, and moves nothing */
static void a_gap_is_not_waited_for_for_ever (void **state)
{
    (void) state;
    serving_up (0);
    b.failing = true;
    (void) executes ("e1", "Z", SIDE_BUY, 4, STATUS_FILLED);
    core_test_pass (t, CORE_TEST_MS);
    happens (executes ("e2", "A", SIDE_BUY, 3, STATUS_FILLED));
    serve (9900);
    assert_int_equal (states_sent (), 0);
    serve (200);
    assert_int_equal (states_sent (), 1);
    assert_int_equal (state_sent (0)->position_e9, 7 * ONE);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
    b.failing = false;
    acknowledge ("A", 3);
    serve (20000);
    assert_string_equal (state_sent (-1)->x, "Z");
    assert_int_equal (state_sent (-1)->position_e9, 4 * ONE);
    assert_int_equal (state_sent (-1)->current_e9, 7 * ONE);
}

/*  t=0 a new life; the snapshot holds B's sale of 5 already, its activity comes 200 ms later: A was bought from 0 */
static void a_snapshot_may_be_ahead_of_the_activities (void **state)
{
    (void) state;
    executes ("e1", "A", SIDE_BUY, 10, STATUS_FILLED);
    core_test_pass (t, CORE_TEST_S);
    executes ("e2", "B", SIDE_SELL, 5, STATUS_FILLED);
    b.shown_at_ns[1] = t->now_ns + 200 * CORE_TEST_MS;
    configure (1);
    cursor (b.fills[0].at_ns);
    serve (3000);
    assert_int_equal (states_sent (), 2);
    assert_int_equal (state_sent (0)->position_e9, 10 * ONE);
    assert_int_equal (state_sent (1)->remaining_e18, FRACTION_ONE / 2);
}

/*  t=0 the stream breaks; B sells what A bought 50 ms before, and the list shows B first: B waits until A is there */
static void a_list_may_show_the_younger_first (void **state)
{
    (void) state;
    serving_up (0);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    executes ("e1", "A", SIDE_BUY, 10, STATUS_FILLED);
    b.shown_at_ns[0] = INT64_MAX;
    core_test_pass (t, 50 * CORE_TEST_MS);
    executes ("e2", "B", SIDE_SELL, 10, STATUS_FILLED);
    while (!b.younger_first)
        serve (10);
    b.shown_at_ns[0] = t->now_ns + 100 * CORE_TEST_MS;
    serve (5000);
    assert_string_equal (state_sent (0)->x, "A");
    assert_int_equal (state_sent (0)->opened_e9, 10 * ONE);
    assert_string_equal (state_sent (1)->x, "B");
    assert_true (state_sent (1)->flat);
}

/*  The broker sends e2 before e1: position_qty tells, e2 waits for e1. */
static void events_of_a_symbol_may_come_in_another_order (void **state)
{
    (void) state;
    up (10);
    trade_update_t first = update_of (UPDATE_FILL, "A", "e1", SIDE_SELL, 5, 5, 5);
    core_test_pass (t, CORE_TEST_MS);
    happens (update_of (UPDATE_FILL, "B", "e2", SIDE_BUY, 1, 1, 6));
    assert_int_equal (states_sent (), 0);
    happens (first);
    assert_int_equal (states_sent (), 2);
    assert_string_equal (state_sent (0)->x, "A");
    assert_int_equal (state_sent (0)->remaining_e18, FRACTION_ONE / 2);
    assert_string_equal (state_sent (1)->x, "B");
}

/*  Order A filled 4 three days ago, before the window, and is open; now it fills 6: Q is 10, not 6. */
static void what_was_filled_before_the_window_is_in_q (void **state)
{
    (void) state;
    order_t *old = order_of ("A", SIDE_BUY);
    old->filled_qty_e9 = 4 * ONE;
    old->status = STATUS_PARTIALLY_FILLED;
    old->updated_at_ns = t->utc_ns - 3 * 86400 * CORE_TEST_S;
    serving_up (4);
    happens (executes ("e2", "A", SIDE_BUY, 6, STATUS_FILLED));
    assert_int_equal (state_sent (0)->qty_e9, 10 * ONE);
    assert_int_equal (state_sent (0)->opened_e9, 10 * ONE);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 0);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4)); /*  late: counted already */
    assert_int_equal (states_sent (), 1);
}

/*  t=0 A fills 4 of 10; the stream breaks; A is cancelled unseen: it is in no list of open orders, by id it is ended */
static void an_order_that_ended_unseen_is_settled (void **state)
{
    (void) state;
    serving_up (0);
    happens (executes ("e1", "A", SIDE_BUY, 4, STATUS_PARTIALLY_FILLED));
    acknowledge ("A", 4);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    order_of ("A", SIDE_BUY)->status = STATUS_CANCELED;
    listening ();
    serve (10000);
    assert_int_equal (states_sent (), 2);
    assert_true (state_sent (1)->final);
    assert_string_equal (state_sent (1)->status, "canceled");
    assert_int_equal (state_sent (1)->qty_e9, 4 * ONE);
}

/*  t=0 A fills 4 of 10, the stream breaks, the GTC order fills 6; by id it says 10; its activity shows up 2 s later:
 *  they are asked again and again until then, and nothing is final before */
static void an_order_that_filled_more_than_was_found_is_looked_for (void **state)
{
    (void) state;
    serving_up (0);
    happens (executes ("e1", "A", SIDE_BUY, 4, STATUS_PARTIALLY_FILLED));
    acknowledge ("A", 4);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    executes ("e2", "A", SIDE_BUY, 6, STATUS_FILLED);
    b.shown_at_ns[1] = t->now_ns + 2 * CORE_TEST_S;
    listening ();
    serve (1900);
    assert_int_equal (states_sent (), 1);
    serve (5000);
    assert_int_equal (state_sent (1)->qty_e9, 10 * ONE);
    assert_true (state_sent (1)->final);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, model_setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_new_life_rebuilds_everything_from_the_history),
        STORY (a_reconnect_brings_what_was_missed), STORY (a_gap_makes_its_symbol_wait),
        STORY (what_cancels_out_is_placed_where_it_was), STORY (a_gap_is_not_waited_for_for_ever),
        STORY (a_snapshot_may_be_ahead_of_the_activities), STORY (a_list_may_show_the_younger_first),
        STORY (events_of_a_symbol_may_come_in_another_order),
        STORY (what_was_filled_before_the_window_is_in_q), STORY (an_order_that_ended_unseen_is_settled),
        STORY (an_order_that_filled_more_than_was_found_is_looked_for)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
