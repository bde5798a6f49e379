/*  curve_porter.c: the thread that answers ZAP, which is one a process, for all actors in it.
 *
 *  zauth is not it: it has one list for every socket, and hands the caller no key to ask about a message later.
 *  Refusals are answered with 300: after a 400 libzmq's client never tries again, and a certificate may yet come.
 */
#include "actors/host/clock.h"
#include "actors/host/curve_parts.h"

#include <assert.h>
#include <string.h>

#define CURVES_MAX 80 /*  actors of a process */
#define WATCHES_MAX 16
#define LOOK_NS (INT64_C (1000000) * CURVE_LOOK_MS)
#define KEY_BYTES 32
#define ZAP "inproc://zeromq.zap.01"

typedef struct {
    curve_t *curve;
    curve_door_t door;
    zsock_t *pair;
} watch_t;

/*  The thread's own. */
typedef struct {
    zsock_t *zap;
    watch_t watches[WATCHES_MAX];
    size_t watches_count;
    bool stopped;
} porter_t;

static uv_once_t s_once = UV_ONCE_INIT;
static uv_mutex_t s_life;  /*  the thread's, and its pipe's: whoever starts, stops or commands it */
static uv_mutex_t s_names; /*  the list below, which the thread reads */
static curve_t *s_curves[CURVES_MAX];
static size_t s_count;
static zactor_t *s_thread;

static void make_locks (void)
{
    int rc = uv_mutex_init (&s_life);
    assert (rc == 0);
    rc = uv_mutex_init (&s_names);
    assert (rc == 0);
    (void) rc;
}

/*  ---- the thread ---- */

static bool accepts (const char *domain, const char *address, const char *key)
{
    bool good = false;
    uv_mutex_lock (&s_names);
    for (size_t n = 0; n < s_count && !good; n++)
        good = curve_accepts (s_curves[n], domain, key, address);
    uv_mutex_unlock (&s_names);
    return good;
}

/*  version, request, domain, address, identity (of the socket, not of the peer), mechanism, key */
static void answer (zsock_t *zap)
{
    char text[CERTIFICATE_TEXT] = "";
    zmsg_t *question = zmsg_recv (zap);
    if (!question)
        return;
    char *version = zmsg_popstr (question);
    char *request = zmsg_popstr (question);
    char *domain = zmsg_popstr (question);
    char *address = zmsg_popstr (question);
    char *identity = zmsg_popstr (question);
    char *mechanism = zmsg_popstr (question);
    zframe_t *key = zmsg_pop (question);
    bool good = key && streq (version, "1.0") && streq (mechanism, "CURVE") &&
                zframe_size (key) == KEY_BYTES && zmq_z85_encode (text, zframe_data (key), KEY_BYTES) &&
                accepts (domain, address, text);
    (void) zstr_sendx (zap, "1.0", request ? request : "", good ? "200" : "300", good ? "OK" : "Refused",
        good ? text : "", "", NULL);
    zstr_free (&version);
    zstr_free (&request);
    zstr_free (&domain);
    zstr_free (&address);
    zstr_free (&identity);
    zstr_free (&mechanism);
    zframe_destroy (&key);
    zmsg_destroy (&question);
}

static void count (const watch_t *watch)
{
    uint8_t bytes[6] = {0}; /*  event (2), value (4), in the machine's order */
    uint16_t event;
    uint32_t value;
    char address[256];
    void *pair = zsock_resolve (watch->pair);
    while (zmq_recv (pair, bytes, sizeof bytes, ZMQ_DONTWAIT) == (int) sizeof bytes) {
        (void) zmq_recv (pair, address, sizeof address, ZMQ_DONTWAIT);
        memcpy (&event, bytes, sizeof event);
        memcpy (&value, bytes + sizeof event, sizeof value);
        if (event != ZMQ_EVENT_MONITOR_STOPPED)
            curve_event (watch->curve, watch->door, event, value);
    }
}

static void add_watch (porter_t *self, curve_t *curve, curve_door_t door, const char *endpoint)
{
    watch_t *made = &self->watches[self->watches_count];
    zsock_t *pair = self->watches_count < WATCHES_MAX ? zsock_new (ZMQ_PAIR) : NULL;
    if (!pair)
        return;
    zsock_set_rcvhwm (pair, 0); /*  a full one would stop libzmq's I/O thread */
    *made = (watch_t){.curve = curve, .door = door, .pair = pair};
    self->watches_count++;
    (void) zsock_connect (pair, "%s", endpoint);
}

static void remove_watch (porter_t *self, const curve_t *curve, curve_door_t door)
{
    for (size_t n = 0; n < self->watches_count; n++) {
        watch_t *one = &self->watches[n];
        if (one->curve != curve || one->door != door)
            continue;
        count (one);
        zsock_destroy (&one->pair);
        *one = self->watches[--self->watches_count];
        return;
    }
}

