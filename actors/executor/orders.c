/*  orders.c: from a decision to a definite answer.
 *
 *  Unknown is not failed (P3): after a timeout, a cut, a 5xx or a refusal of something that may have landed, the broker
 *  is asked by id; "not found" permits only the identical send. "Taken" means an earlier life sent this slot: it is
 *  read back and the copy goes on from what it holds.
 */
#include "actors/executor/shard.h"
#include "messages/fixed.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>

#define LATE_REQUEST_NS (2 * SECOND_NS)

static copy_t *copy_of (executor_t *self, uint32_t slot)
{
    return &self->book.copies[self->book.slots[slot].copy];
}

static lane_t *lane_of (executor_t *self, uint32_t slot)
{
    return &self->book.lanes[copy_of (self, slot)->lane];
}

/*  Exponential with full jitter, never less than a tenth. */
int64_t orders_backoff_ns (executor_t *self, uint32_t tries)
{
    int64_t pause_ns = self->config.retry_initial_ns;
    int64_t base_e9 = self->config.retry_base_e9 > FIXED_ONE ? self->config.retry_base_e9 : FIXED_ONE;
    while (tries-- > 1 && pause_ns < self->config.retry_max_ns)
        if (fixed_mul_div (pause_ns, base_e9, FIXED_ONE, ROUND_DOWN, &pause_ns))
            pause_ns = self->config.retry_max_ns;
    if (pause_ns > self->config.retry_max_ns)
        pause_ns = self->config.retry_max_ns;
    return pause_ns / 10 + shard_jitter (self, pause_ns);
}

void orders_schedule (executor_t *self, uint32_t slot, int64_t due_ns)
{
    assert (self && slot < self->book.max_slots);
    slot_t *entry = &self->book.slots[slot];
    entry->due_ns = due_ns;
    if (entry->scheduled && entry->appointed_ns <= due_ns)
        return;
    entry->scheduled = true;
    entry->appointed_ns = due_ns;
    agenda_add (&self->agenda, due_ns, token_make (TOKEN_SLOT, entry->generation, slot));
}

void orders_schedule_lane (executor_t *self, uint32_t lane, int64_t due_ns)
{
    assert (self && lane < self->book.lane_count);
    if (self->book.lanes[lane].scheduled)
        return;
    self->book.lanes[lane].scheduled = true;
    agenda_add (&self->agenda, due_ns, token_make (TOKEN_LANE, 0, lane));
}

static broker_call_t call_for (executor_t *self, uint32_t slot, call_kind_t kind)
{
    const slot_t *entry = &self->book.slots[slot];
    const copy_t *copy = copy_of (self, slot);
    const client_t *client = &self->book.clients[copy->client];
    const trade_t *trade = &self->book.parents[copy->parent].trade;
    broker_call_t call = {.kind = kind,
        .account = copy->client,
        .token = token_make (TOKEN_SLOT, entry->generation, slot),
        .timeout_ns = self->config.request_timeout_ns,
        .not_after_ns = kind == CALL_SUBMIT && !DELIBERATE (LEASE_IGNORED) ? self->lease.until_ns : 0};
    slot_id (call.key, trade->master_id, trade->x, client->id, entry->leg, entry->n, self->config.hash);
    return call;
}

static void submit (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    const trade_t *trade = &self->book.parents[copy_of (self, slot)->parent].trade;
    entry->n += DELIBERATE (RESEND_RENAMED) && entry->sends > 0;
    broker_call_t call = call_for (self, slot, CALL_SUBMIT);
    order_request_t *request = &call.request;
    memcpy (request->client_order_id, call.key, sizeof request->client_order_id);
    _Static_assert(sizeof request->symbol >= sizeof trade->symbol, "a symbol fits");
    memcpy (request->symbol, trade->symbol, sizeof trade->symbol);
    request->side = entry->side;
    request->type = TYPE_MARKET;
    request->tif = TIF_DAY;
    request->intent = entry->intent;
    request->qty_e9 = entry->qty_e9;
    entry->state = SLOT_SENT;
    entry->in_flight = true;
    entry->begun_by_ns = call.not_after_ns;
    entry->sends++;
    self->sent++;
    throttle_sent (self, slot);
    throttle_call (self, &call);
}

void orders_ask (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots);
    slot_t *entry = &self->book.slots[slot];
    entry->state = SLOT_ASKING;
    int64_t at_ns = throttle_wait_ns (
        self, copy_of (self, slot)->client, entry->leg == LEG_CLOSE ? PACE_EXIT : PACE_ENTRY);
    if (at_ns > 0) {
        orders_schedule (self, slot, at_ns);
        return;
    }
    broker_call_t call = call_for (self, slot, CALL_ORDER_BY_CLIENT_ID);
    entry->in_flight = true;
    entry->asks++;
    throttle_call (self, &call);
}

