/*  forgotten_test.c: progress was deleted: what is new, and what was done by a life that nobody remembers. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

/*  X1 (t=1000) and X2 (t=2000) were copied; the progress was deleted, X2's closing is known again. X1 comes once more:
 *  it is acknowledged and nobody is commanded. Y is of another symbol, X3 executed later: these are copied. */
static void what_was_done_and_forgotten_is_not_copied_again (void **state)
{
    (void) state;
    known ("X2", "AAPL", 10, 2000);
    up ();
    order_at ("X1", "AAPL", 1000);
    assert_int_equal (commands (), 0);
    assert_int_equal (acks (), 1);
    assert_string_equal (core_test_get (t, "listener", MSG_MASTER_ACK, 0)->master_ack.x, "X1");
    story_first_at_ns = 1000;
    assert_int_equal (order ("X1", "AAPL", 12, true), 0); /*  state after state */
    assert_int_equal (commands (), 0);
    assert_int_equal (acks (), 2);
    order_at ("Y", "MSFT", 1000);
    assert_string_equal (commanded (0), "Y");
    order_at ("X3", "AAPL", 3000);
    assert_string_equal (commanded (1), "X3");
}

/*  As before, but of X1 the database knows that it was seen: seen is not done. Of X0 it knows nothing. */
static void what_was_only_seen_is_copied (void **state)
{
    (void) state;
    known ("X1", "AAPL", 0, 1000);
    known ("X2", "AAPL", 10, 2000);
    up ();
    order_at ("X1", "AAPL", 1000);
    assert_string_equal (commanded (0), "X1");
    assert_int_equal (acks (), 0);
    core_test_forget (t);
    order_at ("X0", "AAPL", 900);
    assert_int_equal (commands (), 0);
    assert_int_equal (acks (), 1);
    assert_string_equal (core_test_get (t, "listener", MSG_MASTER_ACK, 0)->master_ack.x, "X0");
}

/*  The database knows the older X0 and the newer X2: its progress is all there, so X1, of which it knows nothing, was never
 *  seen by the dispatcher before us. */
static void what_the_database_would_know_is_copied (void **state)
{
    (void) state;
    known ("X0", "MSFT", 10, 500);
    known ("X2", "AAPL", 10, 2000);
    up ();
    order_at ("X1", "AAPL", 1000);
    assert_string_equal (commanded (0), "X1");
    assert_int_equal (acks (), 0);
}

/*  What the shard had to say to this life of a dispatcher was said before it. */
static void beat_of (const char *shard, uint64_t life)
{
    uint64_t clients = 0;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        clients += strcmp (shard_of (id), shard) == 0;
    message_t *message = core_test_message (t, MSG_SHARD_BEAT);
    (void) strcpy (message->shard_beat.shard, shard);
    message->shard_beat.clients = clients;
    message->shard_beat.life = life;
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

/*  As before, but the shards lived on, and one of them still owes an outcome of X1: nothing begins before both said what they
 *  owe. X1 is copied, X0 was done. */
static void what_a_shard_owes_is_copied (void **state)
{
    (void) state;
    known ("X2", "AAPL", 10, 2000);
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    loaded (7);
    for (int at = 0; at < 2; at++)
        beat_of (at ? "executor-2" : "executor-1", 3);
    uint64_t life = core_test_get (t, "executor-2", MSG_SHARD_ASSIGNED, 0)->shard_assigned.life;
    assert_true (life > 3);
    order_at ("X0", "AAPL", 900);
    order_at ("X1", "AAPL", 1000);
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    trade_t *owed = &message->master_order.trade;
    (void) strcpy (owed->x, "X1");
    (void) strcpy (owed->symbol, "AAPL");
    owed->qty_e9 = owed->opened_e9 = 5 * ONE;
    owed->first_at_ns = owed->executed_at_ns = 1000;
    assert_int_equal (core_test_receive (t, "executor-1", message), 0);
    beat_of ("executor-1", life);
    assert_int_equal (acks () + commands (), 0);
    beat_of ("executor-2", life);
    assert_int_equal (acks (), 1);
    assert_string_equal (core_test_get (t, "listener", MSG_MASTER_ACK, 0)->master_ack.x, "X0");
    assert_string_equal (commanded (0), "X1");
}

/*  CATCH_UP_LOOKBACK is 60 s and the oldest mark was stored at M: of what executed more than 60 s before M nobody can know
 *  any more, it is acknowledged; what executed later is copied, also when its turn comes late. */
static void older_than_the_lookback_is_not_copied_again (void **state)
{
    (void) state;
    core_test_destroy (&t);
    story_lookback_ns = 60 * CORE_TEST_S;
    story_known_since_ns = CORE_TEST_UTC_NS + 900 * CORE_TEST_S;
    story_begin (1);
    known ("X0", "AAPL", 0, story_known_since_ns - 100 * CORE_TEST_S);
    up ();
    core_test_pass (t, 600 * CORE_TEST_S);
    beat ("executor-1", 4);
    beat ("executor-2", 4);
    core_test_forget (t);
    order_at ("X1", "AAPL", story_known_since_ns - 61 * CORE_TEST_S);
    assert_int_equal (commands (), 0);
    assert_string_equal (core_test_get (t, "listener", MSG_MASTER_ACK, 0)->master_ack.x, "X1");
    order_at ("X0", "AAPL", story_known_since_ns - 100 * CORE_TEST_S); /*  that it was seen is known */
    assert_string_equal (commanded (0), "X0");
    order_at ("X2", "AAPL", story_known_since_ns - 62 * CORE_TEST_S); /*  it goes along with X0, done */
    assert_string_equal (commanded (1), "X2");
    assert_int_equal (acks (), 2);
    order_at ("X3", "AAPL", story_known_since_ns - 59 * CORE_TEST_S);
    assert_string_equal (commanded (2), "X3");
    assert_int_equal (acks (), 2);
}

/*  Nothing is stored at all: the lookback counts from the start. */
static void at_the_first_start_the_lookback_counts_from_it (void **state)
{
    (void) state;
    core_test_destroy (&t);
    story_lookback_ns = 60 * CORE_TEST_S;
    story_known_since_ns = 0;
    story_begin (1);
    core_test_pass (t, 1);
    up ();
    order_at ("X1", "AAPL", t->utc_ns - 61 * CORE_TEST_S);
    assert_int_equal (commands (), 0);
    assert_int_equal (acks (), 1);
    order_at ("X2", "AAPL", t->utc_ns - 59 * CORE_TEST_S);
    assert_string_equal (commanded (0), "X2");
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (what_was_done_and_forgotten_is_not_copied_again),
        STORY (what_was_only_seen_is_copied), STORY (what_the_database_would_know_is_copied),
        STORY (what_a_shard_owes_is_copied), STORY (older_than_the_lookback_is_not_copied_again),
        STORY (at_the_first_start_the_lookback_counts_from_it)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
