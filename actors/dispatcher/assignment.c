/*  assignment.c: which shard has which client, and whether the shard knows it.
 *
 *  A shard that says it is ready, is heard for the first time, or counts other clients than we do gets all of its
 *  clients again, in portions, and then its commands: of what still works, and of what is open. Clients of a dead shard stay where they are (moving them
 *  comes with issue 6): the supervisor brings it back under the same name.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "actors/dispatcher/shard_map.h"
#include "messages/text.h"

#define REASSIGN_PAUSE_NS INT64_C (5000000000) /*  a shard that counts otherwise is not flooded */

static uint32_t shard_of (const dispatcher_t *self, const char *client_id)
{
    uint32_t best = 0;
    uint64_t best_score = 0;
    for (uint32_t i = 0; i < self->config.shard_count; i++) {
        uint64_t score = shard_map_score (self->shards[i].name, client_id);
        if (i == 0 || score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

/*  Grows with every assignment and beyond whatever a shard knows, also after a restart of ours. */
static void next_epoch (dispatcher_t *self, int64_t utc_ns)
{
    uint64_t utc_ms = utc_ns > 0 ? (uint64_t) utc_ns / 1000000 : 0;
    self->epoch = (self->epoch > utc_ms ? self->epoch : utc_ms) + 1;
}

static void send_client (dispatcher_t *self, const client_t *client, bool settle, effects_t *effects)
{
    self->out.kind = MSG_CLIENT_CONFIG;
    self->out.client_config = client->config;
    self->out.client_config.epoch = self->epoch;
    self->out.client_config.settle = settle;
    effects_send (effects, self->shards[client->shard].name, &self->out);
}

/*  A client that was switched off: its shard may have lost its book since. */
void dispatcher_assignment_settle (dispatcher_t *self, uint32_t at, effects_t *effects)
{
    assert (self && at < self->clients_used);
    const client_t *client = &self->clients[at];
    const shard_t *shard = &self->shards[client->shard];
    if (!client->used || client->config.active || self->budget == 0 || !shard->seen || shard->dead ||
        shard->cursor != DIRECTORY_NONE)
        return;
    send_client (self, client, true, effects);
    self->budget--;
}

/*  To a shard that may never have heard of it. */
static void send_breaker (dispatcher_t *self, const client_t *client, effects_t *effects)
{
    if (client->breaker.state == BREAKER_CHANGED_STATE_CLOSED)
        return;
    self->out.kind = MSG_BREAKER_CHANGED;
    self->out.breaker_changed = client->breaker;
    effects_send (effects, self->shards[client->shard].name, &self->out);
    self->budget -= self->budget > 0;
}

static uint32_t slot_for (dispatcher_t *self)
{
    if (self->clients_used < self->config.max_clients)
        return self->clients_used++;
    for (uint32_t i = 0; i < self->clients_used; i++)
        if (!self->clients[i].used)
            return i;
    return DIRECTORY_NONE;
}

/*  A shard's beat counts the active ones. */
static void count (dispatcher_t *self, const client_t *client, int by)
{
    if (client->config.active && !client->config.removed)
        self->shards[client->shard].clients += (uint32_t) by;
}

static void note_follower (dispatcher_t *self, uint32_t at)
{
    const client_t *client = &self->clients[at];
    self->followers[at] = (follower_t){.since_ns = client->config.follow_since_ns,
        .until_ns = client->config.follow_until_ns,
        .shard = client->shard,
        .used = client->used,
        .active = client->config.active};
}

static void forget (dispatcher_t *self, uint32_t at, const event_t *event, effects_t *effects)
{
    client_t *client = &self->clients[at];
    dispatcher_replication_forget_client (self, at, event, effects);
    dispatcher_unfinished_forget_client (self, at);
    directory_remove (&self->clients_by_id, client->config.client_id);
    count (self, client, -1);
    client->used = false;
    note_follower (self, at);
}

static int no_room (
    dispatcher_t *self, const client_config_t *config, const event_t *event, effects_t *effects)
{
    char text[200];
    (void) snprintf (text, sizeof text, "more clients than MAX_CLIENTS allows (%u): this one is not copied",
        self->config.max_clients);
    dispatcher_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, config->client_id,
        text, event->utc_ns, effects);
    return -ERR_FULL;
}

int dispatcher_assignment_client (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_CLIENT_CONFIG);
    const client_config_t *config = &event->message->client_config;
    uint32_t at = directory_get (&self->clients_by_id, config->client_id);
    if (at == DIRECTORY_NONE) {
        if (config->removed || !*config->client_id)
            return 0;
        at = slot_for (self);
        if (at == DIRECTORY_NONE)
            return no_room (self, config, event, effects);
        client_t *fresh = &self->clients[at];
        *fresh = (client_t){.config = *config, .used = true, .shard = shard_of (self, config->client_id)};
        directory_put (&self->clients_by_id, fresh->config.client_id, at);
        count (self, fresh, 1);
    }
    client_t *client = &self->clients[at];
    count (self, client, -1);
    client->config = *config; /*  the id, which the directory borrows, is the same text */
    note_follower (self, at);
    count (self, client, 1);
    next_epoch (self, event->utc_ns);
    shard_t *shard = &self->shards[client->shard];
    bool will_be_sent = shard->cursor != DIRECTORY_NONE && shard->cursor <= at && !config->removed;
    if (shard->seen && !will_be_sent)
        send_client (self, client, false, effects);
    if (config->removed)
        forget (self, at, event, effects);
    return 0;
}

uint32_t dispatcher_assignment_shard (const dispatcher_t *self, const char *name)
{
    assert (self && name);
    for (uint32_t i = 0; i < self->config.shard_count; i++)
        if (strcmp (self->shards[i].name, name) == 0)
            return i;
    return DIRECTORY_NONE;
}

static shard_t *find_shard (dispatcher_t *self, const char *name)
{
    uint32_t at = dispatcher_assignment_shard (self, name);
    return at == DIRECTORY_NONE ? NULL : &self->shards[at];
}

static void assign_all (dispatcher_t *self, shard_t *shard, const event_t *event)
{
    next_epoch (self, event->utc_ns);
    shard->cursor = 0;
    shard->assigned_at_ns = event->now_ns;
}

static void log_line (dispatcher_t *self, const shard_t *shard, log_line_level_t level, const char *name,
    const char *text, const event_t *event, effects_t *effects)
{
    self->out.kind = MSG_LOG_LINE;
    self->out.log_line = (log_line_t){.level = level, .at_ns = event->utc_ns};
    TEXT_SET (self->out.log_line.name, name);
    (void) snprintf (self->out.log_line.text, sizeof self->out.log_line.text, "%s: %s", shard->name, text);
    effects_publish (effects, &self->out);
}

static void heard (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    shard->heard_at_ns = event->now_ns;
    if (shard->dead) {
        log_line (self, shard, LOG_LINE_LEVEL_INFO, "shard_back", "the shard is heard again", event, effects);
        shard->dead = false;
        if (shard->seen && shard->cursor == DIRECTORY_NONE)
            dispatcher_replication_send_all (self, (uint32_t) (shard - self->shards), effects);
    }
    if (shard->seen)
        return;
    shard->seen = true; /*  it may have lived before us: it gets our epoch and its clients */
    assign_all (self, shard, event);
    shard->tells_epoch = self->epoch;
}

void dispatcher_assignment_heard (
    dispatcher_t *self, const char *name, const event_t *event, effects_t *effects)
{
    assert (self && name && event);
    shard_t *shard = find_shard (self, name);
    if (shard)
        heard (self, shard, event, effects);
}

int dispatcher_assignment_ready (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_SHARD_READY);
    const shard_ready_t *ready = &event->message->shard_ready;
    shard_t *shard = find_shard (self, ready->shard);
    if (!shard)
        return -ERR_NOT_FOUND;
    if (ready->epoch > self->epoch && ready->epoch < UINT64_MAX / 2)
        self->epoch = ready->epoch;
    dispatcher_lease_new_life (shard);
    heard (self, shard, event, effects);
    assign_all (self, shard, event);
    shard->tells_epoch = 0; /*  it knows nothing */
    return 0;
}

