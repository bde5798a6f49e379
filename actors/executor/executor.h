/*  executor.h: one shard: its clients, how much each copies, and every order on its way to the broker.
 *
 *  The broker is the write-ahead log: each order carries a client_order_id naming a slot that can be taken once
 *  (slot.h). A copy follows the *state* of the master's order, so repeated, merged or reordered commands are the same
 *  step. Per client and symbol (a lane) one order is unanswered at a time, in the order of the master's executions.
 */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "actors/actor.h"

typedef struct executor executor_t;

typedef struct {
    const char *name;     /*  the shard's actor name; borrowed for new() only */
    uint32_t weight;      /*  SHARD_WEIGHT: its part of the clients beside that of others; 0 = 100 */
    uint32_t max_clients; /*  of this shard */
    uint32_t max_parents; /*  master orders remembered; settled ones leave oldest first */
    uint32_t max_symbols;
    uint32_t max_copies;        /*  (client, master order) pairs; 0 = 64 a client */
    uint64_t seed;              /*  jitter */
    int64_t min_order_e9;       /*  MIN_ORDER_SIZE, shares; entries only */
    int64_t min_notional_e9;    /*  MIN_NOTIONAL_VALUE, dollars; entries only */
    bool fractional;            /*  ALLOW_FRACTIONAL_SHARES */
    int64_t max_event_age_ns;   /*  older entries expire */
    int64_t doubted_age_ns;     /*  older outcomes may have been deleted: 0 = max_event_age_ns */
    int64_t refresh_ns;         /*  equity and positions are read again this often */
    int64_t request_timeout_ns; /*  of one call */
    int64_t retry_initial_ns;
    int64_t retry_max_ns;
    int64_t retry_base_e9;      /*  each pause is this many times the one before; 0 = 2 */
    uint32_t max_attempts;      /*  sends of one entry slot */
    uint32_t max_concurrent;    /*  orders on the wire at once; 0 = no limit */
    uint32_t batch_size;        /*  orders begun in one step; 0 = no limit */
    int64_t batch_pause_ns;     /*  before the next batch; and after a 429 that names no time */
    uint32_t failure_threshold; /*  in a row; 0 = only refused keys open a breaker */
    int64_t circuit_timeout_ns;
    /*  16 bytes of BLAKE2b over `size` bytes: given by the host, for a core includes no library. */
    void (*hash) (const void *bytes, size_t size, uint8_t digest[16]);
} executor_config_t;

/*  NULL: out of memory. Everything a shard will ever need is allocated here. */
executor_t *executor_new (const executor_config_t *config);
void executor_destroy (executor_t **self_p);
int executor_step (executor_t *self, const event_t *event, effects_t *effects);

/*  For actor_ops_t.measure. */
void executor_measure (const executor_t *self, int64_t now_ns, actor_stats_t *stats);

/*  Room the host must give executor_step's effects. */
size_t executor_effects_limit (const executor_config_t *config);
size_t executor_arena_limit (const executor_config_t *config);

#endif
