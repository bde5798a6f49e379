/*  channel_two_read.c: what the peer says on a connection.
 *
 *  What a closed stream says of its request:
 *  | how it closed                                                 | the request                |
 *  |---------------------------------------------------------------|----------------------------|
 *  | END_STREAM came, no error                                     | answered                   |
 *  | REFUSED_STREAM, or its number is above GOAWAY's last one,     | not processed (RFC 9113,   |
 *  |   before any answer                                           |   6.8, 8.7): not sent      |
 *  | anything else                                                 | unknown                    |
 */
#include "broker/alpaca/channel_two_parts.h"

#include <assert.h>

#define HEADER_TABLE_DEFAULT 4096
#define FRAGMENTS_MAX 64 /*  frames of a header block */

static const char no_answer[] = "the answer is not HTTP";

/*  The connection's end: nothing that comes after is read. */
static int two_fail (channel_two_t *self, channel_frame_error_t error)
{
    uint8_t *at = self->ended ? NULL : two_say (self);
    self->ended = true;
    if (at)
        (void) two_said (self, channel_frame_put_goaway (at, error));
    return -ERR_SYNTAX;
}

static void two_refused (channel_two_t *self, const channel_stream_t *stream, bool unprocessed)
{
    channel_call_t *call = stream->call;
    if (unprocessed && call->head.status == 0) {
        call->started = false;
        channel_call_say (call, "the broker refused to begin it");
    } else {
        channel_call_say (call, "the broker broke the stream off");
    }
    two_finish (self, stream, false);
}

/*  The peer has said everything. */
static int two_answered (channel_two_t *self, const channel_stream_t *stream)
{
    const channel_call_t *call = stream->call;
    int status = call->head.status;
    bool empty = status == 204 || status == 304;
    if (!call->head_done || (!empty && stream->length >= 0 && (uint64_t) stream->length != call->reply_size))
        return two_reset (self, stream, FRAME_PROTOCOL_ERROR, no_answer);
    /*  it does not want the rest of the body */
    int rc = two_body_left (call) > 0 ? two_say_number (self, FRAME_RST_STREAM, stream->id, FRAME_CANCEL) : 0;
    two_finish (self, stream, true);
    return rc;
}

/*  ---- what is read ---- */

static int two_block_end (channel_two_t *self)
{
    channel_stream_t *stream = channel_streams_find (&self->streams, self->block);
    self->block = 0;
    if (!stream)
        return 0;
    channel_call_t *call = stream->call;
    int status = call->head.status;
    bool trails = call->head_done;
    if (self->block_malformed)
        return two_reset (self, stream, FRAME_PROTOCOL_ERROR, no_answer);
    if (!trails && status >= 100 && status < 200 && status != 101 && !self->block_ends_stream)
        return 0; /*  the answer proper is to come */
    if (status < 200 || (trails && !self->block_ends_stream))
        return two_reset (self, stream, FRAME_PROTOCOL_ERROR, no_answer);
    call->head_done = true;
    return self->block_ends_stream ? two_answered (self, stream) : 0;
}

/*  Also of streams that are nobody's any more: the compression's state is the connection's. */
static int two_block (channel_two_t *self, const channel_frame_t *frame)
{
    bool last = (frame->flags & FRAME_END_HEADERS) != 0;
    const uint8_t *at = frame->payload;
    size_t left = frame->size;
    int flags = 0;
    if (++self->fragments > FRAGMENTS_MAX)
        return two_fail (self, FRAME_ENHANCE_YOUR_CALM);
    do {
        nghttp2_nv field;
        flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2 (self->inflater, &field, &flags, at, left, last);
        if (used == NGHTTP2_ERR_NOMEM)
            return -ERR_MEMORY;
        if (used < 0)
            return two_fail (self, FRAME_COMPRESSION_ERROR);
        at += used;
        left -= (size_t) used;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) && two_field (self, &field) != 0)
            return two_fail (self, FRAME_ENHANCE_YOUR_CALM);
    } while (!(flags & NGHTTP2_HD_INFLATE_FINAL) && ((flags & NGHTTP2_HD_INFLATE_EMIT) || left > 0));
    if (!last)
        return 0;
    (void) nghttp2_hd_inflate_end_headers (self->inflater);
    return two_block_end (self);
}

