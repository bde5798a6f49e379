/*  wire.c: sockets of one actor and how the loop watches them.
 *
 *  ZMQ_FD is edge-triggered, and sends eat the edge too. So the descriptor only wakes the loop; whether there is
 *  something to read is asked (ZMQ_EVENTS) before every wait, and while there is, an idle handle keeps the loop from
 *  waiting. Each turn takes a bounded batch.
 */
#include "actors/host/wire.h"

#include "actors/actor.h"
#include "actors/host/log.h"

#include <assert.h>
#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINGER_MS 1000
#define HEARTBEAT_MS 500
#define HEARTBEAT_TIMEOUT_MS 1500
#define COMPLAINTS_MAX 20 /*  log lines about bad messages, a life; the counter goes on */

struct wire {
    char name[ACTOR_NAME_MAX];
    bool binds;
    zsock_t *link; /*  ROUTER or DEALER; NULL = only publishes */
    zsock_t *tap;  /*  PUB */
    zsock_t *ear;  /*  SUB */
    wire_counts_t counts;
    uint64_t complaints;
    wire_message_fn *on_message;
    void *context;
    bool watching;
    uv_poll_t link_poll;
    uv_poll_t ear_poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    message_t message; /*  the one being delivered: too big for the stack */
};

void wire_setup (void)
{
    static bool done = false;
    if (done)
        return;
    done = true;
    (void) setenv ("ZSYS_SIGHANDLER", "false", 1);
    (void) zsys_init ();
    zsys_handler_set (NULL);
    zsys_set_linger (LINGER_MS);
    zsys_set_logstream (stderr);
}

static int attach (zsock_t *socket, const char *endpoint, bool binds, problem_t *problem)
{
    int rc = binds ? zsock_bind (socket, "%s", endpoint) : zsock_connect (socket, "%s", endpoint);
    if (rc >= 0)
        return 0;
    return problem_set (problem, zmq_errno () == EADDRINUSE ? ERR_BUSY : ERR_IO, endpoint, "cannot %s: %s",
        binds ? "listen" : "connect", zmq_strerror (zmq_errno ()));
}

static zsock_t *socket_new (int type)
{
    zsock_t *socket = zsock_new (type);
    if (!socket)
        return NULL;
    zsock_set_sndhwm (socket, WIRE_HWM);
    zsock_set_rcvhwm (socket, WIRE_HWM);
    zsock_set_linger (socket, LINGER_MS);
    zsock_set_maxmsgsize (socket, MESSAGE_BYTES_MAX + 64);
    zsock_set_heartbeat_ivl (socket, HEARTBEAT_MS);
    zsock_set_heartbeat_timeout (socket, HEARTBEAT_TIMEOUT_MS);
    zsock_set_reconnect_ivl (socket, 20);
    zsock_set_reconnect_ivl_max (socket, 1000);
    return socket;
}

static int link_open (wire_t *self, const wire_config_t *config, problem_t *problem)
{
    self->link = socket_new (config->binds ? ZMQ_ROUTER : ZMQ_DEALER);
    if (!self->link)
        return problem_set (problem, ERR_MEMORY, config->name, "no socket: %s", zmq_strerror (zmq_errno ()));
    if (config->binds) {
        zsock_set_router_handover (self->link, 1);
        zsock_set_router_mandatory (self->link, 1);
    } else
        zsock_set_identity (self->link, config->name);
    return attach (self->link, config->endpoint, config->binds, problem);
}

static int tap_open (wire_t *self, const wire_config_t *config, problem_t *problem)
{
    int rc = 0;
    if (config->tap_in) {
        self->tap = socket_new (ZMQ_PUB);
        rc = self->tap ? attach (self->tap, config->tap_in, false, problem) : -ERR_MEMORY;
    }
    if (rc == 0 && config->tap_out) {
        assert (config->subscribe);
        self->ear = socket_new (ZMQ_SUB);
        rc = self->ear ? attach (self->ear, config->tap_out, false, problem) : -ERR_MEMORY;
        if (rc == 0)
            zsock_set_subscribe (self->ear, config->subscribe);
    }
    return rc;
}

int wire_new (wire_t **self_p, const wire_config_t *config, problem_t *problem)
{
    wire_t *self;
    int rc = 0;
    assert (self_p && config && config->name && *config->name && strlen (config->name) < ACTOR_NAME_MAX);
    *self_p = NULL;
    self = (wire_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, config->name, "no memory for its sockets");
    (void) snprintf (self->name, sizeof self->name, "%s", config->name);
    self->binds = config->binds;
    if (config->endpoint)
        rc = link_open (self, config, problem);
    if (rc == 0)
        rc = tap_open (self, config, problem);
    if (rc != 0) {
        wire_destroy (&self);
        return rc;
    }
    *self_p = self;
    return 0;
}

