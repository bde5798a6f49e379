/*  link.h: one peer of an actor: what is sent arrives once and in order, as long as both ends live; pure (no socket,
 *  clock or allocation after new), so that a test can lose, double and reorder at will. docs/links.md.
 *
 *  Every life of an end has a session (a random number). A stream runs from one session to another, numbered from 1:
 *  acknowledged cumulatively, sent again after a timeout, received in order or not at all. When the peer has a new
 *  life, a new stream begins: what the dead one had not acknowledged is dropped, unless it was marked to be kept
 *  (records, which are true whoever hears them).
 *
 *  Threads: a link belongs to one. Times are CLOCK_BOOTTIME ns.
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_HEADER 48 /*  bytes of the frame before a message */

typedef struct link link_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    uint64_t session;      /*  of this life; not 0 */
    uint32_t max_messages; /*  queued, those under way included: 32,768 */
    size_t max_bytes;      /*  of these: 16 MiB */
    uint32_t window;       /*  under way to a peer that takes more: 4,096 */
    int64_t resend_ns;     /*  without an acknowledgement: 200 ms, doubling to resend_max_ns */
    int64_t resend_max_ns; /*  2 s */
    int64_t ack_ns;        /*  an acknowledgement waits so long for a message to go with: 10 ms */
    int64_t beat_ns;       /*  a silent end says that it is there: 500 ms; dead after 3 missed */
} link_config_t;

/*  What goes over the wire: the header, and for a message its payload. */
typedef struct {
    uint8_t header[LINK_HEADER];
    int kind;             /*  of the message, as link_send was told; 0 = the header alone */
    const uint8_t *bytes; /*  valid until the next call */
    size_t size;
} link_frame_t;

typedef struct {
    uint64_t sent;       /*  messages, the first time */
    uint64_t resent;     /*  messages, again */
    uint64_t delivered;  /*  messages from the peer */
    uint64_t duplicates; /*  of them that had come before */
    uint64_t gaps;       /*  of them that came too early */
    uint64_t refused;    /*  by link_send: full */
    uint64_t dropped;    /*  with a dead life of the peer */
    uint64_t strays;     /*  frames of or for a dead life */
    uint64_t lives;      /*  of the peer */
    uint64_t deaths;     /*  times it was silent for 3 beats */
} link_counts_t;

typedef enum { LINK_IGNORE, LINK_DELIVER } link_verdict_t;

link_t *link_new (const link_config_t *config); /*  NULL: out of memory */
void link_destroy (link_t **self_p);

/*  Says that we are there, though there is nothing to say: a ROUTER cannot begin. */
void link_hello (link_t *self, int64_t now_ns);
/*  Queues a message (copied). kind > 0 is the caller's. 0, or -ERR_FULL. */
int link_send (link_t *self, int64_t now_ns, int kind, bool keep, const uint8_t *bytes, size_t size);
/*  The next frame that is due, false = none now. It is taken when link_sent says so: a transport that cannot take it
 *  leaves it here. */
bool link_due (link_t *self, int64_t now_ns, link_frame_t *frame);
void link_sent (link_t *self, int64_t now_ns);
/*  A header came. LINK_DELIVER: the message with it is the next one; LINK_IGNORE: forget it; -ERR_SYNTAX. */
int link_receive (link_t *self, int64_t now_ns, const uint8_t *header, size_t size, bool has_message);
/*  Whether a header that link_receive took is of the peer's present life. */
bool link_is_peer (const link_t *self, const uint8_t *header);
/*  When link_due has to be asked again; INT64_MAX = not of itself. */
int64_t link_wake_ns (const link_t *self);

/*  True when the peer was heard before and has been silent for 3 beats, once. */
bool link_watch (link_t *self, int64_t now_ns);
bool link_known (const link_t *self); /*  the peer was heard */
bool link_alive (const link_t *self); /*  and not silent for 3 beats */
size_t link_waiting (const link_t *self);
const link_counts_t *link_counts (const link_t *self);

#endif
