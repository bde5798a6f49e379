/*  report.c: outcomes leave in batches: one message for up to 32 of them, flushed at the end of each step. */
#include "actors/executor/shard.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define AGAIN_NS INT64_C (1000000) /*  until the rest of what is said again */

/*  What every outcome of a copy says; `to_e9` is the Q it answers for. */
static outcome_t *outcome_begin (executor_t *self, uint32_t copy, outcome_kind_t kind, const char *reason)
{
    copy_result_t *result = &self->report.copy_result;
    if (result->outcomes_count == sizeof result->outcomes / sizeof *result->outcomes)
        report_flush (self);
    const copy_t *entry = &self->book.copies[copy];
    const client_t *client = &self->book.clients[entry->client];
    const parent_t *parent = &self->book.parents[entry->parent];
    if (parent->sequence > result->sequence)
        result->sequence = parent->sequence;
    outcome_t *outcome = &result->outcomes[result->outcomes_count++];
    memset (outcome, 0, sizeof *outcome);
    TEXT_SET (outcome->client_id, client->id);
    TEXT_SET (outcome->x, parent->trade.x);
    TEXT_SET (outcome->symbol, parent->trade.symbol);
    TEXT_SET (outcome->reason, reason);
    TEXT_SET (outcome->scaling, client_config_scaling_text (client->scaling));
    outcome->kind = kind;
    outcome->side = (outcome_side_t) parent->trade.side;
    outcome->rate_num_e9 = entry->rate.num_e9;
    outcome->rate_den_e9 = entry->rate.den_e9;
    /*  The rate's, if it has one: what was decided later with it was decided from that. */
    int64_t equity_e9 =
        entry->rate.den_e9 > 0 && entry->rated_equity_e9 > 0 ? entry->rated_equity_e9 : client->equity_e9;
    outcome->client_equity_e9 = equity_e9 > 0 ? equity_e9 : 0;
    outcome->holding_e9 = self->book.lanes[entry->lane].holding_e9;
    outcome->exit_decided = entry->exit_decided;
    outcome->exit_target_e9 = entry->exit_target_e9;
    outcome->remaining_e18 = entry->exit_remaining_e18;
    outcome->to_e9 = book_state (&self->book, copy, entry->due_version)->qty_e9;
    outcome->from_e9 = entry->done_e9 < outcome->to_e9 ? entry->done_e9 : outcome->to_e9;
    return outcome;
}

static void fill_slot (const executor_t *self, const slot_t *slot, outcome_t *outcome)
{
    const copy_t *copy = &self->book.copies[slot->copy];
    const client_t *client = &self->book.clients[copy->client];
    const trade_t *trade = &self->book.parents[copy->parent].trade;
    slot_id (outcome->client_order_id, trade->master_id, trade->x, client->id, slot->leg, slot->n,
        self->config.hash);
    TEXT_SET (outcome->order_id, slot->order_id);
    outcome->leg = slot->leg == LEG_OPEN ? OUTCOME_LEG_OPEN : OUTCOME_LEG_CLOSE;
    outcome->slot = slot->n;
    outcome->from_e9 = slot->from_e9;
    outcome->to_e9 = slot->to_e9;
    outcome->target_e9 = slot->target_e9;
    outcome->holding_e9 = slot->holding_e9;
    outcome->qty_e9 = slot->qty_e9;
    outcome->filled_e9 = slot->filled_e9;
    outcome->price_e9 = slot->price_e9;
    outcome->submitted_at_ns = slot->submitted_at_ns;
    outcome->answered_at_ns = slot->answered_at_ns;
    outcome->final = (slot->state == SLOT_FINAL && !slot->goes_on && !slot->found) ||
                     (slot->state == SLOT_VOID && !slot->retried);
}

