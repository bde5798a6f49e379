/*  stubborn_test.c: an exit ends only at filled, nothing left, or an operator. Three attempts, pauses up to 2 s. */
#include "tests/unit/actors/executor/shard_story.h"

/*  anna holds 4; the master sells everything. */
static story_t *sold (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (4));
    return story;
}

/*  The broker refuses the last order; the positions are read again; the next order goes out. */
static void refuse (story_t *story, const char *text)
{
    size_t orders = story_orders (story);
    story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, text);
    story_positions (story, E9 (4));
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_orders (story), orders + 1);
}

static void test_a_refused_exit_is_tried_for_ever_and_told_once (void **state)
{
    (void) state;
    story_t *story = sold ();
    for (int at = 0; at < 2; at++)
        refuse (story, "insufficient qty available for order (requested: 4, available: 0)");
    assert_int_equal (story_outcomes (story, "anna"), 0);
    for (int at = 2; at < 50; at++)
        refuse (story, "insufficient qty available for order (requested: 4, available: 0)");
    assert_int_equal (story_outcomes (story, "anna"), 1);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED);
    assert_int_equal (story_outcome (story, "anna")->code, 40310000);
    assert_false (story_outcome (story, "anna")->final);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_EXIT_STUCK), 1);
    assert_int_equal (story_command (story), 0); /*  a repeated command is answered the same */
    assert_false (story_outcome (story, "anna")->final);
    story_fills (story, -1, E9 (4));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_true (story_outcome (story, "anna")->final);
    assert_int_equal (story_outcome (story, "anna")->slot, 1); /*  no number was used up */
    story_free (story);
}

/*  It was told as not sent; then it is sent, and refused for its fraction: it is not done. */
static void test_what_was_told_not_sent_goes_out_in_whole_shares (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (9));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (5), E9 (10));
    for (int at = 0; at < 40 && !story_said (story, "anna", "not_sent"); at++) {
        story_answers (story, CALL_SUBMIT, -1, ANSWER_LIMITED, 42910000, "rate limit exceeded");
        core_test_pass (story->test, 2 * CORE_TEST_S);
    }
    assert_true (story_said (story, "anna", "not_sent"));
    size_t orders = story_orders (story);
    story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "asset is not fractionable");
    assert_false (story_outcome (story, "anna")->final);
    story_positions (story, E9 (9));
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_orders (story), orders + 1);
    assert_int_equal (story_order (story, -1)->qty_e9, E9 (4));
    story_free (story);
}

/*  It was told as unanswered; the resend is refused, and its client is paused before it is tried once more. */
static void test_what_was_told_unanswered_and_is_not_there (void **state)
{
    (void) state;
    story_t *story = sold ();
    story_answers (story, CALL_SUBMIT, -1, ANSWER_UNKNOWN, 0, "");
    for (int at = 0; !story_said (story, "anna", "unanswered"); at++) {
        assert_true (at < 20);
        core_test_pass (story->test, 3 * CORE_TEST_S);
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_UNKNOWN, 0, "");
    }
    story_draft (story, "anna")->active = false;
    story_add (story);
    core_test_pass (story->test, 3 * CORE_TEST_S);
    story_missing (story, -1);
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 2); /*  the identical one */
    story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient buying power");
    core_test_pass (story->test, 3 * CORE_TEST_S);
    story_missing (story, -1);
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_SKIPPED);
    assert_int_equal (story_outcome (story, "anna")->slot, 1); /*  in place of what was told */
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

static void test_people_are_reminded (void **state)
{
    (void) state;
    story_t *story = sold ();
    for (int at = 0; at < 140; at++)
        refuse (story, "potential wash trade detected. use complex orders");
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_EXIT_STUCK), 3);
    story_free (story);
}

