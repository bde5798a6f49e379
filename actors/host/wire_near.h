/*  wire_near.h: actors that share a thread: who is sent something by another one on the same loop takes it in the same turn.
 *  Nothing else changes, the message goes through ZeroMQ; but the receiver need not be told by the system, which takes some
 *  ten calls of poll and epoll a hop. Used on the loop's thread. The loop's data is the list: nobody
 *  else's, and NULL at first (uv_loop_init leaves it as it was).
 */
#ifndef WIRE_NEAR_H
#define WIRE_NEAR_H

#include <stdbool.h>
#include <uv.h>

#define NEAR_MAX 8 /*  hand-overs in a turn: a fill goes through three actors */

typedef struct wire_near wire_near_t;

struct wire_near {
    wire_near_t *next;
    uv_loop_t *loop;
    const char *name;                          /*  borrowed */
    void (*take) (void *wire, unsigned count); /*  so many messages */
    void *wire;
    unsigned called;  /*  messages it was sent since it last took */
    const bool *busy; /*  borrowed; true: in a step, takes nothing now. NULL = never; set before it joins */
};

void wire_near_join (
    wire_near_t *self, uv_loop_t *loop, const char *name, void (*take) (void *, unsigned), void *wire);
void wire_near_leave (wire_near_t *self);
/*  A message was sent to the actor `name`, whoever and wherever it is. */
void wire_near_call (const wire_near_t *self, const char *name);
/*  Those that were called take what they were sent, and do not look for more: that costs system calls, and the loop does it
 *  at the end of its turn. Within an actor's step that one is busy, and takes what it is sent at the next chance. */
void wire_near_serve (uv_loop_t *loop);

#endif
