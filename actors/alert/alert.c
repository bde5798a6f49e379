/*  alert.c: an alert actor's life.
 *
 *  | topic (kind, subject) | event | does | next |
 *  |---|---|---|---|
 *  | new or cooled down | alert.raised | text to every channel, with how many were held back since the last | hot |
 *  | hot | alert.raised | counted | hot |
 *  | hot | 60 s since its text | nothing | cooled down |
 *
 *  STOP needs no wait: what was raised has been handed to the channels.
 */
#include "actors/alert/alert.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C (1000000000)
#define TEXT_MAX 640

typedef struct {
    bool used;
    alert_raised_kind_t kind;
    char subject[96];
    int64_t told_at_ns;
    uint64_t held_back; /*  since then */
} topic_t;

struct alert {
    alert_config_t config;
    topic_t *topics;
    uint64_t token; /*  of the last text */
};

alert_t *alert_new (const alert_config_t *config)
{
    assert (config);
    alert_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    if (self->config.max_topics == 0)
        self->config.max_topics = 1024;
    if (self->config.cooldown_ns <= 0)
        self->config.cooldown_ns = 60 * SECOND_NS;
    self->topics = calloc (self->config.max_topics, sizeof *self->topics);
    if (!self->topics)
        alert_destroy (&self);
    return self;
}

void alert_destroy (alert_t **self_p)
{
    assert (self_p);
    alert_t *self = *self_p;
    if (!self)
        return;
    free (self->topics);
    free (self);
    *self_p = NULL;
}

size_t alert_effects_limit (const alert_config_t *config)
{
    assert (config);
    return 16;
}

size_t alert_arena_limit (const alert_config_t *config)
{
    assert (config);
    return (size_t) 16 * TEXT_MAX;
}

/*  The topic of this alert, or the place it may take: a free one, or the one that was silent the longest. */
static topic_t *topic_for (alert_t *self, const alert_raised_t *raised)
{
    topic_t *place = &self->topics[0];
    for (uint32_t i = 0; i < self->config.max_topics; i++) {
        topic_t *topic = &self->topics[i];
        if (!topic->used) {
            place = topic;
            break;
        }
        if (topic->kind == raised->kind && strcmp (topic->subject, raised->subject) == 0)
            return topic;
        if (topic->told_at_ns < place->told_at_ns)
            place = topic;
    }
    *place = (topic_t){.used = true, .kind = raised->kind, .told_at_ns = INT64_MIN};
    memcpy (place->subject, raised->subject, sizeof place->subject);
    return place;
}

static void tell (alert_t *self, topic_t *topic, const alert_raised_t *raised, effects_t *effects)
{
    char text[TEXT_MAX];
    char more[64] = "";
    if (topic->held_back > 0)
        (void) snprintf (
            more, sizeof more, " (and %llu more since the last one)", (unsigned long long) topic->held_back);
    (void) snprintf (text, sizeof text, "[%s] %s: %s: %s%s", alert_raised_severity_text (raised->severity),
        alert_raised_kind_text (raised->kind), raised->subject, raised->text, more);
    effects_deliver (effects, CHANNEL_LOG, ++self->token, text);
}

static int on_raised (alert_t *self, const event_t *event, effects_t *effects)
{
    const alert_raised_t *raised = &event->message->alert_raised;
    topic_t *topic = topic_for (self, raised);
    bool hot = topic->told_at_ns != INT64_MIN && event->now_ns - topic->told_at_ns < self->config.cooldown_ns;
    if (hot) {
        topic->held_back++;
        return 0;
    }
    tell (self, topic, raised, effects);
    topic->told_at_ns = event->now_ns;
    topic->held_back = 0;
    return 0;
}

int alert_step (alert_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && effects);
    switch (event->kind) {
    case EVENT_START:
    case EVENT_TICK:
    case EVENT_DELIVERED:
    case EVENT_UNDELIVERED: return 0; /*  a channel that fails is tried again with issue 4 */
    case MSG_ALERT_RAISED: return on_raised (self, event, effects);
    case EVENT_STOP: effects_stopped (effects); return 0;
    default: return -ERR_UNEXPECTED;
    }
}

static int step (void *self, const event_t *event, effects_t *effects)
{
    return alert_step (self, event, effects);
}

static void destroy (void **self_p)
{
    alert_t *self = *self_p;
    alert_destroy (&self);
    *self_p = NULL;
}

const actor_ops_t alert_ops = {.role = "alert", .step = step, .destroy = destroy};
