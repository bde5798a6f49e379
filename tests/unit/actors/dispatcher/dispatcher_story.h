/*  dispatcher_story.h: a dispatcher with two shards and its clients, for stories. */
#ifndef DISPATCHER_STORY_H
#define DISPATCHER_STORY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actors/dispatcher/dispatcher.h"
#include "actors/dispatcher/shard_map.h"
#include "messages/fixed.h"
#include "tests/lib/core_test.h"

#define ONE FIXED_ONE

static core_test_t *t;

#define STORY_LOOKBACK_NS (2 * CORE_TEST_UTC_NS) /*  as good as no limit */

static int64_t story_first_at_ns;    /*  broker time of the next order's first execution */
static int64_t story_known_since_ns; /*  what config.loaded says */
static int64_t story_lookback_ns = STORY_LOOKBACK_NS;

/*  lease_ns: so long after its start it begins nothing. */
static void story_begin (int64_t lease_ns)
{
    static const char *const shards[] = {"executor-1", "executor-2"};
    dispatcher_config_t config = {.shards = shards,
        .shard_count = 2,
        .max_clients = 8,
        .max_replications = 3,
        .max_marks = 8,
        .max_held = 4,
        .lookback_ns = story_lookback_ns,
        .lease_ns = lease_ns};
    t = core_test_new (&dispatcher_ops, dispatcher_new (&config));
    assert_int_equal (core_test_start (t), 0);
}

static __attribute__ ((unused)) int setup (void **state)
{
    (void) state;
    story_begin (1);
    core_test_pass (t, 1); /*  a life before this one has no lease any more */
    return 0;
}

