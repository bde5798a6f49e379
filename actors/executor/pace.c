/*  pace.c: see pace.h. */
#include "actors/executor/pace.h"

#include <assert.h>

#define WINDOW_NS INT64_C (60000000000)
#define EXIT_PART 20
#define ORDER_PART 2

int64_t pace_wait_ns (const pace_t *self, pace_class_t class, int64_t now_ns)
{
    assert (self);
    if (self->limit == 0 || now_ns >= self->reset_ns)
        return 0;
    int64_t kept = class == PACE_EXIT ? 0 : self->limit / (class == PACE_ENTRY ? EXIT_PART : ORDER_PART);
    return self->left > kept ? 0 : self->reset_ns;
}

void pace_sent (pace_t *self, int64_t now_ns)
{
    assert (self);
    if (self->limit == 0)
        self->limit = PACE_LIMIT;
    if (now_ns >= self->reset_ns) {
        self->left = self->limit;
        self->reset_ns = now_ns + WINDOW_NS; /*  the answer knows better */
    }
    self->left--;
    self->flying++;
}

void pace_answered (
    pace_t *self, const broker_answer_t *answer, int64_t now_ns, int64_t utc_ns, int64_t fallback_ns)
{
    assert (self && answer && fallback_ns > 0);
    if (self->flying > 0)
        self->flying--;
    int64_t ahead_ns = answer->retry_at_ns > utc_ns ? answer->retry_at_ns - utc_ns : 0;
    if (ahead_ns > WINDOW_NS)
        ahead_ns = WINDOW_NS; /*  a clock is wrong */
    if (answer->kind == ANSWER_LIMITED) {
        self->left = 0;
        self->reset_ns = now_ns + (ahead_ns > 0 ? ahead_ns : fallback_ns);
    } else if (answer->limit > 0 && answer->remaining >= 0 &&
               ahead_ns > 0) { /*  of a window that still runs */
        self->limit = answer->limit;
        self->left = answer->remaining - self->flying;
        self->reset_ns = now_ns + ahead_ns;
    }
}
