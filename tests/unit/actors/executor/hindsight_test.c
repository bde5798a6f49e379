/*  hindsight_test.c: an entry that is decided late is not sent after what was decided later on the other side: the master
 *  closed then what this entry would open. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  t=0 x1 opens 20; t=1 x2 closes `closed` of 20. Then the progress is deleted and the shard dies: nothing is known of x1;
 *  of x2 its outcomes that were stored since. anna holds `held`. */
static story_t *decided_late (outcome_t *row, int64_t held_e9)
{
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    story->test->utc_ns += CORE_TEST_S;
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (20));
    outcome_t blank = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row->to_e9 = blank.to_e9;
    memcpy (row->client_id, blank.client_id, sizeof row->client_id);
    memcpy (row->x, blank.x, sizeof row->x);
    story_history (story, row, 1, true);
    (void) snprintf (story->trade.x, sizeof story->trade.x, "x1");
    story_history (story, NULL, 0, true);
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
    story_back (story, E9 (10000), held_e9);
    return story;
}

/*  The last outcome that was told of x. */
static outcome_t told_of (story_t *story, const char *x)
{
    outcome_t last = {.slot = -1};
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            if (strcmp (result->outcomes[each].x, x) == 0)
                last = result->outcomes[each];
    }
    assert_int_not_equal (last.slot, -1);
    return last;
}

/*  anna held nothing when x2 closed half: she was refused x1. */
static void test_a_later_exit_of_nothing_is_decided_too (void **state)
{
    (void) state;
    outcome_t row = {.kind = OUTCOME_KIND_SKIPPED, .reason = "no_position", .final = true};
    row.exit_decided = true;
    row.remaining_e18 = FRACTION_ONE / 2;
    story_t *story = decided_late (&row, 0);
    assert_int_equal (story_orders (story), 0);
    outcome_t told = told_of (story, "x1");
    assert_int_equal (told.kind, OUTCOME_KIND_FAILED);
    assert_string_equal (told.reason, "refused_before");
    assert_true (told.final);
    assert_int_equal (told.to_e9, E9 (20));
    story_free (story);
}

/*  c1 of it sold 2 of 5, the rest is still to be tried. */
static void test_a_later_exit_that_sold_a_part_is_not_passed (void **state)
{
    (void) state;
    outcome_t row = {.kind = OUTCOME_KIND_ACCEPTED, .leg = OUTCOME_LEG_CLOSE, .slot = 1, .final = true};
    row.qty_e9 = row.target_e9 = row.exit_target_e9 = E9 (5);
    row.filled_e9 = E9 (2);
    row.exit_decided = true;
    row.remaining_e18 = FRACTION_ONE / 2;
    story_t *story = decided_late (&row, E9 (8));
    outcome_t told = told_of (story, "x1");
    assert_string_equal (told.reason, "refused_before");
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c2");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (3));
    story_free (story);
}

/*  Told while the account could not be read, and to be tried again: the entry goes before it, as the master's did. */
static void test_a_later_exit_that_was_only_told_lets_the_entry_go (void **state)
{
    (void) state;
    outcome_t row = {.kind = OUTCOME_KIND_FAILED, .reason = "account_unreadable", .leg = OUTCOME_LEG_CLOSE};
    row.slot = 1;
    story_t *story = decided_late (&row, 0);
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o1");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (10));
    story_fills (story, 0, E9 (10));
    story_back (story, E9 (10000), E9 (10)); /*  c1 is looked for once more */
    assert_int_equal (story_orders (story), 2);
    assert_string_equal (story_order (story, 1)->client_order_id + 24, "-c1");
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5));
    story_fills (story, 1, E9 (5));
    assert_true (told_of (story, "x2").final);
    story_free (story);
}

