/*  channel_two.c: why it exists: of what an order cost, nghttp2's session was the largest part: it keeps streams of every
 *  kind in queues, and copies what is sent three times. An order is one HEADERS and one DATA frame.
 */
#include "broker/alpaca/channel_two.h"

#include "broker/alpaca/channel_clock.h"
#include "broker/alpaca/channel_two_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_DEFAULT 65535
#define BODY_EXPECTED 256     /*  bytes of window that an order takes */
#define OUT_MOST (256u << 10) /*  of what waits to be said: a peer that asks and does not read */
#define IN_MOST (2 * (FRAME_HEAD + FRAME_PAYLOAD_MAX))
#define ID_MOST 0x7ffffff0u
#define GET 0x82u /*  HPACK: :method, from the static table */
#define POST 0x83u
#define EMPTY_TABLE 0x20u /*  HPACK: our table has no room from here on */

uint8_t *two_say (channel_two_t *self)
{
    return channel_buffer_reserve (&self->out, FRAME_CONTROL_MAX) == 0 ? self->out.bytes + self->out.end
                                                                       : NULL;
}

int two_said (channel_two_t *self, const uint8_t *end)
{
    if (!end)
        return -ERR_FULL;
    self->out.end = (size_t) (end - self->out.bytes);
    return 0;
}

int two_say_number (channel_two_t *self, channel_frame_type_t type, uint32_t stream, uint32_t number)
{
    uint8_t *at = two_say (self);
    return two_said (self, at ? channel_frame_put_number (at, type, stream, number) : NULL);
}

static int two_say_hello (channel_two_t *self)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    int rc = channel_buffer_put (&self->out, preface, sizeof preface - 1);
    uint8_t *at = rc == 0 ? two_say (self) : NULL;
    if (!at)
        return -ERR_MEMORY;
    at = channel_frame_put_head (at, FRAME_CONTROL_MAX - FRAME_HEAD, FRAME_SETTINGS, 0, 0);
    at = channel_frame_put_setting (at, SETTINGS_ENABLE_PUSH, 0);
    at = channel_frame_put_setting (at, SETTINGS_INITIAL_WINDOW_SIZE, WINDOW);
    (void) two_said (self, channel_frame_put_setting (at, SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX));
    return two_say_number (self, FRAME_WINDOW_UPDATE, 0, CONNECTION_WINDOW - WINDOW_DEFAULT);
}

channel_two_t *channel_two_new (
    channel_memory_t *memory, const channel_target_t *target, channel_finished_fn *on_finished, void *context)
{
    assert (memory && target && on_finished);
    channel_two_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    channel_head_make (&self->head, target);
    self->on_finished = on_finished;
    self->context = context;
    self->in.most = IN_MOST;
    self->out.most = OUT_MOST;
    self->window = self->stream_window = WINDOW_DEFAULT;
    self->streams_most = UINT32_MAX;
    self->heap = (nghttp2_mem){
        memory, channel_memory_take, channel_memory_give, channel_memory_take_zeroed, channel_memory_resize};
    if (nghttp2_hd_inflate_new2 (&self->inflater, &self->heap) != 0 || two_say_hello (self) != 0)
        channel_two_destroy (&self);
    return self;
}

void channel_two_destroy (channel_two_t **self_p)
{
    assert (self_p);
    channel_two_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    if (self->inflater)
        nghttp2_hd_inflate_del (self->inflater);
    channel_buffer_free (&self->in);
    channel_buffer_free (&self->out);
    channel_streams_free (&self->streams);
    free (self);
}

bool channel_two_settled (const channel_two_t *self)
{
    assert (self);
    return self->settled;
}

bool channel_two_draining (const channel_two_t *self)
{
    assert (self);
    return self->draining || self->ended || self->last_id >= ID_MOST;
}

size_t channel_two_streams (const channel_two_t *self)
{
    assert (self);
    return self->streams_most;
}

size_t channel_two_room (const channel_two_t *self)
{
    assert (self);
    int64_t window = self->window - (int64_t) self->waiting_size;
    size_t bodies = window > 0 ? (size_t) window / BODY_EXPECTED : 0;
    size_t room = self->streams_most > self->streams.count ? self->streams_most - self->streams.count : 0;
    return bodies < room ? bodies : room;
}

size_t two_body_left (const channel_call_t *call)
{
    return call->body_size - call->body_sent;
}

/*  As much of a body as both windows let pass; its place is reserved. */
static int two_put_body (channel_two_t *self, channel_stream_t *stream, channel_buffer_t *plain)
{
    channel_call_t *call = stream->call;
    size_t left;
    while ((left = two_body_left (call)) > 0) {
        int64_t window = self->window < stream->window ? self->window : stream->window;
        size_t size = left < FRAME_PAYLOAD_MAX ? left : FRAME_PAYLOAD_MAX;
        if (window <= 0)
            return 0;
        if ((uint64_t) window < size)
            size = (size_t) window;
        int rc = channel_buffer_reserve (plain, FRAME_HEAD + size);
        if (rc != 0)
            return rc;
        uint8_t *at = plain->bytes + plain->end;
        at = channel_frame_put_head (at, size, FRAME_DATA, size == left ? FRAME_END_STREAM : 0, stream->id);
        memcpy (at, call->body + call->body_sent, size);
        plain->end += FRAME_HEAD + size;
        call->body_sent += size;
        self->window -= (int64_t) size;
        stream->window -= (int64_t) size;
        self->waiting_size -= size;
        self->waiting -= size == left;
    }
    return 0;
}

