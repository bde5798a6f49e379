/*  wire.c: sockets of one actor and how the loop watches them.
 *
 *  ZMQ_FD is edge-triggered, and sends eat the edge too. So the descriptor only wakes the loop; whether there is
 *  something to read is asked (ZMQ_EVENTS: a system call) before every wait in whose turn a socket was used, and while
 *  there is, an idle handle keeps the loop from waiting. Each turn takes a bounded batch.
 *
 *  Every peer has a link (link.h): the dispatcher makes one when it first hears of a name, the others have theirs with
 *  the dispatcher from the start. A timer sends again what was not acknowledged.
 */
#include "actors/host/wire.h"

#include "actors/actor.h"
#include "actors/host/clock.h"
#include "actors/host/curve.h"
#include "actors/host/log.h"
#include "actors/host/wire_name.h"
#include "actors/host/wire_near.h"
#include "actors/host/wire_peer.h"
#include "actors/host/wire_socket.h"
#include "actors/host/wire_tap.h"
#include "messages/text.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKED_NS INT64_C (50000000) /*  after a socket took no more */
#define CAN_WAIT_NS INT64_C (1000000)
#define SEEK_NS INT64_C (5000000000)
#define COMPLAINTS_MAX 20 /*  log lines about bad messages, a life; the counter goes on */

/*  Of a message that came. */
typedef struct {
    char name[ACTOR_NAME_MAX];
    char route[ROUTE_MAX];
    char key[CERTIFICATE_TEXT];
} sender_t;

struct wire {
    char name[ACTOR_NAME_MAX];
    bool binds;
    zsock_t *link; /*  ROUTER or DEALER; NULL = only publishes */
    wire_tap_t *tap;
    zsock_t *ear; /*  SUB */
    wire_names_t names;
    uint64_t session;
    peer_t peers[PEERS_MAX];
    size_t peers_count;
    curve_t *curve;        /*  NULL = plain */
    uint64_t certificates; /*  the last that were looked at */
    int64_t seek_at_ns;    /*  then the dispatcher has been silent for so long that it is connected to anew */
    wire_counts_t counts;
    uint64_t complaints;
    wire_message_fn *on_message;
    void *context;
    bool watching;
    bool touched; /*  a socket was used, or its descriptor is readable, since it was asked last */
    bool ear_touched;
    wire_near_t near;
    uv_poll_t link_poll;
    uv_poll_t ear_poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_timer_t again;
    message_t message; /*  the one being delivered: too big for the stack */
};

static peer_t *peer_find (wire_t *self, const char *name)
{
    return wire_peer_find (self->peers, self->peers_count, name);
}

static peer_t *peer_add (wire_t *self, const char *name)
{
    return wire_peer_add (self->peers, &self->peers_count, name, self->session);
}

static int link_open (wire_t *self, const wire_config_t *config, problem_t *problem)
{
    self->link = wire_socket_new (config->binds ? ZMQ_ROUTER : ZMQ_DEALER);
    if (!self->link)
        return problem_set (problem, ERR_MEMORY, config->name, "no socket: %s", zmq_strerror (zmq_errno ()));
    int rc = 0;
    if (config->binds) {
        zsock_set_router_handover (self->link, 1);
        zsock_set_router_mandatory (self->link, 1);
    } else
        rc = wire_peer_identity (self->link, config->name, problem);
    while (self->session == 0)
        if (uv_random (NULL, NULL, &self->session, sizeof self->session, 0, NULL) != 0)
            return problem_set (problem, ERR_IO, config->name, "no randomness for its session");
    if (!config->binds && !peer_add (self, "dispatcher"))
        return problem_set (problem, ERR_MEMORY, config->name, "no memory for its link");
    if (rc == 0 && self->curve)
        rc = config->binds ? curve_guard (self->curve, self->link, DOOR_DISPATCHER, problem)
                           : curve_connect (self->curve, self->link, CERTIFICATE_DISPATCHER, problem);
    if (rc != 0)
        return rc;
    return config->binds ? wire_socket_attach (self->link, config->endpoint, true, problem)
                         : wire_names_connect (
                               &self->names, self->link, config->endpoint, self->peers[0].link, problem);
}

