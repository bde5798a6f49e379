/*  memory_test.c: behind the rows of a history comes what we remember: up to which Q each client of the shard was answered.
 *  Where the rows were deleted while we live, nothing is decided twice. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

static const outcome_t *rows;
static size_t row_count;

/*  The audit answers shard's question about x, with nothing; what the shard gets is in rows. */
static void asks (const char *shard, const char *x)
{
    core_test_forget (t);
    message_t *message = core_test_message (t, MSG_COPY_HISTORY);
    (void) strcpy (message->copy_history.shard, shard);
    (void) strcpy (message->copy_history.x, x);
    message->copy_history.last = message->copy_history.readable = true;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    assert_int_equal (core_test_messages (t, shard, MSG_COPY_HISTORY), 1);
    const copy_history_t *history = &core_test_get (t, shard, MSG_COPY_HISTORY, 0)->copy_history;
    assert_true (history->last && history->readable);
    rows = history->outcomes;
    row_count = history->outcomes_count;
}

static const outcome_t *row_of (const char *id)
{
    for (size_t at = 0; at < row_count; at++)
        if (strcmp (rows[at].client_id, id) == 0)
            return &rows[at];
    return NULL;
}

static size_t clients_of (const char *shard)
{
    size_t count = 0;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        count += strcmp (shard_of (id), shard) == 0;
    return count;
}

/*  X sold 10, half of what the master held. */
static void exit_order (const char *x, int64_t qty)
{
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    trade_t *trade = &message->master_order.trade;
    (void) strcpy (trade->master_id, "master");
    (void) strcpy (trade->x, x);
    (void) strcpy (trade->symbol, "AAPL");
    trade->side = TRADE_SIDE_SELL;
    trade->qty_e9 = trade->closed_e9 = qty * ONE;
    trade->remaining_e18 = FRACTION_ONE / 2;
    trade->first_at_ns = trade->executed_at_ns = t->utc_ns;
    assert_int_equal (core_test_receive (t, "listener", message), 0);
}

/*  Accepted, 10 shares, not at its end. */
static void works (const char *id, const char *x, const char *reason)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (id));
    result->outcomes_count = 1;
    result->outcomes[0] =
        (outcome_t){.to_e9 = 10 * ONE, .leg = OUTCOME_LEG_OPEN, .slot = 1, .kind = OUTCOME_KIND_ACCEPTED};
    (void) strcpy (result->outcomes[0].client_id, id);
    (void) strcpy (result->outcomes[0].x, x);
    (void) strcpy (result->outcomes[0].reason, reason);
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
}

static void working (const char *id, const char *x)
{
    works (id, x, "");
}

static void what_was_closed_is_remembered_for_each_client_of_the_shard (void **state)
{
    (void) state;
    up ();
    exit_order ("X", 10);
    uint64_t sequence = last_sequence ();
    all_answer ("X", 10, sequence);
    stored (sequence);
    asks (shard_of ("a"), "X");
    assert_int_equal (row_count, clients_of (shard_of ("a")));
    const outcome_t *row = row_of ("a");
    assert_non_null (row);
    assert_string_equal (row->x, "X");
    assert_string_equal (row->reason, "remembered");
    assert_int_equal (row->kind, OUTCOME_KIND_SKIPPED);
    assert_int_equal (row->slot, 0);
    assert_int_equal (row->to_e9, 10 * ONE);
    assert_true (row->final && row->exit_decided);
    assert_true (row->remaining_e18 == FRACTION_ONE / 2);
}

static void of_what_is_not_known_nothing_is_said (void **state)
{
    (void) state;
    up ();
    asks (shard_of ("a"), "Y");
    assert_int_equal (row_count, 0);
}

/*  "a" has answered, nobody else: the others are to decide. */
static void who_did_not_answer_is_not_remembered (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, false), 0);
    uint64_t sequence = last_sequence ();
    outcome ("a", "X", 10, sequence, OUTCOME_KIND_REJECTED, 0);
    asks (shard_of ("a"), "X");
    assert_int_equal (row_count, 1);
    assert_non_null (row_of ("a"));
    assert_false (row_of ("a")->exit_decided); /*  X closed nothing */
}

