/*  replay.c: orders of an earlier life that no history tells of, matched with the states of X that they answer.
 *
 *  The states of a lane are decided again in their order, on the holding of that moment: what is held now without the
 *  fills of whatever came later. Where the decision is an order and a found slot of that leg has its quantity, the slot
 *  is that order: it is reported, not sent. So an exit that was done is not decided again on a holding that a later
 *  entry enlarged.
 *
 *  An entry that has no slot though something after it has one was refused in that life, which could not say so any more:
 *  it is not sent after what came later (P4).
 *
 *  | quantity of the found slot              | it answers                                                             |
 *  | what is decided for a state from here on | that state; the ones before it merged                                 |
 *  | none of them, opening                   | the first state that explains it within 2 %; what is more goes into the next slot |
 *  | none of them, closing, less than one    | the first state that asks for more, and it goes on from the slot       |
 *  | none of them, closing                   | everything so far: no more is exited than the slots had                |
 */
#include "actors/executor/shard.h"

#include <assert.h>
#include <string.h>

int64_t replay_holding_e9 (const executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    return self->book.lanes[self->book.copies[copy].lane].holding_e9 - hindsight_moved_e9 (&self->book, copy);
}

static uint32_t earliest (const book_t *book, uint32_t copy)
{
    uint32_t best = NONE;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *slot = &book->slots[at];
        const slot_t *other = best == NONE ? slot : &book->slots[best];
        bool before =
            slot->created_at_ns < other->created_at_ns ||
            (slot->created_at_ns == other->created_at_ns && slot->leg == other->leg && slot->n < other->n);
        if (slot->found && (best == NONE || before))
            best = at;
    }
    return best;
}

bool replay_overtaken (const executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    const book_t *book = &self->book;
    bool any = book->lanes[book->copies[copy].lane].found > 0;
    for (uint32_t other = book->copies[copy].next_pending; any && other != NONE;
         other = book->copies[other].next_pending)
        if (earliest (book, other) != NONE)
            return true;
    return hindsight_opposed (book, copy);
}

/*  What the client held before each of them. */
static void look_back (executor_t *self, uint32_t lane)
{
    book_t *book = &self->book;
    for (uint32_t copy = book->lanes[lane].first_pending; copy != NONE;
         copy = book->copies[copy].next_pending)
        for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next)
            if (book->slots[at].found)
                book->slots[at].holding_e9 = hindsight_before_e9 (book, at);
}

static bool anything_closes (const book_t *book, uint32_t lane)
{
    for (uint32_t at = book->lanes[lane].first_pending; at != NONE; at = book->copies[at].next_pending)
        if (book->parents[book->copies[at].parent].trade.closed_e9 > 0)
            return true;
    return false;
}

bool replay_ready (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    lane_t *entry = &self->book.lanes[lane];
    const client_t *client = &self->book.clients[entry->client];
    if (entry->working > 0) {
        if (anything_closes (&self->book, lane))
            follow_lane (self, lane);
        return false;
    }
    if (client->active && (!client->positions_known || !client->equity_known || entry->doubtful)) {
        orders_schedule_lane (self, lane, self->now_ns + SECOND_NS);
        return false;
    }
    if (!entry->replaying)
        look_back (self, lane);
    entry->replaying = true;
    return true;
}

/*  What would have been decided for the copy's due state on the holding before the slot. */
static decision_t again (executor_t *self, uint32_t copy, const slot_t *slot)
{
    decide_when_t then = {.held_e9 = slot->holding_e9,
        .there_e9 = slot->holding_e9,
        .utc_ns = book_state (&self->book, copy, self->book.copies[copy].due_version)->executed_at_ns};
    return decide (&self->book, copy, &self->rules, &then);
}

