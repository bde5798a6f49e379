/*  state.h: the port to dedup marks and breaker state: progress, disposable (design.md section 4, Redis).
 *
 *  Implementations: storage/sqlite (local database); later Redis behind the same calls. Keys as documented:
 *  tc:dedup:<master>:<X> = Q handled; tc:breaker:<client> = state, failures, opened_at, retry_at, last_error.
 */
#ifndef STATE_H
#define STATE_H

#include "messages/error.h"
#include "messages/gen/messages.h"

typedef struct state state_t;

typedef struct {
    void (*destroy) (state_t **self_p);
    int (*mark_put) (state_t *self, const state_mark_t *mark, problem_t *problem); /*  keeps the larger Q */
    int (*mark_each) (state_t *self, int (*each) (void *context, const state_mark_t *mark), void *context,
        problem_t *problem); /*  newest 10,000, oldest first */
    int (*breaker_put) (state_t *self, const breaker_changed_t *breaker, problem_t *problem);
    int (*breaker_each) (state_t *self, int (*each) (void *context, const breaker_changed_t *breaker),
        void *context, problem_t *problem);
} state_ops_t;

/*  Every implementation's struct begins with this. */
struct state {
    const state_ops_t *ops;
};

#endif
