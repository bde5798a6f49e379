/*  along_test.c: an X at its end goes along with an earlier one of its symbol that is not: a shard that begins anew decides the
 *  earlier one on what was held before the later. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

#define LATER_NS (10 * CORE_TEST_S) /*  broker time after our start: nobody can have acted on it */

/*  X buys 10 at second `at` of the broker's time. Its sequence. */
static uint64_t bought (const char *x, const char *symbol, int64_t at)
{
    story_first_at_ns = CORE_TEST_UTC_NS + 1000 * CORE_TEST_S + LATER_NS + at * CORE_TEST_S;
    assert_int_equal (order (x, symbol, 10, true), 0);
    return last_sequence ();
}

static void closed (const char *x, const char *symbol, int64_t at)
{
    uint64_t sequence = bought (x, symbol, at);
    all_answer (x, 10, sequence);
    stored (sequence);
}

/*  The first order of a client for X works, or is at its end. */
static void works_for (const char *id, const char *x, bool final)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (id));
    result->sequence = UINT64_MAX / 2;
    result->outcomes_count = 1;
    outcome_t *told = &result->outcomes[0];
    (void) strcpy (told->client_id, id);
    (void) strcpy (told->x, x);
    told->to_e9 = 10 * ONE;
    told->leg = OUTCOME_LEG_OPEN;
    told->slot = 1;
    told->kind = final ? OUTCOME_KIND_FILLED : OUTCOME_KIND_ACCEPTED;
    told->final = final;
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
    if (final)
        all_durable ();
}

static void works (const char *x, bool final)
{
    works_for ("a", x, final);
}

static void pass (int seconds)
{
    static const char *const shards[] = {"executor-1", "executor-2"};
    for (; seconds > 0; seconds--) {
        core_test_pass (t, CORE_TEST_S);
        for (int at = 0; at < 2; at++) {
            uint64_t clients = 0;
            for (char id[2] = "a"; *id <= 'd'; id[0]++)
                clients += strcmp (shard_of (id), shards[at]) == 0;
            beat (shards[at], clients);
        }
    }
}

static size_t commands_of (const char *shard, const char *x)
{
    size_t count = 0;
    for (size_t at = 0; at < core_test_messages (t, shard, MSG_COPY_COMMAND); at++)
        count += strcmp (core_test_get (t, shard, MSG_COPY_COMMAND, (int) at)->copy_command.trade.x, x) == 0;
    return count;
}

/*  What the next life of a's shard is commanded, in this order; NULL = nothing more. */
static void expect_anew (const char *first, const char *second)
{
    const char *shard = shard_of ("a");
    core_test_forget (t);
    ready (shard);
    assert_int_equal (commands (), (first != NULL) + (second != NULL));
    if (first)
        assert_int_equal (commands_of (shard, first), 1);
    if (second) {
        assert_int_equal (commands_of (shard, second), 1);
        const copy_command_t *last = &core_test_get (t, shard, MSG_COPY_COMMAND, -1)->copy_command;
        assert_string_equal (last->trade.x, second);
        assert_true (last->walk);
    }
}

/*  t=5 X1 works when it is closed; then X2 of t=6 is closed, X0 of t=4, and Y of another symbol. */
static void three_behind_one_that_works (void)
{
    up ();
    uint64_t sequence = bought ("X1", "AAPL", 5);
    works ("X1", false);
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X1", 10, sequence, OUTCOME_KIND_FILLED, 0);
    stored (sequence);
    closed ("X2", "AAPL", 6);
    closed ("X0", "AAPL", 4);
    closed ("Y", "MSFT", 6);
}

static void a_later_one_of_its_symbol_goes_along_to_a_new_life (void **state)
{
    (void) state;
    three_behind_one_that_works ();
    expect_anew ("X1", "X2");
}

/*  A client of the other shard. */
static const char *elsewhere (void)
{
    static char id[2];
    for (id[0] = 'b'; strcmp (shard_of (id), shard_of ("a")) == 0;)
        id[0]++;
    return id;
}

/*  An order of a client of the other shard works for X2: here it is at its end. Without an earlier one it concerns nobody
 *  here. */
static void one_that_works_for_another_shard_goes_along (void **state)
{
    (void) state;
    three_behind_one_that_works ();
    works_for (elsewhere (), "X2", false);
    expect_anew ("X1", "X2");
    works ("X1", true);
    expect_anew (NULL, NULL);
}

/*  Every 10 s who owes the end is asked; that needs nothing but X1. */
static void it_does_not_go_to_who_lives (void **state)
{
    (void) state;
    three_behind_one_that_works ();
    core_test_forget (t);
    pass (11);
    assert_int_equal (commands_of (shard_of ("a"), "X1"), 1);
    assert_int_equal (commands (), 1);
}

static void it_goes_no_more_when_the_earlier_is_at_its_end (void **state)
{
    (void) state;
    three_behind_one_that_works ();
    works ("X1", true);
    pass (11);
    expect_anew (NULL, NULL);
    closed ("X3", "AAPL", 7); /*  nor is anything kept that comes then */
    expect_anew (NULL, NULL);
}

