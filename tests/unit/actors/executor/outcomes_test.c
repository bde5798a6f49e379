/*  outcomes_test.c: what is told of an order is told until it is durable, goes on when it is not at its end, and is true (P1). */
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  What was said last of a client's slot; kind, final and to_e9 of nothing: NULL. */
static const outcome_t *told (story_t *story, const char *client_id, outcome_leg_t leg, int n)
{
    static outcome_t last;
    bool any = false;
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++) {
            const outcome_t *outcome = &result->outcomes[each];
            if (outcome->leg != leg || outcome->slot != n || strcmp (outcome->client_id, client_id) != 0)
                continue;
            last = *outcome;
            any = true;
        }
    }
    return any ? &last : NULL;
}

/*  Two clients with seven orders each, a shard of eight clients: what is too much for one step is said a moment later. */
static void test_everything_is_said_again_however_much_it_is (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_client (story, "bert", 0);
    for (int nth = 0; nth < 7; nth++) {
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        story_fills (story, nth * 2, E9 (5));
        story_fills (story, nth * 2 + 1, E9 (5));
    }
    core_test_forget (story->test); /*  nothing of it reached the database */
    assert_int_equal (story_command (story), 0);
    core_test_pass (story->test, 10 * CORE_TEST_MS);
    for (int n = 1; n <= 7; n++) {
        assert_non_null (told (story, "anna", OUTCOME_LEG_OPEN, n));
        assert_non_null (told (story, "bert", OUTCOME_LEG_OPEN, n));
    }
    story_free (story);
}

/*  o1 was found, o2 was asked for when the keys were refused: the entry passes, but o1 is not forgotten. */
static void test_a_found_order_of_an_account_that_cannot_be_read_is_told (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 1, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 1)->kind, OUTCOME_KIND_ACCEPTED);
    assert_false (told (story, "anna", OUTCOME_LEG_OPEN, 1)->final); /*  the next life looks for it */
    core_test_pass (story->test, CORE_TEST_S);
    story_missing (story, 2);
    story_back (story, E9 (10000), E9 (5));
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 1)->kind, OUTCOME_KIND_FILLED);
    assert_true (told (story, "anna", OUTCOME_LEG_OPEN, 1)->final);
    story_free (story);
}

/*  o1 is known and asked for when the keys are refused: what is behind it is skipped, but o2 may be there. */
static void test_a_skip_behind_a_known_order_is_not_final (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    row.qty_e9 = row.target_e9 = E9 (5);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, &row, 1, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 2)->kind, OUTCOME_KIND_SKIPPED);
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 2)->to_e9, E9 (20));
    assert_false (told (story, "anna", OUTCOME_LEG_OPEN, 2)->final);
    core_test_pass (story->test, CORE_TEST_S);
    story_found (story, 1, E9 (5), E9 (5));
    story_found (story, 2, E9 (5), E9 (5)); /*  o2 was sent */
    story_missing (story, 3);
    assert_false (told (story, "anna", OUTCOME_LEG_OPEN, 2)->final); /*  until it is known what it answers */
    story_back (story, E9 (10000), E9 (10));
    story_back (story, E9 (10000), E9 (10));
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 2)->kind, OUTCOME_KIND_FILLED);
    assert_true (told (story, "anna", OUTCOME_LEG_OPEN, 2)->final);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

/*  anna held 10, of which x1 closes half: 2 were sold by the life before, 3 are to come. */
static void test_an_order_that_is_less_than_its_state_asks_for_is_final_when_the_rest_is_told (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (2), E9 (2));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (8));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (3));
    assert_int_equal (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->kind, OUTCOME_KIND_FILLED);
    assert_false (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->final); /*  a crash here: c2 is looked for */
    story_fills (story, 0, E9 (3));
    assert_true (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->final);
    story_free (story);
}

static void test_what_goes_on_after_a_crash_is_done (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.final = false;
    row.qty_e9 = row.filled_e9 = E9 (2);
    row.exit_target_e9 = row.target_e9 = E9 (5);
    row.remaining_e18 = FRACTION_ONE / 2;
    row.exit_decided = true;
    story_history (story, &row, 1, true);
    story_missing (story, 0); /*  c2 */
    story_back (story, E9 (10000), E9 (8));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (3));
    story_fills (story, 0, E9 (3));
    assert_true (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->final);
    assert_true (told (story, "anna", OUTCOME_LEG_CLOSE, 2)->final);
    story_free (story);
}

