/*  channel_link.c: see channel_link.h. */
#include "broker/alpaca/channel_link.h"

#include "broker/alpaca/channel_clock.h"
#include "broker/alpaca/channel_socket.h"
#include "broker/alpaca/channel_two.h"
#include "messages/text.h"

#include <uv.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_NS (15 * NS_PER_S)  /*  then the peer is asked */
#define SILENT_NS (25 * NS_PER_S) /*  then it is dead */
#define YOUNG_NS (5 * NS_PER_S)
#define OUT_MAX ((size_t) 4 << 20)    /*  bytes that wait for the socket */
#define READ_SIZE ((size_t) 64 << 10) /*  bytes a read */
#define READS_MAX 8                   /*  reads a turn: others want to be read too */

struct channel_link {
    uv_poll_t poll;
    channel_link_place_t place;
    channel_route_t *route;
    int socket;
    channel_link_state_t state;
    bool connected;
    bool greeted; /*  TLS is up, or there is none */
    bool writing; /*  the socket is full: the poll awaits room */
    channel_tls_t *tls;
    channel_one_t *one;
    channel_two_t *two;
    channel_calls_t calls;
    channel_buffer_t out;     /*  what is for the socket */
    uint64_t written;         /*  bytes given to the system */
    int64_t out_not_after_ns; /*  boottime: the earliest of the requests in out */
    int64_t opened_at_ns;     /*  monotonic, and so are the others */
    int64_t heard_at_ns;
    bool asked;  /*  for a sign of life, since it was last heard */
    bool served; /*  an answer came */
    char reason[CHANNEL_REASON_MAX];
};

static void on_closed (uv_handle_t *handle)
{
    free (handle->data);
}

static void link_release (channel_link_t *self, const char *reason)
{
    self->state = LINK_CLOSED;
    TEXT_SET (self->reason, reason);
    channel_tls_destroy (&self->tls);
    channel_one_destroy (&self->one);
    channel_two_destroy (&self->two);
    channel_buffer_free (&self->out);
    uv_close ((uv_handle_t *) &self->poll, on_closed);
    (void) close (self->socket);
    self->socket = -1;
}

void channel_link_abandon (channel_link_t *self)
{
    assert (self);
    if (self->state != LINK_CLOSED)
        link_release (self, "");
}

void channel_link_close (channel_link_t *self, const char *reason)
{
    assert (self && reason);
    if (self->state == LINK_CLOSED)
        return;
    link_release (self, reason);
    channel_call_t *call;
    while ((call = channel_calls_pop (&self->calls))) {
        call->started = call->started && self->written > call->first_offset;
        call->whole = false;
        if (!call->reason[0])
            channel_call_say (call, self->reason);
        self->route->on_finished (self->route->context, call);
    }
    self->route->on_changed (self->route->context, self);
}

/*  Nothing new goes here; what is under way may still be answered. */
static void link_drain (channel_link_t *self)
{
    if (self->state == LINK_READY)
        self->state = LINK_DRAINING;
    if (self->calls.count == 0)
        channel_link_close (self, "the broker closed the connection");
    else
        self->route->on_changed (self->route->context, self);
}

/*  From the protocol. */
static void on_finished (void *context, channel_call_t *call)
{
    channel_link_t *self = context;
    channel_calls_remove (&self->calls, call);
    self->served = self->served || call->whole;
    self->route->on_finished (self->route->context, call);
}

static void link_watch (channel_link_t *self);

/*  false: the link is closed. */
static bool link_write (channel_link_t *self)
{
    size_t size = channel_buffer_size (&self->out);
    if (size == 0)
        return true;
    ssize_t sent = send (self->socket, self->out.bytes + self->out.begin, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        channel_link_close (self, strerror (errno));
        return false;
    }
    if (sent > 0) {
        channel_buffer_take (&self->out, (size_t) sent);
        self->written += (uint64_t) sent;
    }
    bool waits = channel_buffer_size (&self->out) > 0;
    if (!waits)
        self->out_not_after_ns = INT64_MAX;
    if (waits != self->writing) {
        self->writing = waits;
        link_watch (self);
    }
    return true;
}

/*  Plain bytes to the socket's. */
static int link_seal (channel_link_t *self)
{
    channel_buffer_t *plain = &self->route->plain;
    size_t size = channel_buffer_size (plain);
    const uint8_t *bytes = plain->bytes + plain->begin;
    int rc = 0;
    if (size > 0)
        rc = self->tls ? channel_tls_write (self->tls, bytes, size)
                       : channel_buffer_put (&self->out, bytes, size);
    channel_buffer_take (plain, size);
    return rc;
}

/*  Everything the protocol has to say, sealed and written. false: the link is closed. */
static bool link_pump (channel_link_t *self)
{
    int rc = self->two ? channel_two_output (self->two, &self->route->plain) : 0;
    int sealed = link_seal (self);
    rc = sealed != 0 ? sealed : rc;
    if (rc < 0) {
        /*  what was sealed before is the peer's to see: it may be why we go */
        if (link_write (self))
            channel_link_close (self, "the connection broke");
        return false;
    }
    if (self->state == LINK_CLOSED || !link_write (self))
        return false;
    return true;
}

