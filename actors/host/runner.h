/*  runner.h: one actor of a topology, ready to run: a core in its host with its ports, or the tap.
 *
 *  The same for a process of its own and for a thread among others. Threads: new and destroy in one thread, run in
 *  the same or another between them, ask_stop from any (and from a signal handler).
 */
#ifndef RUNNER_H
#define RUNNER_H

#include "actors/host/settings.h"
#include "actors/host/topology.h"

#include <uv.h>

typedef struct runner runner_t;

typedef struct {
    const topology_t *topology; /*  its base is set; borrowed, as all of these, and longer than the runner */
    const topology_actor_t *actor;
    const settings_t *settings;
    /*  private directory of the tap's public socket and of who asks for health (health.h); NULL = none but TAP_ENDPOINT
     *  and TAP_PORT, and nobody can ask */
    const char *outside;
} runner_config_t;

/*  loop: shared with others (not the tap's); NULL = one of its own. */
int runner_new (runner_t **self_p, const runner_config_t *config, uv_loop_t *loop, problem_t *problem);
void runner_destroy (runner_t **self_p);
int runner_run (runner_t *self, problem_t *problem);
/*  Those that share a loop, until all have ended; each end is told from this thread: what runner_run would return. Then
 *  all are closed before the first is destroyed. */
typedef void (runner_ended_fn) (void *context, size_t at, int rc, const problem_t *problem);
void runner_run_all (
    runner_t *const *runners, size_t count, uv_loop_t *loop, runner_ended_fn *on_ended, void *context);
void runner_close (runner_t *self);
void runner_ask_stop (runner_t *self);
/*  Not the tap: it hears nobody, or the dispatcher has no configuration to work by. */
bool runner_is_alone (const runner_t *self);
/*  Not the tap; from its loop: a critical alert, system_error. */
void runner_alert (runner_t *self, const char *text);
/*  Not the tap; from its loop: the end, at once, with nothing finished. */
void runner_leave (runner_t *self);
/*  This process is the actor's alone: whoever started it is told (notify.h). */
void runner_tell_manager (runner_t *self);

/*  Where `trade-copier tap` connects: TAP_ENDPOINT or the socket in `outside`; returns text. */
const char *runner_tap_endpoint (
    const settings_t *settings, const char *outside, char text[WIRE_ENDPOINT_MAX]);

#endif
