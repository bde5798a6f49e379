/*  channel_memory.c: see channel_memory.h. */
#include "broker/alpaca/channel_memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST ((size_t) 64)
#define UNKEPT CHANNEL_MEMORY_CLASSES

struct channel_block {
    alignas (16) union {
        channel_block_t *next; /*  while free */
        size_t size;           /*  while taken: what was asked for */
    } as;
    size_t class;
};

static size_t class_of (size_t size)
{
    size_t class = 0;
    for (size_t room = SMALLEST; room < size && class < UNKEPT; room *= 2)
        class ++;
    return class;
}

void *channel_memory_take (size_t size, void *context)
{
    channel_memory_t *self = context;
    assert (self);
    size_t class = class_of (size);
    channel_block_t *block = class < UNKEPT ? self->free[class] : NULL;
    if (block) {
        self->free[class] = block->as.next;
    } else {
        size_t room = class < UNKEPT ? SMALLEST << class : size;
        if (room > SIZE_MAX - sizeof *block)
            return NULL;
        block = malloc (sizeof *block + room);
        if (!block)
            return NULL;
        self->allocations++;
    }
    block->class = class;
    block->as.size = size;
    return block + 1;
}

void *channel_memory_take_zeroed (size_t count, size_t size, void *context)
{
    size_t all = 0;
    if (__builtin_mul_overflow (count, size, &all))
        return NULL;
    void *bytes = channel_memory_take (all, context);
    if (bytes)
        memset (bytes, 0, all);
    return bytes;
}

void channel_memory_give (void *bytes, void *context)
{
    channel_memory_t *self = context;
    assert (self);
    if (!bytes)
        return;
    channel_block_t *block = (channel_block_t *) bytes - 1;
    explicit_bzero (bytes, block->as.size);
    if (block->class == UNKEPT) {
        free (block);
        return;
    }
    block->as.next = self->free[block->class];
    self->free[block->class] = block;
}

void *channel_memory_resize (void *bytes, size_t size, void *context)
{
    if (!bytes)
        return channel_memory_take (size, context);
    const channel_block_t *block = (const channel_block_t *) bytes - 1;
    size_t old = block->as.size;
    void *moved = channel_memory_take (size, context);
    if (!moved)
        return NULL;
    memcpy (moved, bytes, old < size ? old : size);
    channel_memory_give (bytes, context);
    return moved;
}

void channel_memory_free (channel_memory_t *self)
{
    assert (self);
    for (size_t class = 0; class < UNKEPT; class ++) {
        while (self->free[class]) {
            channel_block_t *block = self->free[class];
            self->free[class] = block->as.next;
            free (block);
        }
    }
}
