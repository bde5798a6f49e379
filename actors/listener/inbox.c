/*  inbox.c: a ring that grows at both ends. */
#include "actors/listener/inbox.h"

#include <assert.h>
#include <stdlib.h>

bool inbox_init (inbox_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->items = calloc (limit, sizeof *self->items);
    self->limit = limit;
    return self->items != NULL;
}

void inbox_free (inbox_t *self)
{
    assert (self);
    free (self->items);
    self->items = NULL;
}

held_t *inbox_at (inbox_t *self, uint32_t position)
{
    assert (self && position < self->count);
    return &self->items[(self->first + position) % self->limit];
}

held_t *inbox_push (inbox_t *self)
{
    assert (self);
    if (self->count == self->limit)
        return NULL;
    self->count++;
    return inbox_at (self, self->count - 1);
}

held_t *inbox_push_front (inbox_t *self)
{
    assert (self);
    if (self->count == self->limit)
        return NULL;
    self->first = (self->first + self->limit - 1) % self->limit;
    self->count++;
    return inbox_at (self, 0);
}

void inbox_truncate (inbox_t *self, uint32_t kept)
{
    assert (self && kept <= self->count);
    self->count = kept;
}
