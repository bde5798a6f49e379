/*  receiver.h: the bench's broker: a process of its own that reads orders over TLS, notes when each is complete, and
 *  answers a filled order after a fixed time. It understands only what the bench sends, so that it is not the
 *  bottleneck: HTTP/2 frames without their header blocks, HTTP/1.1 by Content-Length.
 *
 *  With a simulator behind it, it is a whole broker: a connection whose first request is not an order goes on to the
 *  simulator as it is (receiver_relay.c), the trading stream among them; of that it notes when each fill leaves.
 */
#ifndef RECEIVER_H
#define RECEIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RECEIVER_STREAMS 128
#define RECEIVER_FILLS 8192 /*  remembered, the newest ones */
#define RECEIVER_TROUBLED_QTY "2"

/*  What an order of RECEIVER_TROUBLED_QTY shares meets, the others never. */
typedef enum { TROUBLE_NONE, TROUBLE_SLOW, TROUBLE_FAILING } trouble_t;

/*  Shared by both processes. Clock: CLOCK_MONOTONIC. */
typedef struct {
    atomic_uint arrived; /*  orders since the last reset, without the troubled accounts' */
    atomic_uint troubled;
    atomic_uint repeated; /*  while fills are followed: ids that came before; not among those that arrived */
    atomic_ullong bytes;  /*  of orders, decrypted, since the start */
    atomic_llong first_ns;
    atomic_llong last_ns;
    atomic_llong delay_ns;                /*  of answers; may be changed between events */
    atomic_uint trouble;                  /*  trouble_t */
    atomic_uint per_fill;                 /*  orders that a fill brings; 0 = the fills are not followed */
    atomic_uint fills;                    /*  left since the last reset */
    atomic_llong fill_ns[RECEIVER_FILLS]; /*  the k-th one left */
    atomic_llong done_ns[RECEIVER_FILLS]; /*  the (k + 1) x per_fill-th order came; 0 = not yet */
} receiver_tally_t;

typedef struct {
    bool two;                 /*  offer h2 */
    uint16_t simulator;       /*  port of a simulator in the clear; 0 = none */
    int64_t trouble_delay_ns; /*  TROUBLE_SLOW */
} receiver_options_t;

typedef struct {
    pid_t process;
    uint16_t port;
    bool two;
    char ca_file[128];
    receiver_tally_t *tally;
} receiver_t;

/*  Forks: before the process has threads. */
void receiver_start (receiver_t *self, const receiver_options_t *options);
void receiver_stop (receiver_t *self);
void receiver_reset (receiver_t *self, int64_t delay_ns); /*  while nothing is under way */
int64_t receiver_cpu_ns (const receiver_t *self);         /*  used since its start */

#endif
