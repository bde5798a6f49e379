/*  intake.c: what the stream and the activities bring, each execution once, into the inbox.
 *
 *  | comes | does |
 *  |---|---|
 *  | fill, partial_fill, FILL activity, not seen yet | waits at its time's place; copy.c carries it out, mostly at once |
 *  | fill, partial_fill of a waiting activity | the activity becomes it: it says the position |
 *  | replaced, canceled, expired, rejected | waits at its time's place |
 *  | trade_bust, trade_correct | alert |
 *  | anything else | only teaches what the order filled (watch.h) |
 */
#include "actors/listener/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_end (const trade_update_t *update)
{
    return update->update == UPDATE_CANCELED || update->update == UPDATE_EXPIRED ||
           update->update == UPDATE_REJECTED;
}

/*  Whether an activity's id holds the execution's id is not documented, so (order, cumulative quantity) tells them
 *  apart too, until one id was met on both ways. Live updates are compared with activities only, for two of them can
 *  carry the same filled_qty. */
static void cum_key (const trade_update_t *update, char kind, char key[SEEN_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    size_t size = strnlen (update->order.id, ID_MAX - 1);
    uint64_t filled = (uint64_t) update->order.filled_qty_e9;
    key[0] = kind;
    memcpy (key + 1, update->order.id, size);
    char *at = key + 1 + size;
    *at++ = '+';
    do /*  by hand: four of these are on a trade's way, and printf is 5 KB of it */
        *at++ = digits[filled & 15];
    while ((filled >>= 4) > 0);
    *at = '\0';
}

static bool seen_cum (const listener_t *self, const trade_update_t *update, char kind)
{
    char key[SEEN_TEXT_MAX];
    cum_key (update, kind, key);
    return update->order.filled_qty_e9 > 0 && seen_has (&self->seen, key);
}

static bool unseen (listener_t *self, const trade_update_t *update, bool bare)
{
    bool has_id = *update->execution_id != 0;
    if (has_id && seen_has (&self->seen, update->execution_id)) {
        char other = bare ? 'L' : 'A';
        char own = bare ? 'A' : 'L';
        if (seen_cum (self, update, other) && !seen_cum (self, update, own))
            self->ids_agree = true;
        return false;
    }
    if (has_id && self->ids_agree)
        return true;
    if (seen_cum (self, update, 'A'))
        return false;
    return (!bare && has_id) || !seen_cum (self, update, 'L');
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

/*  Takes an execution in. false: no room. */
static bool take (listener_t *self, const held_t *held)
{
    const trade_update_t *update = &held->update;
    if (!inbox_put (&self->inbox, held))
        return false;
    remember (self, update, held->bare);
    watched_t *watched = watch_open (&self->watch, update->order.id);
    if (watched)
        watched->found_e9 += update->qty_e9;
    if (watched && held->bare)
        watched->asked = self->list_number; /*  the search for its root asks for it */
    master_ledger_entry_t *entry = master_ledger_open (&self->ledger, update->order.symbol, self->anchored);
    if (!entry)
        return true;
    entry->news_at_ns = self->news_at_ns = held->taken_at_ns;
    entry->agreed = entry->agreed && !held->bare;
    return true;
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
    TEXT_SET (update->order.id, fill->order_id);
    TEXT_SET (update->order.symbol, fill->symbol);
}

fill_taken_t listener_intake_fill (listener_t *self, const activity_t *fill, const event_t *event)
{
    assert (self && fill && event);
    held_t held = {.received_at_ns = event->utc_ns,
        .taken_at_ns = event->now_ns,
        .bare = true,
        .undressed = true,
        .polled = !self->rebuilding};
    update_of_fill (fill, &held.update);
    if (held.update.qty_e9 <= 0 || !*fill->order_id || !unseen (self, &held.update, true))
        return FILL_OLD;
    /*  a quarter of the room is the stream's */
    if (self->inbox.count >= self->inbox.limit - self->inbox.limit / 4 || !take (self, &held))
        return FILL_NO_ROOM;
    return FILL_TAKEN;
}

static bool same_execution (const trade_update_t *a, const trade_update_t *b)
{
    return strcmp (a->execution_id, b->execution_id) == 0 ||
           (strcmp (a->order.id, b->order.id) == 0 && a->order.filled_qty_e9 == b->order.filled_qty_e9);
}

/*  The stream tells of what an activity told before: it lives, and it knows more. */
static void improve (listener_t *self, const trade_update_t *update)
{
    self->suspicious = false;
    for (uint32_t at = 0; at < self->inbox.count; at++) {
        held_t *held = inbox_at (&self->inbox, at);
        if (!held->bare || !same_execution (&held->update, update))
            continue;
        int64_t at_ns = held->update.at_ns; /*  its place */
        held->update = *update;
        held->update.at_ns = at_ns;
        held->bare = !update->has_position_qty;
        held->undressed = held->polled = false;
        return;
    }
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

static void no_room (listener_t *self, const trade_update_t *update, const event_t *event, effects_t *effects)
{
    if (!self->overflow_told)
        listener_copy_refuse (
            self, update, "more updates wait than max_held; a catch-up will bring it", event, effects);
    self->overflow_told = true;
    self->more = true;
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
    if (!*update->order.id)
        return;
    watched_t *watched = watch_order (&self->watch, &update->order);
    if (watched)
        watched->asked = self->list_number; /*  the stream tells of it */
    held_t held = {.update = *update, .received_at_ns = event->utc_ns, .taken_at_ns = event->now_ns};
    bool execution = listener_is_execution (update);
    if (update->at_ns <= 0)
        held.update.at_ns = self->last_execution_ns; /*  behind what is known */
    if (execution && !unseen (self, update, false))
        improve (self, update);
    else if (execution && !take (self, &held))
        no_room (self, update, event, effects);
    else if ((is_end (update) || update->update == UPDATE_REPLACED) && !inbox_put (&self->inbox, &held))
        no_room (self, update, event, effects);
    watched = watch_find (&self->watch, update->order.id);
    if (watched && !watch_accounted (watched))
        self->missing++; /*  until orders.c counts again */
}