/*  A slot that takes a refused one's number covers its range too: the target less what landed includes it. */
int64_t orders_range_from_e9 (const book_t *book, uint32_t copy, const slot_t *slot)
{
    int64_t from_e9 = book->copies[copy].done_e9;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next) {
        const slot_t *other = &book->slots[at];
        bool refused_before = other->state == SLOT_VOID && other->leg == slot->leg && other->n == slot->n;
        if (refused_before && other->from_e9 < from_e9)
            from_e9 = other->from_e9;
    }
    return from_e9;
}

/*  NONE: no room (alerted; the lane looks again). */
static uint32_t open_slot (executor_t *self, uint32_t copy, const decision_t *decision)
{
    book_t *book = &self->book;
    copy_t *entry = &book->copies[copy];
    const state_t *state = book_state (book, copy, entry->due_version);
    int n = DELIBERATE (SLOT_FROM_QUANTITY) ? (int) (decision->target_e9 / FIXED_ONE) + 1
                                            : book_next_n (book, copy, decision->leg);
    uint32_t at = book_slot (book, copy);
    if (at == NONE) {
        report_no_room (self);
        return NONE;
    }
    slot_t *slot = &book->slots[at];
    slot->leg = decision->leg;
    slot->n = n;
    slot->side = decision->side;
    slot->intent = decision->intent;
    slot->qty_e9 = decision->qty_e9;
    slot->target_e9 = decision->target_e9;
    slot->version = entry->due_version;
    slot->from_e9 = orders_range_from_e9 (book, copy, slot);
    slot->to_e9 = state->qty_e9;
    slot->holding_e9 = replay_holding_e9 (self, copy);
    book->lanes[entry->lane].unanswered = at;
    book->lanes[entry->lane].stamp = ++book->stamp;
    book->clients[entry->client].busy++;
    self->unanswered++;
    book_count (book, copy);
    return at;
}

/*  The slot has its definite answer: the lane is free for the next order. */
static void answered (executor_t *self, uint32_t slot)
{
    lane_t *lane = lane_of (self, slot);
    assert (lane->unanswered == slot && self->unanswered > 0);
    lane->unanswered = NONE;
    self->unanswered--;
}

static void voided (executor_t *self, uint32_t slot)
{
    uint32_t client = copy_of (self, slot)->client;
    self->book.slots[slot].state = SLOT_VOID;
    self->book.clients[client].busy--;
    answered (self, slot);
    accounts_quiet (self, copy_of (self, slot)->lane);
    book_count (&self->book, self->book.slots[slot].copy);
}

static void landed (executor_t *self, uint32_t slot, const order_t *order)
{
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = copy_of (self, slot);
    uint32_t lane = copy->lane;
    entry->state = SLOT_WORKING;
    entry->asks = 0;
    entry->created_at_ns = order->created_at_ns;
    if (entry->recovered)
        lane_of (self, slot)->doubtful = true;
    bool as_decided = order->qty_e9 == entry->qty_e9;
    entry->goes_on |= !as_decided;
    if (order->qty_e9 > 0)
        entry->qty_e9 = order->qty_e9; /*  a taken slot holds what its sender decided */
    TEXT_SET (entry->order_id, order->id);
    answered (self, slot);
    self->working++;
    book_work (&self->book, slot);
    accounts_succeeded (self, copy->client);
    if (!order_status_final (order->status) && order->filled_qty_e9 == 0)
        report_slot (self, slot, OUTCOME_KIND_ACCEPTED, "", 0);
    follow_order (self, slot, order);
    if (!as_decided)
        copy->redo = true; /*  what this slot lacks goes into the next */
    uint32_t client = copy->client;
    orders_advance (self, lane);
    accounts_idle (self, client);
}

/*  An entry for which an exit of this client may bring the money waits; what it was refused for is not told. */
static bool entry_again (executor_t *self, uint32_t slot, const char *reason)
{
    copy_t *copy = copy_of (self, slot);
    if (self->book.slots[slot].leg != LEG_OPEN || self->book.slots[slot].doubted ||
        copy->done_version >= self->book.slots[slot].version ||
        !stubborn_funds_may_come (self, copy->client, reason))
        return false;
    copy->wait_until_ns = self->now_ns + orders_backoff_ns (self, 1);
    orders_schedule_lane (self, copy->lane, copy->wait_until_ns);
    book_drop_slot (&self->book, slot);
    return true;
}

