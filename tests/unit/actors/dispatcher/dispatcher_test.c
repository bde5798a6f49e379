/*  dispatcher_test.c: configuration, shards, assignment, stop. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

/*  t=0, 0.5 it asks; loaded: it says once which revision it has, then only now and then */
static void asks_for_the_configuration_until_loaded (void **state)
{
    (void) state;
    core_test_pass (t, 500 * CORE_TEST_MS);
    assert_int_equal (core_test_messages (t, "audit", MSG_CONFIG_REQUEST), 2);
    loaded (7);
    assert_int_equal (core_test_get (t, "audit", MSG_CONFIG_REQUEST, -1)->config_request.have_revision, 7);
    core_test_forget (t);
    core_test_pass (t, 4 * CORE_TEST_S);
    loaded (7);
    assert_int_equal (core_test_messages (t, "audit", MSG_CONFIG_REQUEST), 0);
    core_test_pass (t, 2 * CORE_TEST_S);
    assert_int_equal (core_test_messages (t, "audit", MSG_CONFIG_REQUEST), 1);
}

static void the_listener_gets_its_master (void **state)
{
    (void) state;
    message_t *message = core_test_message (t, MSG_LISTENER_READY);
    (void) strcpy (message->listener_ready.name, "listener");
    (void) core_test_receive (t, "listener", message);
    assert_int_equal (core_test_messages (t, "listener", MSG_MASTER_CONFIG), 0);
    message = core_test_message (t, MSG_MASTER_CONFIG);
    message->master_config.revision = 3;
    (void) core_test_receive (t, "audit", message); /*  and so does every change */
    assert_int_equal (core_test_messages (t, "listener", MSG_MASTER_CONFIG), 1);
    (void) core_test_receive (t, "listener", core_test_message (t, MSG_LISTENER_READY));
    assert_int_equal (core_test_get (t, "listener", MSG_MASTER_CONFIG, 1)->master_config.revision, 3);
}

static void every_client_goes_to_its_shard_with_an_epoch (void **state)
{
    (void) state;
    up ();
    (void) client ("a", false, false); /*  the shard hears of inactive and removed ones too */
    assert_int_equal (core_test_messages (t, "*", MSG_CLIENT_CONFIG), 1);
    uint64_t epoch = core_test_get (t, shard_of ("a"), MSG_CLIENT_CONFIG, 0)->client_config.epoch;
    assert_true (epoch > (uint64_t) (t->utc_ns / 1000000));
    (void) client ("a", false, true);
    assert_true (core_test_get (t, shard_of ("a"), MSG_CLIENT_CONFIG, 1)->client_config.epoch > epoch);
    assert_true (core_test_get (t, shard_of ("a"), MSG_CLIENT_CONFIG, 1)->client_config.removed);
}

/*  A shard comes back empty: all its clients, then its open commands; the other shard hears nothing. */
static void a_shard_that_is_ready_again_gets_everything (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    core_test_forget (t);
    ready (shard_of ("a"));
    size_t own = 0;
    for (char id[2] = "a"; *id <= 'd'; id[0]++)
        own += strcmp (shard_of (id), shard_of ("a")) == 0;
    assert_int_equal (core_test_messages (t, "*", MSG_CLIENT_CONFIG), own);
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_CLIENT_CONFIG), own);
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_COPY_COMMAND), 1);
    assert_int_equal (commands (), 1);
}

static void a_shard_that_counts_otherwise_is_told_again (void **state)
{
    (void) state;
    up ();
    core_test_pass (t, 6 * CORE_TEST_S);
    core_test_forget (t);
    beat (shard_of ("a"), 99);
    size_t sent = core_test_messages (t, shard_of ("a"), MSG_CLIENT_CONFIG);
    assert_true (sent > 0);
    beat (shard_of ("a"), 99); /*  not at every beat */
    assert_int_equal (core_test_messages (t, shard_of ("a"), MSG_CLIENT_CONFIG), sent);
}

/*  A beat counts active clients: one that is switched off is no reason to send them all again. */
static void a_shard_that_counts_as_we_do_is_left_alone (void **state)
{
    (void) state;
    up ();
    (void) client ("a", false, false);
    (void) client ("b", true, true);
    uint64_t counts[2] = {0};
    for (char id[2] = "c"; *id <= 'd'; id[0]++)
        counts[strcmp (shard_of (id), "executor-2") == 0]++;
    core_test_pass (t, 6 * CORE_TEST_S);
    core_test_forget (t);
    beat ("executor-1", counts[0]);
    beat ("executor-2", counts[1]);
    assert_int_equal (core_test_messages (t, "*", MSG_CLIENT_CONFIG), 0);
}

