/*  wire_name.c: a timer, a look-up, and a socket that moves when the answer does. */
#include "actors/host/wire_name.h"

#include "actors/host/log.h"
#include "actors/host/wire.h"
#include "actors/host/wire_socket.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TCP "tcp://"

struct wire_name {
    uv_timer_t timer;
    uv_getaddrinfo_t request;
    zsock_t *socket;
    bool *touched;
    char host[WIRE_ENDPOINT_MAX];
    char port[8];
    char at[WIRE_ENDPOINT_MAX]; /*  the endpoint it is connected to; "" = none yet */
    bool watched;
    bool asking;
    bool closing;
    bool timer_closed;
};

/*  "tcp://host:port" into its parts. */
static bool split (const char *endpoint, char host[WIRE_ENDPOINT_MAX], char port[8])
{
    const char *colon = strrchr (endpoint, ':');
    if (strncmp (endpoint, TCP, strlen (TCP)) != 0 || !colon || colon <= endpoint + strlen (TCP))
        return false;
    (void) snprintf (host, WIRE_ENDPOINT_MAX, "%.*s", (int) (colon - endpoint - (ptrdiff_t) strlen (TCP)),
        endpoint + strlen (TCP));
    return snprintf (port, 8, "%s", colon + 1) < 8;
}

bool wire_name_is (const char *endpoint)
{
    char host[WIRE_ENDPOINT_MAX];
    char port[8];
    struct in_addr address;
    assert (endpoint);
    return split (endpoint, host, port) && host[0] != '[' && inet_pton (AF_INET, host, &address) != 1;
}

static wire_name_t *name_new (zsock_t *socket, const char *endpoint, bool *touched)
{
    wire_name_t *self = (wire_name_t *) calloc (1, sizeof *self);
    assert (socket && touched && wire_name_is (endpoint));
    if (!self)
        return NULL;
    self->socket = socket;
    self->touched = touched;
    (void) split (endpoint, self->host, self->port);
    return self;
}

/*  Only when neither the timer nor a look-up will come back to it. */
static void free_when_idle (wire_name_t *self)
{
    if (self->closing && self->timer_closed && !self->asking)
        free (self);
}

/*  The first address, or the one it has when that is still among them. */
static bool choose (const wire_name_t *self, const struct addrinfo *list, char at[WIRE_ENDPOINT_MAX])
{
    bool found = false;
    for (const struct addrinfo *info = list; info; info = info->ai_next) {
        char text[INET_ADDRSTRLEN];
        char endpoint[WIRE_ENDPOINT_MAX];
        if (info->ai_family != AF_INET ||
            uv_ip4_name ((const struct sockaddr_in *) (const void *) info->ai_addr, text, sizeof text) != 0)
            continue;
        (void) snprintf (endpoint, sizeof endpoint, TCP "%s:%s", text, self->port);
        if (!found || strcmp (endpoint, self->at) == 0)
            (void) snprintf (at, WIRE_ENDPOINT_MAX, "%s", endpoint);
        found = true;
    }
    return found;
}

static void move (wire_name_t *self, const char *at)
{
    if (strcmp (self->at, at) == 0)
        return;
    log_event (LOG_LEVEL_DEBUG, "wire", "name_moved", "%s is at %s", self->host, at);
    if (*self->at)
        (void) zsock_disconnect (self->socket, "%s", self->at);
    (void) zsock_connect (self->socket, "%s", at);
    (void) snprintf (self->at, sizeof self->at, "%s", at);
    *self->touched = true;
}

static void on_due (uv_timer_t *timer);

static void on_looked_up (uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    wire_name_t *self = (wire_name_t *) request->data;
    char at[WIRE_ENDPOINT_MAX];
    self->asking = false;
    if (!self->closing && status == 0 && choose (self, list, at))
        move (self, at);
    uv_freeaddrinfo (list);
    if (!self->closing)
        (void) uv_timer_start (&self->timer, on_due, *self->at ? WIRE_NAME_EVERY_MS : WIRE_NAME_RETRY_MS, 0);
    free_when_idle (self);
}

static void on_due (uv_timer_t *timer)
{
    wire_name_t *self = (wire_name_t *) timer->data;
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    assert (!self->asking && !self->closing);
    self->asking = uv_getaddrinfo (timer->loop, &self->request, on_looked_up, self->host, NULL, &hints) == 0;
    if (!self->asking)
        (void) uv_timer_start (&self->timer, on_due, WIRE_NAME_EVERY_MS, 0);
}

static void name_watch (wire_name_t *self, uv_loop_t *loop)
{
    assert (self && loop && !self->watched);
    self->watched = true;
    self->timer.data = self->request.data = self;
    (void) uv_timer_init (loop, &self->timer);
    (void) uv_timer_start (&self->timer, on_due, 0, 0);
}

static void on_closed (uv_handle_t *handle)
{
    wire_name_t *self = (wire_name_t *) handle->data;
    self->timer_closed = true;
    free_when_idle (self);
}

static void name_close (wire_name_t *self)
{
    self->closing = true;
    if (self->watched) {
        if (self->asking)
            (void) uv_cancel ((uv_req_t *) &self->request); /*  on_looked_up comes in any case */
        uv_close ((uv_handle_t *) &self->timer, on_closed);
    } else
        free (self);
}

int wire_names_connect (wire_names_t *self, zsock_t *socket, const char *endpoint, problem_t *problem)
{
    assert (self && socket && endpoint);
    if (!self->looks_up || !wire_name_is (endpoint))
        return wire_socket_attach (socket, endpoint, false, problem);
    assert (self->count < WIRE_NAMES_MAX);
    self->list[self->count] = name_new (socket, endpoint, self->touched);
    if (!self->list[self->count])
        return problem_set (problem, ERR_MEMORY, endpoint, "no memory for its name");
    self->count++;
    return 0;
}

void wire_names_watch (wire_names_t *self, uv_loop_t *loop)
{
    assert (self && loop);
    for (size_t n = 0; n < self->count; n++)
        name_watch (self->list[n], loop);
}

void wire_names_close (wire_names_t *self)
{
    assert (self);
    while (self->count > 0)
        name_close (self->list[--self->count]);
}
