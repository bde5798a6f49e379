/*  sse.c: server-sent events; what alpaca-trade-api-go reads instead of the WebSocket. Lines start with "data: ". */
#include "broker/simulator/sse.h"
#include "broker/simulator/encode.h"
#include "broker/simulator/routes.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sse {
    exchange_t *exchange;
    sse_t *next;
    sse_t *prev;
};

static void put_event (void *context, const engine_event_t *event)
{
    http_buffer_t *out = context;
    http_buffer_text (out, "data: ");
    encode_sse (out, event);
    http_buffer_text (out, "\n\n");
}

static bool is_mute (const sse_t *self)
{
    return faults_mute (
        self->exchange->connection->server->faults, self->exchange->account, server_utc_ns ());
}

void sse_send (sse_t *list, const engine_event_t *event)
{
    assert (event);
    for (sse_t *next, *self = list; self; self = next) {
        next = self->next; /*  a slow one is closed and freed */
        put_event (&self->exchange->answer.body, event);
        exchange_push (self->exchange);
    }
}

void sse_heartbeat (sse_t *list)
{
    for (sse_t *next, *self = list; self; self = next) {
        next = self->next;
        if (is_mute (self))
            continue;
        http_buffer_text (&self->exchange->answer.body, ":heartbeat\n\n");
        exchange_push (self->exchange);
    }
}

void sse_cut (sse_t *list)
{
    for (sse_t *next, *self = list; self; self = next) {
        next = self->next;
        exchange_abort (self->exchange);
    }
}

size_t sse_count (const sse_t *list)
{
    size_t count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

void sse_gone (sse_t *self)
{
    assert (self);
    sse_t **head = streams_sse (self->exchange->connection->server->streams, self->exchange->account);
    if (self->prev)
        self->prev->next = self->next;
    else
        *head = self->next;
    if (self->next)
        self->next->prev = self->prev;
    self->exchange->sse = NULL;
    free (self);
}

/*  NULL or what is wrong. */
static const char *read_bounds (
    const char *query, engine_replay_t *replay, char since_id[HTTP_VALUE_MAX], char until_id[HTTP_VALUE_MAX])
{
    char time[HTTP_VALUE_MAX];
    memset (replay, 0, sizeof (*replay));
    if (http_query (query, "since", time) && time_parse (time, &replay->since_ns))
        return "since is not a valid time";
    if (http_query (query, "until", time) && time_parse (time, &replay->until_ns))
        return "until is not a valid time";
    replay->since_id = http_query (query, "since_id", since_id) ? since_id : NULL;
    replay->until_id = http_query (query, "until_id", until_id) ? until_id : NULL;
    bool times = replay->since_ns || replay->until_ns;
    bool ids = replay->since_id || replay->until_id;
    if (times && ids)
        return "since and until cannot be mixed with since_id and until_id";
    if ((replay->until_ns && !replay->since_ns) || (replay->until_id && !replay->since_id))
        return "until needs since";
    return NULL;
}

void sse_open (exchange_t *exchange)
{
    assert (exchange && exchange->has_account);
    simulator_t *server = exchange->connection->server;
    engine_replay_t replay;
    char since_id[HTTP_VALUE_MAX];
    char until_id[HTTP_VALUE_MAX];
    const char *wrong = read_bounds (exchange->request.query, &replay, since_id, until_id);
    if (wrong) {
        answer_error (exchange, 422, 42210000, wrong);
        return;
    }
    http_answer_t *answer = &exchange->answer;
    answer->status = 200;
    answer->content_type = "text/event-stream";
    if (replay.since_ns || replay.since_id)
        engine_events_replay (server->engine, exchange->account, &replay, put_event, &answer->body);
    if (replay.until_ns || replay.until_id)
        return;
    sse_t *self = calloc (1, sizeof (*self));
    if (!self) {
        answer_error (exchange, 500, 50010000, "out of memory");
        return;
    }
    http_buffer_text (&answer->body, ":heartbeat\n\n");
    answer->stream = true;
    self->exchange = exchange;
    exchange->sse = self;
    sse_t **head = streams_sse (server->streams, exchange->account);
    self->next = *head;
    if (self->next)
        self->next->prev = self;
    *head = self;
}
