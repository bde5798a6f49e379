/*  held.c: master orders that wait for their turn, for room, or for the shards; in order of a symbol's executions.
 *
 *  What there is no room for is refused and repeated by the listener every second: what executed first has the room, and
 *  nothing that executed after a refused one is taken before that one is back.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <string.h>

#define REFUSED_NS INT64_C (5000000000) /*  the listener repeats it every second */
#define FOLLOW_NS INT64_C (1500000000)  /*  and all of them in one go */

/*  What waits already says as much: the listener repeated itself. */
static bool held_already (const dispatcher_t *self, const trade_t *trade)
{
    for (uint32_t i = 0; i < self->held_count; i++) {
        const trade_t *held = &self->held[i];
        bool covers =
            held->qty_e9 > trade->qty_e9 || (held->qty_e9 == trade->qty_e9 && held->final >= trade->final);
        if (covers && strcmp (held->x, trade->x) == 0)
            return true;
    }
    return false;
}

/*  The last one of this symbol that waits, if it is the same X: the newer state replaces it and order is kept. But while
 *  older orders are still repeated one may come that belongs between them: then they wait apart while there is room. */
static trade_t *last_of_symbol (dispatcher_t *self, const trade_t *trade)
{
    for (uint32_t i = self->held_count; i-- > 0;)
        if (strcmp (self->held[i].symbol, trade->symbol) == 0)
            return strcmp (self->held[i].x, trade->x) == 0 ? &self->held[i] : NULL;
    return NULL;
}

bool dispatcher_held_before (const dispatcher_t *self, const trade_t *trade)
{
    assert (self && trade);
    for (uint32_t i = 0; i < self->held_count; i++)
        if (self->held[i].executed_at_ns < trade->executed_at_ns &&
            strcmp (self->held[i].symbol, trade->symbol) == 0)
            return true;
    return false;
}

/*  Where it waits: before those of its symbol that executed later. A restarted dispatcher hears what is new first, and
 *  what waited for the one before it when it is repeated. */
static uint32_t place_of (const dispatcher_t *self, const trade_t *trade)
{
    for (uint32_t i = 0; i < self->held_count; i++)
        if (self->held[i].executed_at_ns > trade->executed_at_ns &&
            strcmp (self->held[i].symbol, trade->symbol) == 0)
            return i;
    return self->held_count;
}

static void hold (dispatcher_t *self, const trade_t *trade)
{
    uint32_t at = place_of (self, trade);
    memmove (self->held + at + 1, self->held + at, (self->held_count - at) * sizeof *self->held);
    self->held[at] = *trade;
    self->held_count++;
}

static void note_refused (dispatcher_t *self, const trade_t *trade, const event_t *event)
{
    if (trade->executed_at_ns > self->refused_last_ns)
        self->refused_last_ns = trade->executed_at_ns;
    if (*self->refused_x && self->refused_at_ns <= trade->executed_at_ns)
        return;
    memcpy (self->refused_x, trade->x, sizeof self->refused_x);
    self->refused_at_ns = trade->executed_at_ns;
    self->refused_till_ns = event->now_ns + REFUSED_NS;
}

/*  What waits is what executed first: the one that executed last of all goes, and is repeated. */
static bool make_room (dispatcher_t *self, const trade_t *trade, const event_t *event)
{
    uint32_t last = 0;
    for (uint32_t i = 1; i < self->held_count; i++)
        if (self->held[i].executed_at_ns >= self->held[last].executed_at_ns)
            last = i;
    bool room = self->held_count > 0 && self->held[last].executed_at_ns > trade->executed_at_ns;
    note_refused (self, room ? &self->held[last] : trade, event);
    if (!room)
        return false;
    self->held_count--;
    memmove (self->held + last, self->held + last + 1, (self->held_count - last) * sizeof *self->held);
    return true;
}

/*  One that executed before it was refused and is not here yet: taken now, it could be closed before that one was seen.
 *  When the first of them is back the others follow, in a second. */
static bool comes_too_soon (dispatcher_t *self, const trade_t *trade, const event_t *event)
{
    if (self->refused_till_ns <= event->now_ns) {
        *self->refused_x = 0;
        self->refused_last_ns = 0;
        return false;
    }
    if (*self->refused_x && strcmp (self->refused_x, trade->x) != 0)
        return trade->executed_at_ns > self->refused_at_ns;
    if (*self->refused_x) {
        *self->refused_x = 0;
        self->refused_till_ns = event->now_ns + FOLLOW_NS;
    }
    return trade->executed_at_ns > self->refused_last_ns;
}

held_t dispatcher_held_put (dispatcher_t *self, const trade_t *trade, const event_t *event)
{
    assert (self && trade && event);
    if (held_already (self, trade))
        return HELD_ALREADY;
    if (comes_too_soon (self, trade, event))
        return HELD_TOO_SOON;
    bool full = self->held_count == self->config.max_held;
    trade_t *place = self->open_for_orders || full ? last_of_symbol (self, trade) : NULL;
    if (!place && full && !make_room (self, trade, event))
        return HELD_NO_ROOM;
    if (place)
        *place = *trade;
    else
        hold (self, trade);
    return HELD;
}

void dispatcher_held_along (dispatcher_t *self, const trade_t *trade)
{
    assert (self && trade);
    if (self->held_count < self->config.max_held / 2 && !held_already (self, trade))
        hold (self, trade);
}
