/*  told_open_test.c: a dispatcher that comes new may have lost what its shards told the one before it, with the progress. When
 *  it grants its first complete lease it hears what is not at its end, and of which X. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

/*  The lease of a dispatcher, for the last beat. */
static void lease (story_t *story, uint64_t epoch, bool complete)
{
    uint64_t beat = core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, -1)->shard_beat.beat;
    message_t *message = core_test_message (story->test, MSG_SHARD_LEASE);
    message->shard_lease = (shard_lease_t){.epoch = epoch,
        .life = epoch,
        .beat = beat,
        .lease_ns = INT64_C (1000000) * CORE_TEST_S,
        .complete = complete};
    (void) snprintf (message->shard_lease.shard, sizeof message->shard_lease.shard, "executor-1");
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
}

static size_t named (const story_t *story)
{
    return core_test_messages (story->test, "dispatcher", MSG_MASTER_ORDER);
}

/*  t=1 another dispatcher. Its lease is not complete first: then it may be sending us commands still. */
static void another_dispatcher (story_t *story)
{
    assert_int_equal (named (story), 0);
    core_test_forget (story->test);
    core_test_pass (story->test, CORE_TEST_S);
    lease (story, 2, false);
    assert_int_equal (named (story), 0);
    lease (story, 2, true);
}

/*  That was all: the same dispatcher's next leases are silent. */
static void goes_on (story_t *story)
{
    core_test_forget (story->test);
    core_test_pass (story->test, CORE_TEST_S);
    lease (story, 2, true);
    assert_int_equal (named (story), 0);
    assert_int_equal (core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT), 0);
}

static void test_an_entry_that_works_is_told_with_its_state (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10)); /*  at its end: nobody need follow it */
    story_fills (story, 0, E9 (5));
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (20));
    story_accepts (story, 1);
    another_dispatcher (story);
    assert_int_equal (named (story), 1);
    const trade_t *trade =
        &core_test_get (story->test, "dispatcher", MSG_MASTER_ORDER, 0)->master_order.trade;
    assert_string_equal (trade->x, "x2");
    assert_int_equal (trade->qty_e9, E9 (20));
    assert_int_equal (trade->opened_e9, E9 (20));
    assert_int_equal (story_outcomes (story, "anna"), 1);
    assert_string_equal (story_outcome (story, "anna")->x, "x2");
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_int_equal (story_outcome (story, "anna")->from_e9, 0);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (20));
    assert_false (story_outcome (story, "anna")->final);
    goes_on (story);
    story_free (story);
}

/*  Links are first in, first out: the state has to be there before the outcomes of it. */
static void test_the_state_comes_before_its_outcomes (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    another_dispatcher (story);
    const core_test_effect_t *said = core_test_find_message (story->test, "dispatcher", MSG_MASTER_ORDER, 0);
    assert_true (said < core_test_find_message (story->test, "dispatcher", MSG_COPY_RESULT, 0));
    story_free (story);
}

/*  Refused three times and told so; it is tried again for ever. */
static void test_an_exit_that_waits_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    for (int at = 0; at < 3; at++) {
        story_answers (story, CALL_SUBMIT, -1, ANSWER_REJECTED, 40310000, "insufficient qty available");
        story_positions (story, E9 (4));
        core_test_pass (story->test, 3 * CORE_TEST_S);
    }
    another_dispatcher (story);
    assert_int_equal (named (story), 1);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_REJECTED);
    assert_int_equal (story_outcome (story, "anna")->leg, OUTCOME_LEG_CLOSE);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_false (story_outcome (story, "anna")->final);
    goes_on (story);
    story_free (story);
}

/*  Told as not sent, for it was a minute old; then it was sent, and refused. It is tried again, so the next life must know. */
static void test_an_exit_that_was_not_sent_and_is_refused_then_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    for (int at = 0; at < 40 && !story_said (story, "anna", "not_sent"); at++) {
        story_answers (story, CALL_SUBMIT, -1, ANSWER_LIMITED, 42910000, "rate limit exceeded");
        core_test_pass (story->test, 2 * CORE_TEST_S);
    }
    story_answers (story, CALL_SUBMIT, -1, ANSWER_AUTH, 40110000, "request is not authorized");
    another_dispatcher (story);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FAILED);
    assert_int_equal (story_outcome (story, "anna")->slot, 1);
    assert_false (story_outcome (story, "anna")->final);
    story_free (story);
}

/*  Told while the account cannot be read: it has no order yet. */
static void test_an_exit_without_an_order_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    (void) story_draft (story, "anna");
    story_add (story);
    core_test_pass (story->test, 600 * CORE_TEST_MS);
    story_answers (story, CALL_ACCOUNT, -1, ANSWER_AUTH, 0, "unauthorized.");
    story_answers (story, CALL_POSITIONS, -1, ANSWER_AUTH, 0, "unauthorized.");
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    another_dispatcher (story);
    assert_int_equal (named (story), 1);
    assert_string_equal (story_outcome (story, "anna")->reason, "account_unreadable");
    assert_false (story_outcome (story, "anna")->final);
    story_free (story);
}

