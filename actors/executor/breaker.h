/*  breaker.h: a client's circuit breaker. Business answers of the broker and 429 are not failures (docs/breakers.md).
 *
 *  | state     | event                                              | next      |
 *  | CLOSED    | `threshold` failures in a row; refused keys at once | OPEN      |
 *  | OPEN      | failure, before retry_at                           | OPEN      |
 *  | OPEN      | asked to admit at retry_at or later: the probe     | HALF_OPEN |
 *  | HALF_OPEN | asked to admit while the probe is a read           | HALF_OPEN |
 *  | HALF_OPEN | the probe failed                                   | OPEN      |
 *  | HALF_OPEN | no answer within the timeout, asked to admit       | HALF_OPEN |
 *  | any       | success of an order or of the probe, an operator   | CLOSED    |
 */
#ifndef BREAKER_H
#define BREAKER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN } breaker_state_t; /*  as in breaker.changed */

typedef struct {
    breaker_state_t state;
    uint32_t failures;    /*  in a row */
    int64_t opened_at_ns; /*  UTC: left CLOSED; 0 = closed */
    int64_t retry_at_ns;  /*  boottime: when a probe, or the next one, is let through */
    bool by_read;         /*  the probe under way is a read of the account */
} breaker_t;

typedef struct {
    uint32_t threshold; /*  failures in a row; 0 = only refused keys open it */
    int64_t timeout_ns;
} breaker_rules_t;

typedef struct {
    int64_t now_ns; /*  boottime */
    int64_t utc_ns;
} breaker_time_t;

/*  May an entry go out now? Half-open lets one through and then none until it is answered; an entry takes the place of
 *  a read. */
bool breaker_admits (breaker_t *self, const breaker_rules_t *rules, int64_t now_ns);
/*  true: the state changed. */
bool breaker_failed (breaker_t *self, const breaker_rules_t *rules, bool at_once, breaker_time_t time);
bool breaker_succeeded (breaker_t *self);
/*  What an earlier life of the shard left: open until retry_at_utc_ns (at most one timeout from now, whatever the clock
 *  says). Only a breaker without history of its own takes it. */
bool breaker_restore (breaker_t *self, const breaker_rules_t *rules, uint32_t failures, int64_t opened_at_ns,
    int64_t retry_at_utc_ns, breaker_time_t time);

#endif
