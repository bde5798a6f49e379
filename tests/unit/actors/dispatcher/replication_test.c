/*  replication_test.c: from master.order to master.ack. */
#include "actors/dispatcher/percentile.h"
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

/*  t=0 a shard is missing: the order is held; t=5 s after loading it goes to those who are there */
static void orders_wait_for_the_shards_but_not_for_ever (void **state)
{
    (void) state;
    (void) client ("a", true, false);
    (void) order ("X", "AAPL", 10, true);
    loaded (7);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 0);
    core_test_pass (t, 5 * CORE_TEST_S);
    beat (shard_of ("a"), 1);
    assert_true (commands () >= 1);
}

/*  One command a shard; four outcomes; completed; stored; ack. */
static void a_replication_from_order_to_ack (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 1);
    assert_true (core_test_messages (t, "executor-1", MSG_COPY_COMMAND) <= 1);
    assert_true (core_test_messages (t, "executor-2", MSG_COPY_COMMAND) <= 1);
    uint64_t sequence = last_sequence ();
    outcome ("a", "X", 10, sequence, OUTCOME_KIND_FILLED, 2 * CORE_TEST_MS);
    outcome ("b", "X", 10, sequence, OUTCOME_KIND_ACCEPTED, 3 * CORE_TEST_MS);
    outcome ("c", "X", 10, sequence, OUTCOME_KIND_SKIPPED, 0);
    assert_int_equal (completions (), 0);
    core_test_pass (t, 20 * CORE_TEST_MS);
    outcome ("d", "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_COPY_RESULT), 4);
    const replication_completed_t *completed =
        &core_test_get (t, "audit", MSG_REPLICATION_COMPLETED, 0)->replication_completed;
    assert_int_equal (completed->success_count, 3);
    assert_int_equal (completed->skipped_count, 1);
    assert_int_equal (completed->failure_count, 0);
    assert_int_equal (completed->p50_ns, 2 * CORE_TEST_MS);
    assert_int_equal (completed->p99_ns, 3 * CORE_TEST_MS);
    assert_int_equal (completed->total_time_ns, 20 * CORE_TEST_MS);
    assert_string_equal (completed->master_order_id, "X");
    assert_int_equal (acks (), 0);
    stored (sequence);
    assert_int_equal (core_test_get (t, "listener", MSG_MASTER_ACK, 0)->master_ack.qty_e9, 10 * ONE);
    outcome ("b", "X", 10, sequence, OUTCOME_KIND_FILLED, 0); /*  accepted → filled: only for the audit */
    assert_int_equal (core_test_messages (t, "audit", MSG_COPY_RESULT), 5);
    assert_int_equal (completions (), 1);
}

/*  X is final without a further execution: nobody has anything to send, and nobody was passed over. */
static void what_earlier_orders_cover_is_a_success (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    story_reason = "covered";
    const char *const clients[] = {"a", "b", "c", "d"};
    for (size_t at = 0; at < 4; at++)
        outcome (clients[at], "X", 10, last_sequence (), OUTCOME_KIND_SKIPPED, 0);
    story_reason = "below_minimum";
    const replication_completed_t *completed =
        &core_test_get (t, "audit", MSG_REPLICATION_COMPLETED, 0)->replication_completed;
    assert_int_equal (completed->success_count, 4);
    assert_int_equal (completed->skipped_count, 0);
}

static void what_is_known_is_dropped_or_acknowledged (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    (void) order ("X", "AAPL", 10, true);
    (void) order ("X", "AAPL", 4, false); /*  overtaken */
    uint64_t sequence = last_sequence ();
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 1);
    all_answer ("X", 10, sequence);
    stored (sequence);
    assert_int_equal (acks (), 1);
    (void) order ("X", "AAPL", 10, true);
    assert_int_equal (acks (), 2);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 1);
}

/*  Q=4 is open when Q=10 comes: two replications; an outcome up to 10 answers both. They are closed in order. */
static void a_newer_state_opens_another_replication (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 4, false);
    uint64_t first = last_sequence ();
    (void) order ("X", "AAPL", 10, true);
    assert_int_equal (last_sequence (), first + 1);
    outcome ("a", "X", 4, first, OUTCOME_KIND_FILLED, 0);
    all_answer ("X", 10, first + 1);
    assert_int_equal (completions (), 1);
    stored (first);
    assert_int_equal (completions (), 2);
    assert_int_equal (
        core_test_get (t, "audit", MSG_REPLICATION_COMPLETED, -1)->replication_completed.sequence, first + 1);
}

