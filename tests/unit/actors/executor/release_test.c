/*  release_test.c: clients that go to another shard, and a shard that is asked to stop. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

static void release (story_t *story, const char *id, uint64_t epoch)
{
    message_t *message = core_test_message (story->test, MSG_CLIENT_RELEASE);
    message->client_release.epoch = epoch;
    (void) snprintf (message->client_release.client_id, sizeof message->client_release.client_id, "%s", id);
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
}

static size_t released (const story_t *story)
{
    return core_test_messages (story->test, "dispatcher", MSG_CLIENT_RELEASED);
}

static size_t closed (const story_t *story)
{
    return core_test_count (story->test, EFFECT_CLOSE_ACCOUNT);
}

static story_t *two_clients (void)
{
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_client (story, "bert", 0);
    return story;
}

/*  Its keys are gone at once; bert trades on. */
static void test_a_client_with_nothing_under_way_goes_at_once (void **state)
{
    (void) state;
    story_t *story = two_clients ();
    release (story, "anna", 7);
    const client_released_t *said =
        &core_test_get (story->test, "dispatcher", MSG_CLIENT_RELEASED, 0)->client_released;
    assert_string_equal (said->shard, "executor-1");
    assert_string_equal (said->client_id, "anna");
    assert_int_equal (said->epoch, 7);
    assert_int_equal (closed (story), 1);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (core_test_call (story->test, CALL_SUBMIT, 0)->account, 1);
    story_free (story);
}

/*  Asked for once more, for the answer may be lost. */
static void test_who_is_not_there_is_released (void **state)
{
    (void) state;
    story_t *story = two_clients ();
    release (story, "zoe", 7);
    assert_int_equal (released (story), 1);
    assert_int_equal (closed (story), 0);
    story_free (story);
}

/*  t=0 sent; t=0.1 to be released: nothing more begins; t=0.4 the answer: it is told, then it goes. */
static void test_an_order_under_way_is_answered_and_told_first (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 100 * CORE_TEST_MS);
    release (story, "anna", 7);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 300 * CORE_TEST_MS);
    assert_int_equal (released (story), 0);
    assert_int_equal (story_orders (story), 1);
    story_accepts (story, 0);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_int_equal (released (story), 1);
    assert_true (core_test_find_message (story->test, "dispatcher", MSG_COPY_RESULT, -1) <
                 core_test_find_message (story->test, "dispatcher", MSG_CLIENT_RELEASED, 0));
    core_test_pass (story->test, 5 * CORE_TEST_S); /*  it works on: whoever has the client now follows it */
    assert_int_equal (core_test_calls (story->test, CALL_ORDER), 0);
    story_free (story);
}

/*  Given up, and it may still arrive: asked by id, not sent again; gone 2 s later. */
static void test_what_was_given_up_is_waited_for (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    release (story, "anna", 7);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timeout");
    core_test_pass (story->test, CORE_TEST_S);
    story_answers (story, CALL_ORDER_BY_CLIENT_ID, 0, ANSWER_NOT_FOUND, 0, "");
    core_test_pass (story->test, 900 * CORE_TEST_MS);
    assert_int_equal (released (story), 0);
    core_test_pass (story->test, 300 * CORE_TEST_MS);
    assert_int_equal (released (story), 1);
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

/*  The dispatcher changed its mind before it was released: it gets its answer, and sends the client again. */
static void test_a_client_that_goes_is_not_taken_back (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    release (story, "anna", 7);
    story_draft (story, "anna")->epoch = 8;
    story_add (story);
    story_fills (story, 0, E9 (5));
    assert_int_equal (
        core_test_get (story->test, "dispatcher", MSG_CLIENT_RELEASED, 0)->client_released.epoch, 8);
    story_draft (story, "anna")->epoch = 9;
    story_add (story);
    assert_int_equal (core_test_count (story->test, EFFECT_OPEN_ACCOUNT), 1);
    story_free (story);
}

/*  anna and bert came with epoch 1; only anna is sent again, with 5. */
static void test_who_was_not_sent_again_is_let_go (void **state)
{
    (void) state;
    story_t *story = two_clients ();
    story_draft (story, "anna")->epoch = 5;
    story_add (story);
    message_t *message = core_test_message (story->test, MSG_SHARD_ASSIGNED);
    message->shard_assigned.epoch = 5;
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
    assert_int_equal (released (story), 1);
    assert_string_equal (
        core_test_get (story->test, "dispatcher", MSG_CLIENT_RELEASED, 0)->client_released.client_id, "bert");
    story_free (story);
}

static void test_older_epochs_are_refused (void **state)
{
    (void) state;
    story_t *story = two_clients ();
    release (story, "anna", 7);
    message_t *message = core_test_message (story->test, MSG_CLIENT_RELEASE);
    message->client_release.epoch = 6;
    (void) strcpy (message->client_release.client_id, "bert");
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), -ERR_RANGE);
    story_draft (story, "anna")->epoch = 6;
    assert_int_equal (core_test_receive (story->test, "dispatcher", &story->test->event), -ERR_RANGE);
    assert_int_equal (released (story), 1);
    story_free (story);
}

