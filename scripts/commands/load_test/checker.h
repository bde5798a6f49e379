/*  checker.h: compares what every client did at the broker with what it owed. Pure.
 *
 *  lost     something was due and nothing, or less, was ordered; or no outcome, or a replication that never closed
 *  doubled  more than was due, or a slot used twice
 *  wrong    another size, side or symbol than was due; an order that nobody owed; a skip with another reason than the
 *           rules give; inputs (equity, rate) that the broker's history does not bear out
 */
#ifndef CHECKER_H
#define CHECKER_H

#include "scripts/commands/load_test/evidence.h"

typedef enum { FINDING_LOST, FINDING_DOUBLED, FINDING_WRONG, FINDING_KINDS } finding_kind_t;
const char *finding_kind_text (finding_kind_t kind);

#define FINDINGS_MAX 64
#define FINDING_TEXT_MAX 240

typedef struct {
    finding_kind_t kind;
    char text[FINDING_TEXT_MAX];
} finding_t;

typedef struct {
    size_t counts[FINDING_KINDS];
    finding_t findings[FINDINGS_MAX]; /*  the first ones */
    size_t findings_count;
    size_t trades;       /*  master orders that executed */
    size_t executions;   /*  of them */
    size_t due;          /*  (client, X) with something due */
    size_t copied;       /*  of them, exactly right */
    size_t skipped;      /*  (client, X) with nothing due, and the right reason */
    size_t orders;       /*  client orders that arrived */
    size_t open;         /*  replications not closed */
    int64_t *latency_ns; /*  a copy's arrival - the execution it answers leaving the broker; sorted */
    size_t latency_count;
    int64_t *
        first_ns; /*  of these, the first order of a client for X and leg: it waited for no order before it */
    size_t first_count;
} check_result_t;

/*  Fills *result (freed by check_result_free). 0 (also with findings), -ERR_MEMORY, -ERR_RANGE. Sorts the evidence's
 *  lists. */
int check (evidence_t *evidence, check_result_t *result, problem_t *problem);
void check_result_free (check_result_t *result);

/*  Nearest rank of sorted values, in percent; 0 when there is none. */
int64_t check_percentile (const int64_t *sorted, size_t count, unsigned percent);

/*  The 20 characters that name (master, X, client) in a slot's id: base32 (BLAKE2b-128 (each with its NUL)). */
#define SLOT_TAG_MAX 21
void check_slot_tag (const char *master_id, const char *x, const char *client_id, char tag[SLOT_TAG_MAX]);

#endif
