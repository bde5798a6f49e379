/*  gateway.c: a gateway's life.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | running | actor.stats, actor.state, stream.state, replication.completed, breaker.changed, alert.raised | into the model, perhaps an event to the WebSockets (model.c) | running |
 *  | running | strategy.change (port) | to the dispatcher, repeated (change.c) | running |
 *  | running | strategy.changed | answers the request | running |
 *  | running | a request is 10 s old | answers 504: not known what became of it | running |
 *  | any | STOP | answers what is open, stopped | end |
 */
#include "actors/gateway/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C (1000000000)

static void defaults (gateway_config_t *config)
{
    static const gateway_config_t least = {.version = "?",
        .stale_ns = 10 * SECOND_NS,
        .repeat_ns = 2 * SECOND_NS,
        .give_up_ns = 10 * SECOND_NS,
        .max_changes = 4};
#define DEFAULT(field) config->field = config->field ? config->field : least.field
    DEFAULT (version);
    DEFAULT (stale_ns);
    DEFAULT (repeat_ns);
    DEFAULT (give_up_ns);
    DEFAULT (max_changes);
#undef DEFAULT
}

gateway_t *gateway_new (const gateway_config_t *config)
{
    assert (config);
    gateway_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    defaults (&self->config);
    self->changes = calloc (self->config.max_changes, sizeof *self->changes);
    if (!self->changes)
        gateway_destroy (&self);
    return self;
}

void gateway_destroy (gateway_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    free ((*self_p)->changes);
    free (*self_p);
    *self_p = NULL;
}

/*  A step answers or repeats every change, pushes one event, and stops. */
size_t gateway_effects_limit (const gateway_config_t *config)
{
    assert (config);
    gateway_config_t full = *config;
    defaults (&full);
    return 2 * (size_t) full.max_changes + 4;
}

size_t gateway_arena_limit (const gateway_config_t *config)
{
    return gateway_effects_limit (config) * (MESSAGE_BYTES_MAX + GATEWAY_EVENT_MAX);
}

static int on_heard (gateway_t *self, const event_t *event, effects_t *effects)
{
    const message_t *message = event->message;
    text_t text;
    text_begin (&text, self->json, sizeof self->json);
    switch (event->kind) {
    case MSG_ACTOR_STATS: model_stats (self, &message->actor_stats, event->now_ns); break;
    case MSG_ACTOR_STATE: model_state (self, &message->actor_state, &text); break;
    case MSG_STREAM_STATE: model_stream (self, &message->stream_state, &text); break;
    case MSG_REPLICATION_COMPLETED: model_replication (self, &message->replication_completed, &text); break;
    case MSG_BREAKER_CHANGED: model_breaker (self, &message->breaker_changed, event->now_ns, &text); break;
    case MSG_ALERT_RAISED: model_alert (self, &message->alert_raised, &text); break;
    default: return -ERR_UNEXPECTED;
    }
    if (text.used > 0 && !text.full)
        effects_push (effects, self->json);
    return 0;
}

static int on_stop (gateway_t *self, effects_t *effects)
{
    if (self->stopping)
        return 0;
    self->stopping = true;
    change_give_up (self, effects);
    effects_stopped (effects);
    return 0;
}

int gateway_step (gateway_t *self, const event_t *event, effects_t *effects)
{
    int rc = 0;
    assert (self && event && effects);
    switch (event->kind) {
    case EVENT_START: self->started_utc_ns = event->utc_ns; break;
    case EVENT_TICK: break;
    case EVENT_STOP: return on_stop (self, effects);
    case MSG_STRATEGY_CHANGE: rc = change_begin (self, event, effects); break;
    case MSG_STRATEGY_CHANGED: rc = change_answered (self, event, effects); break;
    default: rc = on_heard (self, event, effects); break;
    }
    change_tick (self, event, effects);
    return rc;
}

static int step (void *self, const event_t *event, effects_t *effects)
{
    return gateway_step (self, event, effects);
}

static void destroy (void **self_p)
{
    gateway_t *self = *self_p;
    gateway_destroy (&self);
    *self_p = NULL;
}

const actor_ops_t gateway_ops = {.role = "gateway", .step = step, .destroy = destroy};
