/*  receiver.c: see receiver.h. One thread, epoll; input of all connections first, answers after that. */
#include "scripts/commands/load_test/receiver_parts.h"

#include "scripts/commands/load_test/certificate.h"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
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

#define EVENTS 256
#define WINDOW_EVERY (1 << 20)
#define PREFACE 24
#define WRITE_TRIES 100000

static struct {
    receiver_tally_t *tally;
    SSL_CTX *ssl;
    int epoll;
    int timer;
    peer_t *dirty[65536];
    size_t dirty_count;
} all;

int64_t receiver_now (void)
{
    struct timespec at;
    clock_gettime (CLOCK_MONOTONIC, &at);
    return (int64_t) at.tv_sec * 1000000000 + at.tv_nsec;
}

receiver_tally_t *receiver_tally (void)
{
    return all.tally;
}

void receiver_watch (int socket, end_t *end)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    epoll_ctl (all.epoll, EPOLL_CTL_ADD, socket, &event);
}

void peer_put (peer_t *self, const void *bytes, size_t size)
{
    if (self->socket < 0)
        return;
    if (self->out_size + size > RECEIVER_OUT_MAX)
        peer_flush (self);
    memcpy (self->out + self->out_size, bytes, size);
    self->out_size += size;
    if (!self->dirty) {
        self->dirty = true;
        all.dirty[all.dirty_count++] = self;
    }
}

void peer_flush (peer_t *self)
{
    size_t written = 0;
    /*  the socket's buffer holds all of it: the bench reads its answers */
    for (int tries = 0; self->socket >= 0 && self->out_size > 0 && tries < WRITE_TRIES; tries++) {
        ERR_clear_error ();
        if (SSL_write_ex (self->ssl, self->out, self->out_size, &written) == 1)
            break;
    }
    self->out_size = 0;
}

void peer_put_frame (peer_t *self, size_t size, uint8_t type, uint8_t flags, uint32_t stream)
{
    const uint8_t head[FRAME_HEAD] = {(uint8_t) (size >> 16), (uint8_t) (size >> 8), (uint8_t) size, type,
        flags, (uint8_t) (stream >> 24), (uint8_t) (stream >> 16), (uint8_t) (stream >> 8), (uint8_t) stream};
    peer_put (self, head, sizeof head);
}

static void on_data (peer_t *self, uint32_t stream, const uint8_t *frame, size_t size)
{
    self->unacknowledged += (uint32_t) size;
    if (frame[4] & 1) /*  the bench's bodies come in one frame */
        receiver_order (self, stream, frame + FRAME_HEAD, size);
    if (self->unacknowledged < WINDOW_EVERY)
        return;
    const uint8_t window[4] = {(uint8_t) (self->unacknowledged >> 24), (uint8_t) (self->unacknowledged >> 16),
        (uint8_t) (self->unacknowledged >> 8), (uint8_t) self->unacknowledged};
    peer_put_frame (self, 4, 8, 0, 0);
    peer_put (self, window, 4);
    self->unacknowledged = 0;
}

static void on_frame (peer_t *self, const uint8_t *frame, size_t size)
{
    uint8_t type = frame[3], flags = frame[4];
    uint32_t stream =
        (uint32_t) frame[5] << 24 | (uint32_t) frame[6] << 16 | (uint32_t) frame[7] << 8 | frame[8];
    switch (type) {
    case 0: on_data (self, stream, frame, size); break;
    case 4: /*  SETTINGS */
        if (!(flags & 1))
            peer_put_frame (self, 0, 4, 1, 0);
        break;
    case 6: /*  PING */
        if (!(flags & 1)) {
            peer_put_frame (self, size, 6, 1, 0);
            peer_put (self, frame + FRAME_HEAD, size);
        }
        break;
    default: break;
    }
}

/*  Size of the frame at `at`, with its head; 0: it is not all there. */
static size_t frame_at (const peer_t *self, size_t at)
{
    const uint8_t *frame = self->in + at;
    if (self->in_size - at < FRAME_HEAD)
        return 0;
    size_t size = FRAME_HEAD + ((size_t) frame[0] << 16 | (size_t) frame[1] << 8 | frame[2]);
    assert (size <= RECEIVER_IN_MAX);
    return self->in_size - at < size ? 0 : size;
}

/*  All that came before the first request waits: it is ours to answer, or the simulator's. */
static void decide_two (peer_t *self)
{
    size_t at = self->held ? self->held : PREFACE;
    size_t size;
    if (self->in_size < PREFACE)
        return;
    for (; self->kind == PEER_UNDECIDED && (size = frame_at (self, at)) > 0; at += size) {
        const uint8_t *frame = self->in + at;
        if (frame[3] == 6) { /*  a sign of life is asked for on the idle connections of a channel */
            on_frame (self, frame, size - FRAME_HEAD);
            memmove (self->in + at, self->in + at + size, self->in_size - at - size);
            self->in_size -= size;
            size = 0;
        } else if (frame[3] == 1) {
            if (relay_is_order_two (frame, size - FRAME_HEAD, frame[4]))
                self->kind = PEER_ORDERS;
            else
                relay_begin (self);
            return;
        }
    }
    self->held = at;
}

