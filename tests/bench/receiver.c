/*  receiver.c: see receiver.h. One thread, epoll; input of all connections first, answers after that. */
#include "tests/bench/receiver.h"

#include "tests/lib/certificate.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IN_MAX (64 << 10)
#define OUT_MAX (512 << 10)
#define EVENTS 256
#define WAITING_MAX (1u << 17)
#define ID_SIZE 64
#define FRAME_HEAD 9
#define WINDOW_EVERY (1 << 20)

typedef struct {
    int socket;
    SSL *ssl;
    bool greeted;
    bool two;
    bool preface;
    bool dirty;              /*  in the list of those with output */
    uint32_t unacknowledged; /*  body bytes */
    uint32_t stream;         /*  whose body is being read */
    size_t in_size;
    size_t out_size;
    uint8_t *in;
    uint8_t *out;
} peer_t;

typedef struct {
    peer_t *peer;
    uint32_t stream;
    int64_t due_ns;
    char id[ID_SIZE];
} waiting_t;

static struct {
    receiver_tally_t *tally;
    SSL_CTX *ssl;
    int epoll;
    int timer;
    waiting_t *waiting; /*  a ring */
    unsigned first;
    unsigned last;
    peer_t *dirty[65536];
    size_t dirty_count;
} all;

static int64_t now (void)
{
    struct timespec at;
    clock_gettime (CLOCK_MONOTONIC, &at);
    return (int64_t) at.tv_sec * 1000000000 + at.tv_nsec;
}

static void put (peer_t *self, const void *bytes, size_t size)
{
    assert (self->out_size + size <= OUT_MAX);
    memcpy (self->out + self->out_size, bytes, size);
    self->out_size += size;
    if (!self->dirty) {
        self->dirty = true;
        all.dirty[all.dirty_count++] = self;
    }
}

static void put_frame (peer_t *self, size_t size, uint8_t type, uint8_t flags, uint32_t stream)
{
    const uint8_t head[FRAME_HEAD] = {(uint8_t) (size >> 16), (uint8_t) (size >> 8), (uint8_t) size, type,
        flags, (uint8_t) (stream >> 24), (uint8_t) (stream >> 16), (uint8_t) (stream >> 8), (uint8_t) stream};
    put (self, head, sizeof head);
}

static void put_answer (const waiting_t *order)
{
    char body[1024];
    char head[256];
    int size = snprintf (body, sizeof body,
        "{\"id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\",\"client_order_id\":\"%s\","
        "\"created_at\":\"2026-03-02T14:30:00.123456789Z\",\"updated_at\":\"2026-03-02T14:30:00.123456789Z\","
        "\"submitted_at\":\"2026-03-02T14:30:00.123456789Z\",\"filled_at\":null,\"expired_at\":null,"
        "\"canceled_at\":null,\"failed_at\":null,\"replaced_at\":null,\"replaced_by\":null,\"replaces\":null,"
        "\"asset_id\":\"b0b6dd9d-8b9b-48a9-ba46-b9d54906e415\",\"symbol\":\"AAPL\",\"asset_class\":\"us_"
        "equity\","
        "\"notional\":null,\"qty\":\"10\",\"filled_qty\":\"0\",\"filled_avg_price\":null,\"order_class\":"
        "\"\","
        "\"order_type\":\"market\",\"type\":\"market\",\"side\":\"buy\",\"time_in_force\":\"day\","
        "\"limit_price\":null,\"stop_price\":null,\"status\":\"accepted\",\"extended_hours\":false,"
        "\"legs\":null,\"trail_percent\":null,\"trail_price\":null,\"hwm\":null}",
        order->id);
    if (order->peer->two) {
        /*  :status 200, and a date as a literal that is not indexed */
        static const uint8_t block[] = "\x88\x0f\x12\x1dMon, 02 Mar 2026 14:30:00 GMT";
        put_frame (order->peer, sizeof block - 1, 1, 4, order->stream);
        put (order->peer, block, sizeof block - 1);
        put_frame (order->peer, (size_t) size, 0, 1, order->stream);
    } else {
        int used = snprintf (head, sizeof head,
            "HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 14:30:00 GMT\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n",
            size);
        put (order->peer, head, (size_t) used);
    }
    put (order->peer, body, (size_t) size);
}

