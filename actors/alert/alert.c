/*  alert.c: an alert actor's life.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | running | alert.raised, its topic cooled down | its text into the lane of every channel that wants it | running |
 *  | running | alert.raised, its topic hot or its kind a flood | counted; the digest is due in digest_ns | running |
 *  | running | digest due | one digest into every lane that has something to hear | running |
 *  | any | EVENT_DELIVERED, _UNDELIVERABLE | the lane's next text | same |
 *  | running | EVENT_UNDELIVERED | the lane pauses, longer each time | running |
 *  | running | EVENT_STOP | digest and `stopped` into the lanes | stopping |
 *  | stopping | every lane is empty or has failed, or stop_ns went by | EFFECT_STOPPED | |
 *
 *  `started` and `stopped` are this actor's own: it publishes them too, and takes no notice when they come back.
 */
#include "actors/alert/alert.h"

#include "actors/alert/lane.h"
#include "actors/alert/render.h"
#include "actors/alert/topics.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C (1000000000)
#define EFFECTS_MAX (2 * CHANNEL_COUNT + 4)

struct alert {
    alert_config_t config;
    topics_t topics;
    lane_t lanes[CHANNEL_COUNT];
    uint64_t token;       /*  of the last text */
    int64_t digest_at_ns; /*  INT64_MAX: nothing is held back */
    bool stopping;
    bool stopped;
    int64_t stop_at_ns;
    message_t out;
};

static void or_default (int64_t *value, int64_t standard)
{
    if (*value == 0)
        *value = standard;
}

static void fill_config (alert_config_t *config)
{
    if (!*config->name)
        (void) strcpy (config->name, "alert");
    if (!*config->host)
        (void) strcpy (config->host, "?");
    config->max_topics = config->max_topics ? config->max_topics : 1024;
    config->burst = config->burst ? config->burst : 10;
    config->queue = config->queue ? config->queue : 64;
    or_default (&config->cooldown_ns, 300 * SECOND_NS);
    or_default (&config->digest_ns, 300 * SECOND_NS);
    or_default (&config->retry_initial_ns, SECOND_NS);
    or_default (&config->retry_max_ns, 60 * SECOND_NS);
    or_default (&config->stop_ns, 5 * SECOND_NS);
}

static bool make_lanes (alert_t *self)
{
    for (size_t n = 0; n < CHANNEL_COUNT; n++) {
        lane_t *lane = &self->lanes[n];
        lane->on = self->config.channels[n].on;
        lane->least = self->config.channels[n].least;
        lane->retry_initial_ns = self->config.retry_initial_ns;
        lane->retry_max_ns = self->config.retry_max_ns;
        if (lane->on && !lane_init (lane, self->config.queue))
            return false;
    }
    return true;
}

alert_t *alert_new (const alert_config_t *config)
{
    assert (config);
    alert_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    fill_config (&self->config);
    self->digest_at_ns = INT64_MAX;
    self->topics.burst = self->config.burst;
    self->topics.cooldown_ns = self->config.cooldown_ns;
    self->topics.interval_ns = self->config.digest_ns;
    if (!topics_init (&self->topics, self->config.max_topics) || !make_lanes (self))
        alert_destroy (&self);
    return self;
}

void alert_destroy (alert_t **self_p)
{
    assert (self_p);
    alert_t *self = *self_p;
    if (!self)
        return;
    for (size_t n = 0; n < CHANNEL_COUNT; n++)
        lane_free (&self->lanes[n]);
    topics_free (&self->topics);
    free (self);
    *self_p = NULL;
}

size_t alert_effects_limit (const alert_config_t *config)
{
    assert (config);
    return EFFECTS_MAX;
}

size_t alert_arena_limit (const alert_config_t *config)
{
    assert (config);
    return (size_t) CHANNEL_COUNT * LANE_TEXT_MAX + MESSAGE_BYTES_MAX;
}

/*  ---- into the lanes ---- */

static void tell_lane (alert_t *self, channel_t channel, const alert_raised_t *raised, uint64_t stands_for)
{
    lane_entry_t *entry = lane_add (&self->lanes[channel], ++self->token, stands_for);
    render_alert (channel, raised, self->config.host, entry->text, sizeof entry->text);
}

static void tell (alert_t *self, const alert_raised_t *raised)
{
    for (size_t n = 0; n < CHANNEL_COUNT; n++)
        if (self->lanes[n].on && raised->severity >= self->lanes[n].least)
            tell_lane (self, (channel_t) n, raised, 1);
}

static void tell_digest (alert_t *self, int64_t utc_ns)
{
    for (size_t n = 0; n < CHANNEL_COUNT; n++) {
        lane_t *lane = &self->lanes[n];
        uint64_t held = 0;
        for (uint32_t i = 0; i < self->topics.limit; i++)
            held += topic_held (self->topics.list[i].held, lane->least);
        held += topic_held (self->topics.forgotten, lane->least);
        if (!lane->on || held == 0)
            continue;
        lane_entry_t *entry = lane_add (lane, ++self->token, held);
        render_digest ((channel_t) n, &self->topics, lane->least, self->config.host, utc_ns, entry->text,
            sizeof entry->text);
    }
    topics_clear_held (&self->topics);
    self->digest_at_ns = INT64_MAX;
}

