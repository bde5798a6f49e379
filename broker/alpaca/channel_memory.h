/*  channel_memory.h: memory for nghttp2's reader of header blocks: what is given back is wiped and kept for the next one, so
 *  that an answer costs no allocation and leaves nothing behind. One thread.
 */
#ifndef BROKER_ALPACA_CHANNEL_MEMORY_H
#define BROKER_ALPACA_CHANNEL_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define CHANNEL_MEMORY_CLASSES 11 /*  64 bytes, 128, … 64 KiB; larger ones are not kept */

typedef struct channel_block channel_block_t;

/*  Zero-initialised is empty. */
typedef struct {
    channel_block_t *free[CHANNEL_MEMORY_CLASSES];
    uint64_t allocations; /*  blocks asked of the heap */
} channel_memory_t;

/*  As malloc, calloc, realloc and free; context: channel_memory_t *. */
void *channel_memory_take (size_t size, void *context);
void *channel_memory_take_zeroed (size_t count, size_t size, void *context);
void *channel_memory_resize (void *bytes, size_t size, void *context);
void channel_memory_give (void *bytes, void *context);

void channel_memory_free (channel_memory_t *self); /*  all must have been given back */

#endif
