/*  assignment.c: whether a shard knows its clients: what it is sent, and what it is heard of. Which they are: moves.c.
 *
 *  A shard that says it is ready, is heard for the first time, or counts other clients than we do gets all of its
 *  clients again, in portions, then shard.assigned (others that it may have are not its own), and then its commands: of
 *  what still works, and of what is open.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "messages/text.h"
#include "messages/word.h"

#define REASSIGN_PAUSE_NS INT64_C (5000000000) /*  a shard that counts otherwise is not flooded */

/*  Grows with every assignment and beyond whatever a shard knows, also after a restart of ours. */
void dispatcher_assignment_next_epoch (dispatcher_t *self, int64_t utc_ns)
{
    assert (self);
    uint64_t utc_ms = utc_ns > 0 ? (uint64_t) utc_ns / 1000000 : 0;
    self->epoch = (self->epoch > utc_ms ? self->epoch : utc_ms) + 1;
}

/*  With an epoch of its own: what the shard says of it with a lower one was said before it had this. */
static void send_client (dispatcher_t *self, client_t *client, bool settle, effects_t *effects)
{
    client->sent_epoch = ++self->epoch;
    self->out.kind = MSG_CLIENT_CONFIG;
    self->out.client_config = client->config;
    self->out.client_config.epoch = client->sent_epoch;
    self->out.client_config.settle = settle;
    effects_send (effects, self->shards[client->shard].name, &self->out);
}

/*  A client that was switched off: its shard may have lost its book since. */
void dispatcher_assignment_settle (dispatcher_t *self, uint32_t at, effects_t *effects)
{
    assert (self && at < self->clients_used);
    client_t *client = &self->clients[at];
    const shard_t *shard = &self->shards[client->shard];
    if (!client->used || client->config.active || client->state != CLIENT_HELD || self->budget == 0 ||
        !shard->seen || shard->dead || shard->cursor != DIRECTORY_NONE)
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

void dispatcher_assignment_send (dispatcher_t *self, uint32_t at, effects_t *effects)
{
    assert (self && at < self->clients_used);
    client_t *client = &self->clients[at];
    if (client->state == CLIENT_ARRIVING) {
        self->shards[client->shard].arriving--;
        self->shards[client->shard].moving--;
    }
    bool arrives = client->state == CLIENT_ARRIVING;
    client->state = CLIENT_HELD;
    send_client (self, client, false, effects);
    if (arrives)
        client->epoch = client->sent_epoch;
    self->budget -= self->budget > 0;
    send_breaker (self, client, effects);
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
void dispatcher_assignment_count (dispatcher_t *self, const client_t *client, int by)
{
    assert (self && client);
    if (client->config.active && !client->config.removed)
        self->shards[client->shard].clients += (uint32_t) by;
}

void dispatcher_assignment_note (dispatcher_t *self, uint32_t at)
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
    dispatcher_assignment_count (self, client, -1);
    dispatcher_moves_forget (self, client);
    client->used = false;
    dispatcher_assignment_note (self, at);
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
        *fresh = (client_t){.config = *config, .used = true, .shard = NOBODY};
        fresh->shard = dispatcher_moves_target (self, fresh);
        directory_put (&self->clients_by_id, fresh->config.client_id, at);
        dispatcher_assignment_count (self, fresh, 1);
    }
    client_t *client = &self->clients[at];
    dispatcher_assignment_count (self, client, -1);
    client->config = *config; /*  the id, which the directory borrows, is the same text */
    dispatcher_assignment_note (self, at);
    dispatcher_assignment_count (self, client, 1);
    dispatcher_assignment_next_epoch (self, event->utc_ns);
    shard_t *shard = &self->shards[client->shard];
    bool will_be_sent = (shard->cursor != DIRECTORY_NONE && shard->cursor <= at && !config->removed) ||
                        client->state != CLIENT_HELD || !self->settled;
    if (shard->seen && !will_be_sent)
        send_client (self, client, false, effects);
    if (config->removed)
        forget (self, at, event, effects);
    return 0;
}

uint32_t dispatcher_assignment_shard (const dispatcher_t *self, const char *name)
{
    assert (self && name);
    for (uint32_t i = 0; i < self->shard_count; i++)
        if (self->shards[i].used && strcmp (self->shards[i].name, name) == 0)
            return i;
    return DIRECTORY_NONE;
}

