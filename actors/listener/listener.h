/*  listener.h: one master account: its trading stream, its positions, and what each of its orders executed.
 *
 *  In: master.config, listener.cursor, master.ack, stream states, trade updates, broker answers. Out: listener.ready and
 *  master.order to "dispatcher", calls and stream commands for account slot 0, stream.state, log.line and alert.raised
 *  for everybody.
 *  Pure core (actors/actor.h); all memory is taken by listener_new.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include "actors/actor.h"

typedef struct listener listener_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    const char *name;        /*  actor name; borrowed for new() only */
    uint32_t max_orders;     /*  X remembered: 8,192; closed ones leave oldest first */
    uint32_t max_links;      /*  replaced orders remembered: 16,384 */
    uint32_t max_executions; /*  execution ids remembered: 65,536 */
    uint32_t max_positions;  /*  symbols: 8,192 */
    uint32_t max_held;       /*  updates that wait: 4,096 */
    uint64_t seed;           /*  jitter */
    int64_t
        reconnect_delay_ns;   /*  WEBSOCKET_RECONNECT_DELAY: 1 s; doubles to reconnect_max_ns, full jitter */
    int64_t reconnect_max_ns; /*  30 s */
    int64_t refresh_ns;       /*  equity is read again: 15 s */
    int64_t
        overlap_ns; /*  a catch-up begins this long before the last execution: 5 min, lookback_ns if that is less */
    int64_t repeat_ns;      /*  states without an ack go out again: 1 s */
    int64_t stop_ns;        /*  a stop waits this long for acks: 5 s */
    int64_t lookback_ns;    /*  CATCH_UP_LOOKBACK: the first look's window when nothing is known: 24 h */
    int64_t cursor_wait_ns; /*  for listener.cursor, after master.config: 3 s */
    int64_t settle_ns;      /*  the broker's lists are not older than this: 0.4 s */
    int64_t hold_ns;        /*  executions that do not fit wait at most so long: 10 s */
    int64_t poll_ns;        /*  between two looks while the stream is away: 1 s */
    int64_t probe_ns;       /*  between two looks while it listens: 15 s */
    int64_t mute_ns;        /*  the stream brings what a look found within: 2 s */
    int64_t request_limit;  /*  a minute, until the broker says another: 200 */
} listener_config_t;

extern const actor_ops_t listener_ops;

listener_t *listener_new (const listener_config_t *config); /*  NULL: out of memory */
void listener_destroy (listener_t **self_p);
/*  0, or -ERR_UNEXPECTED for an event that is not a listener's. */
int listener_step (listener_t *self, const event_t *event, effects_t *effects);

/*  Room the host must give listener_step's effects. */
size_t listener_effects_limit (const listener_config_t *config);
size_t listener_arena_limit (const listener_config_t *config);

#endif
