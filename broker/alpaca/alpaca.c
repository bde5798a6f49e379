/*  alpaca.c: why it exists: accounts, calls and streams put together behind the port. */
#include "broker/alpaca/alpaca.h"

#include "broker/alpaca/channel.h"
#include "broker/alpaca/flight.h"
#include "broker/alpaca/keys.h"
#include "broker/alpaca/rest.h"
#include "broker/alpaca/stream.h"
#include "broker/alpaca/stream_url.h"
#include "messages/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_AHEAD 4 /*  accounts */
#define MAX_ACCOUNTS 65536u
#define MAX_CONNECTIONS 65536u
#define MAX_CALLS 1048576u
#define DEFAULT_CONNECTIONS 64
#define DEFAULT_CALLS 4096
#define DEFAULT_TIMEOUT_NS INT64_C (10000000000)
#define DEFAULT_CONNECT_TIMEOUT_NS INT64_C (5000000000)
#define DATA_URL "https://data.alpaca.markets"
#define SPARE_KEYS 64 /*  sets still held by calls of accounts that got new keys */

typedef struct {
    broker_t port; /*  first */
    flight_route_t route;
    keyring_t *keyring;
    keys_t **accounts; /*  NULL = closed */
    uint32_t max_accounts;
    uint32_t open_accounts;
    streams_t *streams; /*  NULL without a libwebsockets context */
    flight_t **flights; /*  all that were made */
    size_t flight_count;
    flight_t **idle; /*  those without a call */
    size_t idle_count;
    uint32_t max_calls;
} alpaca_t;

static const broker_ops_t operations;

static alpaca_t *alpaca_of (broker_t *broker)
{
    assert (broker && broker->ops == &operations);
    return (alpaca_t *) broker;
}

static const alpaca_t *alpaca_of_const (const broker_t *broker)
{
    assert (broker && broker->ops == &operations);
    return (const alpaca_t *) broker;
}

static void alpaca_destroy (broker_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    alpaca_t *self = alpaca_of (*self_p);
    *self_p = NULL;
    streams_destroy (&self->streams);
    channel_destroy (&self->route.orders);
    channel_destroy (&self->route.reads);
    rest_destroy (&self->route.rest);
    for (size_t i = 0; i < self->flight_count; i++)
        flight_destroy (&self->flights[i]);
    free (self->flights);
    free (self->idle);
    free (self->accounts);
    keyring_destroy (&self->keyring);
    free (self);
}

static void alpaca_account_set (alpaca_t *self, uint32_t account, keys_t *keys)
{
    self->open_accounts -= self->accounts[account] != NULL;
    self->open_accounts += keys != NULL;
    keys_release (&self->accounts[account]);
    self->accounts[account] = keys;
    if (self->route.orders)
        channel_expect (self->route.orders, self->open_accounts);
}

static void on_landed (void *context, flight_t *flight)
{
    alpaca_t *self = context;
    assert (self->idle_count < self->flight_count);
    self->idle[self->idle_count++] = flight;
}

static flight_t *alpaca_make_flight (alpaca_t *self)
{
    /*  an answer in the making still holds its flight: one more than max_calls */
    if (self->flight_count > self->max_calls)
        return NULL;
    flight_t *flight = flight_new (&self->route, on_landed, self);
    if (flight)
        self->flights[self->flight_count++] = flight;
    return flight;
}

/*  A flight without a call; NULL: out of memory. A trade after a quiet hour finds none of them in the processor's cache:
 *  the one after the next is fetched meanwhile. */
static flight_t *alpaca_flight (alpaca_t *self)
{
    if (self->idle_count > 2)
        flight_prefetch (self->idle[self->idle_count - 3]);
    return self->idle_count > 0 ? self->idle[--self->idle_count] : alpaca_make_flight (self);
}

/*  An order an account finds its flight made. */
static void alpaca_prepare (alpaca_t *self)
{
    flight_t *flight;
    while (self->route.orders && self->flight_count < self->open_accounts &&
           (flight = alpaca_make_flight (self)))
        on_landed (self, flight);
}

static int alpaca_account_open (broker_t *broker, uint32_t account, const broker_keys_t *keys)
{
    alpaca_t *self = alpaca_of (broker);
    keys_t *opened = NULL;
    assert (keys && keys->key_id && keys->secret);
    if (account >= self->max_accounts)
        return -ERR_RANGE;
    int result = keyring_add (self->keyring, keys->key_id, keys->secret, &opened);
    if (result != 0)
        return result;
    alpaca_account_set (self, account, opened);
    alpaca_prepare (self);
    return 0;
}