/*  States that merged while the copy waited were decided apart, perhaps. */
static uint32_t first_version (const book_t *book, uint32_t copy)
{
    const copy_t *entry = &book->copies[copy];
    uint32_t version = book->parents[entry->parent].version;
    uint32_t oldest = version > STATES_MAX ? version - STATES_MAX + 1 : 1;
    uint32_t next = entry->done_version + 1 > oldest ? entry->done_version + 1 : oldest;
    return next < entry->due_version ? next : entry->due_version;
}

/*  Nobody answers what the master does later. */
static uint32_t last_version (const book_t *book, uint32_t copy, const slot_t *slot)
{
    uint32_t version = book->parents[book->copies[copy].parent].version;
    uint32_t first = first_version (book, copy);
    while (version > first && book_state (book, copy, version)->executed_at_ns > slot->created_at_ns)
        version--;
    return version;
}

/*  Is it the order that was decided? An exit's quantity may have been rounded on another way. */
static bool is_order (const decision_t *decision, const slot_t *slot)
{
    int64_t off_e9 = decision->qty_e9 - slot->qty_e9;
    int64_t most_e9 = slot->leg == LEG_CLOSE ? EXIT_ROUNDING_E9 : 0;
    return decision->kind == DECIDE_ORDER && decision->leg == slot->leg && off_e9 <= most_e9 &&
           off_e9 >= -most_e9;
}

/*  From what is not done yet on, the first one whose decision is the slot. The copy is left as that decision makes it. */
static bool exact (executor_t *self, uint32_t copy, slot_t *slot)
{
    copy_t *entry = &self->book.copies[copy];
    const copy_t saved = *entry;
    uint32_t newest = last_version (&self->book, copy, slot);
    uint32_t first = entry->told_e9 > 0 ? 1 : first_version (&self->book, copy); /*  its row may be lost */
    for (uint32_t version = first; version <= newest; version++) {
        entry->due_version = version;
        decision_t decision = again (self, copy, slot);
        if (is_order (&decision, slot)) {
            slot->target_e9 = decision.target_e9;
            return true;
        }
        *entry = saved;
    }
    return false;
}

/*  true: the state it is given to asks for more. */
static bool explain_entry (executor_t *self, uint32_t copy, slot_t *slot)
{
    copy_t *entry = &self->book.copies[copy];
    uint32_t newest = last_version (&self->book, copy, slot);
    entry->rate_lost |= entry->rate.den_e9 == 0;
    slot->target_e9 = book_sum_e9 (&self->book, copy, LEG_OPEN) + slot->qty_e9;
    entry->due_version = first_version (&self->book, copy);
    for (;; entry->due_version++) {
        decision_t decision = again (self, copy, slot);
        bool opens = decision.kind == DECIDE_ORDER && decision.leg == LEG_OPEN;
        if (opens && decision.qty_e9 + decision.qty_e9 / DRIFT_PART >= slot->qty_e9)
            return decision.qty_e9 > slot->qty_e9;
        if (entry->due_version == newest)
            return false;
    }
}

/*  Decided for a state before those we know, perhaps: the first one that asks for more goes on from it. */
static bool explain_exit (executor_t *self, uint32_t copy, slot_t *slot)
{
    copy_t *entry = &self->book.copies[copy];
    const copy_t saved = *entry;
    uint32_t newest = last_version (&self->book, copy, slot);
    for (uint32_t version = first_version (&self->book, copy); version <= newest; version++) {
        entry->due_version = version;
        decision_t decision = again (self, copy, slot);
        bool closes = decision.kind == DECIDE_ORDER && decision.leg == LEG_CLOSE;
        if (closes && decision.qty_e9 > slot->qty_e9) {
            slot->target_e9 = decision.target_e9;
            return true;
        }
        *entry = saved;
    }
    return false;
}

