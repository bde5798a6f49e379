/*  lease_test.c: orders begin only while a lease holds, counted from when the beat it answers was sent. */
#include "tests/unit/actors/executor/shard_story.h"

static story_t *without_lease (void)
{
    story_t *story = story_new_without_lease ();
    story_client (story, "anna", 0);
    core_test_pass (story->test, 500 * CORE_TEST_MS);
    return story;
}

static uint64_t last_beat (story_t *story)
{
    return core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.beat;
}

static void test_beats_are_numbered_from_the_start (void **state)
{
    (void) state;
    story_t *story = story_new_without_lease ();
    assert_int_equal (last_beat (story), 1);
    core_test_pass (story->test, 1100 * CORE_TEST_MS);
    assert_int_equal (last_beat (story), 3);
    story_free (story);
}

static void test_nothing_is_decided_before_every_open_command_is_known (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, CORE_TEST_S);
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, false);
    core_test_pass (story->test, 100 * CORE_TEST_MS);
    assert_int_equal (story_orders (story), 0);
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    core_test_pass (story->test, CORE_TEST_MS);
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_a_lease_counts_from_when_its_beat_was_sent (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    core_test_pass (story->test, CORE_TEST_S);
    uint64_t beat = last_beat (story);
    int64_t sent_ns = core_test_find_message (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->at_ns;
    /*  t=0 the beat; t=0.4 s its lease of 2 s comes; the port may begin no order after t=2 s */
    core_test_pass (story->test, sent_ns + 400 * CORE_TEST_MS - story->test->now_ns);
    story_lease (story, beat, 2 * CORE_TEST_S, true);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (core_test_call (story->test, CALL_SUBMIT, 0)->not_after_ns, sent_ns + 2 * CORE_TEST_S);
    story_fills (story, 0, E9 (5));
    core_test_pass (story->test, 1601 * CORE_TEST_MS);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

static void test_an_order_that_waits_when_the_lease_ends_waits_for_the_next (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 2 * CORE_TEST_S);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_NOT_SENT, 0, "too late"); /*  the port refused it */
    core_test_pass (story->test, 5 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    assert_string_equal (story_order (story, 0)->client_order_id, story_order (story, 1)->client_order_id);
    story_free (story);
}

/*  Over few connections the last orders wait longer than a lease lasts: that is no failure to be patient with. */
static void test_an_order_that_outlived_its_lease_goes_at_once_under_the_next (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, CORE_TEST_S);
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_NOT_SENT, 0, "too late");
    core_test_pass (story->test, CORE_TEST_MS);
    assert_int_equal (story_orders (story), 2);
    story_free (story);
}

static void test_an_entry_that_waited_too_long_for_a_lease_expires (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 2 * CORE_TEST_S);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_NOT_SENT, 0, "too late");
    core_test_pass (story->test, 60 * CORE_TEST_S);
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_EXPIRED);
    story_free (story);
}

static void test_a_dispatcher_that_was_followed_by_another_is_refused (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    message_t *message = core_test_message (story->test, MSG_SHARD_LEASE);
    message->shard_lease =
        (shard_lease_t){.epoch = 0, .beat = last_beat (story), .lease_ns = 9 * CORE_TEST_S, .complete = true};
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), -ERR_RANGE);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_an_older_beats_lease_changes_nothing (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    core_test_pass (story->test, 2 * CORE_TEST_S);
    uint64_t beat = last_beat (story);
    story_lease (story, beat, 0, true); /*  0: send nothing */
    story_lease (story, beat - 1, 60 * CORE_TEST_S, true);
    story_lease (story, beat + 1, 60 * CORE_TEST_S, true); /*  not sent yet */
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 0);
    story_free (story);
}

static void test_following_goes_on_without_a_lease_but_nothing_is_cancelled (void **state)
{
    (void) state;
    story_t *story = without_lease ();
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (10)); /*  the entry is in its way */
    core_test_pass (story->test, 3 * CORE_TEST_S);
    for (int at = 0; at < 8; at++) {
        story_shows (story, CALL_ORDER, -1, STATUS_NEW, E9 (5), 0);
        core_test_pass (story->test, 2 * CORE_TEST_S);
    }
    assert_true (core_test_calls (story->test, CALL_ORDER) > 6);
    assert_int_equal (core_test_calls (story->test, CALL_CANCEL), 0);
    story_lease (story, last_beat (story), 2 * CORE_TEST_S, true);
    story_shows (story, CALL_ORDER, -1, STATUS_NEW, E9 (5), 0);
    core_test_pass (story->test, 1500 * CORE_TEST_MS);
    assert_int_equal (core_test_calls (story->test, CALL_CANCEL), 1);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_beats_are_numbered_from_the_start),
        cmocka_unit_test (test_nothing_is_decided_before_every_open_command_is_known),
        cmocka_unit_test (test_a_lease_counts_from_when_its_beat_was_sent),
        cmocka_unit_test (test_an_order_that_waits_when_the_lease_ends_waits_for_the_next),
        cmocka_unit_test (test_an_order_that_outlived_its_lease_goes_at_once_under_the_next),
        cmocka_unit_test (test_an_entry_that_waited_too_long_for_a_lease_expires),
        cmocka_unit_test (test_a_dispatcher_that_was_followed_by_another_is_refused),
        cmocka_unit_test (test_an_older_beats_lease_changes_nothing),
        cmocka_unit_test (test_following_goes_on_without_a_lease_but_nothing_is_cancelled)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
