/*  queue.c: what waits for a decision: the last states of each X, and each lane's queue of copies, in the order in
 *  which the states came (the order of the master's executions). See book.h. */
#include "actors/executor/book.h"

#include <assert.h>

static void push_state (parent_t *parent, const state_t *state)
{
    parent->version++;
    parent->states[parent->version % STATES_MAX] = *state;
}

/*  What came between the state known last and this one, and was not told here (a life before, or a dispatcher before, was):
 *  decided apart, as it was or would have been. Price, equity and the position of now are this state's. */
static void push_steps (parent_t *parent, const trade_t *trade, state_t state)
{
    int64_t known_e9 = parent->version > 0 ? parent->trade.qty_e9 : 0;
    for (size_t at = 0; at < trade->steps_count; at++) {
        const step_t *step = &trade->steps[at];
        if (step->qty_e9 <= known_e9 || step->qty_e9 >= trade->qty_e9)
            continue;
        known_e9 = step->qty_e9;
        state.qty_e9 = step->qty_e9;
        state.opened_e9 = step->opened_e9;
        state.remaining_e18 = step->remaining_e18;
        state.executed_at_ns = step->executed_at_ns;
        state.flat = step->remaining_e18 == 0;
        push_state (parent, &state);
    }
}

bool book_take_state (book_t *self, uint32_t parent, const trade_t *trade, uint64_t sequence)
{
    assert (self && parent < self->max_parents && trade);
    parent_t *entry = &self->parents[parent];
    /*  The state of X moves by executions only. That it is final changes no target. */
    if (entry->version > 0 && trade->qty_e9 <= entry->trade.qty_e9) {
        entry->trade.final |= trade->final && trade->qty_e9 == entry->trade.qty_e9;
        return false;
    }
    state_t state = {.arrival = sequence,
        .qty_e9 = trade->qty_e9,
        .opened_e9 = trade->opened_e9,
        .remaining_e18 = trade->remaining_e18,
        .price_e9 = trade->price_e9,
        .current_e9 = trade->current_e9,
        .master_equity_e9 = trade->master_equity_e9,
        .executed_at_ns = trade->executed_at_ns,
        .flat = trade->flat};
    push_steps (entry, trade, state);
    push_state (entry, &state);
    entry->trade = *trade;
    return true;
}

static uint32_t oldest_version (const parent_t *parent)
{
    return parent->version > STATES_MAX ? parent->version - STATES_MAX + 1 : 1;
}

const state_t *book_state (const book_t *self, uint32_t copy, uint32_t version)
{
    assert (self && copy < self->max_copies);
    const parent_t *parent = &self->parents[self->copies[copy].parent];
    assert (parent->version > 0 && version <= parent->version);
    if (version < oldest_version (parent))
        version = oldest_version (parent);
    return &parent->states[version % STATES_MAX];
}

bool book_step_before (const book_t *self, uint32_t parent, int64_t at_ns, step_t *step)
{
    assert (self && parent < self->max_parents && self->parents[parent].version > 0 && step);
    const trade_t *trade = &self->parents[parent].trade;
    if (trade->executed_at_ns < at_ns) {
        *step = (step_t){.executed_at_ns = trade->executed_at_ns,
            .opened_e9 = trade->opened_e9,
            .remaining_e18 = trade->remaining_e18};
        return true;
    }
    for (size_t at = trade->steps_count; at-- > 0;)
        if (trade->steps[at].executed_at_ns < at_ns) {
            *step = trade->steps[at];
            return true;
        }
    return false;
}

static bool has_work (const book_t *self, uint32_t copy)
{
    if (self->copies[copy].pending)
        return true;
    for (uint32_t at = self->copies[copy].first_slot; at != NONE; at = self->slots[at].next)
        if (self->slots[at].state != SLOT_FINAL && self->slots[at].state != SLOT_VOID)
            return true;
    return false;
}

void book_count (book_t *self, uint32_t copy)
{
    assert (self && copy < self->max_copies);
    bool work = has_work (self, copy);
    copy_t *entry = &self->copies[copy];
    if (work == entry->counted)
        return;
    entry->counted = work;
    parent_t *parent = &self->parents[entry->parent];
    assert (work || parent->open_copies > 0);
    parent->open_copies += work ? 1u : UINT32_MAX; /*  plus or minus one */
}

