/*  obstacle_test.c: an order stands in the way of an exit: ours is cancelled, somebody else's is told of, and the exit goes
 *  on being tried. Pauses up to 2 s. */
#include "tests/unit/actors/executor/shard_story.h"

#include <stdio.h>
#include <string.h>

#define OURS "tc1-abcdefghijklmnopqrst-o2"
#define THEIRS "a-limit-order-of-anna"
#define WASH "potential wash trade detected. use complex orders"
#define HELD "insufficient qty available for order (requested: 4, available: 0)"

/*  anna holds 4; the master sells everything; the order is out. */
static story_t *sold (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_orders (story), 1);
    return story;
}

static broker_answer_t answer_to (story_t *story, call_kind_t kind)
{
    const broker_call_t *call = core_test_call (story->test, kind, -1);
    return (broker_answer_t){.call = kind, .account = call->account, .token = call->token};
}

/*  The last order is refused; the answer names the order in its way ("" = none). */
static void refuse (story_t *story, const char *text, const char *existing_order_id)
{
    broker_answer_t answer = answer_to (story, CALL_SUBMIT);
    answer.kind = ANSWER_REJECTED;
    answer.code = 40310000;
    (void) snprintf (answer.message, sizeof answer.message, "%s", text);
    (void) snprintf (answer.existing_order_id, sizeof answer.existing_order_id, "%s", existing_order_id);
    (void) core_test_answer (story->test, &answer);
}

static order_t order (const char *id, const char *client_order_id, side_t side)
{
    order_t made = {.side = side, .status = STATUS_NEW, .qty_e9 = E9 (1), .symbol = "AAPL"};
    (void) snprintf (made.id, sizeof made.id, "%s", id);
    (void) snprintf (made.client_order_id, sizeof made.client_order_id, "%s", client_order_id);
    return made;
}

static void show (story_t *story, const order_t *named)
{
    broker_answer_t answer = answer_to (story, CALL_ORDER);
    assert_string_equal (core_test_call (story->test, CALL_ORDER, -1)->key, named->id);
    answer.order = *named;
    (void) core_test_answer (story->test, &answer);
}

static void list (story_t *story, const order_t *orders, size_t count)
{
    broker_answer_t answer = answer_to (story, CALL_OPEN_ORDERS);
    answer.orders = orders;
    answer.count = count;
    (void) core_test_answer (story->test, &answer);
}

/*  The positions are read again, the pause passes, the exit goes out once more. */
static void again (story_t *story)
{
    size_t orders = story_orders (story);
    story_positions (story, E9 (4));
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_orders (story), orders + 1);
}

static size_t cancels (const story_t *story)
{
    return core_test_calls (story->test, CALL_CANCEL);
}

static size_t alerts (const story_t *story)
{
    return core_test_alerts (story->test, ALERT_RAISED_KIND_EXIT_STUCK);
}

static void told (story_t *story, int nth, const char *text)
{
    const message_t *alert = core_test_get (story->test, NULL, MSG_ALERT_RAISED, nth);
    assert_non_null (strstr (alert->alert_raised.text, text));
}

/*  An entry of an earlier life that no walk found: its X was forgotten. */
static void test_our_own_order_on_the_other_side_is_cancelled (void **state)
{
    (void) state;
    story_t *story = sold ();
    order_t ours = order ("b1", OURS, SIDE_BUY);
    refuse (story, WASH, "b1");
    show (story, &ours);
    assert_int_equal (cancels (story), 1);
    assert_string_equal (core_test_call (story->test, CALL_CANCEL, 0)->key, "b1");
    again (story);
    story_fills (story, -1, E9 (4));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (alerts (story), 0);
    story_free (story);
}

static void test_somebody_elses_order_is_told_of_at_once_and_then_every_64_tries (void **state)
{
    (void) state;
    story_t *story = sold ();
    order_t theirs = order ("b1", THEIRS, SIDE_BUY);
    for (int at = 1; at <= 130; at++) {
        refuse (story, WASH, "b1");
        show (story, &theirs);
        assert_int_equal (alerts (story), at < 64 ? 1 : at < 128 ? 2 : 3);
        again (story);
    }
    assert_int_equal (cancels (story), 0);
    told (story, 0, "somebody else's");
    told (story, 0, "b1");
    told (story, 2, "somebody else's");
    story_fills (story, -1, E9 (4)); /*  anna cancelled it */
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    story_free (story);
}

/*  The answer does not say whose they are: the account's open orders do. */
static void test_our_own_order_that_holds_the_shares_is_cancelled (void **state)
{
    (void) state;
    story_t *story = sold ();
    order_t orders[] = {order ("s1", OURS, SIDE_SELL), order ("s2", OURS, SIDE_SELL),
        order ("b3", THEIRS, SIDE_BUY), order ("s4", OURS, SIDE_SELL)};
    (void) snprintf (orders[1].symbol, sizeof orders[1].symbol, "MSFT");
    orders[3].status = STATUS_CANCELED; /*  the list lags */
    refuse (story, HELD, "");
    list (story, orders, 4);
    assert_int_equal (cancels (story), 1);
    assert_string_equal (core_test_call (story->test, CALL_CANCEL, 0)->key, "s1");
    assert_int_equal (alerts (story), 0); /*  a purchase holds no shares */
    again (story);
    story_fills (story, -1, E9 (4));
    assert_int_equal (alerts (story), 0);
    story_free (story);
}