/*  t=0 a lease of 2 s, and then nothing. Up to t=12, or as long as the lease said, it may go on with what it knows; later
 *  a dispatcher may have given its clients to others, and one that comes new does not know: it says that it has none, and whoever is
 *  sent again is forgotten first. */
static void silent_for (int64_t pause_ns, int64_t kept_ns, size_t forgotten)
{
    story_t *story = story_new_without_lease ();
    story_client (story, "anna", 0);
    core_test_pass (story->test, 500 * CORE_TEST_MS);
    uint64_t beat = core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.beat;
    int64_t sent_ns = core_test_find_message (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->at_ns;
    story->kept_ns = kept_ns;
    story_lease (story, beat, 2 * CORE_TEST_S, true);
    core_test_pass (story->test, sent_ns + pause_ns - story->test->now_ns);
    bool holds = core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.holds != 0;
    assert_int_equal (holds, forgotten == 0);
    (void) story_draft (story, "anna");
    story_add (story);
    assert_int_equal (released (story), forgotten);
    story_free (story);
}

static void test_after_long_silence_its_book_is_not_believed (void **state)
{
    (void) state;
    silent_for (11900 * CORE_TEST_MS, 0, 0);
    silent_for (12700 * CORE_TEST_MS, 0, 1);
    silent_for (12700 * CORE_TEST_MS, 30 * CORE_TEST_S, 0);
    silent_for (32700 * CORE_TEST_MS, 30 * CORE_TEST_S, 1);
}

/*  t=0 SIGTERM: it says so, and trades on; t=1 dismissed: ends. */
static void test_a_shard_that_leaves_trades_until_it_is_dismissed (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    core_test_forget (story->test);
    (void) core_test_stop (story->test);
    assert_true (core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, 0)->shard_beat.leaving);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_fills (story, 0, E9 (5));
    core_test_pass (story->test, CORE_TEST_S);
    assert_true (core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.leaving);
    assert_int_equal (core_test_count (story->test, EFFECT_STOPPED), 0);
    (void) core_test_receive (
        story->test, "dispatcher", core_test_message (story->test, MSG_SHARD_DISMISSED));
    assert_int_equal (core_test_count (story->test, EFFECT_STOPPED), 1);
    story_free (story);
}

static void test_nobody_answers_a_shard_that_leaves (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    (void) core_test_stop (story->test);
    core_test_pass (story->test, 7900 * CORE_TEST_MS);
    assert_int_equal (core_test_count (story->test, EFFECT_STOPPED), 0);
    core_test_pass (story->test, 200 * CORE_TEST_MS);
    assert_int_equal (core_test_count (story->test, EFFECT_STOPPED), 1);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_a_client_with_nothing_under_way_goes_at_once),
        cmocka_unit_test (test_who_is_not_there_is_released),
        cmocka_unit_test (test_an_order_under_way_is_answered_and_told_first),
        cmocka_unit_test (test_what_was_given_up_is_waited_for),
        cmocka_unit_test (test_a_client_that_goes_is_not_taken_back),
        cmocka_unit_test (test_who_was_not_sent_again_is_let_go),
        cmocka_unit_test (test_older_epochs_are_refused),
        cmocka_unit_test (test_after_long_silence_its_book_is_not_believed),
        cmocka_unit_test (test_a_shard_that_leaves_trades_until_it_is_dismissed),
        cmocka_unit_test (test_nobody_answers_a_shard_that_leaves)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
