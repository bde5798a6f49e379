/*  moves_test.c: clients that go to another shard: one is gone for good, one comes, one leaves. Leases last 2 s, a request
 *  10 s, a silent shard has 10 s. */
#include "messages/word.h"
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

#define LEASE_NS (2 * CORE_TEST_S)
#define QUIET_NS (12 * CORE_TEST_S) /*  of a dispatcher before us nothing is under way any more */

static uint64_t beats;
static bool has_all; /*  executor-1 has them all */

typedef struct {
    const char *shard;
    uint64_t clients;
    uint64_t holds;
    bool leaving;
} said_t;

static void say (said_t said)
{
    message_t *message = core_test_message (t, MSG_SHARD_BEAT);
    message->shard_beat.beat = ++beats;
    message->shard_beat.clients = said.clients;
    message->shard_beat.holds = said.holds;
    message->shard_beat.leaving = said.leaving;
    (void) strcpy (message->shard_beat.shard, said.shard);
    assert_int_equal (core_test_receive (t, said.shard, message), 0);
}

static uint64_t clients_of (const char *shard)
{
    uint64_t count = 0;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        count += strcmp (shard_of (id), shard) == 0;
    return count;
}

/*  Time passes, and these beat every 500 ms. */
static void pass_with (int64_t ns, const char *one, const char *two)
{
    for (int64_t at = 0; at < ns; at += 500 * CORE_TEST_MS) {
        core_test_pass (t, 500 * CORE_TEST_MS);
        if (one)
            say ((said_t){.shard = one, .clients = has_all ? 4 : clients_of (one)});
        if (two)
            say ((said_t){.shard = two, .clients = clients_of (two)});
    }
}

static void begin_with_grace (uint32_t named, uint32_t most, int64_t grace_ns)
{
    static const char *const shards[] = {"executor-1", "executor-2"};
    dispatcher_config_t config = {.shards = shards,
        .shard_count = named,
        .max_shards = most,
        .max_clients = 8,
        .max_replications = 3,
        .max_marks = 1024,
        .grace_ns = grace_ns,
        .lookback_ns = STORY_LOOKBACK_NS};
    beats = 0;
    has_all = named == 0;
    t = core_test_new (&dispatcher_ops, dispatcher_new (&config));
    assert_int_equal (core_test_start (t), 0);
}

static void begin (uint32_t named, uint32_t most)
{
    begin_with_grace (named, most, 0);
}

static int setup_named (void **state)
{
    (void) state;
    begin (2, 2);
    return 0;
}

/*  Of any name; executor-1 is there with all of "a" … "d", and nothing of before can be under way. */
static int setup_any (void **state)
{
    (void) state;
    begin (0, 4);
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    loaded (7);
    ready ("executor-1");
    pass_with (QUIET_NS + CORE_TEST_S, "executor-1", NULL);
    core_test_forget (t);
    return 0;
}

/*  The one of the four that goes to executor-2 when that one comes; there is one of each kind. */
static const char *one_of (const char *shard)
{
    static char id[2];
    for (id[0] = 'a'; strcmp (shard_of (id), shard) != 0; id[0]++)
        assert_true (*id < 'd');
    return id;
}