/*  The same side: an entry that was told of, later, is nothing that this one would undo. */
static void test_a_later_entry_does_not_keep_it_back (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    story->test->utc_ns += CORE_TEST_S;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "below_minimum");
    story_history (story, &row, 1, true);
    (void) snprintf (story->trade.x, sizeof story->trade.x, "x1");
    story_history (story, NULL, 0, true);
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (10));
    story_free (story);
}

/*  t=0 x1 opens 20 and an earlier life sent o1 of 10, which arrives late: asked by id the broker did not have it, and x1 was
 *  told superseded. t=1 x2 closes `closed` of 20 of what anna held without it; sold at once. */
static story_t *late_entry (int64_t held_e9, int64_t closed_e9)
{
    story_t *story = story_again ();
    story->created_at_ns = story->test->utc_ns + 2 * CORE_TEST_S;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "superseded");
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), held_e9);
    story->test->utc_ns += CORE_TEST_S;
    story->walk = false;
    story_closes (story, "x2", TRADE_SIDE_SELL, closed_e9, E9 (20));
    if (held_e9 > 0)
        story_fills (story, 0, story_order (story, 0)->qty_e9);
    else
        assert_string_equal (told_of (story, "x2").reason, "no_position");
    return story;
}

/*  The last look finds it; then anna holds `held`. */
static void found_late (story_t *story, int64_t held_e9)
{
    core_test_forget (story->test);
    story->walks_seen = 0;
    core_test_pass (story->test, 20 * CORE_TEST_S);
    story_found (story, 0, E9 (10), E9 (10));
    story_back (story, E9 (10000), held_e9);
    story_back (story, E9 (10000), held_e9);
    assert_int_equal (told_of (story, "x1").kind, OUTCOME_KIND_FILLED);
}

static void expect_exit (story_t *story, const char *slot, int64_t qty_e9)
{
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, slot);
    assert_int_equal (story_order (story, 0)->side, SIDE_SELL);
    assert_int_equal (story_order (story, 0)->qty_e9, qty_e9);
    story_fills (story, 0, qty_e9);
    assert_int_equal (told_of (story, "x2").kind, OUTCOME_KIND_FILLED);
    assert_true (told_of (story, "x2").final);
    core_test_pass (story->test, 60 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_an_exit_that_found_nothing_closes_an_entry_that_is_found_late (void **state)
{
    (void) state;
    for (int part = 1; part <= 2; part++) {
        story_t *story = late_entry (0, part * E9 (10));
        found_late (story, E9 (10));
        expect_exit (story, "-c1", part * E9 (5));
    }
}

static void test_an_exit_of_everything_closes_an_entry_that_is_found_late (void **state)
{
    (void) state;
    story_t *story = late_entry (E9 (3), E9 (20));
    found_late (story, E9 (10));
    expect_exit (story, "-c2", E9 (10));
}

/*  x3 opened 5 since: that is not x2's to close. */
static void test_such_an_exit_leaves_what_was_opened_after_it (void **state)
{
    (void) state;
    for (int part = 1; part <= 2; part++) {
        story_t *story = late_entry (0, part * E9 (10));
        story->test->utc_ns += CORE_TEST_S;
        story_opens (story, "x3", TRADE_SIDE_BUY, E9 (10));
        story_fills (story, 0, E9 (5));
        found_late (story, E9 (15));
        expect_exit (story, "-c1", part * E9 (5));
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_a_later_exit_of_nothing_is_decided_too),
        cmocka_unit_test (test_a_later_exit_that_sold_a_part_is_not_passed),
        cmocka_unit_test (test_a_later_exit_that_was_only_told_lets_the_entry_go),
        cmocka_unit_test (test_a_later_entry_does_not_keep_it_back),
        cmocka_unit_test (test_an_exit_that_found_nothing_closes_an_entry_that_is_found_late),
        cmocka_unit_test (test_an_exit_of_everything_closes_an_entry_that_is_found_late),
        cmocka_unit_test (test_such_an_exit_leaves_what_was_opened_after_it)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
