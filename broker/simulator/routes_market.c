/*  routes_market.c: assets, clock, calendar, latest trades and quotes. */
#include "broker/simulator/routes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static engine_t *engine_of (exchange_t *exchange)
{
    return exchange->connection->server->engine;
}

/*  No filter, or one of its comma separated words is the value. */
static bool passes (const exchange_t *exchange, const char *name, const char *value)
{
    char wanted[HTTP_VALUE_MAX];
    if (!http_query (exchange->request.query, name, wanted) || !wanted[0])
        return true;
    char *rest = NULL;
    for (char *word = strtok_r (wanted, ",", &rest); word; word = strtok_r (NULL, ",", &rest)) {
        if (strcmp (word, value) == 0)
            return true;
    }
    return false;
}

void route_assets (exchange_t *exchange, const char *argument)
{
    (void) argument;
    engine_t *engine = engine_of (exchange);
    char attributes[HTTP_VALUE_MAX];
    bool none = http_query (exchange->request.query, "attributes", attributes) && attributes[0];
    http_buffer_t *out = answer_ok (exchange);
    const char *separator = "";
    http_buffer_text (out, "[");
    for (size_t i = 0; !none && i < engine_assets_count (engine); i++) {
        const engine_asset_t *asset = engine_asset_at (engine, i);
        if (!passes (exchange, "status", asset->active ? "active" : "inactive") ||
            !passes (exchange, "asset_class", engine_class_text (asset->asset_class)) ||
            !passes (exchange, "exchange", asset->exchange))
            continue;
        http_buffer_text (out, separator);
        encode_asset (out, asset);
        separator = ",";
    }
    http_buffer_text (out, "]");
}

void route_asset (exchange_t *exchange, const char *argument)
{
    const engine_asset_t *asset = engine_asset_find (engine_of (exchange), argument);
    if (asset)
        encode_asset (answer_ok (exchange), asset);
    else {
        char message[160];
        snprintf (message, sizeof (message), "asset not found for %.64s", argument);
        answer_error (exchange, 404, 40410000, message);
    }
}

static void newyork (http_buffer_t *out, const char *name, int64_t at_ns)
{
    char text[TIME_TEXT_MAX];
    encode_text (out, name, engine_newyork_format (at_ns, text));
}

void route_clock (exchange_t *exchange, const char *argument)
{
    (void) argument;
    engine_clock_t clock;
    engine_clock_get (engine_of (exchange), server_utc_ns (), &clock);
    http_buffer_t *out = answer_ok (exchange);
    encode_open (out);
    newyork (out, "timestamp", clock.at_ns);
    encode_flag (out, "is_open", clock.is_open);
    newyork (out, "next_open", clock.next_open_ns);
    newyork (out, "next_close", clock.next_close_ns);
    encode_close (out);
}

void route_calendar (exchange_t *exchange, const char *argument)
{
    (void) argument;
    char start[HTTP_VALUE_MAX];
    char end[HTTP_VALUE_MAX];
    bool has_start = http_query (exchange->request.query, "start", start);
    bool has_end = http_query (exchange->request.query, "end", end);
    engine_day_t *days = malloc (ENGINE_DAYS_MAX * sizeof (*days));
    engine_error_t error = {.http_status = 500, .code = 50010000, .message = "out of memory"};
    size_t count = 0;
    if (!days || engine_calendar_list (engine_of (exchange), has_start ? start : NULL, has_end ? end : NULL,
                     server_utc_ns (), days, ENGINE_DAYS_MAX, &count, &error))
        answer_refusal (exchange, &error);
    else {
        http_buffer_t *out = answer_ok (exchange);
        http_buffer_text (out, "[");
        for (size_t i = 0; i < count; i++)
            http_buffer_printf (out,
                "%s{\"date\":\"%s\",\"open\":\"%s\",\"close\":\"%s\",\"session_open\":\"%s\",\"session_"
                "close\":\"%s\","
                "\"settlement_date\":\"%s\"}",
                i ? "," : "", days[i].date, days[i].open, days[i].close, days[i].session_open,
                days[i].session_close, days[i].date);
        http_buffer_text (out, "]");
    }
    free (days);
}

static void put_trade (http_buffer_t *out, const engine_asset_t *asset)
{
    encode_open (out);
    encode_time (out, "t", asset->price_at_ns);
    encode_text (out, "x", "V");
    encode_number (out, "p", asset->price_e9);
    http_buffer_text (out, "\"s\":100,\"c\":[\"@\"],");
    encode_integer (out, "i", (int64_t) asset->trades);
    encode_text (out, "z", "C");
    encode_close (out);
}

static void put_quote (http_buffer_t *out, const engine_t *engine, const engine_asset_t *asset)
{
    engine_quote_t quote;
    engine_asset_quote (engine, asset, &quote);
    encode_open (out);
    encode_time (out, "t", quote.at_ns);
    encode_text (out, "ax", "V");
    encode_number (out, "ap", quote.ask_e9);
    encode_number (out, "as", quote.ask_size_e9);
    encode_text (out, "bx", "V");
    encode_number (out, "bp", quote.bid_e9);
    encode_number (out, "bs", quote.bid_size_e9);
    http_buffer_text (out, "\"c\":[\"R\"],");
    encode_text (out, "z", "C");
    encode_close (out);
}

static void one_latest (exchange_t *exchange, const char *symbol, bool quote)
{
    engine_t *engine = engine_of (exchange);
    engine_advance (engine, server_utc_ns ());
    const engine_asset_t *asset = engine_asset_find (engine, symbol);
    if (!asset) {
        answer_error (exchange, 404, 0, quote ? "no quote found for symbol" : "no trade found for symbol");
        return;
    }
    http_buffer_t *out = answer_ok (exchange);
    encode_open (out);
    encode_text (out, "symbol", asset->symbol);
    http_buffer_text (out, quote ? "\"quote\":" : "\"trade\":");
    if (quote)
        put_quote (out, engine, asset);
    else
        put_trade (out, asset);
    encode_close (out);
}

static void many_latest (exchange_t *exchange, bool quote)
{
    engine_t *engine = engine_of (exchange);
    char symbols[HTTP_VALUE_MAX];
    if (!http_query (exchange->request.query, "symbols", symbols) || !symbols[0]) {
        answer_error (exchange, 400, 0, "symbols is required");
        return;
    }
    engine_advance (engine, server_utc_ns ());
    http_buffer_t *out = answer_ok (exchange);
    http_buffer_text (out, quote ? "{\"quotes\":{" : "{\"trades\":{");
    char *rest = NULL;
    const char *separator = "";
    for (char *word = strtok_r (symbols, ",", &rest); word; word = strtok_r (NULL, ",", &rest)) {
        const engine_asset_t *asset = engine_asset_find (engine, word);
        if (!asset)
            continue;
        http_buffer_printf (out, "%s\"%s\":", separator, asset->symbol);
        if (quote)
            put_quote (out, engine, asset);
        else
            put_trade (out, asset);
        separator = ",";
    }
    http_buffer_text (out, "}}");
}

void route_trade_latest (exchange_t *exchange, const char *argument)
{
    one_latest (exchange, argument, false);
}

void route_quote_latest (exchange_t *exchange, const char *argument)
{
    one_latest (exchange, argument, true);
}

void route_trades_latest (exchange_t *exchange, const char *argument)
{
    (void) argument;
    many_latest (exchange, false);
}

void route_quotes_latest (exchange_t *exchange, const char *argument)
{
    (void) argument;
    many_latest (exchange, true);
}
