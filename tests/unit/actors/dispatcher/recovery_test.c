/*  recovery_test.c: what a shard, the listener or the audit is told when one of them, or we, came back. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

#define LATER_NS (10 * CORE_TEST_S) /*  broker time after our start: nobody can have acted on it */

/*  As it is: 2 s. */
static int setup_lease (void **state)
{
    (void) state;
    story_begin (2 * CORE_TEST_S);
    return 0;
}

static void say_beat (const char *shard, uint64_t number)
{
    message_t *message = core_test_message (t, MSG_SHARD_BEAT);
    (void) strcpy (message->shard_beat.shard, shard);
    message->shard_beat.beat = number;
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

static size_t leases (const char *shard)
{
    return core_test_messages (t, shard, MSG_SHARD_LEASE);
}

static void executed_first_at (const char *x, int64_t qty, bool final, int64_t first_ns)
{
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    trade_t *trade = &message->master_order.trade;
    (void) strcpy (trade->master_id, "master");
    (void) strcpy (trade->x, x);
    (void) strcpy (trade->symbol, "AAPL");
    trade->qty_e9 = trade->opened_e9 = qty * ONE;
    trade->remaining_e18 = FRACTION_ONE;
    trade->final = final;
    trade->first_at_ns = first_ns;
    trade->executed_at_ns = first_ns + 5;
    (void) core_test_receive (t, "listener", message);
}

static int64_t broker_now_ns (void)
{
    return t->utc_ns;
}

/*  t=0 up; t=1.5 s no lease yet: a dispatcher before us may have leased; from 2 s on every beat is answered. */
static void every_beat_is_answered_by_a_lease (void **state)
{
    (void) state;
    up ();
    core_test_pass (t, 1500 * CORE_TEST_MS);
    say_beat ("executor-1", 3);
    assert_int_equal (leases ("executor-1"), 0);
    core_test_pass (t, 500 * CORE_TEST_MS);
    say_beat ("executor-1", 4);
    const shard_lease_t *lease = &core_test_get (t, "executor-1", MSG_SHARD_LEASE, 0)->shard_lease;
    assert_int_equal (lease->beat, 4);
    assert_int_equal (lease->lease_ns, 2 * CORE_TEST_S);
    assert_true (lease->complete);
    assert_int_equal (leases ("executor-2"), 0);
}

static void nothing_is_leased_before_the_configuration_is_there (void **state)
{
    (void) state;
    core_test_pass (t, 3 * CORE_TEST_S);
    ready ("executor-1");
    say_beat ("executor-1", 1);
    assert_int_equal (leases ("executor-1"), 0);
    (void) client ("a", true, false);
    loaded (7);
    say_beat ("executor-1", 2);
    assert_int_equal (leases ("executor-1"), 1);
}

/*  t=0 leased for 2 s; t=0.5 another life of it is ready: nothing before t=2, when the old one's ran out (P6). */
static void a_new_life_waits_for_the_old_ones_lease (void **state)
{
    (void) state;
    up ();
    core_test_pass (t, 2 * CORE_TEST_S);
    say_beat ("executor-1", 4);
    core_test_pass (t, 500 * CORE_TEST_MS);
    core_test_forget (t);
    ready ("executor-1");
    say_beat ("executor-1", 1);
    core_test_pass (t, 1400 * CORE_TEST_MS);
    say_beat ("executor-1", 2);
    assert_int_equal (leases ("executor-1"), 0);
    core_test_pass (t, 100 * CORE_TEST_MS);
    say_beat ("executor-1", 3);
    assert_int_equal (leases ("executor-1"), 1);
}

/*  A beat that counts anew is another life, though its shard.ready was lost: clients and commands again. */
static void a_beat_that_counts_anew_is_a_new_life (void **state)
{
    (void) state;
    up ();
    executed_first_at ("X", 10, true, broker_now_ns ());
    say_beat (shard_of ("a"), 9);
    core_test_forget (t);
    say_beat (shard_of ("a"), 1);
    assert_true (core_test_messages (t, shard_of ("a"), MSG_CLIENT_CONFIG) > 0);
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 1);
}

