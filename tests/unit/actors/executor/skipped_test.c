/*  skipped_test.c: while an account could not be read, the life before said of the slot that it asked for
 *  skipped(breaker_open), not final. The broker has that slot after all: it answers what it was sent for, and the rest of
 *  what was skipped stays skipped. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  The master buys 10, then 10 more. Two lives ago o1 was sent; the last one said skipped of both states for it. */
static story_t *skipped (outcome_t *row)
{
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    *row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row->kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row->reason, sizeof row->reason, "breaker_open");
    row->final = false;
    story->created_at_ns = story->test->utc_ns; /*  what the broker has was sent after both had executed */
    return story;
}

/*  What was told last of slot n; 0: of the copy as a whole. Nothing: it stays as it is. */
static void find_last (story_t *story, int n, outcome_t *last)
{
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            if (result->outcomes[each].slot == n)
                *last = result->outcomes[each];
    }
}

static outcome_t told (story_t *story, int n)
{
    outcome_t last = {.slot = -1};
    find_last (story, n, &last);
    assert_int_equal (last.slot, n);
    return last;
}

static void expect (outcome_t said, outcome_kind_t kind, int64_t from_e9, int64_t to_e9)
{
    assert_int_equal (said.kind, kind);
    assert_string_equal (said.reason, kind == OUTCOME_KIND_SKIPPED ? "breaker_open" : "");
    assert_int_equal (said.from_e9, from_e9);
    assert_int_equal (said.to_e9, to_e9);
    assert_true (said.final);
}

/*  No row that was told is left open. */
static void expect_ends (story_t *story)
{
    for (int n = 0; n < 4; n++) {
        outcome_t last = {.final = true};
        find_last (story, n, &last);
        assert_true (last.final);
    }
}

static void test_it_answers_its_state_and_the_rest_is_skipped (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    core_test_pass (story->test, CORE_TEST_S);
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (10));
    assert_int_equal (told (story, 1).filled_e9, E9 (5));
    expect (told (story, 0), OUTCOME_KIND_SKIPPED, E9 (10), E9 (20));
    assert_int_equal (story_outcomes (story, "anna"), 2);
    assert_int_equal (story_orders (story), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (4)); /*  what comes then is copied, with what was skipped */
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (7));
    story_free (story);
}

static void test_it_answers_everything (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (10), E9 (10)); /*  both states had merged */
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (10));
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (20));
    assert_int_equal (story_outcomes (story, "anna"), 1);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

/*  Only of the first state was said skipped; the second one is heard of now. */
static void test_a_state_that_was_not_skipped_is_copied (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    row.to_e9 = E9 (10);
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o2");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    story_free (story);
}

/*  The state that was skipped is not remembered any more: what is known begins at 20. */
static void test_nothing_is_said_of_states_that_were_not_skipped (void **state)
{
    (void) state;
    story_t *story = story_again ();
    outcome_t row;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "breaker_open");
    row.final = false;
    row.to_e9 = E9 (10);
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    assert_int_equal (story_outcomes (story, "anna"), 1);
    assert_int_equal (told (story, 1).to_e9, E9 (20));
    assert_false (
        told (story, 1).final); /*  it is half of what that state asks for: the rest is on its way */
    story_fills (story, 0, E9 (5));
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (20));
    expect (told (story, 2), OUTCOME_KIND_FILLED, E9 (20), E9 (20));
    story_free (story);
}

/*  It was never sent, and what was skipped only while it was asked for is not done: now it goes out. */
static void test_the_broker_has_it_not (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_missing (story, 1);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o1");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (10));
    story_fills (story, 0, E9 (10));
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (20));
    story_free (story);
}

