/*  walk_test.c: what an earlier life did with X is learnt from the history and from the broker, by id, before anything
 *  is decided. */
#include <stdio.h>

#include "tests/unit/actors/executor/shard_story.h"

static size_t requests (const story_t *story)
{
    return core_test_messages (story->test, "dispatcher", MSG_HISTORY_REQUEST);
}

static void test_a_new_order_costs_one_request_and_no_history (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (
        core_test_count (story->test, EFFECT_CALL), 2); /*  and whether AAPL has fractions, once */
    assert_int_equal (requests (story), 0);
    story_free (story);
}

static void test_a_crash_between_submit_and_answer_doubles_nothing (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (requests (story), 1);
    assert_int_equal (story_walks (story), 0);
    story_history (story, NULL, 0, true);
    story_found (story, 0, E9 (5), E9 (5)); /*  o1 */
    story_missing (story, 1);               /*  o2 */
    assert_int_equal (story_walks (story), 2);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    story_free (story);
}

static void test_a_crash_before_the_submit_loses_nothing (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_missing (story, 0);
    assert_int_equal (story_orders (story), 0); /*  the account is not known yet */
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o1");
    story_free (story);
}

static void test_an_unknown_answer_to_a_walk_is_asked_again (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_UNKNOWN, 0, "timed out");
    story_read (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_walks (story), 2);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 1, ANSWER_LIMITED, 0, "too many requests");
    core_test_pass (story->test, CORE_TEST_S);
    story_missing (story, 2);
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_the_history_is_asked_three_times_then_the_walk_goes_on (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 2900 * CORE_TEST_MS);
    assert_int_equal (requests (story), 3);
    assert_int_equal (story_walks (story), 0);
    core_test_pass (story->test, 200 * CORE_TEST_MS);
    assert_int_equal (requests (story), 3);
    assert_int_equal (story_walks (story), 1);
    story_free (story);
}

static void test_the_rate_of_the_history_is_kept (void **state)
{
    (void) state;
    story_t *story = story_again (); /*  0.5 today; X was begun with 0.25 */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.qty_e9 = row.filled_e9 = E9 (2.5);
    row.rate_num_e9 = E9 (0.25);
    row.rate_den_e9 = E9 (1);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), E9 (2.5));
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-o2");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2.5));
    story_free (story);
}

/*  X in two parts, 2.5 each for the client; the outcome of the first one was lost on its way to the database. */
static void test_a_slot_that_the_history_lost_is_asked_for (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 2);
    row.qty_e9 = row.filled_e9 = E9 (2.5);
    row.from_e9 = E9 (5);
    story_history (story, &row, 1, true);
    const broker_call_t *asked = core_test_call (story->test, CALL_ORDER_BY_CLIENT_ID, 0);
    assert_string_equal (asked->key + 24, "-o1");
    story_found (story, 0, E9 (2.5), E9 (2.5));
    asked = core_test_call (story->test, CALL_ORDER_BY_CLIENT_ID, 1);
    assert_string_equal (asked->key + 24, "-o3");
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_a_done_state_is_said_again_and_not_decided (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_NONE, 0);
    row.kind = OUTCOME_KIND_SKIPPED;
    (void) snprintf (row.reason, sizeof row.reason, "breaker_open");
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "breaker_open");
    assert_int_equal (story_outcome (story, "anna")->from_e9, 0);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    story_free (story);
}

static void test_an_accepted_order_is_followed_to_its_end_by_the_next_life (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    row.qty_e9 = E9 (5);
    story_history (story, &row, 1, true);
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_PARTIALLY_FILLED, E9 (5), E9 (2));
    story_missing (story, 1);
    core_test_pass (story->test, CORE_TEST_S);
    story_shows (story, CALL_ORDER, 0, STATUS_FILLED, E9 (5), E9 (5));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_true (story_outcome (story, "anna")->final);
    assert_int_equal (story_outcome (story, "anna")->filled_e9, E9 (5));
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_a_refused_slots_number_is_free_unless_the_broker_has_it (void **state)
{
    (void) state;
    for (int taken = 0; taken < 2; taken++) {
        story_t *story = story_again ();
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
        row.kind = OUTCOME_KIND_REJECTED;
        row.qty_e9 = E9 (5);
        story_opens (
            story, "x1", TRADE_SIDE_BUY, E9 (10)); /*  since: X at 20, 10 more for the client in all */
        story_history (story, &row, 1, true);
        if (taken)
            story_found (story, 0, E9 (5), E9 (5));
        else
            story_missing (story, 0);
        story_missing (story, 1);
        story_back (story, E9 (10000), taken ? E9 (5) : 0);
        assert_string_equal (story_order (story, 0)->client_order_id + 24, taken ? "-o2" : "-o1");
        assert_int_equal (story_order (story, 0)->qty_e9, taken ? E9 (5) : E9 (10));
        story_free (story);
    }
}