static size_t take_two (peer_t *self)
{
    size_t at = 0;
    size_t size;
    if (self->kind == PEER_UNDECIDED)
        decide_two (self);
    if (self->kind == PEER_UNDECIDED)
        return 0;
    if (!self->preface) {
        self->preface = true;
        at = PREFACE;
        if (self->kind == PEER_RELAYED)
            relay_up (self, self->in, PREFACE);
    }
    for (; (size = frame_at (self, at)) > 0; at += size) {
        if (self->kind == PEER_RELAYED)
            relay_up (self, self->in + at, size);
        else
            on_frame (self, self->in + at, size - FRAME_HEAD);
    }
    return at;
}

static size_t take_one (peer_t *self)
{
    if (self->kind == PEER_RELAYED) {
        relay_up (self, self->in, self->in_size);
        return self->in_size;
    }
    const uint8_t *end = memmem (self->in, self->in_size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    self->in[self->in_size] = 0;
    if (self->kind == PEER_UNDECIDED && !relay_is_order_one (self->in)) {
        relay_begin (self);
        return take_one (self);
    }
    self->kind = PEER_ORDERS;
    const char *length = strcasestr ((const char *) self->in, "content-length:");
    size_t size = length ? strtoul (length + 15, NULL, 10) : 0;
    size_t head = (size_t) (end - self->in) + 4;
    if (self->in_size < head + size)
        return 0;
    receiver_order (self, 0, end + 4, size);
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
        static const uint8_t settings[] = {0, 3, 0, 0, 0, RECEIVER_STREAMS};
        static const uint8_t window[] = {0x3f, 0, 0, 0};
        peer_put_frame (self, 6, 4, 0, 0);
        peer_put (self, settings, 6);
        peer_put_frame (self, 4, 8, 0, 0);
        peer_put (self, window, 4);
    }
}

void peer_close (peer_t *self)
{
    if (self->socket < 0)
        return;
    SSL_free (self->ssl);
    close (self->socket);
    if (self->simulator >= 0)
        close (self->simulator);
    self->socket = self->simulator = -1; /*  the memory stays: an answer may still be due */
}

static void peer_take (peer_t *self, size_t got)
{
    size_t used;
    self->in_size += got;
    if (self->kind != PEER_RELAYED)
        atomic_fetch_add_explicit (&all.tally->bytes, got, memory_order_relaxed);
    do {
        used = self->two ? take_two (self) : take_one (self);
        memmove (self->in, self->in + used, self->in_size - used);
        self->in_size -= used;
    } while (used > 0 && self->in_size > 0);
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
    while (self->socket >= 0) {
        size_t got = 0;
        if (SSL_read_ex (self->ssl, self->in + self->in_size, RECEIVER_IN_MAX - 1 - self->in_size, &got) != 1)
            break;
        peer_take (self, got);
    }
    if (self->socket < 0)
        return;
    int error = SSL_get_error (self->ssl, 0);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        peer_close (self);
}

static void answer_due (void)
{
    int64_t next_ns = receiver_answer_due ();
    for (size_t i = 0; i < all.dirty_count; i++) {
        all.dirty[i]->dirty = false;
        peer_flush (all.dirty[i]);
    }
    all.dirty_count = 0;
    if (next_ns > 0) {
        const struct itimerspec when = {.it_value = {next_ns / 1000000000, next_ns % 1000000000}};
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
        peer->near_end = (end_t){.peer = peer};
        peer->far_end = (end_t){.peer = peer, .relay = true};
        peer->in = malloc (RECEIVER_IN_MAX);
        peer->out = malloc (RECEIVER_OUT_MAX);
        peer->socket = socket;
        peer->simulator = -1;
        peer->ssl = SSL_new (all.ssl);
        assert (peer->in && peer->out && peer->ssl);
        SSL_set_fd (peer->ssl, socket);
        setsockopt (socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        receiver_watch (socket, &peer->near_end);
    }
}

static void on_end (const end_t *end)
{
    if (end->relay)
        relay_down (end->peer);
    else
        peer_read (end->peer);
}

static void serve (int listener)
{
    struct epoll_event events[EVENTS];
    uint64_t expired;
    all.epoll = epoll_create1 (0);
    all.timer = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK);
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
                on_end (events[i].data.ptr);
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

void receiver_start (receiver_t *self, const receiver_options_t *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *self = (receiver_t){.two = options->two};
    self->tally = mmap (NULL, sizeof *self->tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert (self->tally != MAP_FAILED);
    all.tally = self->tally;
    all.ssl = SSL_CTX_new (TLS_server_method ());
    assert (all.ssl);
    certificate_use (all.ssl, "IP:127.0.0.1", self->ca_file);
    SSL_CTX_set_mode (all.ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (options->two)
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
        receiver_orders_start (options->trouble_delay_ns);
        relay_start (options->simulator);
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
    atomic_store (&self->tally->troubled, 0);
    atomic_store (&self->tally->repeated, 0);
    atomic_store (&self->tally->fills, 0);
    for (size_t i = 0; i < RECEIVER_FILLS; i++)
        atomic_store_explicit (&self->tally->done_ns[i], 0, memory_order_relaxed);
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
