/*  routes_orders.c: /v2/orders with all its verbs. */
#include "broker/simulator/routes.h"
#include "broker/simulator/server_faults.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CANCELS_MAX 10000

static engine_t *engine_of (exchange_t *exchange)
{
    return exchange->connection->server->engine;
}

static bool flag_of (const json_t *body, const char *name)
{
    const json_t *value = json_object_get (body, name);
    const char *text = json_string_value (value);
    return json_is_true (value) || (text && strcmp (text, "true") == 0);
}

static bool has (const json_t *body, const char *name)
{
    const json_t *value = json_object_get (body, name);
    return value && !json_is_null (value);
}

/*  Members that must be text (numbers became text), null or absent. */
static bool are_texts (const json_t *body)
{
    static const char *const names[] = {"symbol", "qty", "notional", "side", "type", "time_in_force",
        "limit_price", "stop_price", "trail_price", "trail_percent", "trail", "client_order_id",
        "order_class", "position_intent"};
    for (size_t i = 0; i < sizeof (names) / sizeof (names[0]); i++) {
        const json_t *value = json_object_get (body, names[i]);
        if (value && !json_is_string (value) && !json_is_null (value))
            return false;
    }
    return true;
}

void orders_submit (exchange_t *exchange, uint32_t account, const json_t *body)
{
    assert (exchange && json_is_object (body));
    if (!are_texts (body)) {
        answer_error (exchange, 400, 40010000, "request body format is invalid");
        return;
    }
    const json_t *legs = json_object_get (body, "legs");
    const engine_submit_t submit = {
        .symbol = http_body_text (body, "symbol"),
        .qty = http_body_text (body, "qty"),
        .notional = http_body_text (body, "notional"),
        .side = http_body_text (body, "side"),
        .type = http_body_text (body, "type"),
        .time_in_force = http_body_text (body, "time_in_force"),
        .limit_price = http_body_text (body, "limit_price"),
        .stop_price = http_body_text (body, "stop_price"),
        .trail_price = http_body_text (body, "trail_price"),
        .trail_percent = http_body_text (body, "trail_percent"),
        .client_order_id = http_body_text (body, "client_order_id"),
        .order_class = http_body_text (body, "order_class"),
        .position_intent = http_body_text (body, "position_intent"),
        .extended_hours = flag_of (body, "extended_hours"),
        .has_take_profit = has (body, "take_profit"),
        .has_stop_loss = has (body, "stop_loss"),
        .has_legs = json_array_size (legs) > 0,
    };
    simulator_t *server = exchange->connection->server;
    faults_before_submit (server->faults, server->engine, account);
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    int rc = engine_order_submit (
        server->engine, account, &submit, exchange->request.arrived_at_ns, server_utc_ns (), &order, &error);
    answer_order (exchange, rc, order, &error);
}

void route_order_submit (exchange_t *exchange, const char *argument)
{
    (void) argument;
    json_t *body = answer_needs_object (exchange);
    if (body)
        orders_submit (exchange, exchange->account, body);
    json_decref (body);
}

static const char *query_of (const exchange_t *exchange, const char *name, char text[HTTP_VALUE_MAX])
{
    return http_query (exchange->request.query, name, text) ? text : NULL;
}

void route_orders_list (exchange_t *exchange, const char *argument)
{
    (void) argument;
    char texts[10][HTTP_VALUE_MAX];
    const engine_order_filter_t filter = {
        .status = query_of (exchange, "status", texts[0]),
        .limit = query_of (exchange, "limit", texts[1]),
        .after = query_of (exchange, "after", texts[2]),
        .until = query_of (exchange, "until", texts[3]),
        .before_order_id = query_of (exchange, "before_order_id", texts[4]),
        .after_order_id = query_of (exchange, "after_order_id", texts[5]),
        .direction = query_of (exchange, "direction", texts[6]),
        .symbols = query_of (exchange, "symbols", texts[7]),
        .side = query_of (exchange, "side", texts[8]),
        .asset_class = query_of (exchange, "asset_class", texts[9]),
    };
    engine_order_t *orders = malloc (ENGINE_LIST_MAX * sizeof (*orders));
    if (!orders) {
        answer_error (exchange, 500, 50010000, "out of memory");
        return;
    }
    size_t count = 0;
    engine_error_t error = {0};
    if (engine_orders_list (engine_of (exchange), exchange->account, &filter, server_utc_ns (), orders,
            ENGINE_LIST_MAX, &count, &error))
        answer_refusal (exchange, &error);
    else {
        http_buffer_t *out = answer_ok (exchange);
        for (size_t i = 0; i < count; i++) {
            http_buffer_text (out, i ? "," : "[");
            encode_order (out, &orders[i]);
        }
        http_buffer_text (out, count ? "]" : "[]");
    }
    free (orders);
}

void route_orders_cancel (exchange_t *exchange, const char *argument)
{
    (void) argument;
    engine_cancel_item_t *items = calloc (CANCELS_MAX, sizeof (*items));
    if (!items) {
        answer_error (exchange, 500, 50010000, "out of memory");
        return;
    }
    size_t count = engine_orders_cancel_all (engine_of (exchange), exchange->account,
        exchange->request.arrived_at_ns, server_utc_ns (), items, CANCELS_MAX);
    http_buffer_t *out = answer_ok (exchange);
    exchange->answer.status = 207;
    http_buffer_text (out, "[");
    for (size_t i = 0; i < count; i++)
        http_buffer_printf (
            out, "%s{\"id\":\"%s\",\"status\":%d}", i ? "," : "", items[i].id, items[i].status);
    http_buffer_text (out, "]");
    free (items);
}

void route_order_get (exchange_t *exchange, const char *argument)
{
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    int rc = engine_order_get (
        engine_of (exchange), exchange->account, argument, server_utc_ns (), &order, &error);
    answer_order (exchange, rc, order, &error);
}

void route_order_by_client_id (exchange_t *exchange, const char *argument)
{
    (void) argument;
    char id[HTTP_VALUE_MAX];
    if (!http_query (exchange->request.query, "client_order_id", id) || !id[0]) {
        answer_error (exchange, 422, 40010001, "client_order_id is required");
        return;
    }
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    int rc = engine_order_by_client_id (
        engine_of (exchange), exchange->account, id, server_utc_ns (), &order, &error);
    answer_order (exchange, rc, order, &error);
}

void route_order_replace (exchange_t *exchange, const char *argument)
{
    json_t *body = answer_needs_object (exchange);
    if (!body)
        return;
    if (!are_texts (body))
        answer_error (exchange, 400, 40010000, "request body format is invalid");
    else {
        const engine_replace_t replace = {
            .qty = http_body_text (body, "qty"),
            .time_in_force = http_body_text (body, "time_in_force"),
            .limit_price = http_body_text (body, "limit_price"),
            .stop_price = http_body_text (body, "stop_price"),
            .trail = http_body_text (body, "trail"),
            .client_order_id = http_body_text (body, "client_order_id"),
        };
        const engine_order_t *order = NULL;
        engine_error_t error = {0};
        int rc = engine_order_replace (engine_of (exchange), exchange->account, argument, &replace,
            exchange->request.arrived_at_ns, server_utc_ns (), &order, &error);
        answer_order (exchange, rc, order, &error);
    }
    json_decref (body);
}

void route_order_cancel (exchange_t *exchange, const char *argument)
{
    engine_error_t error = {0};
    if (engine_order_cancel (engine_of (exchange), exchange->account, argument,
            exchange->request.arrived_at_ns, server_utc_ns (), &error))
        answer_refusal (exchange, &error);
    else
        exchange->answer.status = 204;
}
