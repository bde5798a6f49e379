/*  trouble_test.c: which answers open a client's breaker, what goes through it, how it closes. Threshold 2, 30 s. */
#include "tests/unit/actors/executor/shard_story.h"

static const breaker_changed_t *told (story_t *story, int nth)
{
    return &core_test_get (story->test, "dispatcher", MSG_BREAKER_CHANGED, nth)->breaker_changed;
}

static size_t changes (story_t *story)
{
    return core_test_messages (story->test, "dispatcher", MSG_BREAKER_CHANGED);
}

/*  t=0 a send times out, t=0.x the question by id times out too: two failures in a row. */
static story_t *opened_by_timeouts (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    assert_int_equal (changes (story), 0);
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_UNKNOWN, 0, "503");
    return story;
}

/*  Refused keys at t=0 for a client that holds `held`. */
static story_t *opened_by_keys (int64_t held_e9)
{
    story_t *story = story_new ();
    story_client (story, "anna", held_e9);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_AUTH, 0, "unauthorized.");
    core_test_forget (story->test);
    return story;
}

static void test_failures_of_orders_open_it_and_say_why (void **state)
{
    (void) state;
    story_t *story = opened_by_timeouts ();
    assert_int_equal (changes (story), 1);
    const breaker_changed_t *changed = told (story, 0);
    assert_int_equal (changed->state, BREAKER_CHANGED_STATE_OPEN);
    assert_int_equal (changed->failures, 2);
    assert_string_equal (changed->last_error, "503");
    assert_int_equal (changed->opened_at_ns, story->test->utc_ns);
    assert_int_equal (changed->retry_at_ns, story->test->utc_ns + 30 * CORE_TEST_S);
    story_free (story);
}

static void test_reads_that_fail_and_429_do_not_count (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    for (int at = 0; at < 5; at++) {
        core_test_pass (story->test, 25 * CORE_TEST_S);
        story_answers (story, CALL_ACCOUNT, -1, ANSWER_UNKNOWN, 0, "500");
        story_answers (story, CALL_POSITIONS, -1, ANSWER_UNKNOWN, 0, "500");
    }
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    for (int at = 0; at < 5; at++) {
        story_answers (story, CALL_SUBMIT, -1, ANSWER_LIMITED, 42910000, "rate limit exceeded");
        core_test_pass (story->test, 2 * CORE_TEST_S);
    }
    assert_int_equal (changes (story), 0);
    story_free (story);
}

/*  t=30 s, no trade since: the account is read, and that decides. */
static void test_it_closes_again_by_itself (void **state)
{
    (void) state;
    story_t *story = opened_by_keys (0);
    core_test_pass (story->test, 29 * CORE_TEST_S);
    assert_int_equal (changes (story), 0);
    core_test_forget (story->test);
    core_test_pass (story->test, CORE_TEST_S + CORE_TEST_MS);
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_HALF_OPEN);
    story_shows (story, CALL_ACCOUNT, -1, STATUS_NEW, 0, 0);
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_CLOSED);
    assert_int_equal (told (story, -1)->opened_at_ns, 0);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_BREAKER_CLOSED), 1);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

/*  t=30 s the probe fails; t=60 s the next one succeeds. One alert at the beginning, one at the end. */
static void test_a_failed_probe_opens_it_for_another_timeout (void **state)
{
    (void) state;
    story_t *story = opened_by_keys (0);
    core_test_pass (story->test, 30 * CORE_TEST_S + CORE_TEST_MS);
    story_answers (story, CALL_ACCOUNT, -1, ANSWER_AUTH, 0, "unauthorized.");
    assert_int_equal (changes (story), 2);
    assert_int_equal (told (story, 1)->state, BREAKER_CHANGED_STATE_OPEN);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_BREAKER_OPENED), 0);
    core_test_pass (story->test, 30 * CORE_TEST_S + CORE_TEST_MS);
    assert_int_equal (told (story, 2)->state, BREAKER_CHANGED_STATE_HALF_OPEN);
    story_shows (story, CALL_ACCOUNT, -1, STATUS_NEW, 0, 0);
    assert_int_equal (told (story, 3)->state, BREAKER_CHANGED_STATE_CLOSED);
    story_free (story);
}

static void test_an_exit_goes_through_and_is_the_probe (void **state)
{
    (void) state;
    story_t *story = opened_by_keys (E9 (4));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_string_equal (story_outcome (story, "anna")->reason, "breaker_open");
    story_closes (story, "x3", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_fills (story, 0, E9 (4));
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_CLOSED);
    story_free (story);
}

/*  A probe that the broker refuses for business reasons is an answer: the broker works for this client. */
static void test_a_business_answer_to_the_probe_closes_it (void **state)
{
    (void) state;
    story_t *story = opened_by_keys (0);
    core_test_pass (story->test, 30 * CORE_TEST_S + CORE_TEST_MS); /*  the account is being read */
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));            /*  an order says more */
    story_opens (story, "x3", TRADE_SIDE_BUY, E9 (10));            /*  but only one */
    assert_int_equal (story_orders (story), 1);
    story_shows (story, CALL_ACCOUNT, -1, STATUS_NEW, 0, 0);
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_HALF_OPEN);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "insufficient buying power");
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_CLOSED);
    story_free (story);
}

/*  A new life of the shard is told what the last one knew. */
static void test_a_new_life_goes_on_with_the_breaker_of_the_last (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    message_t *message = core_test_message (story->test, MSG_BREAKER_CHANGED);
    message->breaker_changed = (breaker_changed_t){.client_id = "anna",
        .state = BREAKER_CHANGED_STATE_HALF_OPEN,
        .failures = 3,
        .opened_at_ns = story->test->utc_ns - CORE_TEST_S,
        .retry_at_ns = story->test->utc_ns + 10 * CORE_TEST_S};
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
    assert_int_equal (changes (story), 0); /*  nothing new: not told again */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_string_equal (story_outcome (story, "anna")->reason, "breaker_open");
    core_test_forget (story->test);
    core_test_pass (story->test, 10 * CORE_TEST_S + CORE_TEST_MS);
    story_shows (story, CALL_ACCOUNT, -1, STATUS_NEW, 0, 0);
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_CLOSED);
    story_free (story);
}

/*  An operator touches the client's configuration (`breaker reset`): a new revision. */
static void test_a_new_revision_of_the_configuration_closes_it (void **state)
{
    (void) state;
    story_t *story = opened_by_keys (0);
    (void) story_draft (story, "anna");
    story_add (story);
    assert_int_equal (told (story, -1)->state, BREAKER_CHANGED_STATE_CLOSED);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_failures_of_orders_open_it_and_say_why),
        cmocka_unit_test (test_reads_that_fail_and_429_do_not_count),
        cmocka_unit_test (test_it_closes_again_by_itself),
        cmocka_unit_test (test_a_failed_probe_opens_it_for_another_timeout),
        cmocka_unit_test (test_an_exit_goes_through_and_is_the_probe),
        cmocka_unit_test (test_a_business_answer_to_the_probe_closes_it),
        cmocka_unit_test (test_a_new_life_goes_on_with_the_breaker_of_the_last),
        cmocka_unit_test (test_a_new_revision_of_the_configuration_closes_it)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
