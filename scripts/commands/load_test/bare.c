/*  bare.c: see bare.h. */
#include "scripts/commands/load_test/bare.h"

#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORD 16000
#define EVENTS 256

typedef struct {
    int socket;
    SSL *ssl;
    nghttp2_session *session;
    size_t waiting; /*  for answers */
    size_t got;     /*  HTTP/1.1: bytes of the answer */
    size_t body_sent;
} line_t;

struct bare {
    bool two;
    SSL_CTX *ssl;
    int epoll;
    line_t *lines;
    size_t count;
    char body[256];
    size_t body_size;
    char request[1024];
    size_t request_size;
    size_t answer_size; /*  HTTP/1.1: of every answer, learned from the first */
    char length[16];
};

static ssize_t on_body (nghttp2_session *session, int32_t stream, uint8_t *bytes, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *context)
{
    const bare_t *self = source->ptr;
    (void) session, (void) stream, (void) context;
    assert (room >= self->body_size);
    memcpy (bytes, self->body, self->body_size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t) self->body_size;
}

static int on_stream_close (nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
    (void) session, (void) stream;
    assert (error == 0);
    ((line_t *) context)->waiting--;
    return 0;
}

static void two_write (line_t *self)
{
    uint8_t out[2 * RECORD];
    size_t size = 0;
    const uint8_t *bytes = NULL;
    ssize_t got;
    while ((got = nghttp2_session_mem_send (self->session, &bytes)) > 0) {
        if (size + (size_t) got > RECORD) {
            (void) SSL_write (self->ssl, out, (int) size);
            size = 0;
        }
        memcpy (out + size, bytes, (size_t) got);
        size += (size_t) got;
    }
    if (size > 0)
        (void) SSL_write (self->ssl, out, (int) size);
}

static void two_read (line_t *self)
{
    uint8_t in[16384];
    int got = SSL_read (self->ssl, in, sizeof in);
    assert (got > 0);
    ssize_t used = nghttp2_session_mem_recv (self->session, in, (size_t) got);
    assert (used == got);
}

static void two_open (line_t *self)
{
    nghttp2_session_callbacks *callbacks = NULL;
    const nghttp2_settings_entry settings = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 18};
    nghttp2_session_callbacks_new (&callbacks);
    nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_stream_close);
    nghttp2_session_client_new (&self->session, callbacks, self);
    nghttp2_session_callbacks_del (callbacks);
    nghttp2_submit_settings (self->session, 0, &settings, 1);
    nghttp2_session_set_local_window_size (self->session, 0, 0, 16 << 20);
    two_write (self);
    while (nghttp2_session_get_remote_settings (self->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) !=
           RECEIVER_STREAMS)
        two_read (self);
    two_write (self);
}

static nghttp2_nv field (const char *name, const char *value, uint8_t flags)
{
    return (nghttp2_nv){(uint8_t *) (uintptr_t) name, (uint8_t *) (uintptr_t) value, strlen (name),
        strlen (value), (uint8_t) (NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE | flags)};
}

static void two_submit (bare_t *self, line_t *line)
{
    const nghttp2_nv fields[] = {field (":method", "POST", 0), field (":scheme", "https", 0),
        field (":authority", "127.0.0.1", 0), field (":path", "/v2/orders", 0),
        field ("user-agent", "trade-copier/1", 0), field ("accept", "*/*", 0),
        field ("content-type", "application/json", 0),
        field ("apca-api-key-id", "PKBENCH0000000000001", NGHTTP2_NV_FLAG_NO_INDEX),
        field ("apca-api-secret-key", "0123456789abcdefghijABCDEFGHIJ0123456789", NGHTTP2_NV_FLAG_NO_INDEX),
        field ("content-length", self->length, 0)};
    nghttp2_data_provider body = {.source = {.ptr = self}, .read_callback = on_body};
    int32_t stream = nghttp2_submit_request (line->session, NULL, fields, 10, &body, NULL);
    assert (stream > 0);
    line->waiting++;
}

static void two_send (bare_t *self, size_t orders)
{
    size_t sent = 0;
    for (size_t i = 0; i < self->count && sent < orders; i++) {
        size_t share = orders - sent < RECEIVER_STREAMS ? orders - sent : RECEIVER_STREAMS;
        for (size_t k = 0; k < share; k++)
            two_submit (self, &self->lines[i]);
        two_write (&self->lines[i]);
        sent += share;
    }
    assert (sent == orders);
    for (size_t i = 0; i < self->count; i++) {
        while (self->lines[i].waiting > 0)
            two_read (&self->lines[i]);
        two_write (&self->lines[i]); /*  window updates */
    }
}

