/*  unreadable_test.c: the database is away when X is walked. An exit that does not know what was decided before stops at
 *  the scaled position, so it waits 20 s for the history; an entry has nothing to lose by going on. */
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

static size_t requests (const story_t *story)
{
    return core_test_messages (story->test, "dispatcher", MSG_HISTORY_REQUEST);
}

/*  t=0 a shard comes back: the master closed 50 of 100 and now holds 12; anna holds 10, scaled she would keep 6. */
static story_t *exits (void)
{
    story_t *story = story_again ();
    memcpy (story->trade.x, "x1", sizeof "x1");
    story->trade.remaining_e18 = FRACTION_ONE;
    story->trade.current_e9 = E9 (12);
    story->trade.first_at_ns = story->test->utc_ns;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    return story;
}

/*  t=0, 1, 2 … 10: not readable; t=11 it is: nothing was decided before, so half of what is held goes. */
static void test_an_exit_takes_its_whole_fraction_when_the_history_comes_late (void **state)
{
    (void) state;
    story_t *story = exits ();
    for (size_t second = 0; second <= 10; second++) {
        assert_int_equal (requests (story), second + 1); /*  once a second, however quickly it is answered */
        story_history (story, NULL, 0, false);
        core_test_pass (story->test, CORE_TEST_S);
    }
    assert_int_equal (story_walks (story), 0);
    story_history (story, NULL, 0, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    story_free (story);
}

/*  t=19 s the rows come: c1 of an earlier life sold 2 of 5, so 3 are left of the whole fraction. */
static void test_rows_that_come_late_are_gone_on_from (void **state)
{
    (void) state;
    story_t *story = exits ();
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.qty_e9 = row.target_e9 = row.exit_target_e9 = E9 (5);
    row.filled_e9 = E9 (2);
    row.remaining_e18 = FRACTION_ONE / 2;
    row.exit_decided = true;
    story_history (story, NULL, 0, false);
    core_test_pass (story->test, 19 * CORE_TEST_S);
    story_history (story, &row, 1, true);
    story_missing (story, 0); /*  c2 */
    story_back (story, E9 (10000), E9 (8));
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c2");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (3));
    story_free (story);
}

/*  Answered or not, t=20 s it goes on without: from 10 down to 6. */
static void test_after_20_seconds_an_exit_goes_on_down_to_the_scaled_position (void **state)
{
    (void) state;
    for (int answered = 0; answered < 2; answered++) {
        story_t *story = exits ();
        for (int second = 0; second < 19; second++) {
            if (answered)
                story_history (story, NULL, 0, false);
            core_test_pass (story->test, CORE_TEST_S);
        }
        assert_int_equal (story_walks (story), 0);
        core_test_pass (story->test, 1100 * CORE_TEST_MS);
        assert_int_equal (story_walks (story), 1);
        assert_int_equal (requests (story), 20);
        story_missing (story, 0);
        story_back (story, E9 (10000), E9 (10));
        assert_int_equal (story_orders (story), 1);
        assert_int_equal (story_order (story, 0)->qty_e9, E9 (4));
        core_test_pass (story->test, 30 * CORE_TEST_S);
        assert_int_equal (requests (story), 20); /*  and asks no more */
        story_free (story);
    }
}

static void test_an_entry_goes_on_after_three (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, false);
    assert_int_equal (story_walks (story), 0); /*  rows may come yet */
    core_test_pass (story->test, 3100 * CORE_TEST_MS);
    assert_int_equal (requests (story), 3);
    assert_int_equal (story_walks (story), 1);
    story_missing (story, 0);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    story_free (story);
}

/*  X executed 59 or 61 s ago, and the history knows it, but of another client only: of the older one hers may have been
 *  decided by a life whose progress was deleted, so she goes down to 6; of the other one half of what she holds goes. */
static void test_an_old_exit_of_which_nothing_is_told_stops_there_too (void **state)
{
    (void) state;
    for (int old = 0; old < 2; old++) {
        story_t *story = story_again ();
        memcpy (story->trade.x, "x1", sizeof "x1");
        story->trade.remaining_e18 = FRACTION_ONE;
        story->trade.current_e9 = E9 (12);
        story->age_ns = (old ? 61 : 59) * CORE_TEST_S;
        story->trade.first_at_ns = story->test->utc_ns - story->age_ns;
        story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
        outcome_t row = story_row (story, "bert", OUTCOME_LEG_CLOSE, 1);
        story_history (story, &row, 1, true);
        story_missing (story, 0);
        story_back (story, E9 (10000), E9 (10));
        assert_int_equal (story_orders (story), 1);
        assert_int_equal (story_order (story, 0)->qty_e9, old ? E9 (4) : E9 (5));
        story_free (story);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_an_exit_takes_its_whole_fraction_when_the_history_comes_late),
        cmocka_unit_test (test_rows_that_come_late_are_gone_on_from),
        cmocka_unit_test (test_an_old_exit_of_which_nothing_is_told_stops_there_too),
        cmocka_unit_test (test_after_20_seconds_an_exit_goes_on_down_to_the_scaled_position),
        cmocka_unit_test (test_an_entry_goes_on_after_three)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
