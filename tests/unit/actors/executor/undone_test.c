/*  undone_test.c: what a shard said of an exit that waits, or of an order that never was, is not done: after a crash it is
 *  decided again at its own state, under its own slot, and its row is ended when that is told. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  What was said last of a slot of anna; 0 = of a copy as a whole. */
static outcome_t told (story_t *story, outcome_leg_t leg, int n)
{
    outcome_t last = {.slot = -1};
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            if (result->outcomes[each].leg == leg && result->outcomes[each].slot == n)
                last = result->outcomes[each];
    }
    assert_int_equal (last.slot, n);
    return last;
}

static bool says_since (story_t *story, size_t before, const char *reason)
{
    for (size_t at = before; at < core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT); at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            if (strcmp (result->outcomes[each].reason, reason) == 0)
                return true;
    }
    return false;
}

/*  Whatever is asked by id is not there. */
static void look (story_t *story)
{
    while (story->walks_seen < story_walks (story))
        story_missing (story, (int) story->walks_seen);
}

/*  The next order, filled at once; the slots of who comes then are looked for once more. */
static void expect (story_t *story, int nth, const char *slot, int64_t qty_e9)
{
    assert_int_equal (story_orders (story), nth + 1);
    assert_string_equal (story_order (story, nth)->client_order_id + 24, slot);
    assert_int_equal (story_order (story, nth)->qty_e9, qty_e9);
    story_fills (story, nth, qty_e9);
    look (story);
}

static outcome_t waited (const story_t *story)
{
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.kind = OUTCOME_KIND_FAILED;
    (void) snprintf (row.reason, sizeof row.reason, "account_unreadable");
    row.final = false;
    return row;
}

/*  anna holds 10. t=0 x1 closes 12 of 100, t=1 x2 opens 20, t=2 x1 closes 60 of 120 more; of x1 was told failed(…) for 0 … 12,
 *  then for 0 … 72, both as c1. Then the crash. */
static story_t *crashed (bool told_of_both)
{
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (12), E9 (100));
    trade_t x1 = story->trade;
    outcome_t first = waited (story);
    story->test->utc_ns += CORE_TEST_S;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    trade_t x2 = story->trade;
    story->test->utc_ns += CORE_TEST_S;
    story->trade = x1;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (60), E9 (120));
    outcome_t both = waited (story);
    story_history (story, told_of_both ? &both : &first, 1, true);
    story->trade = x2;
    story_history (story, NULL, 0, true);
    look (story);
    story_back (story, E9 (10000), E9 (10));
    return story;
}

/*  12 % of 10, then x2's 10, then half of what is held. Were 0 … 12 done, or decided with 72, x2 would come first. */
static void test_an_exit_that_waited_is_decided_again_at_its_first_state (void **state)
{
    (void) state;
    for (int both = 0; both < 2; both++) {
        story_t *story = crashed (both);
        expect (story, 0, "-c1", E9 (1.2));
        expect (story, 1, "-o1", E9 (10));
        expect (story, 2, "-c2", E9 (9.4));
        assert_int_equal (story_orders (story), 3);
        assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).from_e9, 0);
        assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).to_e9, E9 (12));
        assert_true (told (story, OUTCOME_LEG_CLOSE, 1).final);
        assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 2).to_e9, E9 (72));
        assert_true (told (story, OUTCOME_LEG_CLOSE, 2).final);
        story_free (story);
    }
}

/*  Of the same, c1 did the first state; c2 waited for the second. That one alone is decided again, after x2. */
static void test_what_was_done_before_it_is_not_decided_again (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (12), E9 (100));
    trade_t x1 = story->trade;
    outcome_t rows[2] = {story_row (story, "anna", OUTCOME_LEG_CLOSE, 1)};
    rows[0].qty_e9 = rows[0].filled_e9 = rows[0].target_e9 = rows[0].exit_target_e9 = E9 (1.2);
    rows[0].remaining_e18 = x1.remaining_e18;
    rows[0].exit_decided = true;
    story->test->utc_ns += CORE_TEST_S;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    story_history (story, NULL, 0, true);
    story->test->utc_ns += CORE_TEST_S;
    story->trade = x1;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (60), E9 (120));
    rows[1] = waited (story);
    rows[1].slot = 2;
    rows[1].from_e9 = E9 (12);
    story_history (story, rows, 2, true);
    look (story);
    story_back (story, E9 (10000), E9 (8.8));
    expect (story, 0, "-o1", E9 (10));
    expect (story, 1, "-c2", E9 (9.4));
    assert_int_equal (story_orders (story), 2);
    assert_false (story_said (story, "anna", "covered"));
    assert_true (told (story, OUTCOME_LEG_CLOSE, 2).final);
    story_free (story);
}

