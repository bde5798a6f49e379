/*  measure.c: how the dispatcher is doing, for the gateway. Read between two steps. */
#include "actors/dispatcher/parts.h"

#include <assert.h>

/*  What each shard's lease has left. */
static void measure_leases (const dispatcher_t *self, int64_t now_ns, actor_stats_t *stats)
{
    for (uint32_t i = 0; i < self->shard_count; i++) {
        const shard_t *shard = &self->shards[i];
        if (!shard->used)
            continue;
        measure_put_of (
            stats, "lease", shard->name, shard->leased_to_ns > now_ns ? shard->leased_to_ns - now_ns : 0);
    }
}

void dispatcher_measure (const void *core, int64_t now_ns, actor_stats_t *stats)
{
    const dispatcher_t *self = core;
    int64_t unfinished = 0;
    int64_t shards = 0;
    assert (self && stats);
    for (uint32_t i = 0; i < self->config.max_unfinished; i++)
        unfinished += self->unfinished[i].used;
    for (uint32_t i = 0; i < self->shard_count; i++)
        shards += self->shards[i].used && (self->shards[i].named || !self->shards[i].gone);
    measure_put (stats, "epoch", (int64_t) self->epoch);
    measure_put (stats, "revision", (int64_t) self->revision);
    measure_put (stats, "shards", shards);
    measure_put (stats, "open", self->pool.open_count);
    measure_put (stats, "completed", self->pool.completed_count);
    measure_put (stats, "held", self->held_count);
    measure_put (stats, "unfinished", unfinished);
    measure_put (stats, "replications", (int64_t) self->tally.replications);
    measure_put (stats, "success", (int64_t) self->tally.success);
    measure_put (stats, "failure", (int64_t) self->tally.failure);
    measure_put (stats, "skipped", (int64_t) self->tally.skipped);
    measure_put_histogram (stats, "latency", &self->tally.latency);
    measure_put_histogram (stats, "total", &self->tally.total);
    measure_leases (self, now_ns, stats);
}