/*  anna's order works, bert's is at its end: bert's goes along, or the shard's next life would decide it again. */
static void test_of_an_open_x_every_copy_is_told (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_client (story, "bert", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    for (int at = 0; at < 2; at++)
        if (core_test_call (story->test, CALL_SUBMIT, at)->account == 0)
            story_accepts (story, at);
        else
            story_fills (story, at, E9 (5));
    another_dispatcher (story);
    assert_int_equal (named (story), 1);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_int_equal (story_outcome (story, "bert")->kind, OUTCOME_KIND_FILLED);
    assert_true (story_outcome (story, "bert")->final);
    story_free (story);
}

/*  x1 works. x2 has no answer, x3 and x4 wait behind it: the first shard.assigned of another dispatcher is answered with
 *  these, of which outcomes are owed, then with a beat that says so. */
static void test_what_is_owed_is_named_when_the_clients_are_there (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (4));
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20));
    story_accepts (story, 0);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 1, ANSWER_UNKNOWN, 0, "");
    story_closes (story, "x3", TRADE_SIDE_SELL, E9 (5), E9 (10));
    story_opens (story, "x4", TRADE_SIDE_BUY, E9 (1));
    for (int again = 0; again < 2; again++) {
        core_test_forget (story->test);
        message_t *message = core_test_message (story->test, MSG_SHARD_ASSIGNED);
        message->shard_assigned.life = 2;
        assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
        assert_int_equal (named (story), again ? 0 : 3);
        assert_int_equal (core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT), 0);
        assert_int_equal (core_test_messages (story->test, "dispatcher", MSG_SHARD_BEAT), again ? 0 : 1);
        if (!again)
            assert_int_equal (
                core_test_get (story->test, "dispatcher", MSG_SHARD_BEAT, 0)->shard_beat.life, 2);
    }
    story_free (story);
}

/*  x1's order has no answer when the keys are refused: what x1 is by then is not skipped before the order was told. So x1 is
 *  not closed without it, and the dispatcher need not be told its state. */
static void test_nothing_is_skipped_behind_an_order_before_its_word (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    (void) story_draft (story, "anna");
    story_add (story);
    core_test_pass (story->test, 10 * CORE_TEST_MS);
    story_answers (story, CALL_ACCOUNT, -1, ANSWER_AUTH, 0, "unauthorized.");
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_outcomes (story, "anna"), 0);
    story_accepts (story, 0);
    assert_int_equal (story_outcomes (story, "anna"), 1);
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_ACCEPTED);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (10));
    assert_false (story_outcome (story, "anna")->final);
    assert_int_equal (named (story), 0);
    story_free (story);
}

/*  Its command of another X comes before its lease: then it has loaded what there is, and hears the rest at once. */
static void test_its_first_command_is_enough (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_accepts (story, 0);
    message_t *message = core_test_message (story->test, MSG_COPY_COMMAND);
    message->copy_command = (copy_command_t){.sequence = 9, .epoch = 2, .life = 2, .trade = story->trade};
    (void) snprintf (message->copy_command.trade.x, sizeof message->copy_command.trade.x, "x2");
    assert_int_equal (core_test_receive (story->test, "dispatcher", message), 0);
    assert_int_equal (named (story), 1);
    assert_string_equal (
        core_test_get (story->test, "dispatcher", MSG_MASTER_ORDER, 0)->master_order.trade.x, "x1");
    story_fills (story, 1, E9 (5));
    goes_on (story);
    story_free (story);
}

/*  Who commands it has it from the database that there is something to follow: nothing need be said of that. */
static void test_the_first_complete_lease_of_a_life_is_silent (void **state)
{
    (void) state;
    story_t *story = story_new_without_lease ();
    (void) story_draft (story, "anna");
    story_add (story);
    story_read (story, E9 (10000), 0);
    story->walk = true;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    outcome_t row = story_row (story, "anna", OUTCOME_LEG_OPEN, 1);
    row.kind = OUTCOME_KIND_ACCEPTED;
    row.final = false;
    row.qty_e9 = E9 (5);
    story_history (story, &row, 1, true);
    lease (story, 1, false);
    story_shows (story, CALL_ORDER_BY_CLIENT_ID, 0, STATUS_ACCEPTED, E9 (5), 0); /*  o1 works still */
    story_missing (story, 1);
    size_t told = core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT);
    assert_true (told > 0);
    lease (story, 1, true);
    assert_int_equal (named (story), 0);
    assert_int_equal (core_test_messages (story->test, "dispatcher", MSG_COPY_RESULT), told);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_an_entry_that_works_is_told_with_its_state),
        cmocka_unit_test (test_the_state_comes_before_its_outcomes),
        cmocka_unit_test (test_an_exit_that_waits_is_told),
        cmocka_unit_test (test_an_exit_that_was_not_sent_and_is_refused_then_is_told),
        cmocka_unit_test (test_an_exit_without_an_order_is_told),
        cmocka_unit_test (test_of_an_open_x_every_copy_is_told),
        cmocka_unit_test (test_what_is_owed_is_named_when_the_clients_are_there),
        cmocka_unit_test (test_nothing_is_skipped_behind_an_order_before_its_word),
        cmocka_unit_test (test_its_first_command_is_enough),
        cmocka_unit_test (test_the_first_complete_lease_of_a_life_is_silent)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
