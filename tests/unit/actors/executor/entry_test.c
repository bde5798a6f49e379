/*  entry_test.c: opening copies. Clients have multiplier 0.5 unless the story says otherwise. */
#include <string.h>

#include <stdio.h>

#include "tests/unit/actors/executor/shard_story.h"

static void test_each_client_gets_one_order_of_its_size (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_draft (story, "ben")->multiplier_e9 = E9 (0.2);
    story_add (story);
    story_warm (story, E9 (10000), 0);
    /*  t=0 the master buys 10: one pass, one order a client, all in the same step */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (2));
    assert_int_equal (story_order (story, 0)->side, SIDE_BUY);
    assert_int_equal (story_order (story, 0)->intent, INTENT_BUY_TO_OPEN);
    assert_int_equal (story_order (story, 0)->type, TYPE_MARKET);
    assert_string_equal (story_order (story, 0)->symbol, "AAPL");
    assert_string_not_equal (
        story_order (story, 0)->client_order_id, story_order (story, 1)->client_order_id);
    story_accepts (story, 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    story_fills (story, 1, E9 (2));
    assert_int_equal (story_outcome (story, "ben")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_outcome (story, "ben")->filled_e9, E9 (2));
    story_free (story);
}

static void test_partial_fills_are_followed_by_state_and_merge_while_unanswered (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (2)); /*  t=0: 2 of 10 */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (3)); /*  5 and 9 of 10 while the first is unanswered */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (4));
    assert_int_equal (story_orders (story), 1);
    story_fills (story, 0, E9 (1));
    assert_int_equal (story_orders (story), 2); /*  3.5 in one order */
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (3.5));
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o1");
    assert_string_equal (story_order (story, 1)->client_order_id + 24, "-o2");
    story_fills (story, 1, E9 (3.5));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (1));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (0.5));
    story_free (story);
}

static void test_a_repeated_command_sends_nothing_and_says_the_outcome_again (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_command (story), 0); /*  unanswered: nothing to say yet */
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_fills (story, 0, E9 (5));
    core_test_forget (story->test);
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    story->trade.qty_e9 = story->trade.opened_e9 = E9 (4); /*  an older state, late */
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_the_rate_is_fixed_at_the_first_decision (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_draft (story, "anna")->scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
    story->test->event.client_config.multiplier_e9 = FIXED_ONE;
    story_add (story);
    story_warm (story, E9 (10000), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10)); /*  10,000 / 100,000 */
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (1));
    story_fills (story, 0, E9 (1));
    story->trade.master_equity_e9 = E9 (50000);
    /*  the master loses half before the rest executes: x1 keeps its rate */
    story->trade.qty_e9 += E9 (10);
    story->trade.opened_e9 += E9 (10);
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (1));
    story_free (story);
}

static void test_whole_shares_when_fractions_are_off_or_the_asset_has_none (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_draft (story, "anna")->fractional = false;
    story_add (story);
    story_warm (story, E9 (10000), 0);
    story_client (story, "ben", 0);
    story_client (story, "carl", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (5));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2));
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (2.5));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (2.5));
    /*  the broker knows better about ben's: same slot, whole shares */
    story_answers (story, CALL_SUBMIT, 1, ANSWER_REJECTED, 40310000, "asset \"AAPL\" is not fractionable");
    assert_int_equal (story_order (story, 3)->qty_e9, E9 (2));
    assert_string_equal (story_order (story, 3)->client_order_id, story_order (story, 1)->client_order_id);
    /*  carl's was on its way already */
    story_answers (story, CALL_SUBMIT, 2, ANSWER_REJECTED, 40310000, "asset \"AAPL\" is not fractionable");
    assert_int_equal (story_order (story, 4)->qty_e9, E9 (2));
    assert_string_equal (story_order (story, 4)->client_order_id, story_order (story, 2)->client_order_id);
    story_free (story);
}

static void test_shorts_are_whole (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_SELL, E9 (5));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2));
    assert_int_equal (story_order (story, 0)->intent, INTENT_SELL_TO_OPEN);
    story_free (story);
}

static void expect_skip (
    const char *reason, void (*change) (client_config_t *config), trade_side_t side, int64_t qty_e9)
{
    story_t *story = story_new ();
    client_config_t *config = story_draft (story, "anna");
    if (change)
        change (config);
    story_add (story);
    story_warm (story, E9 (10000), 0);
    story_opens (story, "x1", side, qty_e9);
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_SKIPPED);
    assert_string_equal (story_outcome (story, "anna")->reason, reason);
    story_free (story);
}

static void only_short (client_config_t *config)
{
    config->direction = CLIENT_CONFIG_DIRECTION_SHORT;
}

static void allow_others (client_config_t *config)
{
    memcpy (config->allow, "MSFT,TSLA", sizeof "MSFT,TSLA");
}

static void deny_it (client_config_t *config)
{
    memcpy (config->deny, "MSFT,AAPL", sizeof "MSFT,AAPL");
}

