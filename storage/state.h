/*  state.h: the port to dedup marks and breaker state: progress, disposable (docs/storage.md, docs/redis.md).
 *
 *  Implementations: storage/database_state.h (the database), storage/redis_state.h. Calls never wait: what lies elsewhere is
 *  fetched by `refresh`, whose completion may come later on the caller's loop, and is looked at with `*_each`.
 *
 *  A put is newer knowledge or it changes nothing: of a mark the larger Q stays (at the same Q everything that was said:
 *  it ended, if anybody said so; the first word on when it began; the latest execution), of a breaker what was stored
 *  last. stored_at_ns says when that was (UTC); 0 = now. One thread.
 */
#ifndef STATE_H
#define STATE_H

#include "messages/error.h"
#include "messages/gen/messages.h"

typedef struct state state_t;

#define STATE_MARKS 10000 /*  so many are looked at: the newest ones */

/*  each() != 0 ends the walk with that value. */
typedef int (state_mark_fn) (void *context, const state_mark_t *mark, int64_t stored_at_ns);
typedef int (state_breaker_fn) (void *context, const breaker_changed_t *breaker, int64_t stored_at_ns);
/*  0: everything that is stored is known. -ERR_UNREACHABLE, -ERR_TIMEOUT: what is known is what this process put. */
typedef void (state_done_fn) (void *context, int result);

typedef struct {
    void (*destroy) (state_t **self_p); /*  a refresh under way is forgotten: its done is not called */
    int (*mark_put) (state_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem);
    int (*breaker_put) (
        state_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem);
    /*  done is called once, at once or later, and in bounded time. One refresh at a time. */
    void (*refresh) (state_t *self, state_done_fn *done, void *context);
    int (*mark_each) (
        state_t *self, state_mark_fn *each, void *context, problem_t *problem); /*  oldest first */
    int (*breaker_each) (state_t *self, state_breaker_fn *each, void *context, problem_t *problem);
} state_ops_t;

/*  Every implementation's struct begins with this. */
struct state {
    const state_ops_t *ops;
};

#endif
