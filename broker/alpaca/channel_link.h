/*  channel_link.h: one connection of the channel: socket, TLS, protocol; the requests it has taken.
 *
 *  | state    | is                                               | then                                        |
 *  |----------|--------------------------------------------------|---------------------------------------------|
 *  | OPENING  | TCP, TLS, or awaits the peer's HTTP/2 settings   | READY, CLOSED                               |
 *  | READY    | takes requests                                   | DRAINING, CLOSED                            |
 *  | DRAINING | takes none, still has some                       | CLOSED when the last is answered            |
 *  | CLOSED   | its memory goes when the loop has turned         |                                             |
 *
 *  A request whose connection is lost: not sent if none of its bytes was given to the system, else unknown.
 */
#ifndef BROKER_ALPACA_CHANNEL_LINK_H
#define BROKER_ALPACA_CHANNEL_LINK_H

#include "broker/alpaca/channel_call.h"
#include "broker/alpaca/channel_memory.h"
#include "broker/alpaca/channel_one.h"
#include "broker/alpaca/channel_tls.h"

typedef enum { LINK_NEW, LINK_OPENING, LINK_READY, LINK_DRAINING, LINK_CLOSED } channel_link_state_t;

typedef struct channel_link channel_link_t;

/*  The owner's, kept in the link. */
typedef struct {
    channel_link_t *next;
    channel_link_t *prev;
    bool listed;
    channel_link_state_t counted;
    size_t index;
    size_t address;
} channel_link_place_t;

/*  What all links of a channel share; borrowed. */
typedef struct {
    void *uv_loop;
    channel_target_t target;
    channel_tls_context_t *tls; /*  NULL = plain */
    channel_memory_t memory;
    channel_buffer_t plain; /*  for the bytes of one turn, before they are sealed */
    int64_t user_timeout_ns;
    int64_t connect_timeout_ns;
    size_t streams_most;              /*  requests that a link takes, even if the peer would more */
    channel_finished_fn *on_finished; /*  never from inside take or cancel */
    void (*on_changed) (void *context, channel_link_t *link); /*  its state or its room is another */
    void *context;
} channel_route_t;

/*  Begins to connect. address: an IPv4 or IPv6 literal. NULL: no descriptor or no memory; reason says which. */
channel_link_t *channel_link_new (
    channel_route_t *route, const char *address, int64_t now_ns, const char **reason_p);
/*  Its requests are finished, on_changed follows. */
void channel_link_close (channel_link_t *self, const char *reason);
/*  The same without a word to anybody. */
void channel_link_abandon (channel_link_t *self);

channel_link_place_t *channel_link_place (channel_link_t *self);
channel_link_state_t channel_link_state (const channel_link_t *self);
const char *channel_link_reason (const channel_link_t *self); /*  CLOSED: why */
/*  It answered nothing, and did not live for long. */
bool channel_link_was_stillborn (const channel_link_t *self);
size_t channel_link_streams (const channel_link_t *self); /*  requests at a time: 1 for HTTP/1.1 */
/*  Requests it would take now; 0 while bytes of earlier ones still wait for the socket. */
size_t channel_link_room (const channel_link_t *self);

/*  Takes a request: encoded, not yet written. -ERR_*: it was not taken. */
int channel_link_take (channel_link_t *self, channel_call_t *call);
/*  Seals and writes what was taken, in one write. Its requests may be finished by that. */
void channel_link_flush (channel_link_t *self);
/*  The request's time is over: it is forgotten here. HTTP/1.1: the connection goes with it. */
void channel_link_cancel (channel_link_t *self, channel_call_t *call);
/*  About once a second: gives up opening, asks a quiet peer for a sign of life. now_ns: monotonic. */
void channel_link_tick (channel_link_t *self, int64_t now_ns);

#endif