/*  t=0 both beat; t=0.5 … 2 only one: one alert; its clients stay; t=3 it is back */
static void a_silent_shard_is_told_once (void **state)
{
    (void) state;
    up ();
    for (int i = 0; i < 8; i++) {
        core_test_pass (t, 500 * CORE_TEST_MS);
        beat ("executor-1", 0);
    }
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
    beat ("executor-2", 0);
    assert_string_equal (core_test_get (t, NULL, MSG_LOG_LINE, -1)->log_line.name, "shard_back");
}

/*  An executor that outlived the dispatcher beats without saying ready: it gets its clients all the same. */
static void a_beat_of_an_older_shard_is_enough (void **state)
{
    (void) state;
    (void) client ("a", true, false);
    loaded (7);
    message_t *message = core_test_message (t, MSG_SHARD_BEAT);
    (void) strcpy (message->shard_beat.shard, shard_of ("a"));
    message->shard_beat.epoch = 1900000000000; /*  its last dispatcher's clock ran ahead */
    (void) core_test_receive (t, shard_of ("a"), message);
    assert_true (
        core_test_get (t, shard_of ("a"), MSG_CLIENT_CONFIG, 0)->client_config.epoch > 1900000000000);
}

static void too_many_clients_are_refused_with_an_alert (void **state)
{
    (void) state;
    char id[8];
    for (int i = 0; i < 8; i++) {
        (void) snprintf (id, sizeof id, "c%d", i % 10);
        assert_int_equal (client (id, true, false), 0);
    }
    assert_int_equal (client ("one-more", true, false), -ERR_FULL);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
    assert_int_equal (client ("c3", true, true), 0); /*  a removed one makes room */
    assert_int_equal (client ("one-more", true, false), 0);
}

static void rendezvous_spreads_and_moves_only_what_it_must (void **state)
{
    (void) state;
    const char *names[] = {"executor-1", "executor-2", "executor-3"};
    int counts[3] = {0};
    int moved = 0;
    for (int i = 0; i < 3000; i++) {
        char id[24];
        int best2 = 0, best3 = 0;
        (void) snprintf (id, sizeof id, "client-%d", i);
        for (int s = 1; s < 3; s++) {
            if (s < 2 && shard_map_score (names[s], 0, id) > shard_map_score (names[best2], 0, id))
                best2 = s;
            if (shard_map_score (names[s], 0, id) > shard_map_score (names[best3], 0, id))
                best3 = s;
        }
        counts[best3]++;
        moved += best3 != best2;
        assert_true (best3 == best2 || best3 == 2); /*  only to the new one */
    }
    for (int s = 0; s < 3; s++)
        assert_in_range (counts[s], 900, 1100);
    assert_int_equal (moved, counts[2]);
}

/*  1,500 clients of one shard that comes back: in portions of at most 512, then the open command, once. */
static void many_clients_are_sent_in_portions (void **state)
{
    static const char *const shards[] = {"executor-1"};
    char id[16];
    (void) state;
    dispatcher_config_t config = {.shards = shards, .shard_count = 1, .max_clients = 1500, .lease_ns = 1};
    core_test_destroy (&t);
    t = core_test_new (&dispatcher_ops, dispatcher_new (&config));
    (void) core_test_start (t);
    for (int i = 0; i < 1500; i++) {
        (void) snprintf (id, sizeof id, "c%d", i);
        assert_int_equal (client (id, true, false), 0);
    }
    loaded (7);
    (void) order ("X", "AAPL", 10, true);
    ready ("executor-1");
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_CONFIG), 512);
    assert_int_equal (commands (), 0);
    core_test_pass (t, CORE_TEST_MS);
    assert_int_equal (core_test_messages (t, "executor-1", MSG_CLIENT_CONFIG), 1500);
    assert_int_equal (commands (), 1);
}

static void stop_waits_for_what_is_open (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    uint64_t sequence = last_sequence ();
    (void) core_test_stop (t);
    (void) order ("Y", "AAPL", 10, true); /*  not taken any more */
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    all_answer ("X", 10, sequence);
    stored (sequence);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
    assert_int_equal (last_sequence (), sequence);
}

static void stop_gives_up_after_ten_seconds (void **state)
{
    (void) state;
    up ();
    (void) order ("X", "AAPL", 10, true);
    (void) core_test_stop (t);
    core_test_pass (t, 9900 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    core_test_pass (t, 200 * CORE_TEST_MS);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (asks_for_the_configuration_until_loaded),
        STORY (the_listener_gets_its_master), STORY (every_client_goes_to_its_shard_with_an_epoch),
        STORY (a_shard_that_is_ready_again_gets_everything),
        STORY (a_shard_that_counts_otherwise_is_told_again),
        STORY (a_shard_that_counts_as_we_do_is_left_alone), STORY (a_silent_shard_is_told_once),
        STORY (a_beat_of_an_older_shard_is_enough), STORY (too_many_clients_are_refused_with_an_alert),
        STORY (rendezvous_spreads_and_moves_only_what_it_must), STORY (many_clients_are_sent_in_portions),
        STORY (stop_waits_for_what_is_open), STORY (stop_gives_up_after_ten_seconds)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