/*  Executed before our start, or just after it: walk. Later: not, the first time; a new life of the shard: walk. */
static void a_command_says_whether_to_walk (void **state)
{
    (void) state;
    up ();
    executed_first_at ("before", 10, true, broker_now_ns () - 1);
    assert_true (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, -1)->copy_command.walk);
    executed_first_at ("soon", 10, true, broker_now_ns () + CORE_TEST_S); /*  clocks differ */
    assert_true (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, -1)->copy_command.walk);
    executed_first_at ("later", 10, true, broker_now_ns () + LATER_NS);
    assert_false (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, -1)->copy_command.walk);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 3);
    for (int n = 0; n < 3; n++)
        assert_true (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, n)->copy_command.walk);
    assert_string_equal (
        core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, 0)->copy_command.trade.x, "before");
}

static void a_history_goes_to_the_shard_that_asked (void **state)
{
    (void) state;
    up ();
    message_t *message = core_test_message (t, MSG_HISTORY_REQUEST);
    (void) strcpy (message->history_request.shard, shard_of ("a"));
    (void) strcpy (message->history_request.x, "X");
    assert_int_equal (core_test_receive (t, shard_of ("a"), message), 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_HISTORY_REQUEST), 1);
    message = core_test_message (t, MSG_COPY_HISTORY);
    copy_history_t *history = &message->copy_history;
    (void) strcpy (history->shard, shard_of ("a"));
    (void) strcpy (history->x, "X");
    history->last = history->readable = true;
    size_t own = 0;
    for (char id[2] = "a"; *id <= 'e'; id[0]++) { /*  "e" is nobody's client */
        (void) strcpy (history->outcomes[history->outcomes_count++].client_id, id);
        own += *id <= 'd' && strcmp (shard_of (id), shard_of ("a")) == 0;
    }
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    const copy_history_t *passed = &core_test_get (t, shard_of ("a"), MSG_COPY_HISTORY, 0)->copy_history;
    assert_int_equal (passed->outcomes_count, own);
    assert_true (passed->last && passed->readable);
    assert_int_equal (core_test_messages (t, "*", MSG_COPY_HISTORY), 1);
}

static void breaker (const char *from, const char *id, breaker_changed_state_t said)
{
    message_t *message = core_test_message (t, MSG_BREAKER_CHANGED);
    (void) strcpy (message->breaker_changed.client_id, id);
    message->breaker_changed.state = said;
    assert_int_equal (core_test_receive (t, from, message), 0);
}

/*  Open at load, or said by a shard: the next life of the shard hears of it after the client's configuration. */
static void a_breaker_goes_along_with_its_client (void **state)
{
    (void) state;
    up ();
    breaker ("audit", "a", BREAKER_CHANGED_STATE_OPEN);
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_BREAKER_CHANGED), 1);
    assert_int_equal (core_test_messages (t, "audit", MSG_BREAKER_CHANGED), 0);
    breaker (shard_of ("b"), "b", BREAKER_CHANGED_STATE_OPEN);
    breaker (shard_of ("b"), "b", BREAKER_CHANGED_STATE_CLOSED);
    assert_int_equal (core_test_messages (t, "audit", MSG_BREAKER_CHANGED), 2);
    core_test_forget (t);
    ready ("executor-1");
    ready ("executor-2");
    assert_int_equal (core_test_messages (t, "*", MSG_BREAKER_CHANGED), 1);
    assert_string_equal (
        core_test_get (t, shard_of ("a"), MSG_BREAKER_CHANGED, 0)->breaker_changed.client_id, "a");
}

static void mark (const char *x, int64_t qty, bool final, int64_t first_ns)
{
    message_t *message = core_test_message (t, MSG_STATE_MARK);
    (void) strcpy (message->state_mark.x, x);
    message->state_mark.qty_e9 = qty * ONE;
    message->state_mark.final = final;
    message->state_mark.first_at_ns = first_ns;
    message->state_mark.executed_at_ns = first_ns + 50;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
}

