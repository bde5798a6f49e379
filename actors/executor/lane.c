/*  lane.c: what a client does next in one symbol: the first of its copies that waits is decided, and sent, skipped, or
 *  waits on. The orders themselves: orders.c.
 */
#include "actors/executor/shard.h"

#include <assert.h>

/*  The account cannot be read: an entry passes, an exit is told to people. */
static bool unreadable (executor_t *self, uint32_t copy)
{
    if (!stubborn_troubled (self, copy, self->book.copies[copy].due_version))
        return false;
    if (!stubborn_closes (self, copy))
        return stubborn_pass (self, copy);
    stubborn_wait (self, copy, "account_unreadable");
    return false;
}

/*  true: the copy is settled without an order; false: it is sent, or the lane waits. */
static bool send (executor_t *self, uint32_t copy, bool opens, const decision_t *decision)
{
    const copy_t *entry = &self->book.copies[copy];
    if (opens && replay_overtaken (self, copy)) {
        report_copy (self, copy, OUTCOME_KIND_FAILED, "refused_before");
        return true;
    }
    if (opens && accounts_blocked (self, entry->client)) {
        report_copy (self, copy, OUTCOME_KIND_SKIPPED, "breaker_open");
        return true;
    }
    int64_t at_ns;
    if (!throttle_admits (self, entry->lane, decision->leg, &at_ns)) {
        if (at_ns > 0)
            orders_schedule_lane (self, entry->lane, at_ns);
        if (!opens || !stubborn_supersedes (self, copy))
            return false;
        report_copy (self, copy, OUTCOME_KIND_SKIPPED, "superseded");
        return true;
    }
    (void) accounts_admit (self, entry->client);
    if (!orders_begin (self, copy, decision))
        orders_schedule_lane (self, entry->lane, self->now_ns + SECOND_NS);
    return false;
}

/*  true: the copy is settled for now; false: the lane waits. */
static bool carry_out (executor_t *self, uint32_t copy, const decision_t *decision)
{
    const copy_t *entry = &self->book.copies[copy];
    const client_t *client = &self->book.clients[entry->client];
    switch (decision->kind) {
    case DECIDE_SKIP: report_copy (self, copy, OUTCOME_KIND_SKIPPED, decision->reason); return true;
    case DECIDE_EXPIRE:
        report_copy (self, copy, OUTCOME_KIND_EXPIRED, decision->reason);
        report_alert (self, ALERT_RAISED_KIND_STALE_EXPIRED, ALERT_RAISED_SEVERITY_WARNING, client->id,
            "an entry was too old to be copied");
        return true;
    case DECIDE_WARM:
        if (unreadable (self, copy))
            return true;
        orders_schedule_lane (self, entry->lane, self->now_ns + SECOND_NS);
        return false;
    case DECIDE_FOLLOW: follow_lane (self, entry->lane); return false;
    case DECIDE_ORDER: break;
    }
    return send (self, copy, decision->leg == LEG_OPEN, decision);
}

/*  Nothing is decided before what an earlier life did is known; but if the account cannot be read, that is said. */
void orders_wait_for_walks (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    for (uint32_t at = self->book.lanes[lane].first_pending; at != NONE;
         at = self->book.copies[at].next_pending) {
        const copy_t *copy = &self->book.copies[at];
        bool done = copy->done_version >= copy->due_version ||
                    copy->done_e9 >= book_state (&self->book, at, copy->due_version)->qty_e9;
        if (done || (copy->walking && !copy->history_done)) /*  it may have been told by an earlier life */
            continue;
        if (!copy->walking || !walk_pass (self, at))
            (void) unreadable (self, at);
    }
}

static bool settled (const copy_t *copy)
{
    return copy->done_version >= copy->due_version && !copy->redo && !copy->flip;
}

/*  true: the lane's first copy may be decided now. */
static bool may_decide (executor_t *self, uint32_t lane)
{
    const lane_t *entry = &self->book.lanes[lane];
    if (self->book.clients[entry->client].releasing || !lease_covers (self, entry->client))
        return false;
    if (entry->walks > 0) {
        if (self->book.clients[entry->client].breaker.state != BREAKER_CLOSED)
            orders_wait_for_walks (self, lane);
        return false;
    }
    int64_t wait_until_ns = self->book.copies[entry->first_pending].wait_until_ns;
    if (wait_until_ns > self->now_ns) {
        orders_schedule_lane (self, lane, wait_until_ns);
        return false;
    }
    return entry->found == 0 || replay_ready (self, lane);
}

/*  May an order that no walk has found have come before that moment? */
static bool may_have_come (const executor_t *self, uint32_t copy, int64_t before_ns)
{
    const copy_t *entry = &self->book.copies[copy];
    return self->now_ns < entry->late_ns && entry->walked_ns < before_ns;
}

/*  Boottime of the execution that the copy is to answer. */
static int64_t executed_ns (const executor_t *self, uint32_t copy)
{
    const state_t *due = book_state (&self->book, copy, self->book.copies[copy].due_version);
    int64_t age_ns = self->utc_ns - due->executed_at_ns;
    return age_ns > 0 ? self->now_ns - age_ns : self->now_ns;
}

/*  An exit is a part of all that was held when the master sold. What an earlier life sent for an X that is done meanwhile (it
 *  was refused, or skipped) may have come since; of an X that was told as a whole there is nothing more. */
static uint32_t sent_before (const executor_t *self, uint32_t exit)
{
    const book_t *book = &self->book;
    const lane_t *lane = &book->lanes[book->copies[exit].lane];
    if (!stubborn_closes (self, exit))
        return NONE;
    int64_t at_ns = executed_ns (self, exit);
    uint32_t at = lane->first_copy;
    while (at != NONE && (!may_have_come (self, at, at_ns) ||
                             book->copies[at].told_e9 >= book->parents[book->copies[at].parent].trade.qty_e9))
        at = book->copies[at].next_of_lane;
    return at;
}

/*  The copy to be looked at once more before the lane decides; NONE: there is none. A list that is newer than a walk may show
 *  an order that is not known yet; whichever copy's it is, it moved the holding that all of the lane are decided on. */
static uint32_t outdated_walk (const executor_t *self, uint32_t lane)
{
    const lane_t *entry = &self->book.lanes[lane];
    if (self->now_ns >= entry->late_ns)
        return NONE; /*  all have been looked at for the last time */
    uint32_t first = entry->first_pending;
    uint32_t at = first;
    while (at != NONE && !may_have_come (self, at, entry->shown_ns))
        at = self->book.copies[at].next_pending;
    return at != NONE ? at : sent_before (self, first);
}

void orders_advance (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    const lane_t *entry = &self->book.lanes[lane];
    if (entry->unanswered != NONE)
        orders_behind (self, lane);
    while (entry->first_pending != NONE && entry->unanswered == NONE && !self->stopping) {
        uint32_t at = entry->first_pending;
        if (!may_decide (self, lane))
            return;
        uint32_t outdated = outdated_walk (self, lane);
        if (outdated != NONE) {
            walk_again (self, outdated);
            return;
        }
        if (entry->found > 0 && replay_match (self, at))
            continue;
        if (!settled (&self->book.copies[at])) {
            decide_when_t when = {.held_e9 = replay_holding_e9 (self, at),
                .there_e9 = entry->holding_e9,
                .utc_ns = self->utc_ns};
            decision_t decision = decide (&self->book, at, &self->rules, &when);
            if (!carry_out (self, at, &decision))
                return;
        }
        book_settle (&self->book, at);
    }
}
