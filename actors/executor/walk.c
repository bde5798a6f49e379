/*  walk.c: which slots of a copy an earlier life took: asked by id, one after the other, each leg until a definite
 *  "not found". Reads by id are current; lists are not.
 *
 *  | a slot             | the broker has it                                    | not found                           |
 *  | not in the history | found: matched with its state later (replay.c)       | the leg is walked                   |
 *  | missing between    | the same                                             | asked again; then never taken       |
 *  | known, open        | goes on being followed                               | asked again; then never taken       |
 *  | known, refused     | taken all the same: goes on being followed           | never taken, its number is free     |
 *  | known, at its end  | not asked                                            |                                     |
 *
 *  Any other answer is asked again, later. Nothing of the lane is decided meanwhile.
 */
#include "actors/executor/shard.h"

#include <assert.h>
#include <string.h>

#define NOT_FOUND_MAX 5 /*  of an order that was once accepted */
#define LEASE_MOST_NS (5 * SECOND_NS)

static uint32_t walked_slot (const book_t *book, uint32_t copy)
{
    uint32_t at = book->copies[copy].first_slot;
    while (at != NONE && !book->slots[at].walking)
        at = book->slots[at].next;
    return at;
}

static void start (executor_t *self, uint32_t copy)
{
    copy_t *entry = &self->book.copies[copy];
    entry->walking = true;
    entry->legs_walked = 0;
    entry->passed = false;
    self->book.lanes[entry->lane].walks++;
    self->book.clients[entry->client].busy++;
}

void walk_begin (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies && !self->book.copies[copy].walking);
    uint32_t parent = self->book.copies[copy].parent;
    start (self, copy);
    book_pend (&self->book, copy);
    self->book.copies[copy].history_late = self->book.parents[parent].history_open &&
                                           self->book.clients[self->book.copies[copy].client].since_ns >
                                               self->book.parents[parent].history_since_ns;
    if (!self->book.parents[parent].history_open)
        history_ask (self, parent);
}

/*  An exit that ended short of its target waits for the rest, whatever was reported; so does what was told to go on. */
static bool is_short (const book_t *book, uint32_t copy)
{
    const copy_t *entry = &book->copies[copy];
    bool shorter = false;
    for (uint32_t at = entry->first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *slot = &book->slots[at];
        bool ended = slot->state == SLOT_FINAL;
        if (ended && slot->goes_on && slot->filled_e9 >= slot->qty_e9)
            return true;
        shorter |= slot->leg == LEG_CLOSE && ended && slot->filled_e9 < slot->qty_e9;
    }
    return shorter && entry->exit_decided && book_filled_e9 (book, copy, LEG_CLOSE) < entry->exit_target_e9;
}

static bool has_found (const book_t *book, uint32_t copy)
{
    uint32_t at = book->copies[copy].first_slot;
    while (at != NONE && !book->slots[at].found)
        at = book->slots[at].next;
    return at != NONE;
}

/*  The newest state that Q reaches; 0 = none. */
static uint32_t version_at (const book_t *book, uint32_t copy, int64_t qty_e9)
{
    uint32_t version = book->parents[book->copies[copy].parent].version;
    while (version > 0 && book_state (book, copy, version)->qty_e9 > qty_e9)
        version--;
    return version;
}

static void finish (executor_t *self, uint32_t copy)
{
    book_t *book = &self->book;
    copy_t *entry = &book->copies[copy];
    const parent_t *parent = &book->parents[entry->parent];
    uint32_t client = entry->client;
    uint32_t lane = entry->lane;
    entry->walking = false;
    book->lanes[lane].walks--;
    book->clients[client].busy--;
    uint32_t done_version = version_at (book, copy, entry->done_e9);
    if (done_version > entry->done_version)
        entry->done_version = done_version;
    entry->redo |= !entry->remembered_exit && is_short (book, copy);
    book_unpend (book, copy); /*  its place is that of the state it waits with now */
    bool first = entry->walked_ns == 0;
    if (!has_found (book, copy))
        replay_remembered (self, copy);
    bool done = entry->done_version == parent->version && !entry->redo && !has_found (book, copy);
    if (!done) {
        book_pend (book, copy);
    } else if (first && !book->clients[client].removed) {
        report_settled (self, copy);
        report_again (self, copy);
    }
    entry->walked_ns = self->now_ns;
    if (first) {
        entry->late_ns = self->now_ns + LEASE_MOST_NS + self->config.request_timeout_ns;
        book->lanes[lane].late_ns = entry->late_ns;
        agenda_add (&self->agenda, entry->late_ns, token_make (TOKEN_WALK, (uint32_t) parent->age, copy));
    }
    if (book->lanes[lane].walks == 0)
        orders_advance (self, lane);
    accounts_idle (self, client);
}

