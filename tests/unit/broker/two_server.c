/*  two_server.c: see two_server.h. A thread a connection, blocking sockets. */
#include "tests/unit/broker/two_server.h"

#include "scripts/commands/load_test/certificate.h"
#include "tests/unit/broker/rig.h"

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define HUGE_BODY 300000
#define HUGE_HEADER 6000
#define HUGE_HEADERS 8

typedef struct {
    two_server_t *server;
    pthread_t thread;
    int socket;
    SSL *ssl;
    nghttp2_session *session;
    int open; /*  requests */
    bool broken;
} talk_t;

struct two_server {
    two_options_t options;
    SSL_CTX *ssl;
    int listener;
    pthread_t thread;
    char url[64];
    char ca[CERTIFICATE_PATH_MAX];
    atomic_int requests;
    atomic_int most;
    atomic_int count;
    talk_t talks[CONNECTIONS_MAX];
    pthread_mutex_t guard; /*  of what follows: a connection is a thread */
    char last[4096];
    size_t last_size;
};

static int on_alpn (SSL *ssl, const unsigned char **out, unsigned char *size, const unsigned char *in,
    unsigned int in_size, void *context)
{
    (void) ssl, (void) context;
    unsigned char *chosen = NULL;
    int rc = SSL_select_next_proto (&chosen, size, (const unsigned char *) "\x02h2", 3, in, in_size);
    *out = chosen;
    return rc == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static void talk_write (talk_t *self, const void *bytes, size_t size)
{
    const char *at = bytes;
    size_t piece = self->server->options.bytewise ? 1 : size;
    for (size_t done = 0; done < size && !self->broken; done += piece)
        self->broken = SSL_write (self->ssl, at + done, (int) piece) <= 0;
}

static ssize_t on_body (nghttp2_session *session, int32_t stream_id, uint8_t *bytes, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *context)
{
    talk_t *self = context;
    const char *text = source->ptr;
    static const nghttp2_nv trailer = {(uint8_t *) "x-trailer", (uint8_t *) "1", 9, 1, 0};
    if (!text) { /*  huge */
        memset (bytes, ' ', room);
        return (ssize_t) room; /*  without an end: the client must stop it */
    }
    size_t size = strlen (text);
    bool half = strcmp (text, "half") == 0;
    memcpy (bytes, text, size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (half)
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    else if (nghttp2_session_get_stream_user_data (session, stream_id) == &self->server) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer (session, stream_id, &trailer, 1);
    }
    return (ssize_t) size;
}

static nghttp2_nv field (const char *name, const char *value)
{
    return (nghttp2_nv){
        (uint8_t *) (uintptr_t) name, (uint8_t *) (uintptr_t) value, strlen (name), strlen (value), 0};
}

static void answer (talk_t *self, int32_t stream_id, const char *status, const char *body, bool huge)
{
    static char value[HUGE_HEADER + 1];
    char names[HUGE_HEADERS][16];
    nghttp2_nv fields[6 + HUGE_HEADERS] = {field (":status", status),
        field ("date", "Mon, 02 Mar 2026 14:30:00 GMT"), field ("x-ratelimit-limit", "200"),
        field ("x-ratelimit-remaining", "199"), field ("x-ratelimit-reset", "1772461860"),
        field ("retry-after", "3")};
    size_t count = strcmp (status, "429") == 0 ? 6 : 5;
    memset (value, 'v', HUGE_HEADER);
    for (size_t i = 0; huge && i < HUGE_HEADERS; i++) {
        (void) snprintf (names[i], sizeof names[i], "x-huge-%zu", i);
        fields[count++] = field (names[i], value);
    }
    nghttp2_data_provider provider = {.source = {.ptr = (void *) (uintptr_t) body}, .read_callback = on_body};
    nghttp2_submit_response (self->session, stream_id, fields, count, &provider);
}

static void answer_order (talk_t *self, int32_t stream_id)
{
    answer (self, stream_id, "200", RIG_ORDER, false);
}

static void act (talk_t *self, int32_t id, two_action_t action)
{
    nghttp2_session *session = self->session;
    nghttp2_nv hint = field (":status", "103");
    const nghttp2_settings_entry one = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1};
    switch (action) {
    case TWO_ANSWER: answer_order (self, id); break;
    case TWO_LIMITED: answer (self, id, "429", "{\"code\":42910000,\"message\":\"slow\"}", false); break;
    case TWO_INTERIM:
        nghttp2_submit_headers (session, 0, id, NULL, &hint, 1, NULL);
        nghttp2_session_set_stream_user_data (session, id, &self->server);
        answer_order (self, id);
        break;
    case TWO_HUGE_HEADERS: answer (self, id, "200", RIG_ORDER, true); break;
    case TWO_HUGE_BODY: answer (self, id, "200", NULL, false); break;
    case TWO_SILENT: break;
    case TWO_REFUSE: nghttp2_submit_rst_stream (session, 0, id, NGHTTP2_REFUSED_STREAM); break;
    case TWO_RESET: nghttp2_submit_rst_stream (session, 0, id, NGHTTP2_INTERNAL_ERROR); break;
    case TWO_HALF: answer (self, id, "200", "half", false); break;
    case TWO_GOAWAY_BEFORE:
        nghttp2_submit_goaway (session, 0, id > 1 ? id - 2 : 0, NGHTTP2_NO_ERROR, NULL, 0);
        break;
    case TWO_GOAWAY_AFTER:
        nghttp2_submit_goaway (session, 0, id, NGHTTP2_NO_ERROR, NULL, 0);
        answer_order (self, id);
        break;
    case TWO_SHRINK:
        nghttp2_submit_settings (session, 0, &one, 1);
        answer_order (self, id);
        break;
    case TWO_GARBAGE: talk_write (self, "\xff\xff\xff\x42garbage that is no frame", 28); break;
    case TWO_CLOSE: self->broken = true; break;
    }
}

