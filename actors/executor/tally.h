/*  tally.h: what a shard did in this life, for the gateway: counted where it happens, told when the host asks.
 */
#ifndef TALLY_H
#define TALLY_H

#include "actors/measure.h"

#define TALLY_ROWS 40
#define TALLY_REASON_MAX 32
#define TALLY_BREAKERS 24 /*  clients named, whose breakers are not closed */

typedef struct {
    outcome_kind_t kind;
    char reason[TALLY_REASON_MAX]; /*  a word: lower case letters, digits and _ */
    uint64_t count;
} tally_row_t;

typedef struct {
    tally_row_t rows[TALLY_ROWS];
    uint32_t rows_count;
    uint64_t orders;     /*  that had their first answer */
    histogram_t latency; /*  the listener had it → the order was written */
    histogram_t answer;  /*  the order was written → its answer was complete */
} tally_t;

/*  Told for the first time. A broker's refusal counts under its code, for its text is free. */
void tally_outcome (tally_t *self, outcome_kind_t kind, const char *reason, int64_t code);
/*  Times UTC. */
void tally_order (tally_t *self, int64_t received_at_ns, int64_t submitted_at_ns, int64_t answered_at_ns);
void tally_measure (const tally_t *self, actor_stats_t *stats);

#endif
