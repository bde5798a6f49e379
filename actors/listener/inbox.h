/*  inbox.h: trade updates that must wait (for equity, positions, a catch-up, or the root of their order).
 *
 *  A bounded double-ended queue in the order of the executions. Updates that a catch-up found go in front.
 */
#ifndef LISTENER_INBOX_H
#define LISTENER_INBOX_H

#include "messages/trading.h"

typedef struct {
    trade_update_t update;
    int64_t received_at_ns; /*  UTC */
    bool bare;              /*  made of a FILL activity: it does not say the position after it */
    bool undressed;         /*  of its order only id, symbol, side and filled_qty are known yet */
} held_t;

typedef struct {
    held_t *items;
    uint32_t limit;
    uint32_t first;
    uint32_t count;
} inbox_t;

bool inbox_init (inbox_t *self, uint32_t limit);
void inbox_free (inbox_t *self);
held_t *inbox_at (inbox_t *self, uint32_t position); /*  position < count */
held_t *inbox_push (inbox_t *self);                  /*  room behind the last; NULL = full */
held_t *inbox_push_front (inbox_t *self);            /*  room before the first; NULL = full */
/*  Only the first `kept` stay. */
void inbox_truncate (inbox_t *self, uint32_t kept);

#endif