/*  The end of X with the same Q is a state of its own: outcomes of the command before do not answer it. */
static void a_final_state_of_the_same_quantity_is_replicated (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 4, false);
    uint64_t first = last_sequence ();
    (void) order ("X", "AAPL", 4, true);
    all_answer ("X", 4, first);
    assert_int_equal (completions (), 1);
    stored (first);
    assert_int_equal (acks (), 0); /*  the listener waits for the final one */
    all_answer ("X", 4, first + 1);
    stored (first + 1);
    assert_int_equal (acks (), 1);
}

/*  Both shards are heard, and hold the clients that they have. */
static void pass_halves (int halves)
{
    uint64_t clients[2] = {0, 0};
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        clients[strcmp (shard_of (id), "executor-2") == 0]++;
    for (; halves > 0; halves--) {
        core_test_pass (t, 500 * CORE_TEST_MS);
        beat ("executor-1", clients[0]);
        beat ("executor-2", clients[1]);
    }
}

/*  t=0 command; t=2, 6 again to the shard that owes an outcome only */
static void commands_are_repeated_to_who_owes (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    uint64_t sequence = last_sequence ();
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        if (strcmp (shard_of (id), shard_of ("a")) != 0)
            outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    core_test_forget (t);
    pass_halves (13);
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 2);
    assert_int_equal (commands (), 2);
}

/*  t=0 X, which nobody can answer; t=2 s again, then after 4 s, 8 s, and each 16 s: t=6, 14, 30, 46 s. */
static void who_cannot_keep_up_is_not_hurried (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    core_test_forget (t);
    pass_halves (2 * 50);
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 5);
}

static void completions_are_repeated_until_stored (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    uint64_t sequence = last_sequence ();
    all_answer ("X", 10, sequence);
    core_test_pass (t, 5 * CORE_TEST_S);
    assert_int_equal (completions (), 3);
    stored (sequence);
    core_test_pass (t, 5 * CORE_TEST_S);
    assert_int_equal (completions (), 3);
}

