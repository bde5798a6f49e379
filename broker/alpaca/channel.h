/*  channel.h: the way of the orders: POST /v2/orders over connections that are open, warm and enough for a whole fan-out
 *  before it comes (docs/performance.md). Another one carries the reads, so that they wait for no order, nor an order for
 *  them. The same contract as rest.h, which carries what is left; the same replies.
 *
 *  A request is sent at most once. It waits while no connection has room, exits first; the requests of a turn of the loop
 *  are written together, a write a connection, before any answer is given out. Not sent is said only of what provably
 *  was not: no byte of it reached the system, or HTTP/2 says that it was not processed.
 *
 *  One thread. Secrets: the bytes that are to be sealed are wiped as they leave.
 */
#ifndef BROKER_ALPACA_CHANNEL_H
#define BROKER_ALPACA_CHANNEL_H

#include "broker/alpaca/rest.h"

typedef struct channel channel_t;

typedef struct {
    void *uv_loop;   /*  uv_loop_t * */
    const char *url; /*  http://host[:port] or https://…, without the path /v2/orders */
    bool patient;    /*  nothing is written before the end of a turn: others are in more of a hurry */
    rest_options_t rest;
} channel_options_t;

/*  NULL: problem says why. */
channel_t *channel_new (const channel_options_t *options, problem_t *problem);
/*  Requests under way end without a reply. The loop must turn once more before it is closed. Not from inside a reply. */
void channel_destroy (channel_t **self_p);

/*  How many accounts may send at once: connections and memory are made ready for so many requests. */
void channel_expect (channel_t *self, size_t accounts);

/*  REST_POST: an order; url is not read. REST_GET: of the same host as the channel's. urgent: before those that are not.
 *  The reply comes from the loop, never from here. -ERR_FULL: max_requests are under way; -ERR_MEMORY. */
int channel_send (
    channel_t *self, const rest_request_t *request, bool urgent, rest_reply_fn *on_reply, void *context);
/*  Writes now what would be written at the end of the turn. */
void channel_flush (channel_t *self);
size_t channel_pending (const channel_t *self);

typedef struct {
    uint64_t requests;
    uint64_t connections; /*  opened */
    uint64_t ready;       /*  open now, and fit for requests */
    uint64_t allocations; /*  blocks asked of the heap for requests and HTTP/2 */
} channel_counts_t;
void channel_counts (const channel_t *self, channel_counts_t *counts);

#endif
