/*  book.h: the state of every master order X (root of a replaces chain), and which states wait for their ack.
 *
 *  Bounded: an X that is closed leaves first, then one that is only acknowledged (its quantity is found again in
 *  watch.h).
 */
#ifndef LISTENER_BOOK_H
#define LISTENER_BOOK_H

#include "messages/gen/messages.h"
#include "messages/directory.h"
#include "messages/trading.h"

typedef struct {
    trade_t trade;
    int64_t base_e9; /*  part of Q that was executed before the first execution we saw */
    bool closed;     /*  the dispatcher knows X at its end and closed: it may be forgotten */
    bool unacked;
    int64_t sent_at_ns; /*  when unacked */
    uint32_t before;    /*  unacked list, longest waiting first; DIRECTORY_NONE = end */
    uint32_t after;
} parent_t;

typedef struct {
    parent_t *parents;
    directory_t index; /*  X -> parent */
    uint32_t limit;
    uint32_t count;
    uint32_t hand;  /*  where the search for one to evict goes on */
    uint32_t first; /*  unacked list */
    uint32_t last;
    uint32_t unacked_count;
} master_book_t;

bool master_book_init (master_book_t *self, uint32_t limit);
void master_book_free (master_book_t *self);
parent_t *master_book_find (master_book_t *self, const char *x); /*  NULL = not there */
/*  The X of this update, made at first sight. NULL: full of states without an ack. */
parent_t *master_book_open (master_book_t *self, const char *x, const trade_update_t *update);

/*  Adds one execution of qty_e9 > 0 that left the position at after_e9. base_e9 > 0, at the first one only: what X
 *  executed before our window, which counts as one execution just before this one. 0, or -ERR_RANGE: nothing changed.
 *  closed = what it took off an opposite position, opened = the rest; remaining *= 1 - closed / before, rounded UP
 *  in 1e-18, so that the copied fraction never exceeds the master's; the last piece is said by `flat`. */
int master_book_execute (parent_t *parent, const trade_update_t *update, int64_t base_e9, int64_t after_e9);

/*  The state goes out now: it waits for its ack as the newest. */
void master_book_sent (master_book_t *self, parent_t *parent, int64_t now_ns);
void master_book_acked (master_book_t *self, parent_t *parent);
/*  All unacked ones are due again, and those that executed since then: their acks may be lost with the progress. */
void master_book_resend (master_book_t *self, int64_t since_ns);
parent_t *master_book_oldest_unacked (master_book_t *self); /*  NULL = none */

#endif
