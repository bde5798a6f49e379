/*  channel_two.h: HTTP/2 (RFC 9113) on one connection of the channel: a client that sends orders and small reads. Frames are
 *  made and read here, header blocks of answers by nghttp2 (HPACK). Bytes only.
 */
#ifndef BROKER_ALPACA_CHANNEL_TWO_H
#define BROKER_ALPACA_CHANNEL_TWO_H

#include "broker/alpaca/channel_memory.h"
#include "broker/alpaca/channel_one.h"

typedef struct channel_two channel_two_t;

/*  memory is borrowed. NULL: out of memory. */
channel_two_t *channel_two_new (channel_memory_t *memory, const channel_target_t *target,
    channel_finished_fn *on_finished, void *context);
void channel_two_destroy (channel_two_t **self_p); /*  calls under way are not finished */

bool channel_two_settled (const channel_two_t *self);  /*  the peer's settings came */
bool channel_two_draining (const channel_two_t *self); /*  it takes no new request, or has no numbers left */
/*  Streams the peer lets be open at a time. */
size_t channel_two_streams (const channel_two_t *self);
/*  Requests that could be sent now: streams, and window for their bodies. */
size_t channel_two_room (const channel_two_t *self);
/*  Appends the request to plain; of its body what the peer has window for, the rest comes with channel_two_output.
 *  0, or -ERR_*: it was not taken. */
int channel_two_send (channel_two_t *self, channel_call_t *call, channel_buffer_t *plain);
/*  The call is no longer wanted: its stream is reset, it does not come back. */
void channel_two_cancel (channel_two_t *self, channel_call_t *call);
void channel_two_ping (channel_two_t *self);
/*  0; else the connection is of no more use: -ERR_SYNTAX (what is left of the output says why), -ERR_FULL (the peer asks for
 *  more than it reads), -ERR_MEMORY, -ERR_IO (it ended). */
int channel_two_input (channel_two_t *self, const uint8_t *bytes, size_t size);
/*  Appends everything else that is to be said: 0, -ERR_FULL, -ERR_MEMORY, -ERR_IO (the connection ended). */
int channel_two_output (channel_two_t *self, channel_buffer_t *plain);

#endif
