/*  listener_test.c: a listener's life: configuration, stream, account, acknowledgements, stop. */
#include "tests/unit/actors/listener/listener_story.h"

/*  t=0 start; t=0.5, 1.0 it asks again; the configuration comes: it asks no more */
static void asks_for_its_master_until_told (void **state)
{
    (void) state;
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_LISTENER_READY), 1);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_LISTENER_READY), 3);
    configure (1);
    cursor (0);
    core_test_forget (t);
    core_test_pass (t, 2 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_LISTENER_READY), 0);
}

/*  t=0 configured, no cursor: it asks again; t=3 it asks no more, and reads what the last 24 hours brought */
static void a_cursor_that_does_not_come_is_not_waited_for (void **state)
{
    (void) state;
    configure (1);
    answer_account (100000);
    core_test_forget (t);
    core_test_pass (t, 2900 * CORE_TEST_MS);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_LISTENER_READY), 5);
    assert_int_equal (core_test_calls (t, CALL_FILLS), 0);
    core_test_pass (t, 200 * CORE_TEST_MS);
    int64_t day_ns = 86400 * CORE_TEST_S;
    int64_t since_ns = core_test_call (t, CALL_FILLS, 0)->since_ns;
    assert_true (since_ns <= t->utc_ns - day_ns && since_ns > t->utc_ns - day_ns - CORE_TEST_S);
    core_test_forget (t);
    core_test_pass (t, 2 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_LISTENER_READY), 0);
}

static void a_configuration_opens_account_and_stream (void **state)
{
    (void) state;
    configure (1);
    assert_string_equal (core_test_find (t, EFFECT_OPEN_ACCOUNT, 0)->effect.account_id, "master");
    assert_int_equal (core_test_find (t, EFFECT_OPEN_ACCOUNT, 0)->effect.size, 8);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), 1);
    assert_int_equal (core_test_calls (t, CALL_ACCOUNT), 1);
    assert_int_equal (core_test_calls (t, CALL_OPEN_ORDERS), 1);
    cursor (CORE_TEST_UTC_NS);
    answer_account (1);
    assert_int_equal (core_test_call (t, CALL_FILLS, 0)->since_ns, CORE_TEST_UTC_NS - 300 * CORE_TEST_S);
    answer_fills (NULL, 0);
    assert_int_equal (core_test_calls (t, CALL_POSITIONS), 1);
    configure (1); /*  repeated: nothing new */
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), 1);
}

/*  t=0 running; t=1 `master set` with new keys: closed, opened, read again; what was asked with the old keys is void */
static void new_keys_reload_while_running (void **state)
{
    (void) state;
    up (0);
    configure (2);
    assert_int_equal (core_test_count (t, EFFECT_CLOSE_STREAM), 1);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_ACCOUNT), 1);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), 1);
    assert_int_equal (core_test_calls (t, CALL_ACCOUNT), 1);
    happens (update_of (UPDATE_FILL, "A", "e1", SIDE_BUY, 10, 10, 10));
    assert_int_equal (states_sent (), 0); /*  equity of the new account is not known */
    answer_account (50000);
    assert_int_equal (states_sent (), 1);
    assert_int_equal (state_sent (0)->master_equity_e9, 50000 * ONE);
}

/*  t=0 the master of account a1 holds 10; t=1 `master set` with the keys of account a2, which holds 3: nothing that a2
 *  did before is copied, and its executions are placed by its own positions */
static void another_account_begins_where_it_stands (void **state)
{
    (void) state;
    broker_answer_t account = {.kind = ANSWER_OK, .account_state = {.id = "a1", .equity_e9 = 1000 * ONE}};
    up (10);
    core_test_pass (t, 14 * CORE_TEST_S);
    answer (CALL_ACCOUNT, account);
    configure (2);
    int64_t set_ns = t->utc_ns;
    (void) strcpy (account.account_state.id, "a2");
    core_test_pass (t, CORE_TEST_S);
    answer (CALL_ACCOUNT, account);
    assert_int_equal (core_test_call (t, CALL_FILLS, -1)->since_ns, set_ns);
    listening ();
    answer_fills (NULL, 0);
    answer_positions ("AAPL", 3);
    answer_fills (NULL, 0);
    core_test_pass (t, CORE_TEST_S / 2);
    answer_fills (NULL, 0);
    trade_update_t sale = update_of (UPDATE_FILL, "Z", "z1", SIDE_SELL, 3, 3, 0);
    sale.has_position_qty = false;
    happens (sale);
    assert_true (state_sent (-1)->flat);
}

