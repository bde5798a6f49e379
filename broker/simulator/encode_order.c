/*  encode_order.c: orders, positions, activities and events. */
#include "broker/simulator/encode.h"

#include <assert.h>

static void order_times (http_buffer_t *out, const engine_order_t *order)
{
    const engine_order_state_t *state = &order->state;
    encode_time (out, "created_at", order->created_at_ns);
    encode_time (out, "updated_at", state->updated_at_ns ? state->updated_at_ns : order->created_at_ns);
    encode_time (out, "submitted_at", order->submitted_at_ns);
    encode_time (out, "filled_at", state->filled_at_ns);
    encode_time (out, "expired_at", state->expired_at_ns);
    encode_time (out, "expires_at", order->expires_at_ns);
    encode_time (out, "canceled_at", state->canceled_at_ns);
    encode_time (out, "failed_at", state->failed_at_ns);
    encode_time (out, "replaced_at", state->replaced_at_ns);
}

static void order_amounts (http_buffer_t *out, const engine_order_t *order)
{
    encode_amount_or_null (out, "notional", order->notional_e9);
    encode_amount_or_null (out, "qty", order->qty_e9);
    encode_amount (out, "filled_qty", order->state.filled_qty_e9);
    encode_amount_or_null (out, "filled_avg_price", order->state.filled_avg_price_e9);
    encode_amount_or_null (out, "limit_price", order->limit_price_e9);
    encode_amount_or_null (out, "stop_price", order->stop_price_e9);
    encode_text (out, "trail_percent", NULL);
    encode_text (out, "trail_price", NULL);
    encode_text (out, "hwm", NULL);
}

void encode_order (http_buffer_t *out, const engine_order_t *order)
{
    assert (out && order);
    encode_open (out);
    encode_text (out, "id", order->id);
    encode_text (out, "client_order_id", order->client_order_id);
    order_times (out, order);
    encode_text_or_null (out, "replaced_by", order->state.replaced_by);
    encode_text_or_null (out, "replaces", order->replaces);
    encode_text (out, "asset_id", order->asset->id);
    encode_text (out, "symbol", order->asset->symbol);
    encode_text (out, "asset_class", engine_class_text (order->asset->asset_class));
    order_amounts (out, order);
    encode_text (out, "order_class", "");
    encode_text (out, "order_type", order_type_text (order->type));
    encode_text (out, "type", order_type_text (order->type));
    encode_text (out, "side", side_text (order->side));
    encode_text_or_null (out, "position_intent", intent_text (order->intent));
    encode_text (out, "time_in_force", tif_text (order->tif));
    encode_text (out, "status", order_status_text (order->state.status));
    encode_flag (out, "extended_hours", order->extended_hours);
    http_buffer_text (out, "\"legs\":null,\"ratio_qty\":null,\"subtag\":null,\"source\":null");
    encode_close (out);
}

void encode_position (http_buffer_t *out, const engine_position_t *position)
{
    assert (out && position);
    encode_open (out);
    encode_text (out, "asset_id", position->asset->id);
    encode_text (out, "symbol", position->asset->position_symbol);
    encode_text (out, "exchange", position->asset->exchange);
    encode_text (out, "asset_class", engine_class_text (position->asset->asset_class));
    encode_flag (out, "asset_marginable", position->asset->marginable);
    encode_amount (out, "qty", position->qty_e9);
    encode_amount (out, "qty_available", position->qty_available_e9);
    encode_text (out, "side", position->qty_e9 < 0 ? "short" : "long");
    encode_amount (out, "avg_entry_price", position->avg_entry_price_e9);
    encode_amount (out, "cost_basis", position->cost_basis_e9);
    encode_amount (out, "market_value", position->market_value_e9);
    encode_amount (out, "unrealized_pl", position->unrealized_pl_e9);
    encode_amount (out, "unrealized_plpc", position->unrealized_plpc_e9);
    encode_amount (out, "unrealized_intraday_pl", position->unrealized_intraday_pl_e9);
    encode_amount (out, "unrealized_intraday_plpc", position->unrealized_intraday_plpc_e9);
    encode_amount (out, "current_price", position->current_price_e9);
    encode_amount (out, "lastday_price", position->lastday_price_e9);
    encode_amount (out, "change_today", position->change_today_e9);
    encode_close (out);
}

void encode_activity (http_buffer_t *out, const engine_execution_t *execution)
{
    assert (out && execution);
    encode_open (out);
    encode_text (out, "id", execution->id);
    encode_text (out, "activity_type", "FILL");
    encode_text (out, "type", execution->order_status == STATUS_FILLED ? "fill" : "partial_fill");
    encode_time (out, "transaction_time", execution->at_ns);
    encode_amount (out, "price", execution->price_e9);
    encode_amount (out, "qty", execution->qty_e9);
    encode_amount (out, "cum_qty", execution->cum_qty_e9);
    encode_amount (out, "leaves_qty", execution->leaves_qty_e9);
    encode_text (out, "side", side_text (execution->order->side));
    encode_text (out, "symbol", execution->order->asset->symbol);
    encode_text (out, "order_id", execution->order->id);
    encode_text (out, "order_status", order_status_text (execution->order_status));
    encode_close (out);
}

static void event_members (http_buffer_t *out, const engine_event_t *event)
{
    encode_text (out, "event", update_text (event->update));
    encode_text_or_null (out, "execution_id", event->execution_id);
    encode_time (out, "timestamp", event->timestamp_ns);
    if (event->has_execution) {
        encode_amount (out, "price", event->price_e9);
        encode_amount (out, "qty", event->qty_e9);
        encode_amount (out, "position_qty", event->position_qty_e9);
    }
    http_buffer_text (out, "\"order\":");
    encode_order (out, &event->order);
    http_buffer_text (out, ",");
}

void encode_update (http_buffer_t *out, const engine_event_t *event)
{
    assert (out && event);
    http_buffer_text (out, "{\"stream\":\"trade_updates\",\"data\":");
    encode_open (out);
    event_members (out, event);
    encode_close (out);
    http_buffer_text (out, "}");
}

void encode_sse (http_buffer_t *out, const engine_event_t *event)
{
    assert (out && event);
    encode_open (out);
    encode_text (out, "account_id", event->account_id);
    encode_time (out, "at", event->at_ns);
    encode_text (out, "event_id", event->event_id);
    event_members (out, event);
    encode_close (out);
}
