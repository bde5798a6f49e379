/*  wire_socket.c: see wire_socket.h. */
#include "actors/host/wire_socket.h"

#include "actors/host/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINGER_MS 1000
#define HEARTBEAT_MS 500
#define HEARTBEAT_TIMEOUT_MS 1500

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

static int bind_one_of (zsock_t *socket, const char *endpoints)
{
    int rc = -1;
    for (const char *at = endpoints; *at && rc < 0; at += strspn (at, ",")) {
        size_t size = strcspn (at, ",");
        rc = zsock_bind (socket, "%.*s", (int) size, at);
        at += size;
    }
    return rc;
}

int wire_socket_attach (zsock_t *socket, const char *endpoint, bool binds, problem_t *problem)
{
    int rc = binds ? bind_one_of (socket, endpoint) : zsock_connect (socket, "%s", endpoint);
    if (rc >= 0)
        return 0;
    return problem_set (problem, zmq_errno () == EADDRINUSE ? ERR_BUSY : ERR_IO, endpoint, "cannot %s: %s",
        binds ? "listen" : "connect", zmq_strerror (zmq_errno ()));
}

/*  Whoever connects asks, and says how long whoever listens may go without hearing from it. The ROUTER asks nobody: when a
 *  name comes over another connection, it lets go of the first one, whose engine goes on; once the peer has closed that one, the
 *  next heartbeat into it ends the process (libzmq 4.3.4: `!_io_error`, stream_engine_base.cpp, timer_event). */
static void set_heartbeat (zsock_t *socket, int type)
{
    if (type == ZMQ_ROUTER)
        return;
    zsock_set_heartbeat_ivl (socket, HEARTBEAT_MS);
    zsock_set_heartbeat_timeout (socket, HEARTBEAT_TIMEOUT_MS);
    zsock_set_heartbeat_ttl (socket, HEARTBEAT_TIMEOUT_MS);
}

zsock_t *wire_socket_new (int type)
{
    zsock_t *socket = zsock_new (type);
    if (!socket)
        return NULL;
    zsock_set_sndhwm (socket, WIRE_HWM);
    zsock_set_rcvhwm (socket, WIRE_HWM);
    zsock_set_linger (socket, LINGER_MS);
    zsock_set_maxmsgsize (socket, MESSAGE_BYTES_MAX + 64); /*  of a frame */
    set_heartbeat (socket, type);
    zsock_set_reconnect_ivl (socket, 20);
    zsock_set_reconnect_ivl_max (socket, 1000);
    return socket;
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

void wire_socket_text (zmq_msg_t *frame, char *text, size_t size)
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

bool wire_socket_readable (zsock_t *socket)
{
    int events = 0;
    size_t size = sizeof events;
    return socket && zmq_getsockopt (zsock_resolve (socket), ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN);
}

size_t wire_socket_take (zsock_t *socket, zmq_msg_t *frames, size_t room)
{
    assert (socket && frames);
    void *handle = zsock_resolve (socket);
    size_t count = 0;
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        if (!frame_take (handle, &frame))
            break; /*  before the first: nothing there; messages are atomic */
        more = zmq_msg_more (&frame);
        if (count < room)
            frames[count] = frame;
        else
            (void) zmq_msg_close (&frame);
        count++;
    }
    return count;
}

int wire_socket_publish (zsock_t *socket, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    void *handle = zsock_resolve (socket);
    const char *subject = message_subject (kind);
    if (zmq_send (handle, subject, strlen (subject), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return -ERR_FULL;
    return zmq_send (handle, bytes, size, ZMQ_DONTWAIT) < 0 ? -ERR_FULL : 0;
}

bool wire_socket_frame (zsock_t *socket, const char *to, const link_frame_t *frame)
{
    assert (socket && frame);
    void *handle = zsock_resolve (socket);
    int more = frame->kind ? ZMQ_SNDMORE : 0;
    if (to && zmq_send (handle, to, strlen (to), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return false;
    if (zmq_send (handle, frame->header, sizeof frame->header, ZMQ_DONTWAIT | more) < 0)
        return false;
    if (!frame->kind)
        return true;
    const char *subject = message_subject ((message_kind_t) frame->kind);
    return zmq_send (handle, subject, strlen (subject), ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0 &&
           zmq_send (handle, frame->bytes, frame->size, ZMQ_DONTWAIT) >= 0;
}

void wire_socket_subscribe (zsock_t *ear, const char *prefixes)
{
    assert (ear && prefixes);
    char prefix[64];
    for (size_t size; *prefixes; prefixes += size + (prefixes[size] == ' ')) {
        size = strcspn (prefixes, " ");
        assert (size < sizeof prefix);
        memcpy (prefix, prefixes, size);
        prefix[size] = '\0';
        zsock_set_subscribe (ear, prefix);
    }
}
