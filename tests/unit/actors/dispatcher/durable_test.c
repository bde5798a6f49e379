/*  durable_test.c: the last word of an order whose X is closed may be lost with the audit: until it is durable X is not
 *  forgotten. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

#define LATER_NS (6 * CORE_TEST_S) /*  after the start, and the clocks' difference */

static void says_of (const char *client_id, bool final)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (client_id));
    result->sequence = UINT64_MAX / 2;
    result->outcomes_count = 1;
    outcome_t *told = &result->outcomes[0];
    (void) strcpy (told->client_id, client_id);
    (void) strcpy (told->x, "X");
    told->to_e9 = 10 * ONE;
    told->leg = OUTCOME_LEG_OPEN;
    told->slot = 1;
    told->kind = final ? OUTCOME_KIND_FILLED : OUTCOME_KIND_ACCEPTED;
    told->final = final;
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
}

static void says (bool final)
{
    says_of ("a", final);
}

/*  X is closed while the order of "a" works; then that is filled, and said so. */
static void filled_after_the_close (void)
{
    up ();
    story_first_at_ns = CORE_TEST_UTC_NS + LATER_NS;
    assert_int_equal (order ("X", "AAPL", 10, true), 0);
    uint64_t sequence = last_sequence ();
    says (false);
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    stored (sequence);
    core_test_forget (t);
    says (true);
    assert_true (asked_durable () > 0);
}

static size_t commands_to (const char *shard)
{
    return core_test_messages (t, shard, MSG_COPY_COMMAND);
}

/*  Every second, as if nobody had died. */
static void pass (int seconds)
{
    static const char *const shards[] = {"executor-1", "executor-2"};
    for (; seconds > 0; seconds--) {
        core_test_pass (t, CORE_TEST_S);
        for (int at = 0; at < 2; at++) {
            uint64_t clients = 0;
            for (char id[2] = "a"; *id <= 'd'; id[0]++)
                clients += strcmp (shard_of (id), shards[at]) == 0;
            beat (shards[at], clients);
        }
    }
}

static size_t commanded_anew (void)
{
    core_test_forget (t);
    ready (shard_of ("a"));
    return commands ();
}

/*  Its shard dies before: the next life is sent X, and looks. */
static void a_word_that_is_not_durable_is_not_relied_on (void **state)
{
    (void) state;
    filled_after_the_close ();
    uint64_t number = asked_durable ();
    assert_int_equal (commanded_anew (), 1);
    assert_true (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, 0)->copy_command.walk);
    durable (number - 1, number - 1);
    assert_int_equal (commanded_anew (), 1);
    durable (number, number);
    assert_int_equal (commanded_anew (), 0);
}

static const char *other_shard (void)
{
    return strcmp (shard_of ("a"), "executor-1") == 0 ? "executor-2" : "executor-1";
}

/*  The word is of a client of one shard: another one that dies has said all of its own, and is not made to walk X. */
static void only_the_shard_of_the_word_looks (void **state)
{
    (void) state;
    filled_after_the_close ();
    core_test_forget (t);
    ready (other_shard ());
    assert_int_equal (commands (), 0);
    assert_int_equal (commanded_anew (), 1);
}

/*  t=0 filled; the audit dies with it. t=10 s it is asked again, and its next life knows of no request before; by t=20 s the
 *  shards are, and the database gets the state. What is said then is durable. */
static void a_word_that_went_with_the_audit_is_asked_for_again (void **state)
{
    (void) state;
    filled_after_the_close ();
    uint64_t number = asked_durable ();
    core_test_forget (t);
    pass (11);
    assert_int_equal (commands (), 0);
    uint64_t again = asked_durable ();
    assert_int_equal (again, number + 1);
    durable (again, again);
    core_test_forget (t);
    pass (10);
    assert_int_equal (commands_to (shard_of ("a")), 1);
    assert_int_equal (commands_to (other_shard ()), 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 1);
    says (true);
    all_durable ();
    core_test_forget (t);
    pass (11);
    assert_int_equal (commands (), 0);
    assert_int_equal (asked_durable (), 0);
}

/*  t=0 "a" is filled; the audit dies with it. Another client says its last word to the audit's next life, before or after it is
 *  known that the one of "a" is lost: that one is asked for all the same. */
static void another_ones_word_does_not_make_it_durable (void **state)
{
    static const char other[] = "b";
    (void) state;
    filled_after_the_close ();
    core_test_forget (t);
    pass (11);
    uint64_t again = asked_durable ();
    durable (again, again);
    core_test_forget (t);
    says_of (other, true);
    again = asked_durable ();
    durable (again, again);
    core_test_forget (t);
    pass (10);
    assert_int_equal (commands_to (shard_of ("a")), 1);
    says (true);
    all_durable ();
    core_test_forget (t);
    pass (11);
    assert_int_equal (commands (), 0);
}

static void another_ones_word_before_that_does_not_either (void **state)
{
    (void) state;
    filled_after_the_close ();
    core_test_forget (t);
    says_of ("b", true);
    uint64_t again = asked_durable ();
    durable (again, again);
    core_test_forget (t);
    pass (11);
    assert_int_equal (commands_to (shard_of ("a")), 1);
}

/*  It only takes its time: nobody is troubled. */
static void while_the_database_is_away_no_shard_is_asked (void **state)
{
    (void) state;
    filled_after_the_close ();
    core_test_forget (t);
    pass (60);
    assert_int_equal (commands (), 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_DURABLE_REQUEST), 6);
    all_durable ();
    assert_int_equal (commanded_anew (), 0);
}

/*  The shard has nothing to say of it any more. */
static void it_is_not_asked_for_without_end (void **state)
{
    (void) state;
    filled_after_the_close ();
    durable (UINT64_MAX, UINT64_MAX);
    core_test_forget (t);
    pass (60);
    assert_int_equal (commands_to (shard_of ("a")), 2);
    assert_int_equal (commanded_anew (), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_word_that_is_not_durable_is_not_relied_on),
        STORY (only_the_shard_of_the_word_looks), STORY (a_word_that_went_with_the_audit_is_asked_for_again),
        STORY (another_ones_word_does_not_make_it_durable),
        STORY (another_ones_word_before_that_does_not_either),
        STORY (while_the_database_is_away_no_shard_is_asked), STORY (it_is_not_asked_for_without_end)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