static int teardown (void **state)
{
    (void) state;
    core_test_destroy (&t);
    story_first_at_ns = story_known_since_ns = 0;
    story_lookback_ns = STORY_LOOKBACK_NS;
    return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

static const char *shard_of (const char *client)
{
    return shard_map_score ("executor-1", 0, client) > shard_map_score ("executor-2", 0, client)
               ? "executor-1"
               : "executor-2";
}

static int client (const char *id, bool active, bool removed)
{
    message_t *message = core_test_message (t, MSG_CLIENT_CONFIG);
    (void) strcpy (message->client_config.client_id, id);
    message->client_config.active = active;
    message->client_config.removed = removed;
    return core_test_receive (t, "audit", message);
}

static void loaded (uint64_t revision)
{
    message_t *message = core_test_message (t, MSG_CONFIG_LOADED);
    message->config_loaded.revision = revision;
    message->config_loaded.known_since_ns = story_known_since_ns;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
}

static void ready (const char *shard)
{
    message_t *message = core_test_message (t, MSG_SHARD_READY);
    (void) strcpy (message->shard_ready.shard, shard);
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

static __attribute__ ((unused)) void beat (const char *shard, uint64_t clients)
{
    message_t *message = core_test_message (t, MSG_SHARD_BEAT);
    (void) strcpy (message->shard_beat.shard, shard);
    message->shard_beat.clients = clients;
    assert_int_equal (core_test_receive (t, shard, message), 0);
}

/*  Loaded, both shards there, with clients "a" … "d". */
static __attribute__ ((unused)) void up (void)
{
    char id[2] = "a";
    for (; *id <= 'd'; id[0]++)
        assert_int_equal (client (id, true, false), 0);
    loaded (7);
    ready ("executor-1");
    ready ("executor-2");
    core_test_forget (t);
}

static __attribute__ ((unused)) int order (const char *x, const char *symbol, int64_t qty, bool final)
{
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    trade_t *trade = &message->master_order.trade;
    (void) strcpy (trade->master_id, "master");
    (void) strcpy (trade->x, x);
    (void) strcpy (trade->symbol, symbol);
    trade->qty_e9 = trade->opened_e9 = qty * ONE;
    trade->remaining_e18 = FRACTION_ONE;
    trade->final = final;
    trade->received_at_ns = t->utc_ns;
    trade->first_at_ns = trade->executed_at_ns = story_first_at_ns;
    return core_test_receive (t, "listener", message);
}

static const char *story_reason = "below_minimum"; /*  of skips */

static __attribute__ ((unused)) void outcome (
    const char *id, const char *x, int64_t to, uint64_t sequence, outcome_kind_t kind, int64_t after_ns)
{
    message_t *message = core_test_message (t, MSG_COPY_RESULT);
    copy_result_t *result = &message->copy_result;
    (void) strcpy (result->shard, shard_of (id));
    result->sequence = sequence;
    result->outcomes_count = 1;
    (void) strcpy (result->outcomes[0].client_id, id);
    (void) strcpy (result->outcomes[0].x, x);
    result->outcomes[0].to_e9 = to * ONE;
    result->outcomes[0].kind = kind;
    (void) strcpy (result->outcomes[0].reason, kind == OUTCOME_KIND_SKIPPED ? story_reason : "");
    if (after_ns > 0)
        result->outcomes[0].submitted_at_ns = t->utc_ns + after_ns;
    assert_int_equal (core_test_receive (t, result->shard, message), 0);
}

static __attribute__ ((unused)) void all_answer (const char *x, int64_t to, uint64_t sequence)
{
    char id[2] = "a";
    for (; *id <= 'd'; id[0]++)
        outcome (id, x, to, sequence, OUTCOME_KIND_FILLED, CORE_TEST_MS);
}

static __attribute__ ((unused)) uint64_t last_sequence (void)
{
    return core_test_get (t, "*", MSG_COPY_COMMAND, -1)->copy_command.sequence;
}

static __attribute__ ((unused)) void stored (uint64_t sequence)
{
    message_t *message = core_test_message (t, MSG_REPLICATION_STORED);
    message->replication_stored.sequence = sequence;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
}

/*  The audit's word for the requests from there on. */
static __attribute__ ((unused)) void durable (uint64_t from, uint64_t number)
{
    message_t *message = core_test_message (t, MSG_DURABLE_REACHED);
    message->durable_reached.from = from;
    message->durable_reached.number = number;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
}

/*  The last thing that the audit was asked: 0 = nothing. */
static __attribute__ ((unused)) uint64_t asked_durable (void)
{
    if (core_test_messages (t, "audit", MSG_DURABLE_REQUEST) == 0)
        return 0;
    return core_test_get (t, "audit", MSG_DURABLE_REQUEST, -1)->durable_request.number;
}

static __attribute__ ((unused)) void all_durable (void)
{
    durable (0, asked_durable ());
}

static __attribute__ ((unused)) size_t completions (void)
{
    return core_test_messages (t, "audit", MSG_REPLICATION_COMPLETED);
}

static __attribute__ ((unused)) size_t commands (void)
{
    return core_test_messages (t, "*", MSG_COPY_COMMAND);
}

static __attribute__ ((unused)) size_t acks (void)
{
    return core_test_messages (t, "listener", MSG_MASTER_ACK);
}

static __attribute__ ((unused)) const char *commanded (int nth)
{
    return core_test_get (t, shard_of ("a"), MSG_COPY_COMMAND, nth)->copy_command.trade.x;
}

static __attribute__ ((unused)) void order_at (const char *x, const char *symbol, int64_t at_ns)
{
    story_first_at_ns = at_ns;
    assert_int_equal (order (x, symbol, 10, true), 0);
}

/*  At load: X is closed up to qty, and at its end; 0 = it was only seen. */
static __attribute__ ((unused)) void known (const char *x, const char *symbol, int64_t qty, int64_t at_ns)
{
    message_t *message = core_test_message (t, MSG_STATE_MARK);
    (void) strcpy (message->state_mark.x, x);
    (void) strcpy (message->state_mark.symbol, symbol);
    message->state_mark.qty_e9 = qty * ONE;
    message->state_mark.final = qty > 0;
    message->state_mark.first_at_ns = message->state_mark.executed_at_ns = at_ns;
    assert_int_equal (core_test_receive (t, "audit", message), 0);
}

#endif