static void alpaca_account_close (broker_t *broker, uint32_t account)
{
    alpaca_t *self = alpaca_of (broker);
    if (account >= self->max_accounts)
        return;
    if (self->streams)
        streams_close (self->streams, account);
    alpaca_account_set (self, account, NULL);
}

/*  Trades go through the accounts in their order. */
static void alpaca_fetch_keys (const alpaca_t *self, uint32_t account)
{
    uint32_t next = account + KEYS_AHEAD;
    keys_prefetch (next < self->max_accounts ? self->accounts[next] : NULL);
}

static int alpaca_call (broker_t *broker, const broker_call_t *call)
{
    alpaca_t *self = alpaca_of (broker);
    assert (call && call->kind < CALL_COUNT);
    if (call->account >= self->max_accounts || !self->accounts[call->account])
        return -ERR_RANGE;
    alpaca_fetch_keys (self, call->account);
    size_t pending = rest_pending (self->route.rest);
    if (self->route.orders)
        pending += channel_pending (self->route.orders) + channel_pending (self->route.reads);
    flight_t *flight = pending < self->max_calls ? alpaca_flight (self) : NULL;
    if (!flight)
        return -ERR_FULL;
    int result = flight_start (flight, call, self->accounts[call->account]);
    if (result != 0)
        on_landed (self, flight);
    return result;
}

static size_t alpaca_pending (const broker_t *broker)
{
    const alpaca_t *self = alpaca_of_const (broker);
    return self->flight_count - self->idle_count;
}

static int alpaca_stream_open (broker_t *broker, uint32_t account)
{
    alpaca_t *self = alpaca_of (broker);
    if (account >= self->max_accounts || !self->accounts[account])
        return -ERR_RANGE;
    if (!self->streams)
        return -ERR_SETTING;
    return streams_open (self->streams, account, self->accounts[account]);
}

static void alpaca_stream_close (broker_t *broker, uint32_t account)
{
    alpaca_t *self = alpaca_of (broker);
    if (self->streams)
        streams_close (self->streams, account);
}

static const broker_ops_t operations = {.destroy = alpaca_destroy,
    .account_open = alpaca_account_open,
    .account_close = alpaca_account_close,
    .call = alpaca_call,
    .pending = alpaca_pending,
    .stream_open = alpaca_stream_open,
    .stream_close = alpaca_stream_close};

static bool is_http (const char *url)
{
    return strncmp (url, "https://", 8) == 0 || strncmp (url, "http://", 7) == 0;
}

static int url_copy (char copy[REQUEST_BASE_MAX], const char *url, const char *name, problem_t *problem)
{
    size_t size = strlen (url);
    while (size > 0 && url[size - 1] == '/')
        size--;
    if (!is_http (url) || size >= REQUEST_BASE_MAX)
        return problem_set (problem, ERR_SETTING, name, "expected http://host[:port] or https://…");
    memcpy (copy, url, size);
    copy[size] = 0;
    return 0;
}

static int options_check (const alpaca_options_t *options, problem_t *problem)
{
    assert (options->curl_multi && options->answer && options->utc_now);
    assert (!options->order_channel || options->uv_loop);
    assert (!options->lws_context || (options->uv_loop && options->stream && options->update));
    if (!options->base_url)
        return problem_set (problem, ERR_SETTING, "base_url", "missing");
    if (options->max_accounts == 0 || options->max_accounts > MAX_ACCOUNTS)
        return problem_set (problem, ERR_SETTING, "max_accounts", "1 to %u", MAX_ACCOUNTS);
    if (options->max_connections > MAX_CONNECTIONS)
        return problem_set (problem, ERR_SETTING, "max_connections", "at most %u", MAX_CONNECTIONS);
    if (options->max_calls > MAX_CALLS)
        return problem_set (problem, ERR_SETTING, "max_calls", "at most %u", MAX_CALLS);
    return 0;
}

static int alpaca_set_route (alpaca_t *self, const alpaca_options_t *options, problem_t *problem)
{
    flight_route_t *route = &self->route;
    int result = url_copy (route->base_url, options->base_url, "base_url", problem);
    if (result != 0)
        return result;
    /*  only Alpaca itself has its prices at another address */
    const char *data_url = strstr (route->base_url, "alpaca.markets") ? DATA_URL : route->base_url;
    result =
        url_copy (route->data_url, options->data_url ? options->data_url : data_url, "data_url", problem);
    route->timeout_ns = options->timeout_ns > 0 ? options->timeout_ns : DEFAULT_TIMEOUT_NS;
    route->answer = options->answer;
    route->context = options->context;
    return result;
}

