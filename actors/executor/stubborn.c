/*  stubborn.c: an exit ends only at filled, nothing left, or an operator (P7). What stands in its way is told once in an
 *  outcome that is not final, so that its replication can close, and to people again and again; it goes on.
 *
 *  | what stands in the way                       | told when                          | outcome, not final           |
 *  | the broker refuses it                        | MAX_RETRY_ATTEMPTS, breaker open   | rejected(its code)           |
 *  | the account cannot be read                   | breaker open, or MAX_EVENT_AGE     | failed(account_unreadable)   |
 *  | an order before it has no answer             | breaker open, or MAX_EVENT_AGE     | failed(waits)                |
 *  | its own order has no answer                  | breaker open, or MAX_EVENT_AGE     | accepted(unanswered)         |
 *  | it cannot be sent: 429, no connection        | breaker open, or MAX_EVENT_AGE     | failed(not_sent)             |
 */
#include "actors/executor/shard.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ALERT_EVERY 64 /*  tries: about ten minutes at RETRY_MAX_DELAY's default */
#define SHORT_KEPT 4   /*  slots of a copy that ended with nothing and are remembered */

static client_t *client_of (executor_t *self, uint32_t copy)
{
    return &self->book.clients[self->book.copies[copy].client];
}

bool stubborn_closes (const executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies);
    return self->book.parents[self->book.copies[copy].parent].trade.closed_e9 > 0;
}

void stubborn_alert (executor_t *self, uint32_t copy, const char *why)
{
    assert (self && copy < self->book.max_copies && why);
    char text[sizeof ((alert_raised_t *) 0)->text];
    const char *symbol = self->book.symbols[self->book.parents[self->book.copies[copy].parent].symbol].text;
    (void) snprintf (text, sizeof text, "an exit in %s is not done and goes on being tried: %s", symbol, why);
    report_alert (
        self, ALERT_RAISED_KIND_EXIT_STUCK, ALERT_RAISED_SEVERITY_CRITICAL, client_of (self, copy)->id, text);
}

bool stubborn_troubled (const executor_t *self, uint32_t copy, uint32_t version)
{
    assert (self && copy < self->book.max_copies);
    const client_t *client = &self->book.clients[self->book.copies[copy].client];
    int64_t executed_at_ns = book_state (&self->book, copy, version)->executed_at_ns;
    return client->breaker.state != BREAKER_CLOSED ||
           self->utc_ns - executed_at_ns > self->config.max_event_age_ns;
}

/*  The closing slot that says that it waits: one that is asked for still, told of or the last, or the next. One beyond what
 *  is asked for would be taken for told by the next life, and what is before it, too. */
static int waiting_n (const book_t *book, uint32_t copy)
{
    int next = book_next_n (book, copy, LEG_CLOSE);
    int n = next;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *slot = &book->slots[at];
        if (slot->leg != LEG_CLOSE || !slot->walking)
            continue;
        if (slot->retried)
            return slot->n;
        if (!slot->known && slot->n == next - 1)
            n = slot->n;
    }
    return n;
}

void stubborn_wait (executor_t *self, uint32_t copy, const char *reason)
{
    assert (self && copy < self->book.max_copies && reason);
    copy_t *entry = &self->book.copies[copy];
    if (entry->done_version >= entry->due_version || entry->stuck_version >= entry->due_version)
        return; /*  told already */
    walk_tell_found (self, copy);
    entry->stuck_n = waiting_n (&self->book, copy);
    entry->stuck_version = entry->due_version;
    entry->stuck_reason = reason;
    stubborn_alert (self, copy, reason);
    report_stuck (self, copy);
}

/*  Slots that took nothing are as if they had not been, but for their numbers: the newest keeps those. */
static void forget_empty (executor_t *self, uint32_t copy)
{
    uint32_t kept = 0;
    uint32_t next;
    for (uint32_t at = self->book.copies[copy].first_slot; at != NONE; at = next) {
        const slot_t *slot = &self->book.slots[at];
        next = slot->next;
        bool empty = slot->leg == LEG_CLOSE && slot->filled_e9 == 0 && !slot->found && !slot->walking &&
                     (slot->state == SLOT_FINAL || slot->state == SLOT_VOID);
        if (empty && ++kept > SHORT_KEPT)
            book_drop_slot (&self->book, at);
    }
}

static void pause (executor_t *self, uint32_t copy)
{
    copy_t *entry = &self->book.copies[copy];
    entry->wait_until_ns = self->now_ns + orders_backoff_ns (self, entry->refusals);
    orders_schedule_lane (self, entry->lane, entry->wait_until_ns);
    forget_empty (self, copy);
}

