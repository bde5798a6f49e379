/*  newest_test.c: a shard that is asked again hears X as it is now, once: that answers for every state before it, whose times
 *  are among its steps. An older state alone would be decided as if the master had done nothing since. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

#define LATER_NS (10 * CORE_TEST_S) /*  broker time after our start: nobody can have acted on it */

/*  X executes three times: 10, 16, 20. */
static uint64_t three_states (void)
{
    up ();
    story_first_at_ns = t->utc_ns + LATER_NS;
    assert_int_equal (order ("X", "AAPL", 10, false), 0);
    uint64_t first = last_sequence ();
    assert_int_equal (order ("X", "AAPL", 16, false), 0);
    assert_int_equal (order ("X", "AAPL", 20, false), 0);
    assert_int_equal (
        core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 3); /*  at first each, in order */
    core_test_forget (t);
    return first;
}

static void expect_newest_once (const char *shard, uint64_t sequence)
{
    assert_int_equal (core_test_messages (t, shard, MSG_COPY_COMMAND), 1);
    const copy_command_t *command = &core_test_get (t, shard, MSG_COPY_COMMAND, 0)->copy_command;
    assert_int_equal (command->trade.qty_e9, 20 * ONE);
    assert_int_equal (command->sequence, sequence);
    assert_true (command->walk);
}

static void beats (void)
{
    for (int at = 0; at < 2; at++) {
        const char *const shards[] = {"executor-1", "executor-2"};
        uint64_t clients = 0;
        for (char id[2] = "a"; *id <= 'd'; id[0]++)
            clients += strcmp (shard_of (id), shards[at]) == 0;
        beat (shards[at], clients);
    }
}

static void a_new_life_hears_the_newest_of_three_open_states (void **state)
{
    (void) state;
    uint64_t first = three_states ();
    ready (shard_of ("a"));
    expect_newest_once (shard_of ("a"), first + 2);
}

/*  t=1, 2 they live, and say nothing. */
static void who_does_not_answer_hears_the_newest (void **state)
{
    (void) state;
    uint64_t first = three_states ();
    core_test_pass (t, CORE_TEST_S);
    beats ();
    core_test_pass (t, CORE_TEST_S + CORE_TEST_MS);
    expect_newest_once (shard_of ("a"), first + 2);
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "X", 20, first + 2, OUTCOME_KIND_FILLED, CORE_TEST_MS);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    beats ();
    core_test_pass (t, CORE_TEST_S + CORE_TEST_MS);
    assert_int_equal (commands (), 0);
}

/*  All have answered the newest; the database lacks outcomes of the first: it is opened again, and asked for as X is now. */
static void a_state_that_is_opened_again_is_asked_for_with_the_newest (void **state)
{
    (void) state;
    uint64_t first = three_states ();
    all_answer ("X", 20, first + 2);
    assert_int_equal (completions (), 1); /*  the states of one X are closed in their order */
    core_test_forget (t);
    message_t *message = core_test_message (t, MSG_REPLICATION_STORED);
    message->replication_stored.sequence = first;
    message->replication_stored.missing = 2;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    expect_newest_once (shard_of ("a"), first + 2);
    /*  the state that is asked for is the one that may be lost */
    assert_int_equal (core_test_get (t, "audit", MSG_MASTER_ORDER, -1)->master_order.trade.qty_e9, 10 * ONE);
    core_test_forget (t);
    ready (shard_of ("a"));
    expect_newest_once (shard_of ("a"), first + 2);
    all_answer ("X", 20, first + 2);
    stored (first);
    stored (first + 1);
    stored (first + 2);
    assert_int_equal (core_test_get (t, "listener", MSG_MASTER_ACK, -1)->master_ack.qty_e9, 20 * ONE);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_new_life_hears_the_newest_of_three_open_states),
        STORY (who_does_not_answer_hears_the_newest),
        STORY (a_state_that_is_opened_again_is_asked_for_with_the_newest)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