/*  TLS is up, or there is none: which protocol. false: the link is closed. */
static bool link_choose (channel_link_t *self)
{
    const channel_target_t *target = &self->route->target;
    self->greeted = true;
    if (self->tls && channel_tls_is_two (self->tls)) {
        self->two = channel_two_new (&self->route->memory, target, on_finished, self);
    } else {
        self->one = channel_one_new (target, on_finished, self);
        self->state = LINK_READY;
    }
    if (!self->two && !self->one) {
        channel_link_close (self, "no memory for a connection");
        return false;
    }
    if (!link_pump (self))
        return false;
    if (self->one)
        self->route->on_changed (self->route->context, self);
    return true;
}

static const char *protocol_reason (int rc)
{
    switch (rc) {
    case -ERR_SYNTAX: return "what came is not HTTP";
    case -ERR_MEMORY: return "no memory for an answer";
    case -ERR_FULL: return "the answer is larger than its bound";
    default: return "the broker closed the connection";
    }
}

/*  Plain bytes from the peer. false: the link is closed. */
static bool link_understand (channel_link_t *self, const uint8_t *bytes, size_t size)
{
    int rc =
        self->two ? channel_two_input (self->two, bytes, size) : channel_one_input (self->one, bytes, size);
    if (rc != 0) {
        if (self->two)
            (void) link_pump (self); /*  our GOAWAY says why */
        channel_link_close (self, protocol_reason (rc));
        return false;
    }
    return true;
}

/*  After input: what became of the link by it. false: it is closed. */
static bool link_settle (channel_link_t *self)
{
    if (self->two) {
        if (!link_pump (self))
            return false;
        if (self->state == LINK_OPENING && channel_two_settled (self->two))
            self->state = LINK_READY;
        if (channel_two_draining (self->two) || (self->state == LINK_DRAINING && self->calls.count == 0))
            link_drain (self);
    }
    if (self->state == LINK_CLOSED)
        return false;
    self->route->on_changed (self->route->context, self);
    return true;
}

static bool link_greet (channel_link_t *self)
{
    int rc = channel_tls_greet (self->tls);
    if (rc < 0) {
        (void) link_write (self); /*  the alert */
        channel_link_close (self, channel_tls_reason (self->tls));
        return false;
    }
    if (rc == 0)
        return link_write (self);
    return link_choose (self);
}

/*  Sealed bytes from the socket. false: the link is closed. */
static bool link_open_sealed (channel_link_t *self, const uint8_t *bytes, size_t size)
{
    uint8_t plain[16384];
    size_t got = 0;
    int rc;
    channel_tls_input (self->tls, bytes, size);
    if (!self->greeted && !link_greet (self))
        return false;
    if (!self->greeted)
        return true;
    while ((rc = channel_tls_read (self->tls, plain, sizeof plain, &got)) == 1)
        if (!link_understand (self, plain, got))
            return false;
    if (rc < 0) {
        channel_link_close (self, channel_tls_reason (self->tls));
        return false;
    }
    return true;
}

/*  The peer will send no more, and said so: an answer without a length is whole by that. */
static void link_end (channel_link_t *self)
{
    if (self->one && (!self->tls || channel_tls_ended (self->tls)))
        channel_one_end (self->one);
    channel_link_close (self, "the connection closed before an answer came");
}

static void link_read (channel_link_t *self)
{
    uint8_t bytes[READ_SIZE];
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t got = recv (self->socket, bytes, sizeof bytes, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got < 0) {
            channel_link_close (self, strerror (errno));
            return;
        }
        if (got == 0) {
            link_end (self);
            return;
        }
        self->heard_at_ns = channel_clock (CLOCK_MONOTONIC);
        self->asked = false;
        bool open = self->tls ? link_open_sealed (self, bytes, (size_t) got)
                              : link_understand (self, bytes, (size_t) got);
        if (!open)
            return;
        if (self->tls && channel_tls_ended (self->tls)) {
            link_end (self);
            return;
        }
        if ((size_t) got < sizeof bytes)
            break;
    }
    if (self->greeted)
        (void) link_settle (self);
}

static void link_connected (channel_link_t *self)
{
    int error = channel_socket_error (self->socket);
    if (error != 0) {
        channel_link_close (self, strerror (error));
        return;
    }
    self->connected = true;
    self->writing = false;
    link_watch (self);
    if (self->tls)
        (void) link_greet (self);
    else
        (void) link_choose (self);
}

/*  Bytes that wait since an earlier turn: not after their lease (P6). */
static void link_write_on (channel_link_t *self)
{
    if (channel_clock (CLOCK_BOOTTIME) >= self->out_not_after_ns) {
        channel_link_close (self, "it was too late to send the rest");
        return;
    }
    if (link_write (self) && !self->writing && self->greeted)
        (void) link_settle (self);
}

