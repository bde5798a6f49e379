/*  channel_one.h: HTTP/1.1 on one connection of the channel: one request in flight, its answer read. Bytes only. */
#ifndef BROKER_ALPACA_CHANNEL_ONE_H
#define BROKER_ALPACA_CHANNEL_ONE_H

#include "broker/alpaca/channel_buffer.h"
#include "broker/alpaca/channel_call.h"

typedef struct channel_one channel_one_t;

/*  The call's answer is complete (whole) or will not be; it is no longer the connection's. */
typedef void (channel_finished_fn) (void *context, channel_call_t *call);

/*  target and what it holds are borrowed. NULL: out of memory. */
channel_one_t *channel_one_new (
    const channel_target_t *target, channel_finished_fn *on_finished, void *context);
void channel_one_destroy (channel_one_t **self_p);

size_t channel_one_room (const channel_one_t *self); /*  1 or 0 */
/*  Appends the request to plain. 0, -ERR_FULL, -ERR_MEMORY. */
int channel_one_send (channel_one_t *self, channel_call_t *call, channel_buffer_t *plain);
/*  0; else the connection is of no more use: -ERR_SYNTAX (its bytes are no answer), -ERR_IO (it will carry no other
 *  request), -ERR_FULL (an answer too large). */
int channel_one_input (channel_one_t *self, const uint8_t *bytes, size_t size);
void channel_one_end (channel_one_t *self); /*  the connection ended in order */

#endif
