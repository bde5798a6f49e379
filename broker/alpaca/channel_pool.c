/*  channel_pool.c: see channel_pool.h. */
#include "broker/alpaca/channel_pool.h"

#include "broker/alpaca/channel_clock.h"
#include "broker/alpaca/resolve.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPENING_MAX 32 /*  handshakes at a time */
#define STREAMS_USED 128
#define PLAIN_MAX ((size_t) 256 << 10)
#define BACKOFF_FIRST_NS (100 * NS_PER_MS)
#define BACKOFF_LAST_NS (5 * NS_PER_S)
#define BAD_ADDRESS_NS (60 * NS_PER_S)
#define STILLBORN_NS (5 * NS_PER_S)
#define ADDRESSES_FRESH_NS (60 * NS_PER_S)

struct channel_pool {
    channel_pool_options_t options;
    channel_route_t route;
    channel_link_t **links; /*  max_connections */
    size_t count;
    size_t opening;
    size_t ready;
    channel_link_t *first; /*  those that may have room, longest unused first */
    channel_link_t *last;
    size_t streams; /*  requests a connection; 0 = not known yet */
    size_t expected;
    size_t waiting;
    unsigned failures; /*  in a row */
    int64_t retry_at_ns;
    int64_t stillborn_at_ns; /*  when a connection last died young: accepted, then closed */
    resolve_t *lookup;
    resolve_result_t addresses;
    int64_t resolved_at_ns;
    size_t next_address;
    int64_t bad_until_ns[RESOLVE_ADDRESSES_MAX]; /*  addresses that could not be reached */
    uint64_t connections;
    char reason[CHANNEL_REASON_MAX]; /*  of the last failure */
};

static void pool_list (channel_pool_t *self, channel_link_t *link)
{
    channel_link_place_t *place = channel_link_place (link);
    if (place->listed)
        return;
    place->listed = true;
    place->prev = self->last;
    place->next = NULL;
    if (self->last)
        channel_link_place (self->last)->next = link;
    else
        self->first = link;
    self->last = link;
}

static void pool_unlist (channel_pool_t *self, channel_link_t *link)
{
    channel_link_place_t *place = channel_link_place (link);
    if (!place->listed)
        return;
    place->listed = false;
    if (place->prev)
        channel_link_place (place->prev)->next = place->next;
    else
        self->first = place->next;
    if (place->next)
        channel_link_place (place->next)->prev = place->prev;
    else
        self->last = place->prev;
}

/*  The next attempt has to wait. */
static void pool_back_off (channel_pool_t *self, const char *reason)
{
    int64_t now_ns = channel_clock (CLOCK_MONOTONIC);
    int64_t wait_ns = BACKOFF_LAST_NS;
    if (self->failures < 6 && (BACKOFF_FIRST_NS << self->failures) < wait_ns)
        wait_ns = BACKOFF_FIRST_NS << self->failures;
    self->failures++;
    /*  the clock's last digits spread what many shards do after a common failure */
    self->retry_at_ns = now_ns + wait_ns / 2 + wait_ns / 2 * (now_ns % 1000) / 1000;
    TEXT_SET (self->reason, reason);
}

/*  No connection could be made. */
static void pool_failed (channel_pool_t *self, const char *reason)
{
    pool_back_off (self, reason);
    if (self->opening == 0 && self->ready == 0)
        self->options.on_stuck (self->options.context, self->reason);
}

/*  The next address that is not known to be out of reach; else the next one. *good_p: which of the two. */
static size_t pool_address (channel_pool_t *self, int64_t now_ns, bool *good_p)
{
    size_t count = self->addresses.count;
    for (size_t i = 0; i < count; i++) {
        size_t address = (self->next_address + i) % count;
        if (now_ns >= self->bad_until_ns[address]) {
            *good_p = true;
            return address;
        }
    }
    *good_p = false;
    return self->next_address % count;
}

/*  No connection to this address: that is a failure if there is no other one to try at once. */
static void pool_failed_at (channel_pool_t *self, size_t address, const char *reason)
{
    int64_t now_ns = channel_clock (CLOCK_MONOTONIC);
    bool good = false;
    self->bad_until_ns[address] = now_ns + BAD_ADDRESS_NS;
    if (address >= self->addresses.count || self->addresses.count < 2) {
        pool_failed (self, reason);
        return;
    }
    (void) pool_address (self, now_ns, &good);
    if (!good)
        pool_failed (self, reason);
}

