/*  orders.c: what orders say of themselves, against the executions that were found.
 *
 *  | news | does |
 *  |---|---|
 *  | list of open orders | each is watched; one that was open before and is not in it is asked for by id |
 *  | list of all orders, when activities of three unknown ones wait | tells of each what else by-id questions would |
 *  | an order by id | its filled_qty is current: the activities have to account for it |
 *  | at its end, everything counted | the state of its X goes out as final |
 *  | activities do not account for it, TRIES_MAX looks long | alert; what is there counts |
 */
#include "actors/listener/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "messages/fixed.h"
#include "messages/text.h"

#define TRIES_MAX 16
#define SETTLED_MAX 16 /*  alerts of one review */
#define HISTORY_FROM 3 /*  orders */
#define HISTORY_OVERLAP_NS INT64_C (300000000000)

void listener_orders_counted (listener_t *self, watched_t *watched, const event_t *event, effects_t *effects)
{
    assert (self && watched && event);
    if (!watch_done (watched) || watched->status == STATUS_REPLACED)
        return;
    watched->ended = false;
    const char *x = listener_known_root (self, watched->order_id);
    if (x)
        listener_copy_end (self, x, order_status_text (watched->status), event->utc_ns, event, effects);
}

static watched_t *note (listener_t *self, const order_t *order)
{
    watched_t *watched = *order->id ? watch_order (&self->watch, order) : NULL;
    if (watched)
        watched->ended = !watched->open;
    const char *x = *order->id ? listener_known_root (self, order->id) : NULL;
    if (x && *order->replaced_by) {
        char copy[ID_MAX];
        TEXT_SET (copy, x);
        chain_learn (&self->chain, order->replaced_by, copy);
    }
    return watched;
}

void listener_orders_told (listener_t *self, const order_t *order, const event_t *event, effects_t *effects)
{
    assert (self && order && event);
    watched_t *watched = note (self, order);
    if (!watched)
        return;
    if (!watch_accounted (watched))
        self->missing++;
    listener_orders_counted (self, watched, event, effects);
}

void listener_orders_listed (listener_t *self, const event_t *event)
{
    assert (self && event && event->answer);
    const broker_answer_t *answer = event->answer;
    self->list_number++;
    self->unlisted = true;
    for (size_t i = 0; i < answer->count; i++) {
        watched_t *watched = note (self, &answer->orders[i]);
        if (watched)
            watched->listed = self->list_number;
        if (watched && !watch_accounted (watched))
            self->missing++;
    }
}

/*  The root of an order's chain, when the list (oldest first) or what we know has it. */
static void learn_root (listener_t *self, const broker_answer_t *answer, size_t at)
{
    const order_t *order = &answer->orders[at];
    const char *root = *order->replaces ? listener_known_root (self, order->replaces) : NULL;
    for (size_t i = at; !root && *order->replaces && i-- > 0;)
        if (strcmp (answer->orders[i].id, order->replaces) == 0 && !*answer->orders[i].replaces)
            root = answer->orders[i].id;
    if (!root)
        return;
    char copy[ID_MAX];
    TEXT_SET (copy, root);
    chain_learn (&self->chain, order->id, copy);
}

/*  The waiting activities get what the list says of their orders. */
static void dress_all (listener_t *self, const broker_answer_t *answer)
{
    for (uint32_t at = 0; at < self->inbox.count; at++) {
        held_t *held = inbox_at (&self->inbox, at);
        const watched_t *watched = held->undressed ? watch_find (&self->watch, held->update.order.id) : NULL;
        if (watched && watched->answer > 0)
            listener_root_dress_one (held, &answer->orders[watched->answer - 1]);
    }
}

