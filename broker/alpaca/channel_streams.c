/*  channel_streams.c: see channel_streams.h. Linear probing; numbers are odd and rise, so neighbours seldom meet. */
#include "broker/alpaca/channel_streams.h"

#include <assert.h>
#include <stdlib.h>

#define SMALLEST 256

static size_t home_of (const channel_streams_t *self, uint32_t id)
{
    return (id / 2) & (self->size - 1);
}

static channel_stream_t *place_of (const channel_streams_t *self, uint32_t id)
{
    size_t at = home_of (self, id);
    while (self->table[at].id != 0 && self->table[at].id != id)
        at = (at + 1) & (self->size - 1);
    return &self->table[at];
}

static bool grow (channel_streams_t *self)
{
    channel_streams_t larger = {.size = self->size ? 2 * self->size : SMALLEST, .count = self->count};
    larger.table = calloc (larger.size, sizeof *larger.table);
    if (!larger.table)
        return false;
    for (size_t at = 0; at < self->size; at++)
        if (self->table[at].id != 0)
            *place_of (&larger, self->table[at].id) = self->table[at];
    free (self->table);
    *self = larger;
    return true;
}

channel_stream_t *channel_streams_add (channel_streams_t *self, uint32_t id, channel_call_t *call)
{
    assert (self && id > 0 && call);
    if (2 * (self->count + 1) > self->size && !grow (self))
        return NULL;
    channel_stream_t *stream = place_of (self, id);
    assert (stream->id == 0);
    *stream = (channel_stream_t){.id = id, .call = call, .length = -1};
    self->count++;
    return stream;
}

channel_stream_t *channel_streams_find (const channel_streams_t *self, uint32_t id)
{
    assert (self && id > 0);
    channel_stream_t *stream = self->size > 0 ? place_of (self, id) : NULL;
    return stream && stream->id == id ? stream : NULL;
}

/*  Who stands behind it in the same row moves up, unless that is before its home. */
void channel_streams_remove (channel_streams_t *self, uint32_t id)
{
    channel_stream_t *stream = channel_streams_find (self, id);
    if (!stream)
        return;
    size_t mask = self->size - 1;
    size_t hole = (size_t) (stream - self->table);
    for (size_t at = (hole + 1) & mask; self->table[at].id != 0; at = (at + 1) & mask) {
        size_t home = home_of (self, self->table[at].id);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        self->table[hole] = self->table[at];
        hole = at;
    }
    self->table[hole] = (channel_stream_t){0};
    self->count--;
}

channel_stream_t *channel_streams_after (const channel_streams_t *self, uint32_t id)
{
    assert (self);
    channel_stream_t *next = NULL;
    for (size_t at = 0; at < self->size; at++)
        if (self->table[at].id > id && (!next || self->table[at].id < next->id))
            next = &self->table[at];
    return next;
}

void channel_streams_free (channel_streams_t *self)
{
    assert (self);
    free (self->table);
    *self = (channel_streams_t){0};
}
