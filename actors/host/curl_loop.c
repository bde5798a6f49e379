/*  curl_loop.c: why it exists: libcurl says which sockets and which timer it waits for, libuv waits. */
#include "actors/host/curl_loop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define TURN_NS UINT64_C (2000000) /*  for answers, of a turn of the loop */

struct curl_loop {
    uv_loop_t *loop; /*  borrowed */
    CURLM *multi;
    uv_timer_t timer;
    uv_prepare_t prepare;
    uint64_t turn_ns; /*  when the first of this turn's sockets was looked at; 0 = none yet */
    curl_loop_ready_fn *ready;
    void *context;
    size_t handles; /*  libuv handles not closed yet: the last one frees the struct */
    bool closing;
};

/*  One socket curl waits for. */
typedef struct {
    uv_poll_t poll;
    curl_socket_t socket;
    curl_loop_t *owner;
} watch_t;

static void loop_release (curl_loop_t *self)
{
    assert (self->handles > 0);
    if (--self->handles == 0 && self->closing)
        free (self);
}

static void loop_ready (curl_loop_t *self)
{
    if (self->ready && !self->closing)
        self->ready (self->context);
}

static void on_prepare (uv_prepare_t *prepare)
{
    curl_loop_t *self = prepare->data;
    self->turn_ns = 0;
}

/*  Answers that everybody waits for in the background must not keep a trade waiting: what is left of a turn's is read in the
 *  next one, after the actor's messages; its sockets are still readable then. */
static bool turn_is_over (curl_loop_t *self)
{
    uint64_t now_ns = uv_hrtime ();
    if (self->turn_ns == 0)
        self->turn_ns = now_ns;
    return now_ns - self->turn_ns > TURN_NS;
}

static void on_poll (uv_poll_t *poll, int status, int events)
{
    watch_t *watch = poll->data;
    curl_loop_t *self = watch->owner;
    if (status == 0 && turn_is_over (self))
        return;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    int running = 0;
    /*  its result is about the multi handle only; every transfer's own comes through info_read */
    (void) curl_multi_socket_action (self->multi, watch->socket, flags, &running);
    loop_ready (self);
}

static void on_timer (uv_timer_t *timer)
{
    curl_loop_t *self = timer->data;
    int running = 0;
    (void) curl_multi_socket_action (self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    loop_ready (self);
}

static void on_watch_closed (uv_handle_t *handle)
{
    watch_t *watch = handle->data;
    curl_loop_t *self = watch->owner;
    free (watch);
    loop_release (self);
}

static void on_own_closed (uv_handle_t *handle)
{
    loop_release (handle->data);
}

static watch_t *watch_new (curl_loop_t *self, curl_socket_t socket)
{
    watch_t *watch = calloc (1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->owner = self;
    watch->socket = socket;
    if (uv_poll_init_socket (self->loop, &watch->poll, socket) != 0) {
        free (watch);
        return NULL;
    }
    watch->poll.data = watch;
    self->handles++;
    return watch;
}

/*  CURLMOPT_SOCKETFUNCTION. -1 makes curl give the whole multi handle up: only when out of memory or descriptors. */
static int on_socket (CURL *easy, curl_socket_t socket, int what, void *context, void *assigned)
{
    curl_loop_t *self = context;
    watch_t *watch = assigned;
    (void) easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            uv_poll_stop (&watch->poll);
            uv_close ((uv_handle_t *) &watch->poll, on_watch_closed);
            (void) curl_multi_assign (self->multi, socket, NULL);
        }
        return 0;
    }
    if (!watch) {
        watch = watch_new (self, socket);
        if (!watch)
            return -1;
        (void) curl_multi_assign (self->multi, socket, watch);
    }
    int events = what & CURL_POLL_IN ? UV_READABLE : 0;
    events |= what & CURL_POLL_OUT ? UV_WRITABLE : 0;
    return uv_poll_start (&watch->poll, events, on_poll) == 0 ? 0 : -1;
}

/*  CURLMOPT_TIMERFUNCTION: 0 means at once, but never from here: curl is not re-entrant. */
static int on_timeout (CURLM *multi, long timeout_ms, void *context)
{
    curl_loop_t *self = context;
    (void) multi;
    if (self->closing || timeout_ms < 0)
        return uv_timer_stop (&self->timer) == 0 ? 0 : -1;
    return uv_timer_start (&self->timer, on_timer, (uint64_t) timeout_ms, 0) == 0 ? 0 : -1;
}

curl_loop_t *curl_loop_new (uv_loop_t *loop, problem_t *problem)
{
    assert (loop);
    curl_loop_t *self = calloc (1, sizeof *self);
    if (!self || curl_global_init (CURL_GLOBAL_ALL) != CURLE_OK || !(self->multi = curl_multi_init ())) {
        (void) problem_set (problem, ERR_MEMORY, "libcurl", "could not be initialised");
        free (self);
        return NULL;
    }
    self->loop = loop;
    self->handles = 2;
    (void) uv_timer_init (loop, &self->timer);
    (void) uv_prepare_init (loop, &self->prepare);
    self->timer.data = self->prepare.data = self;
    (void) uv_prepare_start (&self->prepare, on_prepare);
    uv_unref ((uv_handle_t *) &self->prepare); /*  keeps no loop alive that has nothing else to do */
    curl_multi_setopt (self->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt (self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt (self->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt (self->multi, CURLMOPT_TIMERDATA, self);
    return self;
}

void curl_loop_destroy (curl_loop_t **self_p)
{
    assert (self_p);
    curl_loop_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    self->closing = true;
    (void) curl_multi_cleanup (self->multi); /*  closes its connections: on_socket closes their watches */
    (void) uv_timer_stop (&self->timer);
    uv_close ((uv_handle_t *) &self->timer, on_own_closed);
    uv_close ((uv_handle_t *) &self->prepare, on_own_closed);
}

CURLM *curl_loop_multi (curl_loop_t *self)
{
    assert (self);
    return self->multi;
}

void curl_loop_set_ready (curl_loop_t *self, curl_loop_ready_fn *ready, void *context)
{
    assert (self);
    self->ready = ready;
    self->context = context;
}
