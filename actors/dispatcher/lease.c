/*  lease.c: every beat of a shard is answered by a lease: it may send orders until lease_ns after that beat (P6).
 *
 *  | when | the answer |
 *  |---|---|
 *  | the configuration is not loaded, or we are younger than a lease | none: a dispatcher before us may have leased |
 *  | a life of the shard before this one may hold a lease | none until that ran out |
 *  | its clients or open commands are still being sent | a lease that is not complete |
 *  | all of them were sent | a complete one |
 *
 *  Links are first in, first out: what was sent before a lease is there before it.
 */
#include "actors/dispatcher/parts.h"
#include "messages/text.h"

#include <assert.h>

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

void dispatcher_lease_answer (dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects)
{
    assert (self && shard && event);
    bool loaded = self->hold_until_ns != INT64_MAX;
    bool fenced = event->now_ns < self->grants_from_ns || event->now_ns < shard->fenced_to_ns;
    bool waits = shard->beat_waits && shard->seen;
    shard->beat_waits = false;
    if (!waits || !loaded || fenced)
        return;
    shard->leased_to_ns = event->now_ns + self->config.lease_ns;
    self->out.kind = MSG_SHARD_LEASE;
    self->out.shard_lease = (shard_lease_t){.epoch = self->epoch,
        .beat = shard->beat,
        .lease_ns = self->config.lease_ns,
        .complete = shard->cursor == DIRECTORY_NONE && !shard->dead};
    TEXT_SET (self->out.shard_lease.shard, shard->name);
    effects_send (effects, shard->name, &self->out);
}
