/*  fixture.h: a tap and actors as threads of the test, over the transport that the environment's TRANSPORT names.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "actors/host/actor_host.h"
#include "actors/host/tap.h"
#include "actors/host/topology.h"

typedef struct {
    actor_host_t *host;
    uv_thread_t thread;
    int result;
    wire_counts_t counts; /*  after the stop */
} fixture_actor_t;

typedef struct {
    topology_t topology;
    char directory[64];
    tap_t *tap;
    uv_thread_t tap_thread;
} fixture_t;

int fixture_make (void **state); /*  cmocka setup and teardown */
int fixture_clean (void **state);

/*  Starts an actor around a test's core; its role by the name "dispatcher" or else. */
void fixture_start (
    fixture_t *self, fixture_actor_t *actor, const char *name, const actor_ops_t *ops, void *core);
int fixture_stop (fixture_actor_t *actor); /*  what actor_host_run said */

/*  Polls until *value reaches wanted; fails the test after 10 s. */
void fixture_await (_Atomic uint64_t *value, uint64_t wanted);

#endif
