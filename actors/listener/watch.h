/*  watch.h: what the broker said was filled of each order of the master, against the executions that were found.
 *
 *  An order is here from its first sight (an update, the list of open orders, an activity). Bounded: orders at their end
 *  whose executions were all counted leave, oldest first, when room is needed; without room an order is not watched.
 */
#ifndef LISTENER_WATCH_H
#define LISTENER_WATCH_H

#include "messages/directory.h"
#include "messages/trading.h"

typedef struct {
    char order_id[ID_MAX];
    int64_t filled_e9;     /*  the most that the broker said */
    int64_t found_e9;      /*  executions taken in, and base_e9 */
    int64_t counted_e9;    /*  executions in the state of its X, and base_e9 */
    int64_t base_e9;       /*  executed before the window of the first catch-up */
    int64_t updated_at_ns; /*  the broker's UTC of its last change; 0 = not known */
    order_status_t status; /*  STATUS_PENDING_NEW until the broker said one */
    bool open;             /*  not known to be at its end */
    bool ended;            /*  a list or an answer said its end, and its X has not heard of it */
    uint32_t listed;       /*  number of the open-orders list it was last in */
    uint32_t asked;        /*  number of the list after which it was asked for by id */
    uint32_t answer;       /*  its place in the list being read, from 1; 0 = not in it */
    uint32_t tries;        /*  readings of the activities that did not account for it */
} watched_t;

typedef struct {
    watched_t *orders; /*  the first `count` are used */
    directory_t index;
    uint32_t limit;
    uint32_t count;
    uint32_t hand; /*  where the search for one that may leave goes on */
} watch_t;

bool watch_init (watch_t *self, uint32_t limit);
void watch_free (watch_t *self);
void watch_clear (watch_t *self);
watched_t *watch_find (
    watch_t *self, const char *order_id); /*  NULL = not here; valid until the next change */
watched_t *watch_open (watch_t *self, const char *order_id); /*  NULL = no room */
/*  What an order says of itself; older news change nothing. */
watched_t *watch_order (watch_t *self, const order_t *order);
bool watch_accounted (const watched_t *watched); /*  everything it filled was found */
bool watch_done (const watched_t *watched);      /*  at its end, and everything it filled was counted */

#endif