void listener_orders_read (listener_t *self, const event_t *event)
{
    assert (self && event && event->answer);
    const broker_answer_t *answer = event->answer;
    for (size_t i = 0; i < answer->count; i++) {
        learn_root (self, answer, i);
        if (!watch_find (&self->watch, answer->orders[i].id))
            continue;
        watched_t *watched = note (self, &answer->orders[i]);
        watched->answer = (uint32_t) i + 1;
        self->missing += !watch_accounted (watched);
    }
    dress_all (self, answer);
    for (uint32_t i = 0; i < self->watch.count; i++)
        self->watch.orders[i].answer = 0;
}

/*  One list instead of many questions by id. */
void listener_orders_want (listener_t *self, int64_t now_ns)
{
    assert (self);
    uint32_t orders = 0;
    const char *last = "";
    for (uint32_t at = 0; at < self->inbox.count && orders < HISTORY_FROM; at++) {
        const held_t *held = inbox_at (&self->inbox, at);
        bool another = held->undressed && strcmp (held->update.order.id, last) != 0;
        orders += another;
        last = another ? held->update.order.id : last;
    }
    if (orders >= HISTORY_FROM && self->history.token == 0)
        inquiry_want (&self->history, now_ns);
}

int64_t listener_orders_since (listener_t *self)
{
    assert (self);
    for (uint32_t at = 0; at < self->inbox.count; at++) {
        const held_t *held = inbox_at (&self->inbox, at);
        if (held->undressed)
            return held->update.at_ns > HISTORY_OVERLAP_NS ? held->update.at_ns - HISTORY_OVERLAP_NS : 0;
    }
    return self->since_ns;
}

const char *listener_orders_asked (const listener_t *self)
{
    assert (self);
    for (uint32_t i = 0; i < self->watch.count; i++) {
        const watched_t *watched = &self->watch.orders[i];
        if (watched->open && watched->listed != self->list_number && watched->asked != self->list_number)
            return watched->order_id;
    }
    return "";
}

void listener_orders_next (listener_t *self, const event_t *event)
{
    assert (self && event);
    if (!self->unlisted || self->status.token != 0 || self->status.due_at_ns != INT64_MAX)
        return;
    self->unlisted = *listener_orders_asked (self) != 0;
    if (self->unlisted)
        inquiry_want (&self->status, event->now_ns);
}

/*  Executed before our window, or the broker's own lists disagree for good: the sum it says is the base. */
static void settle (listener_t *self, watched_t *watched, const event_t *event, effects_t *effects)
{
    int64_t rest_e9 = watched->filled_e9 - watched->found_e9;
    bool before = self->rebuilding && watched->found_e9 == 0;
    if (!before) {
        char text[256], filled[FIXED_TEXT_MAX], found[FIXED_TEXT_MAX];
        (void) fixed_format (watched->filled_e9, filled);
        (void) fixed_format (watched->found_e9, found);
        (void) snprintf (text, sizeof text,
            "order %.39s filled %s, but the broker's activities show %s of it: check the copies of it",
            watched->order_id, filled, found);
        listener_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, text,
            event->utc_ns, effects);
    }
    watched->base_e9 += rest_e9;
    watched->found_e9 += rest_e9;
    watched->counted_e9 += rest_e9;
    watched->tries = 0;
}

void listener_orders_review (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    uint32_t settled = 0;
    uint32_t ended = 0;
    self->missing = 0;
    for (uint32_t i = 0; i < self->watch.count; i++) {
        watched_t *watched = &self->watch.orders[i];
        if (watched->ended && ended < LISTENER_BATCH_MAX) {
            listener_orders_counted (self, watched, event, effects);
            ended += !watched->ended;
        }
        if (watch_accounted (watched)) {
            watched->tries = 0;
            continue;
        }
        bool old = self->rebuilding && watched->found_e9 == 0 && watched->updated_at_ns > 0 &&
                   watched->updated_at_ns < self->since_ns;
        watched->tries += !self->more; /*  what found no room is not missing */
        bool late = watched->tries >= TRIES_MAX && settled < SETTLED_MAX;
        settled += late;
        if (old || late)
            settle (self, watched, event, effects);
        else
            self->missing++;
    }
}