/*  What was said of the range before it may be lost, and a skip is not said again: it answers for that, too. */
static void slot_again (executor_t *self, uint32_t slot, int64_t *covered_e9)
{
    const slot_t *entry = &self->book.slots[slot];
    const char *reason = entry->told_reason ? entry->told_reason : "";
    outcome_t *outcome = outcome_begin (self, entry->copy, (outcome_kind_t) entry->told, reason);
    fill_slot (self, entry, outcome);
    outcome->code = entry->told_code;
    if (outcome->from_e9 > *covered_e9)
        outcome->from_e9 = *covered_e9;
    if (outcome->to_e9 > *covered_e9)
        *covered_e9 = outcome->to_e9;
}

/*  What went on from orders that were less than decided is told now (by `slot`; NONE: by the copy): they are at their end. */
static void predecessors_again (executor_t *self, uint32_t copy, uint32_t slot)
{
    slot_t *slots = self->book.slots;
    for (uint32_t at = self->book.copies[copy].first_slot; at != NONE; at = slots[at].next) {
        bool before = slot == NONE || slots[at].leg != slots[slot].leg || slots[at].n < slots[slot].n;
        if (!slots[at].goes_on || !before)
            continue;
        slots[at].goes_on = false;
        int64_t covered_e9 = slots[at].from_e9;
        slot_again (self, at, &covered_e9);
    }
}

/*  The closing slot that was told of before it was ordered, if it is not another order's by now; 0 = none. */
static int stuck_slot (const executor_t *self, uint32_t copy)
{
    int n = self->book.copies[copy].stuck_n;
    return n == book_next_n (&self->book, copy, LEG_CLOSE) ? n : 0;
}

static bool has_order (const executor_t *self, uint32_t copy, leg_t leg, int n)
{
    const slot_t *slots = self->book.slots;
    for (uint32_t at = self->book.copies[copy].first_slot; at != NONE; at = slots[at].next)
        if (slots[at].leg == leg && slots[at].n == n && slots[at].state != SLOT_VOID)
            return true;
    return false;
}

void report_never_ordered (executor_t *self, uint32_t copy, outcome_leg_t leg, int64_t n)
{
    assert (self && copy < self->book.max_copies && n > 0);
    outcome_t *outcome = outcome_begin (self, copy, OUTCOME_KIND_SKIPPED, "never_ordered");
    outcome->leg = leg;
    outcome->slot = n;
    outcome->final = true;
}

/*  The row of a slot that took nothing says something else now: that is what is said again. */
static void retold (
    executor_t *self, uint32_t copy, leg_t leg, int n, outcome_kind_t kind, const char *reason)
{
    for (uint32_t at = self->book.copies[copy].first_slot; at != NONE; at = self->book.slots[at].next) {
        slot_t *slot = &self->book.slots[at];
        if (slot->leg != leg || slot->n != n || slot->state != SLOT_VOID)
            continue;
        slot->retried = false;
        slot->told = (int) kind;
        slot->told_code = 0;
        slot->told_reason = reason;
    }
}

static void never_ordered (executor_t *self, uint32_t copy, leg_t leg, int n)
{
    retold (self, copy, leg, n, OUTCOME_KIND_SKIPPED, "never_ordered");
    report_never_ordered (self, copy, leg == LEG_OPEN ? OUTCOME_LEG_OPEN : OUTCOME_LEG_CLOSE, n);
}

/*  It was skipped while it was asked for: nothing was there, so the skip is its end. */
static void skipped_for_good (executor_t *self, uint32_t slot)
{
    int64_t covered_e9 = self->book.slots[slot].from_e9;
    self->book.slots[slot].retried = false;
    slot_again (self, slot, &covered_e9);
}

/*  A slot that was refused, and whose number another one took, has nothing to say any more. */
static bool replaced (const book_t *book, uint32_t slot)
{
    const slot_t *entry = &book->slots[slot];
    for (uint32_t at = book->copies[entry->copy].first_slot; at != slot; at = book->slots[at].next)
        if (book->slots[at].leg == entry->leg && book->slots[at].n == entry->n)
            return true;
    return false;
}

