/*  intake.c: trade updates → states of X.
 *
 *  | update | does |
 *  |---|---|
 *  | fill, partial_fill, not seen yet | counts, and the new state of its X goes out |
 *  | replaced | teaches the root of the order that took its place |
 *  | canceled, expired, rejected | ends X: its state goes out again as final, so that rests are settled |
 *  | trade_bust, trade_correct | alert |
 *  | anything else | nothing |
 *
 *  What must wait stays in the inbox; the order of the executions of a symbol is kept.
 */
#include "actors/listener/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "messages/fixed.h"

#define SETTLED_NS INT64_C (1000000000) /*  equity is read again this long after an execution */
#define GAP_PAUSE_NS INT64_C (5000000000)

static bool is_execution (const trade_update_t *update)
{
    return (update->update == UPDATE_FILL || update->update == UPDATE_PARTIAL_FILL) && update->qty_e9 > 0;
}

static bool is_end (const trade_update_t *update)
{
    return update->update == UPDATE_CANCELED || update->update == UPDATE_EXPIRED ||
           update->update == UPDATE_REJECTED;
}

/*  An activity's id may or may not hold the execution's id, so (order, cumulative quantity) tells them apart too:
 *  live updates are compared with activities only, for two of them can carry the same filled_qty. */
static void cum_key (const trade_update_t *update, char kind, char key[SEEN_TEXT_MAX])
{
    (void) snprintf (
        key, SEEN_TEXT_MAX, "%c:%.39s+%" PRId64, kind, update->order.id, update->order.filled_qty_e9);
}

bool listener_intake_unseen (const listener_t *self, const trade_update_t *update, bool bare)
{
    assert (self && update);
    char key[SEEN_TEXT_MAX];
    if (*update->execution_id && seen_has (&self->seen, update->execution_id))
        return false;
    if (update->order.filled_qty_e9 <= 0)
        return true;
    cum_key (update, 'A', key);
    if (seen_has (&self->seen, key))
        return false;
    cum_key (update, 'L', key);
    bool compare_live = bare || !*update->execution_id;
    return !compare_live || !seen_has (&self->seen, key);
}

static void remember (listener_t *self, const trade_update_t *update, bool bare)
{
    char key[SEEN_TEXT_MAX];
    if (*update->execution_id)
        seen_add (&self->seen, update->execution_id);
    if (update->order.filled_qty_e9 > 0) {
        cum_key (update, bare ? 'A' : 'L', key);
        seen_add (&self->seen, key);
    }
    if (update->at_ns > self->last_execution_ns)
        self->last_execution_ns = update->at_ns;
}

static void update_of_fill (const activity_t *fill, trade_update_t *update)
{
    *update = (trade_update_t){.update = UPDATE_FILL,
        .at_ns = fill->at_ns,
        .price_e9 = fill->price_e9,
        .qty_e9 = fill->qty_e9,
        .order = {.side = fill->side, .status = STATUS_PARTIALLY_FILLED, .filled_qty_e9 = fill->cum_qty_e9}};
    const char *id = strstr (fill->id, "::");
    (void) snprintf (update->execution_id, sizeof update->execution_id, "%.63s", id ? id + 2 : fill->id);
    (void) snprintf (update->order.id, sizeof update->order.id, "%s", fill->order_id);
    (void) snprintf (update->order.symbol, sizeof update->order.symbol, "%s", fill->symbol);
}

bool listener_intake_unseen_fill (const listener_t *self, const activity_t *fill)
{
    assert (self && fill);
    trade_update_t update;
    update_of_fill (fill, &update);
    return update.qty_e9 > 0 && listener_intake_unseen (self, &update, true);
}

bool listener_intake_fill (listener_t *self, const activity_t *fill, int64_t utc_ns)
{
    assert (self && fill);
    held_t *held = inbox_push_front (&self->inbox);
    if (!held)
        return false;
    *held = (held_t){.received_at_ns = utc_ns, .bare = true, .undressed = true};
    update_of_fill (fill, &held->update);
    return true;
}

