/*  flight.c: why it exists: some calls are many requests, every call is one answer. */
#include "broker/alpaca/flight.h"

#include "broker/alpaca/verdict.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 64        /*  of the processor's cache */
#define TEXT_USUAL 256 /*  bytes of an order */

struct flight {
    const flight_route_t *route;
    flight_landed_fn *landed;
    void *context;
    broker_call_t call;
    request_t request;
    keys_t *keys;
    broker_answer_t answer;
    char cursor[REQUEST_CURSOR_MAX];
    unsigned pages; /*  read so far */
    position_t *positions;
    order_t *orders;
    activity_t *activities;
    size_t count; /*  of the one that is used */
};

flight_t *flight_new (const flight_route_t *route, flight_landed_fn *landed, void *context)
{
    assert (route && landed);
    flight_t *self = calloc (1, sizeof *self);
    if (self) {
        self->route = route;
        self->landed = landed;
        self->context = context;
        memset (
            self->request.body, ' ', sizeof self->request.body); /*  its pages are there before the trade */
    }
    return self;
}

static void flight_clear (flight_t *self)
{
    keys_release (&self->keys);
    free (self->positions);
    free (self->orders);
    free (self->activities);
    self->positions = NULL;
    self->orders = NULL;
    self->activities = NULL;
    self->count = 0;
}

void flight_destroy (flight_t **self_p)
{
    assert (self_p);
    flight_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    flight_clear (self);
    free (self);
}

void flight_prefetch (const flight_t *self)
{
    for (size_t at = 0; at < offsetof (flight_t, request); at += LINE)
        __builtin_prefetch ((const char *) self + at, 1);
    for (size_t at = 0; at < TEXT_USUAL; at += LINE)
        __builtin_prefetch (self->request.body + at, 1);
}

static void on_reply (void *context, const rest_reply_t *reply);

/*  An order on its own way: the channel knows the URL. */
static int flight_submit (flight_t *self)
{
    int result = json_request (&self->call.request, self->request.body, &self->request.body_size);
    if (result != 0)
        return result;
    rest_request_t request = {.method = REST_POST,
        .body = self->request.body,
        .body_size = self->request.body_size,
        .keys = self->keys,
        .timeout_ns = self->call.timeout_ns > 0 ? self->call.timeout_ns : self->route->timeout_ns,
        .not_after_ns = self->call.not_after_ns,
        .reply_max = REQUEST_REPLY_MAX};
    intent_t intent = self->call.request.intent;
    bool is_exit = intent == INTENT_BUY_TO_CLOSE || intent == INTENT_SELL_TO_CLOSE;
    return channel_send (self->route->orders, &request, is_exit, on_reply, self);
}

static int flight_send (flight_t *self)
{
    const flight_route_t *route = self->route;
    call_kind_t kind = self->call.kind;
    if (kind == CALL_SUBMIT && route->orders)
        return flight_submit (self);
    int result = request_make (&self->request, &self->call, route->base_url, route->data_url, self->cursor);
    if (result != 0)
        return result;
    rest_request_t request = {.method = self->request.method,
        .url = self->request.url,
        .body = self->request.body,
        .body_size = self->request.body_size,
        .keys = self->keys,
        .timeout_ns = self->call.timeout_ns > 0 ? self->call.timeout_ns : route->timeout_ns,
        .not_after_ns = kind == CALL_SUBMIT ? self->call.not_after_ns : 0,
        .reply_max = self->request.reply_max};
    bool is_refresh = kind == CALL_ACCOUNT || kind == CALL_POSITIONS; /*  nobody waits for them */
    if (route->reads && request.method == REST_GET && kind != CALL_LATEST_TRADE)
        return channel_send (route->reads, &request, !is_refresh, on_reply, self);
    return rest_send (route->rest, &request, on_reply, self);
}

int flight_start (flight_t *self, const broker_call_t *call, keys_t *keys)
{
    assert (self && call && keys && !self->keys);
    self->call = *call;
    self->keys = keys_hold (keys);
    self->cursor[0] = '\0';
    if (call->kind == CALL_FILLS)
        (void) snprintf (self->cursor, sizeof self->cursor, "%.71s", call->key);
    self->pages = 0;
    int result = flight_send (self);
    if (result != 0)
        flight_clear (self);
    return result;
}

static void flight_land (flight_t *self)
{
    broker_answer_t *answer = &self->answer;
    answer->call = self->call.kind;
    answer->account = self->call.account;
    answer->token = self->call.token;
    if (answer->kind == ANSWER_OK) {
        answer->positions = self->positions;
        answer->orders = self->orders;
        answer->activities = self->activities;
        answer->count = self->count;
    }
    self->route->answer (self->route->context, answer);
    flight_clear (self);
    self->landed (self->context, self);
}

static void flight_fail (flight_t *self, answer_kind_t kind, const char *reason)
{
    self->answer.kind = kind;
    TEXT_SET (self->answer.message, reason);
    flight_land (self);
}