/*  t=0 the stream breaks, 20 times in a row: it reconnects for ever, pauses below 1, 2, 4 … 30 s, one alert */
static void reconnects_for_ever_with_growing_pauses (void **state)
{
    (void) state;
    up (0);
    int64_t most_ns = CORE_TEST_S;
    for (int i = 0; i < 20; i++) {
        (void) core_test_stream (t, i % 2 ? STREAM_REFUSED : STREAM_DOWN, "gone");
        size_t before = core_test_count (t, EFFECT_OPEN_STREAM);
        core_test_pass (t, most_ns + 1);
        assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), before + 1);
        most_ns = most_ns * 2 < 30 * CORE_TEST_S ? most_ns * 2 : 30 * CORE_TEST_S;
    }
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STREAM_DOWN), 1);
    (void) core_test_stream (t, STREAM_LISTENING, "");
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STREAM_UP), 1);
    assert_int_equal (
        core_test_get (t, NULL, MSG_STREAM_STATE, -1)->stream_state.state, STREAM_STATE_STATE_LISTENING);
}

static void a_late_down_does_not_reopen_a_new_connection (void **state)
{
    (void) state;
    up (0);
    configure (2);
    (void) core_test_stream (t, STREAM_DOWN, "closed by us");
    (void) core_test_stream (t, STREAM_CONNECTED, "");
    core_test_forget (t);
    core_test_pass (t, 2 * CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), 0);
}

static void bad_keys_are_told_once_and_tried_slowly (void **state)
{
    (void) state;
    configure (1);
    (void) core_test_stream (t, STREAM_BAD_KEYS, "unauthorized");
    core_test_pass (t, 29 * CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), 1);
    core_test_pass (t, 2 * CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), 2);
    (void) core_test_stream (t, STREAM_BAD_KEYS, "unauthorized");
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_BAD_KEYS), 1);
}

/*  t=0 two executions come before equity and positions are known: they wait, then leave in order */
static void executions_wait_for_equity_and_positions (void **state)
{
    (void) state;
    configure (1);
    cursor (0);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    happens (update_of (UPDATE_FILL, "B", "e2", SIDE_BUY, 6, 6, 10));
    answer_account (100000);
    core_test_pass (t, CORE_TEST_S / 2);
    answer_fills (NULL, 0);
    answer_positions ("AAPL", 10);
    assert_int_equal (states_sent (), 0);
    core_test_pass (t, CORE_TEST_S / 2);
    answer_fills (NULL, 0);
    assert_int_equal (states_sent (), 2);
    assert_string_equal (state_sent (0)->x, "A");
    assert_string_equal (state_sent (1)->x, "B");
}

/*  t=0 A and B execute and are acknowledged; then a dispatcher comes up that knows nothing: both again. Later one that knows
 *  what was closed until now: nothing. */
static void a_dispatcher_that_knows_nothing_is_told_again (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    happens (update_of (UPDATE_FILL, "B", "e2", SIDE_BUY, 6, 6, 10));
    acknowledge_as ("A", 4, true);
    acknowledge_as ("B", 6, true);
    core_test_forget (t);
    core_test_pass (t, 5 * CORE_TEST_S);
    assert_int_equal (states_sent (), 0);
    cursor (0);
    assert_int_equal (states_sent (), 2);
    assert_string_equal (state_sent (0)->x, "A");
    acknowledge_as ("A", 4, true);
    acknowledge_as ("B", 6, true);
    core_test_forget (t);
    core_test_pass (t, 600 * CORE_TEST_S);
    cursor (t->utc_ns);
    assert_int_equal (states_sent (), 0);
}

