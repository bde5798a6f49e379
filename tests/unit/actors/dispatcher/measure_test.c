/*  measure_test.c: what the dispatcher counts, and what it only passes on. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

static int64_t measured (const char *name)
{
    static actor_stats_t stats;
    memset (&stats, 0, sizeof stats);
    dispatcher_ops.measure (t->core, t->now_ns, &stats);
    return measure_get (&stats, name, -1);
}

/*  Four outcomes; what the audit misses opens it again: it is one replication all the same. */
static void a_replication_is_counted_once (void **state)
{
    (void) state;
    up ();
    assert_int_equal (measured ("shards"), 2);
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    assert_int_equal (measured ("open"), 1);
    uint64_t sequence = last_sequence ();
    outcome ("a", "X", 10, sequence, OUTCOME_KIND_FILLED, 2 * CORE_TEST_MS);
    outcome ("b", "X", 10, sequence, OUTCOME_KIND_ACCEPTED, 3 * CORE_TEST_MS);
    outcome ("c", "X", 10, sequence, OUTCOME_KIND_SKIPPED, 0);
    outcome ("d", "X", 10, sequence, OUTCOME_KIND_FAILED, 0);
    assert_int_equal (measured ("open"), 0);
    assert_int_equal (measured ("completed"), 1);
    message_t *message = core_test_message (t, MSG_REPLICATION_STORED);
    message->replication_stored.sequence = sequence;
    message->replication_stored.missing = 4;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    all_answer ("X", 10, sequence);
    stored (sequence);
    assert_int_equal (measured ("replications"), 1);
    assert_int_equal (measured ("success"), 2);
    assert_int_equal (measured ("failure"), 1);
    assert_int_equal (measured ("skipped"), 1);
    assert_int_equal (measured ("latency.sum"), 5 * CORE_TEST_MS);
    assert_int_equal (measured ("completed"), 0);
}

static void a_lease_is_told_while_it_lasts (void **state)
{
    (void) state;
    up ();
    assert_int_equal (measured ("lease.executor-1"), 0);
    beat ("executor-1", 2);
    assert_true (measured ("lease.executor-1") >= 0);
    assert_int_equal (measured ("lease.executor-2"), 0);
}

/*  Only from the gateway to the audit, and back: nobody else has such a wish. */
static void a_strategy_change_is_passed_on (void **state)
{
    (void) state;
    up ();
    message_t *message = core_test_message (t, MSG_STRATEGY_CHANGE);
    message->strategy_change.request = 5;
    message->strategy_change.multiplier_e9 = 2 * ONE;
    assert_int_equal (core_test_receive (t, "executor-1", message), -ERR_UNEXPECTED);
    assert_int_equal (core_test_messages (t, "audit", MSG_STRATEGY_CHANGE), 0);
    assert_int_equal (core_test_receive (t, "gateway", message), 0);
    assert_int_equal (core_test_get (t, "audit", MSG_STRATEGY_CHANGE, 0)->strategy_change.request, 5);
    message = core_test_message (t, MSG_STRATEGY_CHANGED);
    message->strategy_changed.request = 5;
    assert_int_equal (core_test_receive (t, "gateway", message), -ERR_UNEXPECTED);
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    assert_int_equal (core_test_get (t, "gateway", MSG_STRATEGY_CHANGED, 0)->strategy_changed.request, 5);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_replication_is_counted_once),
        STORY (a_lease_is_told_while_it_lasts), STORY (a_strategy_change_is_passed_on)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
