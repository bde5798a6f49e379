/*  channel_buffer.c: see channel_buffer.h. Grows by copying to a new place, not with realloc, which leaves the old one
 *  as it was. */
#include "broker/alpaca/channel_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 4096

size_t channel_buffer_size (const channel_buffer_t *self)
{
    assert (self && self->begin <= self->end);
    return self->end - self->begin;
}

static void channel_buffer_compact (channel_buffer_t *self)
{
    size_t size = self->end - self->begin;
    size_t old_end = self->end;
    memmove (self->bytes, self->bytes + self->begin, size);
    self->begin = 0;
    self->end = size;
    explicit_bzero (self->bytes + size, old_end - size);
}

int channel_buffer_reserve (channel_buffer_t *self, size_t size)
{
    assert (self);
    if (self->capacity - self->end >= size)
        return 0;
    size_t used = self->end - self->begin;
    if (used + size > self->most)
        return -ERR_FULL;
    if (self->begin > 0 && self->capacity >= used + size) {
        channel_buffer_compact (self);
        return 0;
    }
    size_t capacity = self->capacity ? self->capacity : SMALLEST;
    while (capacity < used + size)
        capacity *= 2;
    uint8_t *bytes = malloc (capacity);
    if (!bytes)
        return -ERR_MEMORY;
    if (used > 0)
        memcpy (bytes, self->bytes + self->begin, used);
    size_t most = self->most;
    channel_buffer_free (self);
    *self = (channel_buffer_t){.bytes = bytes, .end = used, .capacity = capacity, .most = most};
    return 0;
}

int channel_buffer_put (channel_buffer_t *self, const void *bytes, size_t size)
{
    assert (self && bytes);
    int rc = channel_buffer_reserve (self, size);
    if (rc != 0)
        return rc;
    memcpy (self->bytes + self->end, bytes, size);
    self->end += size;
    return 0;
}

void channel_buffer_take (channel_buffer_t *self, size_t size)
{
    assert (self && size <= self->end - self->begin);
    if (size == 0)
        return;
    explicit_bzero (self->bytes + self->begin, size);
    self->begin += size;
    if (self->begin == self->end)
        self->begin = self->end = 0;
}

void channel_buffer_free (channel_buffer_t *self)
{
    assert (self);
    if (self->bytes)
        explicit_bzero (self->bytes, self->capacity);
    free (self->bytes);
    self->bytes = NULL;
    self->begin = self->end = self->capacity = 0;
}