/*  More than any state asks for: everything so far is answered. */
static void accept_exit (executor_t *self, uint32_t copy, slot_t *slot)
{
    copy_t *entry = &self->book.copies[copy];
    int64_t sum_e9 = book_filled_e9 (&self->book, copy, LEG_CLOSE) + slot->qty_e9;
    entry->due_version = last_version (&self->book, copy, slot);
    if (!entry->exit_decided || sum_e9 > entry->exit_target_e9)
        entry->exit_target_e9 = sum_e9;
    entry->exit_decided = true;
    entry->exit_carried_e9 = entry->exit_target_e9;
    entry->exit_basis_e9 = -1 - entry->exit_target_e9; /*  taken anew at the next exit */
    entry->exit_remaining_e18 = entry->exit_from_e18 =
        book_state (&self->book, copy, entry->due_version)->remaining_e18;
    slot->target_e9 = entry->exit_target_e9;
}

/*  The next order of its leg, if that one is known: it was decided after this one. NONE: there is none. */
static uint32_t known_after (const book_t *book, uint32_t copy, const slot_t *slot)
{
    uint32_t best = NONE;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *other = &book->slots[at];
        bool after = other->leg == slot->leg && other->n > slot->n && !other->found &&
                     other->state != SLOT_VOID && !other->walking;
        if (after && (best == NONE || other->n < book->slots[best].n))
            best = at;
    }
    return best;
}

/*  How far the orders before it answered, of those that are told. */
static int64_t told_before_e9 (const book_t *book, uint32_t copy, const slot_t *slot)
{
    int64_t before_e9 = 0;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *other = &book->slots[at];
        if (other->told >= 0 && other->to_e9 < slot->to_e9 && other->to_e9 > before_e9)
            before_e9 = other->to_e9;
    }
    return before_e9;
}

/*  What came after it is known and counts it: it answers what came before that, and nothing is decided. What was told of
 *  it is lost, so its range begins where what is told ends: no execution is left without an outcome. */
static void adopt (executor_t *self, uint32_t copy, slot_t *slot, const slot_t *after)
{
    const book_t *book = &self->book;
    slot->to_e9 = after->from_e9 > 0 ? after->from_e9 : after->to_e9;
    slot->version = book->parents[book->copies[copy].parent].version;
    while (slot->version > 0 && book_state (book, copy, slot->version)->qty_e9 > slot->to_e9)
        slot->version--;
    slot->from_e9 = told_before_e9 (book, copy, slot);
    slot->target_e9 = slot->leg == LEG_CLOSE             ? book->copies[copy].exit_target_e9
                      : after->target_e9 > after->qty_e9 ? after->target_e9 - after->qty_e9
                                                         : slot->qty_e9;
}

/*  Its exit went as far as its closing slots. */
void replay_remembered (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    copy_t *entry = &self->book.copies[copy];
    if (!entry->remembered_exit || (entry->exit_decided && entry->exit_remaining_e18 < entry->remembered_e18))
        return;
    int64_t filled_e9 = book_filled_e9 (&self->book, copy, LEG_CLOSE);
    if (!entry->exit_decided || filled_e9 > entry->exit_target_e9)
        entry->exit_target_e9 = filled_e9;
    entry->exit_decided = true;
    entry->exit_carried_e9 = entry->exit_target_e9;
    entry->exit_basis_e9 = -1 - entry->exit_target_e9; /*  taken anew at the next exit */
    entry->exit_remaining_e18 = entry->exit_from_e18 = entry->remembered_e18;
}

/*  The newest state that had executed when it was sent; the first one at least. */
static uint32_t version_then (const book_t *book, uint32_t copy, const slot_t *slot)
{
    uint32_t version = book->parents[book->copies[copy].parent].version;
    while (version > 1 && book_state (book, copy, version)->executed_at_ns > slot->created_at_ns)
        version--;
    return version;
}

/*  Nothing that is not answered yet had executed when it was sent. */
static bool was_told (const book_t *book, uint32_t copy, const slot_t *slot)
{
    int64_t told_e9 = book->copies[copy].told_e9;
    return told_e9 > 0 && book_state (book, copy, version_then (book, copy, slot))->qty_e9 <= told_e9;
}

/*  It answers what had executed when it was sent, and was answered before its row was lost: it has what it has, and nothing is
 *  decided. */