void dispatcher_assignment_all (dispatcher_t *self, shard_t *shard, const event_t *event)
{
    assert (self && shard && event);
    dispatcher_assignment_next_epoch (self, event->utc_ns);
    shard->cursor = 0;
    shard->assigned_epoch = self->epoch;
    shard->assigned_at_ns = event->now_ns;
}

/*  It was silent, or is heard for the first time in our life: then it may have lived before us. */
static void heard (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    shard->heard_at_ns = event->now_ns;
    if (self->first_heard_ns == 0)
        self->first_heard_ns = event->now_ns;
    bool was_gone = shard->gone;
    if (shard->dead) {
        dispatcher_shards_log (
            self, shard, LOG_LINE_LEVEL_INFO, "shard_back", "the shard is heard again", event, effects);
        shard->dead = shard->gone = false;
        dispatcher_moves_plan (self);
        if (shard->seen && shard->cursor == DIRECTORY_NONE && !was_gone)
            dispatcher_replication_send_all (self, (uint32_t) (shard - self->shards), effects);
    }
    if (shard->seen && !was_gone)
        return;
    if (!shard->seen)
        dispatcher_moves_plan (self);
    shard->seen = true; /*  it gets our epoch and its clients */
    shard->stale = true;
    shard->told = false;
    dispatcher_assignment_all (self, shard, event);
}

static shard_t *admit (dispatcher_t *self, const char *name, const event_t *event, effects_t *effects)
{
    uint32_t at = dispatcher_assignment_shard (self, name);
    if (at == DIRECTORY_NONE)
        at = dispatcher_shards_admit (self, name, event, effects);
    return at == DIRECTORY_NONE ? NULL : &self->shards[at];
}

void dispatcher_assignment_heard (
    dispatcher_t *self, const char *name, const event_t *event, effects_t *effects)
{
    assert (self && name && event);
    uint32_t at = dispatcher_assignment_shard (self, name);
    if (at != DIRECTORY_NONE && self->shards[at].seen) /*  else its beat says what it has */
        heard (self, &self->shards[at], event, effects);
}

static void weigh (dispatcher_t *self, shard_t *shard, uint64_t weight)
{
    uint32_t known = weight > 0 && weight <= UINT32_MAX ? (uint32_t) weight : 0;
    if (known == shard->weight)
        return;
    shard->weight = known;
    dispatcher_moves_plan (self);
}

/*  Its book is empty: nothing has to be taken from it. */
static void new_life (dispatcher_t *self, shard_t *shard, const event_t *event)
{
    dispatcher_lease_new_life (shard);
    dispatcher_moves_new_life (self, shard);
    shard->orders = shard->orders_before = shard->held = 0;
    if (shard->leaving)
        dispatcher_moves_plan (self);
    shard->stale = shard->leaving = false;
    shard->told = true; /*  it knows nothing */
    shard->held_known = true;
    dispatcher_assignment_all (self, shard, event);
}

int dispatcher_assignment_ready (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_SHARD_READY);
    const shard_ready_t *ready = &event->message->shard_ready;
    shard_t *shard = admit (self, ready->shard, event, effects);
    if (!shard)
        return -ERR_NOT_FOUND;
    if (ready->epoch > self->epoch && ready->epoch < UINT64_MAX / 2)
        self->epoch = ready->epoch;
    weigh (self, shard, ready->weight);
    new_life (self, shard, event);
    heard (self, shard, event, effects);
    shard->stale = false;
    shard->told = true;
    return 0;
}

static void note_leaving (
    dispatcher_t *self, shard_t *shard, bool leaving, const event_t *event, effects_t *effects)
{
    if (leaving && !shard->leaving)
        dispatcher_shards_log (self, shard, LOG_LINE_LEVEL_INFO, "shard_leaves",
            "it was asked to stop; its clients move", event, effects);
    if (leaving != shard->leaving)
        dispatcher_moves_plan (self);
    shard->leaving = leaving;
}