static void pool_remove (channel_pool_t *self, channel_link_t *link)
{
    channel_link_place_t *place = channel_link_place (link);
    channel_link_t *moved = self->links[--self->count];
    pool_unlist (self, link);
    self->links[place->index] = moved;
    channel_link_place (moved)->index = place->index;
}

static void pool_fill (channel_pool_t *self);

/*  Counts the link where it belongs now. */
static void pool_count (channel_pool_t *self, channel_link_t *link, channel_link_state_t now)
{
    channel_link_place_t *place = channel_link_place (link);
    self->opening -= place->counted == LINK_OPENING;
    self->ready -= place->counted == LINK_READY;
    place->counted = now;
    self->opening += now == LINK_OPENING;
    self->ready += now == LINK_READY;
}

static void on_link_ready (channel_pool_t *self, channel_link_t *link, bool is_new)
{
    size_t streams = channel_link_streams (link);
    self->streams = streams < 1 ? 1 : (streams < STREAMS_USED ? streams : STREAMS_USED);
    if (is_new && channel_clock (CLOCK_MONOTONIC) - self->stillborn_at_ns > STILLBORN_NS) {
        self->failures = 0;
        self->retry_at_ns = 0;
    }
    pool_list (self, link);
}

static void on_link_closed (channel_pool_t *self, channel_link_t *link, channel_link_state_t before)
{
    pool_remove (self, link);
    if (before == LINK_OPENING) {
        pool_failed_at (self, channel_link_place (link)->address, channel_link_reason (link));
    } else if (channel_link_was_stillborn (link)) {
        self->stillborn_at_ns = channel_clock (CLOCK_MONOTONIC);
        pool_back_off (self, channel_link_reason (link));
    }
}

static void on_link_changed (void *context, channel_link_t *link)
{
    channel_pool_t *self = context;
    channel_link_state_t before = channel_link_place (link)->counted;
    channel_link_state_t now = channel_link_state (link);
    pool_count (self, link, now);
    if (now == LINK_READY)
        on_link_ready (self, link, before != LINK_READY);
    else
        pool_unlist (self, link);
    if (now == LINK_CLOSED)
        on_link_closed (self, link, before);
    pool_fill (self);
    self->options.on_room (self->options.context);
}

static void on_finished (void *context, channel_call_t *call)
{
    channel_pool_t *self = context;
    self->options.on_finished (self->options.context, call);
}

static int pool_prepare (channel_pool_t *self, problem_t *problem)
{
    const channel_pool_options_t *options = &self->options;
    channel_route_t *route = &self->route;
    route->uv_loop = options->uv_loop;
    route->plain.most = PLAIN_MAX;
    route->user_timeout_ns = options->user_timeout_ns;
    route->connect_timeout_ns = options->connect_timeout_ns;
    route->streams_most = STREAMS_USED;
    route->on_finished = options->on_finished;
    route->on_changed = on_link_changed;
    route->on_finished = on_finished;
    route->context = self;
    int rc = channel_target_parse (&route->target, options->url, problem);
    if (rc == 0 && route->target.tls) {
        route->tls = channel_tls_context_new (options->ca_file, problem);
        rc = route->tls ? 0 : -ERR_SETTING;
    }
    return rc;
}

channel_pool_t *channel_pool_new (const channel_pool_options_t *options, problem_t *problem)
{
    assert (options && options->uv_loop && options->url && options->max_connections > 0);
    assert (options->on_finished && options->on_room && options->on_stuck);
    channel_pool_t *self = calloc (1, sizeof *self);
    if (self)
        self->links = calloc (options->max_connections, sizeof (channel_link_t *));
    if (!self || !self->links) {
        (void) problem_set (problem, ERR_MEMORY, "max_connections", "no room");
        free (self);
        return NULL;
    }
    self->options = *options;
    int rc = pool_prepare (self, problem);
    self->options.url = self->options.ca_file = NULL; /*  borrowed until now */
    if (rc != 0)
        channel_pool_destroy (&self);
    return self;
}

void channel_pool_destroy (channel_pool_t **self_p)
{
    assert (self_p);
    channel_pool_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    resolve_cancel (&self->lookup);
    for (size_t i = 0; i < self->count; i++)
        channel_link_abandon (self->links[i]);
    channel_tls_context_destroy (&self->route.tls);
    channel_buffer_free (&self->route.plain);
    channel_memory_free (&self->route.memory);
    free (self->links);
    free (self);
}

