/*  relay.c: see relay.h. One thread, blocking sockets, two connections at most at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEPT_MAX (1 << 20)

struct relay {
    int listener;
    int port, to;
    _Atomic bool stopped;
    uv_thread_t thread;
    uv_mutex_t lock;
    size_t kept;
    char bytes[KEPT_MAX];
};

static struct sockaddr_in at (int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
        .sin_port = htons ((uint16_t) port),
        .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
}

static bool pass (relay_t *self, int from, int to)
{
    char bytes[4096];
    ssize_t size = recv (from, bytes, sizeof bytes, 0);
    if (size <= 0)
        return false;
    uv_mutex_lock (&self->lock);
    if (self->kept + (size_t) size <= KEPT_MAX) {
        memcpy (self->bytes + self->kept, bytes, (size_t) size);
        self->kept += (size_t) size;
    }
    uv_mutex_unlock (&self->lock);
    return send (to, bytes, (size_t) size, MSG_NOSIGNAL) == size;
}

static void serve (relay_t *self, int in)
{
    struct sockaddr_in address = at (self->to);
    int out = socket (AF_INET, SOCK_STREAM, 0);
    bool open = connect (out, (struct sockaddr *) &address, sizeof address) == 0;
    while (open && !atomic_load (&self->stopped)) {
        struct pollfd ends[] = {{.fd = in, .events = POLLIN}, {.fd = out, .events = POLLIN}};
        (void) poll (ends, 2, 20);
        if (ends[0].revents)
            open = pass (self, in, out);
        if (open && ends[1].revents)
            open = pass (self, out, in);
    }
    (void) close (out);
    (void) close (in);
}

static void run (void *argument)
{
    relay_t *self = (relay_t *) argument;
    while (!atomic_load (&self->stopped)) {
        struct pollfd end = {.fd = self->listener, .events = POLLIN};
        if (poll (&end, 1, 20) == 1)
            serve (self, accept (self->listener, NULL, NULL));
    }
}

relay_t *relay_new (int port)
{
    struct sockaddr_in address = at (0);
    socklen_t size = sizeof address;
    relay_t *self = calloc (1, sizeof *self);

    assert_non_null (self);
    self->to = port;
    self->listener = socket (AF_INET, SOCK_STREAM, 0);
    assert_int_equal (bind (self->listener, (struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal (listen (self->listener, 8), 0);
    assert_int_equal (getsockname (self->listener, (struct sockaddr *) &address, &size), 0);
    self->port = ntohs (address.sin_port);
    assert_int_equal (uv_mutex_init (&self->lock), 0);
    assert_int_equal (uv_thread_create (&self->thread, run, self), 0);
    return self;
}

int relay_port (const relay_t *self)
{
    return self->port;
}

bool relay_saw (relay_t *self, const char *text)
{
    uv_mutex_lock (&self->lock);
    bool saw = memmem (self->bytes, self->kept, text, strlen (text)) != NULL;
    uv_mutex_unlock (&self->lock);
    return saw;
}

void relay_destroy (relay_t **self_p)
{
    relay_t *self = *self_p;
    atomic_store (&self->stopped, true);
    (void) uv_thread_join (&self->thread);
    (void) close (self->listener);
    uv_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}
