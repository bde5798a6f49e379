/*  placement.h: one actor where the topology puts it: a process of its own, or a thread of this one.
 *
 *  Both are started, asked to stop, and reported as ended on the supervisor's loop in the same way. One that shares a
 *  thread runs when the last of those is started.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include "actors/host/thread.h"

#include <uv.h>

typedef struct placement placement_t;

/*  status: exit code, or -signal of a process that was killed. The placement may be started again from here. */
typedef void (placement_ended_fn) (void *context, int status);

typedef struct {
    runner_config_t what;
    char *const *arguments; /*  of the process: argv[0] is the program; or */
    thread_t *thread;       /*  the thread, which may be shared; borrowed, destroyed after the placement */
    placement_ended_fn *on_ended;
    void *context;
} placement_config_t;

placement_t *placement_new (uv_loop_t *loop, const placement_config_t *config);
/*  Only when not running, and then run the loop before it is closed. */
void placement_destroy (placement_t **self_p);
int placement_start (placement_t *self, problem_t *problem);
void placement_ask_stop (placement_t *self); /*  ignored when not running */
/*  SIGKILL; a thread cannot be killed: false. */
bool placement_kill (placement_t *self);
bool placement_running (const placement_t *self);
int placement_pid (const placement_t *self); /*  0 = not running; a thread's is our own */

#endif
