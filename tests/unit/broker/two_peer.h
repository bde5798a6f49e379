/*  two_peer.h: an HTTP/2 connection without a socket: the test is its peer, in bytes that are written as text.
 *
 *  A frame is TYPE:FLAGS:STREAM:PAYLOAD, frames are parted by a blank:
 *    TYPE     D(ata) H(eaders) P(riority) R(st_stream) S(ettings) U (push promise) G (ping) A (goaway) W(indow_update)
 *             C(ontinuation) X: one that RFC 9113 does not know
 *    FLAGS    e(nd_stream) a(ck) h (end_headers) p(added) r (has priority)
 *    PAYLOAD  hexadecimal, 'text', (n): n bytes 'x'; commas are for the reader
 */
#ifndef TESTS_UNIT_BROKER_TWO_PEER_H
#define TESTS_UNIT_BROKER_TWO_PEER_H

#include "broker/alpaca/channel_frame.h"
#include "broker/alpaca/channel_two.h"

#define TWO_PEER_CALLS 8
#define TWO_PEER_TEXT 4096
#define TWO_PEER_REPLY_MAX 20000

typedef struct {
    channel_memory_t memory;
    channel_target_t target;
    keyring_t *ring;
    keys_t *keys;
    channel_two_t *two;
    channel_call_t *calls[TWO_PEER_CALLS];
    size_t sent[TWO_PEER_CALLS]; /*  bytes of its body that were seen */
    size_t count;
    channel_buffer_t said; /*  by the connection, and not yet looked at */
    char told[TWO_PEER_TEXT];
    char heard[TWO_PEER_TEXT];
    int output_rc; /*  of the last time it was asked for output */
} two_peer_t;

/*  A connection that said nothing yet, and heard nothing. */
void two_peer_open (two_peer_t *self);
/*  The hellos of both are over. */
void two_peer_begin (two_peer_t *self);
void two_peer_end (two_peer_t *self);

/*  One more order, with a body of so many bytes; NULL: it was not taken. */
channel_call_t *two_peer_order (two_peer_t *self, size_t body_size);
/*  One more read. */
channel_call_t *two_peer_read (two_peer_t *self);

/*  Text to bytes, which the caller frees. */
uint8_t *two_peer_bytes (const char *frames, size_t *size_p);
/*  To the connection in pieces, after each of which it is asked for output; the first that is not 0. */
int two_peer_say (two_peer_t *self, const char *frames);
int two_peer_say_bytes (two_peer_t *self, const uint8_t *bytes, size_t size, size_t first, size_t piece);
void two_peer_listen (two_peer_t *self);
/*  What finished since it was asked last: "1:200:hello", "3:unknown", "5:not sent". */
const char *two_peer_told (two_peer_t *self);
/*  The frames that it said since it was asked last; of DATA only how much, of HEADERS not even that.
 *  DATA is what comes next of the call's body, and its last ends the stream. */
const char *two_peer_heard (two_peer_t *self);

#endif