static void one_write (bare_t *self, line_t *line)
{
    line->got = 0;
    int size = SSL_write (line->ssl, self->request, (int) self->request_size);
    assert (size == (int) self->request_size);
}

/*  true: the answer is whole. Every answer has the size of the first. */
static bool one_read (bare_t *self, line_t *line)
{
    char in[4096];
    int got = SSL_read (line->ssl, in, sizeof in - 1);
    if (got <= 0)
        return false;
    in[got] = 0;
    if (self->answer_size == 0) {
        const char *end = strstr (in, "\r\n\r\n");
        const char *length = strstr (in, "Content-Length: ");
        assert (end && length);
        self->answer_size = (size_t) (end - in) + 4 + strtoul (length + 16, NULL, 10);
    }
    line->got += (size_t) got;
    return line->got == self->answer_size;
}

static void one_send (bare_t *self, size_t orders)
{
    struct epoll_event events[EVENTS];
    size_t sent = 0;
    size_t answered = 0;
    for (; sent < orders && sent < self->count; sent++)
        one_write (self, &self->lines[sent]);
    while (answered < orders) {
        int count = epoll_wait (self->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            line_t *line = events[i].data.ptr;
            if (!one_read (self, line))
                continue;
            answered++;
            if (sent < orders) {
                one_write (self, line);
                sent++;
            }
        }
    }
}

static void line_open (bare_t *self, line_t *line, uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons (port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    int on = 1;
    line->socket = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = connect (line->socket, (const struct sockaddr *) &address, sizeof address);
    assert (failed == 0);
    setsockopt (line->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    line->ssl = SSL_new (self->ssl);
    SSL_set_fd (line->ssl, line->socket);
    int greeted = SSL_connect (line->ssl);
    assert (greeted == 1);
    if (self->two) {
        two_open (line);
    } else {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
        (void) fcntl (line->socket, F_SETFL, O_NONBLOCK);
        (void) epoll_ctl (self->epoll, EPOLL_CTL_ADD, line->socket, &event);
    }
}

bare_t *bare_new (const receiver_t *receiver, size_t connections)
{
    bare_t *self = calloc (1, sizeof *self);
    assert (self);
    self->two = receiver->two;
    self->count = connections;
    self->lines = calloc (connections, sizeof *self->lines);
    self->ssl = SSL_CTX_new (TLS_client_method ());
    assert (self->lines && self->ssl);
    if (self->two)
        SSL_CTX_set_alpn_protos (self->ssl, (const unsigned char *) "\x02h2", 3);
    self->epoll = epoll_create1 (EPOLL_CLOEXEC);
    self->body_size = (size_t) snprintf (self->body, sizeof self->body,
        "{\"symbol\":\"AAPL\",\"qty\":\"10\",\"side\":\"buy\",\"type\":\"market\",\"time_in_force\":\"day\","
        "\"client_order_id\":\"tc1-abcdefghijklmnopqrst-o1\"}");
    (void) snprintf (self->length, sizeof self->length, "%zu", self->body_size);
    self->request_size = (size_t) snprintf (self->request, sizeof self->request,
        "POST /v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: trade-copier/1\r\nAccept: */*\r\n"
        "Content-Type: application/json\r\nAPCA-API-KEY-ID: PKBENCH0000000000001\r\n"
        "APCA-API-SECRET-KEY: 0123456789abcdefghijABCDEFGHIJ0123456789\r\nContent-Length: %zu\r\n\r\n%s",
        self->body_size, self->body);
    for (size_t i = 0; i < connections; i++)
        line_open (self, &self->lines[i], receiver->port);
    return self;
}

void bare_destroy (bare_t **self_p)
{
    bare_t *self = *self_p;
    *self_p = NULL;
    for (size_t i = 0; i < self->count; i++) {
        nghttp2_session_del (self->lines[i].session);
        SSL_free (self->lines[i].ssl);
        close (self->lines[i].socket);
    }
    close (self->epoll);
    SSL_CTX_free (self->ssl);
    free (self->lines);
    free (self);
}

void bare_send (bare_t *self, size_t orders)
{
    if (self->two)
        two_send (self, orders);
    else
        one_send (self, orders);
}
