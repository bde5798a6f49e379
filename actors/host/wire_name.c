/*  wire_name.c: a timer, a look-up, and a socket that moves when the answer does, or when nobody answers.
 *
 *  | when | then |
 *  |---|---|
 *  | every 2 s | all places are looked up, one after the other; where one fails, what was found before stays |
 *  | the place it is at was not found any more | to the first one that was |
 *  | several were found, and the link has heard nobody for a second (after a life that was heard: for 3 beats) | to the next |
 */
#include "actors/host/wire_name.h"

#include "actors/host/clock.h"
#include "actors/host/log.h"
#include "actors/host/wire.h"
#include "actors/host/wire_socket.h"
#include "messages/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TCP "tcp://"
#define PLACES_MAX 8
#define FOUND_MAX 16
#define TICK_MS 100
#define MS_NS INT64_C (1000000)

typedef struct {
    char host[WIRE_ENDPOINT_MAX];
    char port[8];
} place_t;

typedef struct {
    char list[FOUND_MAX][WIRE_ENDPOINT_MAX];
    size_t count;
} found_t;

struct wire_name {
    uv_timer_t timer;
    uv_getaddrinfo_t request;
    zsock_t *socket;
    link_t *link;
    bool *touched;
    place_t places[PLACES_MAX];
    size_t places_count;
    size_t place; /*  being looked up */
    found_t fresh;
    bool failed; /*  a look-up of this round */
    found_t found;
    char at[WIRE_ENDPOINT_MAX]; /*  the endpoint it is connected to; "" = none yet */
    int64_t moved_ns;
    uint64_t look_at_ms; /*  uv_now */
    bool watched;
    bool asking;
    bool closing;
    bool timer_closed;
};

/*  "tcp://host:port" of so many bytes into its parts. */
static bool split (const char *endpoint, size_t size, place_t *place)
{
    char text[WIRE_ENDPOINT_MAX];
    if (size >= sizeof text)
        return false;
    (void) snprintf (text, sizeof text, "%.*s", (int) size, endpoint);
    const char *colon = strrchr (text, ':');
    if (strncmp (text, TCP, strlen (TCP)) != 0 || !colon || colon <= text + strlen (TCP))
        return false;
    (void) snprintf (place->host, sizeof place->host, "%.*s", (int) (colon - text - (ptrdiff_t) strlen (TCP)),
        text + strlen (TCP));
    return snprintf (place->port, sizeof place->port, "%s", colon + 1) < (int) sizeof place->port;
}

static bool is_name (const place_t *place)
{
    struct in_addr address;
    return place->host[0] != '[' && inet_pton (AF_INET, place->host, &address) != 1;
}

bool wire_name_is (const char *endpoint)
{
    place_t place;
    assert (endpoint);
    return strchr (endpoint, ',') || (split (endpoint, strlen (endpoint), &place) && is_name (&place));
}

static wire_name_t *name_new (zsock_t *socket, const char *endpoint, link_t *link, bool *touched)
{
    wire_name_t *self = (wire_name_t *) calloc (1, sizeof *self);
    assert (socket && touched && wire_name_is (endpoint));
    if (!self)
        return NULL;
    self->socket = socket;
    self->link = link;
    self->touched = touched;
    for (const char *at = endpoint; *at && self->places_count < PLACES_MAX; at += strspn (at, ",")) {
        size_t size = strcspn (at, ",");
        self->places_count += split (at, size, &self->places[self->places_count]);
        at += size;
    }
    return self;
}

/*  Only when neither the timer nor a look-up will come back to it. */
static void free_when_idle (wire_name_t *self)
{
    if (self->closing && self->timer_closed && !self->asking)
        free (self);
}

/*  ---- where it is connected to ---- */

static size_t position (const found_t *found, const char *endpoint)
{
    size_t n = 0;
    while (n < found->count && strcmp (found->list[n], endpoint) != 0)
        n++;
    return n;
}

static void move (wire_name_t *self, const char *to)
{
    int64_t now_ns = clock_now_ns ();
    log_event (LOG_LEVEL_DEBUG, "wire", "name_moved", "%s%s is tried at %s", self->places[0].host,
        self->places_count > 1 ? ", …" : "", to);
    if (*self->at)
        (void) zsock_disconnect (self->socket, "%s", self->at);
    (void) zsock_connect (self->socket, "%s", to);
    TEXT_SET (self->at, to);
    self->moved_ns = now_ns;
    if (self->link)
        link_hello (self->link, now_ns);
    *self->touched = true;
}