/*  A channel that is back hears how much it missed. */
static void tell_dropped (alert_t *self, channel_t channel, int64_t utc_ns)
{
    lane_t *lane = &self->lanes[channel];
    uint64_t dropped = lane->dropped;
    alert_raised_t raised = {
        .kind = ALERT_RAISED_KIND_SYSTEM_ERROR, .severity = ALERT_RAISED_SEVERITY_WARNING, .at_ns = utc_ns};
    if (dropped == 0)
        return;
    TEXT_SET (raised.subject, self->config.name);
    (void) snprintf (raised.text, sizeof raised.text,
        "%" PRIu64 " older alerts were dropped: this channel could not be reached and its queue was full",
        dropped);
    lane->dropped = 0;
    tell_lane (self, channel, &raised, dropped);
}

/*  ---- out of them ---- */

static bool lane_is_done (const lane_t *lane)
{
    return !lane->on || (!lane->in_flight && (lane->count == 0 || lane->failures > 0));
}

/*  Every step ends here: what can be sent is sent, what must wait is waited for. */
static void settle (alert_t *self, const event_t *event, effects_t *effects)
{
    bool done = true;
    for (size_t n = 0; n < CHANNEL_COUNT; n++) {
        lane_t *lane = &self->lanes[n];
        bool gives_up = self->stopping && lane->failures > 0;
        const lane_entry_t *entry = gives_up ? NULL : lane_take (lane, event->now_ns);
        if (entry)
            effects_deliver (effects, (channel_t) n, entry->token, entry->text);
        if (!gives_up)
            effects_wake (effects, lane_wake_at_ns (lane));
        done = done && lane_is_done (lane);
    }
    if (!self->stopping)
        effects_wake (effects, self->digest_at_ns);
    else if (!self->stopped && (done || event->now_ns >= self->stop_at_ns)) {
        self->stopped = true;
        effects_stopped (effects);
    } else
        effects_wake (effects, self->stop_at_ns);
}

/*  ---- events ---- */

static bool is_own_kind (alert_raised_kind_t kind)
{
    return kind == ALERT_RAISED_KIND_STARTED || kind == ALERT_RAISED_KIND_STOPPED;
}

static void raise_own (alert_t *self, alert_raised_kind_t kind, int64_t utc_ns, effects_t *effects)
{
    assert (is_own_kind (kind));
    memset (&self->out, 0, sizeof self->out);
    self->out.kind = MSG_ALERT_RAISED;
    alert_raised_t *raised = &self->out.alert_raised;
    raised->kind = kind;
    raised->severity = ALERT_RAISED_SEVERITY_INFO;
    raised->at_ns = utc_ns;
    TEXT_SET (raised->subject, self->config.name);
    (void) snprintf (raised->text, sizeof raised->text, "trade-copier %s on %s",
        kind == ALERT_RAISED_KIND_STARTED ? "started" : "is stopping", self->config.host);
    effects_publish (effects, &self->out);
    tell (self, raised);
}

static void on_raised (alert_t *self, const event_t *event)
{
    const alert_raised_t *raised = &event->message->alert_raised;
    if (is_own_kind (raised->kind) && strcmp (raised->subject, self->config.name) == 0)
        return; /*  ours, on its way back from the tap */
    if (topics_admit (&self->topics, raised, event->now_ns))
        tell (self, raised);
    else if (self->digest_at_ns == INT64_MAX)
        self->digest_at_ns = event->now_ns + self->config.digest_ns;
}

static void on_tick (alert_t *self, const event_t *event)
{
    if (event->now_ns >= self->digest_at_ns)
        tell_digest (self, event->utc_ns);
}

/*  A token nobody waits for belongs to an earlier life of this actor. */
static void on_answered (alert_t *self, const event_t *event)
{
    for (size_t n = 0; n < CHANNEL_COUNT; n++) {
        lane_t *lane = &self->lanes[n];
        if (!lane->on || !lane_awaits (lane, event->token))
            continue;
        if (event->kind == EVENT_UNDELIVERED) {
            lane_fail (lane, event->now_ns);
            continue;
        }
        lane_finish (lane);
        if (event->kind == EVENT_DELIVERED)
            tell_dropped (self, (channel_t) n, event->utc_ns);
    }
}

static void on_stop (alert_t *self, const event_t *event, effects_t *effects)
{
    if (self->stopping)
        return;
    self->stopping = true;
    self->stop_at_ns = event->now_ns + self->config.stop_ns;
    tell_digest (self, event->utc_ns);
    raise_own (self, ALERT_RAISED_KIND_STOPPED, event->utc_ns, effects);
}

int alert_step (alert_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && effects);
    switch (event->kind) {
    case EVENT_START: raise_own (self, ALERT_RAISED_KIND_STARTED, event->utc_ns, effects); break;
    case EVENT_TICK: on_tick (self, event); break;
    case EVENT_DELIVERED:
    case EVENT_UNDELIVERED:
    case EVENT_UNDELIVERABLE: on_answered (self, event); break;
    case MSG_ALERT_RAISED: on_raised (self, event); break;
    case EVENT_STOP: on_stop (self, event, effects); break;
    default: return -ERR_UNEXPECTED;
    }
    settle (self, event, effects);
    return 0;
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
