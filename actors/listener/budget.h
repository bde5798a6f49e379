/*  budget.h: requests that the listener may make: 30 % of what the broker allows the master in a minute.
 *
 *  A bucket: in no minute more than 30 % of the limit leave (5 % at once, 25 % spread over the minute); at the start
 *  30 % at once, for the history. What an answer
 *  cost beyond one request (pages) is taken afterwards and waited for.
 */
#ifndef LISTENER_BUDGET_H
#define LISTENER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t limit;    /*  X-RateLimit-Limit: requests a minute */
    int64_t level_e9; /*  requests that may leave now, × 1e9; below 0 after many pages */
    int64_t at_ns;    /*  boottime: when level_e9 was reckoned */
    int64_t until_ns; /*  boottime: the broker said 429; nothing leaves before */
} budget_t;

void budget_init (budget_t *self, int64_t limit, int64_t now_ns);
void budget_limit (budget_t *self, int64_t limit); /*  as an answer says; ≤ 0: nothing new */
void budget_block (budget_t *self, int64_t until_ns);
/*  May one request leave? One that is not urgent leaves half of the room to those that are. */
bool budget_ready (budget_t *self, bool urgent, int64_t now_ns);
int64_t budget_ready_at (const budget_t *self, bool urgent, int64_t now_ns);
void budget_trim (budget_t *self);        /*  the start is over: what is left of its room goes */
bool budget_spent (const budget_t *self); /*  nothing is left, as of the last question */
void budget_spend (budget_t *self, int64_t requests);

#endif
