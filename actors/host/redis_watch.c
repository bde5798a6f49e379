/*  redis_watch.c: why it exists: hiredis' own adapter leaks when it cannot watch, and hiredis' callbacks must not free
 *  what called them. Everything is told after hiredis has returned.
 */
#include "actors/host/redis_watch.h"

#include "actors/host/redis_loop.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WHY_MAX 160

#if HIREDIS_MAJOR >= 1
typedef size_t elements_t;
#else
typedef int elements_t;
#endif

struct redis_watch {
    redisAsyncContext *redis; /*  hiredis', NULL = it has let it go */
    struct ssl_st *ssl;       /*  of it; NULL = no TLS */
    redis_watch_events_t events;
    uv_poll_t poll;
    int wanted; /*  UV_READABLE, UV_WRITABLE */
    uint64_t heard_ms;
    bool dead;      /*  nobody is told any more */
    bool connected; /*  hiredis says so; `open` is due */
    bool opened;
    bool oversized;
    redisReplyObjectFunctions functions; /*  hiredis' own, behind our bounds */
    redisReplyObjectFunctions *given;
    size_t elements; /*  of the reply being read */
    size_t bytes;
    char why[WHY_MAX];
};

/*  ---- bounds ---- */

/*  The outermost object begins a reply. */
static bool fits (const redisReadTask *task, size_t elements, size_t bytes)
{
    redis_watch_t *self = task->privdata;
    if (!task->parent)
        self->elements = self->bytes = 0;
    self->elements += elements;
    self->bytes += bytes;
    bool good = elements <= REDIS_LOOP_ELEMENTS_MAX && self->elements <= 2 * REDIS_LOOP_ELEMENTS_MAX &&
                self->bytes <= REDIS_LOOP_BYTES_MAX;
    self->oversized = self->oversized || !good;
    return good;
}

static void *create_array (const redisReadTask *task, elements_t elements)
{
    const redis_watch_t *self = task->privdata;
    return fits (task, (size_t) elements, 0) ? self->given->createArray (task, elements) : NULL;
}

static void *create_string (const redisReadTask *task, char *text, size_t size)
{
    const redis_watch_t *self = task->privdata;
    return fits (task, 0, size) ? self->given->createString (task, text, size) : NULL;
}

static void set_bounds (redis_watch_t *self, redisReader *reader)
{
    self->given = reader->fn;
    self->functions = *reader->fn;
    self->functions.createArray = create_array;
    self->functions.createString = create_string;
    reader->fn = &self->functions;
    reader->privdata = self;
}

/*  ---- hiredis tells what it waits for ---- */

static void on_poll (uv_poll_t *poll, int status, int events);

static void want (redis_watch_t *self, int wanted)
{
    if (self->wanted == wanted)
        return;
    self->wanted = wanted;
    int result = wanted ? uv_poll_start (&self->poll, wanted, on_poll) : uv_poll_stop (&self->poll);
    assert (result == 0);
    (void) result;
}

static void add_read (void *context)
{
    redis_watch_t *self = context;
    want (self, self->wanted | UV_READABLE);
}

static void del_read (void *context)
{
    redis_watch_t *self = context;
    want (self, self->wanted & ~UV_READABLE);
}

static void add_write (void *context)
{
    redis_watch_t *self = context;
    want (self, self->wanted | UV_WRITABLE);
}

static void del_write (void *context)
{
    redis_watch_t *self = context;
    want (self, self->wanted & ~UV_WRITABLE);
}

static void on_closed (uv_handle_t *handle)
{
    free (handle->data);
}

/*  Why it ended, as far as anybody knows. */
static void note_why (redis_watch_t *self)
{
    const char *fault = self->ssl ? redis_tls_fault (self->ssl) : NULL;
    if (fault)
        (void) snprintf (self->why, sizeof self->why, "its certificate: %.100s", fault);
    else if (!*self->why)
        (void) snprintf (self->why, sizeof self->why, "%.100s",
            self->oversized    ? "it sends more than it is asked for"
            : self->redis->err ? self->redis->errstr
                               : "the connection ended");
}

