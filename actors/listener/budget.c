/*  budget.c: see budget.h. The rate is limit / 240 a second, the room limit / 20: together 30 % of a minute's limit. */
#include "actors/listener/budget.h"

#include <assert.h>

#define ONE_E9 INT64_C (1000000000)
#define MINUTE_NS INT64_C (60000000000)
#define RATE 240
#define ROOM 20
#define FIRST 3 /*  tenths of the limit, at once, at the start */
#define LIMIT_MOST 1000000

static int64_t room_e9 (const budget_t *self)
{
    return self->limit >= ROOM ? self->limit * ONE_E9 / ROOM : ONE_E9;
}

void budget_init (budget_t *self, int64_t limit, int64_t now_ns)
{
    assert (self && limit > 0);
    *self = (budget_t){.limit = limit, .at_ns = now_ns, .until_ns = INT64_MIN};
    self->level_e9 = self->limit * FIRST / 10 * ONE_E9;
    if (self->level_e9 < ONE_E9)
        self->level_e9 = ONE_E9;
}

void budget_limit (budget_t *self, int64_t limit)
{
    assert (self);
    if (limit > 0)
        self->limit = limit < LIMIT_MOST ? limit : LIMIT_MOST;
}

void budget_block (budget_t *self, int64_t until_ns)
{
    assert (self);
    if (until_ns > self->until_ns)
        self->until_ns = until_ns;
}

/*  What has to be there for a request to leave. */
static int64_t least_e9 (const budget_t *self, bool urgent)
{
    return urgent || self->limit < 2 * ROOM ? ONE_E9 : room_e9 (self) / 2 + ONE_E9;
}

void budget_trim (budget_t *self)
{
    assert (self);
    if (self->level_e9 > room_e9 (self))
        self->level_e9 = room_e9 (self);
}

bool budget_spent (const budget_t *self)
{
    assert (self);
    return self->level_e9 < ONE_E9;
}

bool budget_ready (budget_t *self, bool urgent, int64_t now_ns)
{
    assert (self);
    int64_t elapsed_ns = now_ns - self->at_ns;
    if (elapsed_ns > 0) {
        int64_t gained_e9 = (elapsed_ns < MINUTE_NS ? elapsed_ns : MINUTE_NS) / RATE * self->limit;
        int64_t missing_e9 = room_e9 (self) - self->level_e9;
        if (missing_e9 > 0)
            self->level_e9 += gained_e9 < missing_e9 ? gained_e9 : missing_e9;
        self->at_ns = now_ns - elapsed_ns % RATE;
    }
    return self->level_e9 >= least_e9 (self, urgent) && now_ns >= self->until_ns;
}

int64_t budget_ready_at (const budget_t *self, bool urgent, int64_t now_ns)
{
    assert (self);
    int64_t missing_e9 = least_e9 (self, urgent) - self->level_e9;
    int64_t at_ns = missing_e9 > 0 ? self->at_ns + (missing_e9 / self->limit + 1) * RATE : now_ns;
    return at_ns > self->until_ns ? at_ns : self->until_ns;
}

void budget_spend (budget_t *self, int64_t requests)
{
    assert (self && requests >= 0);
    self->level_e9 -= requests * ONE_E9;
    if (self->level_e9 < -self->limit * ONE_E9)
        self->level_e9 = -self->limit * ONE_E9;
}