static void send_state (listener_t *self, parent_t *parent, int64_t now_ns, effects_t *effects)
{
    self->out.kind = MSG_MASTER_ORDER;
    self->out.master_order.trade = parent->trade;
    effects_send (effects, "dispatcher", &self->out);
    master_book_sent (&self->book, parent, now_ns);
}

/*  A sum that lacks something of this order: an update was lost, the activities have it. */
static void check_gap (listener_t *self, const parent_t *parent, const trade_update_t *update, int64_t now_ns)
{
    bool whole = strcmp (update->order.id, parent->trade.x) != 0 ||
                 update->order.filled_qty_e9 <= parent->trade.qty_e9;
    if (whole || now_ns - self->gap_checked_ns < GAP_PAUSE_NS)
        return;
    self->gap_checked_ns = now_ns;
    listener_account_catch_up (self, now_ns + SETTLED_NS);
}

static void refuse (
    listener_t *self, const trade_update_t *update, const char *why, const event_t *event, effects_t *effects)
{
    char text[256];
    (void) snprintf (text, sizeof text, "an execution of order %.40s (%.24s) cannot be copied: %.100s",
        update->order.id, update->order.symbol, why);
    listener_alert (
        self, ALERT_RAISED_KIND_OUT_OF_RANGE, ALERT_RAISED_SEVERITY_CRITICAL, text, event->utc_ns, effects);
}

static void describe (listener_t *self, parent_t *parent, const held_t *held)
{
    trade_t *trade = &parent->trade;
    const order_t *order = &held->update.order;
    (void) snprintf (trade->master_id, sizeof trade->master_id, "%s", self->master.master_id);
    (void) snprintf (trade->order_id, sizeof trade->order_id, "%s", order->id);
    (void) snprintf (trade->order_type, sizeof trade->order_type, "%s", order_type_text (order->type));
    (void) snprintf (trade->status, sizeof trade->status, "%s", order_status_text (order->status));
    trade->final =
        order_status_final (order->status) && order->status != STATUS_REPLACED && !*order->replaced_by;
    trade->master_equity_e9 = self->equity_e9;
    trade->received_at_ns = held->received_at_ns;
}

/*  false: every X waits for its ack and there is no room for one more. */
static bool execute (
    listener_t *self, const char *x, const held_t *held, const event_t *event, effects_t *effects)
{
    const trade_update_t *update = &held->update;
    parent_t *parent = master_book_open (&self->book, x, update);
    if (!parent)
        return false;
    int64_t signed_e9 = update->order.side == SIDE_BUY ? update->qty_e9 : -update->qty_e9;
    int64_t after_e9 = update->position_qty_e9;
    bool known =
        update->has_position_qty ||
        fixed_add (master_ledger_get (&self->ledger, update->order.symbol), signed_e9, &after_e9) == 0;
    remember (self, update, held->bare);
    bool base = parent->base_e9 && strcmp (update->order.id, x) == 0 && update->order.filled_qty_e9 > 0 &&
                update->order.filled_qty_e9 <= parent->base_e9;
    if (base)
        return true; /*  counted with what came before our first sight of X */
    if (!known || master_book_execute (parent, update, after_e9)) {
        refuse (self, update, "a quantity is out of range", event, effects);
        return true;
    }
    if (master_ledger_set (&self->ledger, update->order.symbol, after_e9))
        refuse (self, update, "more symbols than max_positions; the position is not kept", event, effects);
    describe (self, parent, held);
    send_state (self, parent, event->now_ns, effects);
    check_gap (self, parent, update, event->now_ns);
    inquiry_want (&self->account, event->now_ns + SETTLED_NS);
    return true;
}

static void end (
    listener_t *self, const char *x, const held_t *held, const event_t *event, effects_t *effects)
{
    parent_t *parent = master_book_find (&self->book, x);
    const order_t *order = &held->update.order;
    if (!parent || parent->trade.final || parent->trade.qty_e9 == 0 || *order->replaced_by)
        return;
    parent->trade.final = true;
    (void) snprintf (
        parent->trade.status, sizeof parent->trade.status, "%s", update_text (held->update.update));
    parent->trade.received_at_ns = held->received_at_ns;
    send_state (self, parent, event->now_ns, effects);
}

