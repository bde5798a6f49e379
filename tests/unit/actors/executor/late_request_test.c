/*  late_request_test.c: a request that was given up may arrive after the broker said that it has no such order. Nothing
 *  final is said of it before it was asked for by id once more, 2 s after the doubt; if it landed, it is read back. */
#include "tests/unit/actors/executor/shard_story.h"

static void not_found (story_t *story, int nth)
{
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, nth, ANSWER_NOT_FOUND, 40410000, "order not found");
}

static bool told_final (story_t *story)
{
    return story_outcomes (story, "anna") > 0 && story_outcome (story, "anna")->final;
}

/*  t=0 o1 of 5 is sent and times out: the doubt. Asked for at t=0.12 at most. */
static story_t *given_up (const executor_config_t *config)
{
    story_t *story = story_new_as (config);
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, 120 * CORE_TEST_MS);
    assert_int_equal (story_walks (story), 1);
    return story;
}

/*  t=0.12 not found; sent again by t=0.24. */
static story_t *sent_again (void)
{
    executor_config_t config = story_config ();
    story_t *story = given_up (&config);
    not_found (story, 0);
    core_test_pass (story->test, 120 * CORE_TEST_MS);
    assert_int_equal (story_orders (story), 2);
    return story;
}

/*  Time goes on to t=2.1 after a doubt at t=0: the nth question by id is asked at t=2, and until then nothing is final. */
static void asked_after_2_seconds (story_t *story, size_t nth, int64_t since_ns)
{
    int64_t asked_ns = since_ns + 2 * CORE_TEST_S;
    assert_int_equal (story_walks (story), nth);
    core_test_pass (story->test, asked_ns - 1 - story->test->now_ns);
    assert_int_equal (story_walks (story), nth);
    assert_false (told_final (story));
    core_test_pass (story->test, CORE_TEST_MS);
    assert_int_equal (story_walks (story), nth + 1);
}

/*  What the last question says: o1 arrived late and filled, or it never will. */
static void answered (story_t *story, bool landed, outcome_kind_t kind, const char *reason)
{
    size_t orders = story_orders (story);
    if (landed)
        story_shows (story, CALL_ORDER_BY_CLIENT_ID, -1, STATUS_FILLED, E9 (5), E9 (5));
    else
        not_found (story, -1);
    const outcome_t *told = story_outcome (story, "anna");
    assert_int_equal (told->kind, landed ? OUTCOME_KIND_FILLED : kind);
    assert_string_equal (told->reason, landed ? "" : reason);
    assert_int_equal (told->filled_e9, landed ? E9 (5) : 0);
    assert_int_equal (told->slot, 1);
    assert_true (told->final);
    assert_int_equal (story_orders (story), orders);
}

static void test_a_resend_that_is_refused (void **state)
{
    (void) state;
    for (int landed = 0; landed < 2; landed++) {
        story_t *story = sent_again ();
        int64_t doubt_ns = story->test->now_ns - 240 * CORE_TEST_MS;
        story_answers (story, CALL_SUBMIT, 1, ANSWER_REJECTED, 40310000, "insufficient buying power");
        assert_int_equal (story_walks (story), 2); /*  asked at once: its first request may have landed */
        not_found (story, 1);
        asked_after_2_seconds (story, 2, doubt_ns);
        answered (story, landed, OUTCOME_KIND_REJECTED, "refused on a resend");
        if (!landed)
            assert_int_equal (story_outcome (story, "anna")->code, 40310000);
        story_free (story);
    }
}

/*  The keys are refused from the resend on: who cannot ask knows nothing. They are good again at t=1.5. */
static void test_a_resend_with_refused_keys (void **state)
{
    (void) state;
    for (int landed = 0; landed < 2; landed++) {
        story_t *story = sent_again ();
        story_answers (story, CALL_SUBMIT, 1, ANSWER_AUTH, 40110000, "request is not authorized");
        core_test_pass (story->test, CORE_TEST_S);
        assert_int_equal (story_walks (story), 2);
        assert_false (told_final (story));
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, 1, ANSWER_AUTH, 40110000, "request is not authorized");
        core_test_pass (story->test, CORE_TEST_S);
        assert_int_equal (story_walks (story), 3);
        if (landed) {
            answered (story, true, OUTCOME_KIND_FILLED, "");
        } else {
            not_found (story, 2);
            core_test_pass (story->test, CORE_TEST_S);
            assert_int_equal (story_orders (story), 3); /*  the identical one */
            assert_false (told_final (story));
        }
        story_free (story);
    }
}

