/*  routes_account.c: /v2/account and what hangs below it; /v2/positions. */
#include "broker/simulator/routes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static engine_t *engine_of (exchange_t *exchange)
{
    return exchange->connection->server->engine;
}

static const char *query_of (const exchange_t *exchange, const char *name, char text[HTTP_VALUE_MAX])
{
    return http_query (exchange->request.query, name, text) ? text : NULL;
}

void route_account (exchange_t *exchange, const char *argument)
{
    (void) argument;
    engine_account_t account;
    engine_account_get (engine_of (exchange), exchange->account, server_utc_ns (), &account);
    encode_account (answer_ok (exchange), &account);
}

void route_configurations_get (exchange_t *exchange, const char *argument)
{
    (void) argument;
    engine_configurations_t configurations;
    engine_configurations_get (engine_of (exchange), exchange->account, &configurations);
    encode_configurations (answer_ok (exchange), &configurations);
}

static void read_flag (const json_t *body, const char *name, bool *flag)
{
    const json_t *value = json_object_get (body, name);
    if (json_is_boolean (value))
        *flag = json_is_true (value);
}

void route_configurations_patch (exchange_t *exchange, const char *argument)
{
    (void) argument;
    json_t *body = answer_needs_object (exchange);
    if (!body)
        return;
    engine_configurations_t configurations;
    engine_configurations_get (engine_of (exchange), exchange->account, &configurations);
    read_flag (body, "fractional_trading", &configurations.fractional_trading);
    read_flag (body, "no_shorting", &configurations.no_shorting);
    read_flag (body, "suspend_trade", &configurations.suspend_trade);
    read_flag (body, "ptp_no_exception_entry", &configurations.ptp_no_exception_entry);
    read_flag (body, "disable_overnight_trading", &configurations.disable_overnight_trading);
    const char *multiplier = http_body_text (body, "max_margin_multiplier");
    if (multiplier)
        configurations.max_margin_multiplier = (int) strtol (multiplier, NULL, 10);
    const char *email = http_body_text (body, "trade_confirm_email");
    if (email)
        snprintf (
            configurations.trade_confirm_email, sizeof (configurations.trade_confirm_email), "%s", email);
    engine_error_t error = {0};
    if (engine_configurations_set (engine_of (exchange), exchange->account, &configurations, &error))
        answer_refusal (exchange, &error);
    else
        encode_configurations (answer_ok (exchange), &configurations);
    json_decref (body);
}

static void put_series (http_buffer_t *out, const char *name, const int64_t *values_e9, size_t count)
{
    http_buffer_printf (out, "\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        char text[FIXED_TEXT_MAX];
        fixed_format (values_e9[i], text);
        http_buffer_printf (out, "%s%s", i ? "," : "", text);
    }
    http_buffer_text (out, "],");
}

void route_portfolio (exchange_t *exchange, const char *argument)
{
    (void) argument;
    char texts[5][HTTP_VALUE_MAX];
    const engine_portfolio_filter_t filter = {
        .period = query_of (exchange, "period", texts[0]),
        .timeframe = query_of (exchange, "timeframe", texts[1]),
        .start = query_of (exchange, "start", texts[2]),
        .end = query_of (exchange, "end", texts[3]) ? texts[3] : query_of (exchange, "date_end", texts[4]),
    };
    engine_portfolio_t *portfolio = malloc (sizeof (*portfolio));
    engine_error_t error = {.http_status = 500, .code = 50010000, .message = "out of memory"};
    if (!portfolio || engine_portfolio_get (engine_of (exchange), exchange->account, &filter,
                          server_utc_ns (), portfolio, &error)) {
        answer_refusal (exchange, &error);
        free (portfolio);
        return;
    }
    http_buffer_t *out = answer_ok (exchange);
    http_buffer_text (out, "{\"timestamp\":[");
    for (size_t i = 0; i < portfolio->count; i++)
        http_buffer_printf (out, "%s%lld", i ? "," : "", (long long) portfolio->at_s[i]);
    http_buffer_text (out, "],");
    put_series (out, "equity", portfolio->equity_e9, portfolio->count);
    put_series (out, "profit_loss", portfolio->profit_loss_e9, portfolio->count);
    put_series (out, "profit_loss_pct", portfolio->profit_loss_pct_e9, portfolio->count);
    encode_number (out, "base_value", portfolio->base_value_e9);
    encode_text (out, "timeframe", portfolio->timeframe);
    encode_close (out);
    free (portfolio);
}