static void too_many_waiting_updates_raise_one_alert (void **state)
{
    (void) state;
    configure (1);
    char id[16];
    for (int i = 0; i < 20; i++) {
        (void) snprintf (id, sizeof id, "e%d", i);
        happens (update_of (UPDATE_PARTIAL_FILL, "A", id, SIDE_BUY, 1, i + 1, i + 1));
    }
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_OUT_OF_RANGE), 1);
}

/*  t=0 equity 100,000; t=15 s it is read again; a failure is tried again after 0.5 s */
static void equity_is_refreshed (void **state)
{
    (void) state;
    up (0);
    core_test_pass (t, 15 * CORE_TEST_S);
    assert_int_equal (core_test_calls (t, CALL_ACCOUNT), 1);
    answer (CALL_ACCOUNT, (broker_answer_t){.kind = ANSWER_UNKNOWN});
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (core_test_calls (t, CALL_ACCOUNT), 2);
    answer_account (90000);
    happens (update_of (UPDATE_FILL, "A", "e1", SIDE_BUY, 10, 10, 10));
    assert_int_equal (state_sent (0)->master_equity_e9, 90000 * ONE);
    core_test_pass (t, CORE_TEST_S); /*  after an execution settled */
    assert_int_equal (core_test_calls (t, CALL_ACCOUNT), 3);
}

/*  t=0 Q=4 sent; t=0.1 Q=10; t=1.1, 2.1 only the latest state again; the ack of 4 is not enough, that of 10 is */
static void states_are_repeated_until_acknowledged (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    core_test_pass (t, CORE_TEST_S / 10);
    happens (update_of (UPDATE_FILL, "A", "e2", SIDE_BUY, 6, 10, 10));
    core_test_forget (t);
    core_test_pass (t, 2 * CORE_TEST_S + CORE_TEST_S / 2);
    assert_int_equal (states_sent (), 2);
    assert_int_equal (state_sent (0)->qty_e9, 10 * ONE);
    acknowledge ("A", 4);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (states_sent (), 1);
    acknowledge ("A", 10); /*  closed, but not known to be at its end: that was not heard */
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (states_sent (), 2);
    acknowledge_as ("A", 10, true);
    core_test_forget (t);
    core_test_pass (t, 5 * CORE_TEST_S);
    assert_int_equal (states_sent (), 0);
}

static void stop_waits_for_acknowledgements (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_FILL, "A", "e1", SIDE_BUY, 10, 10, 10));
    (void) core_test_stop (t);
    assert_int_equal (core_test_count (t, EFFECT_CLOSE_STREAM), 1);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    acknowledge_as ("A", 10, true);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

static void stop_gives_up_after_five_seconds (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_FILL, "A", "e1", SIDE_BUY, 10, 10, 10));
    (void) core_test_stop (t);
    core_test_pass (t, 4900 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    core_test_pass (t, 200 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

static void foreign_messages_are_refused (void **state)
{
    (void) state;
    assert_int_equal (core_test_receive (t, "x", core_test_message (t, MSG_SHARD_BEAT)), -ERR_UNEXPECTED);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (asks_for_its_master_until_told),
        STORY (a_dispatcher_that_knows_nothing_is_told_again),
        STORY (a_cursor_that_does_not_come_is_not_waited_for), STORY (another_account_begins_where_it_stands),
        STORY (a_configuration_opens_account_and_stream), STORY (new_keys_reload_while_running),
        STORY (reconnects_for_ever_with_growing_pauses), STORY (a_late_down_does_not_reopen_a_new_connection),
        STORY (bad_keys_are_told_once_and_tried_slowly), STORY (executions_wait_for_equity_and_positions),
        STORY (too_many_waiting_updates_raise_one_alert), STORY (equity_is_refreshed),
        STORY (states_are_repeated_until_acknowledged), STORY (stop_waits_for_acknowledgements),
        STORY (stop_gives_up_after_five_seconds), STORY (foreign_messages_are_refused)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