/*  Slots that were told of while they waited, up to this state, and are not ordered under their number: what was told for
 *  slot n of this leg (0 = the copy as a whole) answers for them. Open for ever, the next life would do them again. */
static void waiting_end (executor_t *self, uint32_t copy, leg_t leg, int n, uint32_t version, int64_t to_e9)
{
    const copy_t *entry = &self->book.copies[copy];
    int stuck_n = leg == LEG_CLOSE ? entry->stuck_n : 0;
    if (stuck_n > 0 && stuck_n != n && entry->stuck_version <= version &&
        !has_order (self, copy, LEG_CLOSE, stuck_n))
        never_ordered (self, copy, LEG_CLOSE, stuck_n);
    for (uint32_t at = entry->first_slot; at != NONE; at = self->book.slots[at].next) {
        slot_t *slot = &self->book.slots[at];
        bool waited = slot->leg == leg && slot->state == SLOT_VOID && slot->retried;
        if (!waited || slot->n == n || slot->to_e9 > to_e9 || replaced (&self->book, at) ||
            has_order (self, copy, leg, slot->n))
            continue;
        if (slot->n == stuck_n)
            slot->retried = false;
        else if (entry->kind == OUTCOME_KIND_SKIPPED && slot->told == (int) OUTCOME_KIND_SKIPPED)
            skipped_for_good (self, at);
        else
            never_ordered (self, copy, leg, slot->n);
    }
}

void report_copy (executor_t *self, uint32_t copy, outcome_kind_t kind, const char *reason)
{
    assert (self && copy < self->book.max_copies && reason);
    copy_t *entry = &self->book.copies[copy];
    tally_outcome (&self->tally, kind, reason, 0);
    entry->kind = kind;
    entry->reason = reason;
    outcome_t *outcome = outcome_begin (self, copy, kind, reason);
    outcome->final = true;
    entry->done_e9 = outcome->to_e9;
    entry->done_version = entry->due_version;
    entry->redo = entry->flip = false;
    entry->refusals = 0;
    int n = stuck_slot (self, copy);
    if (n > 0) { /*  replaces what was told while it waited */
        outcome->leg = OUTCOME_LEG_CLOSE;
        outcome->slot = n;
        retold (self, copy, LEG_CLOSE, n, kind, reason);
    }
    waiting_end (self, copy, LEG_OPEN, 0, entry->done_version, entry->done_e9);
    waiting_end (self, copy, LEG_CLOSE, n, entry->done_version, entry->done_e9);
    entry->stuck_n = 0;
    predecessors_again (self, copy, NONE);
}

void report_passed (executor_t *self, uint32_t copy, int n)
{
    assert (self && copy < self->book.max_copies && n > 0);
    copy_t *entry = &self->book.copies[copy];
    tally_outcome (&self->tally, OUTCOME_KIND_SKIPPED, entry->passed_reason, 0);
    outcome_t *outcome = outcome_begin (self, copy, OUTCOME_KIND_SKIPPED, entry->passed_reason);
    outcome->leg = OUTCOME_LEG_OPEN;
    outcome->slot = n;
    outcome->from_e9 = entry->passed_from_e9;
    entry->kind = OUTCOME_KIND_SKIPPED;
    entry->reason = entry->passed_reason;
    entry->done_e9 = outcome->to_e9;
    entry->done_version = entry->due_version;
}

/*  A walk found nothing to do: what an earlier life told of slots that waited is at its end with the rest. */
void report_settled (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    copy_t *entry = &self->book.copies[copy];
    waiting_end (self, copy, LEG_OPEN, 0, entry->done_version, entry->done_e9);
    waiting_end (self, copy, LEG_CLOSE, 0, entry->done_version, entry->done_e9);
    entry->stuck_n = 0;
}