static int64_t cursor_ns (void)
{
    message_t *message = core_test_message (t, MSG_LISTENER_READY);
    (void) strcpy (message->listener_ready.name, "listener");
    assert_int_equal (core_test_receive (t, "listener", message), 0);
    return core_test_get (t, "listener", MSG_LISTENER_CURSOR, -1)->listener_cursor.since_ns;
}

/*  The first execution of the oldest X that is not at its end and closed; else the last execution closed. */
static void the_listener_learns_from_where_to_catch_up (void **state)
{
    (void) state;
    (void) core_test_receive (t, "audit", core_test_message (t, MSG_MASTER_CONFIG));
    mark ("done", 10, true, 1000);
    message_t *message = core_test_message (t, MSG_LISTENER_READY);
    (void) core_test_receive (t, "listener", message);
    assert_int_equal (core_test_messages (t, "listener", MSG_LISTENER_CURSOR), 0); /*  not all is loaded */
    loaded (7);
    assert_int_equal (core_test_messages (t, "listener", MSG_LISTENER_CURSOR), 1);
    assert_int_equal (cursor_ns (), 1050);
    mark ("open", 10, false, 3000);
    assert_int_equal (cursor_ns (), 3000);
    mark ("seen", 0, false, 2000); /*  nothing of it is closed */
    assert_int_equal (cursor_ns (), 2000);
    mark ("seen", 5, true, 2000);
    mark ("open", 10, true, 3000);
    assert_int_equal (cursor_ns (), 3050);
}

/*  It is there already, and says nothing: a new dispatcher speaks first. */
static void a_listener_hears_of_a_new_dispatcher (void **state)
{
    (void) state;
    (void) core_test_receive (t, "audit", core_test_message (t, MSG_MASTER_CONFIG));
    loaded (7);
    assert_int_equal (core_test_messages (t, "listener", MSG_LISTENER_CURSOR), 1);
}

static void works (const char *id, const char *x, int64_t slot, bool final)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (id));
    result->outcomes_count = 1;
    (void) strcpy (result->outcomes[0].client_id, id);
    (void) strcpy (result->outcomes[0].x, x);
    result->sequence = UINT64_MAX / 2;
    result->outcomes[0].to_e9 = 10 * ONE;
    result->outcomes[0].leg = OUTCOME_LEG_OPEN;
    result->outcomes[0].slot = slot;
    result->outcomes[0].kind = final ? OUTCOME_KIND_FILLED : OUTCOME_KIND_ACCEPTED;
    result->outcomes[0].final = final;
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
    if (final)
        all_durable ();
}

/*  Accepted and closed: the shard's next life gets X again, and every 10 s who owes the end is asked; after it nobody. */
static void what_still_works_is_commanded_again (void **state)
{
    (void) state;
    up ();
    executed_first_at ("X", 10, true, broker_now_ns () + LATER_NS);
    uint64_t sequence = last_sequence ();
    works ("a", "X", 1, false);
    works ("a", "X", 2, false);
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    stored (sequence);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 1);
    assert_true (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, 0)->copy_command.walk);
    works ("a", "X", 1, true);
    core_test_forget (t);
    core_test_pass (t, CORE_TEST_S);
    beat (shard_of ("a"), 0);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 1); /*  slot 2 still works */
    works ("a", "X", 2, true);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 0);
}

/*  A shard tells a new dispatcher that X works, before the listener repeats X: its next life gets X all the same. */
static void what_works_is_kept_before_its_state_is_known (void **state)
{
    (void) state;
    up ();
    works ("a", "X", 1, false);
    executed_first_at ("X", 10, true, broker_now_ns () + LATER_NS);
    uint64_t sequence = last_sequence ();
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_SKIPPED, 0);
    stored (sequence);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 1);
    works ("a", "X", 1, true);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 0);
}

