/*  audit_test.c: batches, acknowledgements, a database that is away, configuration. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actors/audit/audit.h"
#include "actors/audit/backlog.h"
#include "tests/lib/core_test.h"

static core_test_t *t;

static int setup (void **state)
{
    (void) state;
    audit_config_t config = {.max_records = 200};
    t = core_test_new (&audit_ops, audit_new (&config));
    assert_int_equal (core_test_start (t), 0);
    return 0;
}

static int teardown (void **state)
{
    (void) state;
    core_test_destroy (&t);
    return 0;
}

static int completed (uint64_t sequence)
{
    message_t *message = core_test_message (t, MSG_REPLICATION_COMPLETED);
    message->replication_completed.sequence = sequence;
    return core_test_receive (t, "dispatcher", message);
}

static int record (void)
{
    return core_test_receive (t, "dispatcher", core_test_message (t, MSG_COPY_RESULT));
}

static size_t acknowledged (void)
{
    return core_test_messages (t, "dispatcher", MSG_REPLICATION_STORED);
}

static uint64_t last_commit (void)
{
    return core_test_find (t, EFFECT_COMMIT, -1)->effect.token;
}

/*  t=0 two records; t=5 ms one transaction in their order; durable: only the replication is acknowledged */
static void records_are_committed_together_after_5_ms (void **state)
{
    (void) state;
    (void) record ();
    core_test_pass (t, 3 * CORE_TEST_MS);
    (void) completed (41);
    assert_int_equal (core_test_count (t, EFFECT_STORE), 0);
    core_test_pass (t, 2 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_COMMIT), 1);
    assert_int_equal (core_test_find (t, EFFECT_STORE, 0)->effect.message, MSG_COPY_RESULT);
    assert_int_equal (core_test_find (t, EFFECT_STORE, 1)->effect.message, MSG_REPLICATION_COMPLETED);
    assert_int_equal (acknowledged (), 0);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (
        core_test_get (t, "dispatcher", MSG_REPLICATION_STORED, 0)->replication_stored.sequence, 41);
    assert_int_equal (acknowledged (), 1);
}

static void a_full_batch_does_not_wait (void **state)
{
    (void) state;
    for (int i = 0; i < 130; i++)
        assert_int_equal (record (), 0);
    assert_int_equal (core_test_count (t, EFFECT_COMMIT), 1);
    assert_int_equal (core_test_count (t, EFFECT_STORE), 128);
}

/*  While one commit is under way, the next records gather. */
static void one_commit_at_a_time (void **state)
{
    (void) state;
    (void) completed (1);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) completed (2);
    core_test_pass (t, 50 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_COMMIT), 1);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (acknowledged (), 1);
    core_test_pass (t, 5 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_COMMIT), 2);
    (void) core_test_token (t, EVENT_STORED, last_commit () + 7); /*  nobody's */
    assert_int_equal (acknowledged (), 1);
}

/*  t=0 the commit fails, again at 0.1, 0.3, 0.7 s; then it works: everything is there, one alert each way */
static void a_database_that_is_away_loses_nothing (void **state)
{
    (void) state;
    (void) record ();
    (void) completed (5);
    core_test_pass (t, 5 * CORE_TEST_MS);
    for (int i = 0; i < 4; i++) {
        (void) core_test_token (t, EVENT_STORE_FAILED, last_commit ());
        core_test_forget (t);
        core_test_pass (t, (100 << i) * CORE_TEST_MS - 1);
        assert_int_equal (core_test_count (t, EFFECT_COMMIT), 0);
        core_test_pass (t, 1);
        assert_int_equal (core_test_count (t, EFFECT_STORE), 2);
        assert_int_equal (core_test_count (t, EFFECT_COMMIT), 1);
    }
    assert_int_equal (acknowledged (), 0);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (acknowledged (), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STORAGE_BACK), 1);
}