/*  Somebody sold everything by hand meanwhile: that is said under the number that waited. */
static void test_nothing_is_left_for_an_exit_that_waited (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = waited (story);
    story_history (story, &row, 1, true);
    look (story);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (told (story, OUTCOME_LEG_CLOSE, 1).reason, "no_position");
    assert_true (told (story, OUTCOME_LEG_CLOSE, 1).final);
    story_free (story);
}

/*  t=0 x1 closes half of 100: refused three times, told rejected for 0 … 50 as c1. Then the keys are refused and x1 closes the
 *  rest: c1 waits, for 0 … 100, since its row is replaced. */
static void test_what_waits_answers_for_what_was_refused_under_its_number (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    for (int at = 0; at < 2; at++) {
        story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient qty available");
        story_positions (story, E9 (4));
        core_test_pass (story->test, 3 * CORE_TEST_S);
    }
    story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient qty available");
    assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).to_e9, E9 (50));
    story_answers (story, CALL_POSITIONS, -1, ANSWER_AUTH, 0, "unauthorized.");
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (50));
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).kind, OUTCOME_KIND_FAILED);
    assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).from_e9, 0);
    assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).to_e9, E9 (100));
    assert_false (told (story, OUTCOME_LEG_CLOSE, 1).final);
    story_free (story);
}

/*  The keys are refused in the next life, too, while c1 is asked for: it waits under the same number. */
static void test_an_exit_that_waits_keeps_its_number_over_crashes (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = waited (story);
    story_history (story, &row, 1, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_string_equal (story_outcome (story, "anna")->reason, "account_unreadable");
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    core_test_pass (story->test, CORE_TEST_S);
    look (story);
    story_back (story, E9 (10000), E9 (10));
    expect (story, 0, "-c1", E9 (5));
    assert_true (told (story, OUTCOME_LEG_CLOSE, 1).final);
    story_free (story);
}

/*  c1 was sent by a life that could not say so and is found; of c2 nobody may ask, so that the exit waits: the next life would
 *  not look for c1 behind a row of c3, and would not know of it at all if nothing told of it. */
static void test_an_exit_that_waits_while_it_is_asked_for_hides_no_order (void **state)
{
    (void) state;
    for (int taken = 0; taken < 2; taken++) {
        story_t *story = story_again ();
        story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
        story_history (story, NULL, 0, true);
        story_found (story, 0, E9 (2), E9 (2));
        story_answers (
            story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_AUTH, 40110000, "request is not authorized");
        assert_string_equal (told (story, OUTCOME_LEG_CLOSE, 1).reason, "unmatched");
        assert_false (told (story, OUTCOME_LEG_CLOSE, 1).final);
        assert_string_equal (told (story, OUTCOME_LEG_CLOSE, 2).reason, "account_unreadable");
        core_test_pass (story->test, CORE_TEST_S);
        if (taken) {
            story_found (story, -1, E9 (3), E9 (3));
            story_missing (story, -1);
            size_t before = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
            assert_int_equal (story_command (story), 0);
            assert_false (says_since (story, before, "account_unreadable")); /*  c2 is an order now */
        } else {
            story_missing (story, -1);
        }
        for (int at = 0; at < 2; at++) /*  of both orders' holding */
            story_back (story, E9 (10000), taken ? E9 (5) : E9 (8));
        assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).filled_e9, E9 (2));
        if (taken) {
            assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 2).filled_e9, E9 (3));
            assert_true (told (story, OUTCOME_LEG_CLOSE, 2).final);
            assert_int_equal (story_orders (story), 0);
        } else {
            expect (story, 0, "-c2", E9 (3));
        }
        story_free (story);
    }
}

/*  x1 closed 12 of 100 and was sent as c1 by a life that could not say so, then 60 of 120 more: c1 was told to wait for all of it.
 *  Were c1, found, at its end before c2 is told, X would be closed with nobody looking for c2 after a crash. */
static void test_an_order_under_the_number_that_waited_ends_with_what_goes_on (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (12), E9 (100));
    story->test->utc_ns += CORE_TEST_S;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (60), E9 (120));
    outcome_t row = waited (story);
    story_history (story, &row, 1, true);
    story_found (story, 0, E9 (1.2), E9 (1.2));
    look (story);
    story_back (story, E9 (10000), E9 (8.8));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (told (story, OUTCOME_LEG_CLOSE, 1).to_e9, E9 (12));
    assert_false (told (story, OUTCOME_LEG_CLOSE, 1).final);
    expect (story, 0, "-c2", E9 (4.4));
    assert_true (told (story, OUTCOME_LEG_CLOSE, 1).final);
    assert_true (told (story, OUTCOME_LEG_CLOSE, 2).final);
    story_free (story);
}

