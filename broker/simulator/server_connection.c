/*  server_connection.c: a socket's bytes in and out, with or without TLS, bounded; the protocols sit on top. */
#include "broker/simulator/server.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE 65536
#define IN_MAX (HTTP_CONTROL_BODY_MAX + HTTP_HEAD_MAX + ((size_t) 1 << 20))

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static void connection_flush (connection_t *self);

static void on_closed (uv_handle_t *handle)
{
    connection_t *self = handle->data;
    simulator_t *server = self->server;
    if (self->prev)
        self->prev->next = self->next;
    else
        server->connections = self->next;
    if (self->next)
        self->next->prev = self->prev;
    server->connections_count--;
    http_two_destroy (self);
    stream_free (self->stream);
    tls_destroy (&self->tls);
    http_buffer_free (&self->in);
    http_buffer_free (&self->out);
    http_buffer_free (&self->flying);
    free (self);
}

void connection_close (connection_t *self)
{
    assert (self);
    if (self->closing)
        return;
    self->closing = true;
    if (self->stream)
        stream_gone (self->stream);
    while (self->exchanges)
        exchange_free (self->exchanges);
    uv_close ((uv_handle_t *) &self->tcp, on_closed);
}

size_t connection_waiting (const connection_t *self)
{
    assert (self);
    return http_buffer_size (&self->out) + http_buffer_size (&self->flying);
}

void connection_put (connection_t *self, const void *bytes, size_t size)
{
    assert (self && bytes);
    if (self->closing || size == 0)
        return;
    if (!self->tls)
        http_buffer_put (&self->out, bytes, size);
    else if (tls_write (self->tls, bytes, size, &self->out))
        connection_close (self);
}

static void pump (connection_t *self)
{
    if (self->closing || connection_waiting (self) >= OUT_PAUSE)
        return;
    if (self->protocol == PROTOCOL_TWO)
        http_two_pump (self);
    else if (self->protocol == PROTOCOL_ONE)
        http_one_pump (self);
}

static void on_written (uv_write_t *request, int status)
{
    connection_t *self = request->handle->data;
    self->writing = false;
    http_buffer_clear (&self->flying);
    if (status < 0 && !self->closing)
        connection_close (self);
    connection_kick (self);
}

static void on_alloc (uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char bytes[READ_SIZE]; /*  one loop, one thread; consumed before the next read */
    (void) handle;
    (void) suggested;
    *buffer = uv_buf_init (bytes, sizeof (bytes));
}

static void on_read (uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer);

static void resume (connection_t *self)
{
    if (self->paused && !self->closing && connection_waiting (self) < OUT_PAUSE) {
        self->paused = false;
        if (uv_read_start ((uv_stream_t *) &self->tcp, on_alloc, on_read))
            connection_close (self);
    }
}

static void connection_flush (connection_t *self)
{
    if (self->writing || self->closing)
        return;
    size_t size = http_buffer_size (&self->out);
    if (size > 0) {
        uv_buf_t bytes = uv_buf_init ((char *) (uintptr_t) http_buffer_bytes (&self->out), (unsigned) size);
        int written = uv_try_write ((uv_stream_t *) &self->tcp, &bytes, 1);
        if (written < 0 && written != UV_EAGAIN) {
            connection_close (self);
            return;
        }
        http_buffer_take (&self->out, written > 0 ? (size_t) written : 0);
    }
    size = http_buffer_size (&self->out);
    if (size == 0) {
        if (self->close_when_sent)
            connection_close (self);
        return;
    }
    http_buffer_t spare = self->flying;
    self->flying = self->out;
    self->out = spare;
    uv_buf_t bytes = uv_buf_init ((char *) (uintptr_t) http_buffer_bytes (&self->flying), (unsigned) size);
    self->writing = true;
    if (uv_write (&self->write, (uv_stream_t *) &self->tcp, &bytes, 1, on_written)) {
        self->writing = false;
        connection_close (self);
    }
}

void connection_kick (connection_t *self)
{
    assert (self);
    if (self->corked || self->closing)
        return;
    /*  a source can fill the kernel's buffer many times without a wait */
    for (;;) {
        pump (self);
        size_t waiting = http_buffer_size (&self->out);
        connection_flush (self);
        if (self->closing || self->writing || waiting == 0)
            break;
    }
    resume (self);
}

