/*  replay_test.c: orders of an earlier life are matched with the states they answer, and exits go on from there. */
#include <stdio.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  The commands of x1 and x2 come again, then each history; the walks are answered in the tests. */
static void know_nothing (story_t *story, const char *x)
{
    (void) snprintf (story->trade.x, sizeof story->trade.x, "%s", x);
    story_history (story, NULL, 0, true);
}

static void test_an_exit_that_was_done_is_not_decided_again_on_a_later_entry (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  anna held 10: x1 closed half (c1 5), x2 bought 20 more (o1 10), then the crash: she holds 15 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    trade_t first = story->trade;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    know_nothing (story, "x1");
    story->created_at_ns = 1000;
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    know_nothing (story, "x2");
    story->created_at_ns = 2000;
    story_found (story, 2, E9 (10), E9 (10));
    story_missing (story, 3);
    story_back (story, E9 (10000), E9 (15));
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcomes (story, "anna"), 2);
    /*  half of what is left under x1: of 15 */
    story->trade = first;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (35), E9 (70));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (7.5));
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c2");
    story_free (story);
}

static void test_an_exit_not_done_yet_leaves_out_a_later_entry_that_was (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100)); /*  its order never arrived */
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    know_nothing (story, "x1");
    story_missing (story, 0);
    know_nothing (story, "x2");
    story_found (story, 1, E9 (10), E9 (10));
    story_missing (story, 2);
    story_back (story, E9 (10000), E9 (20));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5)); /*  half of 10, not of 20 */
    story_free (story);
}

/*  x2's order of the earlier life arrives when both were asked for already, and before the list is read: it is in it. */
static void test_a_later_entry_that_arrives_after_its_walk_is_left_out (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story->test->utc_ns += CORE_TEST_S;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    know_nothing (story, "x1");
    story_missing (story, 0);
    know_nothing (story, "x2");
    story_missing (story, 1);
    story_read (story, E9 (10000), E9 (20));
    story_missing (story, 2); /*  of x1 */
    assert_int_equal (story_orders (story), 0);
    story_found (story, 3, E9 (10), E9 (10));
    story_missing (story, 4);
    story_back (story, E9 (10000), E9 (20));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->side, SIDE_SELL);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5)); /*  half of 10, not of 20 */
    story_free (story);
}

/*  The outcomes of x1 were deleted, those of x2 were stored after that. */
static outcome_t entry_told_later (story_t *story)
{
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.qty_e9 = row.filled_e9 = row.target_e9 = E9 (10);
    row.rate_num_e9 = E9 (1);
    row.rate_den_e9 = E9 (2);
    return row;
}

static void test_an_exit_found_again_leaves_out_a_later_entry_that_the_history_tells_of (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  anna held 10: x1 closed half (c1 5), then x2 bought 10: she holds 15 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story->test->utc_ns += INT64_C (1000000000);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    outcome_t row = entry_told_later (story);
    story_history (story, &row, 1, true);
    story_missing (story, 0); /*  o2 of x2 */
    know_nothing (story, "x1");
    story_found (story, 1, E9 (5), E9 (5));
    story_missing (story, 2);
    story_back (story, E9 (10000), E9 (15));
    assert_int_equal (story_orders (story), 0); /*  c1 was half of 10, not a part of half of 20 */
    assert_int_equal (story_outcome (story, "anna")->exit_target_e9, E9 (5));
    story_free (story);
}

static void test_an_exit_of_nothing_takes_nothing_of_a_later_entry_that_the_history_tells_of (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  anna held nothing when x1 closed half, which was told and deleted; then x2 bought 10 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story->test->utc_ns += INT64_C (1000000000);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    outcome_t row = entry_told_later (story);
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    know_nothing (story, "x1");
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (10));
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "no_position");
    story_free (story);
}

static void test_an_entry_is_not_sent_after_a_later_exit_that_the_history_tells_of (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  x1's entry was refused, which was told and deleted; then x2 closed half of 10 */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    story->test->utc_ns += INT64_C (1000000000);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.qty_e9 = row.filled_e9 = row.target_e9 = row.exit_target_e9 = E9 (5);
    row.remaining_e18 = FRACTION_ONE / 2;
    row.exit_decided = true;
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    know_nothing (story, "x1");
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "refused_before");
    story_free (story);
}