static void two_put_head (channel_two_t *self, const channel_call_t *call, channel_buffer_t *plain)
{
    uint8_t *frame = plain->bytes + plain->end;
    uint8_t *block = frame + FRAME_HEAD;
    uint8_t *at = block;
    if (self->empties_table) {
        *at++ = EMPTY_TABLE;
        self->empties_table = false;
        self->table_empty = true;
    }
    *at++ = call->path ? GET : POST;
    at += channel_head_write (&self->head, call, at);
    unsigned flags = FRAME_END_HEADERS | (call->body_size == 0 ? FRAME_END_STREAM : 0);
    (void) channel_frame_put_head (frame, (size_t) (at - block), FRAME_HEADERS, flags, self->last_id);
    plain->end += (size_t) (at - frame);
}

int channel_two_send (channel_two_t *self, channel_call_t *call, channel_buffer_t *plain)
{
    assert (self && call && plain && call->body_size <= FRAME_PAYLOAD_MAX);
    if (channel_two_draining (self))
        return -ERR_FULL;
    int rc = channel_buffer_reserve (plain, 2 * FRAME_HEAD + 2 + CHANNEL_HEAD_MAX + call->body_size);
    if (rc != 0)
        return rc;
    uint32_t id = self->last_id == 0 ? 1 : self->last_id + 2;
    channel_stream_t *stream = channel_streams_add (&self->streams, id, call);
    if (!stream)
        return -ERR_MEMORY;
    stream->window = self->stream_window;
    self->last_id = call->stream_id = id;
    call->body_sent = 0;
    self->waiting += call->body_size > 0;
    self->waiting_size += call->body_size;
    two_put_head (self, call, plain);
    return two_put_body (self, stream, plain);
}

/*  No longer among the open ones; its body, if it waits, waits no more. */
static channel_call_t *two_take_out (channel_two_t *self, const channel_stream_t *stream)
{
    channel_call_t *call = stream->call;
    self->waiting -= two_body_left (call) > 0;
    self->waiting_size -= two_body_left (call);
    channel_streams_remove (&self->streams, stream->id);
    return call;
}

void two_finish (channel_two_t *self, const channel_stream_t *stream, bool whole)
{
    channel_call_t *call = two_take_out (self, stream);
    call->whole = whole;
    self->on_finished (self->context, call);
}

int two_reset (
    channel_two_t *self, const channel_stream_t *stream, channel_frame_error_t error, const char *reason)
{
    int rc = two_say_number (self, FRAME_RST_STREAM, stream->id, (uint32_t) error);
    if (!stream->call->reason[0])
        channel_call_say (stream->call, reason);
    two_finish (self, stream, false);
    return rc;
}

void channel_two_cancel (channel_two_t *self, channel_call_t *call)
{
    assert (self && call);
    const channel_stream_t *stream = channel_streams_find (&self->streams, call->stream_id);
    if (!stream)
        return;
    (void) two_say_number (self, FRAME_RST_STREAM, stream->id, FRAME_CANCEL);
    (void) two_take_out (self, stream);
}

void channel_two_ping (channel_two_t *self)
{
    static const uint8_t opaque[8] = {0};
    assert (self);
    uint8_t *at = two_say (self);
    (void) two_said (self, at ? channel_frame_put_ping (at, 0, opaque) : NULL);
}

static bool is_late (const channel_call_t *call)
{
    return call->not_after_ns > 0 && channel_clock (CLOCK_BOOTTIME) >= call->not_after_ns;
}

/*  Bodies that waited for the peer's windows, the oldest first. */
static int two_put_waiting (channel_two_t *self, channel_buffer_t *plain)
{
    channel_stream_t *stream;
    uint32_t id = 0;
    int rc = 0;
    while (rc == 0 && self->waiting > 0 && self->window > 0 &&
           (stream = channel_streams_after (&self->streams, id))) {
        id = stream->id;
        if (two_body_left (stream->call) > 0 && is_late (stream->call))
            rc = two_reset (self, stream, FRAME_CANCEL, "it was too late to send the rest");
        else
            rc = two_put_body (self, stream, plain);
    }
    return rc;
}

int channel_two_output (channel_two_t *self, channel_buffer_t *plain)
{
    assert (self && plain);
    int rc = self->ended ? 0 : two_put_waiting (self, plain);
    size_t size = channel_buffer_size (&self->out);
    if (rc == 0 && size > 0)
        rc = channel_buffer_put (plain, self->out.bytes + self->out.begin, size);
    if (rc != 0)
        return rc;
    channel_buffer_take (&self->out, size);
    return self->draining && self->streams.count == 0 ? -ERR_IO : 0;
}
