/*  channel_two_parts.h: inside broker/alpaca/channel_two*: one connection, which channel_two.c sends on and
 *  channel_two_read.c reads.
 */
#ifndef BROKER_ALPACA_CHANNEL_TWO_PARTS_H
#define BROKER_ALPACA_CHANNEL_TWO_PARTS_H

#include "broker/alpaca/channel_frame.h"
#include "broker/alpaca/channel_head.h"
#include "broker/alpaca/channel_streams.h"
#include "broker/alpaca/channel_two.h"

#include <nghttp2/nghttp2.h>

#define WINDOW (1 << 18)             /*  of a stream: an answer's bound, until it is renewed */
#define CONNECTION_WINDOW (16 << 20) /*  many answers at a time */
#define HEADER_LIST_MAX (32 << 10)   /*  that we ask for */

struct channel_two {
    channel_head_t head;
    channel_finished_fn *on_finished;
    void *context;
    channel_streams_t streams;
    uint32_t last_id;      /*  of a stream of ours */
    channel_buffer_t out;  /*  frames beside requests */
    size_t waiting;        /*  bodies that are not sent whole */
    size_t waiting_size;   /*  what is left of them */
    int64_t window;        /*  that the peer has left for bodies */
    int64_t stream_window; /*  that it gives to a new stream */
    uint32_t streams_most;
    bool empties_table; /*  our next header block says that our compression table has no room */
    bool table_empty;   /*  that was said */
    bool settled;
    bool draining;
    bool ended; /*  after our GOAWAY */
    /*  what is read */
    nghttp2_mem heap; /*  the inflater's */
    nghttp2_hd_inflater *inflater;
    channel_buffer_t in; /*  a frame that is not whole yet */
    uint32_t unsaid;     /*  bytes that came since our window was renewed */
    uint32_t block;      /*  the stream whose header block is being read; 0 = none */
    bool block_ends_stream;
    bool block_has_fields; /*  others than :status */
    bool block_malformed;
    size_t block_size; /*  of its fields so far */
    unsigned fragments;
};

/*  A frame into out: where it begins, with FRAME_CONTROL_MAX bytes of room, and where it ended. NULL, -ERR_FULL: the peer
 *  asks for more than it reads. */
uint8_t *two_say (channel_two_t *self);
int two_said (channel_two_t *self, const uint8_t *end);
int two_say_number (channel_two_t *self, channel_frame_type_t type, uint32_t stream, uint32_t number);

/*  The stream is closed, its call the channel's again. */
void two_finish (channel_two_t *self, const channel_stream_t *stream, bool whole);
/*  We break it off: whatever came of it is no answer. */
int two_reset (
    channel_two_t *self, const channel_stream_t *stream, channel_frame_error_t error, const char *reason);
size_t two_body_left (const channel_call_t *call);
/*  A header field of the block that is being read; -ERR_FULL: they are too many. */
int two_field (channel_two_t *self, const nghttp2_nv *field);

#endif