/*  The broker said no to an order that did not land before. */
static void refused (executor_t *self, uint32_t slot, outcome_kind_t kind, const char *reason, int64_t code)
{
    const copy_t *copy = copy_of (self, slot);
    uint32_t lane = copy->lane;
    uint32_t client = copy->client;
    symbol_t *symbol = &self->book.symbols[self->book.parents[copy->parent].symbol];
    voided (self, slot);
    bool fraction = self->book.slots[slot].qty_e9 % FIXED_ONE != 0;
    bool exit = self->book.slots[slot].leg == LEG_CLOSE;
    bool whole_only = code && fraction && strstr (reason, "not fractionable");
    symbol->whole_only |= whole_only;
    if (whole_only && self->book.slots[slot].told < 0) {
        /*  the same slot again, in whole shares */
    } else if (exit && !DELIBERATE (EXIT_GIVEN_UP) && !stubborn_dust (reason, code)) {
        stubborn_refused (self, slot, kind, reason, code);
    } else if (!entry_again (self, slot, reason)) {
        report_slot (self, slot, kind, reason, code);
        copy_of (self, slot)->flip = false;
    }
    orders_advance (self, lane);
    accounts_idle (self, client);
}

static bool exhausted (const executor_t *self, const slot_t *slot)
{
    return slot->leg == LEG_OPEN && slot->sends >= self->config.max_attempts;
}

static bool too_old (const executor_t *self, const slot_t *slot)
{
    int64_t executed_at_ns = book_state (&self->book, slot->copy, slot->version)->executed_at_ns;
    return slot->leg == LEG_OPEN && self->utc_ns - executed_at_ns > self->config.max_event_age_ns;
}

/*  A request that was given up may still be on its way when the broker says that it has no such order. Nothing final is
 *  said before it has arrived, or never will. */
static bool too_soon (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    bool ends = entry->refused || too_old (self, entry) || exhausted (self, entry);
    if (!ends || !entry->doubted || self->now_ns >= entry->doubted_ns + LATE_REQUEST_NS)
        return false;
    entry->state = SLOT_ASKING;
    orders_schedule (self, slot, entry->doubted_ns + LATE_REQUEST_NS);
    stubborn_tell_lane (self, copy_of (self, slot)->lane);
    return true;
}

/*  It is known not to have landed: again, or given up. */
static void not_landed (executor_t *self, uint32_t slot, int64_t pause_ns)
{
    slot_t *entry = &self->book.slots[slot];
    if (too_soon (self, slot))
        return;
    entry->maybe_landed = false;
    if (entry->refused) {
        entry->refused = false;
        refused (self, slot, OUTCOME_KIND_REJECTED, "refused on a resend", entry->refused_code);
        return;
    }
    if (too_old (self, entry)) {
        refused (self, slot, OUTCOME_KIND_EXPIRED, "stale", 0);
        return;
    }
    if (exhausted (self, entry)) {
        if (!entry->doubted) /*  those were counted one by one */
            accounts_failed (self, copy_of (self, slot)->client, false, "no answer from the broker");
        refused (self, slot, OUTCOME_KIND_FAILED, "no_answer", 0);
        return;
    }
    entry->state = SLOT_WAITING;
    orders_schedule (self, slot, self->now_ns + pause_ns);
    orders_advance (self, copy_of (self, slot)->lane);
}

/*  What is known not to have landed goes out again, if there is a lease, and if it is not too late. */
static void send_again (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    int64_t at_ns = self->now_ns + BEAT_NS / 4;
    if (self->book.clients[copy_of (self, slot)->client].releasing)
        return; /*  whoever has it next knows that it is not there */
    if (too_old (self, entry))
        not_landed (self, slot, 0);
    else if (lease_holds (self) && throttle_admits (self, copy_of (self, slot)->lane, entry->leg, &at_ns))
        submit (self, slot);
    else if (at_ns > 0)
        orders_schedule (self, slot, at_ns);
}

static void unknown (executor_t *self, uint32_t slot)
{
    slot_t *entry = &self->book.slots[slot];
    entry->maybe_landed = entry->doubted = true;
    entry->doubted_ns = self->now_ns;
    entry->state = DELIBERATE (NO_LOOKUP) ? SLOT_WAITING : SLOT_ASKING;
    orders_schedule (self, slot, self->now_ns + orders_backoff_ns (self, entry->asks + 1));
    stubborn_tell_lane (self, copy_of (self, slot)->lane);
}

