/*  redis_loop.c: why it exists: hiredis says what it waits for, libuv waits; and hiredis never gives up by itself.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | waiting | the pause is over | getaddrinfo in libuv's threads (not for addresses and sockets) | resolving |
 *  | resolving | addresses | connects to the next one | connecting |
 *  | connecting | connected | AUTH, SELECT, PING | signing in |
 *  | signing in | PONG | connected () | up |
 *  | up | 5 s of silence | PING | up |
 *  | any | an error, or no answer for 2 s | lost (), a longer pause | waiting |
 */
#include "actors/host/redis_loop.h"

#include "actors/host/redis_watch.h"
#include "storage/redis_url.h"
#include "messages/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 250
#define PATIENCE_MS ((uint64_t) (REDIS_LOOP_PATIENCE_NS / 1000000))
#define SILENCE_MS 5000
#define PAUSE_MS 100
#define PAUSE_MAX_MS 5000
#define WHY_MAX 160

typedef enum { WAITING, RESOLVING, CONNECTING, SIGNING_IN, UP } phase_t;

struct redis_loop {
    uv_loop_t *loop; /*  borrowed */
    redis_loop_events_t events;
    redis_url_t *url;     /*  locked memory */
    redis_tls_t *tls;     /*  NULL: redis:// */
    redis_watch_t *watch; /*  the connection under way, NULL = none */
    phase_t phase;
    uv_timer_t tick;
    uv_getaddrinfo_t lookup;
    struct addrinfo *found;      /*  owned */
    const struct addrinfo *next; /*  the next address to try */
    uint64_t wait_until_ms;      /*  uv_now */
    uint64_t since_ms;           /*  begin of what is waited for, or the last sign of life */
    unsigned failures;           /*  in a row */
    unsigned open;               /*  handle and request not ended yet: the last one frees the struct */
    bool closing;
};

/*  ---- ends ---- */

static void release (redis_loop_t *self)
{
    assert (self->open > 0);
    if (--self->open > 0 || !self->closing)
        return;
    uv_freeaddrinfo (self->found);
    sodium_free (self->url); /*  wipes it */
    redis_tls_destroy (&self->tls);
    free (self);
}

static uint64_t pause_ms (unsigned failures)
{
    uint32_t most = PAUSE_MS;
    for (unsigned i = 1; i < failures && most < PAUSE_MAX_MS; i++)
        most *= 2;
    return randombytes_uniform (most < PAUSE_MAX_MS ? most : PAUSE_MAX_MS) + 1;
}

/*  Another address of the same name is tried at once; a new look-up comes after the pause. */
static void fail (redis_loop_t *self, const char *why)
{
    char text[WHY_MAX];
    bool at_once = self->phase == CONNECTING && self->next;
    TEXT_SET (text, why); /*  it may be the connection's */
    redis_watch_destroy (&self->watch);
    if (!at_once)
        self->failures++;
    self->phase = WAITING;
    self->wait_until_ms = at_once ? 0 : uv_now (self->loop) + pause_ms (self->failures);
    if (!at_once)
        self->events.lost (self->events.context, text);
}

void redis_loop_drop (redis_loop_t *self, const char *why)
{
    assert (self && why);
    if (self->watch)
        fail (self, why);
}

static void on_broken (void *context, const char *why)
{
    fail ((redis_loop_t *) context, why);
}

/*  ---- signing in ---- */

/*  Only the error's code: the rest of the text may repeat our password. */
static void refuse (redis_loop_t *self, const char *command, const redisReply *reply)
{
    char why[WHY_MAX];
    size_t size = 0;
    while (reply->type == REDIS_REPLY_ERROR && size < reply->len && size < 24 && reply->str[size] >= 'A' &&
           reply->str[size] <= 'Z')
        size++;
    (void) snprintf (why, sizeof why, "%s is answered with %.*s", command, size > 0 ? (int) size : 14,
        size > 0 ? reply->str : "something else");
    fail (self, why);
}