static bool has_number (const book_t *book, uint32_t copy, leg_t leg, int n)
{
    uint32_t at = book->copies[copy].first_slot;
    while (at != NONE && (book->slots[at].leg != leg || book->slots[at].n != n))
        at = book->slots[at].next;
    return at != NONE;
}

/*  The lowest number not known yet: the history may have lost one between others, and a number is taken only after
 *  those before it. */
static int unknown_n (const book_t *book, uint32_t copy, leg_t leg)
{
    int last = book_next_n (book, copy, leg);
    int n = 1;
    while (n < last && has_number (book, copy, leg, n))
        n++;
    return n;
}

/*  Which state the slot answers is not known: up to this one. */
static void tell (executor_t *self, uint32_t slot, uint32_t version, int64_t from_e9, outcome_kind_t kind,
    const char *reason)
{
    slot_t *entry = &self->book.slots[slot];
    entry->version = version;
    entry->to_e9 = book_state (&self->book, entry->copy, version)->qty_e9;
    entry->from_e9 = from_e9 < entry->to_e9 ? from_e9 : entry->to_e9;
    report_slot (self, slot, kind, reason, 0);
}

/*  Skipped, but perhaps an earlier life sent it: not final before the slot is known, so that the next life looks, too. */
static void pass (executor_t *self, uint32_t slot, uint32_t version)
{
    int64_t from_e9 = self->book.copies[self->book.slots[slot].copy].passed_from_e9;
    const char *reason = self->book.copies[self->book.slots[slot].copy].passed_reason;
    tell (self, slot, version, from_e9, OUTCOME_KIND_SKIPPED, reason);
}

bool walk_tell_found (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    copy_t *entry = &self->book.copies[copy];
    const slot_t *slots = self->book.slots;
    for (uint32_t at = entry->first_slot; at != NONE; at = slots[at].next) {
        if (!slots[at].found || slots[at].told >= 0)
            continue;
        const copy_t before = *entry;
        tell (self, at, entry->due_version, entry->done_e9, OUTCOME_KIND_ACCEPTED, "unmatched");
        entry->done_version = before.done_version; /*  that it is there decides nothing */
        entry->done_e9 = before.done_e9;
        entry->kind = before.kind;
        entry->reason = before.reason;
    }
    return has_found (&self->book, copy);
}

/*  What a life before skipped, and is asked for still: its row says so again, for another one would stay open. */
static uint32_t passed_before (const book_t *book, uint32_t copy)
{
    uint32_t at = book->copies[copy].first_slot;
    while (at != NONE && !(book->slots[at].leg == LEG_OPEN && book->slots[at].walking &&
                             book->slots[at].retried && book->slots[at].told == (int) OUTCOME_KIND_SKIPPED))
        at = book->slots[at].next;
    return at;
}

bool walk_pass (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies && self->book.copies[copy].walking);
    copy_t *entry = &self->book.copies[copy];
    uint32_t slot = walked_slot (&self->book, copy);
    if (!stubborn_troubled (self, copy, entry->due_version) || stubborn_closes (self, copy))
        return false;
    if (entry->passed_version >= entry->due_version)
        return true; /*  said for a slot that was found */
    if (!entry->passed)
        entry->passed_from_e9 = entry->done_e9;
    entry->passed = true;
    bool blocked = self->book.clients[entry->client].breaker.state != BREAKER_CLOSED;
    entry->passed_reason = blocked ? "breaker_open" : "stale";
    walk_tell_found (self, copy);
    if (slot == NONE || self->book.slots[slot].known)
        slot = passed_before (&self->book, copy);
    if (slot == NONE) /*  the one that is asked for next */
        report_passed (self, copy, unknown_n (&self->book, copy, LEG_OPEN));
    else
        pass (self, slot, entry->due_version);
    return true;
}

static void probe (executor_t *self, uint32_t copy, leg_t leg)
{
    book_t *book = &self->book;
    int n = unknown_n (book, copy, leg);
    uint32_t at = book_slot (book, copy);
    if (at == NONE) {
        report_no_room (self);
        if (!book->parents[book->copies[copy].parent].history_open)
            history_ask (self, book->copies[copy].parent); /*  comes back here when it is answered */
        book->copies[copy].history_done = false;
        return;
    }
    bool buys = book->parents[book->copies[copy].parent].trade.side == TRADE_SIDE_BUY;
    slot_t *slot = &book->slots[at];
    slot->leg = leg;
    slot->n = n;
    slot->side = buys ? SIDE_BUY : SIDE_SELL;
    slot->walking = slot->recovered = true;
    if (book->copies[copy].passed)
        pass (self, at, book->copies[copy].done_version);
    orders_ask (self, at);
}