static void on_submitted (executor_t *self, uint32_t slot, const broker_answer_t *answer)
{
    slot_t *entry = &self->book.slots[slot];
    if (entry->submitted_at_ns == 0) {
        const trade_t *trade = &self->book.parents[copy_of (self, slot)->parent].trade;
        entry->submitted_at_ns = answer->sent_at_ns;
        tally_order (&self->tally, trade->received_at_ns, answer->sent_at_ns, answer->answered_at_ns);
    }
    entry->answered_at_ns = answer->answered_at_ns;
    accounts_judge_order (self, copy_of (self, slot)->client, answer);
    switch (answer->kind) {
    case ANSWER_OK: landed (self, slot, &answer->order); break;
    case ANSWER_TAKEN:
        entry->recovered = !entry->doubted;
        entry->maybe_landed = true;
        orders_ask (self, slot);
        break;
    case ANSWER_REJECTED:
    case ANSWER_NOT_FOUND:
        if (entry->doubted) {
            entry->refused = entry->maybe_landed = true;
            entry->refused_code = answer->code;
            orders_ask (self, slot);
            break;
        }
        obstacle_look (self, slot, answer);
        refused (self, slot, OUTCOME_KIND_REJECTED, answer->message, answer->code);
        break;
    case ANSWER_AUTH:
        if (entry->doubted)
            unknown (self, slot);
        else
            refused (self, slot, OUTCOME_KIND_FAILED, "bad_keys", answer->code);
        break;
    case ANSWER_LIMITED:
        entry->sends--; /*  not a failure: it waits as the headers say */
        not_landed (
            self, slot, throttle_wait_ns (self, copy_of (self, slot)->client, PACE_EXIT) - self->now_ns);
        break;
    case ANSWER_NOT_SENT: /*  it waited for a connection until its lease was over: nobody failed, the next lease is there */
        not_landed (self, slot,
            entry->begun_by_ns > 0 && self->now_ns >= entry->begun_by_ns
                ? 0
                : orders_backoff_ns (self, entry->sends));
        break;
    case ANSWER_UNKNOWN: unknown (self, slot); break;
    default: assert (false);
    }
}

static void on_asked (executor_t *self, uint32_t slot, const broker_answer_t *answer)
{
    accounts_judge_order (self, copy_of (self, slot)->client, answer);
    if (answer->kind == ANSWER_OK) {
        /*  of a copy that was walked it may be an earlier life's, come late: then a list may hold its fills already */
        if (copy_of (self, slot)->history_done)
            self->book.slots[slot].recovered = true;
        landed (self, slot, &answer->order);
    } else if (answer->kind == ANSWER_NOT_FOUND)
        not_landed (self, slot, orders_backoff_ns (self, self->book.slots[slot].sends));
    else
        unknown (self, slot);
}

void orders_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer)
{
    assert (self && slot < self->book.max_slots && answer);
    slot_t *entry = &self->book.slots[slot];
    entry->in_flight = false;
    gate_answered (&self->gate, entry);
    if (entry->walking)
        walk_on_answer (self, slot, answer);
    else if (answer->call == CALL_SUBMIT && entry->state == SLOT_SENT)
        on_submitted (self, slot, answer);
    else if (answer->call == CALL_ORDER_BY_CLIENT_ID && entry->state == SLOT_ASKING)
        on_asked (self, slot, answer);
    else if (answer->call == CALL_ORDER && entry->state == SLOT_WORKING)
        follow_on_answer (self, slot, answer);
}

void orders_on_due (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots);
    slot_t *entry = &self->book.slots[slot];
    entry->scheduled = false;
    if (entry->in_flight || entry->state == SLOT_FINAL || entry->state == SLOT_VOID)
        return;
    if (self->now_ns < entry->due_ns) {
        orders_schedule (self, slot, entry->due_ns);
        return;
    }
    switch (entry->state) {
    case SLOT_WAITING: send_again (self, slot); break;
    case SLOT_ASKING: orders_ask (self, slot); break;
    case SLOT_WORKING: follow_ask (self, slot); break;
    default: break;
    }
}

bool orders_begin (executor_t *self, uint32_t copy, const decision_t *decision)
{
    assert (self && copy < self->book.max_copies && decision && decision->kind == DECIDE_ORDER);
    copy_t *entry = &self->book.copies[copy];
    uint32_t slot = open_slot (self, copy, decision);
    if (slot == NONE)
        return false;
    entry->redo = false;
    entry->flip = decision->leg == LEG_CLOSE &&
                  book_state (&self->book, copy, entry->due_version)->opened_e9 > entry->base_opened_e9;
    submit (self, slot);
    return true;
}

/*  An order is on its way: what waits behind it may have to be told, or makes it needless while it was not sent. */
void orders_behind (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count && self->book.lanes[lane].unanswered != NONE);
    uint32_t slot = self->book.lanes[lane].unanswered;
    const slot_t *entry = &self->book.slots[slot];
    if (entry->state == SLOT_WAITING && entry->leg == LEG_OPEN && !entry->doubted &&
        stubborn_supersedes (self, entry->copy))
        refused (self, slot, OUTCOME_KIND_SKIPPED, "superseded", 0);
    else
        stubborn_tell_lane (self, lane);
}
