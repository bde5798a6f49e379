/*  inbox.h: trade updates on their way to the states of X, in the order of the broker's times.
 *
 *  On a healthy stream each stays for one step only. What must wait (for equity, the catch-up, a gap, the root of its
 *  order) waits here, and what a catch-up finds takes its place among it. Bounded; no two entries are one execution.
 */
#ifndef LISTENER_INBOX_H
#define LISTENER_INBOX_H

#include "messages/trading.h"

typedef struct {
    trade_update_t update;
    int64_t received_at_ns; /*  UTC */
    int64_t taken_at_ns;    /*  boottime */
    bool bare;              /*  made of a FILL activity: it does not say the position after it */
    bool undressed;         /*  of its order only id, symbol, side and filled_qty are known yet */
    bool polled;            /*  REST brought it first, after the first catch-up of this life */
} held_t;

typedef struct {
    held_t *items;
    uint32_t *order; /*  numbers of items: the first `count` wait, oldest first; the others are free */
    uint32_t limit;
    uint32_t count;
} inbox_t;

bool inbox_init (inbox_t *self, uint32_t limit);
void inbox_free (inbox_t *self);
void inbox_clear (inbox_t *self);
held_t *inbox_at (inbox_t *self, uint32_t position); /*  position < count */
/*  Room behind everything that is not newer than at_ns, filled with *held; NULL = full. */
held_t *inbox_put (inbox_t *self, const held_t *held);
/*  For going through it: `from` takes the place `to` ≤ from; then only the first `kept` stay. */
void inbox_move (inbox_t *self, uint32_t to, uint32_t from);
void inbox_truncate (inbox_t *self, uint32_t kept);

#endif