static void test_positions_asked_before_a_found_orders_end_are_not_believed (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    core_test_pass (story->test, 600 * CORE_TEST_MS); /*  t=0.5 s the positions are asked */
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_NEW, E9 (5), 0);
    story_missing (story, 1);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (5), E9 (10));
    story_history (story, NULL, 0, true);
    story_missing (story, 2);
    story_back (story, E9 (10000), 0); /*  a list without the entry */
    story_shows (story, CALL_ORDER, 0, STATUS_FILLED, E9 (5), E9 (5));
    assert_int_equal (story_orders (story), 0);
    core_test_forget (story->test);
    story->walks_seen = 0;
    story_back (story, E9 (10000), 0); /*  asked less than half a second after its end */
    assert_int_equal (story_orders (story), 0);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (2.5));
    story_free (story);
}

static void test_a_client_of_another_shard_is_walked_though_x_is_known (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_fills (story, 0, E9 (5));
    story_client (story, "ben", E9 (5)); /*  was another shard's, follows since long */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1); /*  anna's */
    outcome_t row = story_row (story, "ben", OUTCOME_LEG_OPEN, 1);
    row.to_e9 = E9 (10);
    row.qty_e9 = row.filled_e9 = E9 (5);
    row.rate_num_e9 = E9 (0.5);
    row.rate_den_e9 = E9 (1);
    story_history (story, &row, 1, true);
    story_missing (story, 0);
    assert_int_equal (story_orders (story), 2);
    assert_string_equal (story_order (story, 1)->client_order_id + 24, "-o2");
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5));
    story_free (story);
}

static void test_refused_keys_leave_no_client_without_an_outcome (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
    assert_string_equal (story_outcome (story, "anna")->reason, "breaker_open");
    story_free (story);
}

/*  What was said last of opening slot n: final, and of this kind. */
static bool told (story_t *story, int n, outcome_kind_t kind)
{
    bool as_told = false;
    size_t results = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (story->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            if (result->outcomes[each].slot == n)
                as_told = result->outcomes[each].final && result->outcomes[each].kind == kind;
    }
    return as_told;
}

/*  The keys are refused while o1 is asked for: skipped, but not final, for an earlier life may have sent it. */
static void test_an_entry_skipped_while_it_is_walked_is_final_when_its_slot_is_known (void **state)
{
    (void) state;
    for (int taken = 0; taken < 2; taken++) {
        story_t *story = story_again ();
        story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        story_history (story, NULL, 0, true);
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_AUTH, 40110000, "request is not authorized");
        const outcome_t *said = story_outcome (story, "anna");
        assert_int_equal (said->kind, OUTCOME_KIND_SKIPPED);
        assert_int_equal (said->slot, 1);
        assert_int_equal (said->to_e9, E9 (10));
        assert_false (said->final);
        core_test_pass (story->test, CORE_TEST_S);
        if (taken)
            story_found (story, 1, E9 (5), E9 (5));
        else
            story_missing (story, 1);
        story_back (story, E9 (10000), taken ? E9 (5) : 0);
        story_back (story, E9 (10000), taken ? E9 (5) : 0);
        assert_true (told (story, 1, taken ? OUTCOME_KIND_FILLED : OUTCOME_KIND_SKIPPED));
        assert_int_equal (story_orders (story), 0);
        story_free (story);
    }
}