/*  The context is about to be freed. */
static void cleanup (void *context)
{
    redis_watch_t *self = context;
    if (self->redis)
        note_why (self);
    self->redis = NULL;
    (void) uv_poll_stop (&self->poll);
    uv_close ((uv_handle_t *) &self->poll, on_closed);
}

static void on_connected (const redisAsyncContext *redis, int status)
{
    redis_watch_t *self = redis->data;
    if (status == REDIS_OK)
        self->connected = true;
    else
        (void) snprintf (self->why, sizeof self->why, "%.100s", redis->err ? redis->errstr : "refused");
}

static void tell (redis_watch_t *self)
{
    if (self->dead)
        return;
    if (!self->redis) {
        self->dead = true;
        self->events.broken (self->events.context, self->why);
    } else if (self->connected && !self->opened) {
        self->opened = true;
        self->events.open (self->events.context);
    } else if (self->redis->c.reader->len - self->redis->c.reader->pos > REDIS_LOOP_BYTES_MAX) {
        self->dead = true;
        self->events.broken (self->events.context, "it sends more than it is asked for");
    }
}

static void on_poll (uv_poll_t *poll, int status, int events)
{
    redis_watch_t *self = poll->data;
    /*  an error of the socket: reading finds out which one */
    bool read = status < 0 || (events & UV_READABLE);
    if (self->redis && read) {
        self->heard_ms = uv_now (poll->loop);
        redisAsyncHandleRead (self->redis);
    }
    if (self->redis && (status < 0 || (events & UV_WRITABLE)))
        redisAsyncHandleWrite (self->redis);
    tell (self);
}

/*  ---- its life ---- */

static redisAsyncContext *dial (const char *address, uint16_t port, char *why, size_t size)
{
    redisAsyncContext *redis = port > 0 ? redisAsyncConnect (address, port) : redisAsyncConnectUnix (address);
    if (redis && !redis->err)
        return redis;
    (void) snprintf (why, size, "%.100s", redis && *redis->errstr ? redis->errstr : "no memory");
    if (redis)
        redisAsyncFree (redis);
    return NULL;
}

static void attach (redis_watch_t *self, redisAsyncContext *redis)
{
    redis->data = self;
    redis->ev.data = self;
    redis->ev.addRead = add_read;
    redis->ev.delRead = del_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = del_write;
    redis->ev.cleanup = cleanup;
    set_bounds (self, redis->c.reader);
    (void) redisAsyncSetConnectCallback (redis, on_connected);
}

redis_watch_t *redis_watch_new (uv_loop_t *loop, const char *address, uint16_t port, redis_tls_t *tls,
    const char *name, const redis_watch_events_t *events, char *why, size_t size)
{
    assert (loop && address && name && events && events->open && events->broken && why);
    redis_watch_t *self = calloc (1, sizeof *self);
    redisAsyncContext *redis = self ? dial (address, port, why, size) : NULL;
    if (redis && tls)
        self->ssl = redis_tls_begin (tls, redis, name, why, size);
    bool good = redis && (!tls || self->ssl);
    if (!good || uv_poll_init (loop, &self->poll, redis->c.fd) != 0) {
        if (!self || good)
            (void) snprintf (why, size, "no memory or no descriptor");
        if (redis)
            redisAsyncFree (redis);
        free (self);
        return NULL;
    }
    self->redis = redis;
    self->events = *events;
    self->poll.data = self;
    uv_unref ((uv_handle_t *) &self->poll);
    self->heard_ms = uv_now (loop);
    attach (self, redis);
    return self;
}

void redis_watch_destroy (redis_watch_t **self_p)
{
    assert (self_p);
    redis_watch_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    self->dead = true;
    if (self->redis)
        redisAsyncFree (self->redis); /*  cleanup () closes the handle, its end frees us */
}

redisAsyncContext *redis_watch_context (redis_watch_t *self)
{
    assert (self && self->redis);
    return self->redis;
}

bool redis_watch_waits (const redis_watch_t *self)
{
    assert (self);
    return self->redis && self->redis->replies.head != NULL;
}

uint64_t redis_watch_heard_ms (const redis_watch_t *self)
{
    assert (self);
    return self->heard_ms;
}
