/*  ping.h: two cores that only talk: a pinger counts in shard.ready, a ponger answers each with client.release.
 *
 *  The ponger also publishes an alert.raised for every epoch that is a multiple of 1,000, and tells what it got.
 */
#ifndef PING_H
#define PING_H

#include "actors/actor.h"

#include <stdatomic.h>

typedef struct {
    const char *name;
    uint64_t rounds;           /*  one after the other */
    uint64_t burst;            /*  and this many at once, before them */
    _Atomic uint64_t answers;  /*  a pinger's */
    _Atomic uint64_t asked;    /*  a ponger's */
    _Atomic uint64_t disorder; /*  numbers that did not follow the one before */
    _Atomic uint64_t ticks;
    _Atomic bool hang; /*  a stop is not obeyed until this is false */
    uint64_t last;
    message_t message;
} ping_t;

extern const actor_ops_t pinger_ops;
extern const actor_ops_t ponger_ops;

#endif
