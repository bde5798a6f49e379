/*  fixture.h: a tap and actors as threads of the test, over the transport that the environment's TRANSPORT names
 *  (curve: tcp with keys).
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "actors/host/actor_host.h"
#include "actors/host/curve.h"
#include "actors/host/tap.h"
#include "actors/host/topology.h"

typedef struct {
    actor_host_t *host;
    curve_t *curve; /*  NULL = plain */
    uv_thread_t thread;
    int result;
    wire_counts_t counts; /*  after the stop */
} fixture_actor_t;

typedef struct {
    topology_t topology;
    char directory[64];
    bool keys; /*  TRANSPORT=curve: certificates lie in the directory */
    curve_t *tap_curve;
    tap_t *tap;
    uv_thread_t tap_thread;
} fixture_t;

int fixture_make (void **state); /*  cmocka setup and teardown */
int fixture_clean (void **state);

/*  Starts an actor around a test's core; its role by the name "dispatcher" or else. */
void fixture_start (
    fixture_t *self, fixture_actor_t *actor, const char *name, const actor_ops_t *ops, void *core);
/*  A socket that is no actor's, as it has to be to get in. */
zsock_t *fixture_socket (fixture_t *self, int type, const char *label, const char *server);
int fixture_stop (fixture_actor_t *actor); /*  what actor_host_run said */

/*  Polls until *value reaches wanted; fails the test after 10 s. */
void fixture_await (_Atomic uint64_t *value, uint64_t wanted);

#endif