static void released (const char *shard, const char *id, uint64_t epoch)
{
    message_t *message = core_test_message (t, MSG_CLIENT_RELEASED);
    message->client_released.epoch = epoch;
    (void) strcpy (message->client_released.shard, shard);
    (void) strcpy (message->client_released.client_id, id);
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

/*  Every release that was asked of it. */
static void release_all (const char *shard)
{
    size_t count = core_test_messages (t, shard, MSG_CLIENT_RELEASE);
    for (size_t at = 0; at < count; at++) {
        client_release_t release = core_test_get (t, shard, MSG_CLIENT_RELEASE, (int) at)->client_release;
        released (shard, release.client_id, release.epoch);
    }
}

/*  As the gateway counts them. */
static int64_t shards_told (void)
{
    static actor_stats_t stats;
    memset (&stats, 0, sizeof stats);
    dispatcher_ops.measure (t->core, t->now_ns, &stats);
    return measure_get (&stats, "shards", -1);
}

static size_t configs (const char *shard)
{
    return core_test_messages (t, shard, MSG_CLIENT_CONFIG);
}

static int executed (const char *x)
{
    story_first_at_ns = t->utc_ns + 10 * CORE_TEST_S;
    return order (x, "AAPL", 10, true);
}

/*  t=0 executor-2 beats for the last time and gets a lease. t=1.75 it is silent; t=11.75 its grace is over, but t=12 is a
 *  request's timeout after its lease: then its clients are executor-1's, with what is open, to be walked. */
static void the_clients_of_a_shard_that_is_gone_move (void **state)
{
    (void) state;
    up ();
    pass_with (LEASE_NS + CORE_TEST_S, "executor-1", "executor-2");
    assert_int_equal (executed ("x1"), 0);
    core_test_forget (t);
    pass_with (11500 * CORE_TEST_MS, "executor-1", NULL);
    core_test_pass (t, 490 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-1"), 0);
    core_test_forget (t);
    core_test_pass (t, 100 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-1"), clients_of ("executor-2"));
    assert_true (core_test_get (t, "executor-1", MSG_COPY_COMMAND, -1)->copy_command.walk);
    assert_true (core_test_find_message (t, "executor-1", MSG_CLIENT_CONFIG, -1) <
                 core_test_find_message (t, "executor-1", MSG_COPY_COMMAND, -1));
}

/*  t=0 … 5 it is silent, then it is back: nobody moved. */
static void a_shard_that_only_restarts_keeps_its_clients (void **state)
{
    (void) state;
    up ();
    pass_with (LEASE_NS + CORE_TEST_S, "executor-1", "executor-2");
    core_test_forget (t);
    pass_with (5 * CORE_TEST_S, "executor-1", NULL);
    ready ("executor-2");
    pass_with (20 * CORE_TEST_S, "executor-1", "executor-2");
    assert_int_equal (configs ("executor-1"), 0);
    assert_int_equal (configs ("executor-2"), clients_of ("executor-2"));
    assert_int_equal (core_test_messages (t, "*", MSG_CLIENT_RELEASE), 0);
}

/*  A partition heals: it is told which clients are its own (none) before it gets a lease. */
static void a_shard_that_was_given_up_is_told_first (void **state)
{
    (void) state;
    up ();
    pass_with (LEASE_NS + CORE_TEST_S, "executor-1", "executor-2");
    pass_with (13 * CORE_TEST_S, "executor-1", NULL);
    core_test_forget (t);
    say ((said_t){.shard = "executor-2", .clients = clients_of ("executor-2")});
    const core_test_effect_t *assigned = core_test_find_message (t, "executor-2", MSG_SHARD_ASSIGNED, 0);
    assert_non_null (assigned);
    assert_int_equal (configs ("executor-2"), 0);
    say ((said_t){.shard = "executor-2"});
    assert_true (assigned < core_test_find_message (t, "executor-2", MSG_SHARD_LEASE, 0));
    /*  and its part comes back to it, as to one that is new */
    core_test_pass (t, CORE_TEST_MS);
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_RELEASE), clients_of ("executor-2"));
}

static void a_shard_that_comes_gets_its_part (void **state)
{
    (void) state;
    assert_int_equal (executed ("x1"), 0);
    core_test_forget (t);
    ready ("executor-2");
    uint64_t part = clients_of ("executor-2");
    assert_true (part > 0 && part < 4);
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_RELEASE), part);
    assert_int_equal (configs ("executor-2"), 0);
    core_test_pass (t, 100 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-2"), 0); /*  not before it was released */
    release_all ("executor-1");
    core_test_pass (t, 100 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-2"), part);
    assert_int_equal (core_test_messages (t, "executor-2", MSG_COPY_COMMAND), 1); /*  once for all of them */
    assert_true (core_test_get (t, "executor-2", MSG_COPY_COMMAND, 0)->copy_command.walk);
    assert_int_equal (configs ("executor-1"), 0);
    core_test_forget (t);
    assert_int_equal (executed ("x2"), 0); /*  nobody was told of it before anybody moved */
    assert_false (core_test_get (t, "executor-2", MSG_COPY_COMMAND, 0)->copy_command.walk);
}

/*  t=0 asked for; t=1, 2 again; nobody else gets it meanwhile. */
static void a_release_is_asked_for_until_it_is_answered (void **state)
{
    (void) state;
    ready ("executor-2");
    uint64_t part = clients_of ("executor-2");
    core_test_forget (t);
    for (int second = 0; second < 2; second++) {
        core_test_pass (t, CORE_TEST_S);
        say ((said_t){.shard = "executor-1", .clients = 4});
        say ((said_t){.shard = "executor-2"});
    }
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_RELEASE), 2 * part);
    assert_int_equal (configs ("executor-2"), 0);
    const client_release_t release = core_test_get (t, "executor-1", MSG_CLIENT_RELEASE, 0)->client_release;
    released ("executor-1", release.client_id, release.epoch - 5000); /*  an answer to something older */
    core_test_pass (t, 100 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-2"), 0);
}