static void test_nothing_left_ends_it (void **state)
{
    (void) state;
    story_t *story = sold ();
    for (int at = 0; at < 5; at++)
        refuse (story, "insufficient qty available for order (requested: 4, available: 0)");
    story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient qty available");
    story_positions (story, 0); /*  somebody sold them by hand */
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_SKIPPED);
    assert_string_equal (story_outcome (story, "anna")->reason, "no_position");
    size_t orders = story_orders (story);
    core_test_pass (story->test, 10 * CORE_TEST_S);
    assert_int_equal (story_orders (story), orders);
    story_free (story);
}

static void test_dust_that_the_broker_does_not_trade_is_left (void **state)
{
    (void) state;
    story_t *story = sold ();
    story_answers (
        story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "cost basis must be >= minimal amount of order 1");
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED);
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

/*  Accepted, then ended by the broker without a fill, more often than the shard has slots (1024). */
static void test_an_exit_that_ends_short_is_ordered_again (void **state)
{
    (void) state;
    story_t *story = sold ();
    for (int at = 0; at < 1100; at++) {
        story_fills (story, -1, 0);
        core_test_forget (story->test);
        core_test_pass (story->test, 3 * CORE_TEST_S);
        assert_int_equal (story_orders (story), 1);
    }
    assert_string_equal (
        story_order (story, 0)->client_order_id + 24, "-c1101"); /*  no number is used twice */
    story_fills (story, -1, E9 (4));
    core_test_pass (story->test, 10 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1); /*  filled: that was all */
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

/*  t=0 bad keys while the account is not known: the exit waits, its replication need not. */
static void test_an_exit_waits_for_an_account_that_cannot_be_read (void **state)
{
    (void) state;
    story_t *story = story_new ();
    (void) story_draft (story, "anna");
    story_add (story);
    core_test_pass (story->test, 600 * CORE_TEST_MS);
    story_answers (story, CALL_ACCOUNT, -1, ANSWER_AUTH, 0, "unauthorized.");
    story_answers (story, CALL_POSITIONS, -1, ANSWER_AUTH, 0, "unauthorized.");
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_string_equal (story_outcome (story, "anna")->reason, "account_unreadable");
    assert_int_equal (story_outcome (story, "anna")->leg, OUTCOME_LEG_CLOSE);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_false (story_outcome (story, "anna")->final);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_EXIT_STUCK), 1);
    core_test_forget (story->test);
    core_test_pass (story->test, 5 * CORE_TEST_S);
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_shows (story, CALL_ACCOUNT, -1, STATUS_NEW, 0, 0); /*  the keys work again */
    story_positions (story, E9 (4));
    core_test_pass (story->test, 2 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    story_fills (story, 0, E9 (4));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_outcome (story, "anna")->slot, 1); /*  replaces what was told */
    story_free (story);
}

/*  t=0 an entry goes out and nobody answers; once the breaker is open, what waits behind it is told. */
static void test_what_waits_behind_an_order_without_an_answer_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    assert_int_equal (story_outcomes (story, "anna"), 0);
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_outcomes (story, "anna"), 2); /*  x1: accepted(unanswered); x2: skipped */
    assert_string_equal (story_outcome (story, "anna")->reason, "breaker_open");
    story_closes (story, "x3", TRADE_SIDE_SELL, E9 (10), E9 (20));
    assert_string_equal (story_outcome (story, "anna")->reason, "waits");
    assert_false (story_outcome (story, "anna")->final);
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, -1, STATUS_FILLED, E9 (5), E9 (5));
    assert_int_equal (story_orders (story), 2); /*  and the exit goes out, of 4 + 5 */
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (4.5));
    story_fills (story, 1, E9 (4.5));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    story_free (story);
}

/*  t=0 x1 has an order on its way and a later state behind it; t=61 s both are too old. Nothing is said of the later one before
 *  the order was told: a skip up to there would say that the broker has nothing of x1. */
static void test_a_later_state_is_not_passed_before_the_order_of_the_earlier_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story->test->utc_ns += 61 * CORE_TEST_S;
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    assert_true (story_said (story, "anna", "unanswered"));
    const outcome_t *told = story_outcome (story, "anna"); /*  the later state, after it */
    assert_int_equal (told->kind, OUTCOME_KIND_EXPIRED);
    assert_int_equal (told->from_e9, E9 (10));
    assert_int_equal (told->to_e9, E9 (20));
    story_free (story);
}

