/*  hindsight.c: the orders of a lane that came after a moment, and what they moved. What is decided late (found again after
 *  a crash, or asked for again because its progress was deleted) is decided on what the client held then, without what
 *  later states of the master's orders bought or sold, whoever knows of those: found by id, told by the history, or sent
 *  by this life.
 *
 *  An order's place is the broker's time of its creation; where only an outcome tells of it, the time of the execution it
 *  answers, and where that leaves it open the time it was sent.
 */
#include "actors/executor/shard.h"

#include <assert.h>

static int64_t signed_fill_e9 (const slot_t *slot)
{
    return slot->side == SIDE_BUY ? slot->filled_e9 : -slot->filled_e9;
}

/*  The time of the execution that an order answers; of one before those remembered, the first it can be. */
static int64_t answers_ns (const book_t *book, const slot_t *slot)
{
    if (slot->version == 0)
        return book->parents[book->copies[slot->copy].parent].trade.first_at_ns;
    return book_state (book, slot->copy, slot->version)->executed_at_ns;
}

static bool came_after (const book_t *book, const slot_t *slot, const slot_t *since)
{
    const trade_t *trade = &book->parents[book->copies[since->copy].parent].trade;
    if (slot->copy == since->copy && slot->leg == since->leg)
        return slot->n >= since->n;
    if (slot->created_at_ns > 0)
        return slot->created_at_ns >= since->created_at_ns;
    int64_t answers_at_ns = answers_ns (book, slot);
    if (answers_at_ns > trade->executed_at_ns)
        return true;
    if (slot->version > 0 && answers_at_ns < trade->first_at_ns)
        return false;
    return slot->submitted_at_ns >= since->created_at_ns;
}

int64_t hindsight_before_e9 (const book_t *book, uint32_t slot)
{
    assert (book && slot < book->max_slots);
    const lane_t *lane = &book->lanes[book->copies[book->slots[slot].copy].lane];
    int64_t held_e9 = lane->holding_e9;
    for (uint32_t copy = lane->first_copy; copy != NONE; copy = book->copies[copy].next_of_lane)
        for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next)
            if (came_after (book, &book->slots[at], &book->slots[slot]))
                held_e9 -= signed_fill_e9 (&book->slots[at]);
    return held_e9;
}

/*  Is it of another X, for a state after the copy's due one? Only where an earlier life may have decided that one. */
static bool overtook (const book_t *book, const slot_t *slot, uint32_t copy)
{
    if (!book->copies[copy].history_done || slot->copy == copy || slot->state == SLOT_VOID)
        return false;
    int64_t due_ns = book_state (book, copy, book->copies[copy].due_version)->executed_at_ns;
    return answers_ns (book, slot) > due_ns;
}

int64_t hindsight_moved_e9 (const book_t *book, uint32_t copy)
{
    assert (book && copy < book->max_copies);
    const lane_t *lane = &book->lanes[book->copies[copy].lane];
    bool any = lane->found > 0 || book->copies[copy].history_done;
    int64_t moved_e9 = 0;
    for (uint32_t other = any ? lane->first_copy : NONE; other != NONE;
         other = book->copies[other].next_of_lane)
        for (uint32_t at = book->copies[other].first_slot; at != NONE; at = book->slots[at].next)
            if (book->slots[at].found || overtook (book, &book->slots[at], copy))
                moved_e9 += signed_fill_e9 (&book->slots[at]);
    return moved_e9;
}

bool hindsight_opposed (const book_t *book, uint32_t copy)
{
    assert (book && copy < book->max_copies);
    side_t ours =
        book->parents[book->copies[copy].parent].trade.side == TRADE_SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    const lane_t *lane = &book->lanes[book->copies[copy].lane];
    if (!book->copies[copy]
             .history_done) /*  nothing overtook it: the hot path does not look at all there was */
        return false;
    for (uint32_t other = lane->first_copy; other != NONE; other = book->copies[other].next_of_lane)
        for (uint32_t at = book->copies[other].first_slot; at != NONE; at = book->slots[at].next)
            if (!book->slots[at].found && book->slots[at].side != ours &&
                overtook (book, &book->slots[at], copy))
                return true;
    return false;
}
