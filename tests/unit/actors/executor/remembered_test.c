/*  remembered_test.c: the rows of X were deleted while the dispatcher lives: it knows up to where a client was answered, and
 *  says so behind the history. That is not decided again; what the broker has of it is told, and later states go on from it. */
#include <stdio.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  For X of the last command, up to its state. */
static outcome_t remembered (const story_t *story)
{
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "remembered");
    row.remaining_e18 = story->trade.remaining_e18;
    row.exit_decided = story->trade.closed_e9 > 0;
    return row;
}

static void look (story_t *story)
{
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
}

/*  t=0 x1 opens 10: refused, expired or filled, the dispatcher does not say. The broker has nothing of it. */
static void test_what_was_answered_is_not_decided_again (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = remembered (story);
    story_history (story, &row, 1, true);
    look (story);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_SKIPPED);
    assert_string_equal (story_outcome (story, "anna")->reason, "remembered");
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

/*  What came after that was not answered: it is copied, with what X lacks. */
static void test_what_came_later_is_decided (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = remembered (story);
    story->created_at_ns = story->test->utc_ns;
    story->test->utc_ns += CORE_TEST_S;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (4));
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (5), E9 (5)); /*  o1 */
    look (story);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o2");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2));
    story_free (story);
}

/*  The rate is another one since (an equity, say): o1 of 3 is no state's order at today's rate. Were it explained, 2 more would
 *  be bought. It answers what was answered, and has its row again. */
static void test_a_found_order_of_what_was_answered_is_told_and_decides_nothing (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = remembered (story);
    story->created_at_ns = story->test->utc_ns;
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (3), E9 (3));
    look (story);
    story_back (story, E9 (10000), E9 (3));
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 0);
    const outcome_t *told = story_outcome (story, "anna");
    assert_int_equal (told->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (told->slot, 1);
    assert_int_equal (told->filled_e9, E9 (3));
    assert_int_equal (told->from_e9, 0);
    assert_int_equal (told->to_e9, E9 (10));
    assert_true (told->final);
    story_free (story);
}

/*  The last outcome of o1. */
static const outcome_t *order_told (story_t *story)
{
    const outcome_t *told = NULL;
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            told = result->outcomes[each].slot == 1 ? &result->outcomes[each] : told;
    }
    assert_non_null (told);
    return told;
}

/*  x1 opened 10, and 10 more a second later; o1 was sent between them. Whether its quantity is that of its state (5) or not (3),
 *  it answers the first state and none that executed after it; that all of x1 was answered is told by itself. */
static void test_a_found_order_answers_no_state_that_executed_after_it (void **state)
{
    (void) state;
    for (int64_t qty_e9 = E9 (3); qty_e9 <= E9 (5); qty_e9 += E9 (2)) {
        story_t *story = story_again ();
        story->created_at_ns = story->test->utc_ns;
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        story->test->utc_ns += CORE_TEST_S;
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        outcome_t row = remembered (story);
        story_history (story, &row, 1, true);
        story_found (story, 0, qty_e9, qty_e9);
        look (story);
        story_back (story, E9 (10000), qty_e9);
        core_test_pass (story->test, CORE_TEST_S);
        assert_int_equal (story_orders (story), 0);
        const outcome_t *order = order_told (story);
        assert_int_equal (order->kind, OUTCOME_KIND_FILLED);
        assert_int_equal (order->from_e9, 0);
        assert_int_equal (order->to_e9, E9 (10));
        const outcome_t *whole = story_outcome (story, "anna");
        assert_string_equal (whole->reason, "remembered");
        assert_int_equal (whole->slot, 0);
        assert_int_equal (whole->from_e9, 0);
        assert_int_equal (whole->to_e9, E9 (20));
        assert_true (order->final && whole->final);
        story_free (story);
    }
}

/*  anna held 10. x1 closed half of 100 (c1: 5), then x2 bought 10: she holds 15. x1 closes half of the rest: 7.5 of 15, and
 *  nothing more for its first half. */
static void test_an_exit_goes_on_from_what_was_answered (void **state)
{
    (void) state;
    for (int found = 0; found < 2; found++) {
        story_t *story = story_again ();
        story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
        outcome_t row = remembered (story);
        story->created_at_ns = story->test->utc_ns;
        story->test->utc_ns += CORE_TEST_S;
        story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50));
        story_history (story, &row, 1, true);
        if (found)
            story_found (story, 0, E9 (5), E9 (5));
        look (story); /*  else anna held nothing then */
        story_back (story, E9 (10000), E9 (15));
        assert_int_equal (story_orders (story), 1);
        assert_int_equal (story_order (story, 0)->qty_e9, E9 (7.5));
        story_fills (story, 0, E9 (7.5));
        assert_true (story_outcome (story, "anna")->final);
        assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (75));
        story_free (story);
    }
}

/*  What the rows say goes first: they know more. */
static void test_a_row_that_is_there_says_more (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t rows[2] = {story_row (story, "anna", OUTCOME_LEG_OPEN, 1), remembered (story)};
    rows[0].qty_e9 = rows[0].filled_e9 = rows[0].target_e9 = E9 (5);
    story_history (story, rows, 2, true);
    look (story);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 0);
    assert_false (story_said (story, "anna", "remembered"));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    story_free (story);
}

/*  x1 opens 10 and 10 more; a life before said skipped of both, a life before that had sent o1 for the first. It is found and
 *  matched with that: said again, o1 has its own state, and only as a whole x1 is answered. */
static void test_what_no_slot_reaches_is_remembered_not_accepted (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story->created_at_ns = story->test->utc_ns;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story->test->utc_ns += CORE_TEST_S;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "breaker_open");
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (5), E9 (5));
    look (story);
    story_back (story, E9 (10000), E9 (5));
    core_test_forget (story->test);
    story->walks_seen = 0;
    assert_int_equal (story_command (story), 0);
    const copy_result_t *result = &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, 0)->copy_result;
    assert_int_equal (result->outcomes_count, 2);
    const outcome_t *slot = &result->outcomes[0];
    assert_int_equal (slot->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (slot->slot, 1);
    assert_int_equal (slot->to_e9, E9 (10));
    const outcome_t *whole = &result->outcomes[1];
    assert_int_equal (whole->kind, OUTCOME_KIND_SKIPPED);
    assert_string_equal (whole->reason, "remembered");
    assert_int_equal (whole->leg, OUTCOME_LEG_NONE);
    assert_int_equal (whole->slot, 0);
    assert_int_equal (whole->from_e9, 0);
    assert_int_equal (whole->to_e9, E9 (20));
    assert_true (slot->final && whole->final);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_what_was_answered_is_not_decided_again),
        cmocka_unit_test (test_what_came_later_is_decided),
        cmocka_unit_test (test_a_found_order_of_what_was_answered_is_told_and_decides_nothing),
        cmocka_unit_test (test_a_found_order_answers_no_state_that_executed_after_it),
        cmocka_unit_test (test_an_exit_goes_on_from_what_was_answered),
        cmocka_unit_test (test_a_row_that_is_there_says_more),
        cmocka_unit_test (test_what_no_slot_reaches_is_remembered_not_accepted)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