/*  The database was deleted while X works: every 10 s it gets X's state again, until X is at its end. */
static void the_state_of_what_still_works_is_told_again (void **state)
{
    (void) state;
    up ();
    executed_first_at ("X", 10, true, broker_now_ns () + LATER_NS);
    uint64_t sequence = last_sequence ();
    works ("a", "X", 1, false);
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    stored (sequence);
    core_test_forget (t);
    core_test_pass (t, 11 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 1);
    assert_string_equal (core_test_get (t, "audit", MSG_MASTER_ORDER, 0)->master_order.trade.x, "X");
    works ("a", "X", 1, true);
    core_test_forget (t);
    core_test_pass (t, 11 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 0);
}

/*  Its last order works when it is switched off and its shard dies: the next life gets the client with X. */
static void what_still_works_of_a_client_switched_off_is_commanded (void **state)
{
    (void) state;
    up ();
    executed_first_at ("X", 10, true, broker_now_ns () + LATER_NS);
    uint64_t sequence = last_sequence ();
    works ("a", "X", 1, false);
    for (char id[2] = "b"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_FILLED, 0);
    stored (sequence);
    (void) client ("a", false, false);
    core_test_forget (t);
    ready (shard_of ("a"));
    const client_config_t *last = &core_test_get (t, shard_of ("a"), MSG_CLIENT_CONFIG, -1)->client_config;
    assert_string_equal (last->client_id, "a");
    assert_true (last->settle);
    assert_int_equal (commands (), 1);
    works ("a", "X", 1, true);
    core_test_forget (t);
    ready (shard_of ("a"));
    assert_int_equal (commands (), 0);
}

/*  At load the audit names X and the copy of "a" that works: commanded with walk, as soon as all is loaded. */
static void what_the_database_holds_as_working_is_commanded (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    (void) client ("a", true, false);
    ready (shard_of ("a"));
    trade_t *trade = &message->master_order.trade;
    memset (message, 0, sizeof *message);
    message->kind = MSG_MASTER_ORDER;
    (void) strcpy (trade->x, "X");
    trade->qty_e9 = trade->opened_e9 = 10 * ONE;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    message = core_test_message (t, MSG_COPY_HISTORY);
    (void) strcpy (message->copy_history.x, "X");
    outcome_t *working = &message->copy_history.outcomes[message->copy_history.outcomes_count++];
    (void) strcpy (working->client_id, "a");
    (void) strcpy (working->x, "X");
    working->leg = OUTCOME_LEG_CLOSE;
    working->slot = 3;
    working->kind = OUTCOME_KIND_ACCEPTED;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    assert_int_equal (commands (), 0);
    loaded (7);
    assert_int_equal (commands (), 1);
    assert_true (core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, 0)->copy_command.walk);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 0); /*  no replication of it */
}

/*  d was switched off, and c follows only since X's last execution: theirs need not be durable, the database cannot tell. */
static void only_who_owes_an_outcome_is_counted (void **state)
{
    (void) state;
    up ();
    message_t *message = core_test_message (t, MSG_CLIENT_CONFIG);
    (void) strcpy (message->client_config.client_id, "c");
    message->client_config.active = true;
    message->client_config.follow_since_ns = broker_now_ns () + LATER_NS + CORE_TEST_S;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    executed_first_at ("X", 10, true, broker_now_ns () + LATER_NS);
    assert_int_equal (client ("d", false, false), 0);
    uint64_t sequence = last_sequence ();
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_SKIPPED, 0);
    const replication_completed_t *completed =
        &core_test_get (t, "audit", MSG_REPLICATION_COMPLETED, -1)->replication_completed;
    assert_int_equal (completed->answered, 2);
    assert_int_equal (completed->skipped_count, 4);
}

