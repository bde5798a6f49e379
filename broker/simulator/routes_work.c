/*  routes_work.c: keys, rate limit, faults, then the route: in the broker's order. */
#include "broker/simulator/routes.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/sse.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const route_t ROUTES[] = {
    {HTTP_POST, "/v2/orders", route_order_submit},
    {HTTP_GET, "/v2/orders", route_orders_list},
    {HTTP_DELETE, "/v2/orders", route_orders_cancel},
    {HTTP_GET, "/v2/orders:by_client_order_id", route_order_by_client_id},
    {HTTP_GET, "/v2/orders/*", route_order_get},
    {HTTP_PATCH, "/v2/orders/*", route_order_replace},
    {HTTP_DELETE, "/v2/orders/*", route_order_cancel},
    {HTTP_GET, "/v2/account", route_account},
    {HTTP_GET, "/v2/account/configurations", route_configurations_get},
    {HTTP_PATCH, "/v2/account/configurations", route_configurations_patch},
    {HTTP_GET, "/v2/account/portfolio/history", route_portfolio},
    {HTTP_GET, "/v2/account/activities", route_activities},
    {HTTP_GET, "/v2/account/activities/*", route_activities},
    {HTTP_GET, "/v2/positions", route_positions_list},
    {HTTP_DELETE, "/v2/positions", route_positions_close},
    {HTTP_GET, "/v2/positions/*", route_position_get},
    {HTTP_DELETE, "/v2/positions/*", route_position_close},
    {HTTP_GET, "/v2/assets", route_assets},
    {HTTP_GET, "/v2/assets/*", route_asset},
    {HTTP_GET, "/v2/clock", route_clock},
    {HTTP_GET, "/v2/calendar", route_calendar},
    {HTTP_GET, "/v2/stocks/trades/latest", route_trades_latest},
    {HTTP_GET, "/v2/stocks/quotes/latest", route_quotes_latest},
    {HTTP_GET, "/v2/stocks/*/trades/latest", route_trade_latest},
    {HTTP_GET, "/v2/stocks/*/quotes/latest", route_quote_latest},
    {HTTP_GET, "/v2/events/trades", route_events},
};

void answer_error (exchange_t *exchange, int status, int64_t code, const char *message)
{
    assert (exchange && message);
    engine_error_t error = {.http_status = status, .code = code};
    snprintf (error.message, sizeof (error.message), "%s", message);
    answer_refusal (exchange, &error);
}

void answer_refusal (exchange_t *exchange, const engine_error_t *error)
{
    assert (exchange && error && error->http_status >= 400);
    exchange->answer.status = error->http_status;
    http_buffer_clear (&exchange->answer.body);
    encode_error (&exchange->answer.body, error);
    if (error->code == 40010001 && strcmp (error->message, "client_order_id must be unique") == 0)
        exchange->connection->server->counters.duplicate_ids++;
}

http_buffer_t *answer_ok (exchange_t *exchange)
{
    assert (exchange);
    exchange->answer.status = 200;
    return &exchange->answer.body;
}

void answer_order (exchange_t *exchange, int rc, const engine_order_t *order, const engine_error_t *error)
{
    if (rc)
        answer_refusal (exchange, error);
    else
        encode_order (answer_ok (exchange), order);
}

json_t *answer_needs_object (exchange_t *exchange)
{
    assert (exchange);
    const http_buffer_t *body = &exchange->request.body;
    json_t *json = http_body_parse (http_buffer_bytes (body), http_buffer_size (body));
    if (!json_is_object (json)) {
        answer_error (exchange, 400, 40010000, "request body format is invalid");
        json_decref (json);
        return NULL;
    }
    return json;
}

/*  "key:secret" in text: false = no colon, or no such account. */
static bool account_of_pair (exchange_t *exchange, char *text)
{
    char *colon = strchr (text, ':');
    if (!colon)
        return false;
    *colon = 0;
    return engine_account_by_keys (
               exchange->connection->server->engine, text, colon + 1, &exchange->account) == 0;
}

static bool account_of_authorization (exchange_t *exchange)
{
    char text[HTTP_VALUE_MAX + 4] = {0};
    const char *value = exchange->request.authorization;
    if (strncasecmp (value, "Bearer ", 7) == 0)
        snprintf (text, sizeof (text), "%s", value + 7);
    else if (strncasecmp (value, "Basic ", 6) == 0 && strlen (value + 6) % 4 == 0)
        (void) EVP_DecodeBlock (
            (unsigned char *) text, (const unsigned char *) value + 6, (int) strlen (value + 6));
    return account_of_pair (exchange, text);
}

