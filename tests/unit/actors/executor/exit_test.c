/*  exit_test.c: closing copies take the fraction that the master closed, of what the client holds. */
#include "tests/unit/actors/executor/shard_story.h"

static void test_half_is_half_of_what_the_client_holds (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (8));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (4));
    assert_int_equal (story_order (story, 0)->side, SIDE_SELL);
    assert_int_equal (story_order (story, 0)->intent, INTENT_SELL_TO_CLOSE);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c1");
    story_fills (story, 0, E9 (4));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    story_free (story);
}

static void test_partial_exits_do_not_accumulate_rounding (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_draft (story, "anna")->fractional = false;
    story_add (story);
    story_warm (story, E9 (10000), E9 (30));
    /*  the master sells 300 in 33, 33, 34, 100: the client, whole shares of 30, ends at exactly 10 left */
    const int64_t parts_e9[] = {E9 (33), E9 (33), E9 (34), E9 (100)};
    int64_t left_e9 = E9 (300);
    int64_t sold_e9 = 0;
    for (size_t at = 0; at < 4; at++) {
        core_test_forget (story->test);
        story_closes (story, "x1", TRADE_SIDE_SELL, parts_e9[at], left_e9);
        left_e9 -= parts_e9[at];
        if (story_orders (story) == 0)
            continue;
        sold_e9 += story_order (story, 0)->qty_e9;
        story_fills (story, 0, story_order (story, 0)->qty_e9);
    }
    assert_int_equal (sold_e9, E9 (20));
    story_free (story);
}

static void test_flat_takes_everything_to_the_last_fraction (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_draft (story, "anna")->fractional = false;
    story_add (story);
    story_warm (story, E9 (10000), E9 (7.25));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (100), E9 (100));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (7.25));
    story_free (story);
}

static void test_a_short_is_bought_back (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (-6));
    story_closes (story, "x1", TRADE_SIDE_BUY, E9 (1), E9 (2));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (3));
    assert_int_equal (story_order (story, 0)->side, SIDE_BUY);
    assert_int_equal (story_order (story, 0)->intent, INTENT_BUY_TO_CLOSE);
    story_free (story);
}

static void test_a_short_is_bought_back_in_whole_shares (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (-5)); /*  fractions are on: a fraction of a short must not stay behind */
    story_closes (story, "x1", TRADE_SIDE_BUY, E9 (1), E9 (2));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2));
    story_fills (story, 0, E9 (2));
    story_closes (story, "x2", TRADE_SIDE_BUY, E9 (1), E9 (1));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (3));
    story_free (story);
}

static void test_nothing_held_is_skipped (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_client (story, "ben", E9 (-5)); /*  the other way round: selling would enlarge it */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (1), E9 (2));
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "no_position");
    assert_string_equal (story_outcome (story, "ben")->reason, "no_position");
    story_free (story);
}

static void test_an_exit_waits_for_the_entry_before_it_and_takes_its_fills (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    /*  t=0 buys 10, accepted, fill unknown; t=5 ms the master sells everything */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    core_test_pass (story->test, 5 * CORE_TEST_MS);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (core_test_calls (story->test, CALL_ORDER), 1); /*  asked at once */
    story_shows (story, CALL_ORDER, 0, STATUS_FILLED, E9 (5), E9 (5));
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5));
    assert_int_equal (story_order (story, 1)->side, SIDE_SELL);
    story_free (story);
}

static void test_an_entry_that_does_not_fill_is_cancelled_for_the_exit (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (10));
    for (int at = 0; at < 8 && core_test_calls (story->test, CALL_CANCEL) == 0; at++) {
        story_shows (story, CALL_ORDER, at, STATUS_PARTIALLY_FILLED, E9 (5), E9 (2));
        core_test_pass (story->test, CORE_TEST_S);
    }
    assert_int_equal (core_test_calls (story->test, CALL_CANCEL), 1);
    story_shows (story, CALL_ORDER, -1, STATUS_CANCELED, E9 (5), E9 (2));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (2));
    story_free (story);
}

static void test_a_flip_closes_first_and_opens_when_that_is_filled (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    /*  the master holds 8 and sells 20: closes 8, opens 12 short */
    story->trade.remaining_e18 = 0;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (8), E9 (8));
    story_opens (story, "x1", TRADE_SIDE_SELL, E9 (12));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (4));
    story_accepts (story, 0);
    assert_int_equal (story_orders (story), 1);
    story_shows (story, CALL_ORDER, -1, STATUS_FILLED, E9 (4), E9 (4));
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (6));
    assert_int_equal (story_order (story, 1)->intent, INTENT_SELL_TO_OPEN);
    story_free (story);
}

static void test_a_flip_in_one_execution_opens_when_the_exit_is_filled (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story->trade.remaining_e18 = 0;
    story_closes (story, "x0", TRADE_SIDE_SELL, E9 (0), E9 (8)); /*  the draft of x0 */
    core_test_forget (story->test);
    trade_t *trade = &story->trade;
    trade->opened_e9 = E9 (12);
    trade->closed_e9 = E9 (8);
    trade->qty_e9 = E9 (20);
    trade->remaining_e18 = 0;
    trade->flat = true;
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (4));
    story_accepts (story, 0);
    assert_int_equal (story_orders (story), 1);
    story_shows (story, CALL_ORDER, -1, STATUS_FILLED, E9 (4), E9 (4));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (6));
    assert_int_equal (story_order (story, 1)->intent, INTENT_SELL_TO_OPEN);
    story_free (story);
}