/*  Of a stream that we began, open or not. */
static bool two_began (const channel_two_t *self, uint32_t id)
{
    return id % 2 == 1 && id <= self->last_id;
}

static int two_on_headers (channel_two_t *self, channel_frame_t *frame)
{
    channel_frame_error_t error =
        two_began (self, frame->stream) ? channel_frame_strip (frame) : FRAME_PROTOCOL_ERROR;
    if (error != FRAME_NO_ERROR)
        return two_fail (self, error);
    self->block = frame->stream;
    self->block_ends_stream = (frame->flags & FRAME_END_STREAM) != 0;
    self->block_has_fields = self->block_malformed = false;
    self->block_size = 0;
    self->fragments = 0;
    channel_stream_t *stream = channel_streams_find (&self->streams, frame->stream);
    if (stream && !stream->call->head_done) { /*  what an interim one said is over */
        reply_head_clear (&stream->call->head);
        stream->length = -1;
    }
    return two_block (self, frame);
}

/*  Windows are renewed when half of them is used. A peer that takes no notice of them is not told: what it may send is
 *  bounded by each call's reply_max. */
static int two_renew (channel_two_t *self, uint32_t id, uint32_t *unsaid, uint32_t most)
{
    if (*unsaid < most / 2)
        return 0;
    int rc = two_say_number (self, FRAME_WINDOW_UPDATE, id, *unsaid);
    *unsaid = 0;
    return rc;
}

static int two_on_data (channel_two_t *self, channel_frame_t *frame)
{
    uint32_t size = frame->size; /*  with its padding */
    channel_frame_error_t error =
        two_began (self, frame->stream) ? channel_frame_strip (frame) : FRAME_PROTOCOL_ERROR;
    if (error != FRAME_NO_ERROR)
        return two_fail (self, error);
    self->unsaid += size;
    int rc = two_renew (self, 0, &self->unsaid, CONNECTION_WINDOW);
    channel_stream_t *stream = channel_streams_find (&self->streams, frame->stream);
    if (!stream || rc != 0)
        return rc;
    stream->unsaid += size;
    if (!stream->call->head_done)
        return two_reset (self, stream, FRAME_PROTOCOL_ERROR, no_answer);
    if (channel_call_body (stream->call, (const char *) frame->payload, frame->size) != 0)
        return two_reset (self, stream, FRAME_CANCEL, "");
    if (frame->flags & FRAME_END_STREAM)
        return two_answered (self, stream);
    return two_renew (self, stream->id, &stream->unsaid, WINDOW);
}

static int two_on_reset (channel_two_t *self, const channel_frame_t *frame)
{
    if (!two_began (self, frame->stream))
        return two_fail (self, FRAME_PROTOCOL_ERROR);
    if (frame->size != 4)
        return two_fail (self, FRAME_SIZE_ERROR);
    const channel_stream_t *stream = channel_streams_find (&self->streams, frame->stream);
    if (stream)
        two_refused (self, stream, channel_frame_get_32 (frame->payload) == FRAME_REFUSED_STREAM);
    return 0;
}

static int two_set_stream_window (channel_two_t *self, uint32_t value)
{
    if (value > FRAME_WINDOW_MOST)
        return two_fail (self, FRAME_FLOW_CONTROL_ERROR);
    int64_t more = (int64_t) value - self->stream_window;
    self->stream_window = value;
    for (size_t at = 0; at < self->streams.size; at++) {
        channel_stream_t *stream = &self->streams.table[at];
        stream->window += stream->id != 0 ? more : 0;
        if (stream->window > FRAME_WINDOW_MOST)
            return two_fail (self, FRAME_FLOW_CONTROL_ERROR);
    }
    return 0;
}

