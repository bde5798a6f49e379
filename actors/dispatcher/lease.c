/*  lease.c: every beat of a shard is answered by a lease: it may send orders until lease_ns after that beat (P6).
 *
 *  | when | the answer |
 *  |---|---|
 *  | the configuration is not loaded, or we are younger than a lease | none: a dispatcher before us may have leased |
 *  | a shard holds other clients than those it is to have: the dispatcher before us spread them otherwise | none until a request's timeout after that |
 *  | it may hold clients that moved away while it was silent | none until it was told which are its own |
 *  | a life of the shard before this one may hold a lease | none until that ran out |
 *  | its clients or open commands are still being sent | a lease that is not complete |
 *  | all of them were sent | a complete one |
 *
 *  Links are first in, first out: what was sent before a lease is there before it.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>

void dispatcher_lease_beat (shard_t *shard, uint64_t beat)
{
    assert (shard);
    shard->beat = beat;
    shard->beat_waits = true;
}

void dispatcher_lease_new_life (shard_t *shard)
{
    assert (shard);
    shard->fenced_to_ns = shard->leased_to_ns;
    shard->beat = 0;
    shard->beat_waits = false;
}

/*  The shards that lived before us hold other clients than we give them: these were, or are, another one's. */
static bool spread_otherwise (const dispatcher_t *self)
{
    bool other = false;
    for (uint32_t i = 0; i < self->shard_count; i++) {
        const shard_t *shard = &self->shards[i];
        if (!shard->used || !shard->seen)
            continue;
        other |= shard->held != dispatcher_shards_holds (self, i);
    }
    /*  nobody remembers, but there was somebody: if their names may be others now, so may be who had whom */
    bool unknown =
        !self->held_before && self->known_before && self->config.max_shards > self->config.shard_count;
    return (self->held_before && other) || unknown;
}

void dispatcher_lease_answer (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    assert (self && shard && event);
    bool loaded = self->hold_until_ns != INT64_MAX;
    bool fenced = event->now_ns < self->grants_from_ns || event->now_ns < shard->fenced_to_ns;
    bool waits = shard->beat_waits && shard->seen;
    shard->beat_waits = false;
    if (!waits || !loaded || fenced || !self->settled || shard->stale)
        return;
    if (!self->granted && spread_otherwise (self)) {
        self->grants_from_ns += self->config.request_timeout_ns;
        self->granted = true; /*  looked at once */
        return;
    }
    self->granted = true;
    shard->leased_to_ns = event->now_ns + self->config.lease_ns;
    self->out.kind = MSG_SHARD_LEASE;
    self->out.shard_lease = (shard_lease_t){.epoch = self->epoch,
        .life = self->life,
        .beat = shard->beat,
        .lease_ns = self->config.lease_ns,
        .complete = shard->cursor == DIRECTORY_NONE && !shard->dead};
    (void) snprintf (self->out.shard_lease.shard, sizeof self->out.shard_lease.shard, "%s", shard->name);
    effects_send (effects, shard->name, &self->out);
}