/*  An order that is not the one asked about answers nothing. */
static int flight_read_order (flight_t *self, const rest_reply_t *reply, problem_t *problem)
{
    order_t *order = &self->answer.order;
    int result = json_order (reply->body, reply->body_size, order, problem);
    if (result != 0)
        return result;
    const char *expected = NULL;
    if (self->call.kind == CALL_SUBMIT)
        expected = self->call.request.client_order_id;
    else if (self->call.kind == CALL_ORDER_BY_CLIENT_ID)
        expected = self->call.key;
    if (expected && strcmp (order->client_order_id, expected) != 0)
        return problem_set (problem, ERR_TYPE, "client_order_id", "another order's");
    return 0;
}

/*  One page; *more_p: there may be another. */
static int flight_read_orders (flight_t *self, const rest_reply_t *reply, bool *more_p, problem_t *problem)
{
    size_t before = self->count;
    int result = json_orders (reply->body, reply->body_size, &self->orders, &self->count, problem);
    if (result != 0)
        return result;
    *more_p = self->count - before >= REQUEST_ORDERS_PAGE;
    if (*more_p) {
        const char *last = self->orders[self->count - 1].id;
        if (strcmp (last, self->cursor) == 0)
            return problem_set (problem, ERR_TYPE, "orders", "the pages repeat themselves");
        TEXT_SET (self->cursor, last);
    }
    return 0;
}

static int flight_read_fills (flight_t *self, const rest_reply_t *reply, bool *more_p, problem_t *problem)
{
    size_t seen = 0;
    char last[REQUEST_CURSOR_MAX] = "";
    int result = json_activities (
        reply->body, reply->body_size, &self->activities, &self->count, &seen, last, problem);
    if (result != 0)
        return result;
    *more_p = seen >= REQUEST_ACTIVITIES_PAGE;
    if (*more_p && strcmp (last, self->cursor) == 0)
        return problem_set (problem, ERR_TYPE, "activities", "the pages repeat themselves");
    memcpy (self->cursor, last, sizeof self->cursor);
    return 0;
}

static int flight_read (flight_t *self, const rest_reply_t *reply, bool *more_p, problem_t *problem)
{
    broker_answer_t *answer = &self->answer;
    const char *body = reply->body;
    size_t size = reply->body_size;
    switch (self->call.kind) {
    case CALL_SUBMIT:
    case CALL_ORDER:
    case CALL_ORDER_BY_CLIENT_ID: return flight_read_order (self, reply, problem);
    case CALL_CANCEL: return 0; /*  204, empty */
    case CALL_ACCOUNT: return json_account (body, size, &answer->account_state, problem);
    case CALL_POSITIONS: return json_positions (body, size, &self->positions, &self->count, problem);
    case CALL_ORDERS:
    case CALL_OPEN_ORDERS: return flight_read_orders (self, reply, more_p, problem);
    case CALL_FILLS: return flight_read_fills (self, reply, more_p, problem);
    case CALL_ASSET: return json_asset (body, size, &answer->asset, problem);
    case CALL_CLOCK: return json_clock (body, size, &answer->clock, problem);
    case CALL_LATEST_TRADE: return json_latest_trade (body, size, &answer->price_e9, problem);
    case CALL_COUNT: break;
    }
    return problem_set (problem, ERR_UNEXPECTED, "call", "of no kind");
}

/*  Lists that the caller reads in portions end here; it goes on from the last item. */
static bool flight_is_full (const flight_t *self)
{
    return (self->call.kind == CALL_FILLS && self->count >= CALL_FILLS_MAX) ||
           (self->call.kind == CALL_ORDERS && self->count >= CALL_ORDERS_MAX);
}

static void flight_next_page (flight_t *self)
{
    if (flight_is_full (self)) {
        self->answer.more = true;
        flight_land (self);
        return;
    }
    if (++self->pages >= REQUEST_PAGES_MAX) {
        char reason[REASON_MAX];
        (void) snprintf (
            reason, sizeof reason, "more than %d pages: ask for a shorter time", REQUEST_PAGES_MAX);
        flight_fail (self, ANSWER_REJECTED, reason);
        return;
    }
    int result = flight_send (self);
    if (result != 0)
        flight_fail (self, ANSWER_UNKNOWN, error_text (result));
}

static void on_reply (void *context, const rest_reply_t *reply)
{
    flight_t *self = context;
    problem_t problem = {0};
    bool more = false;
    if (self->pages == 0) /*  not before: a fan-out sends before it reads */
        memset (&self->answer, 0, sizeof self->answer);
    int64_t first_sent_at_ns = self->answer.sent_at_ns;
    verdict_fill (&self->answer, self->call.kind, reply);
    if (first_sent_at_ns)
        self->answer.sent_at_ns = first_sent_at_ns;
    if (self->answer.kind != ANSWER_OK) {
        flight_land (self);
        return;
    }
    if (flight_read (self, reply, &more, &problem) != 0) {
        char line[sizeof self->answer.message];
        flight_fail (self, ANSWER_UNKNOWN, problem_line (&problem, line, sizeof line));
        return;
    }
    if (more)
        flight_next_page (self);
    else
        flight_land (self);
}