/*  Outcomes of two clients never reached the database: asked again, completed again, stored; one alarm, one ack. */
static void a_replication_with_outcomes_missing_is_opened_again (void **state)
{
    (void) state;
    up ();
    executed_first_at ("X", 10, true, broker_now_ns () + LATER_NS);
    uint64_t sequence = last_sequence ();
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_REJECTED, 0);
    const replication_completed_t *completed =
        &core_test_get (t, "audit", MSG_REPLICATION_COMPLETED, -1)->replication_completed;
    assert_int_equal (completed->answered, 4);
    assert_true (completed->final && completed->first_at_ns > 0 && completed->executed_at_ns > 0);
    core_test_forget (t);
    message_t *message = core_test_message (t, MSG_REPLICATION_STORED);
    message->replication_stored.sequence = sequence;
    message->replication_stored.missing = 2;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    assert_int_equal (acks (), 0);
    assert_true (commands () > 0);
    assert_int_equal (core_test_messages (t, "audit", MSG_MASTER_ORDER), 1); /*  lost with them, perhaps */
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_REJECTED, 0);
    assert_int_equal (completions (), 1);
    core_test_forget (t);
    message = core_test_message (t, MSG_REPLICATION_STORED);
    message->replication_stored.sequence = sequence;
    message->replication_stored.missing = 2;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
    assert_int_equal (commands (), 0); /*  a second time: not at once, no storm */
    core_test_pass (t, CORE_TEST_S);
    say_beat ("executor-1", 3);
    say_beat ("executor-2", 3);
    core_test_pass (t, CORE_TEST_S + CORE_TEST_MS);
    assert_true (commands () > 0);
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        outcome (id, "X", 10, sequence, OUTCOME_KIND_REJECTED, 0);
    assert_int_equal (completions (), 1);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_REPLICATION_FAILURES), 0); /*  told before */
    stored (sequence);
    assert_int_equal (acks (), 1);
    assert_true (core_test_get (t, "listener", MSG_MASTER_ACK, -1)->master_ack.final);
}

/*  3 can be open; the database is away: 20 are completed and wait, trading goes on; then all are stored. */
static void completed_ones_leave_room_for_the_next (void **state)
{
    (void) state;
    char x[16];
    up ();
    uint64_t first = 0;
    for (int n = 0; n < 20; n++) {
        (void) snprintf (x, sizeof x, "X%d", n);
        assert_int_equal (order (x, "AAPL", 1, true), 0);
        first = n == 0 ? last_sequence () : first;
        all_answer (x, 1, last_sequence ());
    }
    assert_int_equal (completions (), 20);
    core_test_pass (t, 2 * CORE_TEST_S);
    assert_int_equal (completions (), 40);
    for (uint64_t n = 0; n < 20; n++)
        stored (first + n);
    assert_int_equal (acks (), 20);
    core_test_pass (t, 60 * CORE_TEST_S);
    assert_int_equal (completions (), 40);
}

#define LEASE(name) cmocka_unit_test_setup_teardown (name, setup_lease, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {LEASE (every_beat_is_answered_by_a_lease),
        LEASE (nothing_is_leased_before_the_configuration_is_there),
        LEASE (a_new_life_waits_for_the_old_ones_lease), STORY (a_beat_that_counts_anew_is_a_new_life),
        STORY (a_command_says_whether_to_walk), STORY (a_history_goes_to_the_shard_that_asked),
        STORY (a_listener_hears_of_a_new_dispatcher), STORY (a_breaker_goes_along_with_its_client),
        STORY (the_listener_learns_from_where_to_catch_up), STORY (what_still_works_is_commanded_again),
        STORY (the_state_of_what_still_works_is_told_again),
        STORY (what_works_is_kept_before_its_state_is_known),
        STORY (what_still_works_of_a_client_switched_off_is_commanded),
        STORY (what_the_database_holds_as_working_is_commanded), STORY (only_who_owes_an_outcome_is_counted),
        STORY (a_replication_with_outcomes_missing_is_opened_again),
        STORY (completed_ones_leave_room_for_the_next)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