static void test_a_flip_in_two_orders_opens_when_the_exit_is_filled (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    /*  t=0 the master sells the 8 it holds; t=5 ms it sells 12 short: the exit is accepted, its fill not known yet */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (8), E9 (8));
    story_accepts (story, 0);
    core_test_pass (story->test, 5 * CORE_TEST_MS);
    story_opens (story, "x2", TRADE_SIDE_SELL, E9 (12));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (core_test_calls (story->test, CALL_ORDER), 1); /*  asked at once */
    story_shows (story, CALL_ORDER, -1, STATUS_FILLED, E9 (4), E9 (4));
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (6));
    assert_int_equal (story_order (story, 1)->intent, INTENT_SELL_TO_OPEN);
    story_free (story);
}

static void test_an_entry_waits_for_our_own_exit_that_still_fills (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    /*  t=0 the master sells half; t=5 ms it buys 6 again: beside the open sale the broker would see a wash trade */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (4), E9 (8));
    story_accepts (story, 0);
    core_test_pass (story->test, 5 * CORE_TEST_MS);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (6));
    assert_int_equal (story_orders (story), 1);
    story_shows (story, CALL_ORDER, -1, STATUS_FILLED, E9 (2), E9 (2));
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (3));
    assert_int_equal (story_order (story, 1)->intent, INTENT_BUY_TO_OPEN);
    story_free (story);
}

static void test_other_trades_between_two_exits_are_not_exited_for_the_past (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (10)); /*  master 100 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_fills (story, 0, E9 (5)); /*  anna 5, master 50 */
    trade_t first = story->trade;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20)); /*  multiplier 0.5: +10 */
    story_fills (story, 1, E9 (10));                    /*  anna 15, master 70 */
    story->trade = first;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (35), E9 (70)); /*  half again */
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (7.5));
    story_free (story);
}

static void test_states_of_two_orders_are_decided_in_the_order_they_came (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (10)); /*  master 100 */
    /*  t=0 half is sold (x1), its answer hangs; t=1 ms 20 are bought (x2); t=2 ms half again is sold under x1 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    trade_t first = story->trade;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    story->trade = first;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (35), E9 (70));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    story_fills (story, 0, E9 (5));
    assert_int_equal (story_order (story, 1)->side, SIDE_BUY);
    story_fills (story, 1, E9 (10));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (7.5)); /*  half of 15, not of 5 */
    story_free (story);
}

static void test_states_of_one_order_merge_when_nothing_came_between (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    for (int at = 0; at < 20; at++) /*  more than are remembered */
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (1));
    assert_int_equal (story_orders (story), 1);
    story_fills (story, 0, E9 (0.5));
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (9.5));
    story_free (story);
}

static void test_what_was_closed_while_nothing_was_held_is_not_closed_of_what_comes_later (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0); /*  master 100 */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    trade_t first = story->trade;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (50));
    story_fills (story, 0, E9 (25));
    story->trade = first;
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (20), E9 (100));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5)); /*  a fifth, not three fifths */
    story_free (story);
}

static void test_a_refused_exit_is_tried_again_with_the_position_read_anew (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (8));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "insufficient qty available for order");
    story_read (story, E9 (10000), E9 (6)); /*  somebody sold 2 by hand */
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (6));
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_half_is_half_of_what_the_client_holds),
        cmocka_unit_test (test_partial_exits_do_not_accumulate_rounding),
        cmocka_unit_test (test_flat_takes_everything_to_the_last_fraction),
        cmocka_unit_test (test_a_short_is_bought_back),
        cmocka_unit_test (test_a_short_is_bought_back_in_whole_shares),
        cmocka_unit_test (test_nothing_held_is_skipped),
        cmocka_unit_test (test_an_exit_waits_for_the_entry_before_it_and_takes_its_fills),
        cmocka_unit_test (test_an_entry_that_does_not_fill_is_cancelled_for_the_exit),
        cmocka_unit_test (test_a_flip_closes_first_and_opens_when_that_is_filled),
        cmocka_unit_test (test_a_flip_in_one_execution_opens_when_the_exit_is_filled),
        cmocka_unit_test (test_a_flip_in_two_orders_opens_when_the_exit_is_filled),
        cmocka_unit_test (test_an_entry_waits_for_our_own_exit_that_still_fills),
        cmocka_unit_test (test_other_trades_between_two_exits_are_not_exited_for_the_past),
        cmocka_unit_test (test_states_of_two_orders_are_decided_in_the_order_they_came),
        cmocka_unit_test (test_states_of_one_order_merge_when_nothing_came_between),
        cmocka_unit_test (test_what_was_closed_while_nothing_was_held_is_not_closed_of_what_comes_later),
        cmocka_unit_test (test_a_refused_exit_is_tried_again_with_the_position_read_anew)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