static bool signed_in (
    redis_loop_t *self, redisAsyncContext *redis, const redisReply *reply, const char *command)
{
    if (!reply || !self->watch || redis_watch_context (self->watch) != redis)
        return false; /*  the connection is ending */
    if (reply->type == REDIS_REPLY_STATUS)
        return true;
    refuse (self, command, reply);
    return false;
}

static void on_auth (redisAsyncContext *redis, void *reply, void *context)
{
    (void) signed_in (context, redis, reply, "AUTH");
}

static void on_select (redisAsyncContext *redis, void *reply, void *context)
{
    (void) signed_in (context, redis, reply, "SELECT");
}

static void on_first_ping (redisAsyncContext *redis, void *reply, void *context)
{
    redis_loop_t *self = context;
    if (!signed_in (self, redis, reply, "PING"))
        return;
    self->phase = UP;
    self->failures = 0;
    self->next = NULL; /*  the next time its name is looked up again */
    self->events.connected (self->events.context, redis);
}

static void on_ping (redisAsyncContext *redis, void *reply, void *context)
{
    (void) signed_in (context, redis, reply, "PING");
}

static void on_open (void *context)
{
    redis_loop_t *self = context;
    redisAsyncContext *redis = redis_watch_context (self->watch);
    const redis_url_t *url = self->url;
    self->phase = SIGNING_IN;
    self->since_ms = uv_now (self->loop);
    if (*url->user)
        (void) redisAsyncCommand (redis, on_auth, self, "AUTH %s %s", url->user, url->password);
    else if (*url->password)
        (void) redisAsyncCommand (redis, on_auth, self, "AUTH %s", url->password);
    if (url->database > 0)
        (void) redisAsyncCommand (redis, on_select, self, "SELECT %u", (unsigned) url->database);
    if (redisAsyncCommand (redis, on_first_ping, self, "PING") != REDIS_OK)
        fail (self, "the connection is gone");
}

/*  ---- connecting ---- */

static void connect_to (redis_loop_t *self, const char *address)
{
    const redis_url_t *url = self->url;
    const redis_watch_events_t events = {.context = self, .open = on_open, .broken = on_broken};
    char why[WHY_MAX];
    self->phase = CONNECTING;
    self->since_ms = uv_now (self->loop);
    self->watch = redis_watch_new (
        self->loop, address, *url->host ? url->port : 0, self->tls, url->host, &events, why, sizeof why);
    if (!self->watch)
        fail (self, why);
}

static void connect_next (redis_loop_t *self)
{
    char address[INET6_ADDRSTRLEN + 16] = "";
    const struct addrinfo *to = self->next;
    self->next = to->ai_next;
    if (getnameinfo (to->ai_addr, to->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) != 0) {
        self->phase = CONNECTING;
        fail (self, "an address that cannot be written down");
        return;
    }
    connect_to (self, address);
}

static void on_resolved (uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    redis_loop_t *self = request->data;
    uv_freeaddrinfo (self->found);
    self->found = found;
    self->next = found;
    if (!self->closing && status != 0)
        fail (self, "its name cannot be resolved");
    else if (!self->closing && !found)
        fail (self, "its name has no address");
    else if (!self->closing)
        connect_next (self);
    release (self);
}

static bool is_address (const char *host)
{
    struct in6_addr address;
    return inet_pton (AF_INET, host, &address) == 1 || inet_pton (AF_INET6, host, &address) == 1;
}

static void begin (redis_loop_t *self)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (self->next)
        connect_next (self);
    else if (!*self->url->host)
        connect_to (self, self->url->path);
    else if (is_address (self->url->host))
        connect_to (self, self->url->host);
    else if (uv_getaddrinfo (self->loop, &self->lookup, on_resolved, self->url->host, NULL, &hints) != 0)
        fail (self, "its name cannot be looked up");
    else {
        self->phase = RESOLVING;
        self->since_ms = uv_now (self->loop);
        self->open++;
    }
}