/*  c1 was told accepted(unanswered); the broker never had it, and nothing is held any more: its row says so, also again. */
static void test_an_order_that_never_was_is_not_told_again (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (50));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    row.qty_e9 = row.exit_target_e9 = E9 (5);
    row.exit_decided = true;
    story_history (story, &row, 1, true);
    story_missing (story, 0); /*  c1 */
    story_missing (story, 1); /*  o1 of nothing: c2 */
    story_back (story, E9 (10000), 0);
    assert_int_equal (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->kind, OUTCOME_KIND_SKIPPED);
    assert_int_equal (story_command (story), 0);
    assert_int_equal (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->kind, OUTCOME_KIND_SKIPPED);
    assert_true (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->final);
    story_free (story);
}

/*  o1 was told accepted(unanswered) and never was: it is decided again, and a crash before that is told is none of its end. */
static void test_an_entry_that_never_was_is_not_final_before_it_is_decided_again (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    row.qty_e9 = row.target_e9 = E9 (5);
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_missing (story, 1);
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 1)->kind, OUTCOME_KIND_FAILED);
    assert_false (told (story, "anna", OUTCOME_LEG_OPEN, 1)->final);
    story_back (story, E9 (10000), 0);
    story_fills (story, 0, E9 (5));
    assert_int_equal (told (story, "anna", OUTCOME_LEG_OPEN, 1)->kind, OUTCOME_KIND_FILLED);
    assert_true (told (story, "anna", OUTCOME_LEG_OPEN, 1)->final);
    story_free (story);
}

/*  The life before told c1 accepted(unanswered); its row could not be read, the broker does not have it, nothing is held. When
 *  the row can be read it is ended, but not before nothing can arrive any more. */
static void test_a_row_that_was_read_too_late_is_ended (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (50));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_CLOSE, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    story_history (story, NULL, 0, false);
    core_test_pass (story->test, 21 * CORE_TEST_S); /*  an exit waits 20 s for it */
    story_missing (story, 0);
    story_back (story, E9 (10000), 0);
    assert_true (story_said (story, "anna", "no_position"));
    assert_int_equal (story_command (story), 0);
    story_history (story, &row, 1, true);
    assert_null (told (story, "anna", OUTCOME_LEG_CLOSE, 1));
    core_test_pass (story->test, 20 * CORE_TEST_S);
    story_missing (story, -1); /*  the last look */
    assert_int_equal (story_command (story), 0);
    story_history (story, &row, 1, true);
    assert_int_equal (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->kind, OUTCOME_KIND_SKIPPED);
    assert_true (told (story, "anna", OUTCOME_LEG_CLOSE, 1)->final);
    story_free (story);
}

/*  What was said last of an X, of slot 1 or as a whole. */
static const outcome_t *told_of (story_t *story, const char *x)
{
    static outcome_t last;
    bool any = false;
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++) {
            if (strcmp (result->outcomes[each].x, x) != 0)
                continue;
            last = result->outcomes[each];
            any = true;
        }
    }
    return any ? &last : NULL;
}

/*  o1 of x was sent by a life before, nobody has said so: neither skipped nor at its end. */
static void expect_unmatched (story_t *story, const char *x)
{
    assert_non_null (told_of (story, x));
    assert_int_equal (told_of (story, x)->kind, OUTCOME_KIND_ACCEPTED);
    assert_string_equal (told_of (story, x)->reason, "unmatched");
    assert_int_equal (told_of (story, x)->slot, 1);
    assert_false (told_of (story, x)->final);
}