static void result_of (const char *shard, const char *id, uint64_t epoch)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard);
    result->epoch = epoch;
    result->outcomes_count = 1;
    (void) strcpy (result->outcomes[0].client_id, id);
    (void) strcpy (result->outcomes[0].x, "x1");
    result->outcomes[0].to_e9 = 10 * ONE;
    result->outcomes[0].kind = OUTCOME_KIND_FILLED;
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

static size_t stored_results (void)
{
    return core_test_messages (t, "audit", MSG_COPY_RESULT);
}

/*  executor-1 was a client's shard: what it says of it after it let go is not stored, nor what executor-2 said before it
 *  had it. */
static void only_the_clients_own_shard_is_heard (void **state)
{
    (void) state;
    assert_int_equal (executed ("x1"), 0);
    ready ("executor-2");
    const char *id = one_of ("executor-2");
    result_of ("executor-1", id, UINT64_MAX / 4); /*  it is asked for, and still there */
    assert_int_equal (stored_results (), 1);
    release_all ("executor-1");
    core_test_pass (t, 100 * CORE_TEST_MS);
    uint64_t epoch = core_test_get (t, "executor-2", MSG_CLIENT_CONFIG, -1)->client_config.epoch;
    result_of ("executor-1", id, UINT64_MAX / 4);
    result_of ("executor-2", id, epoch - 100);
    assert_int_equal (stored_results (), 1);
    result_of ("executor-2", id, epoch);
    assert_int_equal (stored_results (), 2);
}

/*  t=0 executor-1 says that it leaves; its clients go; with the last one it is dismissed. */
static void a_shard_that_leaves_is_emptied_then_dismissed (void **state)
{
    (void) state;
    ready ("executor-2");
    release_all ("executor-1");
    core_test_pass (t, CORE_TEST_S);
    core_test_forget (t);
    say ((said_t){.shard = "executor-1", .clients = clients_of ("executor-1"), .leaving = true});
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_RELEASE), clients_of ("executor-1"));
    assert_int_equal (core_test_messages (t, "executor-1", MSG_SHARD_DISMISSED), 0);
    release_all ("executor-1");
    assert_int_equal (core_test_messages (t, "executor-1", MSG_SHARD_DISMISSED), 1);
    say ((said_t){.shard = "executor-2"});
    core_test_pass (t, 100 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-2"), clients_of ("executor-1"));
    core_test_pass (t,
        3 * CORE_TEST_S); /*  it has ended: nobody is alarmed (of executor-2, which is silent, people are) */
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
    assert_int_equal (shards_told (), 1);
}

