/*  view_test.c: when it is ready and why not; status and metrics of what was heard. */
#include "tests/unit/actors/gateway/gateway_story.h"

static void nothing_heard_is_not_ready_and_says_why (void **state)
{
    (void) state;
    assert_false (is_ready ());
    assert_string_equal (story_text,
        "{\"ready\":false,\"reasons\":[{\"what\":\"stream\",\"text\":\"the listener tells nothing\"},"
        "{\"what\":\"storage\",\"text\":\"the audit tells nothing\"},"
        "{\"what\":\"dispatcher\",\"text\":\"the dispatcher tells nothing\"}]}\n");
}

/*  t=0 all well; t=11 s nobody was heard since. */
static void ready_is_for_as_long_as_everybody_tells (void **state)
{
    (void) state;
    all_tell ();
    assert_true (is_ready ());
    assert_string_equal (story_text, "{\"ready\":true,\"reasons\":[]}\n");
    core_test_pass (t, 11 * CORE_TEST_S);
    assert_false (is_ready ());
}

static void each_reason_stands_alone (void **state)
{
    (void) state;
    all_tell ();
    listener_tells (STREAM_REFUSED);
    assert_false (is_ready ());
    HAS (story_text, "\"reasons\":[{\"what\":\"stream\",\"text\":\"the master's stream is not listening\"}]");
    listener_tells (STREAM_LISTENING);
    audit_tells (false, 2);
    assert_false (is_ready ());
    HAS (story_text, "[{\"what\":\"storage\"");
    audit_tells (true, 1);
    assert_false (is_ready ());
    HAS (story_text, "[{\"what\":\"redis\"");
    audit_tells (true, 2);
    assert_true (is_ready ());
}

/*  More than half of the shards have to have a lease: one of two has not enough, two of three have. */
static void a_quorum_is_more_than_half (void **state)
{
    (void) state;
    all_tell ();
    shard_tells ("executor-2", 0, 200);
    assert_false (is_ready ());
    HAS (story_text, "[{\"what\":\"shards\"");
    shard_tells ("executor-2", CORE_TEST_S, 200);
    dispatcher_tells (3);
    assert_true (is_ready ());
    dispatcher_tells (4);
    assert_false (is_ready ());
    dispatcher_tells (0); /*  of any name, and none has come */
    assert_false (is_ready ());
    HAS (story_text, "[{\"what\":\"shards\"");
}

static void the_status_has_it_all (void **state)
{
    (void) state;
    all_tell ();
    HAS (status (), "{\"version\":\"1.2.3\",\"ready\":true,");
    HAS (story_text, "\"stream\":{\"state\":\"listening\"");
    HAS (story_text, "\"storage\":{\"database\":\"ok\",\"redis\":\"off\",\"backlog\":3}");
    HAS (story_text, "{\"name\":\"executor-1\",\"alive\":true,\"clients\":10,");
    HAS (story_text, "\"lease_ms\":1000.000");
    HAS (story_text, "\"p99_ms\":null");
    HAS (story_text, "{\"name\":\"listener\",\"role\":\"listener\",\"up\":true");
}

/*  t=0 100 orders; t=10 s 600: 50 a second. A new life begins at 0 again. */
static void orders_a_second (void **state)
{
    (void) state;
    shard_tells ("executor-1", 1, 100);
    core_test_pass (t, 10 * CORE_TEST_S);
    shard_tells ("executor-1", 1, 600);
    HAS (status (), "\"orders_per_second\":50.000");
    actor_stats_t *stats = stats_begin ("executor-1", "executor");
    stats->started_at_ns += 1;
    measure_put (stats, "orders", 3);
    stats_tell ();
    HAS (status (), "\"orders_per_second\":0.000");
}

static void told (const histogram_t *latency)
{
    measure_put_histogram (stats_begin ("dispatcher", "dispatcher"), "latency", latency);
    stats_tell ();
}

/*  98 copies of up to 5 ms and two of up to 10 s: by size, within their buckets. Then nothing for two windows: null. */
static void percentiles_are_of_the_last_minute (void **state)
{
    (void) state;
    histogram_t latency = {0};
    told (&latency);
    for (int n = 0; n < 98; n++)
        histogram_add (&latency, 4 * CORE_TEST_MS);
    histogram_add (&latency, 9 * CORE_TEST_S);
    histogram_add (&latency, 9 * CORE_TEST_S);
    told (&latency);
    HAS (status (), "\"p50_ms\":4.020,"); /*  50 of 98 within 3 … 5 ms */
    HAS (story_text, "\"p95_ms\":4.938,\"p99_ms\":8750.000}");
    for (int n = 0; n < 3; n++) {
        core_test_pass (t, 31 * CORE_TEST_S);
        told (&latency);
    }
    HAS (status (), "\"p50_ms\":null");
}

