/*  control.c: the control routes, who may use them, and the small ones: prices, order, state. */
#include "broker/simulator/control.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WALK_TICK_NS (200 * ENGINE_MS_NS)
#define WALK_VOLATILITY_PPM 500

static const route_t ROUTES[] = {
    {HTTP_POST, "/control/accounts", control_accounts_post},
    {HTTP_GET, "/control/accounts", control_accounts_get},
    {HTTP_POST, "/control/prices", control_prices_post},
    {HTTP_POST, "/control/faults", control_faults_post},
    {HTTP_DELETE, "/control/faults", control_faults_delete},
    {HTTP_POST, "/control/order", control_order_post},
    {HTTP_GET, "/control/history", control_history_get},
    {HTTP_GET, "/control/state", control_state_get},
};

static bool has_token (const exchange_t *exchange)
{
    const char *token = exchange->connection->server->control_token;
    const char *given = exchange->request.authorization;
    if (!token[0])
        return true;
    size_t size = strlen (token);
    return strncmp (given, "Bearer ", 7) == 0 && strlen (given + 7) == size &&
           CRYPTO_memcmp (given + 7, token, size) == 0;
}

void control_work (exchange_t *exchange)
{
    assert (exchange);
    bool near = exchange->connection->loopback || exchange->connection->server->control_token[0];
    if (!near || !has_token (exchange)) {
        answer_error (exchange, 403, 0, "control is for loopback addresses, or with the control token");
        return;
    }
    char argument[HTTP_PATH_MAX];
    bool known = false;
    const route_t *route = routes_find (ROUTES, sizeof (ROUTES) / sizeof (ROUTES[0]),
        exchange->request.method, exchange->request.path, argument, &known);
    if (route)
        route->work (exchange, argument);
    else
        answer_error (exchange, known ? 405 : 404, 0, known ? "method not allowed" : "endpoint not found");
}

void control_refuse (exchange_t *exchange, const problem_t *problem)
{
    assert (exchange && problem);
    char message[480];
    snprintf (message, sizeof (message), "%s: %s", problem->where, problem->detail);
    int status = problem->code == ERR_NOT_FOUND ? 404 : problem->code == ERR_SYNTAX ? 400 : 422;
    answer_error (exchange, status, 0, message);
}

int control_account_find (const simulator_t *server, const char *name, uint32_t *account_p)
{
    assert (server && name && account_p);
    const json_t *labeled = json_object_get (server->labels, name);
    if (labeled) {
        *account_p = (uint32_t) json_integer_value (labeled);
        return 0;
    }
    if (engine_account_by_key_id (server->engine, name, account_p) == 0)
        return 0;
    return engine_account_by_id (server->engine, name, account_p);
}

bool control_amount (const json_t *object, const char *name, int64_t *value_e9_p, bool *wrong_p)
{
    const json_t *value = json_object_get (object, name);
    const char *text = json_string_value (value);
    if (!value || json_is_null (value))
        return false;
    int64_t value_e9 = 0;
    if (!text || fixed_parse (text, strlen (text), &value_e9) || value_e9 < 0) {
        *wrong_p = true;
        return false;
    }
    *value_e9_p = value_e9;
    return true;
}

bool control_integer (const json_t *object, const char *name, int64_t max, int64_t *value_p, bool *wrong_p)
{
    int64_t value_e9 = 0;
    if (!control_amount (object, name, &value_e9, wrong_p))
        return false;
    if (value_e9 % FIXED_ONE || value_e9 / FIXED_ONE > max) {
        *wrong_p = true;
        return false;
    }
    *value_p = value_e9 / FIXED_ONE;
    return true;
}

