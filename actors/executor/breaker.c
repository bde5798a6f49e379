/*  breaker.c: see breaker.h. */
#include "actors/executor/breaker.h"

#include <assert.h>

bool breaker_admits (breaker_t *self, int64_t now_ns)
{
    assert (self);
    if (self->state == BREAKER_CLOSED)
        return true;
    if (now_ns < self->retry_at_ns || self->probing)
        return false;
    self->state = BREAKER_HALF_OPEN;
    self->probing = true;
    return true;
}

bool breaker_failed (breaker_t *self, bool at_once, uint32_t threshold, int64_t now_ns, int64_t timeout_ns)
{
    assert (self && threshold > 0);
    self->failures++;
    self->probing = false;
    if (self->state == BREAKER_CLOSED && !at_once && self->failures < threshold)
        return false;
    bool changed = self->state != BREAKER_OPEN;
    self->state = BREAKER_OPEN;
    self->retry_at_ns = now_ns + timeout_ns;
    return changed;
}

bool breaker_succeeded (breaker_t *self)
{
    assert (self);
    bool changed = self->state != BREAKER_CLOSED;
    *self = (breaker_t){.state = BREAKER_CLOSED};
    return changed;
}