static void an_outage_is_told_once (void **state)
{
    (void) state;
    (void) record ();
    core_test_pass (t, 5 * CORE_TEST_MS);
    for (int i = 0; i < 5; i++) {
        (void) core_test_token (t, EVENT_STORE_FAILED, last_commit ());
        core_test_pass (t, 6 * CORE_TEST_S);
    }
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STORAGE_AWAY), 1);
}

/*  Room for 200 records: the 201st is refused aloud, the others are kept; a repeated completion takes no room. */
static void a_full_backlog_refuses_aloud (void **state)
{
    (void) state;
    (void) completed (5);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORE_FAILED, last_commit ());
    for (int i = 0; i < 199; i++)
        assert_int_equal (record (), 0);
    assert_int_equal (completed (5), 0);
    assert_int_equal (record (), -ERR_FULL);
    assert_int_equal (record (), -ERR_FULL);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_STORE), 200);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (
        core_test_count (t, EFFECT_WORKING), 1); /*  ends that were among the dropped are asked for */
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STORAGE_BACK), 1);
}

/*  The dispatcher asks: loaded at once; it says what it has: from then on every 200 ms. */
static void configuration_is_loaded_and_polled (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_CONFIG_REQUEST);
    (void) core_test_receive (t, "dispatcher", message);
    assert_int_equal (core_test_find (t, EFFECT_LOAD, 0)->effect.token, 0);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_LOAD), 1); /*  everything again is not a poll */
    message->config_request.have_revision = 7;
    (void) core_test_receive (t, "dispatcher", message);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_LOAD), 7);
    assert_int_equal (core_test_find (t, EFFECT_LOAD, -1)->effect.token, 7);
    assert_string_equal (core_test_find (t, EFFECT_LOAD, -1)->effect.to, "dispatcher");
}

static void ask_durable (uint64_t number)
{
    message_t *message = core_test_message (t, MSG_DURABLE_REQUEST);
    message->durable_request.number = number;
    assert_int_equal (core_test_receive (t, "dispatcher", message), 0);
}

static size_t reached (void)
{
    return core_test_messages (t, "dispatcher", MSG_DURABLE_REACHED);
}

static void expect_reached (int nth, uint64_t from, uint64_t number)
{
    const durable_reached_t *told =
        &core_test_get (t, "dispatcher", MSG_DURABLE_REACHED, nth)->durable_reached;
    assert_int_equal (told->from, from);
    assert_int_equal (told->number, number);
}

/*  t=0 nothing waits: at once. Then a record: not before it is durable; two requests, with a record in between. */
static void what_came_before_is_durable (void **state)
{
    (void) state;
    ask_durable (7);
    expect_reached (0, 7, 7);
    (void) record ();
    ask_durable (8);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) record ();
    ask_durable (9);
    ask_durable (10);
    assert_int_equal (reached (), 1);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (reached (), 2);
    expect_reached (1, 7, 8);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (reached (), 3);
    expect_reached (2, 7, 10);
}

/*  Another dispatcher counts from somewhere else. */
static void a_dispatcher_that_counts_anew_is_another (void **state)
{
    (void) state;
    ask_durable (7);
    (void) record ();
    ask_durable (8);
    ask_durable (3);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (reached (), 2);
    expect_reached (1, 3, 3);
}

/*  Of what did not fit nobody may say that it is durable, nor of any request before the next one. */
static void what_did_not_fit_is_never_durable (void **state)
{
    (void) state;
    ask_durable (7);
    for (int i = 0; i < 200; i++)
        (void) record ();
    ask_durable (8);
    assert_int_equal (record (), -ERR_FULL);
    ask_durable (9);
    ask_durable (10);
    for (int i = 0; i < 2; i++) {
        (void) core_test_token (t, EVENT_STORED, last_commit ());
        core_test_pass (t, CORE_TEST_S);
    }
    assert_int_equal (reached (), 3);
    expect_reached (1, 7, 8);
    expect_reached (2, 10, 10);
}

