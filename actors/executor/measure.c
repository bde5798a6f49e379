/*  measure.c: how the shard is doing, for the gateway. Read between two steps. */
#include "actors/executor/shard.h"

#include <assert.h>

static void count_clients (const executor_t *self, actor_stats_t *stats)
{
    int64_t clients = 0;
    int64_t warm = 0;
    int64_t open = 0;
    int64_t half_open = 0;
    for (uint32_t at = 0; at < self->book.client_count; at++) {
        const client_t *client = &self->book.clients[at];
        if (!client->used || !client->active)
            continue;
        clients++;
        warm += client->equity_known && client->positions_known;
        if (client->breaker.state == BREAKER_CLOSED)
            continue;
        open += client->breaker.state == BREAKER_OPEN;
        half_open += client->breaker.state == BREAKER_HALF_OPEN;
        if (open + half_open <= TALLY_BREAKERS)
            measure_put_of (stats, "breaker", client->id, (int64_t) client->breaker.state);
    }
    measure_put (stats, "clients", clients);
    measure_put (stats, "warm", warm);
    measure_put (stats, "breakers.open", open);
    measure_put (stats, "breakers.half_open", half_open);
}

void executor_measure (const executor_t *self, int64_t now_ns, actor_stats_t *stats)
{
    int64_t waiting = 0;
    assert (self && stats);
    for (uint32_t at = 0; at < self->book.lane_count; at++)
        waiting += self->book.lanes[at].first_pending != NONE;
    measure_put (stats, "epoch", (int64_t) self->epoch);
    measure_put (stats, "lease", self->lease.until_ns > now_ns ? self->lease.until_ns - now_ns : 0);
    measure_put (stats, "working", self->working);
    measure_put (stats, "unanswered", self->unanswered);
    measure_put (stats, "waiting", waiting);
    tally_measure (&self->tally, stats);
    count_clients (self, stats);
}