static void on_poll (uv_poll_t *poll, int status, int events)
{
    channel_link_t *self = poll->data;
    if (status < 0) {
        channel_link_close (self, uv_strerror (status));
        return;
    }
    if (!self->connected) {
        link_connected (self);
        return;
    }
    if (events & UV_WRITABLE)
        link_write_on (self);
    if (self->state != LINK_CLOSED && (events & UV_READABLE))
        link_read (self);
}

static void link_watch (channel_link_t *self)
{
    int events = self->connected ? UV_READABLE | (self->writing ? UV_WRITABLE : 0) : UV_WRITABLE;
    int rc = uv_poll_start (&self->poll, events, on_poll);
    assert (rc == 0);
}

channel_link_t *channel_link_new (
    channel_route_t *route, const char *address, int64_t now_ns, const char **reason_p)
{
    assert (route && address && reason_p);
    channel_link_t *self = calloc (1, sizeof *self);
    *reason_p = "no memory for a connection";
    if (!self)
        return NULL;
    self->route = route;
    self->state = LINK_OPENING;
    self->out.most = OUT_MAX;
    self->out_not_after_ns = INT64_MAX;
    self->opened_at_ns = self->heard_at_ns = now_ns;
    if (route->tls)
        self->tls = channel_tls_new (route->tls, route->target.host, &self->out);
    self->socket = route->tls && !self->tls
                       ? -ENOMEM
                       : channel_socket_connect (address, route->target.port, route->user_timeout_ns);
    if (self->socket < 0 || uv_poll_init (route->uv_loop, &self->poll, self->socket) != 0) {
        *reason_p = self->socket < 0 ? strerror (-self->socket) : "the loop cannot watch it";
        if (self->socket >= 0)
            (void) close (self->socket);
        channel_tls_destroy (&self->tls);
        free (self);
        return NULL;
    }
    self->poll.data = self;
    link_watch (self);
    return self;
}

channel_link_place_t *channel_link_place (channel_link_t *self)
{
    assert (self);
    return &self->place;
}

channel_link_state_t channel_link_state (const channel_link_t *self)
{
    assert (self);
    return self->state;
}

const char *channel_link_reason (const channel_link_t *self)
{
    assert (self);
    return self->reason;
}

bool channel_link_was_stillborn (const channel_link_t *self)
{
    assert (self);
    return !self->served && channel_clock (CLOCK_MONOTONIC) - self->opened_at_ns < YOUNG_NS;
}

size_t channel_link_streams (const channel_link_t *self)
{
    assert (self);
    return self->two ? channel_two_streams (self->two) : 1;
}

size_t channel_link_room (const channel_link_t *self)
{
    assert (self);
    if (self->state != LINK_READY || channel_buffer_size (&self->out) > 0)
        return 0;
    if (self->one)
        return channel_one_room (self->one);
    size_t room = channel_two_room (self->two);
    size_t most = self->route->streams_most;
    size_t left = most > self->calls.count ? most - self->calls.count : 0;
    return room < left ? room : left;
}

int channel_link_take (channel_link_t *self, channel_call_t *call)
{
    assert (self && call && self->state == LINK_READY);
    call->first_offset = self->written + channel_buffer_size (&self->out);
    call->started = true;
    channel_buffer_t *plain = &self->route->plain;
    int rc =
        self->two ? channel_two_send (self->two, call, plain) : channel_one_send (self->one, call, plain);
    if (rc != 0) {
        call->started = false;
        return rc;
    }
    call->link = self;
    if (call->not_after_ns > 0 && call->not_after_ns < self->out_not_after_ns)
        self->out_not_after_ns = call->not_after_ns;
    channel_calls_append (&self->calls, call);
    return 0;
}

void channel_link_flush (channel_link_t *self)
{
    assert (self);
    if (self->state == LINK_CLOSED)
        return;
    (void) link_pump (self);
}

void channel_link_cancel (channel_link_t *self, channel_call_t *call)
{
    assert (self && call && call->link == self);
    channel_calls_remove (&self->calls, call);
    if (self->two) {
        channel_two_cancel (self->two, call);
        /*  nothing was heard since it was sent: no request more for a peer that may be dead */
        if (self->heard_at_ns < call->taken_at_ns && self->state == LINK_READY)
            self->state = LINK_DRAINING;
        if (link_pump (self))
            (void) link_settle (self);
    } else {
        channel_link_close (self, "an answer came too late");
    }
}

void channel_link_tick (channel_link_t *self, int64_t now_ns)
{
    assert (self);
    if (self->state == LINK_OPENING) {
        if (now_ns - self->opened_at_ns >= self->route->connect_timeout_ns)
            channel_link_close (self, "no connection was made in time");
        return;
    }
    if (!self->two || self->state == LINK_CLOSED || now_ns - self->heard_at_ns < QUIET_NS)
        return;
    if (now_ns - self->heard_at_ns >= SILENT_NS) {
        channel_link_close (self, "the broker gave no sign of life");
        return;
    }
    if (!self->asked) {
        self->asked = true;
        channel_two_ping (self->two);
        (void) link_pump (self);
    }
}
