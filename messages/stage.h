/*  stage.h: where the time goes between an execution and the last copy of it: stamps in memory that whoever measures
 *  shares with the actors (`trade-copier load-test --broker-delay-ms`, docs/performance.md). Off unless stages_open found
 *  the file; then a mark is one read of the clock and two stores. One writer a stage.
 */
#ifndef STAGE_H
#define STAGE_H

#include <stdatomic.h>
#include <stdint.h>

typedef enum {
    STAGE_STREAM,  /*  the listener has the whole frame, decrypted */
    STAGE_PARSED,  /*  and knows what it says */
    STAGE_ORDER,   /*  master.order is handed to the wire */
    STAGE_TAKEN,   /*  the dispatcher has it */
    STAGE_COMMAND, /*  the first copy.command is handed to the wire */
    STAGE_SHARD,   /*  a shard has it */
    STAGE_DECIDED, /*  an order is handed to the broker's port */
    STAGE_WRITTEN, /*  a batch of orders is handed to the system */
    STAGE_COUNT
} stage_t;

typedef struct {
    atomic_llong first_ns[STAGE_COUNT]; /*  CLOCK_MONOTONIC, since they were cleared; 0 = not yet */
    atomic_llong last_ns[STAGE_COUNT];
} stages_t;

/*  Maps the file `stages` in that directory, if it is there (made by whoever measures, of sizeof (stages_t) zeroes). */
void stages_open (const char *directory);
void stage_mark (stage_t stage);

/*  For whoever measures: makes the file and maps it; NULL = it could not. */
stages_t *stages_make (const char *directory);
void stages_free (stages_t *self);
void stages_clear (stages_t *self);

#endif
