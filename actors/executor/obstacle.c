/*  obstacle.c: what stands in the way of an exit that the broker refuses, and whose it is. The exit itself goes on being
 *  tried (stubborn.c), whatever is found here.
 *
 *  | the broker refuses it and              | asked                    |
 *  | names the order (a wash trade)         | that order, by id        |
 *  | says that shares are held by others    | the account's open orders: those of this symbol and side hold them |
 *
 *  | the order                              | then                                                     |
 *  | ours, of this life, an entry           | cancelled; follow.c tells its end                        |
 *  | ours, of this life, an exit            | left: it closes, too                                     |
 *  | ours by its name, nobody here knows it | cancelled                                                |
 *  | somebody else's                        | left; people are told: now, and as of any stuck exit     |
 */
#include "actors/executor/shard.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void obstacle_look (executor_t *self, uint32_t slot, const broker_answer_t *refusal)
{
    assert (self && slot < self->book.max_slots && refusal);
    const slot_t *entry = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[entry->copy];
    bool named = refusal->existing_order_id[0];
    if (entry->leg != LEG_CLOSE)
        return;
    bool hindered = named || strstr (refusal->message, "insufficient qty");
    if (copy->refusals == 0 || !hindered)
        copy->foreign = false;
    if (!hindered)
        return;
    if (throttle_wait_ns (self, copy->client, PACE_EXIT) > 0)
        return; /*  the next refusal asks */
    broker_call_t call = {.kind = named ? CALL_ORDER : CALL_OPEN_ORDERS,
        .account = copy->client,
        .token = token_make (TOKEN_OBSTACLE, entry->generation, slot),
        .timeout_ns = self->config.request_timeout_ns};
    TEXT_SET (call.key, refusal->existing_order_id);
    throttle_call (self, &call);
}

static uint32_t known (const book_t *book, uint32_t lane, const order_t *order)
{
    uint32_t at = book->lanes[lane].first_working;
    while (at != NONE && strcmp (book->slots[at].order_id, order->id) != 0)
        at = book->slots[at].next_working;
    return at;
}

/*  true: it is somebody else's. */
static bool clear_away (executor_t *self, const slot_t *exit, const order_t *order)
{
    const copy_t *copy = &self->book.copies[exit->copy];
    uint32_t ours = known (&self->book, copy->lane, order);
    if (ours == NONE && !slot_named (order->client_order_id))
        return true;
    if (ours != NONE && self->book.slots[ours].leg == LEG_CLOSE)
        return false;
    if (follow_cancel (self, copy->client, order->id) && ours != NONE)
        self->book.slots[ours].canceling = true;
    return false;
}

static void tell (executor_t *self, uint32_t copy, const slot_t *exit, const order_t *order)
{
    char why[128];
    (void) snprintf (why, sizeof why, "%s, order %s",
        order->side == exit->side ? "somebody else's order holds the shares"
                                  : "somebody else's order stands on the other side",
        order->id);
    stubborn_alert (self, copy, why);
}

void obstacle_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer)
{
    assert (self && slot < self->book.max_slots && answer);
    const slot_t *exit = &self->book.slots[slot];
    copy_t *copy = &self->book.copies[exit->copy];
    bool named = answer->call == CALL_ORDER;
    if (answer->kind != ANSWER_OK || copy->client == NONE)
        return;
    if (!named && self->book.lanes[copy->lane].unanswered != NONE)
        return; /*  one in the list may be the exit itself, sent again meanwhile */
    const char *symbol = self->book.symbols[self->book.parents[copy->parent].symbol].text;
    const order_t *orders = named ? &answer->order : answer->orders;
    const order_t *foreign = NULL;
    for (size_t at = 0; at < (named ? 1 : answer->count); at++) {
        const order_t *order = &orders[at];
        bool there = strcmp (order->symbol, symbol) == 0 && !order_status_final (order->status) &&
                     (named || order->side == exit->side);
        if (there && clear_away (self, exit, order))
            foreign = order;
    }
    if (foreign && !copy->foreign)
        tell (self, exit->copy, exit, foreign);
    copy->foreign = foreign != NULL;
}