/*  Only legs that X has: what it opens and closes only grows. */
static bool has_leg (const book_t *book, uint32_t copy, leg_t leg)
{
    const trade_t *trade = &book->parents[book->copies[copy].parent].trade;
    return leg == LEG_OPEN ? trade->opened_e9 > 0
                           : trade->closed_e9 > 0 || trade->remaining_e18 < INT64_C (1000000000000000000);
}

static void abandon (executor_t *self, uint32_t copy)
{
    uint32_t at = walked_slot (&self->book, copy);
    for (; at != NONE; at = walked_slot (&self->book, copy))
        book_drop_slot (&self->book, at);
    finish (self, copy);
}

void walk_step (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies && self->book.copies[copy].walking);
    copy_t *entry = &self->book.copies[copy];
    if (self->book.clients[entry->client].removed) {
        abandon (self, copy);
        return;
    }
    if (self->lease.answered == 0)
        return; /*  walk_all */
    uint32_t known = walked_slot (&self->book, copy);
    if (known != NONE) {
        if (!self->book.slots[known].in_flight && !self->book.slots[known].scheduled)
            orders_ask (self, known);
        return;
    }
    for (leg_t leg = LEG_OPEN; leg < LEG_COUNT; leg++) {
        bool walked = DELIBERATE (NO_WALK) || entry->legs_walked & 1u << leg;
        if (!walked && has_leg (&self->book, copy, leg)) {
            probe (self, copy, leg);
            return;
        }
    }
    finish (self, copy);
}

void walk_all (executor_t *self)
{
    assert (self);
    self->walk_lane = 0;
    walk_more (self);
}

/*  All at once would be more than one step's effects hold. */
void walk_more (executor_t *self)
{
    assert (self);
    while (self->walk_lane != NONE) {
        uint32_t lane = self->walk_lane++;
        if (lane >= self->book.lane_count) {
            self->walk_lane = NONE;
            return;
        }
        if (self->effects->count > (size_t) self->config.max_clients * 2) {
            self->walk_lane = lane;
            effects_wake (self->effects, self->now_ns);
            return;
        }
        if (self->book.lanes[lane].walks == 0)
            continue;
        for (uint32_t at = self->book.lanes[lane].first_pending, next; at != NONE; at = next) {
            const copy_t *copy = &self->book.copies[at];
            next = copy->next_pending;
            if (copy->walking && copy->history_done)
                walk_step (self, at);
        }
    }
}

void walk_again (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies && !self->book.copies[copy].walking);
    start (self, copy);
    walk_step (self, copy);
}

/*  The last look: whatever an earlier life sent has arrived by now, or never will. */
void walk_on_due (executor_t *self, uint32_t copy, uint64_t token)
{
    assert (self && copy < self->book.max_copies);
    const copy_t *entry = &self->book.copies[copy];
    const parent_t *parent = &self->book.parents[entry->parent];
    bool lives = entry->client != NONE && entry->late_ns > 0 && parent->used &&
                 token_lives (token, (uint32_t) parent->age);
    if (lives && !entry->walking && self->book.lanes[entry->lane].unanswered == NONE)
        walk_again (self, copy);
    else if (lives)
        agenda_add (&self->agenda, self->now_ns + SECOND_NS, token);
}

/*  How far the slots before it reach. */
static int64_t reached_before_e9 (const book_t *book, const slot_t *slot)
{
    int64_t reached_e9 = 0;
    for (uint32_t at = book->copies[slot->copy].first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *other = &book->slots[at];
        if (other->leg == slot->leg && other->n < slot->n && other->told >= 0 && other->to_e9 > reached_e9)
            reached_e9 = other->to_e9;
    }
    return reached_e9;
}

/*  An earlier life sent it: it is matched with the state that it answers, and what it does not answer of what was skipped
 *  for it stays skipped (replay.c). */
static void sent_though_passed (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    entry->told = -1;
    entry->known = false;
    if (copy->done_e9 > entry->to_e9)
        return;           /*  later states have their outcomes */
    copy->passed = false; /*  its row is open until it is matched: the next slot need not say so, too */
    copy->passed_version = entry->version;
    copy->passed_reason = entry->told_reason;
    copy->done_e9 = entry->from_e9 < entry->to_e9 ? entry->from_e9 : reached_before_e9 (&self->book, entry);
    copy->done_version = version_at (&self->book, entry->copy, copy->done_e9);
}

/*  A life that had not seen it yet told under its number that an exit waits: it is as one that no row tells of. */
static void sent_though_waiting (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    bool row = entry->told >= 0;
    bool stuck = copy->stuck_n == entry->n && copy->stuck_version > 0;
    int64_t stuck_e9 = stuck ? book_state (&self->book, entry->copy, copy->stuck_version)->qty_e9 : 0;
    entry->waited_e9 = row && entry->to_e9 > stuck_e9 ? entry->to_e9 : stuck_e9;
    entry->told = -1;
    entry->known = entry->retried = false;
    if (copy->stuck_n == entry->n)
        copy->stuck_n = 0;
}