static void test_what_is_found_below_a_known_order_is_adopted_and_decides_nothing (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  x1 closed all: c1 4 of 10, deleted; c2 6, told; then x2 bought 10 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (100), E9 (100));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 2);
    row.from_e9 = E9 (40);
    row.qty_e9 = row.filled_e9 = E9 (6);
    row.target_e9 = row.exit_target_e9 = E9 (10);
    row.exit_decided = true;
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (4), E9 (4));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (10));
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (40));
    story_free (story);
}

static void test_an_order_whose_outcome_is_lost_leaves_no_hole_between_those_that_are_told (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  x1 closed 25, 25, 25 of 100: c1, c2, c3, each 2.5 of 10; the word of c2 was lost, then the crash */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (75), E9 (100));
    outcome_t rows[2] = {
        story_row (story, "anna", OUTCOME_LEG_CLOSE, 1), story_row (story, "anna", OUTCOME_LEG_CLOSE, 3)};
    for (size_t at = 0; at < 2; at++) {
        rows[at].qty_e9 = rows[at].filled_e9 = E9 (2.5);
        rows[at].exit_decided = true;
    }
    rows[0].to_e9 = E9 (25);
    rows[1].from_e9 = E9 (50);
    rows[1].exit_target_e9 = E9 (7.5);
    rows[1].remaining_e18 = FRACTION_ONE / 4;
    story_history (story, rows, 2, true);
    story_found (story, 0, E9 (2.5), E9 (2.5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (2.5));
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->slot, 2);
    assert_int_equal (story_outcome (story, "anna")->from_e9, E9 (25));
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (50));
    story_free (story);
}

static void test_states_that_were_decided_apart_are_told_apart (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100)); /*  c1: 5 of 10 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50));  /*  crashed before */
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (50));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2.5));
    story_free (story);
}

static void test_states_that_merged_are_matched_with_the_last_of_them (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50)); /*  one c1 for both: 7.5 of 10 */
    story->created_at_ns = story->test->utc_ns;                    /*  after both had executed */
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (7.5), E9 (7.5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (2.5));
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (75));
    assert_int_equal (story_outcome (story, "anna")->exit_target_e9, E9 (7.5));
    story_free (story);
}

static void test_an_exit_for_a_state_that_is_gone_goes_on_from_what_it_did (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  only the newest state comes again: 75 of 100 closed; c1 had answered 50 of 100 */
    (void) snprintf (story->trade.x, sizeof story->trade.x, "x1");
    story->trade.remaining_e18 = FRACTION_ONE / 2;
    story->trade.qty_e9 = story->trade.closed_e9 = E9 (50);
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50));
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2.5));
    story_free (story);
}

static void test_more_than_any_state_asks_for_is_all_that_is_exited (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_history (story, NULL, 0, true);
    story_found (
        story, 0, E9 (9), E9 (9)); /*  somebody sold by hand, or c1 answers a state that we do not know */
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (1));
    assert_int_equal (story_orders (story), 0);
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50)); /*  half of what is left */
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (0.5));
    story_free (story);
}

static void test_the_history_tells_how_far_an_exit_went (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.qty_e9 = row.filled_e9 = row.exit_target_e9 = E9 (5);
    row.remaining_e18 = FRACTION_ONE / 2;
    row.exit_decided = true;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50));
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), E9 (15)); /*  10 were bought since under another order */
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (7.5)); /*  half of 15, no more for the first half */
    story_free (story);
}

static void test_an_exit_that_ended_short_before_the_crash_is_completed (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.qty_e9 = row.exit_target_e9 = E9 (5);
    row.filled_e9 = E9 (2);
    row.remaining_e18 = FRACTION_ONE / 2;
    row.exit_decided = true;
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), E9 (8));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (3));
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c2");
    story_free (story);
}

static void test_an_exit_that_was_told_and_not_done_goes_on_in_the_next_life (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.kind = OUTCOME_KIND_FAILED; /*  the account could not be read */
    row.final = false;
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (10));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c1");
    story_free (story);
}