static int ask_history (const char *shard, const char *x)
{
    message_t *message = core_test_message (t, MSG_HISTORY_REQUEST);
    (void) strcpy (message->history_request.shard, shard);
    (void) strcpy (message->history_request.x, x);
    return core_test_receive (t, "dispatcher", message);
}

/*  t=0 a record, and a shard asks: what it hears must not be older than the record. Asked again meanwhile: one answer. */
static void a_history_waits_for_what_came_before (void **state)
{
    (void) state;
    (void) record ();
    assert_int_equal (ask_history ("executor-1", "X"), 0);
    assert_int_equal (ask_history ("executor-1", "X"), 0);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) record (); /*  after it: of no concern to it */
    assert_int_equal (core_test_count (t, EFFECT_HISTORY), 0);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (core_test_count (t, EFFECT_HISTORY), 1);
    assert_string_equal (core_test_find (t, EFFECT_HISTORY, 0)->effect.to, "executor-1");
    assert_string_equal (core_test_find (t, EFFECT_HISTORY, 0)->effect.account_id, "X");
    core_test_pass (t, 10 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_COPY_HISTORY), 0);
}

static void without_records_a_history_comes_at_once (void **state)
{
    (void) state;
    assert_int_equal (ask_history ("executor-1", "X"), 0);
    assert_int_equal (ask_history ("executor-2", "X"), 0);
    assert_int_equal (core_test_count (t, EFFECT_HISTORY), 2);
}

/*  t=0 the database is away; after 1 s the shard hears that it cannot be read, and goes on without. */
static void a_history_that_cannot_be_read_says_so (void **state)
{
    (void) state;
    (void) record ();
    (void) ask_history ("executor-1", "X");
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORE_FAILED, last_commit ());
    core_test_pass (t, 994 * CORE_TEST_MS);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_COPY_HISTORY), 0);
    core_test_pass (t, CORE_TEST_MS);
    const copy_history_t *history = &core_test_get (t, "dispatcher", MSG_COPY_HISTORY, 0)->copy_history;
    assert_true (history->last && !history->readable);
    assert_string_equal (history->shard, "executor-1");
    assert_int_equal (core_test_count (t, EFFECT_HISTORY), 0);
}

/*  A hundred at once: portions, so that records come in between; all are answered. */
static void many_histories_are_answered_in_portions (void **state)
{
    (void) state;
    (void) record ();
    for (int n = 0; n < 100; n++) {
        char x[16];
        (void) snprintf (x, sizeof x, "X%d", n);
        assert_int_equal (ask_history ("executor-1", x), 0);
    }
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (core_test_count (t, EFFECT_HISTORY), 16);
    core_test_pass (t, CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_HISTORY), 100);
}

/*  The commit is durable, but two clients of replication 41 have no outcome in it: that is the answer; 42 is stored. */
static void an_incomplete_replication_is_not_stored (void **state)
{
    (void) state;
    (void) completed (41);
    (void) completed (42);
    core_test_pass (t, 5 * CORE_TEST_MS);
    event_t event = {.kind = EVENT_INCOMPLETE, .token = 41, .count = 2};
    (void) core_test_step (t, &event);
    assert_int_equal (acknowledged (), 0);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (
        core_test_get (t, "dispatcher", MSG_REPLICATION_STORED, 0)->replication_stored.missing, 2);
    assert_int_equal (
        core_test_get (t, "dispatcher", MSG_REPLICATION_STORED, 1)->replication_stored.missing, 0);
}

/*  A dispatcher that has its configuration is new to us: we died, and what we held with us. */
static void after_a_restart_what_works_is_named (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_CONFIG_REQUEST);
    message->config_request.have_revision = 7;
    (void) core_test_receive (t, "dispatcher", message);
    assert_int_equal (core_test_count (t, EFFECT_WORKING), 1);
    (void) core_test_receive (t, "dispatcher", message); /*  a reminder */
    assert_int_equal (core_test_count (t, EFFECT_WORKING), 1);
}