static void a_removed_client_is_no_longer_expected (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    uint64_t sequence = last_sequence ();
    outcome ("a", "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    outcome ("b", "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    outcome ("d", "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    assert_int_equal (completions (), 0);
    (void) client ("c", true, true);
    assert_int_equal (completions (), 1);
}

/*  d is switched off before its shard answered: the command comes again, for d, too, whatever the shard forgot. */
static void a_client_that_was_switched_off_is_still_answered_for (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    uint64_t sequence = last_sequence ();
    for (char id[2] = "a"; *id <= 'c'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    (void) client ("d", false, false);
    assert_int_equal (completions (), 0);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    beat ("executor-1", 0);
    beat ("executor-2", 0);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    const client_config_t *config = &core_test_get (t, shard_of ("d"), MSG_CLIENT_CONFIG, -1)->client_config;
    assert_string_equal (config->client_id, "d");
    assert_true (config->settle && !config->active);
    assert_int_equal (commands (), 1);
    outcome ("d", "X", 10, sequence, OUTCOME_KIND_SKIPPED, 0);
    assert_int_equal (completions (), 1);
}

/*  d was switched off after X executed, and the dispatcher died before d had its outcome: the next life asks for it. */
static void who_was_switched_off_after_x_executed_is_asked (void **state)
{
    (void) state;
    story_first_at_ns = t->utc_ns;
    for (char id[2] = "a"; *id <= 'c'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    message_t *message = core_test_message (t, MSG_CLIENT_CONFIG);
    (void) strcpy (message->client_config.client_id, "d");
    message->client_config.follow_until_ns = story_first_at_ns + 1;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    loaded (7);
    ready ("executor-1");
    ready ("executor-2");
    (void) order ("X", "AAPL", 10, true);
    for (char id[2] = "a"; *id <= 'c'; id[0]++)
        outcome (id, "X", 10, last_sequence (), OUTCOME_KIND_FILLED, 0);
    assert_int_equal (completions (), 0);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    beat ("executor-1", 0);
    beat ("executor-2", 0);
    core_test_pass (t, CORE_TEST_S + CORE_TEST_S / 2);
    const client_config_t *config = &core_test_get (t, shard_of ("d"), MSG_CLIENT_CONFIG, -1)->client_config;
    assert_string_equal (config->client_id, "d");
    assert_true (config->settle);
    outcome ("d", "X", 10, last_sequence (), OUTCOME_KIND_SKIPPED, 0);
    assert_int_equal (completions (), 1);
    story_first_at_ns += 2; /*  Y executed after that */
    (void) order ("Y", "AAPL", 10, true);
    for (char id[2] = "a"; *id <= 'c'; id[0]++)
        outcome (id, "Y", 10, last_sequence (), OUTCOME_KIND_FILLED, 0);
    assert_int_equal (completions (), 2);
}

static void without_clients_it_completes_at_once (void **state)
{
    (void) state;
    loaded (7);
    ready ("executor-1");
    ready ("executor-2");
    (void) order ("X", "AAPL", 10, true);
    assert_int_equal (completions (), 1);
    assert_int_equal (commands (), 0);
}

/*  At load the audit says X is handled up to 10: 10 is acknowledged, 12 is new. */
static void marks_survive_a_restart (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_STATE_MARK);
    (void) strcpy (message->state_mark.x, "X");
    message->state_mark.qty_e9 = 10 * ONE;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    up ();
    (void) order ("X", "AAPL", 10, false);
    assert_int_equal (acks (), 1);
    assert_int_equal (commands (), 0);
    (void) order ("X", "AAPL", 12, false);
    assert_true (commands () > 0);
}

/*  Room for 3 open replications: the fourth waits, is told, and goes when one is stored; order is kept. */
static void a_full_table_holds_orders_back_in_order (void **state)
{
    (void) state;
    up ();
    (void) order ("X1", "AAPL", 1, true);
    (void) order ("X2", "AAPL", 1, true);
    (void) order ("X3", "AAPL", 1, true);
    uint64_t last = last_sequence ();
    assert_int_equal (order ("X4", "AAPL", 1, true), -ERR_FULL);
    assert_int_equal (order ("X5", "AAPL", 1, true), -ERR_FULL);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 2);
    all_answer ("X2", 1, last - 1);
    stored (last - 1);
    assert_string_equal (core_test_get (t, "audit", MSG_MASTER_ORDER, -1)->master_order.trade.x, "X4");
}

static void failures_and_latency_raise_alerts (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    uint64_t sequence = last_sequence ();
    outcome ("a", "X", 10, sequence, OUTCOME_KIND_FILLED, 1500 * CORE_TEST_MS);
    outcome ("b", "X", 10, sequence, OUTCOME_KIND_FILLED, 1500 * CORE_TEST_MS);
    outcome ("c", "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    outcome ("d", "X", 10, sequence, OUTCOME_KIND_REJECTED, 0);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_REPLICATION_FAILURES), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_LATENCY_WARNING), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_LATENCY_CRITICAL), 0);
    (void) order ("Y", "AAPL", 10, true);
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "Y", 10, sequence + 1, OUTCOME_KIND_FILLED, 6 * CORE_TEST_S);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_LATENCY_CRITICAL), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_REPLICATION_FAILURES), 1);
}

static void a_contradictory_order_is_refused (void **state)
{
    (void) state;
    up ();
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    (void) strcpy (message->master_order.trade.x, "X");
    (void) strcpy (message->master_order.trade.symbol, "AAPL");
    message->master_order.trade.qty_e9 = 10 * ONE;
    message->master_order.trade.closed_e9 = 3 * ONE;
    assert_int_equal (core_test_receive (t, "listener", message), -ERR_RANGE);
    assert_int_equal (commands (), 0);
}

static void breakers_are_passed_to_the_audit (void **state)
{
    (void) state;
    assert_int_equal (core_test_receive (t, "executor-1", core_test_message (t, MSG_BREAKER_CHANGED)), 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_BREAKER_CHANGED), 1);
    assert_int_equal (core_test_receive (t, "x", core_test_message (t, MSG_MASTER_ACK)), -ERR_UNEXPECTED);
}

static void percentiles_by_nearest_rank (void **state)
{
    (void) state;
    uint32_t values[100];
    for (uint32_t i = 0; i < 100; i++)
        values[i] = (i * 37) % 100 + 1; /*  1 … 100, shuffled */
    percentile_sort (values, 100);
    assert_int_equal (percentile_of (values, 100, 50), 50);
    assert_int_equal (percentile_of (values, 100, 95), 95);
    assert_int_equal (percentile_of (values, 1, 99), 1);
    assert_int_equal (percentile_of (values, 0, 99), 0);
}

