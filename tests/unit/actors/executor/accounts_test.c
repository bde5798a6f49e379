/*  accounts_test.c: clients come, change and go; their accounts are read before a trade needs them. */
#include <stdio.h>

#include "tests/unit/actors/executor/shard_story.h"

static void test_a_new_client_is_opened_read_and_counted (void **state)
{
    (void) state;
    story_t *story = story_new ();
    (void) core_test_get (story->test, "dispatcher", MSG_SHARD_READY, 0);
    (void) story_draft (story, "anna");
    story_add (story);
    assert_string_equal (core_test_find (story->test, EFFECT_OPEN_ACCOUNT, 0)->effect.account_id, "anna");
    core_test_pass (story->test, 600 * CORE_TEST_MS);
    assert_int_equal (core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.clients, 1);
    assert_int_equal (core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.warm, 0);
    story_warm (story, E9 (10000), 0);
    core_test_pass (story->test, 600 * CORE_TEST_MS);
    assert_int_equal (core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.warm, 1);
    story_free (story);
}

static void test_a_copy_waits_until_the_account_is_known (void **state)
{
    (void) state;
    story_t *story = story_new ();
    (void) story_draft (story, "anna");
    story_add (story);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 0);
    core_test_pass (story->test, 600 * CORE_TEST_MS);
    story_answers (story, CALL_POSITIONS, 0, ANSWER_OK, 0, "");
    assert_int_equal (story_orders (story), 0);
    story_answers (story, CALL_ACCOUNT, 0, ANSWER_OK, 0, "");
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_reads_are_repeated_and_a_stale_snapshot_is_not_believed (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (8));
    core_test_pass (story->test, 25 * CORE_TEST_S);
    assert_int_equal (core_test_calls (story->test, CALL_POSITIONS), 1);
    /*  between question and answer the copier sells half: the answer is older than that */
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (1), E9 (2));
    story_fills (story, 0, E9 (4));
    position_t position = {.symbol = "AAPL", .qty_e9 = E9 (8)};
    const broker_call_t *call = core_test_call (story->test, CALL_POSITIONS, 0);
    broker_answer_t answer = {.call = CALL_POSITIONS,
        .account = call->account,
        .token = call->token,
        .positions = &position,
        .count = 1};
    (void) core_test_answer (story->test, &answer);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (1), E9 (1));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (4)); /*  not 8 */
    story_free (story);
}

static void show_positions (story_t *story, int nth, int64_t held_e9)
{
    position_t position = {.symbol = "AAPL", .qty_e9 = held_e9};
    const broker_call_t *call = core_test_call (story->test, CALL_POSITIONS, nth);
    broker_answer_t answer = {.call = CALL_POSITIONS,
        .account = call->account,
        .token = call->token,
        .positions = &position,
        .count = 1};
    (void) core_test_answer (story->test, &answer);
}

static void test_a_snapshot_of_a_busy_moment_is_asked_for_again (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (8));
    core_test_pass (story->test, 25 * CORE_TEST_S);
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (1), E9 (2));
    show_positions (story, 0, E9 (6)); /*  t=0 while our order is under way; somebody sold 2 by hand */
    story_fills (story, 0, E9 (4));
    assert_int_equal (core_test_calls (story->test, CALL_POSITIONS), 1);
    core_test_pass (story->test, 600 * CORE_TEST_MS); /*  t=0.5 s: the list shows our fill by now */
    show_positions (story, 1, E9 (2));
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (1), E9 (1));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (2));
    story_free (story);
}

