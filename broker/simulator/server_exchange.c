/*  server_exchange.c: from a complete request to its answer's first byte: routing, late and lost answers, headers. */
#include "broker/simulator/server.h"
#include "broker/simulator/routes.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/sse.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

exchange_t *exchange_new (connection_t *connection, int32_t stream_id)
{
    assert (connection);
    exchange_t *self = calloc (1, sizeof (*self));
    if (!self)
        return NULL;
    self->connection = connection;
    self->stream_id = stream_id;
    self->request.query = "";
    self->next = connection->exchanges;
    if (self->next)
        self->next->prev = self;
    connection->exchanges = self;
    return self;
}

static void on_timer_closed (uv_handle_t *handle)
{
    free (handle->data);
}

void exchange_free (exchange_t *self)
{
    assert (self);
    if (self->sse)
        sse_gone (self->sse);
    if (self->stream_id)
        http_two_forget (self);
    if (self->prev)
        self->prev->next = self->next;
    else
        self->connection->exchanges = self->next;
    if (self->next)
        self->next->prev = self->prev;
    http_request_free (&self->request);
    http_answer_free (&self->answer);
    if (self->has_timer)
        uv_close ((uv_handle_t *) &self->timer, on_timer_closed);
    else
        free (self);
}

static void count (counters_t *counters, int status)
{
    counters->answers_2xx += status < 300;
    counters->answers_4xx += status >= 400 && status < 500;
    counters->answers_5xx += status >= 500;
}

void exchange_send (exchange_t *self)
{
    assert (self && !self->answered);
    connection_t *connection = self->connection;
    self->answered = true;
    count (&connection->server->counters, self->answer.status);
    if (self->stream_id)
        http_two_send (self);
    else
        http_one_send (self);
    connection_kick (connection);
}

void exchange_abort (exchange_t *self)
{
    assert (self);
    connection_t *connection = self->connection;
    connection->server->counters.lost_answers++;
    if (self->stream_id) {
        http_two_abort (self);
        connection_kick (connection);
    } else
        connection_close (connection);
}

void exchange_push (exchange_t *self)
{
    assert (self && self->answer.stream);
    connection_t *connection = self->connection;
    if (connection_waiting (connection) + http_buffer_size (&self->answer.body) > OUT_MAX) {
        connection_close (connection);
        return;
    }
    if (self->answered && self->stream_id)
        http_two_resume (self);
    connection_kick (connection);
}

static void on_late (uv_timer_t *timer)
{
    exchange_t *self = timer->data;
    if (self->lose_answer)
        exchange_abort (self);
    else
        exchange_send (self);
}

void exchange_work (exchange_t *self)
{
    assert (self && !self->working);
    simulator_t *server = self->connection->server;
    self->working = true;
    server->counters.requests++;
    if (self->request.arrived_at_ns == 0)
        self->request.arrived_at_ns = self->connection->read_at_ns;
    connection_t *connection = self->connection;
    routes_work (self);
    if (connection->closing || connection->protocol == PROTOCOL_STREAM)
        return; /*  closed by its own doing, or upgraded: the exchange is gone */
    int64_t late_ns = faults_latency (server->faults, self);
    if (late_ns > 0) {
        uv_timer_init (server->loop, &self->timer);
        self->timer.data = self;
        self->has_timer = true;
        uv_timer_start (&self->timer, on_late, (uint64_t) ((late_ns + 500000) / 1000000), 0);
    } else if (self->lose_answer)
        exchange_abort (self);
    else
        exchange_send (self);
}

static void date_text (int64_t utc_s, char *text, size_t size)
{
    static int64_t cached_s;
    static char cached[40];
    if (utc_s != cached_s) {
        time_t seconds = (time_t) utc_s;
        struct tm parts;
        gmtime_r (&seconds, &parts);
        strftime (cached, sizeof (cached), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        cached_s = utc_s;
    }
    snprintf (text, size, "%s", cached);
}

static uint64_t mix (uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C (0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C (0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void add (answer_header_t *header, const char *name, int64_t value)
{
    header->name = name;
    snprintf (header->value, sizeof (header->value), "%lld", (long long) value);
}

size_t exchange_headers (exchange_t *self, answer_header_t headers[ANSWER_HEADERS_MAX])
{
    assert (self && headers);
    const http_answer_t *answer = &self->answer;
    simulator_t *server = self->connection->server;
    size_t total = 0;
    headers[total].name = "date";
    date_text (server_utc_ns () / ENGINE_SECOND_NS, headers[total].value, sizeof (headers[0].value));
    total++;
    if (answer->status != 204) {
        headers[total].name = "content-type";
        const char *type = answer->content_type ? answer->content_type : "application/json; charset=UTF-8";
        snprintf (headers[total++].value, sizeof (headers[0].value), "%s", type);
    }
    uint64_t salt = server->request_salt++;
    headers[total].name = "x-request-id";
    snprintf (headers[total++].value, sizeof (headers[0].value), "%016llx%016llx",
        (unsigned long long) mix (salt), (unsigned long long) mix (~salt));
    if (answer->has_limit) {
        add (&headers[total++], "x-ratelimit-limit", answer->limit);
        add (&headers[total++], "x-ratelimit-remaining", answer->remaining);
        add (&headers[total++], "x-ratelimit-reset", answer->reset_s);
    }
    if (answer->retry_after)
        add (&headers[total++], "retry-after", 1);
    assert (total <= ANSWER_HEADERS_MAX);
    return total;
}
