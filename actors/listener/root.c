/*  root.c: the root X of an order's replaces chain; the broker is asked, order by order, when we do not know it.
 *
 *  One search at a time; what waits for it waits in the inbox, and only updates of the same symbol wait with it.
 */
#include "actors/listener/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/*  X of an order that some update or search named, NULL = not known. */
const char *listener_known_root (listener_t *self, const char *order_id)
{
    assert (self && order_id);
    const char *root = chain_root (&self->chain, order_id);
    if (root)
        return root;
    const parent_t *parent = master_book_find (&self->book, order_id);
    return parent ? parent->trade.x : NULL;
}

const char *listener_root_of (listener_t *self, const held_t *held)
{
    assert (self && held);
    const order_t *order = &held->update.order;
    if (held->undressed)
        return NULL;
    const char *root = listener_known_root (self, order->id);
    if (root)
        return root;
    if (!*order->replaces)
        return order->id;
    root = listener_known_root (self, order->replaces);
    if (!root)
        return NULL;
    chain_learn (&self->chain, order->id, root);
    return chain_root (&self->chain, order->id);
}

void listener_root_search (listener_t *self, const held_t *held, int64_t now_ns)
{
    assert (self && held);
    bool reading = *self->sweep && self->fills.failures == 0;
    bool listed = reading || self->history.token != 0 || self->history.due_at_ns != INT64_MAX;
    if (self->searching || (held->undressed && listed))
        return; /*  the history of orders will say it */
    const order_t *order = &held->update.order;
    self->searching = true;
    TEXT_SET (self->searched, order->id);
    TEXT_SET (self->ancestor, held->undressed ? order->id : order->replaces);
    self->path_length = 0;
    inquiry_init (&self->order, CALL_ORDER);
    inquiry_want (&self->order, now_ns);
}

/*  Its end belongs to the last of them only. */
void listener_root_dress_one (held_t *held, const order_t *order)
{
    assert (held && held->undressed && order);
    held->undressed = false;
    int64_t cum_e9 = held->update.order.filled_qty_e9;
    held->update.order = *order;
    held->update.order.filled_qty_e9 = cum_e9;
    if (order_status_final (order->status) && cum_e9 < order->filled_qty_e9)
        held->update.order.status = STATUS_PARTIALLY_FILLED;
}

void listener_root_dress (listener_t *self, const char *order_id, const order_t *order)
{
    assert (self && order_id);
    for (uint32_t i = 0; i < self->inbox.count; i++) {
        held_t *held = inbox_at (&self->inbox, i);
        if (!held->undressed || strcmp (held->update.order.id, order_id) != 0)
            continue;
        if (order)
            listener_root_dress_one (held, order);
        held->undressed = false;
    }
}

static void found (listener_t *self, const char *root)
{
    if (strcmp (self->searched, root) != 0)
        chain_learn (&self->chain, self->searched, root);
    self->searching = false;
    self->order.due_at_ns = INT64_MAX;
}

static void give_up (listener_t *self, const event_t *event, effects_t *effects)
{
    char text[256];
    (void) snprintf (text, sizeof text,
        "the broker does not know order %.40s; its chain is copied from there on", self->ancestor);
    listener_alert (
        self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_WARNING, text, event->utc_ns, effects);
    listener_root_dress (self, self->searched, NULL);
    found (self, self->ancestor);
}

static void climb (listener_t *self, const event_t *event, effects_t *effects)
{
    const order_t *order = &event->answer->order;
    if (strcmp (order->id, self->searched) == 0) {
        listener_root_dress (self, self->searched, order);
        (void) watch_order (&self->watch, order);
    }
    if (!*order->replaces) {
        found (self, self->ancestor);
        return;
    }
    const char *root = listener_known_root (self, order->replaces);
    if (root) {
        char copy[ID_MAX];
        TEXT_SET (copy, root);
        found (self, copy);
        return;
    }
    TEXT_SET (self->ancestor, order->replaces);
    if (++self->path_length >= LISTENER_PATH_MAX)
        give_up (self, event, effects);
    else
        inquiry_want (&self->order, event->now_ns);
}

void listener_root_answered (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == EVENT_BROKER_ANSWER);
    if (!self->searching || !inquiry_answered (&self->order, event->answer))
        return;
    if (event->answer->kind == ANSWER_OK)
        climb (self, event, effects);
    else if (event->answer->kind == ANSWER_NOT_FOUND || event->answer->kind == ANSWER_REJECTED)
        give_up (self, event, effects);
    else
        inquiry_failed (&self->order, event->answer, event->now_ns, event->utc_ns);
}
