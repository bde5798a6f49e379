/*  copy.c: executions → states of X.
 *
 *  | of the inbox | does |
 *  |---|---|
 *  | an execution that fits (walk.c), its root known | counts, and the new state of its X goes out |
 *  | an execution that does not fit for hold_ns | alert, and goes out as it is |
 *  | replaced | teaches the root of the order that took its place |
 *  | canceled, expired, rejected | ends X: its state goes out again as final, so that rests are settled |
 *
 *  What waits makes only its own symbol wait. States are repeated until their master.ack.
 */
#include "actors/listener/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "messages/fixed.h"
#include "messages/text.h"

#define SETTLED_NS INT64_C (1000000000) /*  equity is read again this long after an execution */
#define MS_NS INT64_C (1000000)

static master_ledger_entry_t *entry_of (listener_t *self, const char *symbol)
{
    return master_ledger_open (&self->ledger, symbol, self->anchored);
}

/*  What the master holds now, as far as anything says: what waits included. */
static int64_t current (listener_t *self, const parent_t *parent)
{
    const master_ledger_entry_t *entry = entry_of (self, parent->trade.symbol);
    int64_t sum_e9;
    if (!entry)
        return parent->trade.position_e9;
    int64_t now_e9 = entry->round == self->round ? entry->run_e9 : entry->qty_e9;
    return fixed_add (now_e9, entry->beyond_e9, &sum_e9) == 0 ? sum_e9 : now_e9;
}

static void send_state (listener_t *self, parent_t *parent, int64_t now_ns, effects_t *effects)
{
    parent->trade.current_e9 = current (self, parent);
    self->out.kind = MSG_MASTER_ORDER;
    self->out.master_order.trade = parent->trade;
    effects_send (effects, "dispatcher", &self->out);
    master_book_sent (&self->book, parent, now_ns);
}

void listener_copy_refuse (
    listener_t *self, const trade_update_t *update, const char *why, const event_t *event, effects_t *effects)
{
    assert (self && update && why && event);
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
    TEXT_SET (trade->master_id, self->master.master_id);
    TEXT_SET (trade->order_id, order->id);
    TEXT_SET (trade->order_type, order_type_text (order->type));
    TEXT_SET (trade->status, order_status_text (order->status));
    trade->final =
        order_status_final (order->status) && order->status != STATUS_REPLACED && !*order->replaced_by;
    trade->master_equity_e9 = self->equity_e9;
    trade->received_at_ns = held->received_at_ns;
}

/*  One line for each execution that the stream did not bring. */
static void tell_polled (
    listener_t *self, const char *x, const held_t *held, const event_t *event, effects_t *effects)
{
    const trade_update_t *update = &held->update;
    char text[256], qty[FIXED_TEXT_MAX];
    int64_t late_ns = event->utc_ns - update->at_ns;
    (void) fixed_format (update->qty_e9, qty);
    (void) snprintf (text, sizeof text, "%s %s %s copied %" PRId64 " ms after it executed",
        side_text (update->order.side), qty, update->order.symbol, late_ns / MS_NS);
    listener_log (self, LOG_LINE_LEVEL_INFO, "copied_by_polling", x, text, event->utc_ns, effects);
    self->polled++;
    if (late_ns > self->polled_late_ns)
        self->polled_late_ns = late_ns;
}

/*  The positions around an execution. 0, or -ERR_RANGE. */
static int place (
    const master_ledger_entry_t *entry, const trade_update_t *update, int64_t *before_e9, int64_t *after_e9)
{
    int64_t signed_e9 = listener_signed (update);
    if (update->has_position_qty && !(entry && master_ledger_overlooked (entry, update->at_ns))) {
        *after_e9 = update->position_qty_e9;
        return fixed_sub (*after_e9, signed_e9, before_e9);
    }
    if (!entry || !master_ledger_late (entry, update->at_ns, update->has_position_qty, before_e9))
        *before_e9 = entry ? entry->qty_e9 : 0;
    return fixed_add (*before_e9, signed_e9, after_e9);
}