void route_activities (exchange_t *exchange, const char *argument)
{
    char texts[9][HTTP_VALUE_MAX];
    const engine_activity_filter_t filter = {
        .activity_types = *argument ? argument : query_of (exchange, "activity_types", texts[0]),
        .category = query_of (exchange, "category", texts[1]),
        .date = query_of (exchange, "date", texts[2]),
        .after = query_of (exchange, "after", texts[3]),
        .until = query_of (exchange, "until", texts[4]),
        .direction = query_of (exchange, "direction", texts[5]),
        .order_id = query_of (exchange, "order_id", texts[6]),
        .page_size = query_of (exchange, "page_size", texts[7]),
        .page_token = query_of (exchange, "page_token", texts[8]),
    };
    const engine_execution_t *executions[ENGINE_ACTIVITIES_MAX];
    size_t count = 0;
    engine_error_t error = {0};
    if (engine_activities_list (engine_of (exchange), exchange->account, &filter, server_utc_ns (),
            executions, ENGINE_ACTIVITIES_MAX, &count, &error)) {
        answer_refusal (exchange, &error);
        return;
    }
    http_buffer_t *out = answer_ok (exchange);
    http_buffer_text (out, "[");
    for (size_t i = 0; i < count; i++) {
        http_buffer_text (out, i ? "," : "");
        encode_activity (out, executions[i]);
    }
    http_buffer_text (out, "]");
}

void route_positions_list (exchange_t *exchange, const char *argument)
{
    (void) argument;
    engine_position_t positions[ENGINE_ASSETS_MAX];
    size_t count = engine_positions_list (
        engine_of (exchange), exchange->account, server_utc_ns (), positions, ENGINE_ASSETS_MAX);
    http_buffer_t *out = answer_ok (exchange);
    http_buffer_text (out, "[");
    for (size_t i = 0; i < count; i++) {
        http_buffer_text (out, i ? "," : "");
        encode_position (out, &positions[i]);
    }
    http_buffer_text (out, "]");
}

void route_position_get (exchange_t *exchange, const char *argument)
{
    engine_position_t position;
    engine_error_t error = {0};
    if (engine_position_get (
            engine_of (exchange), exchange->account, argument, server_utc_ns (), &position, &error))
        answer_refusal (exchange, &error);
    else
        encode_position (answer_ok (exchange), &position);
}

void route_position_close (exchange_t *exchange, const char *argument)
{
    char qty[HTTP_VALUE_MAX];
    char percentage[HTTP_VALUE_MAX];
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    int rc = engine_position_close (engine_of (exchange), exchange->account, argument,
        query_of (exchange, "qty", qty), query_of (exchange, "percentage", percentage),
        exchange->request.arrived_at_ns, server_utc_ns (), &order, &error);
    answer_order (exchange, rc, order, &error);
}

static void put_close_item (http_buffer_t *out, const engine_close_item_t *item)
{
    encode_open (out);
    encode_text (out, "symbol", item->symbol);
    encode_integer (out, "status", item->status);
    http_buffer_text (out, "\"body\":");
    if (item->order)
        encode_order (out, item->order);
    else
        encode_error (out, &item->error);
    encode_close (out);
}

void route_positions_close (exchange_t *exchange, const char *argument)
{
    (void) argument;
    char text[HTTP_VALUE_MAX];
    const char *cancel = query_of (exchange, "cancel_orders", text);
    bool cancel_orders = cancel && (strcmp (cancel, "true") == 0 || strcmp (cancel, "True") == 0);
    engine_close_item_t *items = calloc (ENGINE_ASSETS_MAX, sizeof (*items));
    if (!items) {
        answer_error (exchange, 500, 50010000, "out of memory");
        return;
    }
    size_t count = engine_positions_close_all (engine_of (exchange), exchange->account, cancel_orders,
        exchange->request.arrived_at_ns, server_utc_ns (), items, ENGINE_ASSETS_MAX);
    http_buffer_t *out = answer_ok (exchange);
    exchange->answer.status = 207;
    http_buffer_text (out, "[");
    for (size_t i = 0; i < count; i++) {
        http_buffer_text (out, i ? "," : "");
        put_close_item (out, &items[i]);
    }
    http_buffer_text (out, "]");
    free (items);
}