/*  A dispatcher begins while a record waits: what is stored is named with the configuration, and when the record is stored,
 *  what works is named again, once. */
static void what_waits_at_a_load_is_named_when_it_is_stored (void **state)
{
    (void) state;
    (void) record ();
    message_t *message = core_test_message (t, MSG_CONFIG_REQUEST);
    (void) core_test_receive (t, "dispatcher", message);
    assert_int_equal (core_test_count (t, EFFECT_WORKING), 0);
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (core_test_count (t, EFFECT_WORKING), 1);
    (void) record ();
    core_test_pass (t, 5 * CORE_TEST_MS);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (core_test_count (t, EFFECT_WORKING), 1);
}

static void stop_commits_everything (void **state)
{
    (void) state;
    (void) completed (9);
    (void) core_test_stop (t);
    assert_int_equal (core_test_count (t, EFFECT_COMMIT), 1);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    (void) core_test_token (t, EVENT_STORED, last_commit ());
    assert_int_equal (acknowledged (), 1);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

/*  Ten thousand records through a small ring, read back as they went in. */
static void the_backlog_keeps_order_around_its_end (void **state)
{
    (void) state;
    static message_t in, out;
    backlog_t backlog = {0};
    uint64_t pushed = 0, read = 0;
    assert_true (backlog_init (&backlog, 64, (size_t) 2 * MESSAGE_BYTES_MAX));
    while (read < 10000) {
        memset (&in, 0, sizeof in);
        in.kind = MSG_COPY_RESULT;
        in.copy_result.sequence = pushed;
        in.copy_result.outcomes_count = pushed % 33;
        if (backlog_push (&backlog, &in) == 0) {
            pushed++;
            continue;
        }
        assert_true (backlog.count > 0);
        uint32_t some = 1 + (uint32_t) (pushed % backlog.count);
        for (uint32_t i = 0; i < some; i++) {
            backlog_read (&backlog, i, &out);
            assert_int_equal (out.copy_result.sequence, read);
            assert_int_equal (out.copy_result.outcomes_count, read % 33);
            read++;
        }
        backlog_drop (&backlog, some);
    }
    backlog_free (&backlog);
}

/*  With what the dispatcher has, so that the port can send it the rest before the answer. */
static void a_change_is_for_the_port (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_CONFIG_REQUEST);
    message->config_request.have_revision = 41;
    assert_int_equal (core_test_receive (t, "dispatcher", message), 0);
    message = core_test_message (t, MSG_STRATEGY_CHANGE);
    message->strategy_change.multiplier_e9 = 5;
    assert_int_equal (core_test_receive (t, "dispatcher", message), 0);
    const core_test_effect_t *change = core_test_find (t, EFFECT_CHANGE, 0);
    assert_non_null (change);
    assert_int_equal (change->effect.token, 41);
    assert_int_equal (core_test_count (t, EFFECT_STORE), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (records_are_committed_together_after_5_ms),
        STORY (a_full_batch_does_not_wait), STORY (one_commit_at_a_time),
        STORY (a_database_that_is_away_loses_nothing), STORY (an_outage_is_told_once),
        STORY (a_full_backlog_refuses_aloud), STORY (configuration_is_loaded_and_polled),
        STORY (a_history_waits_for_what_came_before), STORY (without_records_a_history_comes_at_once),
        STORY (a_history_that_cannot_be_read_says_so), STORY (many_histories_are_answered_in_portions),
        STORY (what_came_before_is_durable), STORY (a_dispatcher_that_counts_anew_is_another),
        STORY (what_did_not_fit_is_never_durable), STORY (an_incomplete_replication_is_not_stored),
        STORY (after_a_restart_what_works_is_named), STORY (what_waits_at_a_load_is_named_when_it_is_stored),
        STORY (a_change_is_for_the_port), STORY (stop_commits_everything),
        cmocka_unit_test (the_backlog_keeps_order_around_its_end)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