/*  X1 is not closed yet: "a" owes its outcome when X2 is at its end. */
static void it_goes_along_with_one_that_is_open (void **state)
{
    (void) state;
    up ();
    uint64_t sequence = bought ("X1", "AAPL", 5);
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X1", 10, sequence, OUTCOME_KIND_FILLED, 0);
    closed ("X2", "AAPL", 6);
    expect_anew ("X2", "X1"); /*  a shard puts them in their order */
}

/*  What works again is recorded once. */
static void expect_recorded (void)
{
    core_test_forget (t);
    works ("X2", false);
    size_t recorded = 0;
    for (size_t at = 0; at < core_test_messages (t, "audit", MSG_MASTER_ORDER); at++) {
        const trade_t *trade = &core_test_get (t, "audit", MSG_MASTER_ORDER, (int) at)->master_order.trade;
        recorded += strcmp (trade->x, "X2") == 0 && trade->qty_e9 == 10 * ONE;
    }
    assert_int_equal (recorded, 1);
    core_test_forget (t);
    works ("X2", false); /*  known by now */
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 0);
}

/*  Its database may have been deleted since it was at its end: it hears of X2 again, not only in 10 s. */
static void what_works_again_is_recorded (void **state)
{
    (void) state;
    three_behind_one_that_works ();
    expect_recorded ();
}

/*  As before, but X2 was kept when its order worked, before it was closed. */
static void what_worked_before_and_works_again_is_recorded (void **state)
{
    (void) state;
    up ();
    uint64_t first = bought ("X1", "AAPL", 5);
    uint64_t second = bought ("X2", "AAPL", 6);
    works ("X1", false);
    works ("X2", false);
    for (char id[2] = "b"; *id <= 'd'; id[0]++) {
        outcome (id, "X1", 10, first, OUTCOME_KIND_FILLED, 0);
        outcome (id, "X2", 10, second, OUTCOME_KIND_FILLED, 0);
    }
    works ("X2", true);
    stored (first);
    stored (second);
    expect_recorded ();
}

/*  A life before us closed X0, X2 and Y, and had seen X1. */
static void up_knowing (void)
{
    known ("X0", "AAPL", 10, 1000);
    known ("X1", "AAPL", 0, 2000);
    known ("X2", "AAPL", 10, 3000);
    known ("Y", "MSFT", 10, 3000);
    up ();
}

static void expect_x2_along (void)
{
    for (int at = 0; at < 2; at++) {
        const char *shard = at ? "executor-2" : "executor-1";
        assert_int_equal (commands_of (shard, "X1"), 1);
        assert_int_equal (commands_of (shard, "X2"), 1);
        assert_int_equal (core_test_messages (t, shard, MSG_COPY_COMMAND), 2);
    }
}

/*  t=0 the listener repeats all of them, t=2 s we may begin: who did not
 *  live then hears X2 with X1. */
static void one_that_the_listener_repeats_goes_to_every_shard_once (void **state)
{
    (void) state;
    core_test_destroy (&t);
    story_begin (2 * CORE_TEST_S);
    up_knowing ();
    order_at ("X2", "AAPL", 3000);
    order_at ("Y", "MSFT", 3000);
    order_at ("X1", "AAPL", 2000);
    order_at ("X0", "AAPL", 1000);
    assert_int_equal (acks (), 3);
    assert_int_equal (commands (), 0);
    pass (3);
    expect_x2_along ();
    core_test_forget (t);
    order_at ("X2", "AAPL", 3000);
    assert_int_equal (commands (), 0);
    assert_int_equal (acks (), 1);
    expect_anew ("X2", "X1");
}

/*  As before, but we live: the listener comes up and reads back. X1 is opened, X2 goes along with it, X0 and Y do not. */
static void so_it_is_when_the_listener_comes_up_later (void **state)
{
    (void) state;
    up_knowing ();
    order_at ("X0", "AAPL", 1000);
    order_at ("X1", "AAPL", 2000);
    order_at ("Y", "MSFT", 3000);
    order_at ("X2", "AAPL", 3000);
    assert_int_equal (acks (), 3);
    expect_x2_along ();
}

/*  As before, but an order of the other shard works for X2: a's shard hears of it all the same. */
static void so_it_is_when_it_works_for_another_shard (void **state)
{
    (void) state;
    up_knowing ();
    works_for (elsewhere (), "X2", false);
    order_at ("X1", "AAPL", 2000);
    order_at ("X2", "AAPL", 3000);
    assert_int_equal (commands_of (shard_of ("a"), "X1"), 1);
    assert_int_equal (commands_of (shard_of ("a"), "X2"), 1);
    assert_int_equal (commands_of (shard_of (elsewhere ()), "X2"), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_later_one_of_its_symbol_goes_along_to_a_new_life),
        STORY (one_that_works_for_another_shard_goes_along), STORY (it_does_not_go_to_who_lives),
        STORY (it_goes_no_more_when_the_earlier_is_at_its_end), STORY (it_goes_along_with_one_that_is_open),
        STORY (what_works_again_is_recorded), STORY (what_worked_before_and_works_again_is_recorded),
        STORY (one_that_the_listener_repeats_goes_to_every_shard_once),
        STORY (so_it_is_when_the_listener_comes_up_later), STORY (so_it_is_when_it_works_for_another_shard)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