/*  t=0 a new dispatcher; t=0.1 s X3, just executed; t=0.2 s X2 and X1, which waited for the one before it, are
 *  repeated; Y is of another symbol. t=2 s it may grant leases: X1, X2, X3, and Y where it came. */
static void what_waited_for_an_earlier_life_comes_in_the_order_of_execution (void **state)
{
    (void) state;
    core_test_destroy (&t);
    story_begin (2 * CORE_TEST_S);
    up ();
    core_test_pass (t, CORE_TEST_S / 10);
    order_at ("X3", "AAPL", 3000);
    core_test_pass (t, CORE_TEST_S / 10);
    order_at ("X2", "AAPL", 2000);
    order_at ("Y", "MSFT", 500);
    order_at ("X1", "AAPL", 1000);
    core_test_pass (t, CORE_TEST_S);
    beat ("executor-1", 4);
    beat ("executor-2", 4);
    core_test_pass (t, 7 * CORE_TEST_S / 10);
    assert_int_equal (commands (), 0);
    core_test_pass (t, CORE_TEST_S / 10);
    assert_string_equal (commanded (0), "X1");
    assert_string_equal (commanded (1), "X2");
    assert_string_equal (commanded (2), "X3");
}

static int order_rc (const char *x, int64_t at_ns)
{
    story_first_at_ns = at_ns;
    return order (x, "AAPL", 10, true);
}

static void close_one (const char *x, uint64_t sequence)
{
    all_answer (x, 10, sequence);
    stored (sequence);
}

static const char *newest (void)
{
    return core_test_get (t, "audit", MSG_MASTER_ORDER, -1)->master_order.trade.x;
}

/*  Three are open, four wait, the earliest X4 comes last: X8 goes for it, and nothing later is taken before X8 is back. */
static void what_executed_first_has_the_room (void **state)
{
    (void) state;
    const char *const open[] = {"X1", "X2", "X3"};
    const char *const wait[] = {"X5", "X6", "X7", "X8", "X4"};
    up ();
    for (int at = 0; at < 3; at++)
        (void) order_rc (open[at], 1000);
    uint64_t last = last_sequence ();
    for (int at = 0; at < 5; at++)
        (void) order_rc (wait[at], 1000 + wait[at][1] - '0');
    for (int at = 0; at < 3; at++)
        close_one (open[at], last - 2 + (uint64_t) at);
    assert_string_equal (newest (), "X6");
    close_one ("X4", last + 1);
    close_one ("X5", last + 2);
    assert_string_equal (newest (), "X7"); /*  and there is room */
    assert_int_equal (order_rc ("X9", 1009), -ERR_FULL);
    assert_string_equal (newest (), "X7");
    (void) order_rc ("X8", 1008);
    assert_string_equal (newest (), "X8");
    close_one ("X6", last + 3);
    assert_int_equal (order_rc ("X9", 1009), -ERR_FULL); /*  there may be others that were refused */
    core_test_pass (t, 3 * CORE_TEST_S / 2);
    assert_int_equal (order_rc ("X9", 1009), 0);
    assert_string_equal (newest (), "X9");
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (orders_wait_for_the_shards_but_not_for_ever),
        STORY (a_replication_from_order_to_ack), STORY (what_earlier_orders_cover_is_a_success),
        STORY (what_is_known_is_dropped_or_acknowledged), STORY (a_newer_state_opens_another_replication),
        STORY (a_final_state_of_the_same_quantity_is_replicated), STORY (commands_are_repeated_to_who_owes),
        STORY (who_cannot_keep_up_is_not_hurried), STORY (completions_are_repeated_until_stored),
        STORY (a_removed_client_is_no_longer_expected),
        STORY (a_client_that_was_switched_off_is_still_answered_for),
        STORY (who_was_switched_off_after_x_executed_is_asked), STORY (without_clients_it_completes_at_once),
        STORY (marks_survive_a_restart),
        STORY (what_waited_for_an_earlier_life_comes_in_the_order_of_execution),
        STORY (what_executed_first_has_the_room), STORY (a_full_table_holds_orders_back_in_order),
        STORY (failures_and_latency_raise_alerts), STORY (a_contradictory_order_is_refused),
        STORY (breakers_are_passed_to_the_audit), cmocka_unit_test (percentiles_by_nearest_rank)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