/*  Said by this life (stuck_n) or by one before. */
static bool waits (const copy_t *copy, const slot_t *slot)
{
    if (slot->leg != LEG_CLOSE)
        return false;
    return (!slot->known && copy->stuck_n == slot->n) ||
           (slot->told == (int) OUTCOME_KIND_FAILED && slot->qty_e9 == 0);
}

static bool passed (const slot_t *slot)
{
    return slot->told == (int) OUTCOME_KIND_SKIPPED &&
           (strcmp (slot->told_reason, "breaker_open") == 0 || strcmp (slot->told_reason, "stale") == 0);
}

static void taken (executor_t *self, uint32_t slot, const order_t *order)
{
    slot_t *entry = &self->book.slots[slot];
    const copy_t *copy = &self->book.copies[entry->copy];
    if (passed (entry)) /*  said while it was asked for, by this life or by one before */
        sent_though_passed (self, slot);
    else if (waits (copy, entry))
        sent_though_waiting (self, slot);
    lane_t *lane = &self->book.lanes[copy->lane];
    entry->walking = false;
    entry->found = !entry->known;
    entry->state = SLOT_WORKING;
    entry->asks = 0;
    entry->created_at_ns = order->created_at_ns;
    if (entry->submitted_at_ns == 0)
        entry->submitted_at_ns = order->submitted_at_ns;
    if (order->qty_e9 > 0)
        entry->qty_e9 = order->qty_e9;
    for (size_t at = 0; at < sizeof entry->order_id; at++)
        entry->order_id[at] = order->id[at];
    lane->found += entry->found;
    const parent_t *parent = &self->book.parents[copy->parent];
    if (entry->found &&
        copy->done_e9 >= parent->trade.qty_e9) { /*  X may be closed: the next life looks for it, too */
        report_state (self, copy->parent);
        tell (self, slot, parent->version, copy->done_e9, OUTCOME_KIND_ACCEPTED, "unmatched");
    }
    lane->replaying = false;
    lane->doubtful = true;
    self->book.clients[copy->client].busy++;
    self->working++;
    book_work (&self->book, slot);
    follow_order (self, slot, order);
}

/*  The history said more than is true: the decision is made again, the number is free. What is told next replaces it. */
static void told_too_much (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    copy->redo = true;
    entry->retried = true;
    if (entry->leg == LEG_CLOSE)
        copy->stuck_n = entry->n;
    else
        report_slot (self, slot, OUTCOME_KIND_FAILED, "not_found", 0);
}

static void never_taken (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    bool accepted = entry->told == (int) OUTCOME_KIND_ACCEPTED || entry->told == (int) OUTCOME_KIND_FILLED;
    bool between = !entry->known && entry->n + 1 < book_next_n (&self->book, entry->copy, entry->leg);
    if (!entry->known && !between) {
        copy->legs_walked |= (uint8_t) (1u << entry->leg);
        bool told = entry->told >= 0;
        entry->walking = false;
        entry->state = SLOT_VOID;
        if (told)
            report_slot (self, slot, OUTCOME_KIND_SKIPPED, entry->told_reason, 0);
        else
            book_drop_slot (&self->book, slot);
    } else if (((accepted && entry->order_id[0]) || between) && ++entry->sends < NOT_FOUND_MAX) {
        orders_schedule (self, slot, self->now_ns + orders_backoff_ns (self, entry->sends));
    } else {
        entry->walking = false;
        entry->state = SLOT_VOID;
        if (accepted)
            told_too_much (self, slot);
        else if (entry->retried && entry->leg == LEG_CLOSE)
            copy->stuck_n = entry->n; /*  what is told next replaces it */
        book_count (&self->book, entry->copy);
    }
}

void walk_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer)
{
    assert (self && slot < self->book.max_slots && answer);
    slot_t *entry = &self->book.slots[slot];
    uint32_t copy = entry->copy;
    uint32_t client = self->book.copies[copy].client;
    if (answer->kind == ANSWER_OK) {
        taken (self, slot, &answer->order);
    } else if (answer->kind == ANSWER_NOT_FOUND) {
        never_taken (self, slot);
    } else {
        int64_t pause_ns = orders_backoff_ns (self, entry->asks);
        if (answer->kind == ANSWER_LIMITED && answer->retry_at_ns > self->utc_ns)
            pause_ns = answer->retry_at_ns - self->utc_ns;
        orders_schedule (self, slot, self->now_ns + pause_ns);
        accounts_judge_order (self, client, answer);
        if (lease_holds (self) && !self->stopping)
            orders_wait_for_walks (self, self->book.copies[copy].lane);
    }
    if (self->book.copies[copy].walking)
        walk_step (self, copy);
}
