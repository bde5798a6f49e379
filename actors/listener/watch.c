/*  watch.c: a table with an index by order id. */
#include "actors/listener/watch.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool watch_init (watch_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->orders = calloc (limit, sizeof *self->orders);
    self->limit = limit;
    return directory_init (&self->index, limit) && self->orders;
}

void watch_free (watch_t *self)
{
    assert (self);
    directory_free (&self->index);
    free (self->orders);
    self->orders = NULL;
}

void watch_clear (watch_t *self)
{
    assert (self);
    for (uint32_t i = 0; i < self->count; i++)
        directory_remove (&self->index, self->orders[i].order_id);
    self->count = self->hand = 0;
}

watched_t *watch_find (watch_t *self, const char *order_id)
{
    assert (self && order_id);
    uint32_t at = directory_get (&self->index, order_id);
    return at == DIRECTORY_NONE ? NULL : &self->orders[at];
}

static watched_t *room_for_one (watch_t *self)
{
    if (self->count < self->limit)
        return &self->orders[self->count++];
    for (uint32_t i = 0; i < self->limit; i++) {
        watched_t *watched = &self->orders[(self->hand + i) % self->limit];
        if (!watch_done (watched))
            continue;
        self->hand = (self->hand + i + 1) % self->limit;
        directory_remove (&self->index, watched->order_id);
        return watched;
    }
    return NULL;
}

watched_t *watch_open (watch_t *self, const char *order_id)
{
    assert (self && self->orders && order_id && *order_id);
    watched_t *watched = watch_find (self, order_id);
    if (watched || !(watched = room_for_one (self)))
        return watched;
    *watched = (watched_t){.open = true, .status = STATUS_PENDING_NEW};
    TEXT_SET (watched->order_id, order_id);
    directory_put (&self->index, watched->order_id, (uint32_t) (watched - self->orders));
    return watched;
}

watched_t *watch_order (watch_t *self, const order_t *order)
{
    assert (self && order);
    watched_t *watched = watch_open (self, order->id);
    if (!watched)
        return NULL;
    if (order->filled_qty_e9 > watched->filled_e9)
        watched->filled_e9 = order->filled_qty_e9;
    if (order->updated_at_ns > watched->updated_at_ns)
        watched->updated_at_ns = order->updated_at_ns;
    if (watched->open)
        watched->status = order->status;
    watched->open = watched->open && !order_status_final (order->status);
    return watched;
}

bool watch_accounted (const watched_t *watched)
{
    assert (watched);
    return watched->found_e9 >= watched->filled_e9;
}

bool watch_done (const watched_t *watched)
{
    assert (watched);
    return !watched->open && watched->counted_e9 >= watched->filled_e9;
}