static void on_order (peer_t *self, uint32_t stream, const uint8_t *body, size_t size)
{
    static const char key[] = "\"client_order_id\":\"";
    int64_t at = now ();
    if (atomic_load_explicit (&all.tally->arrived, memory_order_relaxed) == 0)
        atomic_store (&all.tally->first_ns, at);
    atomic_store_explicit (&all.tally->last_ns, at, memory_order_relaxed);
    atomic_fetch_add (&all.tally->arrived, 1);
    waiting_t *order = &all.waiting[all.last++ % WAITING_MAX];
    assert (all.last - all.first < WAITING_MAX);
    order->peer = self;
    order->stream = stream;
    order->due_ns = at + atomic_load_explicit (&all.tally->delay_ns, memory_order_relaxed);
    order->id[0] = 0;
    const char *id = memmem (body, size, key, sizeof key - 1);
    const char *end =
        id ? memchr (id + sizeof key - 1, '"', size - (size_t) (id - (const char *) body)) : NULL;
    size_t id_size = end ? (size_t) (end - id) - (sizeof key - 1) : 0;
    if (id_size > 0 && id_size < ID_SIZE) {
        memcpy (order->id, id + sizeof key - 1, id_size);
        order->id[id_size] = 0;
    }
}

static void on_frame (peer_t *self, const uint8_t *frame, size_t size)
{
    uint8_t type = frame[3], flags = frame[4];
    uint32_t stream =
        (uint32_t) frame[5] << 24 | (uint32_t) frame[6] << 16 | (uint32_t) frame[7] << 8 | frame[8];
    const uint8_t window[4] = {(uint8_t) (self->unacknowledged >> 24), (uint8_t) (self->unacknowledged >> 16),
        (uint8_t) (self->unacknowledged >> 8), (uint8_t) self->unacknowledged};
    switch (type) {
    case 0: /*  DATA: the bench's bodies come in one frame */
        self->unacknowledged += (uint32_t) size;
        if (flags & 1)
            on_order (self, stream, frame + FRAME_HEAD, size);
        if (self->unacknowledged >= WINDOW_EVERY) {
            put_frame (self, 4, 8, 0, 0);
            put (self, window, 4);
            self->unacknowledged = 0;
        }
        break;
    case 4: /*  SETTINGS */
        if (!(flags & 1))
            put_frame (self, 0, 4, 1, 0);
        break;
    case 6: /*  PING */
        if (!(flags & 1)) {
            put_frame (self, size, 6, 1, 0);
            put (self, frame + FRAME_HEAD, size);
        }
        break;
    default: break;
    }
}

static size_t take_two (peer_t *self)
{
    static const size_t preface = 24;
    size_t at = 0;
    if (!self->preface) {
        if (self->in_size < preface)
            return 0;
        self->preface = true;
        at = preface;
    }
    while (self->in_size - at >= FRAME_HEAD) {
        const uint8_t *frame = self->in + at;
        size_t size = (size_t) frame[0] << 16 | (size_t) frame[1] << 8 | frame[2];
        assert (size + FRAME_HEAD <= IN_MAX);
        if (self->in_size - at < FRAME_HEAD + size)
            break;
        on_frame (self, frame, size);
        at += FRAME_HEAD + size;
    }
    return at;
}