/*  How many are to be there. */
static size_t pool_wanted (const channel_pool_t *self)
{
    if (self->streams == 0)
        return self->expected > 0 ? 1 : 0;
    size_t wanted = (self->expected + self->streams - 1) / self->streams;
    return wanted < self->options.max_connections ? wanted : self->options.max_connections;
}

static void on_resolved (void *context, const resolve_result_t *result)
{
    channel_pool_t *self = context;
    self->lookup = NULL;
    if (result->count > 0) {
        self->addresses = *result;
        self->resolved_at_ns = channel_clock (CLOCK_MONOTONIC);
        memset (self->bad_until_ns, 0, sizeof self->bad_until_ns);
        pool_fill (self);
    } else if (self->addresses.count == 0) {
        pool_failed (self, result->reason);
    }
}

/*  true: there are addresses. */
static bool pool_resolve (channel_pool_t *self, int64_t now_ns)
{
    bool stale = self->addresses.count == 0 || now_ns - self->resolved_at_ns > ADDRESSES_FRESH_NS;
    if (stale && !self->lookup) {
        self->lookup = resolve_start (self->options.uv_loop, self->route.target.host, on_resolved, self);
        if (!self->lookup && self->addresses.count == 0)
            pool_failed (self, "no memory to look up the broker's name");
    }
    return self->addresses.count > 0;
}

static bool pool_open (channel_pool_t *self, int64_t now_ns)
{
    const char *reason = "";
    bool good = false;
    size_t address = pool_address (self, now_ns, &good);
    self->next_address = address + 1;
    channel_link_t *link = channel_link_new (&self->route, self->addresses.text[address], now_ns, &reason);
    if (!link) {
        pool_failed_at (self, address, reason);
        return false;
    }
    channel_link_place (link)->address = address;
    channel_link_place (link)->index = self->count;
    self->links[self->count++] = link;
    pool_count (self, link, LINK_OPENING);
    self->connections++;
    return true;
}

/*  Opens what is missing, as far as it may. */
static void pool_fill (channel_pool_t *self)
{
    size_t wanted = pool_wanted (self);
    if (self->opening + self->ready >= wanted)
        return;
    int64_t now_ns = channel_clock (CLOCK_MONOTONIC);
    bool urgent = self->waiting > 0 && self->opening + self->ready == 0;
    if (now_ns < self->retry_at_ns && !urgent)
        return;
    if (!pool_resolve (self, now_ns))
        return;
    size_t at_once = self->streams > 0 && self->failures == 0 ? OPENING_MAX : 1;
    size_t refused = 0; /*  at once, by the system */
    while (self->opening + self->ready < wanted && self->opening < at_once &&
           self->count < self->options.max_connections && refused < self->addresses.count)
        refused += !pool_open (self, now_ns);
}

void channel_pool_expect (channel_pool_t *self, size_t requests, size_t waiting)
{
    assert (self);
    self->expected = requests;
    self->waiting = waiting;
    size_t each = (requests + self->options.max_connections - 1) / self->options.max_connections;
    self->route.streams_most = each > STREAMS_USED ? each : STREAMS_USED;
    pool_fill (self);
}

channel_link_t *channel_pool_pick (channel_pool_t *self, size_t *room_p)
{
    assert (self && room_p);
    while (self->first) {
        channel_link_t *link = self->first;
        size_t room = channel_link_room (link);
        pool_unlist (self, link);
        if (room == 0)
            continue; /*  on_link_changed lists it again */
        pool_list (self, link);
        *room_p = room;
        return link;
    }
    return NULL;
}

void channel_pool_tick (channel_pool_t *self)
{
    assert (self);
    int64_t now_ns = channel_clock (CLOCK_MONOTONIC);
    for (size_t i = self->count; i-- > 0;)
        channel_link_tick (self->links[i], now_ns);
    pool_fill (self);
}

int64_t channel_pool_retry_at (const channel_pool_t *self)
{
    assert (self);
    bool missing = self->opening + self->ready < pool_wanted (self) && self->opening == 0 && !self->lookup;
    return missing ? self->retry_at_ns : INT64_MAX;
}

uint64_t channel_pool_connections (const channel_pool_t *self)
{
    assert (self);
    return self->connections;
}

size_t channel_pool_ready (const channel_pool_t *self)
{
    assert (self);
    return self->ready;
}

uint64_t channel_pool_allocations (const channel_pool_t *self)
{
    assert (self);
    return self->route.memory.allocations;
}
