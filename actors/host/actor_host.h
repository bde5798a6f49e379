/*  actor_host.h: runs one core: one libuv loop, events in, one step at a time, effects carried out in order.
 *
 *  The host knows messages, time and the wake; what a role needs beyond that (the broker, the database, an alert
 *  channel) is a port that roles.c plugs in. Events that arise while effects are being carried out wait in a bounded
 *  queue until the step is over: a core is never entered twice.
 *
 *  Threads: all calls from the thread of its loop, except actor_host_ask_stop.
 */
#ifndef ACTOR_HOST_H
#define ACTOR_HOST_H

#include "actors/actor.h"
#include "actors/host/wire.h"

#include <uv.h>

#define ACTOR_STOP_TIMEOUT_NS INT64_C (15000000000) /*  from EVENT_STOP to EFFECT_STOPPED */

typedef struct actor_host actor_host_t;

/*  What a role adds. Every function may be NULL. */
typedef struct {
    void *context;
    /*  Any effect but SEND, PUBLISH and STOPPED; bytes = the effect's part of the arena (effect->size of them). */
    void (*carry) (void *context, const effect_t *effect, const uint8_t *bytes);
    /*  What the port counts, beside its core (actors/measure.h). */
    void (*measure) (const void *context, actor_stats_t *stats);
    /*  The actor has stopped: end what has handles in the loop. */
    void (*close) (void *context);
    /*  The loop is closed: free the rest, null the pointer. */
    void (*destroy) (void **context_p);
} actor_port_t;

/*  Everything is owned by the host from here on. */
typedef struct {
    const actor_ops_t *ops;
    void *core;
    effects_t *effects;
    actor_port_t port;
} actor_parts_t;

/*  A loop of its own is made at once (shared = NULL), so that ports can be built upon it; core and port are plugged in
 *  with _plug. */
int actor_host_new (actor_host_t **self_p, const wire_config_t *config, const char *role, uv_loop_t *shared,
    problem_t *problem);
/*  On a shared loop only after all of its actors were closed; the loop is the caller's to close. */
void actor_host_destroy (actor_host_t **self_p);
/*  Closes its handles. Part of destroy; once is enough. */
void actor_host_close (actor_host_t *self);
/*  The parts are the host's from here on, also after -ERR_MEMORY. */
int actor_host_plug (actor_host_t *self, const actor_parts_t *parts);

/*  Runs the actor to its end: 0 after a clean stop, -ERR_TIMEOUT when it would not stop in time, -ERR_IO. */
int actor_host_run (actor_host_t *self, problem_t *problem);
/*  The same in parts, for actors that share a loop: begin, run the loop (it is stopped at each one's end) until it has
 *  stopped, end. Events to one that has stopped are dropped. */
int actor_host_begin (actor_host_t *self, problem_t *problem);
bool actor_host_stopped (const actor_host_t *self);
int actor_host_end (actor_host_t *self, problem_t *problem);
/*  The end, at once, as if it had crashed; nothing that is under way is finished. Not from within a step. */
void actor_host_leave (actor_host_t *self);
/*  From any thread; a signal handler of libuv too. Twice is once. */
void actor_host_ask_stop (actor_host_t *self);

uv_loop_t *actor_host_loop (actor_host_t *self);
const char *actor_host_name (const actor_host_t *self);
const wire_counts_t *actor_host_counts (const actor_host_t *self);
const char *actor_host_lack (
    const actor_host_t *self); /*  NULL = ready (readiness.h), else what is missing */

bool actor_host_hears_anybody (const actor_host_t *self);

/*  One step: fills in the times. Not while effects are being carried out: then use actor_host_post. */
void actor_host_event (actor_host_t *self, event_t *event);
/*  A token event (EVENT_STORED, …), a broker's answer without a payload, or a stream state, after the current step. */
void actor_host_post_token (actor_host_t *self, int kind, uint64_t token);
void actor_host_post_count (actor_host_t *self, int kind, uint64_t token, uint64_t count);
void actor_host_post_answer (actor_host_t *self, const broker_answer_t *answer);
void actor_host_post_stream (actor_host_t *self, stream_phase_t state, const char *reason);

/*  A message of the host's own: as if the core had sent or published it. */
int actor_host_send (actor_host_t *self, const char *to, const message_t *message);
void actor_host_publish (actor_host_t *self, const message_t *message);
/*  alert.raised, published and logged. */
void actor_host_alert (actor_host_t *self, alert_raised_kind_t kind, const char *subject, const char *text);
/*  actor.state, published. */
void actor_host_say (actor_host_t *self, const char *role, actor_state_state_t state);

#endif