static int two_set (channel_two_t *self, unsigned id, uint32_t value)
{
    switch (id) {
    case SETTINGS_MAX_CONCURRENT_STREAMS: self->streams_most = value; return 0;
    case SETTINGS_INITIAL_WINDOW_SIZE: return two_set_stream_window (self, value);
    case SETTINGS_HEADER_TABLE_SIZE: /*  RFC 7541, 4.2: the next block says that ours is no larger */
        self->empties_table |= value < HEADER_TABLE_DEFAULT && !self->table_empty;
        return 0;
    case SETTINGS_ENABLE_PUSH: return value == 0 ? 0 : two_fail (self, FRAME_PROTOCOL_ERROR);
    case SETTINGS_MAX_FRAME_SIZE:
        return value >= FRAME_PAYLOAD_MAX && value < 1u << 24 ? 0 : two_fail (self, FRAME_PROTOCOL_ERROR);
    default: return 0;
    }
}

static int two_on_settings (channel_two_t *self, const channel_frame_t *frame)
{
    if (frame->stream != 0)
        return two_fail (self, FRAME_PROTOCOL_ERROR);
    bool ack = (frame->flags & FRAME_ACK) != 0;
    if (frame->size % 6 != 0 || (ack && frame->size > 0))
        return two_fail (self, FRAME_SIZE_ERROR);
    int rc = 0;
    for (uint32_t at = 0; rc == 0 && at < frame->size; at += 6) {
        const uint8_t *setting = frame->payload + at;
        rc = two_set (self, (unsigned) setting[0] << 8 | setting[1], channel_frame_get_32 (setting + 2));
    }
    if (rc != 0 || ack)
        return rc;
    self->settled = true;
    uint8_t *at = two_say (self);
    return two_said (self, at ? channel_frame_put_head (at, 0, FRAME_SETTINGS, FRAME_ACK, 0) : NULL);
}

static int two_on_ping (channel_two_t *self, const channel_frame_t *frame)
{
    if (frame->stream != 0)
        return two_fail (self, FRAME_PROTOCOL_ERROR);
    if (frame->size != 8)
        return two_fail (self, FRAME_SIZE_ERROR);
    if (frame->flags & FRAME_ACK)
        return 0;
    uint8_t *at = two_say (self);
    return two_said (self, at ? channel_frame_put_ping (at, FRAME_ACK, frame->payload) : NULL);
}

static int two_on_goaway (channel_two_t *self, const channel_frame_t *frame)
{
    if (frame->stream != 0)
        return two_fail (self, FRAME_PROTOCOL_ERROR);
    if (frame->size < 8)
        return two_fail (self, FRAME_SIZE_ERROR);
    uint32_t last = channel_frame_get_32 (frame->payload) & FRAME_WINDOW_MOST;
    self->draining = true;
    channel_stream_t *stream;
    while ((stream = channel_streams_after (&self->streams, last)))
        two_refused (self, stream, true);
    return 0;
}

/*  RFC 9113, 6.9 and 6.9.1. */
static channel_frame_error_t window_error (int64_t more, int64_t window)
{
    if (more == 0)
        return FRAME_PROTOCOL_ERROR;
    return window > FRAME_WINDOW_MOST ? FRAME_FLOW_CONTROL_ERROR : FRAME_NO_ERROR;
}

static int two_on_window (channel_two_t *self, const channel_frame_t *frame)
{
    if (frame->size != 4)
        return two_fail (self, FRAME_SIZE_ERROR);
    if (frame->stream != 0 && !two_began (self, frame->stream))
        return two_fail (self, FRAME_PROTOCOL_ERROR);
    int64_t more = (int64_t) (channel_frame_get_32 (frame->payload) & FRAME_WINDOW_MOST);
    channel_stream_t *stream =
        frame->stream != 0 ? channel_streams_find (&self->streams, frame->stream) : NULL;
    if (frame->stream != 0 && !stream)
        return 0;
    int64_t *window = stream ? &stream->window : &self->window;
    *window += more;
    channel_frame_error_t error = window_error (more, *window);
    if (error == FRAME_NO_ERROR)
        return 0;
    return stream ? two_reset (self, stream, error, no_answer) : two_fail (self, error);
}

