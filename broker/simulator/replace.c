/*  replace.c: PATCH orders/{id}: a new order takes the place of an open one.
 *
 *  As at the broker, the new order keeps the old one's original quantity unless told otherwise and starts unfilled,
 *  even if the old one was partly filled (Alpaca-API#165): who replaces must count for himself.
 */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int replaceable (const record_t *record, engine_error_t *error)
{
    const engine_order_t *order = &record->shown;
    order_status_t status = order->state.status;
    if (order_status_final (status))
        return refuse (error, 422, 42210000, "order is already in \"%s\" state", order_status_text (status));
    if (status != STATUS_NEW && status != STATUS_PARTIALLY_FILLED)
        return refuse (error, 422, 40010001, "unable to replace order, order isn't sent to exchange yet");
    if (order->notional_e9)
        return refuse (error, 422, 42210000, "notional orders cannot be replaced");
    if (order->qty_e9 % FIXED_ONE != 0 && order->asset->asset_class == ENGINE_CLASS_EQUITY)
        return refuse (error, 422, 42210000, "fractional orders cannot be replaced");
    return 0;
}

static int replace_price (const char *name, const char *text, int64_t *price_e9_p, engine_error_t *error)
{
    if (!text_set (text))
        return 0;
    if (*price_e9_p == 0)
        return refuse (error, 422, 40010001, "an order of this type has no %s", name);
    return draft_amount (name, text, price_e9_p, error);
}

static int replace_fields (const engine_replace_t *replace, draft_t *draft, engine_error_t *error)
{
    if (text_set (replace->trail))
        return refuse (
            error, 422, 42210000, "order type trailing_stop is not supported by the simulator yet");
    if (text_set (replace->qty) && draft_amount ("qty", replace->qty, &draft->qty_e9, error) != 0)
        return -ERR_BROKER;
    if (draft->qty_e9 % FIXED_ONE != 0 && draft->asset->shown.asset_class == ENGINE_CLASS_EQUITY)
        return refuse (error, 422, 42210000, "qty must be integer");
    if (text_set (replace->time_in_force) && tif_parse (replace->time_in_force, &draft->tif) != 0)
        return refuse (error, 422, 40010001, "invalid time_in_force");
    if (draft->tif == TIF_OPG || draft->tif == TIF_CLS)
        return refuse (error, 422, 42210000, "time_in_force %s is not supported by the simulator yet",
            tif_text (draft->tif));
    int result = replace_price ("limit_price", replace->limit_price, &draft->limit_price_e9, error);
    if (result == 0)
        result = replace_price ("stop_price", replace->stop_price, &draft->stop_price_e9, error);
    return result;
}

static bool is_changed (const engine_order_t *order, const draft_t *draft, const engine_replace_t *replace)
{
    bool renamed =
        text_set (replace->client_order_id) && strcmp (replace->client_order_id, order->client_order_id) != 0;
    return renamed || order->qty_e9 != draft->qty_e9 || order->tif != draft->tif ||
           order->limit_price_e9 != draft->limit_price_e9 || order->stop_price_e9 != draft->stop_price_e9;
}

static int replace_draft (engine_t *self, const record_t *record, const engine_replace_t *replace,
    draft_t *draft, engine_error_t *error)
{
    const engine_order_t *order = &record->shown;
    *draft = (draft_t){.asset = asset_of (record),
        .side = order->side,
        .type = order->type,
        .tif = order->tif,
        .extended_hours = order->extended_hours,
        .qty_e9 = order->qty_e9,
        .limit_price_e9 = order->limit_price_e9,
        .stop_price_e9 = order->stop_price_e9,
        .replacing = record};
    if (replace_fields (replace, draft, error) != 0)
        return -ERR_BROKER;
    if (!is_changed (order, draft, replace))
        return refuse (error, 422, 42210000, "order parameters are not changed");
    return draft_client_id (self, order->account, replace->client_order_id, draft->client_order_id, error);
}

static int replace_run (engine_t *self, uint32_t account, const char *id, const engine_replace_t *replace,
    int64_t arrived_at_ns, record_t **old_p, record_t **new_p, engine_error_t *error)
{
    draft_t draft;
    *old_p = order_find (self, account, id, error);
    if (!*old_p || !order_room (self, error) || replaceable (*old_p, error) != 0 ||
        replace_draft (self, *old_p, replace, &draft, error) != 0 ||
        rules_check (self, account, &draft, error) != 0)
        return -ERR_BROKER;
    *new_p = order_accept (self, account, &draft, arrived_at_ns, *old_p, error);
    return *new_p ? 0 : -ERR_BROKER;
}

int engine_order_replace (engine_t *self, uint32_t account, const char *id, const engine_replace_t *replace,
    int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p, engine_error_t *error)
{
    assert (self && replace && order_p && error);
    engine_advance (self, now_ns);
    *order_p = NULL;
    engine_arrival_t *arrival = history_arrival (self, ENGINE_ARRIVAL_REPLACE, account, arrived_at_ns);
    if (!arrival)
        return refuse_full (error, "arrivals_max");
    snprintf (arrival->client_order_id, sizeof arrival->client_order_id, "%.130s",
        replace->client_order_id ? replace->client_order_id : "");
    record_t *old_record = NULL, *new_record = NULL;
    int result = replace_run (self, account, id, replace, arrived_at_ns, &old_record, &new_record, error);
    history_answered (self, arrival, new_record, error);
    if (result != 0)
        return result;
    memcpy (old_record->shown.state.replaced_by, new_record->shown.id, sizeof new_record->shown.id);
    order_end (self, old_record, STATUS_REPLACED);
    history_event (self, old_record, UPDATE_REPLACED, NULL);
    matching_on_accepted (self, new_record);
    *order_p = &new_record->shown;
    return 0;
}