void stubborn_refused (executor_t *self, uint32_t slot, outcome_kind_t kind, const char *reason, int64_t code)
{
    assert (self && slot < self->book.max_slots && self->book.slots[slot].leg == LEG_CLOSE && reason);
    slot_t *entry = &self->book.slots[slot];
    uint32_t copy = entry->copy;
    copy_t *of = &self->book.copies[copy];
    if (of->refusals < UINT32_MAX)
        of->refusals++;
    bool open = client_of (self, copy)->breaker.state != BREAKER_CLOSED;
    bool many = of->refusals >= self->config.max_attempts;
    bool told =
        entry->told >= 0; /*  unanswered, or not sent: said again, it is known now what became of it */
    if (told || ((many || open) && of->done_version < entry->version)) {
        of->flip = false;
        entry->retried = true;
        report_slot (self, slot, kind, reason, code);
        of->stuck_n = entry->n;
    }
    of->redo |= of->done_version >= entry->version;
    bool first = of->refusals == self->config.max_attempts && !of->foreign;
    if (first || of->refusals % ALERT_EVERY == 0)
        stubborn_alert (self, copy, of->foreign ? "somebody else's order stands in its way" : reason);
    pause (self, copy);
    accounts_reread (self, of->client);
}

void stubborn_short (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots);
    uint32_t copy = self->book.slots[slot].copy;
    copy_t *entry = &self->book.copies[copy];
    entry->refusals = self->book.slots[slot].filled_e9 > 0 ? 1 : entry->refusals + 1;
    entry->redo = true;
    book_unpend (
        &self->book, copy); /*  it may wait with a later state: this one comes before others' again */
    book_pend (&self->book, copy);
    pause (self, copy);
    if (entry->refusals % ALERT_EVERY == 0)
        stubborn_alert (self, copy, "the broker ends its orders without filling them");
}

bool stubborn_dust (const char *reason, int64_t code)
{
    assert (reason);
    return code && strstr (reason, "minimal amount");
}

bool stubborn_pass (executor_t *self, uint32_t copy)
{
    assert (self && copy < self->book.max_copies && !stubborn_closes (self, copy));
    if (walk_tell_found (self, copy))
        return false; /*  it was sent: what it answers shows when the account can be read */
    if (client_of (self, copy)->breaker.state != BREAKER_CLOSED)
        report_copy (self, copy, OUTCOME_KIND_SKIPPED, "breaker_open");
    else
        report_copy (self, copy, OUTCOME_KIND_EXPIRED, "stale");
    return true;
}

/*  The order under way has no answer yet. */
static void tell_slot (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    if (copy->done_version >= entry->version || !stubborn_troubled (self, entry->copy, entry->version))
        return;
    if (entry->maybe_landed) {
        report_slot (self, slot, OUTCOME_KIND_ACCEPTED, "unanswered", 0);
    } else if (entry->leg == LEG_CLOSE && entry->state == SLOT_WAITING) {
        stubborn_alert (self, entry->copy, "it could not be sent yet");
        report_slot (self, slot, OUTCOME_KIND_FAILED, "not_sent", 0);
    }
}

void stubborn_tell_lane (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    uint32_t slot = self->book.lanes[lane].unanswered;
    if (slot == NONE)
        return;
    tell_slot (self, slot);
    uint32_t next;
    for (uint32_t at = self->book.lanes[lane].first_pending; at != NONE; at = next) {
        const copy_t *copy = &self->book.copies[at];
        next = copy->next_pending;
        bool own = self->book.slots[slot].copy == at;
        bool answers = own && copy->due_version <= self->book.slots[slot].version;
        if (!stubborn_troubled (self, at, copy->due_version))
            return; /*  they are newer behind it */
        if (answers || copy->done_version >= copy->due_version)
            continue;
        if (stubborn_closes (self, at)) {
            stubborn_wait (self, at, "waits");
            continue;
        }
        bool untold = own && self->book.slots[slot].told <
                                 0; /*  a skip would say of its state, too, that nothing was sent */
        if (!untold && stubborn_pass (self, at))
            book_settle (&self->book, at);
    }
}

/*  Everything will be sold again by what the master did since: an entry that was not sent yet need not go out. */
bool stubborn_supersedes (const executor_t *self, uint32_t entry)
{
    assert (self && entry < self->book.max_copies);
    const book_t *book = &self->book;
    const copy_t *copy = &book->copies[entry];
    const state_t *entered = book_state (book, entry, copy->due_version);
    for (uint32_t at = book->lanes[copy->lane].first_pending; at != NONE;
         at = book->copies[at].next_pending) {
        const state_t *state = book_state (book, at, book->copies[at].due_version);
        if (stubborn_closes (self, at) && state->flat && state->opened_e9 == 0 &&
            book_before (entered, state))
            return true;
    }
    return false;
}

static bool exit_unfilled (const book_t *book, const lane_t *lane)
{
    if (lane->unanswered != NONE && book->slots[lane->unanswered].leg == LEG_CLOSE)
        return true;
    for (uint32_t at = lane->first_working; at != NONE; at = book->slots[at].next_working)
        if (book->slots[at].leg == LEG_CLOSE)
            return true;
    for (uint32_t at = lane->first_pending; at != NONE; at = book->copies[at].next_pending)
        if (book->parents[book->copies[at].parent].trade.closed_e9 > 0)
            return true;
    return false;
}

bool stubborn_funds_may_come (const executor_t *self, uint32_t client, const char *reason)
{
    assert (self && client < self->book.max_clients && reason);
    if (!strstr (reason, "buying power"))
        return false;
    for (uint32_t at = self->book.clients[client].first_lane; at != NONE;
         at = self->book.lanes[at].next_of_client)
        if (exit_unfilled (&self->book, &self->book.lanes[at]))
            return true;
    return false;
}
