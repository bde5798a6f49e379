/*  told_test.c: our progress is gone, and a shard that lived before us says which X are not at their end there. We follow
 *  those as if the database had named them: nothing is replicated, the shard's next life gets them. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

/*  As executor-… says it: X has bought 10. */
static void names (const char *shard, const char *x)
{
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    trade_t *trade = &message->master_order.trade;
    (void) strcpy (trade->master_id, "master");
    (void) strcpy (trade->x, x);
    (void) strcpy (trade->symbol, "AAPL");
    trade->qty_e9 = trade->opened_e9 = 10 * ONE;
    trade->remaining_e18 = FRACTION_ONE;
    trade->first_at_ns = trade->executed_at_ns = t->utc_ns;
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

static void says (const char *id, const char *x, bool final)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (id));
    result->outcomes_count = 1;
    outcome_t *told = &result->outcomes[0];
    (void) strcpy (told->client_id, id);
    (void) strcpy (told->x, x);
    told->to_e9 = 10 * ONE;
    told->leg = OUTCOME_LEG_OPEN;
    told->slot = 1;
    told->kind = final ? OUTCOME_KIND_FILLED : OUTCOME_KIND_ACCEPTED;
    told->final = final;
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
    if (final)
        all_durable ();
}

/*  There is no such order: it was told for one that may yet be tried again. */
static void says_never (const char *id, const char *x)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (id));
    result->outcomes_count = 1;
    result->outcomes[0] = (outcome_t){.to_e9 = 10 * ONE,
        .leg = OUTCOME_LEG_OPEN,
        .slot = 1,
        .kind = OUTCOME_KIND_SKIPPED,
        .reason = "never_ordered",
        .final = true};
    (void) strcpy (result->outcomes[0].client_id, id);
    (void) strcpy (result->outcomes[0].x, x);
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
    all_durable ();
}

static size_t states_for_audit (void)
{
    return core_test_messages (t, "audit", MSG_MASTER_ORDER);
}

static void nothing_is_replicated (void **state)
{
    (void) state;
    up ();
    names (shard_of ("a"), "X");
    says ("a", "X", false);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (commands (), 0);
    assert_int_equal (completions (), 0);
    assert_int_equal (acks (), 0);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_OUT_OF_RANGE), 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_COPY_RESULT), 1); /*  it is a row again */
}

/*  And the database gets its state, else it could not name X to our next life. */
static void it_is_followed_to_its_end (void **state)
{
    (void) state;
    up ();
    names (shard_of ("a"), "X");
    says ("a", "X", false);
    assert_int_equal (states_for_audit (), 1);
    core_test_pass (t, 11 * CORE_TEST_S);
    assert_int_equal (states_for_audit (), 2);
    assert_string_equal (core_test_get (t, "audit", MSG_MASTER_ORDER, 0)->master_order.trade.x, "X");
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 1);
    const copy_command_t *command = &core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, 0)->copy_command;
    assert_string_equal (command->trade.x, "X");
    assert_int_equal (command->trade.opened_e9, 10 * ONE);
    assert_true (command->walk);
    says ("a", "X", true);
    core_test_forget (t);
    core_test_pass (t, 11 * CORE_TEST_S);
    ready (shard_of ("a"));
    assert_int_equal (states_for_audit (), 0);
    assert_int_equal (commands (), 0);
}

/*  Every copy of it is told, the first ones may be at their end. */
static void what_is_at_its_end_does_not_end_it (void **state)
{
    (void) state;
    up ();
    const char *other = "b"; /*  of the same shard, if there is one */
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        if (strcmp (shard_of (id), shard_of ("a")) == 0)
            other = id[0] == 'b' ? "b" : id[0] == 'c' ? "c" : "d";
    names (shard_of ("a"), "X");
    says (other, "X", true);
    says ("a", "X", false);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 1);
}

/*  The outcomes of one step came before the state: what works is kept until the state is known. */
static void the_state_may_come_second (void **state)
{
    (void) state;
    up ();
    says ("a", "X", false);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 0); /*  of what? */
    names (shard_of ("a"), "X");
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 1);
    assert_int_equal (
        core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, 0)->copy_command.trade.qty_e9, 10 * ONE);
}

/*  As before, but X was closed by a life before us, and the listener repeats it. */
static void the_state_may_come_from_the_listener (void **state)
{
    (void) state;
    known ("X", "AAPL", 10, 1000);
    up ();
    says ("a", "X", false);
    order_at ("X", "AAPL", 1000);
    assert_int_equal (commands (), 0);
    assert_int_equal (acks (), 1);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 1);
}

/*  t=0 an exit that was told does not exist at the broker; t=1 s it is tried again and waits: the shard's next life is
 *  commanded X. Had it not been tried again, X would be forgotten 20 s later. */
static void what_was_never_ordered_may_be_tried_again (void **state)
{
    (void) state;
    up ();
    for (int again = 0; again < 2; again++) {
        names (shard_of ("a"), "X");
        says ("a", "X", false);
        says_never ("a", "X");
        core_test_pass (t, CORE_TEST_S);
        if (again)
            says ("a", "X", false);
        core_test_pass (t, 20 * CORE_TEST_S);
        core_test_forget (t);
        ready (shard_of ("a"));
        assert_int_equal (commands (), again);
    }
}

/*  From whom we do not know it is a master order like the listener's. */
static void the_listener_means_something_else (void **state)
{
    (void) state;
    up ();
    names ("listener", "X");
    assert_true (commands () > 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (nothing_is_replicated),
        STORY (what_was_never_ordered_may_be_tried_again), STORY (the_state_may_come_from_the_listener),
        STORY (it_is_followed_to_its_end), STORY (what_is_at_its_end_does_not_end_it),
        STORY (the_state_may_come_second), STORY (the_listener_means_something_else)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
