/*  joining_test.c: who begins to follow while X fills gets exactly what X executed after that, by the broker's time: also
 *  of a shard that heard of X only later, late, or only its last state. */
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  anna follows since t=10 s; her shard comes up then and has heard of nothing. */
static story_t *joined (void)
{
    story_t *story = story_new ();
    story->walk = true;
    story_draft (story, "anna")->follow_since_ns = story->test->utc_ns + 10 * CORE_TEST_S;
    story_add (story);
    return story;
}

/*  X executed at that second, and the shard heard nothing of it. */
static void unheard (
    story_t *story, int64_t at_s, int64_t opened_e9, int64_t closed_e9, int64_t remaining_e18)
{
    trade_t *trade = &story->trade;
    memcpy (trade->x, "x1", sizeof "x1");
    int64_t at_ns = story->test->utc_ns + at_s * CORE_TEST_S;
    if (trade->qty_e9 == 0)
        trade->first_at_ns = at_ns;
    else
        trade->steps[trade->steps_count++] = (step_t){.executed_at_ns = trade->executed_at_ns,
            .opened_e9 = trade->opened_e9,
            .remaining_e18 = trade->remaining_e18};
    trade->opened_e9 = opened_e9;
    trade->closed_e9 = closed_e9;
    trade->qty_e9 = opened_e9 + closed_e9;
    trade->remaining_e18 = remaining_e18;
    trade->executed_at_ns = at_ns;
}

static void found_nothing (story_t *story, int64_t held_e9)
{
    story_history (story, NULL, 0, true);
    story_missing (story, (int) story->walks_seen);
    story_back (story, E9 (10000), held_e9);
}

/*  t=2 the master buys 6, t=8 4 more; t=10 anna joins; t=12 it buys 20; the shard hears of the last state alone. */
static void test_a_shard_that_lost_its_book_copies_what_came_after_the_joining (void **state)
{
    (void) state;
    story_t *story = joined ();
    unheard (story, 2, E9 (6), 0, FRACTION_ONE);
    unheard (story, 8, E9 (10), 0, FRACTION_ONE);
    core_test_pass (story->test, 12 * CORE_TEST_S);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    found_nothing (story, 0);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (10)); /*  half of 20 */
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_fills (story, 0, E9 (10));
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (30));
    story_free (story);
}

/*  The same with an exit: half of the master's position before the joining, half of the rest after it. */
static void test_a_shard_that_lost_its_book_takes_what_was_closed_after_the_joining (void **state)
{
    (void) state;
    story_t *story = joined ();
    unheard (story, 2, 0, E9 (50), FRACTION_ONE / 2);
    core_test_pass (story->test, 12 * CORE_TEST_S);
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50));
    found_nothing (story, E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5)); /*  not 7.5 */
    story_free (story);
}

static void executed (story_t *story, int64_t after_s, int64_t qty_e9)
{
    int64_t utc_ns = story->test->utc_ns;
    story->test->utc_ns += after_s * CORE_TEST_S;
    story_opens (story, "x1", TRADE_SIDE_BUY, qty_e9);
    story->test->utc_ns = utc_ns;
}

/*  t=-9 the master buys 6, t=-1 4 more, t=0 anna joins, t=1 it buys 20. The shard hears of the first two after t=0, the
 *  second while it asks for o1. */
static void test_what_is_heard_of_late_while_x_is_walked_is_not_copied (void **state)
{
    (void) state;
    story_t *story = joined ();
    core_test_pass (story->test, 10 * CORE_TEST_S);
    executed (story, -9, E9 (6));
    story_history (story, NULL, 0, true);
    assert_int_equal (story_walks (story), 1);
    executed (story, -1, E9 (4));
    story_missing (story, 0);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "joined_later");
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    executed (story, 1, E9 (20));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (10));
    story_free (story);
}

/*  The same when the first was decided before the second is heard of. */
static void test_what_is_heard_of_late_state_by_state_is_not_copied (void **state)
{
    (void) state;
    story_t *story = joined ();
    core_test_pass (story->test, 10 * CORE_TEST_S);
    executed (story, -9, E9 (6));
    found_nothing (story, 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "joined_later");
    executed (story, -1, E9 (4));
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    assert_int_equal (story_orders (story), 0);
    executed (story, 1, E9 (20));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (10));
    story_free (story);
}

/*  t=2 the first execution; t=10 anna joins; t=12 the state that is heard of, without any step: the database gave it back
 *  to the dispatcher, or more than 16 executions came since. What of it was before the joining is not known. */
static void test_with_the_steps_unknown_nothing_of_that_state_is_copied (void **state)
{
    (void) state;
    story_t *story = joined ();
    unheard (story, 2, E9 (6), 0, FRACTION_ONE);
    unheard (story, 12, E9 (30), 0, FRACTION_ONE);
    story->trade.steps_count = 0;
    memcpy (story->trade.symbol, "AAPL", sizeof "AAPL");
    core_test_pass (story->test, 12 * CORE_TEST_S);
    assert_int_equal (story_command (story), 0);
    found_nothing (story, 0);
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "joined_later");
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (30));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (4)); /*  with a step: X at 30, at t=12 */
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2));
    story_free (story);
}

/*  t=2 the master closes 50 of 100; t=10 anna joins and holds 10; t=12 it closes 25 of 50: c1 sells 5. The shard dies and
 *  hears, without steps, of 10 closed of the 25 that were left: the exit goes on from its row. */
static void test_with_the_steps_unknown_an_exit_goes_on_from_its_row (void **state)
{
    (void) state;
    story_t *story = joined ();
    unheard (story, 2, 0, E9 (50), FRACTION_ONE / 2);
    unheard (story, 12, 0, E9 (75), FRACTION_ONE / 4);
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.qty_e9 = row.filled_e9 = row.target_e9 = row.exit_target_e9 = E9 (5);
    row.remaining_e18 = FRACTION_ONE / 4;
    row.exit_decided = true;
    unheard (story, 13, 0, E9 (85), FRACTION_ONE / 20 * 3);
    story->trade.steps_count = 0;
    story->trade.side = TRADE_SIDE_SELL;
    memcpy (story->trade.symbol, "AAPL", sizeof "AAPL");
    core_test_pass (story->test, 13 * CORE_TEST_S);
    assert_int_equal (story_command (story), 0);
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c2");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2)); /*  10 of 25, of 5 */
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_a_shard_that_lost_its_book_copies_what_came_after_the_joining),
        cmocka_unit_test (test_a_shard_that_lost_its_book_takes_what_was_closed_after_the_joining),
        cmocka_unit_test (test_what_is_heard_of_late_while_x_is_walked_is_not_copied),
        cmocka_unit_test (test_what_is_heard_of_late_state_by_state_is_not_copied),
        cmocka_unit_test (test_with_the_steps_unknown_nothing_of_that_state_is_copied),
        cmocka_unit_test (test_with_the_steps_unknown_an_exit_goes_on_from_its_row)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
