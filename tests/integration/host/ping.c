/*  ping.c: the smallest actors with which the host can be tested. Owned by the test: destroy only forgets them. */
#include "ping.h"

#include <stdio.h>
#include <string.h>

#define TICK_NS INT64_C (10000000)

static void ask (ping_t *self, uint64_t number, effects_t *effects)
{
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_SHARD_READY;
    (void) snprintf (
        self->message.shard_ready.shard, sizeof self->message.shard_ready.shard, "%s", self->name);
    self->message.shard_ready.epoch = number;
    effects_send (effects, "dispatcher", &self->message);
}

static void on_answer (ping_t *self, uint64_t number, effects_t *effects)
{
    uint64_t answers = ++self->answers;
    if (number != answers)
        self->disorder++;
    if (answers >= self->burst && answers < self->burst + self->rounds)
        ask (self, answers + 1, effects);
}

static int pinger_step (void *core, const event_t *event, effects_t *effects)
{
    ping_t *self = (ping_t *) core;
    switch (event->kind) {
    case EVENT_START:
        for (uint64_t n = 1; n <= (self->burst ? self->burst : 1); n++)
            ask (self, n, effects);
        break;
    case MSG_CLIENT_RELEASE: on_answer (self, event->message->client_release.epoch, effects); break;
    case EVENT_TICK: self->ticks++; break;
    case EVENT_STOP: effects_stopped (effects); break;
    default: return -ERR_UNEXPECTED;
    }
    effects_wake (effects, event->now_ns + TICK_NS);
    return 0;
}

static void on_asked (ping_t *self, const event_t *event, effects_t *effects)
{
    uint64_t number = event->message->shard_ready.epoch;
    self->asked++;
    if (number != ++self->last)
        self->disorder++;
    self->last = number;
    memset (&self->message, 0, sizeof self->message);
    if (number % 1000 == 0) {
        self->message.kind = MSG_ALERT_RAISED;
        (void) strcpy (self->message.alert_raised.subject, "thousand");
        effects_publish (effects, &self->message);
        memset (&self->message, 0, sizeof self->message);
    }
    self->message.kind = MSG_CLIENT_RELEASE;
    (void) strcpy (self->message.client_release.client_id, "c");
    self->message.client_release.epoch = number;
    effects_send (effects, event->from, &self->message);
    effects_send (effects, "nobody", &self->message); /*  an actor that is not there costs a count */
}

static int ponger_step (void *core, const event_t *event, effects_t *effects)
{
    ping_t *self = (ping_t *) core;
    switch (event->kind) {
    case EVENT_START: break;
    case MSG_SHARD_READY: on_asked (self, event, effects); break;
    case EVENT_STOP:
        if (!self->hang)
            effects_stopped (effects);
        break;
    default: return -ERR_UNEXPECTED;
    }
    return 0;
}

static void forget (void **core_p)
{
    *core_p = NULL;
}

const actor_ops_t pinger_ops = {.role = "executor", .step = pinger_step, .destroy = forget};
const actor_ops_t ponger_ops = {.role = "dispatcher", .step = ponger_step, .destroy = forget};