/*  The whole copier stops, or it was the only one. */
static void a_shard_that_is_alone_may_leave_at_once (void **state)
{
    (void) state;
    say ((said_t){.shard = "executor-1", .clients = 4, .leaving = true});
    assert_int_equal (core_test_messages (t, "executor-1", MSG_SHARD_DISMISSED), 1);
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_RELEASE), 0);
    core_test_forget (t);
    ready ("executor-1"); /*  it comes back, and has them as before */
    core_test_pass (t, 100 * CORE_TEST_MS);
    assert_int_equal (configs ("executor-1"), 4);
}

/*  t=3 it would grant; but executor-1 holds somebody of another one's: t=13. */
static void shards_that_were_spread_otherwise_wait_a_request_longer (void **state)
{
    (void) state;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    loaded (7);
    say ((said_t){.shard = "executor-1", .clients = 4, .holds = 12345});
    say ((said_t){.shard = "executor-2"});
    pass_with (11500 * CORE_TEST_MS, "executor-1", "executor-2");
    assert_int_equal (core_test_messages (t, "*", MSG_SHARD_LEASE), 0);
    pass_with (CORE_TEST_S, "executor-1", "executor-2");
    assert_true (core_test_messages (t, "executor-1", MSG_SHARD_LEASE) > 0);
}

static uint64_t holds_of (const char *shard)
{
    uint64_t sum = 0;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        sum += strcmp (shard_of (id), shard) == 0 ? word_hash (id) : 0;
    return sum;
}

/*  executor-2 was restarted with the dispatcher, and nobody knows whose its clients were meanwhile: t=13. executor-1 has just
 *  its own: t=3, for by t=13 it would have been without a lease for so long that it had to forget all it knows. */
static void a_shard_that_holds_its_own_does_not_wait_for_others (void **state)
{
    (void) state;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    loaded (7);
    say ((said_t){
        .shard = "executor-1", .clients = clients_of ("executor-1"), .holds = holds_of ("executor-1")});
    ready ("executor-2");
    pass_with (3 * CORE_TEST_S, "executor-1", "executor-2");
    assert_true (core_test_messages (t, "executor-1", MSG_SHARD_LEASE) > 0);
    pass_with (8 * CORE_TEST_S, "executor-1", "executor-2");
    assert_int_equal (core_test_messages (t, "executor-2", MSG_SHARD_LEASE), 0);
    pass_with (2 * CORE_TEST_S, "executor-1", "executor-2");
    assert_true (core_test_messages (t, "executor-2", MSG_SHARD_LEASE) > 0);
}

/*  Where all are named nobody gets another one's clients before its grace is over, whichever dispatcher there is. */
static void a_lease_says_how_long_its_clients_are_kept (void **state)
{
    (void) state;
    begin_with_grace (2, 2, 60 * CORE_TEST_S);
    up ();
    pass_with (3 * CORE_TEST_S, "executor-1", "executor-2");
    assert_int_equal (
        core_test_get (t, "executor-1", MSG_SHARD_LEASE, -1)->shard_lease.kept_ns, 59500 * CORE_TEST_MS);
    core_test_destroy (&t);
    begin_with_grace (0, 2, 60 * CORE_TEST_S);
    up ();
    pass_with (5 * CORE_TEST_S, "executor-1", "executor-2");
    assert_int_equal (
        core_test_get (t, "executor-1", MSG_SHARD_LEASE, -1)->shard_lease.kept_ns, 10 * CORE_TEST_S);
}

static void result_sent (const char *shard, const char *id, int64_t ago_ns, int64_t lease_over_ns)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard);
    result->at_ns = t->utc_ns - ago_ns;
    result->lease_over_ns = lease_over_ns;
    result->outcomes_count = 1;
    (void) strcpy (result->outcomes[0].client_id, id);
    (void) strcpy (result->outcomes[0].x, "x1");
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

