/*  control_history.c: what really happened, for a checker that trusts nobody: orders, executions, refusals. Made in
 *  pieces, as fast as the reader takes them. */
#include "broker/simulator/control.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define PIECE 65536

typedef struct {
    simulator_t *server;
    bool filtered;
    uint32_t account;
    char symbol[SYMBOL_MAX]; /*  "" = all */
    size_t at;               /*  next order */
    size_t end;
    size_t refusal; /*  next arrival */
    size_t refusals_end;
    bool orders_done;
    const char *separator;
    uint32_t *first; /*  by order index: 1 + its newest execution's index, 0 = none */
    uint32_t *older; /*  by execution index: 1 + the one before it of the same order */
} history_t;

static void history_free (void *context)
{
    history_t *self = context;
    free (self->first);
    free (self->older);
    free (self);
}

static void put_execution (const history_t *self, http_buffer_t *out, const engine_execution_t *execution)
{
    encode_open (out);
    encode_text (out, "id", execution->execution_id);
    encode_amount (out, "qty", execution->qty_e9);
    encode_amount (out, "price", execution->price_e9);
    encode_integer (out, "at_ns", execution->at_ns);
    encode_integer (out, "sent_at_ns", streams_sent_at_ns (self->server->streams, execution->execution_id));
    encode_close (out);
}

/*  Oldest first: the chain is newest first. */
static void put_executions (const history_t *self, http_buffer_t *out, uint32_t newest)
{
    uint32_t reversed = 0;
    while (newest) {
        uint32_t next = self->older[newest - 1];
        self->older[newest - 1] = reversed;
        reversed = newest;
        newest = next;
    }
    for (const char *separator = ""; reversed; reversed = self->older[reversed - 1], separator = ",") {
        http_buffer_text (out, separator);
        put_execution (self, out, engine_execution_at (self->server->engine, reversed - 1));
    }
}

static void put_order (const history_t *self, http_buffer_t *out, const engine_order_t *order, size_t index)
{
    encode_open (out);
    encode_integer (out, "seq", (int64_t) order->number);
    engine_account_t account;
    engine_account_get (self->server->engine, order->account, server_utc_ns (), &account);
    encode_text (out, "account_id", account.id);
    encode_text (out, "label", account.label);
    encode_text (out, "id", order->id);
    encode_text (out, "client_order_id", order->client_order_id);
    encode_text (out, "symbol", order->asset->symbol);
    encode_text (out, "side", side_text (order->side));
    encode_text (out, "type", order_type_text (order->type));
    encode_text (out, "time_in_force", tif_text (order->tif));
    encode_amount_or_null (out, "qty", order->qty_e9);
    encode_amount_or_null (out, "notional", order->notional_e9);
    encode_amount_or_null (out, "limit_price", order->limit_price_e9);
    encode_amount_or_null (out, "stop_price", order->stop_price_e9);
    encode_text_or_null (out, "position_intent", intent_text (order->intent));
    encode_text_or_null (out, "replaces", order->replaces);
    encode_text_or_null (out, "replaced_by", order->state.replaced_by);
    encode_text (out, "status", order_status_text (order->state.status));
    encode_amount (out, "filled_qty", order->state.filled_qty_e9);
    encode_amount_or_null (out, "filled_avg_price", order->state.filled_avg_price_e9);
    encode_integer (out, "arrived_at_ns", order->arrived_at_ns);
    http_buffer_text (out, "\"executions\":[");
    put_executions (self, out, self->first[index]);
    http_buffer_text (out, "]");
    encode_close (out);
}

static void more_orders (history_t *self, http_buffer_t *out)
{
    for (; self->at < self->end && http_buffer_size (out) < PIECE; self->at++) {
        const engine_order_t *order = engine_order_at (self->server->engine, self->at);
        if (self->filtered && order->account != self->account)
            continue;
        if (self->symbol[0] && strcmp (self->symbol, order->asset->symbol) != 0)
            continue;
        http_buffer_text (out, self->separator);
        self->separator = ",\n";
        put_order (self, out, order, self->at);
    }
    if (self->at == self->end) {
        const engine_order_t *last = self->end ? engine_order_at (self->server->engine, self->end - 1) : NULL;
        http_buffer_printf (
            out, "\n],\"last_seq\":%llu,\"rejected\":[\n", last ? (unsigned long long) last->number : 0);
        self->orders_done = true;
        self->separator = "";
    }
}

