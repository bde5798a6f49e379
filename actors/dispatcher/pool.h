/*  pool.h: replications that are not closed yet.
 *
 *  | state | has | is found by |
 *  |---|---|---|
 *  | open | a row: what each client answered | open[], lowest sequence first |
 *  | completed | none, so that many can wait for the database; its row again when it is reopened | queue, sequence |
 *
 *  Rows are dear (5 bytes a client), the rest is cheap: completed ones get a bound of their own. One that completes
 *  beyond it keeps its row.
 */
#ifndef DISPATCHER_POOL_H
#define DISPATCHER_POOL_H

#include "messages/directory.h"
#include "messages/gen/messages.h"

#define POOL_SHARDS_MAX 64

#define ANSWER_NOT_EXPECTED 0xff
#define ANSWER_MISSING 0

typedef enum { REPLICATION_FREE, REPLICATION_OPEN, REPLICATION_COMPLETED } replication_state_t;

typedef struct {
    replication_state_t state;
    uint64_t sequence;
    trade_t trade;
    uint32_t next;     /*  the state of the same X before this one; DIRECTORY_NONE = none is open */
    uint32_t expected; /*  clients */
    uint32_t missing;  /*  of these without an outcome */
    uint32_t missing_of[POOL_SHARDS_MAX + 1]; /*  the last one: of no shard */
    uint32_t row;                             /*  DIRECTORY_NONE = none */
    uint8_t *answers;    /*  a client: ANSWER_* or 1 + outcome kind; NULL without a row */
    uint32_t *latencies; /*  a client: 1 + 100 ns units from received to submitted; 0 = nothing was sent */
    uint32_t reopens;    /*  times the audit lacked outcomes of it */
    uint32_t repeats;    /*  of its commands, since it was opened or reopened first */
    int64_t due_at_ns;   /*  next repeat of its commands or its completion */
    replication_completed_t completed;
    uint32_t before, after; /*  in the queue */
    uint32_t same_bucket;
} replication_t;

typedef struct {
    replication_t *list;
    uint32_t *open; /*  slots, lowest sequence first */
    uint32_t open_count;
    uint32_t completed_count;
    uint32_t rows_free;

    /*  private */
    uint32_t max_completed;
    uint32_t clients;
    uint32_t *slots; /*  free ones */
    uint32_t slots_free;
    uint32_t *rows; /*  free ones */
    uint8_t *answers;
    uint32_t *latencies;
    uint32_t first, last; /*  of the queue */
    uint32_t *buckets;    /*  completed ones by sequence */
    uint32_t bucket_mask;
} pool_t;

bool pool_init (pool_t *self, uint32_t max_open, uint32_t max_completed, uint32_t clients);
void pool_free (pool_t *self);

uint32_t pool_open (pool_t *self, uint64_t sequence); /*  its slot; rows_free > 0 */
bool pool_complete (pool_t *self, uint32_t slot);     /*  open → completed; false: it had to keep its row */
bool pool_reopen (pool_t *self, uint32_t slot);       /*  completed → open; false: no row is free */
void pool_close (pool_t *self, uint32_t slot);        /*  completed → free */

uint32_t pool_completed (
    const pool_t *self, uint64_t sequence);          /*  DIRECTORY_NONE: no such one is completed */
uint32_t pool_oldest_completed (const pool_t *self); /*  first of the queue; DIRECTORY_NONE */
void pool_requeue (pool_t *self, uint32_t slot);     /*  to its end */

#endif