static void keep (two_server_t *self, const void *bytes, size_t size)
{
    (void) pthread_mutex_lock (&self->guard);
    if (self->last_size + size < sizeof self->last) {
        memcpy (self->last + self->last_size, bytes, size);
        self->last_size += size;
        self->last[self->last_size] = 0;
    }
    (void) pthread_mutex_unlock (&self->guard);
}

static int on_begin (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    talk_t *self = context;
    (void) session, (void) frame;
    (void) pthread_mutex_lock (&self->server->guard);
    self->server->last_size = 0;
    (void) pthread_mutex_unlock (&self->server->guard);
    self->open++;
    if (self->open > atomic_load (&self->server->most))
        atomic_store (&self->server->most, self->open);
    return 0;
}

static int on_header (nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *context)
{
    talk_t *self = context;
    bool secret = memcmp (name, "apca-api-", name_size < 9 ? name_size : 9) == 0;
    (void) session, (void) frame;
    keep (self->server, name, name_size);
    keep (self->server, ": ", 2);
    keep (self->server, value, value_size);
    keep (self->server, "\n", 1);
    if (secret && !(flags & NGHTTP2_NV_FLAG_NO_INDEX))
        keep (self->server, "INDEXED\n", 8);
    return 0;
}

static int on_data (nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes,
    size_t size, void *context)
{
    (void) session, (void) flags, (void) stream_id;
    keep (((talk_t *) context)->server, bytes, size);
    return 0;
}

static int on_frame (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    talk_t *self = context;
    (void) session;
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    int number = atomic_fetch_add (&self->server->requests, 1) + 1;
    act (self, frame->hd.stream_id, self->server->options.handler (number, self->server->options.context));
    return 0;
}

static int on_frame_sent (nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void) context;
    /*  the half that TWO_HALF sends */
    if (frame->hd.type == NGHTTP2_DATA && frame->hd.length == 4)
        nghttp2_submit_rst_stream (session, 0, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
    return 0;
}

static int on_close (nghttp2_session *session, int32_t stream_id, uint32_t error, void *context)
{
    (void) session, (void) stream_id, (void) error;
    ((talk_t *) context)->open--;
    return 0;
}

