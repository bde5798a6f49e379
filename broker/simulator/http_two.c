/*  http_two.c: HTTP/2 on a connection, with nghttp2 (libwebsockets 4.1 cannot read headers it does not know, such as
 *  APCA-API-KEY-ID, on HTTP/2 streams). */
#include "broker/simulator/server.h"

#include <assert.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (1 << 20)
#define CONNECTION_WINDOW (16 << 20)
#define RESETS_PER_SECOND 100000 /*  libcurl 7.88 resets streams that are finished */

struct two {
    nghttp2_session *session;
    http_buffer_t frames; /*  collected, so that TLS makes few records of many frames */
};

static exchange_t *exchange_of (nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data (session, stream_id);
}

static int on_begin_headers (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    connection_t *connection = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST ||
        connection->closing)
        return 0;
    exchange_t *exchange = exchange_new (connection, frame->hd.stream_id);
    if (!exchange)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    exchange->request.keep_alive = true;
    return nghttp2_session_set_stream_user_data (session, frame->hd.stream_id, exchange);
}

static int request_field (
    http_request_t *request, const char *name, size_t name_size, const char *value, size_t size)
{
    if (name_size == 7 && memcmp (name, ":method", 7) == 0) {
        request->method = http_method_parse (value, size);
        return 0;
    }
    if (name_size == 5 && memcmp (name, ":path", 5) == 0)
        return http_request_target (request, value, size);
    return name[0] == ':' ? 0 : http_request_header (request, name, name_size, value, size);
}

static int on_header (nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *context)
{
    (void) flags;
    (void) context;
    exchange_t *exchange = exchange_of (session, frame->hd.stream_id);
    if (!exchange || exchange->working || name_size == 0)
        return 0;
    int rc =
        request_field (&exchange->request, (const char *) name, name_size, (const char *) value, value_size);
    if (rc && !exchange->refused)
        exchange->refused = rc == -ERR_RANGE ? 431 : 400;
    return 0;
}

static int on_data (nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes,
    size_t size, void *context)
{
    (void) flags;
    connection_t *connection = context;
    exchange_t *exchange = exchange_of (session, stream_id);
    if (!exchange || exchange->refused || exchange->working)
        return 0;
    http_request_t *request = &exchange->request;
    if (request->arrived_at_ns == 0)
        request->arrived_at_ns = connection->read_at_ns;
    if (http_buffer_size (&request->body) + size > http_body_max (request))
        exchange->refused = 413;
    else
        http_buffer_put (&request->body, bytes, size);
    return 0;
}

static int on_frame (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    connection_t *connection = context;
    bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    exchange_t *exchange = ends ? exchange_of (session, frame->hd.stream_id) : NULL;
    if (!exchange || exchange->working)
        return 0;
    if (exchange->request.arrived_at_ns == 0)
        exchange->request.arrived_at_ns = connection->read_at_ns;
    exchange_work (exchange);
    return connection->closing ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_stream_close (nghttp2_session *session, int32_t stream_id, uint32_t error, void *context)
{
    (void) error;
    (void) context;
    exchange_t *exchange = exchange_of (session, stream_id);
    if (exchange)
        exchange_free (exchange);
    return 0;
}

static ssize_t on_body (nghttp2_session *session, int32_t stream_id, uint8_t *bytes, size_t size,
    uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void) source;
    (void) context;
    exchange_t *exchange = exchange_of (session, stream_id);
    if (!exchange)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    http_answer_t *answer = &exchange->answer;
    while (http_buffer_size (&answer->body) == 0 && answer->source) {
        if (!answer->source (answer->context, &answer->body))
            answer->source = NULL;
    }
    size_t ready = http_buffer_size (&answer->body);
    size_t taken = ready < size ? ready : size;
    memcpy (bytes, http_buffer_bytes (&answer->body), taken);
    http_buffer_take (&answer->body, taken);
    if (taken == 0 && answer->stream)
        return NGHTTP2_ERR_DEFERRED;
    if (taken == ready && !answer->source && !answer->stream)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t) taken;
}

static nghttp2_session *session_new (connection_t *connection)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session *session = NULL;
    if (nghttp2_session_callbacks_new (&callbacks) == 0 && nghttp2_option_new (&option) == 0) {
        nghttp2_session_callbacks_set_on_begin_headers_callback (callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback (callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_stream_close);
        nghttp2_option_set_no_closed_streams (option, 1);
        nghttp2_option_set_stream_reset_rate_limit (option, RESETS_PER_SECOND, RESETS_PER_SECOND);
        if (nghttp2_session_server_new2 (&session, callbacks, connection, option))
            session = NULL;
    }
    nghttp2_option_del (option);
    nghttp2_session_callbacks_del (callbacks);
    return session;
}