void wire_destroy (wire_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    assert (!(*self_p)->watching);
    zsock_destroy (&(*self_p)->link);
    zsock_destroy (&(*self_p)->tap);
    zsock_destroy (&(*self_p)->ear);
    free (*self_p);
    *self_p = NULL;
}

const wire_counts_t *wire_counts (const wire_t *self)
{
    assert (self);
    return &self->counts;
}

static void complain (wire_t *self, const char *from, const problem_t *problem)
{
    char line[512];
    self->counts.undecodable++;
    if (self->complaints++ < COMPLAINTS_MAX)
        log_event (LOG_LEVEL_WARNING, self->name, "message_refused", "from %s: %s", *from ? from : "the tap",
            problem_line (problem, line, sizeof line));
}

/*  One frame into the message that zmq_msg_init'ed. false: nothing there. */
static bool frame_take (void *handle, zmq_msg_t *frame)
{
    int rc = zmq_msg_init (frame);
    assert (rc == 0);
    (void) rc;
    if (zmq_msg_recv (frame, handle, ZMQ_DONTWAIT) >= 0)
        return true;
    (void) zmq_msg_close (frame);
    return false;
}

/*  Printable text of a frame, else "". */
static void frame_text (zmq_msg_t *frame, char *text, size_t size)
{
    size_t length = zmq_msg_size (frame);
    const char *bytes = (const char *) zmq_msg_data (frame);
    text[0] = '\0';
    if (length == 0 || length >= size)
        return;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < 0x21 || bytes[i] == 0x7f)
            return;
    memcpy (text, bytes, length);
    text[length] = '\0';
}

static void deliver (wire_t *self, const char *from, zmq_msg_t *subject_frame, zmq_msg_t *body)
{
    problem_t problem = {0};
    char subject[64];
    message_kind_t kind;
    frame_text (subject_frame, subject, sizeof subject);
    kind = message_kind_of (subject);
    if (kind == MSG_NONE) {
        (void) problem_set (
            &problem, ERR_UNEXPECTED, *subject ? subject : "subject", "no message is called so");
        complain (self, from, &problem);
        return;
    }
    if (message_decode (kind, (const uint8_t *) zmq_msg_data (body), zmq_msg_size (body), &self->message,
            &problem) != 0) {
        complain (self, from, &problem);
        return;
    }
    self->counts.received++;
    self->on_message (self->context, from, &self->message);
}

/*  One message: [identity] subject body. false: nothing there. */
static bool receive (wire_t *self, zsock_t *socket, bool has_identity)
{
    void *handle = zsock_resolve (socket);
    zmq_msg_t frames[3];
    size_t wanted = has_identity ? 3 : 2;
    size_t count = 0;
    size_t extra = 0;
    bool more = true;
    char from[ACTOR_NAME_MAX] = "";

    if (!frame_take (handle, &frames[0]))
        return false;
    count = 1;
    more = zmq_msg_more (&frames[0]);
    while (more) {
        zmq_msg_t frame;
        if (!frame_take (handle, &frame))
            break; /*  messages are atomic: cannot happen */
        more = zmq_msg_more (&frame);
        if (count < wanted)
            frames[count++] = frame;
        else {
            (void) zmq_msg_close (&frame);
            extra++;
        }
    }
    if (has_identity)
        frame_text (&frames[0], from, sizeof from);
    else if (socket == self->link)
        (void) snprintf (from, sizeof from, "dispatcher");
    if (count != wanted || extra > 0 || (has_identity && !*from)) {
        problem_t problem = {0};
        (void) problem_set (&problem, ERR_SYNTAX, "frames",
            "expected a name, a subject and a body, got %zu frames", count + extra);
        complain (self, from, &problem);
    } else
        deliver (self, from, &frames[wanted - 2], &frames[wanted - 1]);
    for (size_t i = 0; i < count; i++)
        (void) zmq_msg_close (&frames[i]);
    return true;
}

static bool readable (zsock_t *socket)
{
    return socket && (zsock_events (socket) & ZMQ_POLLIN);
}