static void session_start (talk_t *self)
{
    nghttp2_session_callbacks *callbacks = NULL;
    const two_options_t *options = &self->server->options;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options->streams ? options->streams : 100},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options->window ? options->window : 65535}};
    nghttp2_session_callbacks_new (&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback (callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback (callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback (callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_close);
    nghttp2_session_server_new (&self->session, callbacks, self);
    nghttp2_session_callbacks_del (callbacks);
    nghttp2_submit_settings (self->session, NGHTTP2_FLAG_NONE, settings, 2);
}

static void session_send (talk_t *self)
{
    const uint8_t *bytes = NULL;
    ssize_t size;
    while (!self->broken && (size = nghttp2_session_mem_send (self->session, &bytes)) > 0)
        talk_write (self, bytes, (size_t) size);
}

static void talk_two (talk_t *self)
{
    uint8_t bytes[16384];
    session_start (self);
    session_send (self);
    int got;
    while (!self->broken && (got = SSL_read (self->ssl, bytes, sizeof bytes)) > 0) {
        self->broken = nghttp2_session_mem_recv (self->session, bytes, (size_t) got) < 0 || self->broken;
        session_send (self);
    }
    nghttp2_session_del (self->session);
}

/*  One whole request a read: enough for small ones. */
static void talk_one (talk_t *self)
{
    char text[4096];
    char reply[2048];
    int got;
    while (!self->broken && (got = SSL_read (self->ssl, text, sizeof text - 1)) > 0) {
        text[got] = 0;
        int number = atomic_fetch_add (&self->server->requests, 1) + 1;
        self->broken = self->server->options.handler (number, self->server->options.context) == TWO_CLOSE;
        int size = snprintf (reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
            strlen (RIG_ORDER), RIG_ORDER);
        if (!self->broken)
            talk_write (self, reply, (size_t) size);
    }
}

static void *talk_run (void *context)
{
    talk_t *self = context;
    const unsigned char *name = NULL;
    unsigned int size = 0;
    if (SSL_accept (self->ssl) == 1) {
        SSL_get0_alpn_selected (self->ssl, &name, &size);
        if (size == 2)
            talk_two (self);
        else
            talk_one (self);
    }
    (void) shutdown (self->socket, SHUT_RDWR);
    return NULL;
}

static void *server_run (void *context)
{
    two_server_t *self = context;
    int socket;
    while ((socket = accept (self->listener, NULL, NULL)) >= 0) {
        int count = atomic_load (&self->count);
        assert (count < CONNECTIONS_MAX);
        talk_t *talk = &self->talks[count];
        talk->server = self;
        talk->socket = socket;
        talk->ssl = SSL_new (self->ssl);
        SSL_set_fd (talk->ssl, socket);
        int failed = pthread_create (&talk->thread, NULL, talk_run, talk);
        assert (failed == 0);
        atomic_store (&self->count, count + 1);
    }
    return NULL;
}

two_server_t *two_server_new (const two_options_t *options)
{
    two_server_t *self = calloc (1, sizeof *self);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert (self && options->handler);
    (void) signal (SIGPIPE, SIG_IGN);
    self->options = *options;
    (void) pthread_mutex_init (&self->guard, NULL);
    self->ssl = SSL_CTX_new (TLS_server_method ());
    assert (self->ssl);
    char subject[128];
    (void) snprintf (subject, sizeof subject, options->name ? "DNS:%s" : "IP:127.0.0.1", options->name);
    certificate_use (self->ssl, subject, self->ca);
    if (!options->only_one)
        SSL_CTX_set_alpn_select_cb (self->ssl, on_alpn, NULL);
    self->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind (self->listener, (struct sockaddr *) &address, size);
    failed |= listen (self->listener, 128);
    failed |= getsockname (self->listener, (struct sockaddr *) &address, &size);
    failed |= pthread_create (&self->thread, NULL, server_run, self);
    assert (failed == 0);
    (void) snprintf (self->url, sizeof self->url, "https://127.0.0.1:%d", ntohs (address.sin_port));
    return self;
}

void two_server_destroy (two_server_t **self_p)
{
    two_server_t *self = *self_p;
    *self_p = NULL;
    (void) shutdown (self->listener, SHUT_RDWR);
    pthread_join (self->thread, NULL);
    for (int i = 0; i < atomic_load (&self->count); i++) {
        (void) shutdown (self->talks[i].socket, SHUT_RDWR);
        pthread_join (self->talks[i].thread, NULL);
        SSL_free (self->talks[i].ssl);
        close (self->talks[i].socket);
    }
    close (self->listener);
    SSL_CTX_free (self->ssl);
    (void) unlink (self->ca);
    free (self);
}

const char *two_server_url (const two_server_t *self)
{
    return self->url;
}

const char *two_server_ca (const two_server_t *self)
{
    return self->ca;
}

int two_server_requests (two_server_t *self)
{
    return atomic_load (&self->requests);
}

int two_server_accepts (two_server_t *self)
{
    return atomic_load (&self->count);
}

int two_server_most (two_server_t *self)
{
    return atomic_load (&self->most);
}

const char *two_server_last (two_server_t *self)
{
    (void) pthread_mutex_lock (&self->guard);
    (void) pthread_mutex_unlock (&self->guard);
    return self->last;
}
