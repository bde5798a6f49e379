/*  wire_tap.h: what an actor says to the tap, after it has said it to those who wait for it.
 *
 *  A publication wakes the tap's thread: that would be in the way of a trade. So on a loop it waits up to a millisecond, in
 *  order, in a bounded queue; when that is full, all of it goes at once. Without a loop it goes at once. Private to wire.c.
 */
#ifndef WIRE_TAP_H
#define WIRE_TAP_H

#include "actors/host/wire.h"

#include <czmq.h>

typedef struct wire_tap wire_tap_t;

/*  The socket is the tap's from here on; counts are borrowed. NULL = no memory (the socket is destroyed). */
wire_tap_t *wire_tap_new (zsock_t *socket, wire_counts_t *counts);
void wire_tap_destroy (wire_tap_t **self_p); /*  not while it watches; what waits is sent */
void wire_tap_watch (wire_tap_t *self, uv_loop_t *loop);
void wire_tap_unwatch (wire_tap_t *self); /*  sends what waits; then run the loop until its handle is gone */
/*  0; a full socket's refusal is counted. */
int wire_tap_say (wire_tap_t *self, message_kind_t kind, const uint8_t *bytes, size_t size);

#endif
