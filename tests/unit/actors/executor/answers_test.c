/*  answers_test.c: every answer of the broker to an order, and what follows. Unknown is not failed. */
#include "tests/unit/actors/executor/shard_story.h"

static story_t *bought (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    return story;
}

static void test_unknown_is_asked_by_id_and_found (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    assert_int_equal (story_outcomes (story, "anna"), 0);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 1); /*  not sent again */
    assert_string_equal (core_test_call (story->test, CALL_ORDER_BY_CLIENT_ID, 0)->key,
        story_order (story, 0)->client_order_id);
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_FILLED, E9 (5), E9 (5));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_not_found_permits_only_the_identical_send (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10)); /*  the target grows meanwhile */
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "reset");
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_NOT_FOUND, 40410000, "order not found");
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    assert_string_equal (story_order (story, 1)->client_order_id, story_order (story, 0)->client_order_id);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (5));
    story_fills (story, 1, E9 (5));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (5)); /*  the rest in the next slot */
    assert_string_equal (story_order (story, 2)->client_order_id + 24, "-o2");
    story_free (story);
}

static void test_an_unknown_outcome_is_asked_for_ever (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    for (int at = 0; at < 20; at++) {
        core_test_pass (story->test, 3 * CORE_TEST_S);
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_UNKNOWN, 0, "timed out");
    }
    assert_int_equal (core_test_calls (story->test, CALL_ORDER_BY_CLIENT_ID), 20);
    assert_int_equal (story_outcomes (story, "anna"), 1); /*  its replication need not wait for ever */
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_string_equal (story_outcome (story, "anna")->reason, "unanswered");
    assert_false (story_outcome (story, "anna")->final);
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, -1, STATUS_FILLED, E9 (5), E9 (5));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_true (story_outcome (story, "anna")->final);
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_a_taken_slot_is_read_back_and_the_rest_goes_into_the_next (void **state)
{
    (void) state;
    story_t *story = bought (); /*  an earlier life sent o1 with 3 */
    story_answers (story, CALL_SUBMIT, 0, ANSWER_TAKEN, 40010001, "client_order_id must be unique");
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_FILLED, E9 (3), E9 (3));
    story_read (story, E9 (10000), E9 (3)); /*  its fill is in the positions: they are read again first */
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (2));
    assert_string_equal (story_order (story, 1)->client_order_id + 24, "-o2");
    story_free (story);
}

/*  100 ms, 200, 400, … with full jitter, at most 2 s and never less than a tenth: asked for ever, but not in a storm. */
static void test_pauses_grow_to_their_bound (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    for (int at = 0; at < 12; at++) {
        core_test_pass (story->test, 3 * CORE_TEST_S);
        int64_t asked_ns = story->test->now_ns;
        size_t asks = core_test_calls (story->test, CALL_ORDER_BY_CLIENT_ID);
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_UNKNOWN, 0, "timed out");
        while (core_test_calls (story->test, CALL_ORDER_BY_CLIENT_ID) == asks)
            core_test_pass (story->test, CORE_TEST_MS);
        if (at > 6)
            assert_true (story->test->now_ns - asked_ns >= 200 * CORE_TEST_MS);
        assert_true (story->test->now_ns - asked_ns <= 2300 * CORE_TEST_MS);
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, -1, ANSWER_UNKNOWN, 0, "timed out");
    }
    story_free (story);
}

static void test_our_own_late_order_is_not_an_earlier_lifes (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (
        story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_NOT_FOUND, 0, ""); /*  it lands right after that */
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_SUBMIT, 1, ANSWER_TAKEN, 40010001, "client_order_id must be unique");
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 1, STATUS_FILLED, E9 (5), E9 (5));
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (5)); /*  its fill is in our books */
    story_free (story);
}

static void test_a_repeat_says_the_last_states_outcome (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_accepts (story, 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (15));
    story_answers (story, CALL_SUBMIT, 1, ANSWER_REJECTED, 40310000, "insufficient buying power");
    core_test_pass (story->test, 150 * CORE_TEST_MS);
    story_shows (story, CALL_ORDER, 0, STATUS_FILLED, E9 (5), E9 (5)); /*  the first order ends afterwards */
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED);
    assert_int_equal (story_outcome (story, "anna")->slot, 2);
    story_free (story);
}

static void test_a_refused_range_is_covered_by_who_takes_its_number (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "insufficient buying power");
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_fills (story, 1, E9 (10)); /*  both halves */
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_int_equal (story_outcome (story, "anna")->from_e9, 0);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (20));
    story->trade.final = true; /*  and the end of X changes nothing */
    assert_int_equal (story_command (story), 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (20));
    story_free (story);
}

static void test_a_business_answer_is_final (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "insufficient buying power");
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED);
    assert_int_equal (story_outcome (story, "anna")->code, 40310000);
    assert_string_equal (story_outcome (story, "anna")->reason, "insufficient buying power");
    core_test_pass (story->test, 5 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (core_test_messages (story->test, "dispatcher", MSG_BREAKER_CHANGED), 0);
    story_free (story);
}

static void test_a_refused_resend_is_asked_by_id_first (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_NOT_SENT, 0, "connection refused");
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_SUBMIT, 1, ANSWER_UNKNOWN, 0, "502");
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_NOT_FOUND, 0, "");
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 3);
    story_answers (story, CALL_SUBMIT, 2, ANSWER_REJECTED, 40310000, "insufficient buying power");
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 1, ANSWER_NOT_FOUND, 0, ""); /*  2 s after the doubt */
    assert_int_equal (
        story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED); /*  known not to have landed before */
    story_free (story);
}

