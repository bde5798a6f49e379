/*  steps_test.c: a shard that hears only the newest state of X knows from its steps what X was before: those states are
 *  decided apart, in the order of execution with other X of the lane, the newest eight of them. And a shard without clients
 *  takes no state at all: what reaches it was sent to the life before it. */
#include <stdio.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  t=0 x0's order has no answer yet, so that what comes waits. */
static story_t *waiting (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x0", TRADE_SIDE_BUY, E9 (10));
    return story;
}

/*  X bought 2 every `every` seconds from t=first on, `times` times. Only its newest state is told. */
static void newest (story_t *story, const char *x, int64_t first, int64_t every, int times)
{
    trade_t trade = {.side = TRADE_SIDE_BUY,
        .price_e9 = E9 (100),
        .order_qty_e9 = E9 (100),
        .master_equity_e9 = E9 (100000),
        .remaining_e18 = FRACTION_ONE,
        .first_at_ns = story->test->utc_ns + first * CORE_TEST_S};
    (void) snprintf (trade.x, sizeof trade.x, "%s", x);
    (void) snprintf (trade.order_id, sizeof trade.order_id, "%s", x);
    (void) snprintf (trade.master_id, sizeof trade.master_id, "master");
    (void) snprintf (trade.symbol, sizeof trade.symbol, "AAPL");
    for (int nth = 0; nth < times; nth++) {
        if (nth > 0)
            trade.steps[trade.steps_count++] = (step_t){.executed_at_ns = trade.executed_at_ns,
                .qty_e9 = trade.qty_e9,
                .opened_e9 = trade.opened_e9,
                .remaining_e18 = trade.remaining_e18};
        trade.qty_e9 += E9 (2);
        trade.opened_e9 += E9 (2);
        trade.executed_at_ns = trade.received_at_ns = trade.first_at_ns + nth * every * CORE_TEST_S;
    }
    story->trade = trade;
    assert_int_equal (story_command (story), 0);
}

/*  The next order, filled at once. */
static void expect (story_t *story, int nth, side_t side, int64_t qty_e9)
{
    assert_int_equal (story_orders (story), nth + 1);
    assert_int_equal (story_order (story, nth)->side, side);
    assert_int_equal (story_order (story, nth)->qty_e9, qty_e9);
    story_fills (story, nth, qty_e9);
}

/*  x3 executes at t=1 and t=3, x4 closes half of 12 at t=2: half of 5 and 1 goes, then x3's second 1 is bought. */
static void test_states_that_were_not_told_are_decided_in_their_order (void **state)
{
    (void) state;
    story_t *story = waiting ();
    newest (story, "x3", 1, 2, 2);
    story->test->utc_ns += 2 * CORE_TEST_S;
    story_closes (story, "x4", TRADE_SIDE_SELL, E9 (6), E9 (12));
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (1));
    expect (story, 2, SIDE_SELL, E9 (3));
    expect (story, 3, SIDE_BUY, E9 (1));
    assert_int_equal (story_orders (story), 4);
    story_free (story);
}

/*  What the shard knows already comes once: x3's first state was decided before the newest is heard. */
static void test_a_state_that_is_known_is_not_taken_again (void **state)
{
    (void) state;
    story_t *story = waiting ();
    newest (story, "x3", 1, 2, 1);
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (1));
    newest (story, "x4", 2, 1, 1); /*  no answer yet */
    newest (story, "x5", 2, 1, 1);
    newest (story, "x3", 1, 2, 3); /*  the second and the third were not told */
    expect (story, 2, SIDE_BUY, E9 (1));
    expect (story, 3, SIDE_BUY, E9 (1));
    expect (story, 4, SIDE_BUY, E9 (2));
    assert_int_equal (story_orders (story), 5);
    assert_false (story_said (story, "anna", "covered"));
    story_free (story);
}

/*  x3 at t=1, 3 … 23 and x4 at t=2, 4 … 24, twelve times each: eight of each are remembered, the ones before merge. */
static void test_the_newest_eight_are_decided_apart (void **state)
{
    (void) state;
    story_t *story = waiting ();
    newest (story, "x3", 1, 2, 12);
    newest (story, "x4", 2, 2, 12);
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (5));
    expect (story, 2, SIDE_BUY, E9 (5));
    for (int nth = 3; nth < 17; nth++)
        expect (story, nth, SIDE_BUY, E9 (1));
    assert_int_equal (story_orders (story), 17);
    story_free (story);
}

/*  The last command to the life before comes before our clients; then all is commanded again, in its order. */
static void test_what_comes_before_the_clients_sets_no_state (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    trade_t first = story->trade;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    trade_t second = story->trade;
    story_client (story, "anna", 0);
    story->trade = first;
    assert_int_equal (story_command (story), 0);
    assert_int_equal (core_test_messages (story->test, "dispatcher", MSG_HISTORY_REQUEST), 0);
    expect (story, 0, SIDE_BUY, E9 (5));
    story->trade = second;
    assert_int_equal (story_command (story), 0);
    expect (story, 1, SIDE_BUY, E9 (5));
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_states_that_were_not_told_are_decided_in_their_order),
        cmocka_unit_test (test_a_state_that_is_known_is_not_taken_again),
        cmocka_unit_test (test_the_newest_eight_are_decided_apart),
        cmocka_unit_test (test_what_comes_before_the_clients_sets_no_state)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
