/*  change.c: a strategy.change goes to the dispatcher and is repeated until the audit's answer comes back: its request
 *  number makes that harmless. */
#include "actors/gateway/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static change_t *find (gateway_t *self, uint64_t request)
{
    for (uint32_t n = 0; n < self->config.max_changes; n++)
        if (self->changes[n].open && self->changes[n].change.request == request)
            return &self->changes[n];
    return NULL;
}

static void refuse (gateway_t *self, uint64_t request, uint32_t status, const char *field, const char *reason,
    effects_t *effects)
{
    text_t text;
    text_begin (&text, self->json, sizeof self->json);
    text_add (&text, "{\"error\":{\"field\":");
    text_add_json (&text, field);
    text_add (&text, ",\"text\":");
    text_add_json (&text, reason);
    text_add (&text, "}}\n");
    effects_answer (effects, request, status, self->json);
}

static void send (gateway_t *self, const change_t *change, effects_t *effects)
{
    self->out.kind = MSG_STRATEGY_CHANGE;
    self->out.strategy_change = change->change;
    effects_send (effects, "dispatcher", &self->out);
}

int change_begin (gateway_t *self, const event_t *event, effects_t *effects)
{
    const strategy_change_t *wanted = &event->message->strategy_change;
    change_t *change = NULL;
    if (find (self, wanted->request))
        return -ERR_EXISTS;
    for (uint32_t n = 0; n < self->config.max_changes && !change; n++)
        if (!self->changes[n].open)
            change = &self->changes[n];
    if (!change || self->stopping) {
        refuse (self, wanted->request, 503, "", "too many changes are on their way: try again in a moment",
            effects);
        return 0;
    }
    *change = (change_t){.open = true,
        .change = *wanted,
        .repeat_at_ns = event->now_ns + self->config.repeat_ns,
        .give_up_ns = event->now_ns + self->config.give_up_ns};
    send (self, change, effects);
    return 0;
}

static void tell_done (
    gateway_t *self, const change_t *change, const strategy_changed_t *changed, effects_t *effects)
{
    text_t text;
    text_begin (&text, self->json, sizeof self->json);
    text_add (&text, "{\"strategy_id\":");
    text_add_json (&text, change->change.strategy_id);
    text_add (&text, ",\"clients\":%" PRIu64 ",\"changed\":%" PRIu64 ",\"revision\":%" PRIu64 "}\n",
        changed->clients, changed->changed, changed->revision);
    effects_answer (effects, changed->request, 200, self->json);
}

int change_answered (gateway_t *self, const event_t *event, effects_t *effects)
{
    const strategy_changed_t *changed = &event->message->strategy_changed;
    change_t *change = find (self, changed->request);
    if (!change)
        return 0; /*  the answer to a repetition, or too late */
    switch (changed->verdict) {
    case STRATEGY_CHANGED_VERDICT_DONE: tell_done (self, change, changed, effects); break;
    case STRATEGY_CHANGED_VERDICT_REFUSED:
        refuse (self, changed->request, 422, changed->field, changed->reason, effects);
        break;
    case STRATEGY_CHANGED_VERDICT_FAILED:
        refuse (
            self, changed->request, 503, "", "the database cannot be written; nothing is changed", effects);
        break;
    }
    change->open = false;
    return 0;
}

void change_tick (gateway_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    for (uint32_t n = 0; n < self->config.max_changes; n++) {
        change_t *change = &self->changes[n];
        if (!change->open)
            continue;
        if (change->give_up_ns <= event->now_ns) {
            refuse (self, change->change.request, 504, "",
                "no answer yet: it may still be done; look at the clients", effects);
            change->open = false;
            continue;
        }
        if (change->repeat_at_ns <= event->now_ns) {
            change->repeat_at_ns = event->now_ns + self->config.repeat_ns;
            send (self, change, effects);
        }
        effects_wake (
            effects, change->repeat_at_ns < change->give_up_ns ? change->repeat_at_ns : change->give_up_ns);
    }
}

void change_give_up (gateway_t *self, effects_t *effects)
{
    assert (self);
    for (uint32_t n = 0; n < self->config.max_changes; n++) {
        if (self->changes[n].open)
            refuse (self, self->changes[n].change.request, 503, "",
                "the gateway stops: it may still be done; look at the clients", effects);
        self->changes[n].open = false;
    }
}
