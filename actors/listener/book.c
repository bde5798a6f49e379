/*  book.c: parents in a table with an index by X, the unacked ones in a list in the order they were sent. */
#include "actors/listener/book.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages/fixed.h"
#include "messages/page.h"
#include "messages/text.h"

bool master_book_init (master_book_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->parents = calloc (limit, sizeof *self->parents);
    page_touch (self->parents, limit * sizeof *self->parents);
    self->limit = limit;
    self->first = self->last = DIRECTORY_NONE;
    return directory_init (&self->index, limit) && self->parents;
}

void master_book_free (master_book_t *self)
{
    assert (self);
    directory_free (&self->index);
    free (self->parents);
    self->parents = NULL;
}

parent_t *master_book_find (master_book_t *self, const char *x)
{
    assert (self && x);
    uint32_t at = directory_get (&self->index, x);
    return at == DIRECTORY_NONE ? NULL : &self->parents[at];
}

/*  0 = it must stay. */
static int dispensable (const parent_t *parent)
{
    if (parent->unacked)
        return 0;
    return parent->closed ? 2 : 1;
}

/*  A place for a new X, DIRECTORY_NONE when every X waits for its ack. */
static uint32_t room_for_one (master_book_t *self)
{
    if (self->count < self->limit)
        return self->count++;
    uint32_t best = DIRECTORY_NONE;
    int best_rank = 0;
    for (uint32_t i = 0; i < self->limit && best_rank < 2; i++) {
        uint32_t at = (self->hand + i) % self->limit;
        int rank = dispensable (&self->parents[at]);
        if (rank > best_rank) {
            best_rank = rank;
            best = at;
        }
    }
    if (best == DIRECTORY_NONE)
        return DIRECTORY_NONE;
    self->hand = (best + 1) % self->limit;
    directory_remove (&self->index, self->parents[best].trade.x);
    return best;
}

parent_t *master_book_open (master_book_t *self, const char *x, const trade_update_t *update)
{
    assert (self && self->parents && x && *x && update);
    parent_t *parent = master_book_find (self, x);
    if (parent)
        return parent;
    uint32_t at = room_for_one (self);
    if (at == DIRECTORY_NONE)
        return NULL;
    parent = &self->parents[at];
    memset (parent, 0, sizeof *parent);
    parent->before = parent->after = DIRECTORY_NONE;
    trade_t *trade = &parent->trade;
    TEXT_SET (trade->x, x);
    TEXT_SET (trade->symbol, update->order.symbol);
    trade->side = update->order.side == SIDE_BUY ? TRADE_SIDE_BUY : TRADE_SIDE_SELL;
    trade->order_qty_e9 = update->order.qty_e9 > 0 ? update->order.qty_e9 : 0;
    trade->remaining_e18 = FRACTION_ONE;
    trade->first_at_ns = update->at_ns > 0 ? update->at_ns : 0;
    directory_put (&self->index, trade->x, at);
    return parent;
}

static int64_t magnitude (int64_t value)
{
    return value < 0 ? -value : value;
}

/*  One execution on a copy of the state. */
static int apply (trade_t *trade, int64_t qty_e9, int64_t after_e9)
{
    int64_t before_e9;
    int64_t signed_e9 = trade->side == TRADE_SIDE_BUY ? qty_e9 : -qty_e9;
    if (after_e9 == INT64_MIN || fixed_sub (after_e9, signed_e9, &before_e9) || before_e9 == INT64_MIN ||
        fixed_add (trade->qty_e9, qty_e9, &trade->qty_e9))
        return -ERR_RANGE;
    int64_t closed_e9 = 0;
    if ((before_e9 > 0 && signed_e9 < 0) || (before_e9 < 0 && signed_e9 > 0))
        closed_e9 = qty_e9 < magnitude (before_e9) ? qty_e9 : magnitude (before_e9);
    trade->closed_e9 += closed_e9; /*  neither exceeds qty_e9 */
    trade->opened_e9 += qty_e9 - closed_e9;
    trade->position_e9 = after_e9;
    if (closed_e9 == 0)
        return 0;
    /*  A flip's closing part ended at zero too: everything goes, to the last fraction. */
    trade->flat = closed_e9 == magnitude (before_e9);
    return fixed_mul_div (trade->remaining_e18, magnitude (before_e9) - closed_e9, magnitude (before_e9),
        ROUND_DOWN, &trade->remaining_e18); /*  a third of 30 whole shares is 10, not 9 */
}

