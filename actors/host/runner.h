/*  runner.h: one actor of a topology, ready to run: a core in its host with its ports, or the tap.
 *
 *  The same for a process of its own and for a thread among others. Threads: new and destroy in one thread, run in
 *  the same or another between them, ask_stop from any (and from a signal handler).
 */
#ifndef RUNNER_H
#define RUNNER_H

#include "actors/host/settings.h"
#include "actors/host/topology.h"

typedef struct runner runner_t;

/*  topology->base is set. outside: directory of the tap's public socket, NULL = none but TAP_ENDPOINT and TAP_PORT. */
int runner_new (runner_t **self_p, const topology_t *topology, const topology_actor_t *actor,
    const settings_t *settings, const char *outside, problem_t *problem);
void runner_destroy (runner_t **self_p);
int runner_run (runner_t *self, problem_t *problem);
void runner_ask_stop (runner_t *self);

/*  Where `trade-copier tap` connects: TAP_ENDPOINT or the socket in `outside`; returns text. */
const char *runner_tap_endpoint (
    const settings_t *settings, const char *outside, char text[WIRE_ENDPOINT_MAX]);

#endif