static void obey (porter_t *self, zsock_t *pipe)
{
    char *word = NULL;
    char *endpoint = NULL;
    void *curve = NULL;
    int door = 0;
    if (zsock_recv (pipe, "spis", &word, &curve, &door, &endpoint) != 0 || streq (word, "$TERM"))
        self->stopped = true;
    else if (streq (word, "WATCH"))
        add_watch (self, curve, (curve_door_t) door, endpoint);
    else
        remove_watch (self, curve, (curve_door_t) door);
    zstr_free (&word);
    zstr_free (&endpoint);
    if (!self->stopped)
        (void) zsock_signal (pipe, 0);
}

static void look (void)
{
    uv_mutex_lock (&s_names);
    for (size_t n = 0; n < s_count; n++)
        curve_look (s_curves[n]);
    uv_mutex_unlock (&s_names);
}

static void wait_for (porter_t *self, zsock_t *pipe, int64_t until_ns)
{
    zmq_pollitem_t items[2 + WATCHES_MAX] = {{.socket = zsock_resolve (pipe), .events = ZMQ_POLLIN},
        {.socket = zsock_resolve (self->zap), .events = ZMQ_POLLIN}};
    size_t watches = self->watches_count;
    int64_t left_ns = until_ns - clock_now_ns ();
    for (size_t n = 0; n < watches; n++)
        items[2 + n] =
            (zmq_pollitem_t){.socket = zsock_resolve (self->watches[n].pair), .events = ZMQ_POLLIN};
    if (zmq_poll (items, (int) (2 + watches), left_ns > 0 ? (long) (left_ns / 1000000 + 1) : 0) <= 0)
        return;
    for (size_t n = 0; n < watches; n++)
        if (items[2 + n].revents)
            count (&self->watches[n]);
    if (items[1].revents)
        answer (self->zap);
    if (items[0].revents)
        obey (self, pipe);
}

static void run (zsock_t *pipe, void *argument)
{
    porter_t self = {.zap = zsock_new (ZMQ_REP)};
    (void) argument;
    int rc = self.zap ? zsock_bind (self.zap, ZAP) : -1;
    assert (rc >= 0); /*  nobody else answers ZAP in this process */
    (void) rc;
    (void) zsock_signal (pipe, 0);
    int64_t next_ns = clock_now_ns () + LOOK_NS;
    while (!self.stopped) {
        wait_for (&self, pipe, next_ns);
        if (clock_now_ns () < next_ns)
            continue;
        next_ns = clock_now_ns () + LOOK_NS;
        look ();
    }
    while (self.watches_count > 0)
        zsock_destroy (&self.watches[--self.watches_count].pair);
    (void) zsock_unbind (self.zap, ZAP); /*  now: the next porter needs it, and closing takes a moment */
    zsock_destroy (&self.zap);
}

/*  ---- its masters ---- */

int porter_add (curve_t *self, problem_t *problem)
{
    int rc = 0;
    uv_once (&s_once, make_locks);
    uv_mutex_lock (&s_life);
    if (s_count < CURVES_MAX && !s_thread)
        s_thread = zactor_new (run, NULL);
    if (s_count == CURVES_MAX || !s_thread)
        rc = problem_set (problem, ERR_MEMORY, self->actor, "no thread for who comes in");
    uv_mutex_lock (&s_names);
    if (rc == 0)
        s_curves[s_count++] = self;
    uv_mutex_unlock (&s_names);
    uv_mutex_unlock (&s_life);
    return rc;
}

void porter_forget (curve_t *self)
{
    uv_once (&s_once, make_locks);
    uv_mutex_lock (&s_life);
    uv_mutex_lock (&s_names);
    for (size_t n = 0; n < s_count; n++)
        if (s_curves[n] == self) {
            s_curves[n] = s_curves[--s_count];
            break;
        }
    bool last = s_count == 0;
    uv_mutex_unlock (&s_names);
    if (last)
        zactor_destroy (&s_thread);
    uv_mutex_unlock (&s_life);
}

static void command (const char *word, curve_t *self, curve_door_t door, const char *endpoint)
{
    uv_mutex_lock (&s_life);
    if (zsock_send (s_thread, "spis", word, self, (int) door, endpoint) == 0)
        (void) zsock_wait (s_thread);
    uv_mutex_unlock (&s_life);
}

void porter_watch (curve_t *self, curve_door_t door, const char *endpoint)
{
    command ("WATCH", self, door, endpoint);
}

void porter_unwatch (curve_t *self, curve_door_t door)
{
    command ("FORGET", self, door, "");
}
