/*  gateway_story.h: a gateway that hears of a copier, for stories. */
#ifndef GATEWAY_STORY_H
#define GATEWAY_STORY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actors/gateway/gateway.h"
#include "tests/lib/core_test.h"

static core_test_t *t;
static char story_text[GATEWAY_METRICS_MAX];

static int setup (void **state)
{
    (void) state;
    gateway_config_t config = {.version = "1.2.3"};
    t = core_test_new (&gateway_ops, gateway_new (&config));
    assert_int_equal (core_test_start (t), 0);
    return 0;
}

static int teardown (void **state)
{
    (void) state;
    core_test_destroy (&t);
    return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

/*  Fill in t->event.actor_stats.readings between begin and tell. */
static actor_stats_t *stats_begin (const char *name, const char *role)
{
    actor_stats_t *stats = &core_test_message (t, MSG_ACTOR_STATS)->actor_stats;
    (void) strcpy (stats->name, name);
    (void) strcpy (stats->role, role);
    stats->started_at_ns = CORE_TEST_UTC_NS;
    stats->at_ns = t->utc_ns;
    measure_put (stats, "process.resident", 1 << 20);
    return stats;
}

static void stats_tell (void)
{
    assert_int_equal (core_test_receive (t, "", &t->event), 0);
}

static __attribute__ ((unused)) void listener_tells (stream_phase_t phase)
{
    measure_put (stats_begin ("listener", "listener"), "stream", (int64_t) phase);
    stats_tell ();
}

static __attribute__ ((unused)) void audit_tells (bool database, int redis)
{
    actor_stats_t *stats = stats_begin ("audit", "audit");
    measure_put (stats, "database", database);
    measure_put (stats, "redis", redis);
    measure_put (stats, "backlog", 3);
    stats_tell ();
}

static __attribute__ ((unused)) void dispatcher_tells (int shards)
{
    histogram_t latency = {0};
    actor_stats_t *stats = stats_begin ("dispatcher", "dispatcher");
    measure_put (stats, "shards", shards);
    measure_put (stats, "replications", 2);
    measure_put (stats, "success", 9);
    measure_put (stats, "open", 1);
    histogram_add (&latency, 4 * CORE_TEST_MS);
    measure_put_histogram (stats, "latency", &latency);
    stats_tell ();
}

static __attribute__ ((unused)) void shard_tells (const char *name, int64_t lease_ns, int64_t orders)
{
    actor_stats_t *stats = stats_begin (name, "executor");
    measure_put (stats, "clients", 10);
    measure_put (stats, "lease", lease_ns);
    measure_put (stats, "orders", orders);
    measure_put (stats, "breakers.open", 0);
    measure_put (stats, "outcome.skipped.no_position", 4);
    stats_tell ();
}

/*  Everybody is well. */
static __attribute__ ((unused)) void all_tell (void)
{
    listener_tells (STREAM_LISTENING);
    audit_tells (true, 0);
    dispatcher_tells (2);
    shard_tells ("executor-1", CORE_TEST_S, 100);
    shard_tells ("executor-2", CORE_TEST_S, 200);
}

static __attribute__ ((unused)) const char *status (void)
{
    assert_true (
        gateway_status ((gateway_t *) t->core, t->now_ns, t->utc_ns, story_text, GATEWAY_STATUS_MAX) > 0);
    return story_text;
}

static __attribute__ ((unused)) const char *metrics (void)
{
    static const gateway_port_counts_t port = {.websockets = 2, .requests = {1, 20, 0, 3, 0}};
    assert_true (
        gateway_metrics ((gateway_t *) t->core, t->now_ns, &port, story_text, sizeof story_text) > 0);
    return story_text;
}

static __attribute__ ((unused)) bool is_ready (void)
{
    return gateway_ready ((gateway_t *) t->core, t->now_ns, story_text, sizeof story_text);
}

#define HAS(text, piece) assert_non_null (strstr (text, piece))
#define HAS_NOT(text, piece) assert_null (strstr (text, piece))

/*  The nth event pushed to the WebSockets; NULL: there is none. */
static __attribute__ ((unused)) const char *pushed (int nth)
{
    const core_test_effect_t *push = core_test_find (t, EFFECT_PUSH, nth);
    return push ? (const char *) push->bytes : NULL;
}

#endif
