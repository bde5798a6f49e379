/*  topics.c: why it exists: five hundred bad keys are one thing to know, not five hundred messages. */
#include "actors/alert/topics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool topics_init (topics_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->limit = limit;
    self->list = calloc (limit, sizeof *self->list);
    return self->list != NULL;
}

void topics_free (topics_t *self)
{
    assert (self);
    free (self->list);
    self->list = NULL;
}

uint64_t topic_held (const uint64_t held[ALERT_RAISED_SEVERITY_COUNT], alert_raised_severity_t least)
{
    uint64_t sum = 0;
    for (size_t severity = least; severity < ALERT_RAISED_SEVERITY_COUNT; severity++)
        sum += held[severity];
    return sum;
}

/*  The topic of this alert, or the place it may take: a free one, or the one that was silent the longest. */
static topic_t *topic_for (topics_t *self, const alert_raised_t *raised)
{
    topic_t *place = &self->list[0];
    for (uint32_t i = 0; i < self->limit; i++) {
        topic_t *topic = &self->list[i];
        if (!topic->used) {
            place = topic;
            break;
        }
        if (topic->kind == raised->kind && strcmp (topic->subject, raised->subject) == 0)
            return topic;
        if (topic->seen_at_ns < place->seen_at_ns)
            place = topic;
    }
    for (size_t severity = 0; place->used && severity < ALERT_RAISED_SEVERITY_COUNT; severity++)
        self->forgotten[severity] += place->held[severity];
    *place = (topic_t){.used = true, .kind = raised->kind};
    memcpy (place->subject, raised->subject, sizeof place->subject);
    return place;
}

static bool is_hot (const topics_t *self, const topic_t *topic, const alert_raised_t *raised, int64_t now_ns)
{
    return topic->told && now_ns - topic->told_at_ns < self->cooldown_ns &&
           raised->severity <= topic->told_severity;
}

/*  One more of this kind? Different subjects of one kind are a flood too. */
static bool kind_has_room (topics_t *self, alert_raised_kind_t kind, int64_t now_ns)
{
    assert (kind < ALERT_RAISED_KIND_COUNT);
    if (self->kinds[kind].told == 0 || now_ns - self->kinds[kind].since_ns >= self->interval_ns) {
        self->kinds[kind].told = 0;
        self->kinds[kind].since_ns = now_ns;
    }
    if (self->kinds[kind].told >= self->burst)
        return false;
    self->kinds[kind].told++;
    return true;
}

bool topics_admit (topics_t *self, const alert_raised_t *raised, int64_t now_ns)
{
    assert (self && raised && raised->severity < ALERT_RAISED_SEVERITY_COUNT);
    topic_t *topic = topic_for (self, raised);
    topic->seen_at_ns = now_ns;
    if (!is_hot (self, topic, raised, now_ns) && kind_has_room (self, raised->kind, now_ns)) {
        topic->told = true;
        topic->told_at_ns = now_ns;
        topic->told_severity = raised->severity;
        return true;
    }
    if (topic_held (topic->held, ALERT_RAISED_SEVERITY_INFO) == 0)
        topic->first_at_ns = raised->at_ns;
    topic->last_at_ns = raised->at_ns;
    topic->held[raised->severity]++;
    return false;
}

void topics_clear_held (topics_t *self)
{
    assert (self);
    memset (self->forgotten, 0, sizeof self->forgotten);
    for (uint32_t i = 0; i < self->limit; i++)
        memset (self->list[i].held, 0, sizeof self->list[i].held);
}
