/*  tap.c: our own proxy instead of zmq_proxy, because it must let subscriptions through and nothing else, and stop
 *  the way actors stop. */
#include "actors/host/tap.h"

#include "actors/host/curve.h"
#include "actors/host/wire.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <uv.h>

#define TAP_HWM 10000
#define LINGER_MS 200
#define LOOK_MS 500
#define BIND_AGAIN_MS 10

struct tap {
    uv_loop_t loop;
    uv_async_t stop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_poll_t in_poll;
    uv_poll_t out_poll;
    zsock_t *in;    /*  XSUB */
    zsock_t *out;   /*  XPUB */
    bool in_open;   /*  whoever reaches it may publish: it is on this machine */
    curve_t *curve; /*  NULL = plain */
    uv_timer_t look;
    char guarded[TAP_ENDPOINTS_MAX][WIRE_ENDPOINT_MAX]; /*  of out, with CURVE */
    bool bound[TAP_ENDPOINTS_MAX];
    size_t guarded_count;
    bool stopped;
};

static zsock_t *open_socket (int type)
{
    zsock_t *socket = zsock_new (type);
    if (!socket)
        return NULL;
    zsock_set_sndhwm (socket, TAP_HWM);
    zsock_set_rcvhwm (socket, WIRE_HWM);
    zsock_set_linger (socket, LINGER_MS);
    zsock_set_maxmsgsize (socket, MESSAGE_BYTES_MAX + 64);
    return socket;
}

static int bind_at (zsock_t *socket, const char *endpoint, problem_t *problem)
{
    if (zsock_bind (socket, "%s", endpoint) >= 0)
        return 0;
    return problem_set (problem, zmq_errno () == EADDRINUSE ? ERR_BUSY : ERR_IO, endpoint,
        "the tap cannot listen: %s", zmq_strerror (zmq_errno ()));
}

static bool is_tcp (const char *endpoint)
{
    return strncmp (endpoint, "tcp:", 4) == 0;
}

static void close_sockets (tap_t *self)
{
    if (self->curve) {
        curve_leave (self->curve, DOOR_TAP_IN);
        curve_leave (self->curve, DOOR_TAP);
    }
    zsock_destroy (&self->in);
    zsock_destroy (&self->out);
}

static int bind_in (tap_t *self, const char *endpoint, problem_t *problem)
{
    int rc = 0;
    if (self->curve && is_tcp (endpoint))
        rc = curve_guard (self->curve, self->in, DOOR_TAP_IN, problem);
    else
        self->in_open = true;
    return rc == 0 ? bind_at (self->in, endpoint, problem) : rc;
}

/*  What is no tcp first: a socket's keys hold for what is bound after they are set. */
static int bind_outs (tap_t *self, const char *const *endpoints, size_t count, problem_t *problem)
{
    int rc = 0;
    for (size_t n = 0; n < count && rc == 0; n++)
        if (!self->curve || !is_tcp (endpoints[n]))
            rc = bind_at (self->out, endpoints[n], problem);
        else
            (void) snprintf (self->guarded[self->guarded_count++], WIRE_ENDPOINT_MAX, "%s", endpoints[n]);
    if (rc == 0 && self->guarded_count > 0)
        rc = curve_guard (self->curve, self->out, DOOR_TAP, problem);
    for (size_t n = 0; n < self->guarded_count && rc == 0; n++) {
        rc = bind_at (self->out, self->guarded[n], problem);
        self->bound[n] = rc == 0;
    }
    return rc;
}

/*  ---- what passes ---- */

