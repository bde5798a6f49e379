/*  pace.h: a client's request budget at the broker: a bucket of tokens filled anew at the end of each window, kept in
 *  step with X-RateLimit-Limit, -Remaining and -Reset of every answer (docs/rate-limits.md).
 *
 *  | class | may take a token while more than this of the limit are left |
 *  | EXIT  | none                                                        |
 *  | ENTRY | 1/20: kept for exits                                        |
 *  | LOOK  | 1/2: kept for orders                                        |
 */
#ifndef PACE_H
#define PACE_H

#include "messages/call.h"

typedef enum { PACE_EXIT, PACE_ENTRY, PACE_LOOK } pace_class_t;

#define PACE_LIMIT 200 /*  a minute, until an answer says otherwise (alpaca-api.md section 1) */

typedef struct {
    int64_t limit;    /*  requests a window; 0 = nothing was sent yet */
    int64_t left;     /*  of this window; those under way are taken off */
    int64_t reset_ns; /*  boottime: the window's end */
    uint32_t flying;  /*  sent and not answered */
} pace_t;

/*  0: go; else boottime, when to ask again. */
int64_t pace_wait_ns (const pace_t *self, pace_class_t class, int64_t now_ns);
void pace_sent (pace_t *self, int64_t now_ns);
/*  fallback_ns: how long a 429 that says nothing is waited for. */
void pace_answered (
    pace_t *self, const broker_answer_t *answer, int64_t now_ns, int64_t utc_ns, int64_t fallback_ns);

#endif
