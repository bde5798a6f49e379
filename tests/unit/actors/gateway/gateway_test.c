/*  gateway_test.c: what is heard becomes an event; a change goes to the dispatcher until it is answered. */
#include "tests/unit/actors/gateway/gateway_story.h"

static void completed (uint64_t sequence)
{
    replication_completed_t *body = &core_test_message (t, MSG_REPLICATION_COMPLETED)->replication_completed;
    body->sequence = sequence;
    (void) strcpy (body->master_order_id, "x-1");
    (void) strcpy (body->symbol, "AA\"PL");
    body->success_count = 498;
    body->failure_count = 2;
    body->total_time_ns = 12345678;
    assert_int_equal (core_test_receive (t, "", &t->event), 0);
}

static void breaker (const char *client_id, breaker_changed_state_t state)
{
    breaker_changed_t *body = &core_test_message (t, MSG_BREAKER_CHANGED)->breaker_changed;
    (void) strcpy (body->client_id, client_id);
    body->state = state;
    body->failures = 5;
    (void) strcpy (body->last_error, "503");
    assert_int_equal (core_test_receive (t, "", &t->event), 0);
}

/*  It is repeated until the audit has it: told once, even when others come in between. */
static void a_replication_is_told_once (void **state)
{
    (void) state;
    completed (7);
    completed (8);
    completed (7);
    assert_int_equal (core_test_count (t, EFFECT_PUSH), 2);
    HAS (pushed (0), "{\"type\":\"trade_replicated\",\"master_order_id\":\"x-1\",\"symbol\":\"AA\\\"PL\","
                     "\"success_count\":498,\"failure_count\":2,\"latency_ms\":12.345,");
    HAS (status (), "\"replications\":[{\"master_order_id\":\"x-1\"");
}

static void the_last_fifty_are_kept (void **state)
{
    (void) state;
    for (uint64_t n = 1; n <= 60; n++)
        completed (n);
    size_t count = 0;
    for (const char *at = status (); (at = strstr (at, "\"master_order_id\"")); at++)
        count++;
    assert_int_equal (count, 50);
    HAS (story_text, "\"replication\":{\"seen\":60");
}

/*  The dispatcher passes the shard's word on. */
static void a_breaker_is_told_once_and_leaves_when_it_closes (void **state)
{
    (void) state;
    breaker ("anna", BREAKER_CHANGED_STATE_OPEN);
    breaker ("anna", BREAKER_CHANGED_STATE_OPEN);
    assert_int_equal (core_test_count (t, EFFECT_PUSH), 1);
    HAS (pushed (0), "{\"type\":\"breaker\",\"client_id\":\"anna\",\"state\":\"open\",\"failures\":5,\"last_"
                     "error\":\"503\"");
    HAS (status (), "\"breakers\":[{\"client_id\":\"anna\"");
    breaker ("anna", BREAKER_CHANGED_STATE_CLOSED);
    breaker ("anna", BREAKER_CHANGED_STATE_CLOSED);
    assert_int_equal (core_test_count (t, EFFECT_PUSH), 2);
    HAS (status (), "\"breakers\":[]");
}

/*  A gateway that was restarted knows of them from the shard's numbers, and forgets one that is not named any more. */
static void a_breaker_is_known_from_the_shards_numbers (void **state)
{
    (void) state;
    actor_stats_t *stats = stats_begin ("executor-1", "executor");
    measure_put (stats, "breakers.open", 1);
    measure_put (stats, "breaker.ben", BREAKER_CHANGED_STATE_OPEN);
    measure_put (stats, "breaker.", BREAKER_CHANGED_STATE_OPEN);
    measure_put (stats, "breaker.carl", 9);
    stats_tell ();
    HAS (status (), "\"breakers\":[{\"client_id\":\"ben\",\"state\":\"open\"");
    HAS_NOT (story_text, "carl");
    core_test_pass (t, 11 * CORE_TEST_S);
    shard_tells ("executor-1", CORE_TEST_S, 1);
    HAS (status (), "\"breakers\":[]");
}

static void more_breakers_than_room_forget_the_oldest (void **state)
{
    char id[32];
    (void) state;
    for (int n = 0; n < 300; n++) {
        (void) snprintf (id, sizeof id, "c%d", n);
        breaker (id, BREAKER_CHANGED_STATE_OPEN);
        core_test_pass (t, CORE_TEST_MS);
    }
    HAS (status (), "\"c299\"");
    HAS_NOT (story_text, "\"c0\"");
}

static void stream_alerts_and_actors_are_events (void **state)
{
    (void) state;
    core_test_message (t, MSG_STREAM_STATE)->stream_state.state = STREAM_STATE_STATE_DOWN;
    (void) strcpy (t->event.stream_state.reason, "cut");
    assert_int_equal (core_test_receive (t, "", &t->event), 0);
    HAS (pushed (0), "{\"type\":\"stream\",\"state\":\"down\",\"reason\":\"cut\"");
    (void) strcpy (core_test_message (t, MSG_ALERT_RAISED)->alert_raised.subject, "master");
    t->event.alert_raised.kind = ALERT_RAISED_KIND_STREAM_DOWN;
    t->event.alert_raised.severity = ALERT_RAISED_SEVERITY_CRITICAL;
    assert_int_equal (core_test_receive (t, "", &t->event), 0);
    HAS (pushed (1),
        "{\"type\":\"alert\",\"kind\":\"stream_down\",\"severity\":\"critical\",\"subject\":\"master\"");
    actor_state_t *actor = &core_test_message (t, MSG_ACTOR_STATE)->actor_state;
    (void) strcpy (actor->name, "executor-2");
    (void) strcpy (actor->role, "executor");
    actor->state = ACTOR_STATE_STATE_CRASHED;
    assert_int_equal (core_test_receive (t, "", &t->event), 0);
    HAS (pushed (2), "{\"type\":\"shard\",\"name\":\"executor-2\",\"state\":\"crashed\"");
}