static void the_metrics_of_what_was_heard (void **state)
{
    (void) state;
    all_tell ();
    HAS (metrics (), "tradecopier_build_info{version=\"1.2.3\"} 1\n");
    HAS (story_text, "tradecopier_ready 1\n");
    HAS (story_text, "tradecopier_stream_state{state=\"listening\"} 1\n");
    HAS (story_text, "tradecopier_stream_state{state=\"down\"} 0\n");
    HAS (story_text, "tradecopier_shards_alive 2\n");
    HAS (story_text, "tradecopier_copies_total{result=\"success\"} 9\n");
    HAS (story_text,
        "tradecopier_outcomes_total{shard=\"executor-1\",kind=\"skipped\",reason=\"no_position\"} 4\n");
    HAS (story_text, "tradecopier_replication_latency_seconds_bucket{le=\"0.003\"} 0\n");
    HAS (story_text, "tradecopier_replication_latency_seconds_bucket{le=\"0.005\"} 1\n");
    HAS (story_text, "tradecopier_replication_latency_seconds_bucket{le=\"+Inf\"} 1\n");
    HAS (story_text, "tradecopier_replication_latency_seconds_sum 0.004000\n");
    HAS (story_text, "tradecopier_queue_depth{queue=\"audit_backlog\"} 3\n");
    HAS (story_text, "tradecopier_breakers{shard=\"executor-2\",state=\"closed\"} 10\n");
    HAS (story_text, "tradecopier_process_resident_memory_bytes{actor=\"audit\"} 1048576\n");
    HAS (story_text, "tradecopier_gateway_websockets 2\n");
    HAS (story_text, "tradecopier_gateway_requests_total{code=\"4xx\"} 3\n");
    HAS_NOT (story_text, "redis_up");
    audit_tells (true, 1);
    HAS (metrics (), "tradecopier_redis_up 0\n");
}

/*  Its last numbers are not shown as if they were of now. */
static void who_is_silent_is_down_and_tells_no_numbers (void **state)
{
    (void) state;
    all_tell ();
    core_test_pass (t, 11 * CORE_TEST_S);
    listener_tells (STREAM_LISTENING);
    HAS (metrics (), "tradecopier_actor_up{actor=\"executor-1\",role=\"executor\"} 0\n");
    HAS (story_text, "tradecopier_actor_up{actor=\"listener\",role=\"listener\"} 1\n");
    HAS_NOT (story_text, "tradecopier_shard_clients{");
    HAS (story_text, "tradecopier_shards_alive 0\n");
}

/*  There is room for 80 actors: the last ones are shown, and whoever is no executor. */
static void executors_come_under_new_names_again_and_again (void **state)
{
    (void) state;
    all_tell ();
    for (int n = 0; n < 200; n++) {
        char name[32];
        (void) snprintf (name, sizeof name, "host-%d", n);
        shard_tells (name, CORE_TEST_S, n);
        core_test_pass (t, CORE_TEST_S);
    }
    HAS (status (), "\"host-199\"");
    HAS (status (), "\"dispatcher\"");
    HAS_NOT (status (), "\"host-99\"");
}

static void what_does_not_fit_is_not_half_told (void **state)
{
    (void) state;
    all_tell ();
    assert_int_equal (gateway_status ((gateway_t *) t->core, t->now_ns, t->utc_ns, story_text, 512), 0);
    static const gateway_port_counts_t port;
    assert_int_equal (gateway_metrics ((gateway_t *) t->core, t->now_ns, &port, story_text, 512), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (nothing_heard_is_not_ready_and_says_why),
        STORY (ready_is_for_as_long_as_everybody_tells), STORY (each_reason_stands_alone),
        STORY (a_quorum_is_more_than_half), STORY (the_status_has_it_all), STORY (orders_a_second),
        STORY (percentiles_are_of_the_last_minute), STORY (the_metrics_of_what_was_heard),
        STORY (who_is_silent_is_down_and_tells_no_numbers),
        STORY (executors_come_under_new_names_again_and_again), STORY (what_does_not_fit_is_not_half_told)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
