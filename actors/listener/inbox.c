/*  inbox.c: numbers of items in a sorted array; those behind the count are the free ones. */
#include "actors/listener/inbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool inbox_init (inbox_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->items = calloc (limit, sizeof *self->items);
    self->order = calloc (limit, sizeof *self->order);
    self->limit = limit;
    for (uint32_t i = 0; self->order && i < limit; i++)
        self->order[i] = i;
    return self->items && self->order;
}

void inbox_free (inbox_t *self)
{
    assert (self);
    free (self->items);
    free (self->order);
    self->items = NULL;
    self->order = NULL;
}

void inbox_clear (inbox_t *self)
{
    assert (self);
    self->count = 0;
}

held_t *inbox_at (inbox_t *self, uint32_t position)
{
    assert (self && position < self->count);
    return &self->items[self->order[position]];
}

held_t *inbox_put (inbox_t *self, const held_t *held)
{
    assert (self && held);
    if (self->count == self->limit)
        return NULL;
    uint32_t number = self->order[self->count];
    uint32_t at = self->count;
    while (at > 0 && inbox_at (self, at - 1)->update.at_ns > held->update.at_ns)
        at--;
    memmove (&self->order[at + 1], &self->order[at], (self->count - at) * sizeof *self->order);
    self->order[at] = number;
    self->items[number] = *held;
    self->count++;
    return &self->items[number];
}

void inbox_move (inbox_t *self, uint32_t to, uint32_t from)
{
    assert (self && to <= from && from < self->count);
    uint32_t number = self->order[to];
    self->order[to] = self->order[from];
    self->order[from] = number;
}

void inbox_truncate (inbox_t *self, uint32_t kept)
{
    assert (self && kept <= self->count);
    self->count = kept;
}
