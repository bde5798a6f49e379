/*  dispatcher.h: numbers the master's orders, sends one command a shard, and closes each replication when every
 *  client has its outcome and the audit holds it durably.
 *
 *  In: client.config, master.config, config.loaded, state.mark, breaker.changed, master.order and copy.history of what
 *  is not at its end, replication.stored, durable.reached (audit); listener.ready, master.order (listener); shard.ready,
 *  shard.beat, client.released, copy.result, master.order, breaker.changed, history.request (shards). Out: to "audit", to
 *  the listener, to the shards by name; alert.raised and log.line for everybody. Pure core; memory is taken by new().
 */
#ifndef DISPATCHER_H
#define DISPATCHER_H

#include "actors/actor.h"

#define DISPATCHER_SHARDS_MAX 64

typedef struct dispatcher dispatcher_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    const char *const *shards;   /*  names of the executors in the topology; borrowed for new() only */
    uint32_t shard_count;        /*  0 .. DISPATCHER_SHARDS_MAX */
    uint32_t max_shards;         /*  more than shard_count: others may come, too, so many in all */
    uint32_t max_clients;        /*  of all shards: 2,000 */
    uint32_t max_replications;   /*  open at a time: 512 */
    uint32_t max_completed;      /*  that wait for the audit: 16,384 */
    uint32_t max_marks;          /*  X whose quantity is remembered: 65,536 */
    uint32_t max_held;           /*  master orders that wait for room or for the shards: 4,096 */
    uint32_t max_unfinished;     /*  X with copies that still work at the broker: 512 */
    int64_t latency_warning_ns;  /*  LATENCY_WARNING_THRESHOLD on p95: 1 s */
    int64_t latency_critical_ns; /*  LATENCY_CRITICAL_THRESHOLD: 5 s */
    int64_t repeat_ns;           /*  commands and completions without an answer: 2 s */
    int64_t beat_ns;             /*  between two beats of a shard: 500 ms; dead after 3 missed */
    int64_t lease_ns;            /*  a shard may send orders so long after a beat (P6): 2 s */
    int64_t hold_ns;             /*  wait for every shard after config.loaded: 5 s */
    int64_t grace_ns;            /*  SHARD_GRACE: a silent shard keeps its clients so long: 10 s */
    int64_t request_timeout_ns;  /*  REQUEST_TIMEOUT: what was begun arrives by then, or never: 10 s */
    int64_t lookback_ns; /*  CATCH_UP_LOOKBACK: what executed so long before anything was stored: 24 h */
    int64_t stop_ns;     /*  a stop waits this long for open replications: 10 s */
} dispatcher_config_t;

extern const actor_ops_t dispatcher_ops;

dispatcher_t *dispatcher_new (const dispatcher_config_t *config); /*  NULL: out of memory */
void dispatcher_destroy (dispatcher_t **self_p);
/*  0, or -ERR_UNEXPECTED (not a dispatcher's event), -ERR_FULL (no room for a client), -ERR_NOT_FOUND (a shard that
 *  the topology does not name), -ERR_RANGE (a master order that contradicts itself). */
int dispatcher_step (dispatcher_t *self, const event_t *event, effects_t *effects);

/*  Room the host must give dispatcher_step's effects. */
size_t dispatcher_effects_limit (const dispatcher_config_t *config);
size_t dispatcher_arena_limit (const dispatcher_config_t *config);

#endif