void report_stuck (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies && self->book.copies[copy].stuck_n > 0);
    const copy_t *entry = &self->book.copies[copy];
    const slot_t waits = {.leg = LEG_CLOSE, .n = entry->stuck_n};
    outcome_t *outcome = outcome_begin (self, copy, OUTCOME_KIND_FAILED, entry->stuck_reason);
    int64_t from_e9 = orders_range_from_e9 (&self->book, copy, &waits);
    outcome->leg = OUTCOME_LEG_CLOSE;
    outcome->slot = entry->stuck_n;
    if (from_e9 < outcome->from_e9) /*  it replaces the row of one that was refused */
        outcome->from_e9 = from_e9;
}

/*  What the copy, not one of its slots, says of all up to its last state. */
static outcome_t *copy_again (executor_t *self, uint32_t copy, outcome_kind_t kind, const char *reason)
{
    const copy_t *entry = &self->book.copies[copy];
    outcome_t *outcome = outcome_begin (self, copy, kind, reason);
    outcome->code = entry->code;
    outcome->from_e9 = 0;
    outcome->to_e9 = entry->done_e9;
    outcome->final = true;
    return outcome;
}

void report_slot (executor_t *self, uint32_t slot, outcome_kind_t kind, const char *reason, int64_t code)
{
    assert (self && slot < self->book.max_slots && reason);
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    /*  Nothing was said of it, but of its state: X may be closed, and who closed it keeps nothing of it. */
    bool late = entry->told < 0 && (entry->version <= copy->done_version || entry->to_e9 < copy->done_e9);
    tally_outcome (&self->tally, kind, reason, code);
    outcome_t *outcome = outcome_begin (self, entry->copy, kind, reason);
    fill_slot (self, entry, outcome);
    outcome->code = code;
    if (late && !outcome->final)
        report_state (self, copy->parent);
    entry->told = (int) kind;
    entry->told_code = code;
    bool kept = kind == OUTCOME_KIND_SKIPPED || kind == OUTCOME_KIND_ACCEPTED; /*  static texts */
    entry->told_reason = kept ? reason : NULL;
    predecessors_again (self, entry->copy, slot);
    if (entry->version < copy->done_version || entry->to_e9 < copy->done_e9)
        return; /*  a later state of X has its own outcome: that one is said again, not this one */
    waiting_end (self, entry->copy, entry->leg, entry->n, entry->version, entry->to_e9);
    copy->kind = kind;
    copy->code = code;
    copy->stuck_n = 0;
    copy->reason = ""; /*  a slot's own reason is said once; again, the slot itself tells */
    copy->done_version = entry->version;
    if (entry->to_e9 > copy->done_e9)
        copy->done_e9 = entry->to_e9;
}

static uint32_t count_slots (const book_t *book, uint32_t copy)
{
    uint32_t count = 0;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next)
        count++;
    return count;
}

/*  It says nothing of its state: another outcome does. */
static bool never_was (const slot_t *slot)
{
    return slot->told_reason && strcmp (slot->told_reason, "never_ordered") == 0;
}

/*  What was told of its slots, oldest first. true: one of them reaches Q. */
static bool slots_again (executor_t *self, uint32_t copy)
{
    const book_t *book = &self->book;
    bool any = false;
    int64_t covered_e9 = 0;
    for (uint32_t nth = count_slots (book, copy); nth-- > 0;) {
        uint32_t at = book->copies[copy].first_slot;
        for (uint32_t step = 0; step < nth; step++)
            at = book->slots[at].next;
        if (book->slots[at].told < 0 || replaced (book, at))
            continue;
        slot_again (self, at, &covered_e9);
        self->repeats++;
        any |= book->slots[at].to_e9 >= book->copies[copy].done_e9 && !never_was (&book->slots[at]);
    }
    return any;
}