/*  Everything is looked at before anything is set. */
static int check_prices (simulator_t *server, json_t *body, problem_t *problem)
{
    const char *symbol;
    json_t *value;
    json_object_foreach (body, symbol, value)
    {
        int64_t price_e9 = 0;
        bool wrong = false;
        if (strcmp (symbol, "walk") == 0) {
            if (!json_is_boolean (value))
                return problem_set (problem, ERR_TYPE, "walk", "true or false");
            continue;
        }
        if (!engine_asset_find (server->engine, symbol))
            return problem_set (problem, ERR_RANGE, "prices", "no such symbol: %.32s", symbol);
        if (!control_amount (body, symbol, &price_e9, &wrong) || price_e9 == 0 ||
            price_e9 > 1000000 * FIXED_ONE)
            return problem_set (problem, ERR_RANGE, symbol, "a price above 0 and at most 1000000");
    }
    return 0;
}

void control_prices_post (exchange_t *exchange, const char *argument)
{
    (void) argument;
    simulator_t *server = exchange->connection->server;
    problem_t problem = {0};
    json_t *body = answer_needs_object (exchange);
    if (!body)
        return;
    if (check_prices (server, body, &problem)) {
        control_refuse (exchange, &problem);
        json_decref (body);
        return;
    }
    http_buffer_t *out = answer_ok (exchange);
    http_buffer_text (out, "{\"prices\":{");
    const char *separator = "";
    const char *symbol;
    json_t *value;
    json_object_foreach (body, symbol, value)
    {
        int64_t price_e9 = 0;
        bool wrong = false;
        if (!control_amount (body, symbol, &price_e9, &wrong))
            continue;
        (void) engine_price_set (server->engine, symbol, price_e9, server_utc_ns ());
        http_buffer_printf (out, "%s\"%s\":\"%s\"", separator, symbol, json_string_value (value));
        separator = ",";
    }
    const json_t *walk = json_object_get (body, "walk");
    if (walk) {
        server->walk = json_is_true (walk);
        engine_walk_set (
            server->engine, server->walk ? WALK_TICK_NS : 0, WALK_VOLATILITY_PPM, server_utc_ns ());
    }
    http_buffer_printf (out, "},\"walk\":%s}", server->walk ? "true" : "false");
    json_decref (body);
}

void control_order_post (exchange_t *exchange, const char *argument)
{
    (void) argument;
    json_t *body = answer_needs_object (exchange);
    if (!body)
        return;
    const char *name = http_body_text (body, "account");
    uint32_t account = 0;
    if (!name || control_account_find (exchange->connection->server, name, &account))
        answer_error (exchange, 404, 0, "account: no such account");
    else
        orders_submit (exchange, account, body);
    json_decref (body);
}

void control_state_get (exchange_t *exchange, const char *argument)
{
    (void) argument;
    const simulator_t *server = exchange->connection->server;
    const counters_t *counters = &server->counters;
    http_buffer_t *out = answer_ok (exchange);
    size_t orders = engine_orders_count (server->engine);
    encode_open (out);
    encode_integer (out, "accounts", (int64_t) engine_accounts_count (server->engine));
    encode_integer (out, "orders", (int64_t) orders);
    encode_integer (out, "executions", (int64_t) engine_executions_count (server->engine));
    encode_integer (out, "requests", (int64_t) counters->requests);
    http_buffer_printf (out, "\"answers\":{\"2xx\":%llu,\"4xx\":%llu,\"5xx\":%llu},",
        (unsigned long long) counters->answers_2xx, (unsigned long long) counters->answers_4xx,
        (unsigned long long) counters->answers_5xx);
    encode_integer (out, "connections", (int64_t) server->connections_count);
    encode_integer (out, "streams", (int64_t) streams_count (server->streams));
    encode_integer (out, "sse", (int64_t) streams_sse_count (server->streams));
    encode_integer (out, "lost_answers", (int64_t) counters->lost_answers);
    encode_integer (out, "duplicate_client_order_ids", (int64_t) counters->duplicate_ids);
    encode_integer (
        out, "last_seq", orders ? (int64_t) engine_order_at (server->engine, orders - 1)->number : 0);
    encode_integer (out, "uptime_ms", (server_utc_ns () - server->started_at_ns) / ENGINE_MS_NS);
    encode_close (out);
}