static void test_an_exit_of_everything_that_was_done_takes_nothing_that_came_since (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (100), E9 (100));
    outcome_t rows[2] = {
        story_row (story, "anna", OUTCOME_LEG_CLOSE, 1), story_row (story, "anna", OUTCOME_LEG_CLOSE, 2)};
    rows[0].qty_e9 = rows[0].filled_e9 = E9 (10);
    rows[0].exit_target_e9 = rows[1].exit_target_e9 = E9 (10);
    rows[0].exit_decided = rows[1].exit_decided = true; /*  remaining 0 */
    rows[1].kind = OUTCOME_KIND_FAILED;                 /*  told while the account could not be read */
    rows[1].final = false;
    story_history (story, rows, 2, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), E9 (7)); /*  bought since under another order */
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->slot, 2); /*  its row is open no more */
    assert_string_equal (story_outcome (story, "anna")->reason, "never_ordered");
    assert_true (story_outcome (story, "anna")->final);
    core_test_forget (story->test);
    assert_int_equal (story_command (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "never_ordered"); /*  said again: the same */
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

static void test_an_exit_that_ends_short_is_final_when_the_next_order_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (10));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_fills (story, 0, E9 (2));
    assert_false (story_outcome (story, "anna")->final); /*  a crash here: the dispatcher asks for it again */
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (3));
    size_t told = story_outcomes (story, "anna");
    story_fills (story, 1, E9 (3));
    assert_int_equal (story_outcomes (story, "anna"), told + 2);
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

/*  Without history an exit goes no further than down to multiplier x the master's position of now. */
static void test_without_history_an_exit_stops_at_the_scaled_position (void **state)
{
    (void) state;
    const int64_t master_e9[] = {E9 (12), 0, E9 (-12), E9 (30)};
    const int64_t sold_e9[] = {E9 (4), E9 (5), E9 (5), 0};
    for (size_t at = 0; at < 4; at++) {
        story_t *story = story_again ();
        (void) snprintf (story->trade.x, sizeof story->trade.x, "x1");
        story->trade.remaining_e18 = FRACTION_ONE;
        story->trade.current_e9 = master_e9[at];
        story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
        story_history (story, NULL, 0, false);          /*  the database cannot be read */
        core_test_pass (story->test, 21 * CORE_TEST_S); /*  nor for 20 s */
        story_missing (story, 0);
        story_back (story, E9 (10000), E9 (10));
        assert_int_equal (story_orders (story), sold_e9[at] > 0 ? 1 : 0);
        if (sold_e9[at] > 0)
            assert_int_equal (story_order (story, 0)->qty_e9, sold_e9[at]);
        else
            assert_string_equal (story_outcome (story, "anna")->reason, "scaled_position");
        story_free (story);
    }
}

/*  t=-61 the master sold, and no shard lived long enough to decide it. Nothing was deleted since: it goes all the way. */
static void test_an_old_exit_that_nobody_decided_stops_only_where_progress_was_deleted (void **state)
{
    (void) state;
    for (int deleted = 0; deleted < 2; deleted++) {
        story_t *story = story_again ();
        story->age_ns = 61 * CORE_TEST_S;
        (void) snprintf (story->trade.x, sizeof story->trade.x, "x1");
        story->trade.remaining_e18 = FRACTION_ONE;
        story->trade.current_e9 = E9 (30);
        story->trade.first_at_ns = story->test->utc_ns - story->age_ns;
        story->known_since_ns = story->trade.first_at_ns + (deleted ? CORE_TEST_S : -CORE_TEST_S);
        story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
        story_history (story, NULL, 0, true);
        story_missing (story, 0);
        story_back (story, E9 (10000), E9 (10));
        assert_int_equal (story_orders (story), deleted ? 0 : 1);
        if (deleted)
            assert_string_equal (story_outcome (story, "anna")->reason, "scaled_position");
        else
            assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
        story_free (story);
    }
}