static void put_refusal (const history_t *self, http_buffer_t *out, const engine_arrival_t *arrival)
{
    static const char *const kinds[] = {"submit", "replace", "cancel"};
    encode_open (out);
    encode_text (out, "kind", kinds[arrival->kind]);
    encode_text (out, "account_id", engine_account_id (self->server->engine, arrival->account));
    encode_text (out, "client_order_id", arrival->client_order_id);
    encode_text (out, "symbol", arrival->symbol);
    encode_text (out, "side", arrival->side);
    encode_text (out, "qty", arrival->qty);
    encode_integer (out, "http_status", arrival->http_status);
    encode_integer (out, "code", arrival->code);
    encode_integer (out, "arrived_at_ns", arrival->arrived_at_ns);
    encode_close (out);
}

static bool more_history (void *context, http_buffer_t *out)
{
    history_t *self = context;
    if (!self->orders_done) {
        more_orders (self, out);
        return true;
    }
    for (; self->refusal < self->refusals_end && http_buffer_size (out) < PIECE; self->refusal++) {
        const engine_arrival_t *arrival = engine_arrival_at (self->server->engine, self->refusal);
        if (arrival->order || (self->filtered && arrival->account != self->account))
            continue;
        http_buffer_text (out, self->separator);
        self->separator = ",\n";
        put_refusal (self, out, arrival);
    }
    if (self->refusal < self->refusals_end)
        return true;
    http_buffer_text (out, "\n]}\n");
    return false;
}

/*  Chains every order's executions, once for the whole answer. Orders are numbered 1, 2, ... in their table. */
static bool index_executions (history_t *self)
{
    const engine_t *engine = self->server->engine;
    size_t count = engine_executions_count (engine);
    self->first = calloc (self->end + 1, sizeof (*self->first));
    self->older = calloc (count + 1, sizeof (*self->older));
    if (!self->first || !self->older)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t order = (size_t) engine_execution_at (engine, i)->order->number - 1;
        assert (order < self->end);
        self->older[i] = self->first[order];
        self->first[order] = (uint32_t) (i + 1);
    }
    return true;
}

/*  The first order behind since_seq. */
static bool read_since (const char *query, size_t end, size_t *at_p)
{
    char text[HTTP_VALUE_MAX];
    if (!http_query (query, "since_seq", text))
        return true;
    char *rest = NULL;
    unsigned long long since = strtoull (text, &rest, 10);
    *at_p = since < end ? (size_t) since : end;
    return rest != text && !*rest;
}

static bool read_filter (exchange_t *exchange, history_t *self)
{
    char name[HTTP_VALUE_MAX];
    self->filtered = http_query (exchange->request.query, "account", name);
    if (self->filtered && control_account_find (self->server, name, &self->account)) {
        answer_error (exchange, 404, 0, "account: no such account");
        return false;
    }
    if (http_query (exchange->request.query, "symbol", name) && strlen (name) < sizeof (self->symbol))
        memcpy (self->symbol, name, strlen (name) + 1);
    if (!read_since (exchange->request.query, self->end, &self->at)) {
        answer_error (exchange, 422, 0, "since_seq: a number");
        return false;
    }
    return true;
}

void control_history_get (exchange_t *exchange, const char *argument)
{
    (void) argument;
    simulator_t *server = exchange->connection->server;
    engine_advance (server->engine, server_utc_ns ());
    history_t *self = calloc (1, sizeof (*self));
    if (!self) {
        answer_error (exchange, 500, 0, "out of memory");
        return;
    }
    self->server = server;
    self->separator = "";
    self->end = engine_orders_count (server->engine);
    self->refusals_end = engine_arrivals_count (server->engine);
    exchange->answer.source_free = history_free;
    exchange->answer.context = self;
    if (!read_filter (exchange, self))
        return;
    if (!index_executions (self)) {
        answer_error (exchange, 500, 0, "out of memory");
        return;
    }
    http_buffer_text (answer_ok (exchange), "{\"orders\":[\n");
    exchange->answer.source = more_history;
}