int http_two_new (connection_t *connection)
{
    assert (connection && !connection->two);
    two_t *self = calloc (1, sizeof (*self));
    if (!self)
        return -ERR_MEMORY;
    connection->two = self;
    self->session = session_new (connection);
    if (!self->session)
        return -ERR_MEMORY;
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, TWO_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_MAX}};
    int rc = nghttp2_submit_settings (
        self->session, NGHTTP2_FLAG_NONE, settings, sizeof (settings) / sizeof (settings[0]));
    if (!rc)
        rc = nghttp2_session_set_local_window_size (self->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW);
    return rc ? -ERR_MEMORY : 0;
}

void http_two_destroy (connection_t *connection)
{
    assert (connection);
    two_t *self = connection->two;
    if (self) {
        nghttp2_session_del (self->session);
        http_buffer_free (&self->frames);
        free (self);
        connection->two = NULL;
    }
}

int http_two_input (connection_t *connection)
{
    assert (connection && connection->two);
    ssize_t used = nghttp2_session_mem_recv (connection->two->session,
        (const uint8_t *) http_buffer_bytes (&connection->in), http_buffer_size (&connection->in));
    if (used < 0)
        return -ERR_SYNTAX;
    http_buffer_take (&connection->in, (size_t) used);
    return 0;
}

void http_two_pump (connection_t *connection)
{
    assert (connection);
    two_t *self = connection->two;
    if (!self || !self->session)
        return;
    const uint8_t *bytes = NULL;
    ssize_t size = 0;
    while (http_buffer_size (&self->frames) < OUT_PAUSE &&
           (size = nghttp2_session_mem_send (self->session, &bytes)) > 0)
        http_buffer_put (&self->frames, bytes, (size_t) size);
    connection_put (connection, http_buffer_bytes (&self->frames), http_buffer_size (&self->frames));
    http_buffer_clear (&self->frames);
    if (size < 0 ||
        (!nghttp2_session_want_read (self->session) && !nghttp2_session_want_write (self->session)))
        connection->close_when_sent = true;
}

static nghttp2_nv field (const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *) (uintptr_t) name, (uint8_t *) (uintptr_t) value, strlen (name),
        strlen (value), NGHTTP2_NV_FLAG_NONE};
}

void http_two_send (exchange_t *exchange)
{
    assert (exchange && exchange->connection->two);
    http_answer_t *answer = &exchange->answer;
    answer_header_t headers[ANSWER_HEADERS_MAX];
    size_t count = exchange_headers (exchange, headers);
    nghttp2_nv fields[ANSWER_HEADERS_MAX + 2];
    char status[8];
    char length[24];
    size_t total = 0;
    snprintf (status, sizeof (status), "%d", answer->status);
    fields[total++] = field (":status", status);
    for (size_t i = 0; i < count; i++)
        fields[total++] = field (headers[i].name, headers[i].value);
    bool more = answer->source || answer->stream;
    if (!more && answer->status != 204) {
        snprintf (length, sizeof (length), "%zu", http_buffer_size (&answer->body));
        fields[total++] = field ("content-length", length);
    }
    nghttp2_data_provider provider = {.source = {.ptr = NULL}, .read_callback = on_body};
    bool body = more || (http_buffer_size (&answer->body) > 0 && exchange->request.method != HTTP_HEAD);
    if (nghttp2_submit_response (
            exchange->connection->two->session, exchange->stream_id, fields, total, body ? &provider : NULL))
        http_two_abort (exchange);
}

void http_two_resume (exchange_t *exchange)
{
    assert (exchange && exchange->connection->two);
    /*  an error means it is not deferred: then it is read anyway */
    (void) nghttp2_session_resume_data (exchange->connection->two->session, exchange->stream_id);
}

void http_two_abort (exchange_t *exchange)
{
    assert (exchange && exchange->connection->two);
    (void) nghttp2_submit_rst_stream (
        exchange->connection->two->session, NGHTTP2_FLAG_NONE, exchange->stream_id, NGHTTP2_INTERNAL_ERROR);
}

void http_two_forget (exchange_t *exchange)
{
    assert (exchange);
    two_t *self = exchange->connection->two;
    if (self && self->session)
        (void) nghttp2_session_set_stream_user_data (self->session, exchange->stream_id, NULL);
}