/*  What was not on its way for so long that a dispatcher before us could have given the clients to others is heard at once.
 *  The rest waits until they are spread: then only the word of a client's own shard counts. */
static void a_new_dispatcher_does_not_know_whose_word_counts (void **state)
{
    (void) state;
    core_test_destroy (&t);
    begin (0, 4);
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    loaded (7);
    result_sent ("executor-1", "a", CORE_TEST_S, 0);
    assert_int_equal (stored_results (), 1);
    result_sent ("executor-1", "a", 5 * CORE_TEST_S, 5 * CORE_TEST_S);
    result_sent ("executor-9", "a", CORE_TEST_S, INT64_MAX);
    assert_int_equal (stored_results (), 1);
    ready ("executor-1");
    pass_with (3 * CORE_TEST_S, "executor-1", NULL);
    assert_int_equal (stored_results (), 2);
    assert_string_equal (core_test_get (t, "audit", MSG_COPY_RESULT, 1)->copy_result.shard, "executor-1");
}

static void more_shards_than_there_may_be_are_refused (void **state)
{
    (void) state;
    ready ("executor-2");
    ready ("executor-3");
    ready ("executor-4");
    message_t *message = core_test_message (t, MSG_SHARD_READY);
    (void) strcpy (message->shard_ready.shard, "executor-5");
    assert_int_equal (core_test_receive (t, "executor-5", message), -ERR_NOT_FOUND);
    assert_int_equal (shards_told (), 4);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
}

/*  4,000 clients; one shard of three times the weight of another: three quarters of them, and a third shard takes from both
 *  only what it gets. */
static void weights_share_out_the_clients (void **state)
{
    (void) state;
    int heavy = 0;
    int third = 0;
    for (int n = 0; n < 4000; n++) {
        char id[24];
        (void) snprintf (id, sizeof id, "client-%d", n);
        double a = shard_map_score ("a", 300, id);
        double b = shard_map_score ("b", 100, id);
        double c = shard_map_score ("c", 100, id);
        heavy += a > b;
        third += c > a && c > b;
        assert_true (a > 0 && b > 0 && c > 0);
    }
    assert_in_range (heavy, 2900, 3100);
    assert_in_range (third, 720, 880);
}

/*  executor-2 comes with ten thousand times the weight of executor-1, which has all four. */
static void whoever_weighs_more_gets_more (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_SHARD_READY);
    (void) strcpy (message->shard_ready.shard, "executor-2");
    message->shard_ready.weight = 1000000;
    assert_int_equal (core_test_receive (t, "executor-2", message), 0);
    assert_true (clients_of ("executor-2") < 4);
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_RELEASE), 4);
}

#define NAMED(name) cmocka_unit_test_setup_teardown (name, setup_named, teardown)
#define ANY(name) cmocka_unit_test_setup_teardown (name, setup_any, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {NAMED (the_clients_of_a_shard_that_is_gone_move),
        NAMED (a_shard_that_only_restarts_keeps_its_clients), NAMED (a_shard_that_was_given_up_is_told_first),
        NAMED (shards_that_were_spread_otherwise_wait_a_request_longer),
        NAMED (a_shard_that_holds_its_own_does_not_wait_for_others),
        cmocka_unit_test_teardown (a_lease_says_how_long_its_clients_are_kept, teardown),
        ANY (a_shard_that_comes_gets_its_part), ANY (a_release_is_asked_for_until_it_is_answered),
        ANY (only_the_clients_own_shard_is_heard), ANY (a_shard_that_leaves_is_emptied_then_dismissed),
        ANY (a_shard_that_is_alone_may_leave_at_once), ANY (a_new_dispatcher_does_not_know_whose_word_counts),
        ANY (more_shards_than_there_may_be_are_refused), cmocka_unit_test (weights_share_out_the_clients),
        ANY (whoever_weighs_more_gets_more)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
