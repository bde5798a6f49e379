/*  lease.c: every beat of a shard is answered by a lease: it may send orders until lease_ns after that beat (P6).
 *
 *  | when | the answer |
 *  |---|---|
 *  | the configuration is not loaded, or we are younger than a lease | none: a dispatcher before us may have leased |
 *  | it holds other clients than it is to have: the dispatcher before us spread them otherwise | none until a request's timeout after that |
 *  | it may hold clients that moved away while it was silent | none until it was told which are its own |
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

static bool any_name (const dispatcher_t *self)
{
    return self->config.max_shards > self->config.shard_count;
}

/*  It lived before us, and holds other clients than we give it, or is new: these were, or are, another one's. Whoever holds just
 *  its own, and not for too long without a lease (a shard says nothing of those), is the only one that can have anything under
 *  way for them, whatever became of the others. */
static bool spread_otherwise (const dispatcher_t *self, const shard_t *shard)
{
    /*  nobody remembers, but there was somebody: if their names may be others now, so may be who had whom */
    bool before = self->held_before || (self->known_before && any_name (self));
    return before && shard->held != dispatcher_shards_holds (self, (uint32_t) (shard - self->shards));
}

/*  How long after its lease a shard may believe what it knows of its clients. Where all are named a dispatcher that comes
 *  new waits for each of them, too, before it gives its clients away (gone_at_ns, shards.c). */
static int64_t kept_ns (const dispatcher_t *self)
{
    const dispatcher_config_t *config = &self->config;
    int64_t grace_ns = config->grace_ns + config->beat_ns * 3 - config->lease_ns;
    bool longer = !any_name (self) && grace_ns > config->request_timeout_ns;
    return longer ? grace_ns : config->request_timeout_ns;
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
    bool before_us = event->now_ns < self->before_to_ns + self->config.request_timeout_ns;
    if (!shard->granted && before_us && spread_otherwise (self, shard))
        return;
    shard->granted = true;
    shard->leased_to_ns = event->now_ns + self->config.lease_ns;
    self->out.kind = MSG_SHARD_LEASE;
    self->out.shard_lease = (shard_lease_t){.epoch = self->epoch,
        .life = self->life,
        .beat = shard->beat,
        .lease_ns = self->config.lease_ns,
        .kept_ns = kept_ns (self),
        .complete = shard->cursor == DIRECTORY_NONE && !shard->dead};
    TEXT_SET (self->out.shard_lease.shard, shard->name);
    effects_send (effects, shard->name, &self->out);
}