/*  0, or the status of the refusal (section 1: wording of no keys and of bad keys). */
static bool is_authorized (exchange_t *exchange)
{
    http_request_t *request = &exchange->request;
    if (request->authorization[0])
        exchange->has_account = account_of_authorization (exchange);
    else if (request->key_id[0] && request->secret[0])
        exchange->has_account = engine_account_by_keys (exchange->connection->server->engine, request->key_id,
                                    request->secret, &exchange->account) == 0;
    else {
        answer_error (exchange, 403, 0, "forbidden.");
        return false;
    }
    if (!exchange->has_account)
        answer_error (exchange, 401, 0, "unauthorized.");
    return exchange->has_account;
}

static bool within_rate (exchange_t *exchange)
{
    int64_t now_ns = server_utc_ns ();
    engine_rate_t rate = {0};
    bool taken = engine_rate_take (exchange->connection->server->engine, exchange->account, now_ns, &rate);
    http_answer_t *answer = &exchange->answer;
    answer->has_limit = true;
    answer->limit = rate.limit ? rate.limit : 1000000;
    answer->remaining = rate.limit ? rate.remaining : 1000000;
    answer->reset_s = rate.limit ? rate.reset_at_s : now_ns / ENGINE_SECOND_NS + 60;
    if (!taken)
        answer_error (exchange, 429, 42910000, "rate limit exceeded");
    return taken;
}

static void answer_fault (exchange_t *exchange, int status, bool html)
{
    http_answer_t *answer = &exchange->answer;
    answer->retry_after = status == 429;
    if (!html) {
        answer_error (exchange, status,
            status == 429   ? 42910000
            : status == 500 ? 50010000
                            : 0,
            status == 429 ? "rate limit exceeded" : http_status_text (status));
        return;
    }
    answer->status = status;
    answer->content_type = "text/html";
    http_buffer_printf (&answer->body,
        "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        status, http_status_text (status), status, http_status_text (status));
}

static void trading_work (exchange_t *exchange)
{
    faults_t *faults = exchange->connection->server->faults;
    if (!is_authorized (exchange) || !within_rate (exchange))
        return;
    bool html = false;
    int status = faults_status (faults, exchange, &html);
    if (status) {
        answer_fault (exchange, status, html);
        return;
    }
    fault_lost_t lost = faults_lost (faults, exchange);
    exchange->lose_answer = lost != FAULT_ANSWERED;
    if (lost == FAULT_LOST_BEFORE)
        return;
    char argument[HTTP_PATH_MAX];
    bool known = false;
    const route_t *route = routes_find (ROUTES, sizeof (ROUTES) / sizeof (ROUTES[0]),
        exchange->request.method, exchange->request.path, argument, &known);
    if (route)
        route->work (exchange, argument);
    else
        answer_error (exchange, known ? 405 : 404, 0, known ? "method not allowed" : "endpoint not found");
}

static void handshake (exchange_t *exchange)
{
    const http_request_t *request = &exchange->request;
    if (faults_refuse (exchange->connection->server->faults, UINT32_MAX, server_utc_ns ()))
        answer_fault (exchange, 429, false);
    else if (!request->upgrade || !request->websocket_key[0] || exchange->stream_id ||
             request->method != HTTP_GET)
        answer_error (exchange, 400, 0, "websocket handshake expected");
    else
        stream_upgrade (exchange);
}

void routes_work (exchange_t *exchange)
{
    assert (exchange);
    const char *path = exchange->request.path;
    if (exchange->refused)
        answer_error (exchange, exchange->refused, exchange->refused == 400 ? 40010000 : 0,
            http_status_text (exchange->refused));
    else if (strncmp (path, "/control", 8) == 0)
        control_work (exchange);
    else if (strcmp (path, "/stream") == 0)
        handshake (exchange);
    else
        trading_work (exchange);
}

void route_events (exchange_t *exchange, const char *argument)
{
    (void) argument;
    if (faults_refuse (exchange->connection->server->faults, exchange->account, server_utc_ns ()))
        answer_fault (exchange, 429, false);
    else
        sse_open (exchange);
}