/*  An entry that was not sent yet and would be sold at once again is not sent at all. */
static void test_a_whole_exit_supersedes_an_entry_that_was_not_sent (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_LIMITED, 42910000, "rate limit exceeded");
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (20), E9 (20));
    assert_string_equal (story_outcome (story, "anna")->reason, "superseded");
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->side, SIDE_SELL);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (4));
    story_free (story);
}

/*  x1 executed at t=1 and is not sent yet, for the limit; x2, a whole exit of t=0 or t=2, is heard of only now. */
static void test_only_a_later_exit_supersedes_an_entry (void **state)
{
    (void) state;
    for (int later = 0; later < 2; later++) {
        story_t *story = story_new ();
        story_client (story, "anna", E9 (4));
        core_test_pass (story->test, CORE_TEST_S);
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        story_answers (story, CALL_SUBMIT, 0, ANSWER_LIMITED, 42910000, "rate limit exceeded");
        int64_t utc_ns = story->test->utc_ns;
        story->test->utc_ns += later ? CORE_TEST_S : -CORE_TEST_S;
        story_closes (story, "x2", TRADE_SIDE_SELL, E9 (20), E9 (20));
        story->test->utc_ns = utc_ns;
        core_test_pass (story->test, CORE_TEST_S);
        assert_int_equal (story_said (story, "anna", "superseded"), later);
        assert_int_equal (story_orders (story), 2);
        assert_int_equal (story_order (story, 1)->side, later ? SIDE_SELL : SIDE_BUY);
        story_free (story);
    }
}

/*  The money of an exit in another symbol may come: t=0 refused, t=1 again, until it is stale. */
static void test_an_entry_waits_for_the_money_of_an_exit (void **state)
{
    (void) state;
    story_t *story = sold (); /*  its answer is open */
    story->trade = (trade_t){.x = "x2",
        .order_id = "x2",
        .master_id = "master",
        .symbol = "MSFT",
        .side = TRADE_SIDE_BUY,
        .qty_e9 = E9 (10),
        .opened_e9 = E9 (10),
        .price_e9 = E9 (100),
        .order_qty_e9 = E9 (10),
        .master_equity_e9 = E9 (100000),
        .remaining_e18 = FRACTION_ONE,
        .executed_at_ns = story->test->utc_ns};
    assert_int_equal (story_command (story), 0);
    for (int at = 1; at < 20; at++) {
        assert_int_equal (story_orders (story), 1 + at);
        story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient buying power");
        core_test_pass (story->test, CORE_TEST_S);
    }
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_fills (story, 0, E9 (4)); /*  the exit is done: now no is no */
    story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient buying power");
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED);
    assert_string_equal (story_outcome (story, "anna")->x, "x2");
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_a_refused_exit_is_tried_for_ever_and_told_once),
        cmocka_unit_test (test_what_was_told_not_sent_goes_out_in_whole_shares),
        cmocka_unit_test (test_what_was_told_unanswered_and_is_not_there),
        cmocka_unit_test (test_people_are_reminded), cmocka_unit_test (test_nothing_left_ends_it),
        cmocka_unit_test (test_dust_that_the_broker_does_not_trade_is_left),
        cmocka_unit_test (test_an_exit_that_ends_short_is_ordered_again),
        cmocka_unit_test (test_an_exit_waits_for_an_account_that_cannot_be_read),
        cmocka_unit_test (test_what_waits_behind_an_order_without_an_answer_is_told),
        cmocka_unit_test (test_a_later_state_is_not_passed_before_the_order_of_the_earlier_is_told),
        cmocka_unit_test (test_a_whole_exit_supersedes_an_entry_that_was_not_sent),
        cmocka_unit_test (test_only_a_later_exit_supersedes_an_entry),
        cmocka_unit_test (test_an_entry_waits_for_the_money_of_an_exit)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
