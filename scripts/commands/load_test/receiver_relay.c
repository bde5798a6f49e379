/*  receiver_relay.c: everything that is no order is the simulator's, byte for byte.
 *
 *  HTTP/2: our settings went out at the greeting, before it was known whose connection it is. So the peer acknowledges
 *  two settings, and the simulator, which sent one, must not hear of the other.
 */
#include "scripts/commands/load_test/receiver_parts.h"

#include <nghttp2/nghttp2.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLAG_ACK 1
#define FLAG_PADDED 8
#define FLAG_PRIORITY 32
#define FRAME_SETTINGS 4

static uint16_t port;

void relay_start (uint16_t simulator)
{
    port = simulator;
}

static bool field_is (const nghttp2_nv *field, const char *name, const char *value)
{
    return field->namelen == strlen (name) && memcmp (field->name, name, field->namelen) == 0 &&
           field->valuelen == strlen (value) && memcmp (field->value, value, field->valuelen) == 0;
}

bool relay_is_order_two (const uint8_t *frame, size_t size, uint8_t flags)
{
    const uint8_t *block = frame + FRAME_HEAD;
    size_t skip = (flags & FLAG_PADDED ? 1u : 0u) + (flags & FLAG_PRIORITY ? 5u : 0u);
    size_t padding = flags & FLAG_PADDED ? block[0] : 0;
    nghttp2_hd_inflater *inflater = NULL;
    bool post = false, orders = false;
    if (port == 0)
        return true;
    int rc = nghttp2_hd_inflate_new (&inflater);
    assert (rc == 0 && skip + padding <= size);
    block += skip;
    size -= skip + padding;
    for (;;) {
        nghttp2_nv field;
        int what = 0;
        ssize_t used = nghttp2_hd_inflate_hd2 (inflater, &field, &what, block, size, 1);
        if (used < 0)
            break;
        block += used;
        size -= (size_t) used;
        if (what & NGHTTP2_HD_INFLATE_EMIT) {
            post = post || field_is (&field, ":method", "POST");
            orders = orders || field_is (&field, ":path", "/v2/orders");
        }
        if (what & NGHTTP2_HD_INFLATE_FINAL || (used == 0 && !(what & NGHTTP2_HD_INFLATE_EMIT)))
            break;
    }
    nghttp2_hd_inflate_del (inflater);
    return post && orders;
}

bool relay_is_order_one (const uint8_t *head)
{
    return port == 0 || strncmp ((const char *) head, "POST /v2/orders HTTP", 20) == 0;
}

void relay_begin (peer_t *self)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons (port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    int on = 1;
    self->kind = PEER_RELAYED;
    self->stream = !self->two && strncmp ((const char *) self->in, "GET /stream", 11) == 0;
    self->simulator = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect (self->simulator, (const struct sockaddr *) &address, sizeof address) != 0) {
        peer_close (self);
        return;
    }
    setsockopt (self->simulator, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    receiver_watch (self->simulator, &self->far_end);
}

/*  Small, and the simulator always reads: a write that waits a little is no harm. */
static void up (peer_t *self, const uint8_t *bytes, size_t size)
{
    while (size > 0 && self->simulator >= 0) {
        ssize_t sent = send (self->simulator, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /*  its end is seen when it is read */
        bytes += sent;
        size -= (size_t) sent;
    }
}

void relay_up (peer_t *self, const uint8_t *bytes, size_t size)
{
    bool whole_frame = self->two && size >= FRAME_HEAD;
    if (whole_frame && !self->ack_dropped && bytes[3] == FRAME_SETTINGS && (bytes[4] & FLAG_ACK)) {
        self->ack_dropped = true;
        return;
    }
    up (self, bytes, size);
}

static void note_fills (const uint8_t *bytes, size_t size)
{
    static const char fill[] = "\"event\":\"fill\"";
    receiver_tally_t *tally = receiver_tally ();
    const uint8_t *at = bytes;
    const uint8_t *end = bytes + size;
    while ((at = memmem (at, (size_t) (end - at), fill, sizeof fill - 1))) {
        unsigned number = atomic_load (&tally->fills);
        atomic_store (&tally->done_ns[number % RECEIVER_FILLS], 0);
        atomic_store (&tally->fill_ns[number % RECEIVER_FILLS], receiver_now ());
        atomic_store (&tally->fills, number + 1);
        at += sizeof fill - 1;
    }
}

void relay_down (peer_t *self)
{
    uint8_t bytes[16384];
    if (self->simulator < 0)
        return;
    ssize_t got = recv (self->simulator, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        peer_close (self);
        return;
    }
    peer_put (self, bytes, (size_t) got);
    if (self->stream) {
        note_fills (bytes, (size_t) got);
        peer_flush (self);
    }
}