static void test_a_list_asked_right_after_a_fill_is_not_believed (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (8));
    core_test_pass (story->test, 2 * CORE_TEST_S);
    story_warm (story, E9 (10000), E9 (8));
    core_test_pass (story->test, 17 * CORE_TEST_S); /*  the refresh is due within the next seconds */
    for (int at = 0; core_test_calls (story->test, CALL_POSITIONS) == 0; at++) {
        char x[16];
        (void) snprintf (x, sizeof x, "x%d", at);
        story_closes (story, x, TRADE_SIDE_SELL, E9 (1), E9 (100));
        story_fills (story, -1, story_order (story, -1)->qty_e9);
        core_test_pass (story->test, 200 * CORE_TEST_MS);
    }
    show_positions (story, 0, E9 (8)); /*  as it was 250 ms ago, or more */
    core_test_forget (story->test);
    story_closes (story, "y", TRADE_SIDE_SELL, E9 (1), E9 (1));
    assert_true (story_order (story, 0)->qty_e9 < E9 (8));
    story_free (story);
}

static void test_a_paused_client_gets_no_more_and_its_account_is_closed (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_client (story, "ben", 0);
    story_draft (story, "anna")->active = false;
    story_add (story);
    assert_int_equal (core_test_count (story->test, EFFECT_CLOSE_ACCOUNT), 1);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_a_client_leaves_only_after_its_orders_ended (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_draft (story, "anna")->removed = true;
    story_add (story);
    assert_int_equal (core_test_count (story->test, EFFECT_CLOSE_ACCOUNT), 0);
    story_fills (story, 0, E9 (5));
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (core_test_count (story->test, EFFECT_CLOSE_ACCOUNT), 1);
    story_free (story);
}

static void test_changed_scaling_applies_to_new_orders_only (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_fills (story, 0, E9 (5));
    story_draft (story, "anna")->multiplier_e9 = E9 (2);
    story_add (story);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5));
    story_fills (story, 1, E9 (5));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (20));
    story_free (story);
}

/*  New keys that the broker does not know are told before a trade meets them. */
static void test_changed_keys_are_tried_at_once (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    core_test_pass (story->test, CORE_TEST_S);
    core_test_forget (story->test);
    (void) story_draft (story, "anna");
    story_add (story);
    core_test_pass (story->test, 10 * CORE_TEST_MS);
    assert_int_equal (core_test_calls (story->test, CALL_ACCOUNT), 1);
    story_answers (story, CALL_ACCOUNT, 0, ANSWER_AUTH, 0, "unauthorized.");
    assert_int_equal (
        core_test_get (story->test, "dispatcher", MSG_BREAKER_CHANGED, -1)->breaker_changed.state,
        BREAKER_CHANGED_STATE_OPEN);
    story_free (story);
}

static void test_many_master_orders_pass_through_small_tables (void **state)
{
    (void) state;
    story_t *story = story_new (); /*  16 parents, 8 clients */
    story_client (story, "anna", 0);
    for (int at = 0; at < 200; at++) {
        char x[16];
        (void) snprintf (x, sizeof x, "x%d", at);
        core_test_forget (story->test);
        story_opens (story, x, TRADE_SIDE_BUY, E9 (2));
        story_fills (story, 0, E9 (1));
        core_test_pass (story->test, 400 * CORE_TEST_MS); /*  150 a minute: within the broker's limit */
    }
    core_test_forget (story->test);
    story_closes (story, "y", TRADE_SIDE_SELL, E9 (400), E9 (400));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (200));
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_a_new_client_is_opened_read_and_counted),
        cmocka_unit_test (test_a_copy_waits_until_the_account_is_known),
        cmocka_unit_test (test_reads_are_repeated_and_a_stale_snapshot_is_not_believed),
        cmocka_unit_test (test_a_snapshot_of_a_busy_moment_is_asked_for_again),
        cmocka_unit_test (test_a_list_asked_right_after_a_fill_is_not_believed),
        cmocka_unit_test (test_a_paused_client_gets_no_more_and_its_account_is_closed),
        cmocka_unit_test (test_a_client_leaves_only_after_its_orders_ended),
        cmocka_unit_test (test_changed_scaling_applies_to_new_orders_only),
        cmocka_unit_test (test_changed_keys_are_tried_at_once),
        cmocka_unit_test (test_many_master_orders_pass_through_small_tables)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