static void test_an_entry_that_was_sent_as_often_as_allowed (void **state)
{
    (void) state;
    executor_config_t config = story_config ();
    config.max_attempts = 1;
    for (int landed = 0; landed < 2; landed++) {
        story_t *story = given_up (&config);
        int64_t doubt_ns = story->test->now_ns - 120 * CORE_TEST_MS;
        not_found (story, 0);
        asked_after_2_seconds (story, 1, doubt_ns);
        answered (story, landed, OUTCOME_KIND_FAILED, "no_answer");
        story_free (story);
    }
}

/*  It gets too old before the answer, or before it would be sent again. */
static void test_an_entry_that_becomes_too_old (void **state)
{
    (void) state;
    executor_config_t config = story_config ();
    for (int at = 0; at < 4; at++) {
        bool landed = at % 2, answer_first = at / 2;
        story_t *story = given_up (&config);
        int64_t doubt_ns = story->test->now_ns - 120 * CORE_TEST_MS;
        if (answer_first)
            not_found (story, 0);
        story->test->utc_ns += 61 * CORE_TEST_S;
        if (!answer_first)
            not_found (story, 0);
        asked_after_2_seconds (story, 1, doubt_ns);
        answered (story, landed, OUTCOME_KIND_EXPIRED, "stale");
        assert_int_equal (story_orders (story), 1);
        story_free (story);
    }
}

/*  t=3 the answer "not found" to a doubt of t=0: late enough. */
static void test_what_was_asked_late_enough_is_final_at_once (void **state)
{
    (void) state;
    executor_config_t config = story_config ();
    config.max_attempts = 1;
    story_t *story = given_up (&config);
    core_test_pass (story->test, 3 * CORE_TEST_S);
    answered (story, false, OUTCOME_KIND_FAILED, "no_answer");
    story_free (story);
}

/*  An exit's resend is refused; its first request sold 5 meanwhile. Nothing is sent before that is known, nor after it. */
static void test_an_exit_whose_resend_is_refused (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (10));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (50), E9 (100));
    int64_t doubt_ns = story->test->now_ns;
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    core_test_pass (story->test, 120 * CORE_TEST_MS);
    not_found (story, 0);
    core_test_pass (story->test, 120 * CORE_TEST_MS);
    story_answers (story, CALL_SUBMIT, 1, ANSWER_REJECTED, 40310000, "insufficient qty available");
    not_found (story, 1);
    asked_after_2_seconds (story, 2, doubt_ns);
    answered (story, true, OUTCOME_KIND_FILLED, "");
    core_test_pass (story->test, 10 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    story_free (story);
}

/*  t=0 o1 is sent again and refused; then the earlier life's arrives all the same and buys 10. t=5 x2 closes half. */
static void test_an_order_that_arrives_after_its_copy_is_done_is_found_before_an_exit (void **state)
{
    (void) state;
    story_t *story = story_again ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    story_history (story, NULL, 0, true);
    story_missing (story, 0);
    story_back (story, E9 (10000), 0);
    assert_int_equal (story_orders (story), 1);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "insufficient buying power");
    assert_true (story_outcome (story, "anna")->final);
    story->created_at_ns = story->test->utc_ns + CORE_TEST_S;
    core_test_pass (story->test, 4 * CORE_TEST_S);
    story_warm (story, E9 (10000), 0);
    story->walks_seen = 0;
    story->walk = false;
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (20));
    assert_int_equal (story_walks (story), 1);
    story_found (story, 0, E9 (10), E9 (10));
    story_missing (story, 1);
    story_back (story, E9 (10000), E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_string_equal (story_order (story, 0)->client_order_id + 24, "-c1");
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (5));
    story_fills (story, 0, E9 (5));
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_a_resend_that_is_refused),
        cmocka_unit_test (test_a_resend_with_refused_keys),
        cmocka_unit_test (test_an_entry_that_was_sent_as_often_as_allowed),
        cmocka_unit_test (test_an_entry_that_becomes_too_old),
        cmocka_unit_test (test_what_was_asked_late_enough_is_final_at_once),
        cmocka_unit_test (test_an_exit_whose_resend_is_refused),
        cmocka_unit_test (test_an_order_that_arrives_after_its_copy_is_done_is_found_before_an_exit)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
