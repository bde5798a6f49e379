/*  merge_test.c: where a copy stands in its lane, and how much it decides at once: its place is that of its first undone
 *  state, and what it decides goes up to the next other copy's place, whoever comes or goes. The states of a lane are
 *  decided in the order of their executions, however late their commands come. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  t=0 x0's order has no answer yet, so that what comes waits; x3 executes at t=1 and t=3. */
static story_t *two_states_wait (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x0", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, CORE_TEST_S);
    story_opens (story, "x3", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 2 * CORE_TEST_S);
    story_opens (story, "x3", TRADE_SIDE_BUY, E9 (10));
    return story;
}

/*  t=3: only now is heard that x4 closed half of 20 at t=2. */
static void between_them (story_t *story)
{
    story->test->utc_ns -= CORE_TEST_S;
    story_closes (story, "x4", TRADE_SIDE_SELL, E9 (10), E9 (20));
    story->test->utc_ns += CORE_TEST_S;
}

/*  The next order, filled at once. */
static void expect (story_t *story, int nth, side_t side, int64_t qty_e9)
{
    assert_int_equal (story_orders (story), nth + 1);
    assert_int_equal (story_order (story, nth)->side, side);
    assert_int_equal (story_order (story, nth)->qty_e9, qty_e9);
    story_fills (story, nth, qty_e9);
}

static void test_nobody_between_them_they_are_one_order (void **state)
{
    (void) state;
    story_t *story = two_states_wait ();
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 2);
    story_free (story);
}

/*  x4 sells half of what x0 and x3's first state bought; x3's second state comes after it. */
static void test_what_comes_between_them_is_decided_between_them (void **state)
{
    (void) state;
    story_t *story = two_states_wait ();
    between_them (story);
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (5));
    expect (story, 2, SIDE_SELL, E9 (5));
    expect (story, 3, SIDE_BUY, E9 (5));
    assert_int_equal (story_orders (story), 4);
    story_free (story);
}

/*  A third state of x3 comes while x4 is between: the first one stays alone, the other two are one. */
static void test_what_comes_later_merges_behind_it (void **state)
{
    (void) state;
    story_t *story = two_states_wait ();
    trade_t x3 = story->trade;
    between_them (story);
    story->trade = x3;
    story_opens (story, "x3", TRADE_SIDE_BUY, E9 (4));
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (5));
    expect (story, 2, SIDE_SELL, E9 (5));
    expect (story, 3, SIDE_BUY, E9 (7));
    assert_int_equal (story_orders (story), 4);
    story_free (story);
}

/*  x4 may have been done by another shard: while it is walked it is between; it was, so it leaves, and they merge again. */
static void test_when_it_leaves_they_are_one_order_again (void **state)
{
    (void) state;
    story_t *story = two_states_wait ();
    story->walk = true;
    between_them (story);
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "no_position");
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    expect (story, 0, SIDE_BUY, E9 (5));
    expect (story, 1, SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 2);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_nobody_between_them_they_are_one_order),
        cmocka_unit_test (test_what_comes_between_them_is_decided_between_them),
        cmocka_unit_test (test_what_comes_later_merges_behind_it),
        cmocka_unit_test (test_when_it_leaves_they_are_one_order_again)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
