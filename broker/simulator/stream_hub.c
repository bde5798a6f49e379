/*  stream_hub.c: accounts to sockets, and the time each execution was handed to one: what latency is measured from. */
#include "broker/simulator/stream_hub.h"
#include "broker/simulator/encode.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/sse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    stream_t *stream;
    sse_t *sse;
} slot_t;

typedef struct {
    uint64_t key; /*  0 = empty */
    int64_t sent_at_ns;
} sent_t;

struct streams {
    slot_t *slots; /*  by account */
    size_t slots_count;
    sent_t *sent; /*  open addressing, a power of two, at most half full */
    size_t sent_capacity;
    size_t sent_count;
    size_t count;
};

static uint64_t key_of (const char *text)
{
    uint64_t hash = UINT64_C (1469598103934665603);
    for (; *text; text++)
        hash = (hash ^ (unsigned char) *text) * UINT64_C (1099511628211);
    return hash ? hash : 1;
}

static sent_t *sent_find (const streams_t *self, uint64_t key)
{
    size_t at = (size_t) key & (self->sent_capacity - 1);
    while (self->sent[at].key && self->sent[at].key != key)
        at = (at + 1) & (self->sent_capacity - 1);
    return &self->sent[at];
}

static void sent_grow (streams_t *self)
{
    sent_t *old = self->sent;
    size_t old_capacity = self->sent_capacity;
    self->sent_capacity *= 2;
    self->sent = calloc (self->sent_capacity, sizeof (*self->sent));
    if (!self->sent)
        abort ();
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].key)
            *sent_find (self, old[i].key) = old[i];
    }
    free (old);
}

static void sent_note (streams_t *self, const char *execution_id, int64_t now_ns)
{
    if (self->sent_count * 2 >= self->sent_capacity)
        sent_grow (self);
    uint64_t key = key_of (execution_id);
    sent_t *sent = sent_find (self, key);
    if (!sent->key) {
        *sent = (sent_t){key, now_ns};
        self->sent_count++;
    }
}

int64_t streams_sent_at_ns (const streams_t *self, const char *execution_id)
{
    assert (self && execution_id);
    return sent_find (self, key_of (execution_id))->sent_at_ns;
}

int stream_hub_new (simulator_t *server)
{
    assert (server);
    streams_t *self = calloc (1, sizeof (*self));
    if (!self)
        return -ERR_MEMORY;
    self->sent_capacity = 1024;
    self->sent = calloc (self->sent_capacity, sizeof (*self->sent));
    server->streams = self;
    return self->sent ? 0 : -ERR_MEMORY;
}

void stream_hub_destroy (simulator_t *server)
{
    assert (server);
    if (server->streams) {
        free (server->streams->slots);
        free (server->streams->sent);
        free (server->streams);
        server->streams = NULL;
    }
}

static slot_t *slot_of (streams_t *self, uint32_t account)
{
    if (account >= self->slots_count) {
        size_t count = self->slots_count ? self->slots_count : 64;
        while (count <= account)
            count *= 2;
        slot_t *slots = realloc (self->slots, count * sizeof (*slots));
        if (!slots)
            abort ();
        memset (slots + self->slots_count, 0, (count - self->slots_count) * sizeof (*slots));
        self->slots = slots;
        self->slots_count = count;
    }
    return &self->slots[account];
}

size_t streams_count (const streams_t *self)
{
    assert (self);
    return self->count;
}

size_t streams_sse_count (const streams_t *self)
{
    assert (self);
    size_t count = 0;
    for (size_t i = 0; i < self->slots_count; i++)
        count += sse_count (self->slots[i].sse);
    return count;
}

sse_t **streams_sse (streams_t *self, uint32_t account)
{
    assert (self);
    return &slot_of (self, account)->sse;
}

int hub_claim (stream_t *stream, uint32_t account)
{
    assert (stream);
    streams_t *self = stream->connection->server->streams;
    slot_t *slot = slot_of (self, account);
    if (slot->stream && slot->stream != stream)
        return -ERR_BUSY;
    hub_release (stream); /*  it may have been another account's */
    slot->stream = stream;
    stream->account = account;
    stream->authorized = true;
    self->count++;
    return 0;
}

void hub_release (stream_t *stream)
{
    assert (stream);
    streams_t *self = stream->connection->server->streams;
    if (stream->authorized) {
        self->slots[stream->account].stream = NULL;
        stream->authorized = stream->listening = false;
        self->count--;
    }
}

void streams_cut (simulator_t *server, uint32_t account)
{
    assert (server);
    streams_t *self = server->streams;
    for (size_t i = 0; i < self->slots_count; i++) {
        if (account != UINT32_MAX && account != i)
            continue;
        if (self->slots[i].stream)
            connection_close (self->slots[i].stream->connection);
        sse_cut (self->slots[i].sse);
    }
}

void streams_heartbeat (streams_t *self)
{
    assert (self);
    for (size_t i = 0; i < self->slots_count; i++)
        sse_heartbeat (self->slots[i].sse);
}

static void send_to_socket (streams_t *self, stream_t *stream, const engine_event_t *event)
{
    http_buffer_t json = {0};
    encode_update (&json, event);
    if (event->has_execution)
        sent_note (self, event->execution_id, server_utc_ns ());
    stream_send (stream, stream->text ? FRAME_TEXT : FRAME_BINARY, http_buffer_bytes (&json),
        http_buffer_size (&json));
    http_buffer_free (&json);
}

void streams_on_event (void *context, const engine_event_t *event)
{
    assert (context && event);
    simulator_t *server = context;
    streams_t *self = server->streams;
    if (event->account >= self->slots_count)
        return;
    int times = faults_event_times (server->faults, event->account, server_utc_ns ());
    for (int i = 0; i < times; i++) {
        slot_t *slot = &self->slots[event->account];
        if (slot->stream && slot->stream->listening)
            send_to_socket (self, slot->stream, event);
        if (slot->sse) {
            if (event->has_execution)
                sent_note (self, event->execution_id, server_utc_ns ());
            sse_send (slot->sse, event);
        }
    }
}
