/*  moves.c: clients that go to another shard, and when: docs/recovery.md, A client's move.
 *
 *  After every change of the shards all clients are looked at once (plan_cursor), as many a step as its budget allows, and
 *  while no more than RELEASING_MAX of them are asked for.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "actors/dispatcher/shard_map.h"

#define RELEASING_MAX 64
#define GATHER_NS                                                                                            \
    INT64_C (50000000) /*  who arrives within it is sent together: what is open goes along only once */
#define ASK_AGAIN_NS INT64_C (1000000000)

/*  Clients may be there, or come there. */
static bool belongs (const shard_t *shard)
{
    return shard->used && !shard->gone && !shard->leaving && (shard->seen || shard->named);
}

/*  Or waited for, at a start. */
static bool is_live (const shard_t *shard)
{
    return belongs (shard) && !shard->dead;
}

bool dispatcher_moves_possible (const dispatcher_t *self)
{
    assert (self);
    uint32_t at = 0;
    while (at < self->shard_count && !is_live (&self->shards[at]))
        at++;
    return at < self->shard_count;
}

/*  silent: shards that may only be restarting count, too. */
static uint32_t best_of (const dispatcher_t *self, const char *client_id, bool silent)
{
    uint32_t best = NOBODY;
    double best_score = 0;
    for (uint32_t i = 0; i < self->shard_count; i++) {
        const shard_t *shard = &self->shards[i];
        if (!(silent ? belongs (shard) : is_live (shard)))
            continue;
        double score = shard_map_score (shard->name, shard->weight, client_id);
        if (best == NOBODY || score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

/*  A client that somebody has stays there while its place is silent; else the best that is there takes it. */
uint32_t dispatcher_moves_target (const dispatcher_t *self, const client_t *client)
{
    assert (self && client);
    if (!self->settled)
        return NOBODY;
    bool keeps = client->shard != NOBODY && belongs (&self->shards[client->shard]);
    uint32_t target = best_of (self, client->config.client_id, true);
    if (target == client->shard)
        return target;
    if (keeps && target != NOBODY && !is_live (&self->shards[target]))
        return client->shard;
    uint32_t live = best_of (self, client->config.client_id, false);
    return live != NOBODY || keeps || client->shard != NOBODY ? live : target;
}

void dispatcher_moves_plan (dispatcher_t *self)
{
    assert (self);
    self->plan_cursor = 0;
}

static void leave (dispatcher_t *self, client_t *client)
{
    shard_t *shard = &self->shards[client->shard];
    if (client->state == CLIENT_RELEASING)
        self->releasing--;
    if (client->state != CLIENT_HELD)
        shard->moving--;
    if (client->state == CLIENT_ARRIVING)
        shard->arriving--;
    client->state = CLIENT_HELD;
}

void dispatcher_moves_forget (dispatcher_t *self, client_t *client)
{
    assert (self && client);
    leave (self, client);
}

/*  Then nothing arrives any more that an earlier life of the shard began, under a lease of ours or of a dispatcher before us. */
int64_t dispatcher_moves_free_at_ns (const dispatcher_t *self, const shard_t *shard)
{
    assert (self && shard);
    int64_t lease_ns = shard->fenced_to_ns > self->before_to_ns ? shard->fenced_to_ns : self->before_to_ns;
    return lease_ns + self->config.request_timeout_ns;
}

/*  Nobody else has it, or can begin an order of it. */
static void arrive (dispatcher_t *self, client_t *client, uint32_t to, const event_t *event)
{
    const shard_t *from = &self->shards[client->shard];
    int64_t free_at_ns = client->shard == NOBODY ? 0 : dispatcher_moves_free_at_ns (self, from);
    leave (self, client);
    dispatcher_assignment_count (self, client, -1);
    dispatcher_replication_moved (self, (uint32_t) (client - self->clients), client->shard, to);
    self->moves++;
    if (free_at_ns > client->free_at_ns)
        client->free_at_ns = free_at_ns;
    client->shard = to;
    dispatcher_assignment_note (self, (uint32_t) (client - self->clients));
    dispatcher_assignment_count (self, client, 1);
    if (to == NOBODY)
        return;
    client->state = CLIENT_ARRIVING;
    if (self->shards[to].arriving++ == 0)
        self->shards[to].gathers_to_ns = event->now_ns + GATHER_NS;
    self->shards[to].moving++;
}

static void ask (dispatcher_t *self, client_t *client, const event_t *event, effects_t *effects)
{
    client->asked_at_ns = event->now_ns;
    self->out.kind = MSG_CLIENT_RELEASE;
    self->out.client_release = (client_release_t){.epoch = client->release_epoch};
    memcpy (self->out.client_release.client_id, client->config.client_id,
        sizeof self->out.client_release.client_id);
    effects_send (effects, self->shards[client->shard].name, &self->out);
    self->budget -= self->budget > 0;
}

static void release (dispatcher_t *self, client_t *client, const event_t *event, effects_t *effects)
{
    dispatcher_assignment_next_epoch (self, event->utc_ns);
    client->release_epoch = self->epoch;
    client->state = CLIENT_RELEASING;
    self->releasing++;
    self->shards[client->shard].moving++;
    ask (self, client, event, effects);
    if (self->release_at_ns < event->now_ns)
        self->release_at_ns = event->now_ns + ASK_AGAIN_NS;
}

/*  false: not now, too many are asked for. */
static bool consider (dispatcher_t *self, client_t *client, const event_t *event, effects_t *effects)
{
    uint32_t target = dispatcher_moves_target (self, client);
    shard_t *owner = &self->shards[client->shard];
    if (target == client->shard || target == NOBODY || (client->state == CLIENT_RELEASING && !owner->gone))
        return true;
    if (client->shard == NOBODY || client->state == CLIENT_ARRIVING) {
        arrive (self, client, target, event);
        return true;
    }
    if (owner->gone) {
        owner->stale = true; /*  should it be there after all, it is told that this one is not its own */
        arrive (self, client, target, event);
        return true;
    }
    if (owner->dead || !owner->seen)
        return true; /*  until it is back, or gone */
    int64_t from_ns = dispatcher_moves_free_at_ns (self, owner);
    if (from_ns > event->now_ns) { /*  till then it stays where it is, and trades */
        self->plan_at_ns = from_ns < self->plan_at_ns ? from_ns : self->plan_at_ns;
        return true;
    }
    if (self->releasing >= RELEASING_MAX)
        return false;
    release (self, client, event, effects);
    return true;
}

static void plan (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (!self->settled || self->stopping)
        return;
    if (self->plan_at_ns <= event->now_ns)
        dispatcher_moves_plan (self);
    if (self->plan_cursor == DIRECTORY_NONE) {
        effects_wake (effects, self->plan_at_ns);
        return;
    }
    if (self->plan_cursor == 0)
        self->plan_at_ns = INT64_MAX;
    uint32_t looks = DISPATCHER_BUDGET;
    for (; self->plan_cursor < self->clients_used; self->plan_cursor++) {
        client_t *client = &self->clients[self->plan_cursor];
        if (looks-- == 0 || self->budget == 0) {
            effects_wake (effects, event->now_ns);
            return;
        }
        if (client->used && !consider (self, client, event, effects))
            return; /*  when one is released */
    }
    self->plan_cursor = DIRECTORY_NONE;
    effects_wake (effects, self->plan_at_ns);
}

void dispatcher_moves_new_life (dispatcher_t *self, shard_t *shard)
{
    assert (self && shard);
    uint32_t at = (uint32_t) (shard - self->shards);
    if (shard->moving == 0)
        return;
    for (uint32_t i = 0; i < self->clients_used; i++) {
        client_t *client = &self->clients[i];
        if (client->used && client->shard == at && client->state == CLIENT_RELEASING)
            leave (self, client);
    }
    dispatcher_moves_plan (self);
}

/*  It has forgotten the client. Asked for: it goes. Not asked for: it was told that the client is not its own before it
 *  got it again, which it then could not take. */
int dispatcher_moves_released (dispatcher_t *self, const event_t *event)
{
    assert (self && event && event->kind == MSG_CLIENT_RELEASED);
    const client_released_t *released = &event->message->client_released;
    uint32_t at = directory_get (&self->clients_by_id, released->client_id);
    client_t *client = at == DIRECTORY_NONE ? NULL : &self->clients[at];
    if (!client || client->shard == NOBODY || client->state == CLIENT_ARRIVING ||
        strcmp (self->shards[client->shard].name, released->shard) != 0)
        return 0;
    uint64_t known = client->state == CLIENT_RELEASING ? client->release_epoch : client->sent_epoch;
    if (released->epoch < known)
        return 0;
    arrive (self, client,
        client->state == CLIENT_RELEASING ? dispatcher_moves_target (self, client) : client->shard, event);
    return 0;
}

/*  In one step with the commands of what is open: nothing can come between. */
static void send_arrived (dispatcher_t *self, uint32_t shard, const event_t *event, effects_t *effects)
{
    bool any = false;
    for (uint32_t i = 0; i < self->clients_used && self->budget > 0; i++) {
        const client_t *client = &self->clients[i];
        if (!client->used || client->shard != shard || client->state != CLIENT_ARRIVING)
            continue;
        if (client->free_at_ns > event->now_ns) {
            effects_wake (effects, client->free_at_ns);
            continue;
        }
        any = true;
        dispatcher_assignment_send (self, i, effects);
    }
    if (self->budget == 0)
        effects_wake (effects, event->now_ns);
    if (!any)
        return;
    dispatcher_unfinished_send (self, shard, effects);
    dispatcher_replication_send_all (self, shard, effects);
}

static void ask_again (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (self->releasing == 0)
        return;
    if (self->release_at_ns <= event->now_ns) {
        self->release_at_ns = event->now_ns + ASK_AGAIN_NS;
        for (uint32_t i = 0; i < self->clients_used && self->budget > 0; i++) {
            client_t *client = &self->clients[i];
            bool asked =
                client->used && client->state == CLIENT_RELEASING && !self->shards[client->shard].dead;
            if (asked && client->asked_at_ns + ASK_AGAIN_NS <= event->now_ns)
                ask (self, client, event, effects);
        }
    }
    effects_wake (effects, self->release_at_ns);
}

void dispatcher_moves_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    plan (self, event, effects);
    for (uint32_t i = 0; i < self->shard_count; i++) {
        const shard_t *shard = &self->shards[i];
        if (shard->arriving == 0 || !shard->seen || shard->dead || shard->cursor != DIRECTORY_NONE)
            continue;
        if (shard->gathers_to_ns <= event->now_ns)
            send_arrived (self, i, event, effects);
        else
            effects_wake (effects, shard->gathers_to_ns);
    }
    ask_again (self, event, effects);
}

bool dispatcher_moves_emptied (const dispatcher_t *self, const shard_t *shard)
{
    assert (self && shard);
    uint32_t at = (uint32_t) (shard - self->shards);
    for (uint32_t i = 0; i < self->clients_used; i++)
        if (self->clients[i].used && self->clients[i].shard == at)
            return false;
    return true;
}