static void drain (wire_t *self, zsock_t *socket, bool has_identity)
{
    for (int n = 0; n < WIRE_BATCH && self->watching; n++)
        if (!receive (self, socket, has_identity))
            break;
}

static void on_idle (uv_idle_t *handle)
{
    (void) handle; /*  its being active is all that is wanted of it */
}

static void on_poll (uv_poll_t *handle, int status, int events)
{
    (void) handle; /*  it has woken the loop: on_check does the rest */
    (void) status;
    (void) events;
}

static void on_prepare (uv_prepare_t *handle)
{
    wire_t *self = (wire_t *) handle->data;
    /*  the PUB is asked too, so that its subscriptions are up to date before the next message */
    if (self->tap)
        (void) zsock_events (self->tap);
    if (readable (self->link) || readable (self->ear))
        (void) uv_idle_start (&self->idle, on_idle);
    else
        (void) uv_idle_stop (&self->idle);
}

static void on_check (uv_check_t *handle)
{
    wire_t *self = (wire_t *) handle->data;
    if (readable (self->link))
        drain (self, self->link, self->binds);
    if (self->watching && readable (self->ear))
        drain (self, self->ear, false);
}

static int watch_socket (uv_loop_t *loop, uv_poll_t *poll, zsock_t *socket, void *data)
{
    int rc = uv_poll_init (loop, poll, (int) zsock_fd (socket));
    poll->data = data;
    return rc == 0 ? uv_poll_start (poll, UV_READABLE, on_poll) : rc;
}

int wire_watch (wire_t *self, uv_loop_t *loop, wire_message_fn *on_message, void *context, problem_t *problem)
{
    int rc = 0;
    assert (self && loop && on_message && !self->watching && (self->link || self->ear));
    self->on_message = on_message;
    self->context = context;
    self->prepare.data = self->check.data = self->idle.data = self;
    (void) uv_prepare_init (loop, &self->prepare);
    (void) uv_check_init (loop, &self->check);
    (void) uv_idle_init (loop, &self->idle);
    if (self->link)
        rc = watch_socket (loop, &self->link_poll, self->link, self);
    if (rc == 0 && self->ear)
        rc = watch_socket (loop, &self->ear_poll, self->ear, self);
    if (rc != 0)
        return problem_set (problem, ERR_IO, self->name, "cannot watch its sockets: %s", uv_strerror (rc));
    (void) uv_prepare_start (&self->prepare, on_prepare);
    (void) uv_check_start (&self->check, on_check);
    self->watching = true;
    return 0;
}

void wire_unwatch (wire_t *self)
{
    assert (self);
    if (!self->watching)
        return;
    self->watching = false;
    uv_close ((uv_handle_t *) &self->prepare, NULL);
    uv_close ((uv_handle_t *) &self->check, NULL);
    uv_close ((uv_handle_t *) &self->idle, NULL);
    if (self->link)
        uv_close ((uv_handle_t *) &self->link_poll, NULL);
    if (self->ear)
        uv_close ((uv_handle_t *) &self->ear_poll, NULL);
}

/*  A message is handed over whole or not at all: only its first frame can be refused. */
static int send_frames (
    zsock_t *socket, const char *to, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    void *handle = zsock_resolve (socket);
    const char *subject = message_subject (kind);
    if (to && zmq_send (handle, to, strlen (to), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return zmq_errno () == EHOSTUNREACH ? -ERR_UNREACHABLE : -ERR_FULL;
    if (zmq_send (handle, subject, strlen (subject), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return -ERR_FULL;
    return zmq_send (handle, bytes, size, ZMQ_DONTWAIT) < 0 ? -ERR_FULL : 0;
}

int wire_send (wire_t *self, const char *to, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    int rc;
    assert (self && to && bytes && kind > MSG_NONE && kind < MSG_COUNT);
    if (!self->link || (!self->binds && strcmp (to, "dispatcher") != 0))
        rc = -ERR_UNREACHABLE; /*  the only peer of a DEALER is the dispatcher */
    else
        rc = send_frames (self->link, self->binds ? to : NULL, kind, bytes, size);
    if (rc == 0)
        self->counts.sent++;
    else
        self->counts.unsent++;
    return rc;
}

int wire_publish (wire_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    int rc;
    assert (self && bytes && kind > MSG_NONE && kind < MSG_COUNT);
    if (!self->tap)
        return 0;
    rc = send_frames (self->tap, NULL, kind, bytes, size);
    if (rc == 0)
        self->counts.published++;
    else
        self->counts.unpublished++;
    return rc;
}
