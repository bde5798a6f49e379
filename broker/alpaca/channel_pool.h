/*  channel_pool.h: the channel's connections: as many as a whole fan-out needs, opened before it comes, replaced when
 *  they die.
 *
 *  HTTP/2: requests / streams a connection; HTTP/1.1: one a request; never more than max_connections. The first one shows
 *  which protocol the broker speaks, the others follow, a few at a time. After a failure: 100 ms doubling to 5 s, unless
 *  a request waits and there is no connection at all. Connections go round robin over the host's addresses, which are
 *  looked up off the loop and again every minute in which one is opened.
 */
#ifndef BROKER_ALPACA_CHANNEL_POOL_H
#define BROKER_ALPACA_CHANNEL_POOL_H

#include "broker/alpaca/channel_link.h"

typedef struct channel_pool channel_pool_t;

typedef struct {
    void *uv_loop; /*  uv_loop_t * */
    const char *url;
    const char *ca_file; /*  NULL = the system's */
    uint32_t max_connections;
    int64_t connect_timeout_ns;
    int64_t user_timeout_ns; /*  0 = the system's */
    channel_finished_fn *on_finished;
    void (*on_room) (void *context);                      /*  a connection may have room */
    void (*on_stuck) (void *context, const char *reason); /*  none is there and the last attempt failed */
    void *context;
} channel_pool_options_t;

channel_pool_t *channel_pool_new (const channel_pool_options_t *options, problem_t *problem);
/*  Requests that connections have taken are forgotten; what they own is the channel's. */
void channel_pool_destroy (channel_pool_t **self_p);

/*  Requests that may be under way at once, and those that wait now: opens what is missing. */
void channel_pool_expect (channel_pool_t *self, size_t requests, size_t waiting);
/*  A connection with room, the one used longest ago; NULL: none. */
channel_link_t *channel_pool_pick (channel_pool_t *self, size_t *room_p);
/*  About once a second, and when retry_at has come. */
void channel_pool_tick (channel_pool_t *self);
/*  Monotonic: the next attempt to connect; INT64_MAX: none is due. */
int64_t channel_pool_retry_at (const channel_pool_t *self);

uint64_t channel_pool_connections (const channel_pool_t *self); /*  opened since the start */
size_t channel_pool_ready (const channel_pool_t *self);
/*  Blocks of memory that HTTP/2 asked of the heap since the start. */
uint64_t channel_pool_allocations (const channel_pool_t *self);

#endif