static size_t take_one (peer_t *self)
{
    const uint8_t *end = memmem (self->in, self->in_size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    self->in[self->in_size < IN_MAX ? self->in_size : IN_MAX - 1] = 0;
    const char *length = strcasestr ((const char *) self->in, "content-length:");
    size_t size = length ? strtoul (length + 15, NULL, 10) : 0;
    size_t head = (size_t) (end - self->in) + 4;
    if (self->in_size < head + size)
        return 0;
    on_order (self, 0, end + 4, size);
    return head + size;
}

static void peer_greet (peer_t *self)
{
    const unsigned char *name = NULL;
    unsigned int size = 0;
    if (SSL_accept (self->ssl) != 1)
        return;
    SSL_get0_alpn_selected (self->ssl, &name, &size);
    self->greeted = true;
    self->two = size == 2;
    if (self->two) {
        /*  MAX_CONCURRENT_STREAMS; and a window of 1 GB for the connection's bodies */
        static const uint8_t settings[] = {0, 3, 0, 0, 0, RECEIVER_STREAMS, 0, 0, 0, 0};
        static const uint8_t window[] = {0x3f, 0, 0, 0};
        put_frame (self, 6, 4, 0, 0);
        put (self, settings, 6);
        put_frame (self, 4, 8, 0, 0);
        put (self, window, 4);
    }
}

static void peer_close (peer_t *self)
{
    SSL_free (self->ssl);
    close (self->socket);
    self->socket = -1; /*  the memory stays: an answer may still be due */
}

static void peer_read (peer_t *self)
{
    if (self->socket < 0)
        return;
    ERR_clear_error ();
    if (!self->greeted) {
        peer_greet (self);
        if (!self->greeted)
            return;
    }
    for (;;) {
        size_t got = 0;
        if (SSL_read_ex (self->ssl, self->in + self->in_size, IN_MAX - 1 - self->in_size, &got) != 1)
            break;
        self->in_size += got;
        size_t used = self->two ? take_two (self) : take_one (self);
        memmove (self->in, self->in + used, self->in_size - used);
        self->in_size -= used;
    }
    int error = SSL_get_error (self->ssl, 0);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        peer_close (self);
}

static void answer_due (void)
{
    int64_t at = now ();
    while (all.first != all.last && all.waiting[all.first % WAITING_MAX].due_ns <= at)
        put_answer (&all.waiting[all.first++ % WAITING_MAX]);
    for (size_t i = 0; i < all.dirty_count; i++) {
        peer_t *peer = all.dirty[i];
        size_t written = 0;
        peer->dirty = false;
        /*  the socket's buffer holds all of it: the bench reads its answers */
        for (int tries = 0; peer->socket >= 0 && tries < 100000; tries++) {
            ERR_clear_error ();
            if (SSL_write_ex (peer->ssl, peer->out, peer->out_size, &written) == 1)
                break;
        }
        peer->out_size = 0;
    }
    all.dirty_count = 0;
    if (all.first != all.last) {
        int64_t wait = all.waiting[all.first % WAITING_MAX].due_ns;
        const struct itimerspec when = {.it_value = {wait / 1000000000, wait % 1000000000}};
        timerfd_settime (all.timer, TFD_TIMER_ABSTIME, &when, NULL);
    }
}

static void accept_all (int listener)
{
    int socket;
    int on = 1;
    while ((socket = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        peer_t *peer = calloc (1, sizeof *peer);
        assert (peer);
        peer->in = malloc (IN_MAX);
        peer->out = malloc (OUT_MAX);
        peer->socket = socket;
        peer->ssl = SSL_new (all.ssl);
        assert (peer->in && peer->out && peer->ssl);
        SSL_set_fd (peer->ssl, socket);
        setsockopt (socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
        epoll_ctl (all.epoll, EPOLL_CTL_ADD, socket, &event);
    }
}

static void serve (int listener)
{
    struct epoll_event events[EVENTS];
    uint64_t expired;
    all.epoll = epoll_create1 (0);
    all.timer = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK);
    all.waiting = calloc (WAITING_MAX, sizeof *all.waiting);
    assert (all.waiting);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all};
    epoll_ctl (all.epoll, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &all.timer;
    epoll_ctl (all.epoll, EPOLL_CTL_ADD, all.timer, &event);
    for (;;) {
        int count = epoll_wait (all.epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &all)
                accept_all (listener);
            else if (events[i].data.ptr == &all.timer)
                (void) !read (all.timer, &expired, sizeof expired);
            else
                peer_read (events[i].data.ptr);
        }
        answer_due ();
    }
}

static int on_alpn (SSL *ssl, const unsigned char **out, unsigned char *size, const unsigned char *in,
    unsigned int in_size, void *context)
{
    unsigned char *chosen = NULL;
    (void) ssl, (void) context;
    int rc = SSL_select_next_proto (&chosen, size, (const unsigned char *) "\x02h2", 3, in, in_size);
    *out = chosen;
    return rc == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void receiver_start (receiver_t *self, bool two)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->two = two;
    self->tally = mmap (NULL, sizeof *self->tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert (self->tally != MAP_FAILED);
    all.tally = self->tally;
    all.ssl = SSL_CTX_new (TLS_server_method ());
    assert (all.ssl);
    certificate_use (all.ssl, "IP:127.0.0.1", self->ca_file);
    SSL_CTX_set_mode (all.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE * 0 | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (two)
        SSL_CTX_set_alpn_select_cb (all.ssl, on_alpn, NULL);
    int listener = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failed = bind (listener, (struct sockaddr *) &address, size);
    failed |= listen (listener, 4096);
    failed |= getsockname (listener, (struct sockaddr *) &address, &size);
    assert (failed == 0);
    self->port = ntohs (address.sin_port);
    self->process = fork ();
    assert (self->process >= 0);
    if (self->process == 0) {
        (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
        serve (listener);
        _exit (0);
    }
    close (listener);
    SSL_CTX_free (all.ssl);
}

void receiver_stop (receiver_t *self)
{
    (void) kill (self->process, SIGKILL);
    (void) waitpid (self->process, NULL, 0);
    (void) unlink (self->ca_file);
    (void) munmap (self->tally, sizeof *self->tally);
}

void receiver_reset (receiver_t *self, int64_t delay_ns)
{
    atomic_store (&self->tally->delay_ns, delay_ns);
    atomic_store (&self->tally->arrived, 0);
}

int64_t receiver_cpu_ns (const receiver_t *self)
{
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid (self->process, &clock) == 0)
        clock_gettime (clock, &used);
    return (int64_t) used.tv_sec * 1000000000 + used.tv_nsec;
}