/*  What of an order was executed before our window: known at the first execution of it that a first catch-up finds. */
static void find_base (const listener_t *self, watched_t *watched, const held_t *held)
{
    int64_t base_e9 = held->update.order.filled_qty_e9 - held->update.qty_e9;
    if (!self->rebuilding || !held->bare || watched->counted_e9 > 0 || base_e9 <= 0)
        return;
    watched->base_e9 = watched->counted_e9 = base_e9;
    watched->found_e9 += base_e9;
}

/*  Executions that a sum before our window holds already. */
static bool in_base (const parent_t *parent, const trade_update_t *update)
{
    return parent->base_e9 && strcmp (update->order.id, parent->trade.x) == 0 &&
           update->order.filled_qty_e9 > 0 && update->order.filled_qty_e9 <= parent->base_e9;
}

/*  false: every X waits for its ack and there is no room for one more. */
static bool execute (
    listener_t *self, const char *x, const held_t *held, const event_t *event, effects_t *effects)
{
    const trade_update_t *update = &held->update;
    parent_t *parent = master_book_open (&self->book, x, update);
    if (!parent)
        return false;
    master_ledger_entry_t *entry = entry_of (self, update->order.symbol);
    watched_t *watched = watch_open (&self->watch, update->order.id);
    if (watched)
        find_base (self, watched, held);
    int64_t base_e9 = watched && strcmp (x, update->order.id) == 0 ? watched->counted_e9 : 0;
    if (watched)
        watched->counted_e9 += update->qty_e9;
    int64_t before_e9, after_e9;
    if (in_base (parent, update))
        return true; /*  counted with what came before our first sight of X */
    if (place (entry, update, &before_e9, &after_e9) ||
        master_book_execute (parent, update, parent->trade.qty_e9 > 0 ? 0 : base_e9, after_e9)) {
        listener_copy_refuse (self, update, "a quantity is out of range", event, effects);
        return true;
    }
    if (entry)
        master_ledger_step (entry, update->at_ns, before_e9, after_e9, update->has_position_qty);
    else
        listener_copy_refuse (
            self, update, "more symbols than max_positions; the position is not kept", event, effects);
    describe (self, parent, held);
    send_state (self, parent, event->now_ns, effects);
    if (held->polled)
        tell_polled (self, x, held, event, effects);
    if (watched)
        listener_orders_counted (self, watched, event, effects);
    inquiry_want (&self->account, event->now_ns + SETTLED_NS);
    return true;
}

void listener_copy_end (listener_t *self, const char *x, const char *status, int64_t received_at_ns,
    const event_t *event, effects_t *effects)
{
    assert (self && x && status && event);
    parent_t *parent = master_book_find (&self->book, x);
    if (!parent || parent->trade.final || parent->trade.qty_e9 == 0)
        return;
    parent->trade.final = true;
    TEXT_SET (parent->trade.status, status);
    parent->trade.received_at_ns = received_at_ns;
    send_state (self, parent, event->now_ns, effects);
}

/*  Carries one update out. false: it must wait (root unknown, or no room). */
static bool carry_out (listener_t *self, const held_t *held, const event_t *event, effects_t *effects)
{
    const trade_update_t *update = &held->update;
    const char *root = listener_root_of (self, held);
    if (!root) {
        listener_root_search (self, held, event->now_ns);
        return false;
    }
    char x[ID_MAX]; /*  root may point into a table that learns */
    TEXT_SET (x, root);
    if (listener_is_execution (update))
        return execute (self, x, held, event, effects);
    if (update->update == UPDATE_REPLACED && *update->order.replaced_by)
        chain_learn (&self->chain, update->order.replaced_by, x);
    else if (update->update != UPDATE_REPLACED && !*update->order.replaced_by)
        listener_copy_end (self, x, update_text (update->update), held->received_at_ns, event, effects);
    return true;
}

static void tell_unfit (listener_t *self, const master_ledger_entry_t *entry, const held_t *held,
    const event_t *event, effects_t *effects)
{
    char text[320], known[FIXED_TEXT_MAX], before[FIXED_TEXT_MAX];
    (void) fixed_format (entry->qty_e9, known);
    (void) fixed_format (held->update.position_qty_e9 - listener_signed (&held->update), before);
    (void) snprintf (text, sizeof text,
        "the master's position in %s went from %s to %s without an execution that the broker lists; copying "
        "goes "
        "on from there",
        entry->symbol, known, before);
    listener_alert (
        self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_WARNING, text, event->utc_ns, effects);
}

