/*  breaker.c: see breaker.h. */
#include "actors/executor/breaker.h"

#include <assert.h>

bool breaker_admits (breaker_t *self, const breaker_rules_t *rules, int64_t now_ns)
{
    assert (self && rules);
    if (self->state == BREAKER_CLOSED)
        return true;
    bool instead = self->state == BREAKER_HALF_OPEN && self->by_read; /*  an order says more than a read */
    if (now_ns < self->retry_at_ns && !instead)
        return false;
    self->state = BREAKER_HALF_OPEN;
    self->retry_at_ns = now_ns + rules->timeout_ns;
    self->by_read = false;
    return true;
}

bool breaker_failed (breaker_t *self, const breaker_rules_t *rules, bool at_once, breaker_time_t time)
{
    assert (self && rules);
    if (self->failures < UINT32_MAX)
        self->failures++;
    bool enough = at_once || (rules->threshold > 0 && self->failures >= rules->threshold);
    if (self->state == BREAKER_CLOSED && !enough)
        return false;
    if (self->state == BREAKER_OPEN && time.now_ns < self->retry_at_ns)
        return false;
    if (self->state == BREAKER_CLOSED)
        self->opened_at_ns = time.utc_ns;
    self->state = BREAKER_OPEN;
    self->retry_at_ns = time.now_ns + rules->timeout_ns;
    return true;
}

bool breaker_succeeded (breaker_t *self)
{
    assert (self);
    bool changed = self->state != BREAKER_CLOSED;
    *self = (breaker_t){.state = BREAKER_CLOSED};
    return changed;
}

bool breaker_restore (breaker_t *self, const breaker_rules_t *rules, uint32_t failures, int64_t opened_at_ns,
    int64_t retry_at_utc_ns, breaker_time_t time)
{
    assert (self && rules);
    if (self->state != BREAKER_CLOSED || self->failures > 0)
        return false;
    int64_t wait_ns = retry_at_utc_ns > time.utc_ns ? retry_at_utc_ns - time.utc_ns : 0;
    *self = (breaker_t){.state = BREAKER_OPEN,
        .failures = failures,
        .opened_at_ns = opened_at_ns,
        .retry_at_ns = time.now_ns + (wait_ns < rules->timeout_ns ? wait_ns : rules->timeout_ns)};
    return true;
}
