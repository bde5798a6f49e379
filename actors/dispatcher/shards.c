/*  shards.c: which shards there are: they come, fall silent, are gone, leave (docs/recovery.md, A client's move). */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "actors/dispatcher/percentile.h"
#include "actors/dispatcher/shard_map.h"
#include "messages/fixed.h"
#include "messages/text.h"
#include "messages/word.h"

#define SECOND_NS INT64_C (1000000000)
#define UNIT_NS 100         /*  of latencies */
#define GATHER_NS SECOND_NS /*  after the first shard is heard others are waited for */
#define DISMISS_NS (SECOND_NS / 2)

void dispatcher_shards_log (dispatcher_t *self, const shard_t *shard, log_line_level_t level,
    const char *name, const char *text, const event_t *event, effects_t *effects)
{
    assert (self && shard && name && text && event);
    self->out.kind = MSG_LOG_LINE;
    self->out.log_line = (log_line_t){.level = level, .at_ns = event->utc_ns};
    TEXT_SET (self->out.log_line.name, name);
    (void) snprintf (self->out.log_line.text, sizeof self->out.log_line.text, "%s: %s", shard->name, text);
    effects_publish (effects, &self->out);
}

static uint32_t place_for (dispatcher_t *self)
{
    for (uint32_t i = 0; i < self->shard_count; i++)
        if (!self->shards[i].used)
            return i;
    return self->shard_count < self->config.max_shards ? self->shard_count++ : DIRECTORY_NONE;
}

uint32_t dispatcher_shards_admit (
    dispatcher_t *self, const char *name, const event_t *event, effects_t *effects)
{
    assert (self && name && event);
    if (self->config.max_shards <= self->config.shard_count || !*name || strlen (name) >= ACTOR_NAME_MAX)
        return DIRECTORY_NONE;
    uint32_t at = place_for (self);
    if (at == DIRECTORY_NONE) {
        if (!self->shards_full_told)
            dispatcher_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_WARNING, name,
                "there are as many shards as there may be: this one gets no clients", event->utc_ns, effects);
        self->shards_full_told = true;
        return DIRECTORY_NONE;
    }
    shard_t *shard = &self->shards[at];
    *shard = (shard_t){.used = true, .cursor = DIRECTORY_NONE};
    TEXT_SET (shard->name, name);
    dispatcher_shards_log (self, shard, LOG_LINE_LEVEL_INFO, "shard_new", "a shard has come", event, effects);
    return at;
}

uint64_t dispatcher_shards_holds (const dispatcher_t *self, uint32_t shard)
{
    assert (self && shard < self->shard_count);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < self->clients_used; i++) {
        const client_t *client = &self->clients[i];
        if (client->used && client->shard == shard && client->config.active)
            sum += word_hash (client->config.client_id);
    }
    return sum;
}

static int64_t silent_at_ns (const dispatcher_t *self, const shard_t *shard)
{
    int64_t silent_ns = self->config.beat_ns * 3 + self->config.beat_ns / 2;
    return shard->seen ? shard->heard_at_ns + silent_ns : self->hold_until_ns;
}

static void bury (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    char text[200];
    shard->dead = true;
    if (shard->leaving && dispatcher_moves_emptied (self, shard)) {
        dispatcher_shards_log (
            self, shard, LOG_LINE_LEVEL_INFO, "shard_left", "no client was left", event, effects);
        return;
    }
    (void) snprintf (text, sizeof text,
        "shard %s is silent; its %u clients wait for it, or move to others in %lld s", shard->name,
        shard->clients, (long long) (self->config.grace_ns / SECOND_NS));
    dispatcher_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, shard->name, text,
        event->utc_ns, effects);
    dispatcher_shards_log (
        self, shard, LOG_LINE_LEVEL_ERROR, "shard_dead", "three beats missed", event, effects);
}

/*  From then on nothing that it began can still arrive, and it has had its time to come back. */
static int64_t gone_at_ns (const dispatcher_t *self, const shard_t *shard)
{
    int64_t grace_ns = silent_at_ns (self, shard) + self->config.grace_ns;
    int64_t lease_ns = shard->leased_to_ns + self->config.request_timeout_ns;
    int64_t before_ns = dispatcher_moves_free_at_ns (self, shard);
    lease_ns = lease_ns > before_ns ? lease_ns : before_ns;
    if (DELIBERATE (HEIR_EARLY))
        return silent_at_ns (self, shard);
    return grace_ns > lease_ns ? grace_ns : lease_ns;
}

static void give_up (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    int64_t at_ns = gone_at_ns (self, shard);
    if (at_ns > event->now_ns) {
        effects_wake (effects, at_ns);
        return;
    }
    if (!dispatcher_moves_possible (self))
        return; /*  whoever comes first: it, or one that takes them */
    shard->gone = true;
    dispatcher_moves_plan (self);
    dispatcher_shards_log (
        self, shard, LOG_LINE_LEVEL_WARNING, "shard_gone", "its clients move to the others", event, effects);
}

