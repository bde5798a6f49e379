/*  receiver_parts.h: what the receiver's files share. One thread, one process, one receiver. */
#ifndef RECEIVER_PARTS_H
#define RECEIVER_PARTS_H

#include "scripts/commands/load_test/receiver.h"

#include <openssl/ssl.h>

#include <stddef.h>

#define RECEIVER_IN_MAX (64 << 10)
#define RECEIVER_OUT_MAX (512 << 10)
#define FRAME_HEAD 9

typedef enum { PEER_UNDECIDED, PEER_ORDERS, PEER_RELAYED } peer_kind_t;

typedef struct peer peer_t;

/*  What an epoll event is about: the peer's socket, or the one to the simulator. */
typedef struct {
    peer_t *peer;
    bool relay;
} end_t;

struct peer {
    end_t near_end;
    end_t far_end;
    int socket;
    int simulator; /*  PEER_RELAYED; -1 = none */
    SSL *ssl;
    peer_kind_t kind;
    bool greeted;
    bool two;
    bool preface;
    bool dirty;              /*  in the list of those with output */
    bool ack_dropped;        /*  HTTP/2, relayed: of the settings that were ours, not the simulator's */
    bool stream;             /*  relayed: the trading stream */
    uint32_t unacknowledged; /*  body bytes */
    size_t held;             /*  HTTP/2, undecided: bytes at the begin of `in` that were looked at */
    size_t in_size;
    size_t out_size;
    uint8_t *in;
    uint8_t *out;
};

/*  receiver.c */
int64_t receiver_now (void);
receiver_tally_t *receiver_tally (void);
void receiver_watch (int socket, end_t *end);
void peer_put (peer_t *self, const void *bytes, size_t size); /*  written at the end of the turn */
void peer_flush (peer_t *self);                               /*  now */
void peer_put_frame (peer_t *self, size_t size, uint8_t type, uint8_t flags, uint32_t stream);
void peer_close (peer_t *self);

/*  receiver_order.c */
void receiver_orders_start (int64_t trouble_delay_ns);
void receiver_order (peer_t *self, uint32_t stream, const uint8_t *body, size_t size);
/*  Puts what is due; when the next one is, 0 = none waits. */
int64_t receiver_answer_due (void);

/*  receiver_relay.c */
void relay_start (uint16_t simulator);
/*  Is the first request of an HTTP/2 header block, or of an HTTP/1.1 head, an order? */
bool relay_is_order_two (const uint8_t *frame, size_t size, uint8_t flags);
bool relay_is_order_one (const uint8_t *head);
void relay_begin (peer_t *self);
void relay_up (peer_t *self, const uint8_t *bytes, size_t size);
void relay_down (peer_t *self); /*  the simulator has something to say */

#endif