/*  The broker lets nobody ask: o1 (or c1) may be there, but what is older than MAX_EVENT_AGE is told. */
static void test_who_may_not_ask_is_told_when_it_is_too_old (void **state)
{
    (void) state;
    for (int taken = 0; taken < 3; taken++) {
        bool exit = taken == 2;
        story_t *story = story_again ();
        if (exit)
            story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
        else
            story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
        story_history (story, NULL, 0, true);
        story_read (story, E9 (10000), exit ? E9 (5) : 0);
        for (int at = 0; at < 30; at++) { /*  of 2 s: 60 s is too old */
            assert_int_equal (story_outcomes (story, "anna"), 0);
            story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_LIMITED, 0, "too many requests.");
            core_test_pass (story->test, 2 * CORE_TEST_S);
        }
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_LIMITED, 0, "too many requests.");
        const outcome_t *said = story_outcome (story, "anna");
        assert_int_equal (said->kind, exit ? OUTCOME_KIND_FAILED : OUTCOME_KIND_SKIPPED);
        assert_string_equal (said->reason, exit ? "account_unreadable" : "stale");
        assert_int_equal (said->slot, 1); /*  what is asked for */
        assert_false (said->final);
        core_test_pass (story->test, 2 * CORE_TEST_S);
        if (taken == 1)
            story_found (story, -1, E9 (5), E9 (5));
        else
            story_missing (story, -1);
        if (exit) {
            story_fills (story, -1, E9 (5));
        } else {
            story_back (story, E9 (10000), taken ? E9 (5) : 0);
            story_back (story, E9 (10000), taken ? E9 (5) : 0);
        }
        assert_true (exit || told (story, 1, taken ? OUTCOME_KIND_FILLED : OUTCOME_KIND_SKIPPED));
        assert_true (story_outcome (story, "anna")->final);
        assert_int_equal (story_orders (story), exit);
        story_free (story);
    }
}

/*  anna was switched off while her shard was dead; the life before sent o1 and could not say so. */
static story_t *switched_off (void)
{
    story_t *story = story_new ();
    story->walk = true;
    story_draft (story, "anna")->active = false;
    story->test->event.client_config.settle = true;
    story_add (story);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    return story;
}

static void test_a_client_switched_off_meanwhile_is_walked_and_told (void **state)
{
    (void) state;
    story_t *story = switched_off ();
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_NEW, E9 (5), 0);
    story_missing (story, 1);
    core_test_pass (story->test, CORE_TEST_S);
    story_shows (story, CALL_ORDER, 0, STATUS_FILLED, E9 (5), E9 (5));
    assert_true (told (story, 1, OUTCOME_KIND_FILLED));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10)); /*  not for her */
    assert_int_equal (story_walks (story), 2);
    core_test_pass (story->test, 20 * CORE_TEST_S);
    story_missing (story, 2); /*  the last look */
    core_test_pass (story->test, 2 * CORE_TEST_S);
    assert_int_equal (core_test_count (story->test, EFFECT_CLOSE_ACCOUNT), 1);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_a_client_switched_off_without_any_order_is_skipped (void **state)
{
    (void) state;
    story_t *story = switched_off ();
    story_missing (story, 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "inactive");
    assert_true (story_outcome (story, "anna")->final);
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_an_order_that_arrives_after_the_walk_is_found_before_anything_rests_on_the_list (
    void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_history (story, NULL, 0, true);
    story_missing (story, 0); /*  t=0; at t=0.3 s c1 of the earlier life arrives: it sells 5 of 10 */
    story_read (story, E9 (10000), E9 (5));
    story_found (story, 1, E9 (5), E9 (5));
    story_missing (story, 2);
    story_back (story, E9 (10000), E9 (5));
    assert_int_equal (story_orders (story), 0);
    assert_int_equal (story_outcome (story, "anna")->filled_e9, E9 (5));
    story_free (story);
}

static void test_a_last_look_finds_what_arrived_after_a_skip (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    story_history (story, NULL, 0, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), 0);
    assert_string_equal (story_outcome (story, "anna")->reason, "no_position");
    core_test_forget (story->test);
    story->walks_seen = 0;
    core_test_pass (story->test, 20 * CORE_TEST_S);
    assert_int_equal (story_walks (story), 1);
    story_found (story, 0, E9 (5), E9 (5));
    story_missing (story, 1);
    story_back (story, E9 (10000), 0);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_int_equal (story_outcome (story, "anna")->filled_e9, E9 (5));
    core_test_pass (story->test, 60 * CORE_TEST_S);
    assert_int_equal (story_walks (story), 2); /*  and no more */
    story_free (story);
}

