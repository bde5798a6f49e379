/*  hindsight.c: the orders of a lane that came after a moment, and what they moved. What is decided late (found again after
 *  a crash, or asked for again because its progress was deleted) is decided on what the client held then, without what
 *  later states of the master's orders bought or sold, whoever knows of those: found by id, told by the history, or sent
 *  by this life.
 *
 *  An order that is found when exits after it were decided already was not in what these were decided on: they are decided
 *  once more, with what they should have closed of it.
 *
 *  An order's place is the broker's time of its creation; where only an outcome tells of it, the time of the execution it
 *  answers, and where that leaves it open the time it was sent.
 */
#include "actors/executor/shard.h"

#include <assert.h>
#include <string.h>

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

/*  Its due state may have been decided before. */
static bool is_late (const copy_t *copy)
{
    return copy->history_done || copy->reopened;
}

/*  Is it of another X, for a state after the copy's due one? Only where that one may have been decided before. */
static bool overtook (const book_t *book, const slot_t *slot, uint32_t copy)
{
    if (!is_late (&book->copies[copy]) || slot->copy == copy || slot->state == SLOT_VOID)
        return false;
    int64_t due_ns = book_state (book, copy, book->copies[copy].due_version)->executed_at_ns;
    return answers_ns (book, slot) > due_ns;
}

int64_t hindsight_moved_e9 (const book_t *book, uint32_t copy)
{
    assert (book && copy < book->max_copies);
    const lane_t *lane = &book->lanes[book->copies[copy].lane];
    bool any = lane->found > 0 || is_late (&book->copies[copy]);
    int64_t moved_e9 = 0;
    for (uint32_t other = any ? lane->first_copy : NONE; other != NONE;
         other = book->copies[other].next_of_lane)
        for (uint32_t at = book->copies[other].first_slot; at != NONE; at = book->slots[at].next)
            if (book->slots[at].found || overtook (book, &book->slots[at], copy))
                moved_e9 += signed_fill_e9 (&book->slots[at]);
    return moved_e9;
}

/*  Has a state after that moment its outcome, with or without an order? */
static bool decided_after (const book_t *book, uint32_t copy, int64_t due_ns)
{
    const copy_t *entry = &book->copies[copy];
    return entry->done_version > 0 && !entry->redo &&
           book_state (book, copy, entry->done_version)->executed_at_ns > due_ns;
}

bool hindsight_opposed (const book_t *book, uint32_t copy)
{
    assert (book && copy < book->max_copies);
    const copy_t *entry = &book->copies[copy];
    trade_side_t ours = book->parents[entry->parent].trade.side;
    int64_t due_ns = book_state (book, copy, entry->due_version)->executed_at_ns;
    for (uint32_t other = book->lanes[entry->lane].first_copy; other != NONE && entry->history_done;
         other = book->copies[other].next_of_lane) {
        if (other == copy || book->parents[book->copies[other].parent].trade.side == ours)
            continue;
        if (decided_after (book, other, due_ns))
            return true;
        for (uint32_t at = book->copies[other].first_slot; at != NONE; at = book->slots[at].next)
            if (!book->slots[at].found && overtook (book, &book->slots[at], copy))
                return true;
    }
    return false;
}

/*  An exit of a state after this one that found nothing to close, or was to close all there was. */
static bool rested_on (const book_t *book, uint32_t copy, const state_t *entered)
{
    const copy_t *entry = &book->copies[copy];
    if (entry->done_version == 0 || !entry->exit_decided || entry->remembered_exit)
        return false;
    const state_t *done = book_state (book, copy, entry->done_version);
    bool nothing = entry->kind == OUTCOME_KIND_SKIPPED && strcmp (entry->reason, "no_position") == 0;
    return (done->flat || nothing) && book_before (entered, done);
}

/*  Of what was opened by a state of another X, the part that is left behind the copy's done state. */
static int64_t left_e18 (const book_t *book, uint32_t copy, const state_t *entered)
{
    const copy_t *entry = &book->copies[copy];
    uint32_t version = entry->done_version;
    while (version > 0 && !book_before (book_state (book, copy, version), entered))
        version--;
    int64_t from_e18 =
        version > 0 ? book_state (book, copy, version)->remaining_e18 : entry->base_remaining_e18;
    return scaling_remaining_since (book_state (book, copy, entry->done_version)->remaining_e18, from_e18);
}

void hindsight_reopen (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots && self->book.slots[slot].leg == LEG_OPEN);
    book_t *book = &self->book;
    const slot_t *entry = &book->slots[slot];
    const state_t *entered = book_state (book, entry->copy, entry->version);
    trade_side_t side = book->parents[book->copies[entry->copy].parent].trade.side;
    for (uint32_t at = book->lanes[book->copies[entry->copy].lane].first_copy; at != NONE;
         at = book->copies[at].next_of_lane) {
        copy_t *copy = &book->copies[at];
        if (book->parents[copy->parent].trade.side == side || !rested_on (book, at, entered))
            continue;
        copy->exit_target_e9 += scaling_exit (entry->filled_e9, left_e18 (book, at, entered));
        copy->redo = copy->reopened = true;
        book_unpend (book, at);
        book_pend (book, at);
        report_state (self, copy->parent); /*  it may be closed: its order is followed all the same */
    }
}
