/*  follow.c: an accepted order is followed by id to its end: each fill moves the client's holding, the end settles the
 *  outcome. Asked rarely (the account's budget), but at once when an exit waits for it. */
#include "actors/executor/shard.h"

#include <assert.h>

#define FOLLOW_NS                                                                                            \
    INT64_C (100000000) /*  first look after the broker's median execution (alpaca-api.md section 5) */
#define FOLLOW_MAX_NS (15 * SECOND_NS)
#define URGENT_NS INT64_C (25000000) /*  GET by id is current that soon after a fill (section 5) */
#define URGENT_MAX_NS SECOND_NS
#define CANCEL_AFTER                                                                                         \
    4 /*  looks; then an entry in an exit's way is cancelled, and again every so many: one may get lost */

static void schedule (executor_t *self, uint32_t slot)
{
    const slot_t *entry = &self->book.slots[slot];
    int64_t pause_ns = entry->urgent ? URGENT_NS : FOLLOW_NS;
    int64_t most_ns = entry->urgent ? URGENT_MAX_NS : FOLLOW_MAX_NS;
    for (uint32_t at = 0; at < entry->asks && pause_ns < most_ns; at++)
        pause_ns *= 2;
    orders_schedule (self, slot, self->now_ns + (pause_ns < most_ns ? pause_ns : most_ns));
}

static void call (
    executor_t *self, call_kind_t kind, uint32_t client, const char order_id[ID_MAX], uint64_t token)
{
    broker_call_t ask = {
        .kind = kind, .account = client, .token = token, .timeout_ns = self->config.request_timeout_ns};
    static_assert (sizeof ask.key >= ID_MAX, "an order id fits a key");
    for (size_t at = 0; at < ID_MAX; at++)
        ask.key[at] = order_id[at];
    throttle_call (self, &ask);
}

bool follow_cancel (executor_t *self, uint32_t client, const char order_id[ID_MAX])
{
    assert (self && client < self->book.max_clients && order_id);
    if (self->book.clients[client].releasing || !lease_covers (self, client))
        return false;
    call (self, CALL_CANCEL, client, order_id, token_make (TOKEN_CANCEL, 0, client));
    return true;
}

void follow_ask (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots);
    slot_t *entry = &self->book.slots[slot];
    if (entry->in_flight)
        return;
    uint32_t client = self->book.copies[entry->copy].client;
    int64_t at_ns = throttle_wait_ns (self, client, entry->urgent ? PACE_EXIT : PACE_LOOK);
    if (at_ns > 0) {
        orders_schedule (self, slot, at_ns);
        return;
    }
    bool in_the_way = entry->urgent && entry->leg == LEG_OPEN && entry->asks >= CANCEL_AFTER;
    bool due = !entry->canceling || entry->asks % CANCEL_AFTER == 0;
    if (in_the_way && due && follow_cancel (self, client, entry->order_id))
        entry->canceling = true;
    entry->in_flight = true;
    entry->asks++;
    call (self, CALL_ORDER, client, entry->order_id, token_make (TOKEN_SLOT, entry->generation, slot));
}

void follow_lane (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    for (uint32_t at = self->book.lanes[lane].first_working; at != NONE;
         at = self->book.slots[at].next_working) {
        slot_t *slot = &self->book.slots[at];
        if (slot->urgent)
            continue;
        slot->urgent = true;
        slot->asks = 0;
        follow_ask (self, at);
    }
}

static void book_fill (executor_t *self, slot_t *slot, const order_t *order)
{
    int64_t more_e9 = order->filled_qty_e9 - slot->filled_e9;
    if (more_e9 <= 0)
        return;
    lane_t *lane = &self->book.lanes[self->book.copies[slot->copy].lane];
    if (!slot->recovered)
        lane->holding_e9 += slot->side == SIDE_BUY ? more_e9 : -more_e9;
    lane->stamp = ++self->book.stamp;
    lane->changed_ns = self->now_ns;
    slot->filled_e9 = order->filled_qty_e9;
    slot->price_e9 = order->filled_avg_price_e9;
}

/*  A closing order that ended short is not done: the copy decides again. */
void follow_tell_end (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots && self->book.slots[slot].state == SLOT_FINAL);
    slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    bool whole = entry->filled_e9 >= entry->qty_e9;
    entry->goes_on |= !whole && entry->leg == LEG_CLOSE;
    if (entry->status == STATUS_REJECTED)
        report_slot (self, slot, OUTCOME_KIND_REJECTED, "rejected after it was accepted", 0);
    else
        report_slot (self, slot, whole ? OUTCOME_KIND_FILLED : OUTCOME_KIND_ACCEPTED,
            whole ? "" : order_status_text (entry->status), 0);
    if (whole) {
        copy->refusals = 0;
    } else if (!entry->canceling) {
        report_alert (self,
            entry->leg == LEG_CLOSE ? ALERT_RAISED_KIND_EXIT_STUCK : ALERT_RAISED_KIND_REPLICATION_FAILURES,
            ALERT_RAISED_SEVERITY_WARNING, self->book.clients[copy->client].id,
            "a copy ended with less than its quantity");
    }
    if (!whole && entry->leg == LEG_CLOSE)
        stubborn_short (self, slot);
}

static void ended (executor_t *self, uint32_t slot, const order_t *order)
{
    slot_t *entry = &self->book.slots[slot];
    const copy_t *copy = &self->book.copies[entry->copy];
    entry->state = SLOT_FINAL;
    entry->status = order->status;
    book_unwork (&self->book, slot);
    self->working--;
    self->book.clients[copy->client].busy--;
    if (entry->recovered)
        accounts_doubt (self, copy->lane);
    else
        accounts_quiet (self, copy->lane);
    if (!entry->found && !DELIBERATE (END_UNTOLD)) /*  else when it is known what it answers */
        follow_tell_end (self, slot);
    book_count (&self->book, entry->copy);
}

void follow_order (executor_t *self, uint32_t slot, const order_t *order)
{
    assert (self && slot < self->book.max_slots && order);
    slot_t *entry = &self->book.slots[slot];
    int64_t before_e9 = entry->filled_e9;
    book_fill (self, entry, order);
    if (order_status_final (order->status)) {
        ended (self, slot, order);
        return;
    }
    if (entry->filled_e9 > before_e9 && !entry->found)
        report_slot (self, slot, OUTCOME_KIND_ACCEPTED, "", 0);
    schedule (self, slot);
}

void follow_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer)
{
    assert (self && slot < self->book.max_slots && answer);
    const copy_t *copy = &self->book.copies[self->book.slots[slot].copy];
    uint32_t lane = copy->lane;
    uint32_t client = copy->client;
    if (answer->kind != ANSWER_OK) {
        schedule (self, slot);
        return;
    }
    follow_order (self, slot, &answer->order);
    orders_advance (self, lane);
    accounts_idle (self, client);
}
