/*  gate.h: how many orders a shard has on the wire at once, and who goes next. Lanes that may not send yet wait in
 *  queues, first come first served within each:
 *
 *  | queue   | whose                                                       |
 *  | EXIT    | exits of clients whose orders are answered                   |
 *  | DOUBT_X | exits of clients whose last order or question was not        |
 *  | ENTRY   | entries of clients whose orders are answered                 |
 *  | DOUBT_E | entries of the others                                        |
 *
 *  Those in doubt have at most half of the places: they hold one for as long as a timeout lasts (P5).
 */
#ifndef GATE_H
#define GATE_H

#include "actors/executor/book.h"

enum { GATE_EXIT, GATE_DOUBT_X, GATE_ENTRY, GATE_DOUBT_E, GATE_QUEUES };

typedef struct {
    uint32_t limit;                                 /*  MAX_CONCURRENT_ORDERS */
    uint32_t batch;                                 /*  ORDER_BATCH_SIZE */
    int64_t pause_ns;                               /*  RATE_LIMIT_DELAY */
    uint32_t flying;                                /*  orders sent, not answered */
    uint32_t in_doubt;                              /*  of them, of clients in doubt when they were sent */
    uint32_t begun;                                 /*  of this batch */
    int64_t next_batch_ns;                          /*  boottime */
    uint32_t first[GATE_QUEUES], last[GATE_QUEUES]; /*  lanes */
    bool taking;                                    /*  the lane now looked at came out of a queue */
} gate_t;

void gate_init (gate_t *self, uint32_t limit, uint32_t batch, int64_t pause_ns);
void gate_step (gate_t *self, int64_t now_ns); /*  begins a step: perhaps a new batch */
/*  true: it may send now. false: the lane is in its queue and will be taken from there. */
bool gate_admits (gate_t *self, book_t *book, uint32_t lane, bool exit, bool doubt, int64_t now_ns);
void gate_sent (gate_t *self, slot_t *slot, bool doubt, int64_t now_ns);
void gate_answered (gate_t *self, slot_t *slot);
/*  The next lane that may send, taken out of its queue; NONE. */
uint32_t gate_take (gate_t *self, book_t *book, int64_t now_ns);
/*  When somebody who waits can go on because of time alone; INT64_MAX = nobody. */
int64_t gate_next_ns (const gate_t *self);

#endif