/*  o1 waited, and nothing was sent under its number: what its row covers was not done by that. */
static void test_what_never_was_ordered_is_not_done (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "never_ordered");
    story_history (story, &row, 1, true);
    look (story);
    story_back (story, E9 (10000), 0);
    expect (story, 0, "-o1", E9 (5));
    story_free (story);
}

/*  The history says that o1 was accepted, the broker does not have it. */
static story_t *claimed (void)
{
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    row.qty_e9 = row.target_e9 = E9 (5);
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_missing (story, 1);
    assert_int_equal (told (story, OUTCOME_LEG_OPEN, 1).kind, OUTCOME_KIND_FAILED);
    assert_string_equal (told (story, OUTCOME_LEG_OPEN, 1).reason, "not_found");
    assert_false (told (story, OUTCOME_LEG_OPEN, 1).final);
    return story;
}

static void test_an_entry_that_never_was_ends_when_it_was_sent (void **state)
{
    (void) state;
    story_t *story = claimed ();
    story_back (story, E9 (10000), 0);
    expect (story, 0, "-o1", E9 (5));
    assert_int_equal (told (story, OUTCOME_LEG_OPEN, 1).kind, OUTCOME_KIND_FILLED);
    assert_true (told (story, OUTCOME_LEG_OPEN, 1).final);
    story_free (story);
}

/*  The account is read too late: x1 expires as a whole, and so does the row of o1. */
static void test_an_entry_that_never_was_ends_when_it_expires (void **state)
{
    (void) state;
    story_t *story = claimed ();
    core_test_pass (story->test, 20 * CORE_TEST_S);
    look (story); /*  the last time */
    core_test_pass (story->test, 50 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (told (story, OUTCOME_LEG_NONE, 0).kind, OUTCOME_KIND_EXPIRED);
    assert_int_equal (told (story, OUTCOME_LEG_NONE, 0).to_e9, E9 (10));
    assert_string_equal (told (story, OUTCOME_LEG_OPEN, 1).reason, "never_ordered");
    assert_true (told (story, OUTCOME_LEG_OPEN, 1).final);
    story_free (story);
}

/*  anna held 10. x1 closes 50 of 100, then 25 of 50, then all: c1 sold 5 and c2 2.5, and both rows are lost. The last life had
 *  seen neither when its keys were refused: under the number c2 it said that all of x1 waits. */
static void test_an_order_under_the_number_of_what_waited_is_not_all_of_it (void **state)
{
    (void) state;
    static const int64_t had_e9[2] = {E9 (5), E9 (2.5)};
    story_t *story = story_again ();
    int64_t first_ns = story->test->utc_ns;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story->test->utc_ns += CORE_TEST_S;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (50));
    story->test->utc_ns += CORE_TEST_S;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (25), E9 (25));
    outcome_t row = waited (story);
    row.slot = 2;
    story_history (story, &row, 1, true);
    for (int at = 0; at < 2; at++) {
        int n = core_test_call (story->test, CALL_ORDER_BY_CLIENT_ID, at)->key[26] - '0';
        story->created_at_ns = first_ns + (n - 1) * CORE_TEST_S;
        story_found (story, at, had_e9[n - 1], had_e9[n - 1]);
    }
    look (story); /*  c3 */
    story_back (story, E9 (10000), E9 (2.5));
    expect (story, 0, "-c3", E9 (2.5));
    static const int64_t to_e9[4] = {0, E9 (50), E9 (75), E9 (100)};
    for (int n = 1; n <= 3; n++) {
        outcome_t last = told (story, OUTCOME_LEG_CLOSE, n);
        assert_int_equal (last.kind, OUTCOME_KIND_FILLED);
        assert_int_equal (last.filled_e9, n == 1 ? E9 (5) : E9 (2.5));
        assert_int_equal (last.from_e9, to_e9[n - 1]);
        assert_int_equal (last.to_e9, to_e9[n]);
        assert_true (last.final);
    }
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_an_exit_that_waited_is_decided_again_at_its_first_state),
        cmocka_unit_test (test_what_was_done_before_it_is_not_decided_again),
        cmocka_unit_test (test_nothing_is_left_for_an_exit_that_waited),
        cmocka_unit_test (test_what_waits_answers_for_what_was_refused_under_its_number),
        cmocka_unit_test (test_an_exit_that_waits_keeps_its_number_over_crashes),
        cmocka_unit_test (test_an_exit_that_waits_while_it_is_asked_for_hides_no_order),
        cmocka_unit_test (test_an_order_under_the_number_that_waited_ends_with_what_goes_on),
        cmocka_unit_test (test_what_never_was_ordered_is_not_done),
        cmocka_unit_test (test_an_entry_that_never_was_ends_when_it_was_sent),
        cmocka_unit_test (test_an_entry_that_never_was_ends_when_it_expires),
        cmocka_unit_test (test_an_order_under_the_number_of_what_waited_is_not_all_of_it)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