/*  Many clients with many slots are too much for one step. */
static bool put_off (executor_t *self, uint32_t copy)
{
    copy_t *entry = &self->book.copies[copy];
    if (self->repeats < self->config.max_clients)
        return false;
    if (!entry->again_due)
        agenda_add (&self->agenda, self->now_ns + AGAIN_NS,
            token_make (TOKEN_AGAIN, (uint32_t) self->book.parents[entry->parent].age, copy));
    entry->again_due = true;
    return true;
}

void report_on_due (executor_t *self, uint32_t copy, uint64_t token)
{
    assert (self && copy < self->book.max_copies);
    copy_t *entry = &self->book.copies[copy];
    const parent_t *parent = &self->book.parents[entry->parent];
    if (entry->client == NONE || !parent->used || !token_lives (token, (uint32_t) parent->age))
        return;
    entry->again_due = false;
    report_again (self, copy);
}

static bool stuck (const copy_t *copy)
{
    return copy->stuck_n > 0 && copy->stuck_version > copy->done_version;
}

bool report_told (const executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    return self->book.copies[copy].done_version > 0 || stuck (&self->book.copies[copy]);
}

void report_state (executor_t *self, uint32_t parent)
{
    assert (self && parent < self->book.max_parents);
    self->scratch.kind = MSG_MASTER_ORDER;
    self->scratch.master_order.trade = self->book.parents[parent].trade;
    effects_send (self->effects, "dispatcher", &self->scratch);
}

/*  What is done of it. */
static void done_again (executor_t *self, uint32_t copy)
{
    const copy_t *entry = &self->book.copies[copy];
    bool of_slot =
        !*entry->reason; /*  a skip after the slot is the copy's own: the slot's row stays as it was */
    if (slots_again (self, copy) && of_slot)
        return;
    bool claims = entry->kind == OUTCOME_KIND_FILLED || entry->kind == OUTCOME_KIND_ACCEPTED;
    outcome_t *outcome = claims ? /*  only a slot says that something was bought or sold */
                             copy_again (self, copy, OUTCOME_KIND_SKIPPED, "remembered")
                                : copy_again (self, copy, entry->kind, entry->reason);
    if (entry->stuck_n == 0)
        return;
    outcome->final = false;
    outcome->leg = OUTCOME_LEG_CLOSE;
    outcome->slot = entry->stuck_n;
}

/*  All of X so far: where the first telling was lost, the repeat leaves no gap. */
void report_again (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    const copy_t *entry = &self->book.copies[copy];
    if (put_off (self, copy))
        return;
    if (entry->done_version > 0)
        done_again (self, copy);
    if (stuck (entry))
        report_stuck (self, copy);
    self->repeats++;
}

void report_flush (executor_t *self)
{
    assert (self && self->effects);
    copy_result_t *result = &self->report.copy_result;
    if (result->outcomes_count == 0)
        return;
    self->report.kind = MSG_COPY_RESULT;
    TEXT_SET (result->shard, self->name);
    result->epoch = self->epoch;
    result->at_ns = self->utc_ns;
    result->lease_over_ns = lease_over_ns (self);
    effects_send (self->effects, "dispatcher", &self->report);
    result->outcomes_count = 0;
    result->sequence = 0;
}

void report_alert (executor_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *subject, const char *text)
{
    assert (self && subject && text);
    self->scratch.kind = MSG_ALERT_RAISED;
    alert_raised_t *alert = &self->scratch.alert_raised;
    *alert = (alert_raised_t){.kind = kind, .severity = severity, .at_ns = self->utc_ns};
    TEXT_SET (alert->subject, subject);
    TEXT_SET (alert->text, text);
    effects_publish (self->effects, &self->scratch);
}

void report_no_room (executor_t *self)
{
    assert (self);
    if (self->full_told_ns > 0 && self->now_ns - self->full_told_ns < SECOND_NS)
        return;
    self->full_told_ns = self->now_ns;
    report_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, self->name,
        "no room for another order: too many open copies");
}