/*  The keys are refused in this life, too, while o1 is asked for: what the life before said of it is the last word. */
static void test_both_lives_said_it (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    story_history (story, &row, 1, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    core_test_pass (story->test, CORE_TEST_S);
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
    expect (told (story, 1), OUTCOME_KIND_SKIPPED, 0, E9 (20));
    story_back (story, E9 (10000), 0);
    expect_ends (story);
    assert_int_equal (story_orders (story), 0);
    assert_false (story_said (story, "anna", "never_ordered"));
    story_free (story);
}

/*  One life: t=0 the keys are refused while o1 is asked for; they are good again, refused for o2, and good again. */
static void test_the_same_life_said_it (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    story_history (story, NULL, 0, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_false (told (story, 1).final);
    assert_int_equal (told (story, 1).to_e9, E9 (20));
    core_test_pass (story->test, CORE_TEST_S);
    story_found (story, 1, E9 (5), E9 (5));
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 2, ANSWER_AUTH, 40110000, "request is not authorized");
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_outcomes (story, "anna"), 1);
    story_missing (story, 3);
    story_back (story, E9 (10000), E9 (5));
    story_back (story, E9 (10000), E9 (5));
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (10));
    expect (told (story, 0), OUTCOME_KIND_SKIPPED, E9 (10), E9 (20));
    assert_int_equal (story_outcomes (story, "anna"), 3);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

/*  X grows while o1 is asked for: what is said of o1 replaces what was said before, so it answers for all of it. */
static void test_what_is_said_again_says_no_less (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_int_equal (told (story, 1).to_e9, E9 (10));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (told (story, 1).from_e9, 0);
    assert_int_equal (told (story, 1).to_e9, E9 (20));
    assert_false (told (story, 1).final);
    story_free (story);
}

/*  The life before said of o1 only that nothing more was skipped: its word stands, and nobody says something else of it. */
static void test_a_skip_that_is_done_stays_one (void **state)
{
    (void) state;
    outcome_t row;
    story_t *story = skipped (&row);
    row.from_e9 = row.to_e9;
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    expect (told (story, 1), OUTCOME_KIND_SKIPPED, 0, E9 (20));
    story_free (story);
}

/*  o1 is known, and asked for when the keys are refused: of what is behind it, the life before said skipped as o2, and so does
 *  this one: another row would stay open. o2 is not there. */
static void test_a_skip_behind_what_is_asked_for_is_its_end (void **state)
{
    (void) state;
    outcome_t rows[2];
    story_t *story = skipped (&rows[0]);
    rows[1] = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    rows[1].kind = OUTCOME_KIND_ACCEPTED;
    rows[1].final = false;
    rows[1].qty_e9 = rows[1].target_e9 = E9 (5);
    rows[1].to_e9 = rows[0].from_e9 = E9 (10);
    rows[0].slot = 2;
    story_history (story, rows, 2, true);
    assert_string_equal (core_test_call (story->test, CALL_ORDER_BY_CLIENT_ID, 0)->key + 24, "-o1");
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_false (told (story, 2).final);
    core_test_pass (story->test, CORE_TEST_S);
    story_found (story, 1, E9 (5), E9 (5));
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
    story_back (story, E9 (10000), E9 (5));
    core_test_pass (story->test, CORE_TEST_S);
    expect (told (story, 1), OUTCOME_KIND_FILLED, 0, E9 (10));
    expect (told (story, 2), OUTCOME_KIND_SKIPPED, E9 (10), E9 (20));
    expect_ends (story);
    assert_int_equal (story_orders (story), 0);
    assert_false (story_said (story, "anna", "never_ordered"));
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_it_answers_its_state_and_the_rest_is_skipped),
        cmocka_unit_test (test_it_answers_everything),
        cmocka_unit_test (test_a_state_that_was_not_skipped_is_copied),
        cmocka_unit_test (test_nothing_is_said_of_states_that_were_not_skipped),
        cmocka_unit_test (test_the_broker_has_it_not), cmocka_unit_test (test_both_lives_said_it),
        cmocka_unit_test (test_the_same_life_said_it),
        cmocka_unit_test (test_what_is_said_again_says_no_less),
        cmocka_unit_test (test_a_skip_that_is_done_stays_one),
        cmocka_unit_test (test_a_skip_behind_what_is_asked_for_is_its_end)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
