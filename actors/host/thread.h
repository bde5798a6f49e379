/*  thread.h: a thread of this process for one actor, or for several that share its loop.
 *
 *  It begins to run when the last of them is there, and each one's end is told by itself. Threads: all calls from the
 *  supervisor's, ended is called from the actors'.
 */
#ifndef THREAD_H
#define THREAD_H

#include "actors/host/runner.h"

typedef struct thread thread_t;

/*  status: exit code. Calls uv_async_send, or the like. */
typedef void (thread_ended_fn) (void *context, int status);

/*  For so many actors; NULL = no memory. */
thread_t *thread_new (size_t actors);
/*  Waits for its end, which must be near: each of its actors has ended, or it never ran. */
void thread_destroy (thread_t **self_p);
/*  Makes the actor, and the last one's call starts the thread. The runner is the thread's. */
int thread_add (thread_t *self, const runner_config_t *config, thread_ended_fn *on_ended, void *context,
    runner_t **runner_p, problem_t *problem);
bool thread_runs (const thread_t *self); /*  was started, and not joined yet */
/*  One of its actors has ended, as ended told; true: it was the last one, and all are gone. */
bool thread_leave (thread_t *self);

#endif
