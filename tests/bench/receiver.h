/*  receiver.h: the bench's broker: a process of its own that reads orders over TLS, notes when each is complete, and
 *  answers a canned order after a fixed time. It understands only what the bench sends, so that it is not the
 *  bottleneck: HTTP/2 frames without their header blocks, HTTP/1.1 by Content-Length.
 */
#ifndef BENCH_RECEIVER_H
#define BENCH_RECEIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RECEIVER_STREAMS 128

/*  Shared by both processes. Clock: CLOCK_MONOTONIC. */
typedef struct {
    atomic_uint arrived; /*  orders since the last reset */
    atomic_llong first_ns;
    atomic_llong last_ns;
    atomic_llong delay_ns; /*  of answers; may be changed between events */
} receiver_tally_t;

typedef struct {
    pid_t process;
    uint16_t port;
    bool two; /*  offers h2 */
    char ca_file[64];
    receiver_tally_t *tally;
} receiver_t;

void receiver_start (receiver_t *self, bool two);
void receiver_stop (receiver_t *self);
void receiver_reset (receiver_t *self, int64_t delay_ns); /*  while nothing is under way */
int64_t receiver_cpu_ns (const receiver_t *self);         /*  used since its start */

#endif