static void test_every_skip_has_its_reason (void **state)
{
    (void) state;
    expect_skip ("direction", only_short, TRADE_SIDE_BUY, E9 (10));
    expect_skip ("symbol_not_allowed", allow_others, TRADE_SIDE_BUY, E9 (10));
    expect_skip ("symbol_denied", deny_it, TRADE_SIDE_BUY, E9 (10));
    expect_skip ("below_minimum", NULL, TRADE_SIDE_SELL, E9 (1)); /*  half a share short */
}

static void test_an_old_entry_expires (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x0", TRADE_SIDE_BUY, E9 (10));
    story_fills (story, 0, E9 (5));
    core_test_pass (story->test, CORE_TEST_S);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_fills (story, 1, E9 (5));
    core_test_forget (story->test);
    story->trade.qty_e9 = story->trade.opened_e9 = E9 (20);
    story->trade.executed_at_ns -= 61 * CORE_TEST_S;
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_EXPIRED);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_STALE_EXPIRED), 1);
    story_free (story);
}

static void test_who_joins_while_x_fills_gets_only_what_came_after (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (6));
    core_test_pass (story->test, CORE_TEST_MS);
    story_draft (story, "ben")->follow_since_ns = story->test->utc_ns;
    story_add (story);
    story_warm (story, E9 (10000), 0);
    core_test_pass (story->test, CORE_TEST_MS);
    assert_int_equal (story_command (story), 0);
    story_history (
        story, NULL, 0, true); /*  whether another shard had ben is not known: X is walked for him */
    story_missing (story, 0);
    assert_string_equal (story_outcome (story, "ben")->reason, "joined_later");
    core_test_forget (story->test);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (4));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2)); /*  half of 4; anna's first is unanswered */
    story_free (story);
}

/*  t=0 the master buys 6; t=1 ben joins; t=2 it buys 4 more; only then the shard hears of ben. */
static void test_who_is_heard_of_late_gets_only_what_came_after_joining (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (6));
    core_test_pass (story->test, CORE_TEST_MS);
    int64_t joined_ns = story->test->utc_ns;
    core_test_pass (story->test, CORE_TEST_MS);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (4));
    story_draft (story, "ben")->follow_since_ns = joined_ns;
    story_add (story);
    story_warm (story, E9 (10000), 0);
    core_test_forget (story->test);
    assert_int_equal (story_command (story), 0);
    story_history (story, NULL, 0, true);
    story_missing (story, 0);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2)); /*  half of 4 */
    story_free (story);
}

static void test_masters_orders_in_one_symbol_keep_their_order (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (2));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (4));
    assert_int_equal (story_orders (story), 1); /*  one unanswered a client and symbol */
    story_accepts (story, 0);
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (2));
    story_free (story);
}

static void test_what_executed_before_the_joining_and_is_heard_after_it_is_not_copied (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_draft (story, "anna")->follow_since_ns = story->test->utc_ns + 10 * CORE_TEST_S;
    story_add (story);
    story_warm (story, E9 (10000), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "joined_later");
    core_test_pass (story->test, 20 * CORE_TEST_S);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    story_free (story);
}

static void test_an_old_entry_that_meets_the_other_side_expires (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (-5));
    story->trade.remaining_e18 = FRACTION_ONE;
    (void) snprintf (story->trade.x, sizeof story->trade.x, "x1");
    story->trade.executed_at_ns = story->test->utc_ns;
    story_opens (story, "x1", TRADE_SIDE_BUY, 0); /*  a draft */
    trade_t old = story->trade;
    core_test_pass (story->test, 61 * CORE_TEST_S);
    old.qty_e9 = old.opened_e9 = E9 (10);
    story->trade = old;
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_EXPIRED);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_STALE_EXPIRED), 1);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_what_executed_before_the_joining_and_is_heard_after_it_is_not_copied),
        cmocka_unit_test (test_an_old_entry_that_meets_the_other_side_expires),
        cmocka_unit_test (test_each_client_gets_one_order_of_its_size),
        cmocka_unit_test (test_partial_fills_are_followed_by_state_and_merge_while_unanswered),
        cmocka_unit_test (test_a_repeated_command_sends_nothing_and_says_the_outcome_again),
        cmocka_unit_test (test_the_rate_is_fixed_at_the_first_decision),
        cmocka_unit_test (test_whole_shares_when_fractions_are_off_or_the_asset_has_none),
        cmocka_unit_test (test_shorts_are_whole), cmocka_unit_test (test_every_skip_has_its_reason),
        cmocka_unit_test (test_an_old_entry_expires),
        cmocka_unit_test (test_who_is_heard_of_late_gets_only_what_came_after_joining),
        cmocka_unit_test (test_who_joins_while_x_fills_gets_only_what_came_after),
        cmocka_unit_test (test_masters_orders_in_one_symbol_keep_their_order)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