static void expect_filled (story_t *story, const char *x)
{
    assert_int_equal (told_of (story, x)->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (told_of (story, x)->slot, 1);
    assert_int_equal (told_of (story, x)->filled_e9, E9 (5));
    assert_int_equal (told_of (story, x)->to_e9, E9 (10));
    assert_true (told_of (story, x)->final);
}

/*  o1 of x1 is found; then the keys are refused while x2 is asked for. */
static void test_a_found_order_is_not_skipped_for_an_account_that_cannot_be_read (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story->created_at_ns = story->test->utc_ns;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    story_history (story, NULL, 0, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 2, ANSWER_AUTH, 40110000, "request is not authorized");
    expect_unmatched (story, "x1");
    assert_string_equal (told_of (story, "x2")->reason, "breaker_open");
    core_test_pass (story->test, CORE_TEST_S);
    story_missing (story, 3);
    story_back (story, E9 (10000), E9 (5));
    story_back (story, E9 (10000), E9 (5));
    expect_filled (story, "x1");
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

/*  x0's order has no answer, and o1 of x1, which is behind it, is found; then nobody answers any more. */
static void test_a_found_order_is_not_skipped_behind_one_without_an_answer (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x0", TRADE_SIDE_BUY, E9 (4));
    story->walk = true;
    story->created_at_ns = story->test->utc_ns;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, CORE_TEST_S);
    assert_string_equal (told_of (story, "x0")->reason, "unanswered");
    expect_unmatched (story, "x1");
    story->created_at_ns = story->test->utc_ns;
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, -1, STATUS_FILLED, E9 (2), E9 (2));
    story_back (story, E9 (10000), E9 (7));
    story_back (story, E9 (10000), E9 (7));
    expect_filled (story, "x1");
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

/*  An audit that says another equity than the rate was found on says a rate that nobody can follow. */
static void test_the_equity_said_is_the_one_of_the_rate (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_draft (story, "anna")->scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
    story->test->event.client_config.multiplier_e9 = FIXED_ONE;
    story_add (story);
    story_warm (story, E9 (10000), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_fills (story, 0, E9 (1));
    core_test_pass (story->test, story_config ().refresh_ns);
    story_read (story, E9 (10100), E9 (1));
    story_opens (story, "x1", TRADE_SIDE_BUY, 1);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_SKIPPED);
    assert_int_equal (story_outcome (story, "anna")->client_equity_e9, E9 (10000));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10)); /*  a rate of its own */
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (1.01));
    story_fills (story, 1, E9 (1.01));
    assert_int_equal (story_outcome (story, "anna")->client_equity_e9, E9 (10100));
    story_free (story);
}

static void test_the_equity_of_a_rate_of_the_life_before_is_kept (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.final = true;
    row.qty_e9 = row.filled_e9 = row.target_e9 = E9 (5);
    row.rate_num_e9 = E9 (0.5);
    row.rate_den_e9 = FIXED_ONE;
    row.client_equity_e9 = E9 (9000);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, &row, 1, true);
    story_missing (story, 0); /*  o2 */
    story_back (story, E9 (10000), E9 (5));
    story_fills (story, 0, E9 (5));
    assert_int_equal (story_outcome (story, "anna")->slot, 2);
    assert_int_equal (story_outcome (story, "anna")->client_equity_e9, E9 (9000));
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_everything_is_said_again_however_much_it_is),
        cmocka_unit_test (test_a_found_order_of_an_account_that_cannot_be_read_is_told),
        cmocka_unit_test (test_a_skip_behind_a_known_order_is_not_final),
        cmocka_unit_test (test_an_order_that_is_less_than_its_state_asks_for_is_final_when_the_rest_is_told),
        cmocka_unit_test (test_what_goes_on_after_a_crash_is_done),
        cmocka_unit_test (test_an_order_that_never_was_is_not_told_again),
        cmocka_unit_test (test_an_entry_that_never_was_is_not_final_before_it_is_decided_again),
        cmocka_unit_test (test_a_row_that_was_read_too_late_is_ended),
        cmocka_unit_test (test_a_found_order_is_not_skipped_for_an_account_that_cannot_be_read),
        cmocka_unit_test (test_a_found_order_is_not_skipped_behind_one_without_an_answer),
        cmocka_unit_test (test_the_equity_said_is_the_one_of_the_rate),
        cmocka_unit_test (test_the_equity_of_a_rate_of_the_life_before_is_kept)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