/*  10 is closed, 16 is open and "a" has answered it, 20 nobody has. */
static void it_is_the_largest_that_was_answered (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, false), 0);
    uint64_t sequence = last_sequence ();
    all_answer ("X", 10, sequence);
    stored (sequence);
    assert_int_equal (order ("X", "AAPL", 16, false), 0);
    assert_int_equal (order ("X", "AAPL", 20, false), 0);
    outcome ("a", "X", 16, sequence + 1, OUTCOME_KIND_FILLED, 0);
    asks (shard_of ("a"), "X");
    assert_int_equal (row_count, clients_of (shard_of ("a")));
    for (size_t at = 0; at < row_count; at++)
        assert_int_equal (rows[at].to_e9, strcmp (rows[at].client_id, "a") == 0 ? 16 * ONE : 10 * ONE);
}

/*  What was said of "a" was not final: its order works, or its exit waits. Others are remembered all the same. */
static void who_is_unfinished_is_not_remembered (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    uint64_t sequence = last_sequence ();
    working ("a", "X");
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    stored (sequence);
    asks (shard_of ("a"), "X");
    assert_null (row_of ("a"));
    assert_int_equal (row_count, clients_of (shard_of ("a")) - 1);
}

/*  Closed, and the rows deleted: a new life of the shard finds the order of "a", cannot say what it answers, and dies. Nobody
 *  is to decide X anew for that; but for an order that was at work before. */
static void an_order_that_was_found_forgets_nothing (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    uint64_t sequence = last_sequence ();
    all_answer ("X", 10, sequence);
    stored (sequence);
    works ("a", "X", "unmatched");
    asks (shard_of ("a"), "X");
    assert_non_null (row_of ("a"));
    outcome ("a", "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    working ("a", "X");
    works ("a", "X", "unmatched");
    asks (shard_of ("a"), "X");
    assert_null (row_of ("a"));
}

/*  Completed, found with outcomes missing and opened again: they were answered, and are remembered. */
static void what_was_answered_once_stays_remembered (void **state)
{
    (void) state;
    up ();
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    uint64_t sequence = last_sequence ();
    all_answer ("X", 10, sequence);
    asks (shard_of ("a"), "X");
    assert_int_equal (row_count, clients_of (shard_of ("a")));
    message_t *message = core_test_message (t, MSG_REPLICATION_STORED);
    message->replication_stored.sequence = sequence;
    message->replication_stored.missing = 4;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    asks (shard_of ("a"), "X");
    assert_int_equal (row_count, clients_of (shard_of ("a")));
}

/*  CATCH_UP_LOOKBACK is 60 s. Progress was deleted 61 or 59 s after X had executed, and later that X was seen became known
 *  again: who answered before the deletion nobody knows. Of the older X nobody is to decide anything anew; nothing is
 *  remembered of "a", whose order still works. */
static void nobody_decides_anew_what_is_older_than_the_lookback (void **state)
{
    (void) state;
    for (int old = 0; old < 2; old++) {
        core_test_destroy (&t);
        story_lookback_ns = 60 * CORE_TEST_S;
        story_known_since_ns = CORE_TEST_UTC_NS + 900 * CORE_TEST_S;
        story_begin (1);
        core_test_pass (t, 1);
        message_t *message = core_test_message (t, MSG_STATE_MARK);
        (void) strcpy (message->state_mark.x, "X");
        message->state_mark.first_at_ns = story_known_since_ns - (old ? 61 : 59) * CORE_TEST_S;
        story_first_at_ns = message->state_mark.first_at_ns;
        assert_int_equal (core_test_receive (t, "audit", message), 0);
        up ();
        assert_int_equal (order ("X", "AAPL", 10, true), 0);
        assert_string_equal (commanded (0), "X");
        working ("a", "X");
        asks (shard_of ("a"), "X");
        assert_null (row_of ("a"));
        assert_int_equal (row_count, old ? clients_of (shard_of ("a")) - 1 : 0);
        if (old)
            assert_int_equal (rows[0].to_e9, 10 * ONE);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (what_was_closed_is_remembered_for_each_client_of_the_shard),
        STORY (of_what_is_not_known_nothing_is_said), STORY (who_did_not_answer_is_not_remembered),
        STORY (it_is_the_largest_that_was_answered), STORY (who_is_unfinished_is_not_remembered),
        STORY (what_was_answered_once_stays_remembered), STORY (an_order_that_was_found_forgets_nothing),
        STORY (nobody_decides_anew_what_is_older_than_the_lookback)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
