/*  channel_two.c: see channel_two.h.
 *
 *  What a closed stream says of its request:
 *  | how it closed                                                 | the request                |
 *  |---------------------------------------------------------------|----------------------------|
 *  | END_STREAM came, no error                                     | answered                   |
 *  | REFUSED_STREAM, or its number is above GOAWAY's last one,     | not processed (RFC 9113,   |
 *  |   before any answer                                           |   6.8, 8.7): not sent      |
 *  | anything else                                                 | unknown                    |
 */
#include "broker/alpaca/channel_two.h"

#include "broker/alpaca/channel_clock.h"
#include "broker/alpaca/channel_head.h"

#include <nghttp2/nghttp2.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (1 << 18)             /*  of a stream: an answer's bound */
#define CONNECTION_WINDOW (16 << 20) /*  many answers at a time */
#define HEADER_LIST_MAX (32 << 10)
#define FRAME_HEAD 9
#define BODY_EXPECTED 256 /*  bytes of window that an order takes */

struct channel_two {
    nghttp2_session *session;
    channel_head_t head;
    channel_finished_fn *on_finished;
    void *context;
    size_t open;         /*  streams: sent, not closed */
    int64_t window_left; /*  for bodies, less those sent since the last output */
    bool settled;
    bool draining;
};

static int32_t stream_of (const uint8_t frame[FRAME_HEAD])
{
    return (int32_t) ((uint32_t) frame[5] << 24 | (uint32_t) frame[6] << 16 | (uint32_t) frame[7] << 8 |
                      frame[8]);
}

static channel_call_t *call_of (nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data (session, stream_id);
}

static int on_begin_headers (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void) context;
    channel_call_t *call = call_of (session, frame->hd.stream_id);
    if (call && !call->head_done)
        reply_head_clear (&call->head);
    return 0;
}

static int on_header (nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *context)
{
    (void) flags, (void) context;
    channel_call_t *call = call_of (session, frame->hd.stream_id);
    if (!call || call->head_done)
        return 0;
    if (name_size == 7 && memcmp (name, ":status", 7) == 0)
        call->head.status = (int) reply_head_whole ((const char *) value, value_size, 0);
    else
        reply_head_field (&call->head, (const char *) name, name_size, (const char *) value, value_size);
    return 0;
}

static void two_finish (channel_two_t *self, channel_call_t *call)
{
    (void) nghttp2_session_set_stream_user_data (self->session, call->stream_id, NULL);
    self->on_finished (self->context, call);
}

static int on_data (nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes,
    size_t size, void *context)
{
    (void) flags;
    channel_two_t *self = context;
    channel_call_t *call = call_of (session, stream_id);
    if (!call || channel_call_body (call, (const char *) bytes, size) == 0)
        return 0;
    (void) nghttp2_submit_rst_stream (session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL);
    two_finish (self, call);
    return 0;
}

static int on_frame (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    channel_two_t *self = context;
    channel_call_t *call = NULL;
    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS: self->settled = self->settled || !(frame->hd.flags & NGHTTP2_FLAG_ACK); break;
    case NGHTTP2_GOAWAY: self->draining = true; break;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        call = call_of (session, frame->hd.stream_id);
        if (call && call->head.status >= 200) {
            call->head_done = true;
            call->whole = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        }
        break;
    default: break;
    }
    return 0;
}

/*  A request that could not be made into a frame: its stream closes next. */
static int on_frame_not_sent (nghttp2_session *session, const nghttp2_frame *frame, int error, void *context)
{
    (void) error, (void) context;
    channel_call_t *call = frame->hd.type == NGHTTP2_HEADERS ? call_of (session, frame->hd.stream_id) : NULL;
    if (call) {
        call->started = false;
        channel_call_say (call, "the connection was closing");
    }
    return 0;
}

static int on_stream_close (nghttp2_session *session, int32_t stream_id, uint32_t error, void *context)
{
    channel_two_t *self = context;
    channel_call_t *call = call_of (session, stream_id);
    assert (self->open > 0);
    self->open--;
    if (!call)
        return 0;
    bool refused = error == NGHTTP2_REFUSED_STREAM && call->head.status == 0;
    if (error != NGHTTP2_NO_ERROR)
        call->whole = false;
    if (refused) {
        call->started = false;
        channel_call_say (call, "the broker refused to begin it");
    } else if (!call->whole && call->started) {
        channel_call_say (call, "the broker broke the stream off");
    }
    two_finish (self, call);
    return 0;
}

static bool is_late (const channel_call_t *call)
{
    return call->not_after_ns > 0 && channel_clock (CLOCK_BOOTTIME) >= call->not_after_ns;
}

/*  The body; usually in the turn in which the head was written, later when the peer's window was shut. */
static ssize_t on_body (nghttp2_session *session, int32_t stream_id, uint8_t *bytes, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void) context, (void) source;
    channel_call_t *call = call_of (session, stream_id);
    if (!call || is_late (call))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /*  the stream is reset: the order stays incomplete */
    size_t left = call->body_size - call->body_sent;
    size_t taken = left < room ? left : room;
    memcpy (bytes, call->body + call->body_sent, taken);
    call->body_sent += taken;
    if (call->body_sent == call->body_size)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t) taken;
}