static void tell_given_up (
    listener_t *self, const master_ledger_entry_t *entry, const event_t *event, effects_t *effects)
{
    char text[256];
    (void) snprintf (text, sizeof text,
        "for %lld s the broker did not say whether executions in %s are missing; what is known is copied: "
        "check "
        "the copies",
        (long long) (self->config.hold_ns / (1000 * MS_NS)), entry->symbol);
    listener_alert (
        self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, text, event->utc_ns, effects);
}

/*  Something does not fit: its symbol waits for the broker's word, but not for ever. true: it goes as it is. */
static bool doubt (listener_t *self, master_ledger_entry_t *entry, const held_t *held, const event_t *event,
    effects_t *effects)
{
    if (!entry)
        return true; /*  execute() says that it is not kept */
    bool many = self->given_up >= LISTENER_ALERTS_MAX;
    if (many)
        effects_wake (effects, event->now_ns);
    if (!many && entry->known && held->update.has_position_qty && listener_walk_listed (self, held)) {
        self->given_up++;
        tell_unfit (self, entry, held, event, effects);
        return true;
    }
    /*  a long list is read page by page, or our own budget makes us wait: the broker does say it */
    bool fails = self->fills.failures > 0 || self->positions.failures > 0;
    bool reading = !fails && (*self->sweep || budget_spent (&self->budget));
    if (entry->held_at_ns == 0 || reading)
        entry->held_at_ns = event->now_ns;
    if (!many && event->now_ns - entry->held_at_ns >= self->config.hold_ns) {
        self->given_up++;
        tell_given_up (self, entry, event, effects);
        listener_walk_give_up (self, entry, event->now_ns);
        return true;
    }
    effects_wake (effects, entry->held_at_ns + self->config.hold_ns);
    self->doubts++;
    self->bare_doubts += held->bare;
    return false;
}

/*  true: it is done with. */
static bool pump_one (listener_t *self, uint32_t at, const event_t *event, effects_t *effects)
{
    held_t *held = inbox_at (&self->inbox, at);
    master_ledger_entry_t *entry = entry_of (self, held->update.order.symbol);
    if (entry && entry->blocked)
        return false;
    /*  the history does not run ahead of the dispatcher */
    if (held->bare && self->book.unacked_count >= LISTENER_UNACKED_MAX) {
        if (entry)
            entry->blocked = true;
        return false;
    }
    bool goes = listener_walk_fits (self, entry, held, at) || doubt (self, entry, held, event, effects);
    if (goes && entry)
        entry->held_at_ns = 0;
    goes = goes && carry_out (self, held, event, effects);
    if (entry)
        entry->blocked = !goes;
    return goes;
}

void listener_copy_pump (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    self->doubts = self->bare_doubts = self->given_up = 0;
    if (self->inbox.count == 0 || self->stopping)
        return;
    if (!listener_account_ready (self, event->now_ns)) {
        if (self->catching_up && self->listened_at_ns != INT64_MAX)
            effects_wake (effects, self->listened_at_ns + LISTENER_STALL_NS);
        return;
    }
    listener_walk (self);
    uint32_t kept = 0;
    uint32_t carried = 0;
    for (uint32_t at = 0; at < self->inbox.count; at++) {
        if (carried < LISTENER_BATCH_MAX && pump_one (self, at, event, effects))
            carried++;
        else
            inbox_move (&self->inbox, kept++, at);
    }
    inbox_truncate (&self->inbox, kept);
    if (kept == 0)
        self->overflow_told = false;
    if (carried >= LISTENER_BATCH_MAX)
        effects_wake (effects, event->now_ns);
}

void listener_copy_repeat (listener_t *self, const event_t *event, effects_t *effects)
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

void listener_copy_acked (listener_t *self, const master_ack_t *ack)
{
    assert (self && ack);
    parent_t *parent = master_book_find (&self->book, ack->x);
    if (!parent || ack->qty_e9 < parent->trade.qty_e9 || (parent->trade.final && !ack->final))
        return;
    master_book_acked (&self->book, parent);
    parent->closed = ack->final && parent->trade.final;
}