static bool is_preface (const connection_t *self, size_t size)
{
    size = size < sizeof (PREFACE) - 1 ? size : sizeof (PREFACE) - 1;
    return memcmp (http_buffer_bytes (&self->in), PREFACE, size) == 0;
}

/*  By ALPN; in the clear by HTTP/2's preface ("prior knowledge"). */
static int choose_protocol (connection_t *self)
{
    size_t size = http_buffer_size (&self->in);
    bool two = self->tls ? tls_is_two (self->tls) : is_preface (self, size);
    if (!self->tls && two && size < sizeof (PREFACE) - 1)
        return 0;
    self->protocol = two ? PROTOCOL_TWO : PROTOCOL_ONE;
    return two ? http_two_new (self) : 0;
}

static int input (connection_t *self)
{
    if (http_buffer_size (&self->in) == 0)
        return 0;
    if (self->protocol == PROTOCOL_UNKNOWN) {
        int rc = choose_protocol (self);
        if (rc || self->protocol == PROTOCOL_UNKNOWN)
            return rc;
    }
    if (self->protocol == PROTOCOL_TWO)
        return http_two_input (self);
    int rc = self->protocol == PROTOCOL_ONE ? http_one_input (self) : 0;
    if (!rc && !self->closing && self->protocol == PROTOCOL_STREAM)
        rc = stream_input (self->stream);
    return rc;
}

static void on_read (uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    connection_t *self = stream->data;
    if (size == 0)
        return;
    if (size < 0) {
        connection_close (self);
        return;
    }
    self->read_at_ns = server_utc_ns ();
    self->corked = true;
    int rc = 0;
    if (self->tls)
        rc = tls_read (self->tls, buffer->base, (size_t) size, &self->in, &self->out);
    else
        http_buffer_put (&self->in, buffer->base, (size_t) size);
    int rest = self->closing ? 0 : input (self);
    self->corked = false;
    server_advance (self->server);
    if (rc || rest || http_buffer_size (&self->in) > IN_MAX)
        self->close_when_sent = true;
    if (!self->closing &&
        (connection_waiting (self) > OUT_MAX || http_buffer_size (&self->in) > IN_MAX / 2)) {
        self->paused = true;
        uv_read_stop (stream);
    }
    connection_kick (self);
    if (rc && !self->closing && !self->writing)
        connection_close (self);
}

static bool is_loopback (const uv_tcp_t *tcp)
{
    struct sockaddr_storage address = {0};
    int size = sizeof (address);
    if (uv_tcp_getpeername (tcp, (struct sockaddr *) &address, &size))
        return false;
    if (address.ss_family == AF_INET)
        return (ntohl (((struct sockaddr_in *) &address)->sin_addr.s_addr) >> 24) == 127;
    const struct in6_addr *six = &((struct sockaddr_in6 *) &address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK (six) || (IN6_IS_ADDR_V4MAPPED (six) && six->s6_addr[12] == 127);
}

static connection_t *connection_new (simulator_t *server)
{
    connection_t *self = calloc (1, sizeof (*self));
    if (!self)
        return NULL;
    self->server = server;
    if (server->tls && !(self->tls = tls_new (server->tls))) {
        free (self);
        return NULL;
    }
    uv_tcp_init (server->loop, &self->tcp);
    self->tcp.data = self;
    self->next = server->connections;
    if (self->next)
        self->next->prev = self;
    server->connections = self;
    server->connections_count++;
    return self;
}

void connection_accept (simulator_t *server, uv_stream_t *listener)
{
    assert (server && listener);
    connection_t *self = connection_new (server);
    if (!self)
        return;
    int rc = uv_accept (listener, (uv_stream_t *) &self->tcp);
    if (!rc && server->connections_count <= CONNECTIONS_MAX) {
        uv_tcp_nodelay (&self->tcp, 1);
        self->loopback = is_loopback (&self->tcp);
        rc = uv_read_start ((uv_stream_t *) &self->tcp, on_alloc, on_read);
    }
    if (rc || server->connections_count > CONNECTIONS_MAX)
        connection_close (self);
}