static void test_slots_are_asked_for_only_when_the_life_before_can_send_no_more (void **state)
{
    (void) state;
    story_t *story = story_new_without_lease ();
    story->walk = true;
    (void) story_draft (story, "anna");
    story_add (story);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_history (story, NULL, 0, true);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_walks (story), 0);
    story_lease (story, 1, 2 * CORE_TEST_S, false);
    assert_int_equal (story_walks (story), 1);
    story_free (story);
}

/*  t=0 a shard comes back to 8 clients and 16 master orders; t=1 its first lease: 128 walks begin, a part a step. */
static void test_walks_begin_a_few_a_step (void **state)
{
    (void) state;
    story_t *story = story_new_without_lease ();
    char name[32];
    story->walk = true;
    for (int client = 0; client < 8; client++) {
        (void) snprintf (name, sizeof name, "client-%d", client);
        (void) story_draft (story, name);
        story_add (story);
    }
    for (int x = 0; x < 16; x++) {
        (void) snprintf (name, sizeof name, "x%d", x);
        story_opens (story, name, TRADE_SIDE_BUY, E9 (10));
        story_history (story, NULL, 0, true);
    }
    core_test_forget (story->test);
    story_lease (story, 1, 2 * CORE_TEST_S, true);
    size_t begun = core_test_calls (story->test, CALL_ORDER_BY_CLIENT_ID);
    assert_true (begun >= 16 && begun <= 32 + 16);
    for (int step = 0; step < 16; step++)
        assert_int_equal (core_test_tick (story->test), 0);
    assert_int_equal (core_test_calls (story->test, CALL_ORDER_BY_CLIENT_ID), 128);
    story_free (story);
}

static void test_a_client_that_leaves_while_it_is_walked_is_closed (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_draft (story, "anna")->removed = true;
    story_add (story);
    assert_int_equal (core_test_count (story->test, EFFECT_CLOSE_ACCOUNT), 0);
    story_history (story, NULL, 0, true);
    assert_int_equal (core_test_count (story->test, EFFECT_CLOSE_ACCOUNT), 1);
    assert_int_equal (story_walks (story), 0);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_walks_begin_a_few_a_step),
        cmocka_unit_test (test_a_new_order_costs_one_request_and_no_history),
        cmocka_unit_test (test_a_crash_between_submit_and_answer_doubles_nothing),
        cmocka_unit_test (test_a_crash_before_the_submit_loses_nothing),
        cmocka_unit_test (test_an_unknown_answer_to_a_walk_is_asked_again),
        cmocka_unit_test (test_the_history_is_asked_three_times_then_the_walk_goes_on),
        cmocka_unit_test (test_the_rate_of_the_history_is_kept),
        cmocka_unit_test (test_a_slot_that_the_history_lost_is_asked_for),
        cmocka_unit_test (test_a_done_state_is_said_again_and_not_decided),
        cmocka_unit_test (test_an_accepted_order_is_followed_to_its_end_by_the_next_life),
        cmocka_unit_test (test_a_refused_slots_number_is_free_unless_the_broker_has_it),
        cmocka_unit_test (test_positions_asked_before_a_found_orders_end_are_not_believed),
        cmocka_unit_test (test_a_client_of_another_shard_is_walked_though_x_is_known),
        cmocka_unit_test (test_refused_keys_leave_no_client_without_an_outcome),
        cmocka_unit_test (test_an_entry_skipped_while_it_is_walked_is_final_when_its_slot_is_known),
        cmocka_unit_test (test_who_may_not_ask_is_told_when_it_is_too_old),
        cmocka_unit_test (test_a_client_switched_off_meanwhile_is_walked_and_told),
        cmocka_unit_test (test_a_client_switched_off_without_any_order_is_skipped),
        cmocka_unit_test (
            test_an_order_that_arrives_after_the_walk_is_found_before_anything_rests_on_the_list),
        cmocka_unit_test (test_a_last_look_finds_what_arrived_after_a_skip),
        cmocka_unit_test (test_slots_are_asked_for_only_when_the_life_before_can_send_no_more),
        cmocka_unit_test (test_a_client_that_leaves_while_it_is_walked_is_closed)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
