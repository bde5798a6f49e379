/*  gateway_listen.c: binds itself, so that a port that is taken is a clear word and not a failed start. */
#include "actors/host/gateway_listen.h"
#include "messages/text.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY_MS 5000
#define BACKLOG 64
#define BATCH 16              /*  connections taken in one turn of the loop */
#define SEND_BUFFER (1 << 16) /*  who does not read is noticed, and does not cost megabytes */

struct gateway_listen {
    gateway_listen_config_t config;
    char host[256];
    char setting[32];
    int port;
    int fd; /*  -1 = does not listen */
    bool told;
    uv_poll_t poll;
    uv_timer_t retry;
    int closing; /*  handles that are not closed yet */
};

static int bind_address (const struct addrinfo *address, int *error_p)
{
    int on = 1;
    int fd = socket (address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind (fd, address->ai_addr, address->ai_addrlen) == 0 && listen (fd, BACKLOG) == 0)
        return fd;
    *error_p = errno;
    if (fd >= 0)
        (void) close (fd);
    return -1;
}

/*  A descriptor that listens, or -ERR_*. */
static int open_socket (const char *host, int port, const char *setting, problem_t *problem)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char service[16];
    int error = 0;
    (void) snprintf (service, sizeof service, "%d", port);
    int rc = getaddrinfo (host, service, &hints, &list);
    if (rc != 0)
        return problem_set (problem, ERR_SETTING, "GATEWAY_HOST", "%.100s: %s", host, gai_strerror (rc));
    int fd = bind_address (list, &error);
    freeaddrinfo (list);
    if (fd >= 0)
        return fd;
    if (error == EADDRINUSE)
        return problem_set (problem, ERR_BUSY, setting,
            "%.100s:%d is taken by another program: choose another port, or 0 for no gateway", host, port);
    return problem_set (
        problem, ERR_IO, setting, "cannot listen at %.100s:%d: %s", host, port, strerror (error));
}

int gateway_listen_check (const char *host, int port, const char *port_setting, problem_t *problem)
{
    assert (host && port_setting);
    int fd = open_socket (host, port, port_setting, problem);
    if (fd < 0)
        return fd;
    (void) close (fd);
    return 0;
}

static void take (gateway_listen_t *self)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    char remote[NI_MAXHOST] = "";
    int buffer = SEND_BUFFER;
    int fd = accept4 (self->fd, (struct sockaddr *) &peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    (void) getnameinfo ((struct sockaddr *) &peer, size, remote, sizeof remote, NULL, 0, NI_NUMERICHOST);
    (void) setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (!self->config.on_connection (self->config.context, fd, remote))
        (void) close (fd);
}

static void on_readable (uv_poll_t *handle, int status, int events)
{
    gateway_listen_t *self = (gateway_listen_t *) handle->data;
    (void) events;
    for (int n = 0; n < BATCH && status == 0; n++)
        take (self);
}

static void try_again (uv_timer_t *timer)
{
    gateway_listen_t *self = (gateway_listen_t *) timer->data;
    problem_t problem = {0};
    char where[300];
    (void) snprintf (where, sizeof where, strchr (self->host, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
        self->config.tls ? "https" : "http", self->host, self->port);
    self->fd = open_socket (self->host, self->port, self->setting, &problem);
    if (self->fd < 0) {
        if (!self->told)
            self->config.on_change (self->config.context, where, &problem);
        self->told = true;
        (void) uv_timer_start (&self->retry, try_again, RETRY_MS, 0);
        return;
    }
    (void) uv_poll_init (timer->loop, &self->poll, self->fd);
    self->poll.data = self;
    (void) uv_poll_start (&self->poll, UV_READABLE, on_readable);
    self->config.on_change (self->config.context, where, NULL);
}

gateway_listen_t *gateway_listen_new (uv_loop_t *loop, const char *host, int port, const char *port_setting,
    const gateway_listen_config_t *config)
{
    assert (loop && host && port_setting && config && config->on_connection && config->on_change);
    gateway_listen_t *self = (gateway_listen_t *) calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    self->port = port;
    self->fd = -1;
    TEXT_SET (self->host, host);
    TEXT_SET (self->setting, port_setting);
    (void) uv_timer_init (loop, &self->retry);
    self->retry.data = self;
    (void) uv_timer_start (&self->retry, try_again, 0, 0); /*  from the loop: whoever made us is ready then */
    return self;
}

static void on_closed (uv_handle_t *handle)
{
    gateway_listen_t *self = (gateway_listen_t *) handle->data;
    if (--self->closing > 0)
        return;
    if (self->fd >= 0)
        (void) close (self->fd);
    free (self);
}

void gateway_listen_close (gateway_listen_t **self_p)
{
    assert (self_p);
    gateway_listen_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    self->closing = self->fd >= 0 ? 2 : 1;
    if (self->fd >= 0)
        uv_close ((uv_handle_t *) &self->poll, on_closed);
    uv_close ((uv_handle_t *) &self->retry, on_closed);
}
