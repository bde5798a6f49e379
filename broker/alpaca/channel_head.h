/*  channel_head.h: an order's HTTP/2 header fields as bytes (HPACK, RFC 7541), all but :method: prepared for a broker once,
 *  with an account's keys and the body's length at each order. Nothing goes into a compression table, neither ours nor the
 *  peer's; the keys are marked never to.
 */
#ifndef BROKER_ALPACA_CHANNEL_HEAD_H
#define BROKER_ALPACA_CHANNEL_HEAD_H

#include "broker/alpaca/channel_call.h"

#define CHANNEL_HEAD_MAX (640 + 2 * KEYS_TEXT_MAX)

typedef struct {
    uint8_t bytes[640];
    size_t size;
} channel_head_t;

void channel_head_make (channel_head_t *self, const channel_target_t *target);
/*  Returns how many bytes of `to` were written. */
size_t channel_head_write (
    const channel_head_t *self, const channel_call_t *call, uint8_t to[CHANNEL_HEAD_MAX]);

#endif