/*  The port answers at once what it has no room for. Whatever else is due would be refused like it: were it asked in the same
 *  step, each answer would bring more of them. */
static void test_a_call_without_room_brings_no_others_with_it (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_accepts (story, 0); /*  followed from now on: looked at after 100 ms */
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 2);
    story->test->now_ns += CORE_TEST_S; /*  it is late, and nothing has ticked yet */
    story->test->utc_ns += CORE_TEST_S;
    story_answers (story, CALL_SUBMIT, 1, ANSWER_NOT_SENT, 0, "full");
    assert_int_equal (core_test_calls (story->test, CALL_ORDER), 0);
    core_test_pass (story->test, CORE_TEST_MS);
    assert_int_equal (core_test_calls (story->test, CALL_ORDER), 1);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 3);
    story_free (story);
}

static void test_an_entry_is_given_up_after_so_many_sends_and_the_breaker_opens (void **state)
{
    (void) state;
    story_t *story = bought ();
    for (int at = 0; at < 3; at++) {
        assert_int_equal (story_orders (story), at + 1);
        story_answers (story, CALL_SUBMIT, at, ANSWER_NOT_SENT, 0, "connection refused");
        core_test_pass (story->test, 3 * CORE_TEST_S);
    }
    assert_int_equal (story_orders (story), 3);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FAILED);
    assert_string_equal (story_outcome (story, "anna")->reason, "no_answer");
    story_free (story);
}

static void test_too_many_requests_waits_and_is_no_failure (void **state)
{
    (void) state;
    story_t *story = bought ();
    for (int at = 0; at < 6; at++) {
        story_answers (story, CALL_SUBMIT, at, ANSWER_LIMITED, 42910000, "rate limit exceeded");
        core_test_pass (story->test, CORE_TEST_S);
    }
    story_fills (story, 6, E9 (5));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    story_free (story);
}

static void test_refused_keys_open_the_breaker_at_once (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_answers (story, CALL_SUBMIT, 0, ANSWER_AUTH, 0, "unauthorized.");
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FAILED);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_BAD_KEYS), 1);
    const message_t *told = core_test_get (story->test, "dispatcher", MSG_BREAKER_CHANGED, 0);
    assert_int_equal (told->breaker_changed.state, BREAKER_CHANGED_STATE_OPEN);
    core_test_forget (story->test);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_string_equal (story_outcome (story, "anna")->reason, "breaker_open");
    core_test_pass (story->test, 31 * CORE_TEST_S); /*  then one probe is let through */
    story_opens (story, "x3", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_fills (story, 0, E9 (5));
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_BREAKER_CLOSED), 1);
    story_free (story);
}

static void test_an_accepted_order_is_followed_to_its_end (void **state)
{
    (void) state;
    story_t *story = bought ();
    story_accepts (story, 0);
    core_test_pass (story->test, 150 * CORE_TEST_MS);
    assert_int_equal (core_test_calls (story->test, CALL_ORDER), 1);
    story_shows (story, CALL_ORDER, 0, STATUS_PARTIALLY_FILLED, E9 (5), E9 (1));
    assert_int_equal (story_outcome (story, "anna")->filled_e9, E9 (1));
    core_test_pass (story->test, CORE_TEST_S);
    story_shows (story, CALL_ORDER, 1, STATUS_CANCELED, E9 (5), E9 (1));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_string_equal (story_outcome (story, "anna")->reason, "canceled");
    assert_true (story_outcome (story, "anna")->final);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_REPLICATION_FAILURES), 1);
    story_free (story);
}

static void test_stop_waits_for_the_answer_and_sends_nothing_new (void **state)
{
    (void) state;
    story_t *story = bought ();
    (void) core_test_stop (story->test);
    message_t *message = core_test_message (story->test, MSG_SHARD_DISMISSED);
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
    assert_int_equal (core_test_count (story->test, EFFECT_STOPPED), 0);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (core_test_count (story->test, EFFECT_STOPPED), 1);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_unknown_is_asked_by_id_and_found),
        cmocka_unit_test (test_not_found_permits_only_the_identical_send),
        cmocka_unit_test (test_an_unknown_outcome_is_asked_for_ever),
        cmocka_unit_test (test_a_taken_slot_is_read_back_and_the_rest_goes_into_the_next),
        cmocka_unit_test (test_pauses_grow_to_their_bound),
        cmocka_unit_test (test_our_own_late_order_is_not_an_earlier_lifes),
        cmocka_unit_test (test_a_repeat_says_the_last_states_outcome),
        cmocka_unit_test (test_a_refused_range_is_covered_by_who_takes_its_number),
        cmocka_unit_test (test_a_business_answer_is_final),
        cmocka_unit_test (test_a_refused_resend_is_asked_by_id_first),
        cmocka_unit_test (test_a_call_without_room_brings_no_others_with_it),
        cmocka_unit_test (test_an_entry_is_given_up_after_so_many_sends_and_the_breaker_opens),
        cmocka_unit_test (test_too_many_requests_waits_and_is_no_failure),
        cmocka_unit_test (test_refused_keys_open_the_breaker_at_once),
        cmocka_unit_test (test_an_accepted_order_is_followed_to_its_end),
        cmocka_unit_test (test_stop_waits_for_the_answer_and_sends_nothing_new)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