static bool is_in_vain (const wire_name_t *self)
{
    return self->link && self->found.count > 1 && !link_alive (self->link) &&
           clock_now_ns () - self->moved_ns >= WIRE_NAME_PATIENCE_MS * MS_NS;
}

static void on_due (uv_timer_t *timer);

static void arm (wire_name_t *self)
{
    uint64_t now_ms = uv_now (self->timer.loop);
    uint64_t wait_ms = self->look_at_ms > now_ms ? self->look_at_ms - now_ms : 0;
    if (self->asking)
        wait_ms = WIRE_NAME_EVERY_MS; /*  its answer arms it anew */
    if (self->link && self->found.count > 1 && wait_ms > TICK_MS)
        wait_ms = TICK_MS;
    (void) uv_timer_start (&self->timer, on_due, wait_ms, 0);
}

/*  ---- look-ups ---- */

static void note (wire_name_t *self, const char *host, const char *port)
{
    char endpoint[WIRE_ENDPOINT_MAX + 16];
    (void) snprintf (endpoint, sizeof endpoint, TCP "%s:%s", host, port);
    if (self->fresh.count < FOUND_MAX && strlen (endpoint) < WIRE_ENDPOINT_MAX &&
        position (&self->fresh, endpoint) == self->fresh.count)
        (void) snprintf (self->fresh.list[self->fresh.count++], WIRE_ENDPOINT_MAX, "%.*s",
            WIRE_ENDPOINT_MAX - 1, endpoint);
}

static void adopt (wire_name_t *self)
{
    if (self->fresh.count > 0 && !(self->failed && self->found.count > 0))
        self->found = self->fresh;
    if (self->found.count > 0 && position (&self->found, self->at) == self->found.count)
        move (self, self->found.list[0]);
    self->look_at_ms =
        uv_now (self->timer.loop) + (*self->at ? WIRE_NAME_EVERY_MS : (uint64_t) WIRE_NAME_RETRY_MS);
    arm (self);
}

static void on_looked_up (uv_getaddrinfo_t *request, int status, struct addrinfo *list);

/*  From self->place on. */
static void look_up (wire_name_t *self)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    for (; self->place < self->places_count; self->place++) {
        const place_t *place = &self->places[self->place];
        if (!is_name (place)) {
            note (self, place->host, place->port);
            continue;
        }
        self->asking =
            uv_getaddrinfo (self->timer.loop, &self->request, on_looked_up, place->host, NULL, &hints) == 0;
        if (self->asking)
            return;
        self->failed = true;
    }
    adopt (self);
}

static void on_looked_up (uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    wire_name_t *self = (wire_name_t *) request->data;
    self->asking = false;
    for (const struct addrinfo *info = list; info && status == 0; info = info->ai_next) {
        char text[INET_ADDRSTRLEN];
        if (info->ai_family == AF_INET &&
            uv_ip4_name ((const struct sockaddr_in *) (const void *) info->ai_addr, text, sizeof text) == 0)
            note (self, text, self->places[self->place].port);
    }
    uv_freeaddrinfo (list);
    if (!self->closing) {
        self->failed = self->failed || status != 0;
        self->place++;
        look_up (self);
    }
    free_when_idle (self);
}

static void on_due (uv_timer_t *timer)
{
    wire_name_t *self = (wire_name_t *) timer->data;
    assert (!self->closing);
    if (is_in_vain (self)) {
        size_t next = position (&self->found, self->at) + 1;
        move (self, self->found.list[next < self->found.count ? next : 0]);
    }
    if (!self->asking && uv_now (timer->loop) >= self->look_at_ms) {
        self->place = 0;
        self->fresh.count = 0;
        self->failed = false;
        look_up (self);
    }
    arm (self);
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

int wire_names_connect (
    wire_names_t *self, zsock_t *socket, const char *endpoint, link_t *link, problem_t *problem)
{
    assert (self && socket && endpoint);
    if (!self->looks_up || !wire_name_is (endpoint))
        return wire_socket_attach (socket, endpoint, false, problem);
    assert (self->count < WIRE_NAMES_MAX);
    self->list[self->count] = name_new (socket, endpoint, link, self->touched);
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
