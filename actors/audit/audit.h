/*  audit.h: the one writer of the database: what happened is stored in batches and acknowledged when durable.
 *
 *  In: master.order, copy.result, replication.completed, breaker.changed, alert.raised (stored); config.request,
 *  history.request, durable.request, strategy.change; shard.state (shown); EVENT_INCOMPLETE, EVENT_STORED,
 *  EVENT_STORE_FAILED. Out: replication.stored and durable.reached to "dispatcher"; stores, commits, loads, histories,
 *  changes and what is shown for the host.
 *  Pure core; memory is taken by new().
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "actors/actor.h"

typedef struct audit audit_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    uint32_t max_records;   /*  not durable yet: 16,384 */
    size_t max_bytes;       /*  of these, encoded: 32 MiB */
    uint32_t batch;         /*  records of a commit at most: 128 */
    int64_t commit_ns;      /*  a record waits at most this long for others: 5 ms */
    int64_t poll_ns;        /*  MASTER_CREDENTIAL_CHECK_INTERVAL: 200 ms */
    int64_t retry_ns;       /*  after a failed commit: 100 ms, doubling to retry_max_ns */
    int64_t retry_max_ns;   /*  5 s */
    int64_t history_ns;     /*  a history waits at most this long for the database: 1 s */
    uint32_t max_histories; /*  that wait: 1,024 */
    int64_t stop_ns;        /*  a stop gives up this long after: 10 s */
} audit_config_t;

extern const actor_ops_t audit_ops;

audit_t *audit_new (const audit_config_t *config); /*  NULL: out of memory */
void audit_destroy (audit_t **self_p);
/*  0, -ERR_UNEXPECTED (not an audit's event), or -ERR_FULL: the database is away for too long, this one is not kept. */
int audit_step (audit_t *self, const event_t *event, effects_t *effects);

/*  Room the host must give audit_step's effects. */
size_t audit_effects_limit (const audit_config_t *config);
size_t audit_arena_limit (const audit_config_t *config);

#endif