/*  Everything of one message from the actors to the listeners; false: nothing there. */
static bool forward (tap_t *self)
{
    void *source = zsock_resolve (self->in);
    void *sink = zsock_resolve (self->out);
    bool more = true;
    bool dropped = false;
    for (bool first = true; more; first = false) {
        zmq_msg_t frame;
        (void) zmq_msg_init (&frame);
        if (zmq_msg_recv (&frame, source, ZMQ_DONTWAIT) < 0) {
            (void) zmq_msg_close (&frame);
            return false;
        }
        more = zmq_msg_more (&frame);
        if (first && !self->in_open)
            dropped = !curve_admits (self->curve, DOOR_TAP_IN, &frame, NULL, NULL);
        if (dropped || zmq_msg_send (&frame, sink, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0) {
            dropped = true;
            (void) zmq_msg_close (&frame);
        }
    }
    return true;
}

/*  A frame from a listener: only a subscription goes on to the actors' sockets. */
static bool subscribe (tap_t *self)
{
    zmq_msg_t frame;
    const unsigned char *bytes;
    bool good;
    (void) zmq_msg_init (&frame);
    if (zmq_msg_recv (&frame, zsock_resolve (self->out), ZMQ_DONTWAIT) < 0) {
        (void) zmq_msg_close (&frame);
        return false;
    }
    bytes = (const unsigned char *) zmq_msg_data (&frame);
    good = zmq_msg_size (&frame) > 0 && zmq_msg_size (&frame) <= TAP_SUBSCRIPTION_MAX + 1 && bytes[0] <= 1 &&
           !zmq_msg_more (&frame);
    if (!good && self->guarded_count > 0)
        curve_refused (self->curve, DOOR_TAP, REFUSED_MESSAGE);
    if (!good || zmq_msg_send (&frame, zsock_resolve (self->in), ZMQ_DONTWAIT) < 0)
        (void) zmq_msg_close (&frame);
    return true;
}

static bool readable (zsock_t *socket)
{
    return (zsock_events (socket) & ZMQ_POLLIN) != 0;
}

static void on_idle (uv_idle_t *handle)
{
    (void) handle;
}

static void on_poll (uv_poll_t *handle, int status, int events)
{
    (void) handle; /*  see wire.c: only wakes the loop */
    (void) status;
    (void) events;
}

static void on_prepare (uv_prepare_t *handle)
{
    tap_t *self = (tap_t *) handle->data;
    if (readable (self->in) || readable (self->out))
        (void) uv_idle_start (&self->idle, on_idle);
    else
        (void) uv_idle_stop (&self->idle);
}

static void on_check (uv_check_t *handle)
{
    tap_t *self = (tap_t *) handle->data;
    for (int n = 0; n < WIRE_BATCH && readable (self->out); n++)
        (void) subscribe (self);
    for (int n = 0; n < WIRE_BATCH; n++)
        if (!forward (self))
            break;
}

/*  ---- certificates that were deleted ---- */

static bool bind_again (tap_t *self)
{
    bool all = true;
    for (size_t n = 0; n < self->guarded_count; n++) {
        if (!self->bound[n])
            self->bound[n] = bind_at (self->out, self->guarded[n], NULL) == 0;
        all = all && self->bound[n];
    }
    return all;
}

/*  A PUB cannot close one connection. So it closes all of an address, and whoever still may comes back at once. The
 *  address is free a moment later. */
static void on_look (uv_timer_t *timer)
{
    tap_t *self = (tap_t *) timer->data;
    if (curve_evicts (self->curve, DOOR_TAP))
        for (size_t n = 0; n < self->guarded_count; n++)
            if (self->bound[n])
                self->bound[n] = zsock_unbind (self->out, "%s", self->guarded[n]) != 0;
    (void) uv_timer_start (timer, on_look, bind_again (self) ? LOOK_MS : BIND_AGAIN_MS, 0);
}

static void on_stop (uv_async_t *handle)
{
    tap_t *self = (tap_t *) handle->data;
    self->stopped = true;
    uv_stop (&self->loop);
}

static int watch (tap_t *self, problem_t *problem)
{
    int rc = uv_async_init (&self->loop, &self->stop, on_stop);
    self->stop.data = self->prepare.data = self->check.data = self;
    (void) uv_prepare_init (&self->loop, &self->prepare);
    (void) uv_check_init (&self->loop, &self->check);
    (void) uv_idle_init (&self->loop, &self->idle);
    (void) uv_prepare_start (&self->prepare, on_prepare);
    (void) uv_check_start (&self->check, on_check);
    if (self->guarded_count > 0) {
        self->look.data = self;
        (void) uv_timer_init (&self->loop, &self->look);
        (void) uv_timer_start (&self->look, on_look, LOOK_MS, 0);
    }
    if (rc == 0)
        rc = uv_poll_init (&self->loop, &self->in_poll, (int) zsock_fd (self->in));
    if (rc == 0)
        rc = uv_poll_start (&self->in_poll, UV_READABLE, on_poll);
    if (rc == 0)
        rc = uv_poll_init (&self->loop, &self->out_poll, (int) zsock_fd (self->out));
    if (rc == 0)
        rc = uv_poll_start (&self->out_poll, UV_READABLE, on_poll);
    return rc == 0 ? 0 : problem_set (problem, ERR_IO, "tap", "%s", uv_strerror (rc));
}

int tap_new (tap_t **self_p, const char *in, const char *const *outs, size_t outs_count, curve_t *curve,
    problem_t *problem)
{
    tap_t *self;
    int rc;
    assert (self_p && in && outs && outs_count > 0 && outs_count <= TAP_ENDPOINTS_MAX);
    *self_p = NULL;
    self = (tap_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "tap", "no memory");
    self->in = open_socket (ZMQ_XSUB);
    self->out = open_socket (ZMQ_XPUB);
    self->curve = curve;
    rc = self->in && self->out ? bind_in (self, in, problem)
                               : problem_set (problem, ERR_MEMORY, "tap", "no socket");
    if (rc == 0)
        rc = bind_outs (self, outs, outs_count, problem);
    if (rc == 0 && uv_loop_init (&self->loop) != 0)
        rc = problem_set (problem, ERR_MEMORY, "tap", "no loop");
    if (rc != 0) {
        close_sockets (self);
        free (self);
        return rc;
    }
    rc = watch (self, problem);
    *self_p = self;
    if (rc != 0)
        tap_destroy (self_p);
    return rc;
}

static void close_handle (uv_handle_t *handle, void *argument)
{
    (void) argument;
    if (!uv_is_closing (handle))
        uv_close (handle, NULL);
}

void tap_destroy (tap_t **self_p)
{
    tap_t *self;
    int rc;
    assert (self_p);
    self = *self_p;
    if (!self)
        return;
    uv_walk (&self->loop, close_handle, NULL);
    while (uv_run (&self->loop, UV_RUN_DEFAULT) != 0)
        ; /*  a stop that nobody ran into ends the first one */
    rc = uv_loop_close (&self->loop);
    assert (rc == 0);
    (void) rc;
    close_sockets (self);
    free (self);
    *self_p = NULL;
}

uv_loop_t *tap_loop (tap_t *self)
{
    assert (self);
    return &self->loop;
}

int tap_run (tap_t *self)
{
    assert (self);
    while (!self->stopped)
        (void) uv_run (&self->loop, UV_RUN_DEFAULT);
    return 0;
}

void tap_ask_stop (tap_t *self)
{
    assert (self);
    (void) uv_async_send (&self->stop);
}