static void more_actors_than_room_are_left_out (void **state)
{
    char name[32];
    (void) state;
    for (int n = 0; n < 100; n++) {
        (void) snprintf (name, sizeof name, "executor-%d", n);
        shard_tells (name, 0, 0);
    }
    HAS (status (), "\"executor-79\"");
    HAS_NOT (story_text, "\"executor-80\"");
    (void) metrics ();
}

/*  ---- changes ---- */

static int wish (uint64_t request)
{
    strategy_change_t *change = &core_test_message (t, MSG_STRATEGY_CHANGE)->strategy_change;
    change->request = request;
    (void) strcpy (change->strategy_id, "calm");
    change->multiplier_e9 = 5;
    return core_test_receive (t, "http", &t->event);
}

static void answered (uint64_t request, strategy_changed_verdict_t verdict)
{
    strategy_changed_t *changed = &core_test_message (t, MSG_STRATEGY_CHANGED)->strategy_changed;
    *changed = (strategy_changed_t){
        .request = request, .verdict = verdict, .clients = 5, .changed = 4, .revision = 9};
    (void) strcpy (changed->field, "parameters.clients");
    (void) strcpy (changed->reason, "there is no client named \"x\"");
    assert_int_equal (core_test_receive (t, "dispatcher", &t->event), 0);
}

static const core_test_effect_t *reply (uint32_t status)
{
    const core_test_effect_t *answer = core_test_find (t, EFFECT_ANSWER, -1);
    assert_non_null (answer);
    assert_int_equal (answer->effect.account, status);
    return answer;
}

/*  t=0 asked; t=2, 4 s repeated; then the answer; its repetition is nobody's any more */
static void a_change_is_repeated_until_it_is_answered (void **state)
{
    (void) state;
    assert_int_equal (wish (77), 0);
    core_test_pass (t, 5 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_STRATEGY_CHANGE), 3);
    assert_int_equal (core_test_get (t, "dispatcher", MSG_STRATEGY_CHANGE, 2)->strategy_change.request, 77);
    answered (76, STRATEGY_CHANGED_VERDICT_DONE);
    assert_int_equal (core_test_count (t, EFFECT_ANSWER), 0);
    answered (77, STRATEGY_CHANGED_VERDICT_DONE);
    assert_int_equal (reply (200)->effect.token, 77);
    assert_string_equal ((const char *) reply (200)->bytes,
        "{\"strategy_id\":\"calm\",\"clients\":5,\"changed\":4,\"revision\":9}\n");
    answered (77, STRATEGY_CHANGED_VERDICT_DONE);
    core_test_pass (t, 20 * CORE_TEST_S);
    assert_int_equal (core_test_count (t, EFFECT_ANSWER), 1);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_STRATEGY_CHANGE), 3);
}

static void a_refusal_names_the_field (void **state)
{
    (void) state;
    assert_int_equal (wish (1), 0);
    answered (1, STRATEGY_CHANGED_VERDICT_REFUSED);
    HAS ((const char *) reply (422)->bytes,
        "{\"error\":{\"field\":\"parameters.clients\",\"text\":\"there is no client named \\\"x\\\"\"}}");
    assert_int_equal (wish (2), 0);
    answered (2, STRATEGY_CHANGED_VERDICT_FAILED);
    HAS ((const char *) reply (503)->bytes, "nothing is changed");
}

static void without_an_answer_it_says_that_it_does_not_know (void **state)
{
    (void) state;
    assert_int_equal (wish (1), 0);
    core_test_pass (t, 10 * CORE_TEST_S);
    HAS ((const char *) reply (504)->bytes, "it may still be done");
    answered (1, STRATEGY_CHANGED_VERDICT_DONE);
    assert_int_equal (core_test_count (t, EFFECT_ANSWER), 1);
}

static void the_fifth_at_a_time_has_to_wait (void **state)
{
    (void) state;
    for (uint64_t n = 1; n <= 4; n++)
        assert_int_equal (wish (n), 0);
    assert_int_equal (core_test_count (t, EFFECT_ANSWER), 0);
    assert_int_equal (wish (5), 0);
    assert_int_equal (reply (503)->effect.token, 5);
    assert_int_equal (wish (4), -ERR_EXISTS);
    answered (2, STRATEGY_CHANGED_VERDICT_DONE);
    assert_int_equal (wish (6), 0);
    assert_int_equal (core_test_messages (t, "dispatcher", MSG_STRATEGY_CHANGE), 5);
}

static void a_stop_answers_what_is_open (void **state)
{
    (void) state;
    assert_int_equal (wish (1), 0);
    assert_int_equal (core_test_stop (t), 0);
    (void) reply (503);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

static void what_is_not_for_it_is_refused (void **state)
{
    (void) state;
    assert_int_equal (core_test_receive (t, "", core_test_message (t, MSG_CONFIG_LOADED)), -ERR_UNEXPECTED);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_replication_is_told_once), STORY (the_last_fifty_are_kept),
        STORY (a_breaker_is_told_once_and_leaves_when_it_closes),
        STORY (a_breaker_is_known_from_the_shards_numbers), STORY (more_breakers_than_room_forget_the_oldest),
        STORY (stream_alerts_and_actors_are_events), STORY (more_actors_than_room_are_left_out),
        STORY (a_change_is_repeated_until_it_is_answered), STORY (a_refusal_names_the_field),
        STORY (without_an_answer_it_says_that_it_does_not_know), STORY (the_fifth_at_a_time_has_to_wait),
        STORY (a_stop_answers_what_is_open), STORY (what_is_not_for_it_is_refused)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