static void test_somebody_else_holds_the_shares (void **state)
{
    (void) state;
    story_t *story = sold ();
    order_t theirs = order ("s1", THEIRS, SIDE_SELL);
    for (int at = 0; at < 10; at++) {
        refuse (story, HELD, "");
        list (story, &theirs, 1);
        again (story);
    }
    assert_int_equal (cancels (story), 0);
    assert_int_equal (alerts (story), 1); /*  not once more at the third attempt */
    told (story, 0, "holds the shares, order s1");
    story_fills (story, -1, E9 (4));
    story_free (story);
}

/*  t=0 refused, the list is asked; t=1 s the exit is sent again, and in the list when it comes. */
static void test_the_exit_itself_is_not_cancelled (void **state)
{
    (void) state;
    story_t *story = sold ();
    refuse (story, HELD, "");
    again (story);
    order_t itself = order ("s1", story_order (story, 1)->client_order_id, SIDE_SELL);
    (void) snprintf (itself.id, sizeof itself.id, "order-0-1");
    list (story, &itself, 1);
    assert_int_equal (cancels (story), 0);
    refuse (story, HELD, "");
    again (story);
    story_accepts (story, 2);
    (void) snprintf (itself.id, sizeof itself.id, "order-0-2");
    list (story, &itself, 1);
    assert_int_equal (cancels (story), 0);
    story_free (story);
}

/*  The lists are read until they are believed; nothing new is found by id. */
static void settle (story_t *story, int64_t held_e9)
{
    for (int at = 0; at < 2; at++) {
        core_test_pass (story->test, CORE_TEST_S);
        story_positions (story, held_e9);
        while (story->walks_seen < story_walks (story))
            story_missing (story, (int) story->walks_seen);
    }
}

/*  t=0 the exit is out; t=1 another X comes with a walk, which finds an entry of an earlier life; t=2 that is in the way. */
static void test_an_entry_that_was_found_meanwhile_is_cancelled_and_followed (void **state)
{
    (void) state;
    story_t *story = sold ();
    story->walk = true;
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_NEW, E9 (5), 0);
    order_t ours = order ("order-0-0", OURS, SIDE_BUY);
    refuse (story, WASH, ours.id);
    show (story, &ours);
    assert_int_equal (cancels (story), 1);
    assert_string_equal (core_test_call (story->test, CALL_CANCEL, 0)->key, ours.id);
    story_missing (story, 1); /*  x2 has no second one */
    story_positions (story, E9 (4));
    core_test_pass (story->test, CORE_TEST_S);
    story_shows (story, CALL_ORDER, -1, STATUS_CANCELED, E9 (5), 0);
    settle (story, E9 (4));
    assert_int_equal (story_order (story, 1)->side, SIDE_SELL); /*  the exit, again */
    story_fills (story, 1, E9 (4));
    settle (story, 0);
    assert_string_equal (story_outcome (story, "anna")->x, "x2"); /*  its entry ended as it was made to */
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_REPLICATION_FAILURES), 0);
    story_free (story);
}

/*  Without a lease somebody else may be the one who trades for anna. */
static void test_nothing_is_cancelled_without_a_lease (void **state)
{
    (void) state;
    story_t *story = story_new_without_lease ();
    story_client (story, "anna", E9 (4));
    story_lease (story, 1, CORE_TEST_S, true);
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    order_t ours = order ("b1", OURS, SIDE_BUY);
    refuse (story, WASH, "b1");
    core_test_pass (story->test, CORE_TEST_S);
    show (story, &ours);
    assert_int_equal (cancels (story), 0);
    story_positions (story, E9 (4));
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    story_lease (story, 8, 1000 * CORE_TEST_S, true);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    refuse (story, WASH, "b1");
    show (story, &ours);
    assert_int_equal (cancels (story), 1);
    story_free (story);
}

/*  Our entry that does not fill is cancelled for the exit behind it (exit_test.c); the cancel gets lost. */
static void test_a_cancel_that_got_lost_is_sent_again (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (10));
    for (int at = 0; at < 10; at++) {
        story_shows (story, CALL_ORDER, at, STATUS_NEW, E9 (5), 0);
        if (cancels (story) == 1)
            story_answers (story, CALL_CANCEL, 0, ANSWER_UNKNOWN, 0, "timed out");
        core_test_pass (story->test, CORE_TEST_S);
    }
    assert_int_equal (cancels (story), 2);
    story_shows (story, CALL_ORDER, -1, STATUS_CANCELED, E9 (5), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "no_position");
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_our_own_order_on_the_other_side_is_cancelled),
        cmocka_unit_test (test_somebody_elses_order_is_told_of_at_once_and_then_every_64_tries),
        cmocka_unit_test (test_our_own_order_that_holds_the_shares_is_cancelled),
        cmocka_unit_test (test_somebody_else_holds_the_shares),
        cmocka_unit_test (test_the_exit_itself_is_not_cancelled),
        cmocka_unit_test (test_an_entry_that_was_found_meanwhile_is_cancelled_and_followed),
        cmocka_unit_test (test_nothing_is_cancelled_without_a_lease),
        cmocka_unit_test (test_a_cancel_that_got_lost_is_sent_again)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