/*  Nothing comes between the frames of a header block, nor before the peer's settings. */
static bool two_in_order (const channel_two_t *self, const channel_frame_t *frame)
{
    bool continues = frame->type == FRAME_CONTINUATION;
    if (!self->settled && (frame->type != FRAME_SETTINGS || (frame->flags & FRAME_ACK)))
        return false;
    return self->block != 0 ? continues && frame->stream == self->block : !continues;
}

static int two_frame (channel_two_t *self, channel_frame_t *frame)
{
    if (!two_in_order (self, frame))
        return two_fail (self, FRAME_PROTOCOL_ERROR);
    switch (frame->type) {
    case FRAME_DATA: return two_on_data (self, frame);
    case FRAME_HEADERS: return two_on_headers (self, frame);
    case FRAME_CONTINUATION: return two_block (self, frame);
    case FRAME_PRIORITY: return frame->stream != 0 ? 0 : two_fail (self, FRAME_PROTOCOL_ERROR);
    case FRAME_RST_STREAM: return two_on_reset (self, frame);
    case FRAME_SETTINGS: return two_on_settings (self, frame);
    case FRAME_PING: return two_on_ping (self, frame);
    case FRAME_GOAWAY: return two_on_goaway (self, frame);
    case FRAME_WINDOW_UPDATE: return two_on_window (self, frame);
    case FRAME_PUSH_PROMISE: return two_fail (self, FRAME_PROTOCOL_ERROR); /*  we said that we take none */
    default: return 0;                                                     /*  RFC 9113, 4.1 */
    }
}

/*  How many bytes its frame has, as far as `size` of them show. */
static size_t frame_needs (const uint8_t *bytes, size_t size)
{
    channel_frame_t frame;
    if (size < FRAME_HEAD)
        return FRAME_HEAD;
    channel_frame_read_head (&frame, bytes);
    return FRAME_HEAD + frame.size;
}

/*  The frame at `bytes`, of which there are `size`: *used_p, 0 = it is not whole. */
static int two_take (channel_two_t *self, const uint8_t *bytes, size_t size, size_t *used_p)
{
    channel_frame_t frame;
    size_t needed = frame_needs (bytes, size);
    *used_p = 0;
    if (needed > FRAME_HEAD + FRAME_PAYLOAD_MAX)
        return two_fail (self, FRAME_SIZE_ERROR);
    if (size < FRAME_HEAD || size < needed)
        return 0;
    channel_frame_read_head (&frame, bytes);
    frame.payload = bytes + FRAME_HEAD;
    *used_p = needed;
    return two_frame (self, &frame);
}

/*  A frame that comes in pieces. Returns in *used_p how much of the bytes was its. */
static int two_gather (channel_two_t *self, const uint8_t *bytes, size_t size, size_t *used_p)
{
    channel_buffer_t *in = &self->in;
    size_t have = channel_buffer_size (in);
    size_t missing = (have > 0 ? frame_needs (in->bytes + in->begin, have) : FRAME_HEAD) - have;
    size_t taken = 0;
    *used_p = missing < size ? missing : size;
    int rc = channel_buffer_put (in, bytes, *used_p);
    if (rc == 0)
        rc = two_take (self, in->bytes + in->begin, have + *used_p, &taken);
    channel_buffer_take (in, taken);
    return rc;
}

int channel_two_input (channel_two_t *self, const uint8_t *bytes, size_t size)
{
    assert (self && bytes);
    int rc = self->ended ? -ERR_IO : 0;
    for (size_t used; rc == 0 && size > 0; bytes += used, size -= used) {
        used = 0;
        if (channel_buffer_size (&self->in) == 0)
            rc = two_take (self, bytes, size, &used);
        if (rc == 0 && used == 0)
            rc = two_gather (self, bytes, size, &used);
    }
    return rc == 0 && self->draining && self->streams.count == 0 ? -ERR_IO : rc;
}