int dispatcher_assignment_beat (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_SHARD_BEAT);
    const shard_beat_t *beat = &event->message->shard_beat;
    shard_t *shard = admit (self, beat->shard, event, effects);
    if (!shard)
        return -ERR_NOT_FOUND;
    if (beat->epoch > self->epoch && beat->epoch < UINT64_MAX / 2)
        self->epoch = beat->epoch;
    if (!shard->held_known)
        shard->held = beat->holds;
    shard->held_known = true;
    self->held_before |= shard->held != 0;
    weigh (self, shard, beat->weight);
    heard (self, shard, event, effects);
    note_leaving (self, shard, beat->leaving, event, effects);
    if (beat->beat < shard->beat) /*  it counts anew: its shard.ready was lost */
        new_life (self, shard, event);
    shard->orders = beat->orders;
    shard->told |= beat->life == self->life;
    dispatcher_lease_beat (shard, beat->beat);
    bool other = beat->clients != shard->clients && shard->moving == 0 && self->settled;
    if (other && shard->cursor == DIRECTORY_NONE &&
        event->now_ns - shard->assigned_at_ns >= REASSIGN_PAUSE_NS)
        dispatcher_assignment_all (self, shard, event);
    return 0;
}

bool dispatcher_assignment_trusts (const dispatcher_t *self, uint32_t at, const char *shard, uint64_t epoch)
{
    assert (self && shard);
    if (at == DIRECTORY_NONE || !self->settled)
        return true;
    const client_t *client = &self->clients[at];
    if (client->shard == NOBODY)
        return true;
    bool its_own = strcmp (self->shards[client->shard].name, shard) == 0;
    return its_own && client->state != CLIENT_ARRIVING && epoch >= client->epoch;
}

static void send_assigned (dispatcher_t *self, const shard_t *shard, effects_t *effects)
{
    self->out.kind = MSG_SHARD_ASSIGNED;
    self->out.shard_assigned = (shard_assigned_t){.epoch = shard->assigned_epoch, .life = self->life};
    TEXT_SET (self->out.shard_assigned.shard, shard->name);
    effects_send (effects, shard->name, &self->out);
}

/*  Sends on what the step's budget allows; after the last client the open commands. */
static void send_clients (dispatcher_t *self, uint32_t at, const event_t *event, effects_t *effects)
{
    shard_t *shard = &self->shards[at];
    for (; shard->cursor < self->clients_used && self->budget > 0; shard->cursor++) {
        const client_t *client = &self->clients[shard->cursor];
        bool here = client->used && client->shard == at && client->state != CLIENT_RELEASING;
        if (here && client->free_at_ns <= event->now_ns)
            dispatcher_assignment_send (self, shard->cursor, effects);
    }
    if (shard->cursor < self->clients_used)
        return;
    shard->cursor = DIRECTORY_NONE;
    shard->stale = false;
    send_assigned (self, shard, effects);
    dispatcher_unfinished_send (self, at, effects);
    dispatcher_replication_send_all (self, at, effects);
}

void dispatcher_assignment_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    for (uint32_t i = 0; i < self->shard_count; i++) {
        shard_t *shard = &self->shards[i];
        if (!shard->used)
            continue;
        bool sends = shard->seen && shard->cursor != DIRECTORY_NONE && self->settled;
        if (sends)
            send_clients (self, i, event, effects);
        if (sends && shard->cursor != DIRECTORY_NONE)
            effects_wake (effects, event->now_ns);
        dispatcher_lease_answer (self, shard, event, effects);
    }
}

/*  What still works was loaded after the clients: shards that have these already get it now. */
void dispatcher_assignment_loaded (dispatcher_t *self, effects_t *effects)
{
    assert (self);
    for (uint32_t i = 0; i < self->shard_count; i++)
        if (self->shards[i].seen && self->shards[i].cursor == DIRECTORY_NONE)
            dispatcher_unfinished_send (self, i, effects);
}

bool dispatcher_assignment_complete (const dispatcher_t *self)
{
    assert (self);
    uint32_t count = 0;
    for (uint32_t i = 0; i < self->shard_count; i++) {
        const shard_t *shard = &self->shards[i];
        count += shard->used;
        if (shard->used && !shard->gone && (!shard->seen || shard->cursor != DIRECTORY_NONE || !shard->told))
            return false;
    }
    return count > 0 && self->settled;
}

bool dispatcher_assignment_tells (const dispatcher_t *self, uint32_t shard)
{
    assert (self && shard < self->shard_count);
    return !self->shards[shard].told;
}