int dispatcher_assignment_beat (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_SHARD_BEAT);
    const shard_beat_t *beat = &event->message->shard_beat;
    shard_t *shard = find_shard (self, beat->shard);
    if (!shard)
        return -ERR_NOT_FOUND;
    if (beat->epoch > self->epoch && beat->epoch < UINT64_MAX / 2)
        self->epoch = beat->epoch;
    heard (self, shard, event, effects);
    if (beat->beat < shard->beat) { /*  it counts anew: its shard.ready was lost */
        dispatcher_lease_new_life (shard);
        assign_all (self, shard, event);
    }
    bool without_clients =
        self->hold_until_ns != INT64_MAX && shard->clients == 0 && shard->cursor == DIRECTORY_NONE;
    if (beat->epoch >= shard->tells_epoch || without_clients)
        shard->tells_epoch = 0;
    dispatcher_lease_beat (shard, beat->beat);
    bool other = beat->clients != shard->clients;
    if (other && shard->cursor == DIRECTORY_NONE &&
        event->now_ns - shard->assigned_at_ns >= REASSIGN_PAUSE_NS)
        assign_all (self, shard, event);
    return 0;
}

/*  Sends on what the step's budget allows; after the last client the open commands. */
static void send_clients (dispatcher_t *self, uint32_t at, effects_t *effects)
{
    shard_t *shard = &self->shards[at];
    for (; shard->cursor < self->clients_used && self->budget > 0; shard->cursor++) {
        const client_t *client = &self->clients[shard->cursor];
        if (!client->used || client->shard != at)
            continue;
        send_client (self, client, false, effects);
        self->budget--;
        send_breaker (self, client, effects);
    }
    if (shard->cursor < self->clients_used)
        return;
    shard->cursor = DIRECTORY_NONE;
    dispatcher_unfinished_send (self, at, effects);
    dispatcher_replication_send_all (self, at, effects);
}