/*  Carries one update out. false: it must wait (root unknown, or no room). */
static bool carry_out (listener_t *self, const held_t *held, const event_t *event, effects_t *effects)
{
    const trade_update_t *update = &held->update;
    if (is_execution (update) && !listener_intake_unseen (self, update, held->bare))
        return true;
    const char *root = listener_root_of (self, held);
    if (!root) {
        listener_root_search (self, held, event->now_ns);
        return false;
    }
    char x[ID_MAX]; /*  root may point into a table that learns */
    (void) snprintf (x, sizeof x, "%s", root);
    if (is_execution (update))
        return execute (self, x, held, event, effects);
    if (update->update == UPDATE_REPLACED && *update->order.replaced_by)
        chain_learn (&self->chain, update->order.replaced_by, x);
    else if (is_end (update))
        end (self, x, held, event, effects);
    return true;
}

/*  Must position `at` wait for one of the first `kept`, which stay? Order is kept per symbol. */
static bool waits_for_earlier (listener_t *self, uint32_t at, uint32_t kept)
{
    const char *symbol = inbox_at (&self->inbox, at)->update.order.symbol;
    for (uint32_t i = 0; i < kept; i++)
        if (strcmp (inbox_at (&self->inbox, i)->update.order.symbol, symbol) == 0)
            return true;
    return false;
}

void listener_intake_pump (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    if (!listener_account_ready (self) || self->inbox.count == 0 || self->stopping)
        return;
    uint32_t kept = 0;
    uint32_t carried = 0;
    uint32_t count = self->inbox.count;
    for (uint32_t at = 0; at < count; at++) {
        held_t *held = inbox_at (&self->inbox, at);
        bool wait = carried >= LISTENER_BATCH_MAX || waits_for_earlier (self, at, kept);
        if (!wait && carry_out (self, held, event, effects)) {
            carried++;
            continue;
        }
        if (kept != at)
            *inbox_at (&self->inbox, kept) = *held;
        kept++;
    }
    inbox_truncate (&self->inbox, kept);
    if (kept == 0)
        self->overflow_told = false;
    if (carried >= LISTENER_BATCH_MAX)
        effects_wake (effects, event->now_ns);
}

static void correction (
    listener_t *self, const trade_update_t *update, const event_t *event, effects_t *effects)
{
    char text[256];
    (void) snprintf (text, sizeof text, "the broker sent %s for order %.40s (%.24s): check the copies of it",
        update_text (update->update), update->order.id, update->order.symbol);
    listener_alert (
        self, ALERT_RAISED_KIND_CORRECTION, ALERT_RAISED_SEVERITY_CRITICAL, text, event->utc_ns, effects);
}

void listener_intake_update (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == EVENT_TRADE_UPDATE);
    const trade_update_t *update = event->update;
    if (!self->configured || self->stopping)
        return;
    if (update->update == UPDATE_TRADE_BUST || update->update == UPDATE_TRADE_CORRECT) {
        correction (self, update, event, effects);
        return;
    }
    if (!is_execution (update) && !is_end (update) && update->update != UPDATE_REPLACED)
        return;
    held_t *held = inbox_push (&self->inbox);
    if (!held) {
        if (!self->overflow_told)
            refuse (
                self, update, "more updates wait than max_held; a catch-up will bring it", event, effects);
        self->overflow_told = true;
        listener_account_catch_up (self, event->now_ns + SETTLED_NS);
        return;
    }
    *held = (held_t){.update = *update, .received_at_ns = event->utc_ns};
}

void listener_intake_repeat (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    parent_t *parent;
    for (uint32_t sent = 0; (parent = master_book_oldest_unacked (&self->book)); sent++) {
        int64_t due_ns = parent->sent_at_ns + self->config.repeat_ns;
        if (due_ns > event->now_ns || sent >= LISTENER_BATCH_MAX) {
            effects_wake (effects, due_ns);
            return;
        }
        send_state (self, parent, event->now_ns, effects);
    }
}

void listener_intake_acked (listener_t *self, const master_ack_t *ack)
{
    assert (self && ack);
    parent_t *parent = master_book_find (&self->book, ack->x);
    if (parent && ack->qty_e9 >= parent->trade.qty_e9)
        master_book_acked (&self->book, parent);
}