/*  What X was, before an execution makes it another. */
static void keep_step (trade_t *trade)
{
    size_t most = sizeof trade->steps / sizeof *trade->steps;
    if (trade->qty_e9 == 0)
        return;
    if (trade->steps_count == most)
        memmove (trade->steps, trade->steps + 1, --trade->steps_count * sizeof *trade->steps);
    trade->steps[trade->steps_count++] = (step_t){.executed_at_ns = trade->executed_at_ns,
        .qty_e9 = trade->qty_e9,
        .opened_e9 = trade->opened_e9,
        .remaining_e18 = trade->remaining_e18};
}

int master_book_execute (parent_t *parent, const trade_update_t *update, int64_t base_e9, int64_t after_e9)
{
    assert (parent && update && update->qty_e9 > 0 && (base_e9 == 0 || parent->trade.qty_e9 == 0));
    trade_t state = parent->trade;
    int64_t signed_e9 = state.side == TRADE_SIDE_BUY ? update->qty_e9 : -update->qty_e9;
    int64_t before_e9;
    keep_step (&state);
    if (fixed_sub (after_e9, signed_e9, &before_e9) || (base_e9 && apply (&state, base_e9, before_e9)) ||
        apply (&state, update->qty_e9, after_e9))
        return -ERR_RANGE;
    state.price_e9 = update->price_e9 > 0 ? update->price_e9 : 0;
    state.executed_at_ns = update->at_ns > 0 ? update->at_ns : 0;
    if (base_e9)
        parent->base_e9 = base_e9;
    parent->trade = state;
    return 0;
}

static uint32_t number_of (const master_book_t *self, const parent_t *parent)
{
    return (uint32_t) (parent - self->parents);
}

void master_book_acked (master_book_t *self, parent_t *parent)
{
    assert (self && parent);
    if (!parent->unacked)
        return;
    if (parent->before != DIRECTORY_NONE)
        self->parents[parent->before].after = parent->after;
    else
        self->first = parent->after;
    if (parent->after != DIRECTORY_NONE)
        self->parents[parent->after].before = parent->before;
    else
        self->last = parent->before;
    parent->before = parent->after = DIRECTORY_NONE;
    parent->unacked = false;
    self->unacked_count--;
}

void master_book_sent (master_book_t *self, parent_t *parent, int64_t now_ns)
{
    assert (self && parent);
    master_book_acked (self, parent);
    uint32_t at = number_of (self, parent);
    parent->before = self->last;
    if (self->last != DIRECTORY_NONE)
        self->parents[self->last].after = at;
    else
        self->first = at;
    self->last = at;
    parent->unacked = true;
    parent->closed = false;
    parent->sent_at_ns = now_ns;
    self->unacked_count++;
}

parent_t *master_book_oldest_unacked (master_book_t *self)
{
    assert (self);
    return self->first == DIRECTORY_NONE ? NULL : &self->parents[self->first];
}

void master_book_resend (master_book_t *self, int64_t since_ns)
{
    assert (self);
    for (uint32_t at = 0; at < self->count; at++) {
        parent_t *parent = &self->parents[at];
        if (parent->unacked || (parent->trade.qty_e9 > 0 && parent->trade.executed_at_ns >= since_ns))
            master_book_sent (self, parent, INT64_MIN / 2);
    }
}
