/*  wire.h: the ZeroMQ sockets of one actor.
 *
 *  A star: the dispatcher binds a ROUTER, every other actor connects a DEALER that says its name. Whatever is
 *  sent or published also goes to the tap (PUB to its XSUB), once, by its sender, up to 1 ms later. Frames: subject, msgpack.
 *  Between two actors goes one frame more, before these: the link's (link.h), which sees to it that messages arrive once
 *  and in order while both live. Nothing here blocks: what a link cannot take is refused and counted, and cores repeat
 *  what matters.
 *  What comes in is checked before an actor sees it: a bad message costs a counter and a log line, never more.
 *
 *  Threads: a wire belongs to the thread of its loop. Call wire_setup once, in the main thread, before the first.
 */
#ifndef WIRE_H
#define WIRE_H

#include "actors/host/link.h"
#include "messages/error.h"
#include "messages/gen/messages.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define WIRE_ENDPOINT_MAX 256
#define WIRE_BATCH 256  /*  messages taken in one turn of the loop, so that nothing else starves */
#define WIRE_HWM 100000 /*  messages queued for a peer */

typedef struct wire wire_t;
typedef struct curve curve_t; /*  curve.h */

typedef struct {
    const char *name;      /*  borrowed during wire_new, as all of these */
    const char *endpoint;  /*  of the dispatcher, or several with commas (wire_name.h); NULL = only publish */
    bool binds;            /*  the dispatcher itself */
    bool looks_up;         /*  names in endpoints are looked up on the loop, again and again (wire_name.h) */
    const char *tap_in;    /*  where to publish; NULL = nowhere */
    const char *tap_out;   /*  where to subscribe; NULL = not at all */
    const char *subscribe; /*  prefixes of subjects, with a space between */
    curve_t *curve;        /*  keys for all of these; NULL = plain. Outlives the wire */
    const bool *
        busy; /*  true: on_message must not be called now, not even by a neighbour (wire_near.h). Outlives the wire; NULL = never */
} wire_config_t;

typedef struct {
    uint64_t received;
    uint64_t sent;
    uint64_t published;
    uint64_t undecodable; /*  not a link's frames, unknown subject, or msgpack that the schema refuses */
    uint64_t unsent;      /*  no such peer, or its queue is full */
    uint64_t unpublished;
} wire_counts_t;

/*  Sum over the peers of this life (link.h). */
void wire_link_counts (const wire_t *self, link_counts_t *sum);

/*  Messages that its links have not handed over or that were not acknowledged. */
size_t wire_waiting (const wire_t *self);

/*  from: the peer's name ("" when it came from the tap). Both are valid during the call only. */
typedef void (wire_message_fn) (void *context, const char *from, const message_t *message);

/*  No signal handler of CZMQ's own, no lingering for ever. */
void wire_setup (void);
/*  -ERR_BUSY (address in use), -ERR_IO, -ERR_MEMORY; *problem names the endpoint. */
int wire_new (wire_t **self_p, const wire_config_t *config, problem_t *problem);
/*  Waits at most the linger time (1 s) for what is still queued. Only after wire_unwatch and its handles closed. */
void wire_destroy (wire_t **self_p);

/*  Calls on_message from the loop for every message. -ERR_IO: libuv refused. */
int wire_watch (
    wire_t *self, uv_loop_t *loop, wire_message_fn *on_message, void *context, problem_t *problem);
/*  Closes its handles; run the loop until they are gone. */
void wire_unwatch (wire_t *self);

/*  bytes: msgpack of a message of this kind. 0, -ERR_UNREACHABLE (no such peer), -ERR_FULL. Not published. */
int wire_send (wire_t *self, const char *to, message_kind_t kind, const uint8_t *bytes, size_t size);
int wire_publish (wire_t *self, message_kind_t kind, const uint8_t *bytes, size_t size);
const wire_counts_t *wire_counts (const wire_t *self);
/*  A peer that has not been silent for 3 beats; of a wire that connects: the dispatcher. */
bool wire_hears_anybody (const wire_t *self);

#endif
