/*  polling_test.c: while the stream is away or mute its executions come from the broker's lists, within the budget. */
#include "tests/unit/actors/listener/model_broker.h"

static const char *log_text (const char *name, int nth)
{
    int found = 0;
    for (int i = 0; i < (int) core_test_messages (t, NULL, MSG_LOG_LINE); i++) {
        const log_line_t *line = &core_test_get (t, NULL, MSG_LOG_LINE, i)->log_line;
        if (strcmp (line->name, name) == 0 && found++ == nth)
            return line->text;
    }
    return NULL;
}

/*  Calls of the last minute. */
static size_t calls_since (int64_t from_ns)
{
    size_t calls = 0;
    for (size_t i = 0; i < t->count; i++)
        calls += t->history[i].effect.kind == EFFECT_CALL && t->history[i].at_ns > from_ns;
    return calls;
}

/*  t=0 the stream breaks; t=0..90 every handshake is answered 429; the master trades every 7 s: each execution is copied
 *  within 3 s, once, the log says how late; t=90 it listens, and what it brings from then on is copied at once */
static void a_refused_stream_is_replaced_by_polling (void **state)
{
    (void) state;
    serving_up (0);
    serve (12000);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    trade_update_t last = {0};
    int64_t begin_ns = t->now_ns;
    for (int i = 0; i < 12; i++) {
        char x[16], e[16];
        (void) snprintf (x, sizeof x, "X%d", i);
        (void) snprintf (e, sizeof e, "e%d", i);
        last = executes (e, x, i % 2 ? SIDE_SELL : SIDE_BUY, 10, STATUS_FILLED);
        b.shown_at_ns[i] = t->now_ns + 200 * CORE_TEST_MS;
        serve (3000);
        assert_int_equal (states_sent (), i + 1);
        assert_string_equal (state_sent (i)->x, x);
        assert_int_equal (state_sent (i)->flat, i % 2);
        assert_true (state_sent (i)->final);
        (void) core_test_stream (t, STREAM_REFUSED, "429");
        serve (4000);
    }
    assert_in_range (calls_since (t->now_ns - 60 * CORE_TEST_S), 30, 60);
    assert_true (t->now_ns - begin_ns >= 84 * CORE_TEST_S);
    listening ();
    serve (2000);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STREAM_DOWN), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STREAM_UP), 1);
    assert_non_null (strstr (log_text ("copying_by_polling", 0), "cut"));
    assert_non_null (strstr (log_text ("copied_by_polling", 11), "sell 10 AAPL copied "));
    assert_null (log_text ("copied_by_polling", 12));
    happens (last); /*  the broker sends it again */
    assert_int_equal (states_sent (), 12);
    happens (executes ("e12", "X12", SIDE_BUY, 10, STATUS_FILLED));
    assert_int_equal (states_sent (), 13);
}

/*  Two minutes of polling at a limit of 200: never more than 60 requests in 60 s, about one look a second; then the
 *  broker says 429 for 20 s: nothing leaves until then */
static void polling_keeps_within_the_budget (void **state)
{
    (void) state;
    serving_up (0);
    serve (12000);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    for (int i = 0; i < 120; i++) {
        serve (1000);
        assert_in_range (calls_since (t->now_ns - 60 * CORE_TEST_S), 1, 60);
    }
    int64_t from_ns = t->now_ns;
    serve (20000);
    assert_in_range (calls_since (from_ns), 14, 22);
    size_t looks = core_test_calls (t, CALL_FILLS);
    while (core_test_calls (t, CALL_FILLS) == looks)
        core_test_pass (t, 10 * CORE_TEST_MS);
    answer (CALL_FILLS,
        (broker_answer_t){.kind = ANSWER_LIMITED, .limit = 200, .retry_at_ns = t->utc_ns + 20 * CORE_TEST_S});
    b.served = t->count;
    from_ns = t->now_ns;
    serve (19900);
    assert_int_equal (calls_since (from_ns), 0);
    serve (2000);
    assert_true (calls_since (from_ns) > 0);
}

/*  t=0 listening and settled, and the stream says nothing; A executes; the look that finds it copies it, and 2 s later the
 *  stream is opened again; the one that tells in time is not */
static void a_mute_stream_is_opened_again (void **state)
{
    (void) state;
    serving_up (0);
    executes ("e1", "A", SIDE_BUY, 10, STATUS_FILLED);
    size_t opened = core_test_count (t, EFFECT_OPEN_STREAM);
    while (states_sent () == 0)
        serve (10);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), opened);
    assert_non_null (strstr (log_text ("copied_by_polling", 0), "buy 10 AAPL"));
    serve (2100);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), opened + 1);
    assert_int_equal (core_test_count (t, EFFECT_CLOSE_STREAM), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STREAM_DOWN), 1);
    listening ();
    serve (5000);
    trade_update_t slow = executes ("e2", "B", SIDE_SELL, 10, STATUS_FILLED);
    size_t looks = core_test_calls (t, CALL_FILLS);
    while (core_test_calls (t, CALL_FILLS) == looks)
        serve (10);
    serve (1000);
    happens (slow);
    serve (5000);
    assert_int_equal (core_test_count (t, EFFECT_OPEN_STREAM), opened + 1);
    assert_int_equal (states_sent (), 2);
}

/*  20 orders executed while the stream was away: their types and roots come in one list, not in 20 questions */
static void many_orders_are_read_in_one_list (void **state)
{
    (void) state;
    serving_up (0);
    serve (12000);
    (void) core_test_stream (t, STREAM_DOWN, "cut");
    size_t asked = core_test_calls (t, CALL_ORDER);
    for (int i = 0; i < 20; i++) {
        char x[16], e[16];
        (void) snprintf (x, sizeof x, "X%d", i);
        (void) snprintf (e, sizeof e, "e%d", i);
        executes (e, x, SIDE_BUY, 10, STATUS_FILLED);
        serve (10);
    }
    serve (2500);
    assert_int_equal (states_sent (), 20);
    assert_int_equal (core_test_calls (t, CALL_ORDERS), 1);
    assert_int_equal (core_test_calls (t, CALL_ORDER), asked);
}

/*  100 executions, answered in portions of 8, room for 48 that wait: all are counted, in order */
static void a_long_history_comes_in_portions (void **state)
{
    (void) state;
    b.portion = 8;
    for (int i = 0; i < 100; i++) {
        char e[16];
        (void) snprintf (e, sizeof e, "e%d", i);
        executes (e, "A", SIDE_BUY, 1, i == 99 ? STATUS_FILLED : STATUS_PARTIALLY_FILLED);
        core_test_pass (t, CORE_TEST_S);
    }
    executes ("s", "B", SIDE_SELL, 50, STATUS_FILLED);
    core_test_pass (t, CORE_TEST_S);
    configure (1);
    cursor (b.fills[0].at_ns);
    serve (120000);
    assert_int_equal (states_sent (), 101);
    for (int i = 0; i < 100; i++)
        assert_int_equal (state_sent (i)->position_e9, (i + 1) * ONE);
    assert_int_equal (state_sent (100)->remaining_e18, FRACTION_ONE / 2);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, model_setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_refused_stream_is_replaced_by_polling),
        STORY (polling_keeps_within_the_budget), STORY (a_mute_stream_is_opened_again),
        STORY (many_orders_are_read_in_one_list), STORY (a_long_history_comes_in_portions)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
