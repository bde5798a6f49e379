/*  channel_head.h: a request's HTTP/2 header fields as bytes (HPACK, RFC 7541), all but :method: prepared for a broker once,
 *  with an account's keys and an order's length, or what is read, at each request. Nothing goes into a compression table, neither ours nor the
 *  peer's; the keys are marked never to.
 */
#ifndef BROKER_ALPACA_CHANNEL_HEAD_H
#define BROKER_ALPACA_CHANNEL_HEAD_H

#include "broker/alpaca/channel_call.h"

#define CHANNEL_HEAD_MAX (640 + REST_URL_MAX + 2 * KEYS_TEXT_MAX)

typedef struct {
    uint8_t bytes[640];
    size_t size;       /*  of an order's */
    size_t place_size; /*  of its first part, which a GET shares: where it goes to */
} channel_head_t;

void channel_head_make (channel_head_t *self, const channel_target_t *target);
/*  Returns how many bytes of `to` were written. */
size_t channel_head_write (
    const channel_head_t *self, const channel_call_t *call, uint8_t to[CHANNEL_HEAD_MAX]);

#endif
