/*  watch.h: what the load test sees of the running copier: a subscriber at its tap. Counts only; the checker judges
 *  from the broker's history. One thread.
 */
#ifndef WATCH_H
#define WATCH_H

#include "messages/gen/messages.h"

#define WATCH_TRADES_MAX 1024
#define WATCH_SHARDS_MAX 64

/*  Progress of one master order X. */
typedef struct {
    char x[40];
    uint8_t *copied; /*  by client: has an outcome */
    size_t copied_count;
    int64_t closed_q_e9;    /*  highest Q whose replication is completed; -1 = none */
    uint64_t success_count; /*  of the last replication.completed */
    uint64_t failure_count;
    uint64_t skipped_count;
    int64_t total_ns;
    int64_t p50_ns;
    int64_t p95_ns;
    int64_t p99_ns;
} watch_trade_t;

typedef struct watch watch_t;

/*  Connects to the tap (which need not be there yet). clients: 0 = who was copied is not asked for. -ERR_MEMORY,
 *  -ERR_SETTING. */
int watch_new (watch_t **self_p, const char *endpoint, size_t clients, problem_t *problem);
void watch_destroy (watch_t **self_p);

/*  Takes what comes for that long. */
void watch_for (watch_t *self, int ms);

/*  Clients assigned and warm, orders under way, by the last beat of each shard. */
typedef struct {
    uint64_t shards;
    uint64_t clients;
    uint64_t warm;
    uint64_t under_way;
    uint64_t beats; /*  since the start */
} watch_beats_t;
watch_beats_t watch_beats (const watch_t *self);

/*  NULL = nothing of X was seen. */
const watch_trade_t *watch_trade (const watch_t *self, const char *x);
size_t watch_closed (const watch_t *self); /*  replications completed, since the start */
size_t watch_alerts (const watch_t *self); /*  raised, warning and worse */
const char *watch_last_alert (const watch_t *self);

#endif