static int tap_attach (wire_t *self, zsock_t *socket, const char *endpoint, problem_t *problem)
{
    int rc =
        socket ? 0
               : problem_set (problem, ERR_MEMORY, self->name, "no socket: %s", zmq_strerror (zmq_errno ()));
    if (rc == 0 && self->curve)
        rc = curve_connect (self->curve, socket, CERTIFICATE_TAP, problem);
    return rc == 0 ? wire_names_connect (&self->names, socket, endpoint, NULL, problem) : rc;
}

static int tap_open (wire_t *self, const wire_config_t *config, problem_t *problem)
{
    int rc = 0;
    if (config->tap_in) {
        zsock_t *pub = wire_socket_new (ZMQ_PUB);
        self->tap = pub ? wire_tap_new (pub, &self->counts) : NULL;
        rc = tap_attach (self, self->tap ? pub : NULL, config->tap_in, problem);
    }
    if (rc == 0 && config->tap_out) {
        assert (config->subscribe);
        self->ear = wire_socket_new (ZMQ_SUB);
        rc = tap_attach (self, self->ear, config->tap_out, problem);
        if (rc == 0)
            wire_socket_subscribe (self->ear, config->subscribe);
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
    TEXT_SET (self->name, config->name);
    self->binds = config->binds;
    self->near.busy = config->busy;
    self->curve = config->curve;
    self->names = (wire_names_t){.looks_up = config->looks_up, .touched = &self->touched};
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
    wire_names_close (&(*self_p)->names); /*  of one that was never watched */
    for (size_t n = 0; n < (*self_p)->peers_count; n++)
        link_destroy (&(*self_p)->peers[n].link);
    if ((*self_p)->curve)
        curve_leave ((*self_p)->curve, DOOR_DISPATCHER);
    zsock_destroy (&(*self_p)->link);
    wire_tap_destroy (&(*self_p)->tap);
    zsock_destroy (&(*self_p)->ear);
    free (*self_p);
    *self_p = NULL;
}

const wire_counts_t *wire_counts (const wire_t *self)
{
    assert (self);
    return &self->counts;
}

bool wire_hears_anybody (const wire_t *self)
{
    assert (self);
    return wire_peer_alive (self->peers, self->peers_count);
}

void wire_link_counts (const wire_t *self, link_counts_t *sum)
{
    assert (self && sum);
    wire_peer_counts (self->peers, self->peers_count, sum);
}

size_t wire_waiting (const wire_t *self)
{
    assert (self);
    return wire_peer_waiting (self->peers, self->peers_count);
}

static void complain (wire_t *self, const char *from, const problem_t *problem)
{
    char line[512];
    self->counts.undecodable++;
    if (self->complaints++ < COMPLAINTS_MAX)
        log_event (LOG_LEVEL_WARNING, self->name, "message_refused", "from %s: %s", *from ? from : "the tap",
            problem_line (problem, line, sizeof line));
}

static void deliver (wire_t *self, const char *from, zmq_msg_t *subject_frame, zmq_msg_t *body)
{
    problem_t problem = {0};
    char subject[64];
    message_kind_t kind;
    wire_socket_text (subject_frame, subject, sizeof subject);
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

/*  What a peer's link says of it: true, the message is the next one. What answers it goes where it came from. */
static bool link_takes (wire_t *self, const sender_t *from, zmq_msg_t *header, bool has_message)
{
    problem_t problem = {0};
    const uint8_t *bytes = (const uint8_t *) zmq_msg_data (header);
    peer_t *peer = peer_find (self, from->name);
    if (!peer)
        peer = peer_add (self, from->name);
    int rc = peer ? link_receive (peer->link, clock_now_ns (), bytes, zmq_msg_size (header), has_message)
                  : -ERR_FULL;
    if (rc < 0) {
        (void) problem_set (&problem, -rc, "frames", peer ? "the first is no link's" : "too many peers");
        complain (self, from->name, &problem);
    } else if (self->binds && link_is_peer (peer->link, bytes)) {
        memcpy (peer->route, from->route, sizeof peer->route);
        memcpy (peer->key, from->key, sizeof peer->key);
    }
    return rc == LINK_DELIVER;
}

static void refuse_frames (wire_t *self, const char *from, size_t count)
{
    problem_t problem = {0};
    (void) problem_set (&problem, ERR_SYNTAX, "frames", "that many are no message: %zu", count);
    complain (self, from, &problem);
}

static void flush_peer (wire_t *self, peer_t *peer);

/*  From a peer: [identity] header [subject body]. */
static void take_from_peer (wire_t *self, zmq_msg_t *frames, size_t count)
{
    sender_t from = {.name = "dispatcher"};
    size_t first = self->binds ? 1 : 0;
    if (self->binds)
        wire_peer_sender (&frames[0], from.route, from.name);
    if (!*from.name || (count != first + 1 && count != first + 3)) {
        refuse_frames (self, from.name, count);
        return;
    }
    if (self->binds && self->curve &&
        !curve_admits (self->curve, DOOR_DISPATCHER, &frames[first], from.name, from.key))
        return;
    bool has_message = count == first + 3;
    if (link_takes (self, &from, &frames[first], has_message))
        deliver (self, from.name, &frames[first + 1], &frames[first + 2]);
    peer_t *peer = peer_find (self, from.name);
    if (peer)
        flush_peer (self, peer);
}

/*  false: nothing there. */
static bool receive (wire_t *self, zsock_t *socket)
{
    zmq_msg_t frames[4];
    const size_t room = sizeof frames / sizeof *frames;
    size_t count = wire_socket_take (socket, frames, room);
    if (count == 0)
        return false;
    if (socket == self->link)
        take_from_peer (self, frames, count);
    else if (count == 2)
        deliver (self, "", &frames[0], &frames[1]);
    else
        refuse_frames (self, "", count);
    for (size_t n = 0; n < count && n < room; n++)
        (void) zmq_msg_close (&frames[n]);
    return true;
}

/*  Whatever is due to this peer, as far as its socket takes it. */
static void flush_peer (wire_t *self, peer_t *peer)
{
    link_frame_t frame;
    int64_t now_ns = clock_now_ns ();
    bool nowhere = self->binds && !*peer->route;
    if (peer->blocked_to_ns > now_ns)
        return;
    while (link_due (peer->link, now_ns, &frame)) {
        if (nowhere || !wire_socket_frame (self->link, self->binds ? peer->route : NULL, &frame)) {
            peer->blocked_to_ns = now_ns + BLOCKED_NS;
            return;
        }
        link_sent (peer->link, now_ns);
    }
}

/*  Somebody else at the port, if only once, and libzmq's client would never try again. */
static void seek_dispatcher (wire_t *self, int64_t now_ns)
{
    if (self->binds || !self->curve || self->peers_count == 0)
        return;
    if (self->seek_at_ns != 0 && now_ns >= self->seek_at_ns)
        curve_again (self->curve, self->link);
    if (self->seek_at_ns == 0 || now_ns >= self->seek_at_ns || link_alive (self->peers[0].link))
        self->seek_at_ns = now_ns + SEEK_NS;
}

static void on_again (uv_timer_t *handle)
{
    wire_t *self = (wire_t *) handle->data;
    self->touched = true;
    for (size_t n = 0; n < self->peers_count; n++) {
        peer_t *peer = &self->peers[n];
        flush_peer (self, peer);
        if (link_watch (peer->link, clock_now_ns ()))
            log_event (LOG_LEVEL_WARNING, self->name, "peer_silent",
                "%s: three beats missed, %zu messages wait", peer->name, link_waiting (peer->link));
    }
    seek_dispatcher (self, clock_now_ns ());
}

/*  The timer goes off when the first link wants to be asked. */
static void arm_again (wire_t *self)
{
    int64_t now_ns = clock_now_ns ();
    int64_t wake_ns = wire_peer_wake_ns (self->peers, self->peers_count);
    if (wake_ns == INT64_MAX)
        return;
    int64_t wait_ns = wake_ns > now_ns ? wake_ns - now_ns : 0;
    uv_update_time (self->again.loop);
    (void) uv_timer_start (&self->again, on_again, (uint64_t) ((wait_ns + 999999) / 1000000), 0);
}

static void drain (wire_t *self, zsock_t *socket, unsigned most)
{
    for (unsigned n = 0; n < most && self->watching && receive (self, socket); n++)
        ;
}

static void take_near (void *wire, unsigned count)
{
    wire_t *self = (wire_t *) wire;
    self->touched = true; /*  what else came is taken at the end of the turn */
    drain (self, self->link, count);
}

static void on_idle (uv_idle_t *handle) /*  its being active is all that is wanted of it */
{
    (void) handle;
}

static void on_poll (uv_poll_t *handle, int status, int events)
{
    wire_t *self = (wire_t *) handle->data;
    (void) status, (void) events;
    self->touched = true; /*  on_check does the rest */
    self->ear_touched = self->ear_touched || handle == &self->ear_poll;
}

/*  Whose certificate is gone hears nothing more; whom we connect to may have a new one. */
static bool look_at_certificates (wire_t *self)
{
    if (!self->curve || !curve_changed (self->curve, &self->certificates))
        return false;
    for (size_t n = 0; self->binds && n < self->peers_count; n++)
        if (!curve_knows (self->curve, self->peers[n].key))
            self->peers[n].route[0] = '\0';
    curve_follow (self->curve);
    return true;
}

static void on_prepare (uv_prepare_t *handle)
{
    wire_t *self = (wire_t *) handle->data;
    if (look_at_certificates (self))
        self->touched = true;
    if (!self->touched)
        return;
    arm_again (self);
    self->ear_touched = self->ear_touched && wire_socket_readable (self->ear);
    self->touched = self->ear_touched || wire_socket_readable (self->link);
    (void) (self->touched ? uv_idle_start (&self->idle, on_idle) : uv_idle_stop (&self->idle));
}

static void on_check (uv_check_t *handle)
{
    wire_t *self = (wire_t *) handle->data;
    if (self->touched && self->link)
        drain (self, self->link, WIRE_BATCH);
    if (self->ear_touched && self->watching)
        drain (self, self->ear, WIRE_BATCH);
    wire_near_serve (handle->loop);
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
    self->prepare.data = self->check.data = self->idle.data = self->again.data = self;
    (void) uv_prepare_init (loop, &self->prepare);
    (void) uv_check_init (loop, &self->check);
    (void) uv_idle_init (loop, &self->idle);
    (void) uv_timer_init (loop, &self->again);
    if (self->link)
        rc = watch_socket (loop, &self->link_poll, self->link, self);
    if (rc == 0 && self->ear)
        rc = watch_socket (loop, &self->ear_poll, self->ear, self);
    if (rc != 0)
        return problem_set (problem, ERR_IO, self->name, "cannot watch its sockets: %s", uv_strerror (rc));
    if (self->tap)
        wire_tap_watch (self->tap, loop);
    (void) uv_prepare_start (&self->prepare, on_prepare);
    (void) uv_check_start (&self->check, on_check);
    wire_names_watch (&self->names, loop);
    wire_near_join (&self->near, loop, self->name, take_near, self);
    if (self->link && !self->binds)
        link_hello (self->peers[0].link, clock_now_ns ());
    self->watching = self->touched = true;
    self->ear_touched = self->ear != NULL;
    return 0;
}

void wire_unwatch (wire_t *self)
{
    assert (self);
    if (!self->watching)
        return;
    self->watching = false;
    wire_near_leave (&self->near);
    wire_names_close (&self->names);
    uv_close ((uv_handle_t *) &self->prepare, NULL);
    uv_close ((uv_handle_t *) &self->check, NULL);
    uv_close ((uv_handle_t *) &self->idle, NULL);
    uv_close ((uv_handle_t *) &self->again, NULL);
    if (self->tap)
        wire_tap_unwatch (self->tap);
    if (self->link)
        uv_close ((uv_handle_t *) &self->link_poll, NULL);
    if (self->ear)
        uv_close ((uv_handle_t *) &self->ear_poll, NULL);
}

int wire_send (wire_t *self, const char *to, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    int rc = -ERR_UNREACHABLE;
    assert (self && to && bytes && kind > MSG_NONE && kind < MSG_COUNT);
    peer_t *peer = self->link ? peer_find (self, to) : NULL;
    self->touched = true;
    if (peer)
        rc = link_send (
            peer->link, clock_now_ns (), (int) kind, wire_peer_keeps (self->name, to, kind), bytes, size);
    if (rc == 0 && wire_peer_can_wait (to) && peer->blocked_to_ns <= clock_now_ns ())
        peer->blocked_to_ns = clock_now_ns () + CAN_WAIT_NS;
    if (rc == 0) {
        flush_peer (self, peer);
        wire_near_call (&self->near, to);
        self->counts.sent++;
    } else
        self->counts.unsent++;
    return rc;
}

int wire_publish (wire_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    assert (self && bytes && kind > MSG_NONE && kind < MSG_COUNT);
    return self->tap ? wire_tap_say (self->tap, kind, bytes, size) : 0;
}
