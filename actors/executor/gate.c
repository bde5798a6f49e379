/*  gate.c: see gate.h. */
#include "actors/executor/gate.h"

#include <assert.h>

void gate_init (gate_t *self, uint32_t limit, uint32_t batch, int64_t pause_ns)
{
    assert (self);
    *self = (gate_t){.limit = limit ? limit : UINT32_MAX,
        .batch = batch ? batch : UINT32_MAX,
        .pause_ns = pause_ns,
        .next_batch_ns = INT64_MIN};
    for (int at = 0; at < GATE_QUEUES; at++)
        self->first[at] = self->last[at] = NONE;
}

void gate_step (gate_t *self, int64_t now_ns)
{
    assert (self);
    if (now_ns >= self->next_batch_ns)
        self->begun = 0;
}

static bool has_place (const gate_t *self, bool doubt, int64_t now_ns)
{
    if (self->flying >= self->limit || self->begun >= self->batch)
        return false;
    if (self->begun == 0 && now_ns < self->next_batch_ns)
        return false;
    return !doubt || self->in_doubt < self->limit - self->limit / 2;
}

static void append (gate_t *self, book_t *book, uint32_t lane, int queue)
{
    lane_t *entry = &book->lanes[lane];
    entry->queued = true;
    entry->next_queued = NONE;
    if (self->first[queue] == NONE)
        self->first[queue] = lane;
    else
        book->lanes[self->last[queue]].next_queued = lane;
    self->last[queue] = lane;
}

bool gate_admits (gate_t *self, book_t *book, uint32_t lane, bool exit, bool doubt, int64_t now_ns)
{
    assert (self && book && lane < book->lane_count);
    int queue = exit ? (doubt ? GATE_DOUBT_X : GATE_EXIT) : (doubt ? GATE_DOUBT_E : GATE_ENTRY);
    bool before = false; /*  does somebody wait who goes first? */
    for (int at = 0; at <= queue && !self->taking; at++)
        before |= self->first[at] != NONE;
    if (!before && has_place (self, doubt, now_ns))
        return true;
    if (!book->lanes[lane].queued)
        append (self, book, lane, queue);
    return false;
}

void gate_sent (gate_t *self, slot_t *slot, bool doubt, int64_t now_ns)
{
    assert (self && slot && !slot->placed);
    slot->placed = true;
    slot->placed_in_doubt = doubt;
    self->flying++;
    self->in_doubt += doubt;
    if (++self->begun == self->batch)
        self->next_batch_ns = now_ns + self->pause_ns;
}

void gate_answered (gate_t *self, slot_t *slot)
{
    assert (self && slot);
    if (!slot->placed)
        return;
    slot->placed = false;
    self->flying--;
    self->in_doubt -= slot->placed_in_doubt;
}

uint32_t gate_take (gate_t *self, book_t *book, int64_t now_ns)
{
    assert (self && book);
    for (int at = 0; at < GATE_QUEUES; at++) {
        uint32_t lane = self->first[at];
        if (lane == NONE || !has_place (self, at == GATE_DOUBT_X || at == GATE_DOUBT_E, now_ns))
            continue;
        self->first[at] = book->lanes[lane].next_queued;
        if (self->first[at] == NONE)
            self->last[at] = NONE;
        book->lanes[lane].queued = false;
        return lane;
    }
    return NONE;
}

int64_t gate_next_ns (const gate_t *self)
{
    assert (self);
    bool any = false;
    for (int at = 0; at < GATE_QUEUES; at++)
        any |= self->first[at] != NONE;
    return any && self->begun >= self->batch ? self->next_batch_ns : INT64_MAX;
}