/*  In the order of the master's executions. The sequence tells them apart within one moment only: what is commanded again
 *  after its progress was lost gets a new one. */
bool book_before (const state_t *a, const state_t *b)
{
    assert (a && b);
    return a->executed_at_ns < b->executed_at_ns ||
           (a->executed_at_ns == b->executed_at_ns && a->arrival < b->arrival);
}

static const state_t *place_of (const book_t *self, uint32_t copy)
{
    return book_state (self, copy, self->copies[copy].wait_version);
}

/*  Decides up to the newest state before which no other copy of the lane waits. */
static void merge (book_t *self, uint32_t copy)
{
    copy_t *entry = &self->copies[copy];
    const parent_t *parent = &self->parents[entry->parent];
    uint32_t next = entry->next_pending;
    entry->due_version = entry->wait_version;
    while (entry->due_version < parent->version &&
           (next == NONE ||
               book_before (book_state (self, copy, entry->due_version + 1), place_of (self, next))))
        entry->due_version++;
}

static void insert (book_t *self, uint32_t copy)
{
    copy_t *entry = &self->copies[copy];
    lane_t *lane = &self->lanes[entry->lane];
    uint32_t before = NONE;
    uint32_t after = lane->first_pending;
    if (after != NONE && book_before (place_of (self, lane->last_pending), place_of (self, copy))) {
        before = lane->last_pending; /*  the newest, as nearly always: not past all others */
        after = NONE;
    }
    while (after != NONE && book_before (place_of (self, after), place_of (self, copy))) {
        before = after;
        after = self->copies[after].next_pending;
    }
    entry->pending = true;
    entry->next_pending = after;
    if (before == NONE)
        lane->first_pending = copy;
    else
        self->copies[before].next_pending = copy;
    if (after == NONE)
        lane->last_pending = copy;
    if (before != NONE)
        merge (self, before);
}

void book_pend (book_t *self, uint32_t copy)
{
    assert (self && copy < self->max_copies);
    copy_t *entry = &self->copies[copy];
    if (!entry->pending) {
        uint32_t version = self->parents[entry->parent].version;
        uint32_t oldest = oldest_version (&self->parents[entry->parent]);
        uint32_t next =
            entry->redo && entry->done_version > 0 ? entry->done_version : entry->done_version + 1;
        entry->wait_version = next < oldest ? oldest : next > version ? version : next;
        insert (self, copy);
        book_count (self, copy);
    }
    merge (self, copy);
}

void book_unpend (book_t *self, uint32_t copy)
{
    assert (self && copy < self->max_copies);
    copy_t *entry = &self->copies[copy];
    if (!entry->pending)
        return;
    lane_t *lane = &self->lanes[entry->lane];
    uint32_t before = NONE;
    for (uint32_t at = lane->first_pending; at != copy; at = self->copies[at].next_pending)
        before = at;
    if (before == NONE)
        lane->first_pending = entry->next_pending;
    else
        self->copies[before].next_pending = entry->next_pending;
    if (lane->last_pending == copy)
        lane->last_pending = before;
    entry->pending = false;
    entry->next_pending = NONE;
    book_count (self, copy);
    if (before != NONE)
        merge (self, before);
}

void book_settle (book_t *self, uint32_t copy)
{
    assert (self && copy < self->max_copies);
    copy_t *entry = &self->copies[copy];
    bool more = entry->due_version < self->parents[entry->parent].version;
    book_unpend (self, copy);
    if (more)
        book_pend (self, copy);
}

void book_work (book_t *self, uint32_t slot)
{
    assert (self && slot < self->max_slots);
    lane_t *lane = &self->lanes[self->copies[self->slots[slot].copy].lane];
    self->slots[slot].next_working = lane->first_working;
    lane->first_working = slot;
    lane->working++;
}

void book_unwork (book_t *self, uint32_t slot)
{
    assert (self && slot < self->max_slots);
    lane_t *lane = &self->lanes[self->copies[self->slots[slot].copy].lane];
    uint32_t *link = &lane->first_working;
    while (*link != slot)
        link = &self->slots[*link].next_working;
    *link = self->slots[slot].next_working;
    lane->working--;
}
