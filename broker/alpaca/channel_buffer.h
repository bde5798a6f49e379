/*  channel_buffer.h: bytes that come at the end and leave at the front; what leaves is wiped, for it may be a secret. */
#ifndef BROKER_ALPACA_CHANNEL_BUFFER_H
#define BROKER_ALPACA_CHANNEL_BUFFER_H

#include "messages/error.h"

#include <stddef.h>
#include <stdint.h>

/*  bytes[begin .. end) are the content; zero-initialised but for `most` is empty. */
typedef struct {
    uint8_t *bytes;
    size_t begin;
    size_t end;
    size_t capacity;
    size_t most; /*  never larger */
} channel_buffer_t;

size_t channel_buffer_size (const channel_buffer_t *self);
/*  Room for so many at the end, contiguous: 0, -ERR_FULL (beyond most), -ERR_MEMORY. */
int channel_buffer_reserve (channel_buffer_t *self, size_t size);
int channel_buffer_put (channel_buffer_t *self, const void *bytes, size_t size);
void channel_buffer_take (channel_buffer_t *self, size_t size);
void channel_buffer_free (channel_buffer_t *self);

#endif