static void test_with_the_rate_lost_a_small_rest_is_drift (void **state)
{
    (void) state;
    for (int big = 0; big < 2; big++) {
        story_t *story = story_new ();
        story->walk = true;
        story_draft (story, "anna")->scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
        story->test->event.client_config.multiplier_e9 = E9 (1);
        story_add (story);
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10)); /*  o1: 1 at 10,000 / 100,000 */
        story_history (story, NULL, 0, true);
        story_found (story, 0, E9 (1), E9 (1));
        story_missing (story, 1);
        story_back (story, big ? E9 (10500) : E9 (10100), E9 (1)); /*  today's equity is another one */
        assert_int_equal (story_orders (story), big ? 1 : 0);
        if (big)
            assert_int_equal (story_order (story, 0)->qty_e9, E9 (0.05));
        else
            assert_true (story_said (story, "anna", "drift"));
        story_free (story);
    }
}

static void test_an_entry_that_was_refused_is_not_sent_after_a_later_exit (void **state)
{
    (void) state;
    story_t *story = story_again ();
    /*  x1's entry was refused (nobody was told), x2 sold all of 4; then the crash */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (8), E9 (8));
    know_nothing (story, "x1");
    story_missing (story, 0);
    know_nothing (story, "x2");
    story_found (story, 1, E9 (4), E9 (4));
    story_missing (story, 2);
    story_back (story, E9 (10000), 0);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcomes (story, "anna"), 2);
    story_free (story);
}

static void test_a_late_order_of_an_earlier_life_is_counted_once (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_missing (story, 0);               /*  t=0 not there; t=0.3 s it lands and fills */
    story_back (story, E9 (10000), E9 (5)); /*  t=0.6 s the list shows it; ours goes out */
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, CORE_TEST_S);
    story_found (story, 1, E9 (5), E9 (5)); /*  whose it is nobody can say */
    story->walk = false;
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_back (story, E9 (10000), E9 (5));
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5)); /*  not 10 */
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_an_exit_that_was_done_is_not_decided_again_on_a_later_entry),
        cmocka_unit_test (test_an_exit_not_done_yet_leaves_out_a_later_entry_that_was),
        cmocka_unit_test (test_a_later_entry_that_arrives_after_its_walk_is_left_out),
        cmocka_unit_test (test_an_exit_found_again_leaves_out_a_later_entry_that_the_history_tells_of),
        cmocka_unit_test (test_an_exit_of_nothing_takes_nothing_of_a_later_entry_that_the_history_tells_of),
        cmocka_unit_test (test_an_entry_is_not_sent_after_a_later_exit_that_the_history_tells_of),
        cmocka_unit_test (test_what_is_found_below_a_known_order_is_adopted_and_decides_nothing),
        cmocka_unit_test (test_an_order_whose_outcome_is_lost_leaves_no_hole_between_those_that_are_told),
        cmocka_unit_test (test_states_that_were_decided_apart_are_told_apart),
        cmocka_unit_test (test_states_that_merged_are_matched_with_the_last_of_them),
        cmocka_unit_test (test_an_exit_for_a_state_that_is_gone_goes_on_from_what_it_did),
        cmocka_unit_test (test_more_than_any_state_asks_for_is_all_that_is_exited),
        cmocka_unit_test (test_the_history_tells_how_far_an_exit_went),
        cmocka_unit_test (test_an_exit_that_ended_short_before_the_crash_is_completed),
        cmocka_unit_test (test_an_exit_that_was_told_and_not_done_goes_on_in_the_next_life),
        cmocka_unit_test (test_an_exit_of_everything_that_was_done_takes_nothing_that_came_since),
        cmocka_unit_test (test_an_exit_that_ends_short_is_final_when_the_next_order_is_told),
        cmocka_unit_test (test_without_history_an_exit_stops_at_the_scaled_position),
        cmocka_unit_test (test_an_old_exit_that_nobody_decided_stops_only_where_progress_was_deleted),
        cmocka_unit_test (test_with_the_rate_lost_a_small_rest_is_drift),
        cmocka_unit_test (test_an_entry_that_was_refused_is_not_sent_after_a_later_exit),
        cmocka_unit_test (test_a_late_order_of_an_earlier_life_is_counted_once)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