static void adopt_told (executor_t *self, uint32_t copy, uint32_t at)
{
    const book_t *book = &self->book;
    copy_t *entry = &self->book.copies[copy];
    slot_t *slot = &self->book.slots[at];
    slot->found = false;
    self->book.lanes[entry->lane].found--;
    slot->version = version_then (book, copy, slot);
    slot->to_e9 = book_state (book, copy, slot->version)->qty_e9;
    slot->from_e9 = 0;
    int64_t sum_e9 = book_filled_e9 (book, copy, slot->leg);
    slot->target_e9 = sum_e9;
    entry->rate_lost |= slot->leg == LEG_OPEN && entry->rate.den_e9 == 0;
    if (slot->leg == LEG_CLOSE)
        replay_remembered (self, copy);
    bool whole = slot->filled_e9 >= slot->qty_e9;
    report_slot (self, at, whole ? OUTCOME_KIND_FILLED : OUTCOME_KIND_ACCEPTED,
        whole ? "" : order_status_text (slot->status), 0);
}

/*  The order is told; what was skipped for it and comes after it was skipped. */
static void skip_passed (executor_t *self, uint32_t copy)
{
    copy_t *entry = &self->book.copies[copy];
    if (entry->done_version < entry->passed_version) {
        entry->due_version = entry->passed_version;
        report_copy (self, copy, OUTCOME_KIND_SKIPPED, entry->passed_reason);
    }
}

/*  No order reaches up to what was answered: that is told without one, for its row is lost, too. */
static void tell_rest (executor_t *self, uint32_t copy)
{
    const copy_t *entry = &self->book.copies[copy];
    const slot_t *slots = self->book.slots;
    bool reached = entry->remembered_e9 == 0 || entry->done_e9 != entry->remembered_e9;
    for (uint32_t at = entry->first_slot; at != NONE; at = slots[at].next)
        reached |= slots[at].found || (slots[at].told >= 0 && slots[at].to_e9 >= entry->done_e9);
    if (!reached)
        report_again (self, copy);
}

bool replay_match (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    book_t *book = &self->book;
    copy_t *entry = &book->copies[copy];
    uint32_t at = earliest (book, copy);
    if (at == NONE)
        return false;
    slot_t *slot = &book->slots[at];
    uint32_t after = known_after (book, copy, slot);
    if (after != NONE) {
        adopt (self, copy, slot, &book->slots[after]);
        slot->found = false;
        book->lanes[entry->lane].found--;
        follow_tell_end (self, at);
        return true;
    }
    bool more = false; /*  is to come for the same state */
    if (!exact (self, copy, slot)) {
        if (was_told (book, copy, slot)) {
            adopt_told (self, copy, at);
            tell_rest (self, copy);
            return true;
        }
        if (slot->leg == LEG_OPEN)
            more = explain_entry (self, copy, slot);
        else if (explain_exit (self, copy, slot))
            more = true;
        else
            accept_exit (self, copy, slot);
    }
    /*  Its states have their outcomes already: later ones may have been decided without it. */
    bool late = slot->told >= 0;
    const state_t *state = book_state (book, copy, entry->due_version);
    slot->found = false;
    book->lanes[entry->lane].found--;
    slot->version = entry->due_version;
    slot->to_e9 = state->qty_e9;
    int64_t from_e9 = orders_range_from_e9 (book, copy, slot);
    if (slot->told < 0 || slot->from_e9 > from_e9) /*  else it was told before it was matched */
        slot->from_e9 = from_e9;
    entry->redo = more;
    slot->goes_on =
        more || slot->waited_e9 > slot->to_e9; /*  it was told under its number how far an exit waits */
    entry->flip = slot->leg == LEG_CLOSE && state->opened_e9 > entry->base_opened_e9;
    follow_tell_end (self, at);
    if (slot->leg == LEG_OPEN)
        skip_passed (self, copy);
    tell_rest (self, copy);
    if (slot->leg == LEG_OPEN && late)
        hindsight_reopen (self, at);
    return true;
}