static int alpaca_set_rest (alpaca_t *self, const alpaca_options_t *options, problem_t *problem)
{
    rest_options_t rest = {
        .max_connections = options->max_connections ? options->max_connections : DEFAULT_CONNECTIONS,
        .max_requests = self->max_calls,
        .connect_timeout_ns =
            options->connect_timeout_ns > 0 ? options->connect_timeout_ns : DEFAULT_CONNECT_TIMEOUT_NS,
        .user_timeout_ns = options->user_timeout_ns,
        .ca_file = options->ca_file,
        .utc_now = options->utc_now};
    self->route.rest = rest_new (options->curl_multi, &rest, problem);
    if (!self->route.rest)
        return -ERR_SETTING;
    if (!options->order_channel)
        return 0;
    channel_options_t channel = {.uv_loop = options->uv_loop, .url = self->route.base_url, .rest = rest};
    self->route.orders = channel_new (&channel, problem);
    channel.patient = true;
    if (self->route.orders)
        self->route.reads = channel_new (&channel, problem);
    return self->route.reads ? 0 : -ERR_SETTING;
}

static int alpaca_set_streams (alpaca_t *self, const alpaca_options_t *options, problem_t *problem)
{
    char derived[STREAM_URL_MAX];
    if (!options->lws_context)
        return 0;
    if (!options->stream_url && stream_url_derive (self->route.base_url, derived, problem) != 0)
        return -ERR_SETTING;
    streams_options_t streams = {.lws_context = options->lws_context,
        .uv_loop = options->uv_loop,
        .url = options->stream_url ? options->stream_url : derived,
        .ca_file = options->ca_file,
        .max_accounts = options->max_accounts,
        .reply_timeout_ns = options->reply_timeout_ns,
        .on_state = options->stream,
        .on_update = options->update,
        .context = options->context};
    self->streams = streams_new (&streams, problem);
    return self->streams ? 0 : -ERR_SETTING;
}

static int alpaca_set_tables (alpaca_t *self, const alpaca_options_t *options, problem_t *problem)
{
    self->max_accounts = options->max_accounts;
    self->max_calls = options->max_calls ? options->max_calls : DEFAULT_CALLS;
    size_t flights = (size_t) self->max_calls + 1;
    self->accounts = calloc (self->max_accounts, sizeof *self->accounts);
    self->flights = calloc (flights, sizeof *self->flights);
    self->idle = calloc (flights, sizeof *self->idle);
    if (!self->accounts || !self->flights || !self->idle)
        return problem_set (problem, ERR_MEMORY, "max_calls", "no room for %u", self->max_calls);
    self->keyring = keyring_new (self->max_accounts + SPARE_KEYS, problem);
    return self->keyring ? 0 : -ERR_MEMORY;
}

broker_t *alpaca_new (const alpaca_options_t *options, problem_t *problem)
{
    assert (options);
    if (options_check (options, problem) != 0)
        return NULL;
    alpaca_t *self = calloc (1, sizeof *self);
    if (!self) {
        (void) problem_set (problem, ERR_MEMORY, "broker", "no room");
        return NULL;
    }
    self->port.ops = &operations;
    int result = alpaca_set_route (self, options, problem);
    if (result == 0)
        result = alpaca_set_tables (self, options, problem);
    if (result == 0)
        result = alpaca_set_rest (self, options, problem);
    if (result == 0)
        result = alpaca_set_streams (self, options, problem);
    broker_t *broker = &self->port;
    if (result != 0)
        alpaca_destroy (&broker);
    return broker;
}

void alpaca_on_transfers (void *context)
{
    alpaca_t *self = alpaca_of (context);
    rest_finish (self->route.rest);
}

void alpaca_counts (const broker_t *broker, alpaca_counts_t *counts)
{
    const alpaca_t *self = alpaca_of_const (broker);
    rest_counts_t rest;
    streams_counts_t streams = {0};
    assert (counts);
    rest_counts (self->route.rest, &rest);
    if (self->streams)
        streams_counts (self->streams, &streams);
    memset (counts, 0, sizeof *counts);
    counts->requests = rest.requests;
    counts->connections = rest.connections;
    counts->repeats_prevented = rest.repeats_prevented;
    if (self->route.orders) {
        channel_counts_t orders, reads;
        channel_counts (self->route.orders, &orders);
        channel_counts (self->route.reads, &reads);
        counts->requests += orders.requests + reads.requests;
        counts->connections += orders.connections + reads.connections;
        counts->channel_ready = orders.ready;
        counts->channel_allocations = orders.allocations;
    }
    counts->frames = streams.frames;
    counts->frames_malformed = streams.malformed;
    TEXT_SET (counts->last_malformed, streams.last_malformed);
}
