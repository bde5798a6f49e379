/*  breaker.h: a client's circuit breaker: closed -> open after `threshold` failures in a row (at once when the keys are
 *  refused) -> half-open after a time -> one probe decides. Business answers of the broker are not failures. */
#ifndef BREAKER_H
#define BREAKER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN } breaker_state_t; /*  as in breaker.changed */

typedef struct {
    breaker_state_t state;
    uint32_t failures;   /*  in a row */
    int64_t retry_at_ns; /*  boottime: when a probe is let through */
    bool probing;
} breaker_t;

/*  May an entry go out now? Half-open lets one through and then none until it is answered. */
bool breaker_admits (breaker_t *self, int64_t now_ns);
/*  true: the state changed. */
bool breaker_failed (breaker_t *self, bool at_once, uint32_t threshold, int64_t now_ns, int64_t timeout_ns);
bool breaker_succeeded (breaker_t *self);

#endif