/*  A name server that does not answer cannot be hurried; somebody waits for the word all the same. */
static void watch_lookup (redis_loop_t *self)
{
    if (uv_now (self->loop) - self->since_ms < PATIENCE_MS)
        return;
    self->since_ms = uv_now (self->loop);
    self->events.lost (self->events.context, "its name is not resolved within 2 s");
}

static void watch_over (redis_loop_t *self)
{
    uint64_t now_ms = uv_now (self->loop);
    uint64_t heard_ms = redis_watch_heard_ms (self->watch);
    if (self->phase == UP && !redis_watch_waits (self->watch))
        self->since_ms = now_ms; /*  nothing is asked */
    if (heard_ms > self->since_ms)
        self->since_ms = heard_ms;
    if (now_ms - self->since_ms >= PATIENCE_MS)
        fail (self, self->phase == CONNECTING ? "no connection within 2 s" : "no answer within 2 s");
    else if (self->phase == UP && now_ms - heard_ms >= SILENCE_MS && !redis_watch_waits (self->watch))
        (void) redisAsyncCommand (redis_watch_context (self->watch), on_ping, self, "PING");
}

static void on_tick (uv_timer_t *timer)
{
    redis_loop_t *self = timer->data;
    if (self->watch)
        watch_over (self);
    else if (self->phase == RESOLVING)
        watch_lookup (self);
    else if (self->phase == WAITING && uv_now (self->loop) >= self->wait_until_ms)
        begin (self);
    self->events.tick (self->events.context);
}

/*  ---- its life ---- */

int redis_loop_check (const char *url, problem_t *problem)
{
    redis_url_t *parsed = sodium_init () < 0 ? NULL : sodium_malloc (sizeof *parsed);
    if (!parsed)
        return problem_set (problem, ERR_MEMORY, "REDIS_URL", "no locked memory (ulimit -l)");
    int result = redis_url_parse (url, parsed, problem);
    if (result == 0 && parsed->tls && !redis_tls_there ())
        result = problem_set (problem, ERR_SETTING, "REDIS_URL",
            "rediss:// needs a hiredis that was built with TLS (Debian 13, Ubuntu 24.04), this program has "
            "one "
            "without; expected redis:// (through a tunnel where the network is not yours)");
    sodium_free (parsed);
    return result;
}

static void on_closed (uv_handle_t *handle)
{
    release (handle->data);
}

int redis_loop_new (redis_loop_t **self_p, uv_loop_t *loop, const char *url,
    const redis_loop_events_t *events, problem_t *problem)
{
    assert (self_p && loop && url && events && events->connected && events->lost && events->tick);
    *self_p = NULL;
    int result = redis_loop_check (url, problem);
    if (result != 0)
        return result;
    redis_loop_t *self = calloc (1, sizeof *self);
    redis_url_t *parsed = sodium_malloc (sizeof *parsed);
    if (parsed)
        (void) redis_url_parse (url, parsed, NULL);
    if (self && parsed && parsed->tls)
        self->tls = redis_tls_new ();
    if (!self || !parsed || (parsed->tls && !self->tls)) {
        sodium_free (parsed);
        free (self);
        return problem_set (problem, ERR_MEMORY, "REDIS_URL", "no memory (locked: ulimit -l)");
    }
    self->loop = loop;
    self->events = *events;
    self->url = parsed;
    self->open = 1;
    self->lookup.data = self;
    (void) uv_timer_init (loop, &self->tick);
    uv_unref ((uv_handle_t *) &self->tick);
    self->tick.data = self;
    (void) uv_timer_start (&self->tick, on_tick, 0, TICK_MS);
    *self_p = self;
    return 0;
}

void redis_loop_destroy (redis_loop_t **self_p)
{
    assert (self_p);
    redis_loop_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    self->closing = true;
    if (self->phase == RESOLVING)
        (void) uv_cancel ((uv_req_t *) &self->lookup); /*  one that has begun ends by itself */
    redis_watch_destroy (&self->watch);
    (void) uv_timer_stop (&self->tick);
    uv_close ((uv_handle_t *) &self->tick, on_closed);
}