static int session_new (channel_two_t *self, channel_memory_t *memory)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_mem heap = {
        memory, channel_memory_take, channel_memory_give, channel_memory_take_zeroed, channel_memory_resize};
    if (nghttp2_session_callbacks_new (&callbacks) != 0)
        return -ERR_MEMORY;
    nghttp2_session_callbacks_set_on_begin_headers_callback (callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback (callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback (callbacks, on_frame_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_stream_close);
    int rc = nghttp2_session_client_new3 (&self->session, callbacks, self, NULL, &heap);
    nghttp2_session_callbacks_del (callbacks);
    return rc == 0 ? 0 : -ERR_MEMORY;
}

channel_two_t *channel_two_new (
    channel_memory_t *memory, const channel_target_t *target, channel_finished_fn *on_finished, void *context)
{
    static const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX}};
    assert (memory && target && on_finished);
    channel_two_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    channel_head_make (&self->head, target);
    self->on_finished = on_finished;
    self->context = context;
    if (session_new (self, memory) != 0 ||
        nghttp2_submit_settings (
            self->session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings) != 0 ||
        nghttp2_session_set_local_window_size (self->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW) != 0)
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
    nghttp2_session_del (self->session); /*  calls no callback */
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
    return self->draining || !nghttp2_session_check_request_allowed (self->session);
}

size_t channel_two_streams (const channel_two_t *self)
{
    assert (self);
    return nghttp2_session_get_remote_settings (self->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

size_t channel_two_room (const channel_two_t *self)
{
    assert (self);
    size_t streams = channel_two_streams (self);
    int64_t window = nghttp2_session_get_remote_window_size (self->session) - self->window_left;
    size_t bodies = window > 0 ? (size_t) window / BODY_EXPECTED : 0;
    size_t room = streams > self->open ? streams - self->open : 0;
    return bodies < room ? bodies : room;
}

int channel_two_send (channel_two_t *self, channel_call_t *call)
{
    assert (self && call);
    /*  a stand-in: two_output puts our own head in its place */
    static const char method[] = ":method";
    const char *verb = call->path ? "GET" : "POST";
    const nghttp2_nv field = {(uint8_t *) (uintptr_t) method, (uint8_t *) (uintptr_t) verb, sizeof method - 1,
        strlen (verb), NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
    nghttp2_data_provider body = {.source = {.ptr = NULL}, .read_callback = on_body};
    int32_t stream_id =
        nghttp2_submit_request (self->session, NULL, &field, 1, call->path ? NULL : &body, call);
    if (stream_id < 0) {
        self->draining = self->draining || stream_id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE;
        return stream_id == NGHTTP2_ERR_NOMEM ? -ERR_MEMORY : -ERR_FULL;
    }
    call->stream_id = stream_id;
    self->open++;
    self->window_left += (int64_t) call->body_size;
    return 0;
}

void channel_two_cancel (channel_two_t *self, channel_call_t *call)
{
    assert (self && call);
    (void) nghttp2_session_set_stream_user_data (self->session, call->stream_id, NULL);
    (void) nghttp2_submit_rst_stream (self->session, NGHTTP2_FLAG_NONE, call->stream_id, NGHTTP2_CANCEL);
}

void channel_two_ping (channel_two_t *self)
{
    assert (self);
    (void) nghttp2_submit_ping (self->session, NGHTTP2_FLAG_NONE, NULL);
}

static bool two_ended (const channel_two_t *self)
{
    return !nghttp2_session_want_read (self->session) && !nghttp2_session_want_write (self->session);
}

int channel_two_input (channel_two_t *self, const uint8_t *bytes, size_t size)
{
    assert (self && bytes);
    ssize_t used = nghttp2_session_mem_recv (self->session, bytes, size);
    if (used < 0)
        return used == NGHTTP2_ERR_NOMEM ? -ERR_MEMORY : -ERR_SYNTAX;
    return two_ended (self) ? -ERR_IO : 0;
}

/*  A frame. Of a request's head nghttp2 made the first field, behind what its compression may have to say to the peer's:
 *  the others are ours. */
static int two_put (channel_two_t *self, channel_buffer_t *plain, const uint8_t *frame, size_t size)
{
    bool head = size >= FRAME_HEAD && frame[3] == NGHTTP2_HEADERS;
    const channel_call_t *call = head ? call_of (self->session, stream_of (frame)) : NULL;
    if (!call)
        return channel_buffer_put (plain, frame, size);
    assert (frame[4] == (NGHTTP2_FLAG_END_HEADERS | (call->path ? NGHTTP2_FLAG_END_STREAM : 0)));
    int rc = channel_buffer_reserve (plain, size + CHANNEL_HEAD_MAX);
    if (rc != 0)
        return rc;
    uint8_t *at = plain->bytes + plain->end;
    memcpy (at, frame, size);
    size_t all = size + channel_head_write (&self->head, call, at + size);
    size_t length = all - FRAME_HEAD;
    at[0] = (uint8_t) (length >> 16);
    at[1] = (uint8_t) (length >> 8);
    at[2] = (uint8_t) length;
    plain->end += all;
    return 0;
}

int channel_two_output (channel_two_t *self, channel_buffer_t *plain, size_t enough)
{
    assert (self && plain);
    const uint8_t *bytes = NULL;
    while (channel_buffer_size (plain) < enough) {
        ssize_t size = nghttp2_session_mem_send (self->session, &bytes);
        if (size < 0)
            return size == NGHTTP2_ERR_NOMEM ? -ERR_MEMORY : -ERR_IO;
        if (size == 0) {
            self->window_left = 0;
            return two_ended (self) ? -ERR_IO : 0;
        }
        int rc = two_put (self, plain, bytes, (size_t) size);
        if (rc != 0)
            return rc;
    }
    return 1;
}