static void look_after (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    if (!shard->dead && silent_at_ns (self, shard) <= event->now_ns)
        bury (self, shard, event, effects);
    if (!shard->dead)
        effects_wake (effects, silent_at_ns (self, shard));
    else if (!shard->gone)
        give_up (self, shard, event, effects);
    bool over = shard->gone || (shard->dead && shard->leaving);
    if (over && !shard->named && dispatcher_moves_emptied (self, shard)) {
        *shard = (shard_t){.cursor = DIRECTORY_NONE};
        self->shards_full_told = false;
    }
}

static void dismiss (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    if (!shard->leaving || shard->dead)
        return;
    if (shard->dismissed_at_ns + DISMISS_NS > event->now_ns) {
        effects_wake (effects, shard->dismissed_at_ns + DISMISS_NS);
        return;
    }
    if (dispatcher_moves_possible (self) && (shard->moving > 0 || !dispatcher_moves_emptied (self, shard)))
        return;
    shard->dismissed_at_ns = event->now_ns;
    self->out.kind = MSG_SHARD_DISMISSED;
    TEXT_SET (self->out.shard_dismissed.shard, shard->name);
    effects_send (effects, shard->name, &self->out);
}

/*  Shards whose names nobody knows before had time to be heard: those of the life before us are spread over again. */
static void settle (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (self->settled || self->hold_until_ns == INT64_MAX || self->first_heard_ns == 0)
        return;
    int64_t at_ns = self->first_heard_ns + GATHER_NS;
    at_ns = at_ns > self->grants_from_ns ? at_ns : self->grants_from_ns;
    if (event->now_ns < at_ns) {
        effects_wake (effects, at_ns);
        return;
    }
    self->settled = true;
    for (uint32_t i = 0; i < self->clients_used; i++) {
        client_t *client = &self->clients[i];
        if (!client->used)
            continue;
        dispatcher_assignment_count (self, client, -1);
        client->shard = dispatcher_moves_target (self, client);
        dispatcher_assignment_note (self, i);
        dispatcher_replication_moved (self, i, NOBODY, client->shard);
        dispatcher_assignment_count (self, client, 1);
    }
    dispatcher_replication_early (self, event, effects);
    for (uint32_t i = 0; i < self->shard_count; i++)
        if (self->shards[i].used && self->shards[i].seen)
            dispatcher_assignment_all (self, &self->shards[i], event);
}

static int64_t p99_ns (const shard_t *shard)
{
    uint32_t sorted[LATENCIES];
    size_t count = 0;
    for (size_t i = 0; i < LATENCIES; i++)
        if (shard->latencies[i] > 0)
            sorted[count++] = shard->latencies[i] - 1;
    percentile_sort (sorted, count);
    return count > 0 ? (int64_t) percentile_of (sorted, count, 99) * UNIT_NS : 0;
}

static shard_state_state_t state_of (const shard_t *shard)
{
    if (shard->gone)
        return SHARD_STATE_STATE_GONE;
    if (!shard->seen && !shard->dead)
        return SHARD_STATE_STATE_WAITED_FOR;
    if (shard->dead)
        return SHARD_STATE_STATE_SILENT;
    return shard->leaving ? SHARD_STATE_STATE_LEAVING : SHARD_STATE_STATE_LIVE;
}

static void tell_one (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    uint64_t sent = shard->orders >= shard->orders_before ? shard->orders - shard->orders_before : 0;
    shard->orders_before = shard->orders;
    shard->rate_e9 = (shard->rate_e9 * 3 + (int64_t) (sent < 1000000 ? sent : 1000000) * FIXED_ONE) / 4;
    self->out.kind = MSG_SHARD_STATE;
    shard_state_t *out = &self->out.shard_state;
    *out = (shard_state_t){.state = state_of (shard),
        .clients = shard->clients,
        .moving = shard->moving,
        .weight = shard->weight > 0 ? shard->weight : SHARD_MAP_WEIGHT,
        .epoch = shard->assigned_epoch,
        .orders = shard->orders,
        .rate_e9 = shard->rate_e9,
        .p99_ns = p99_ns (shard),
        .at_ns = event->utc_ns};
    if (shard->leased_to_ns > event->now_ns)
        out->lease_left_ns = shard->leased_to_ns - event->now_ns;
    if (shard->seen)
        out->lag_ns = event->now_ns - shard->heard_at_ns;
    TEXT_SET (out->shard, shard->name);
    effects_send (effects, "audit", &self->out); /*  and with it to the tap */
}

static void tell (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (self->tell_at_ns <= event->now_ns) {
        self->tell_at_ns = event->now_ns + SECOND_NS;
        for (uint32_t i = 0; i < self->shard_count; i++)
            if (self->shards[i].used)
                tell_one (self, &self->shards[i], event, effects);
    }
    effects_wake (effects, self->tell_at_ns);
}

void dispatcher_shards_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    settle (self, event, effects);
    for (uint32_t i = 0; i < self->shard_count && !self->stopping; i++) {
        shard_t *shard = &self->shards[i];
        if (!shard->used)
            continue;
        look_after (self, shard, event, effects);
        if (shard->used)
            dismiss (self, shard, event, effects);
    }
    tell (self, event, effects);
}