static void bury (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    char text[200];
    shard->dead = true;
    (void) snprintf (text, sizeof text, "shard %s is silent; its %u clients wait until it is back",
        shard->name, shard->clients);
    dispatcher_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, shard->name, text,
        event->utc_ns, effects);
    log_line (self, shard, LOG_LINE_LEVEL_ERROR, "shard_dead", "three beats missed", event, effects);
}

void dispatcher_assignment_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    for (uint32_t i = 0; i < self->config.shard_count; i++) {
        shard_t *shard = &self->shards[i];
        if (shard->seen && shard->cursor != DIRECTORY_NONE)
            send_clients (self, i, effects);
        if (shard->cursor != DIRECTORY_NONE && shard->seen)
            effects_wake (effects, event->now_ns);
        dispatcher_lease_answer (self, shard, event, effects);
        int64_t silent_ns = self->config.beat_ns * 3 + self->config.beat_ns / 2;
        int64_t dead_at_ns = shard->seen ? shard->heard_at_ns + silent_ns : self->hold_until_ns;
        if (shard->dead || self->stopping)
            continue;
        if (dead_at_ns <= event->now_ns)
            bury (self, shard, event, effects);
        else
            effects_wake (effects, dead_at_ns);
    }
}

/*  What still works was loaded after the clients: shards that have these already get it now. */
void dispatcher_assignment_loaded (dispatcher_t *self, effects_t *effects)
{
    assert (self);
    for (uint32_t i = 0; i < self->config.shard_count; i++)
        if (self->shards[i].seen && self->shards[i].cursor == DIRECTORY_NONE)
            dispatcher_unfinished_send (self, i, effects);
}

bool dispatcher_assignment_complete (const dispatcher_t *self)
{
    assert (self);
    for (uint32_t i = 0; i < self->config.shard_count; i++)
        if (!self->shards[i].seen || self->shards[i].cursor != DIRECTORY_NONE ||
            self->shards[i].tells_epoch > 0)
            return false;
    return true;
}

bool dispatcher_assignment_tells (const dispatcher_t *self, uint32_t shard)
{
    assert (self && shard < self->config.shard_count);
    return self->shards[shard].tells_epoch > 0;
}
