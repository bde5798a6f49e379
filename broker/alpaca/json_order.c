/*  json_order.c: orders, as the broker tells them and as we ask for them. */
#include "broker/alpaca/json.h"
#include "broker/alpaca/json_field.h"
#include "broker/alpaca/order_scan.h"
#include "broker/alpaca/order_text.h"

#include "messages/fixed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int order_ids (const json_t *object, order_t *order, problem_t *problem)
{
    int result = field_need_copy (object, "id", order->id, sizeof order->id, problem);
    if (result == 0)
        result = field_need_copy (
            object, "client_order_id", order->client_order_id, sizeof order->client_order_id, problem);
    if (result == 0)
        result = field_need_copy (object, "symbol", order->symbol, sizeof order->symbol, problem);
    if (result == 0)
        result = field_copy (object, "replaces", order->replaces, sizeof order->replaces, problem);
    if (result == 0)
        result = field_copy (object, "replaced_by", order->replaced_by, sizeof order->replaced_by, problem);
    return result;
}

static int order_words (const json_t *object, order_t *order, problem_t *problem)
{
    const char *type = field_text (object, "type");
    if (!type)
        type = field_text (object, "order_type"); /*  the older name of the same field */
    if (!type || order_type_parse (type, &order->type) != 0)
        order->type = TYPE_MARKET;
    const char *tif = field_text (object, "time_in_force");
    if (!tif || tif_parse (tif, &order->tif) != 0)
        order->tif = TIF_DAY;
    const char *status = field_text (object, "status");
    if (!status)
        return problem_set (problem, ERR_MISSING, "status", "absent or empty");
    if (order_status_parse (status, &order->status) != 0)
        order->status = STATUS_PENDING_REVIEW;
    order->extended_hours = field_bool (object, "extended_hours");
    return field_side (object, &order->side, problem);
}

static int order_amounts (const json_t *object, order_t *order, problem_t *problem)
{
    const struct {
        const char *name;
        int64_t *value_e9;
    } amounts[] = {{"qty", &order->qty_e9}, {"notional", &order->notional_e9},
        {"filled_qty", &order->filled_qty_e9}, {"filled_avg_price", &order->filled_avg_price_e9},
        {"limit_price", &order->limit_price_e9}, {"stop_price", &order->stop_price_e9}};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof amounts / sizeof *amounts; i++)
        result = field_amount (object, amounts[i].name, amounts[i].value_e9, problem);
    return result;
}

static int order_times (const json_t *object, order_t *order, problem_t *problem)
{
    const struct {
        const char *name;
        int64_t *at_ns;
    } times[] = {{"created_at", &order->created_at_ns}, {"submitted_at", &order->submitted_at_ns},
        {"updated_at", &order->updated_at_ns}, {"filled_at", &order->filled_at_ns}};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof times / sizeof *times; i++)
        result = field_time (object, times[i].name, times[i].at_ns, problem);
    return result;
}

int order_from (const json_t *object, order_t *order, problem_t *problem)
{
    assert (order);
    memset (order, 0, sizeof *order);
    if (!json_is_object (object))
        return problem_set (problem, ERR_TYPE, "order", "expected an object");
    int result = order_ids (object, order, problem);
    if (result == 0)
        result = order_words (object, order, problem);
    if (result == 0)
        result = order_amounts (object, order, problem);
    if (result == 0)
        result = order_times (object, order, problem);
    return result;
}

int json_order (const char *bytes, size_t size, order_t *order, problem_t *problem)
{
    assert (order);
    if (order_scan (bytes, size, order))
        return 0;
    json_t *document = field_load (bytes, size, JSON_OBJECT, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = order_from (document, order, problem);
    json_decref (document);
    return result;
}

static int orders_append (const json_t *array, order_t **items_p, size_t *count_p, problem_t *problem)
{
    size_t extra = json_array_size (array);
    if (extra == 0)
        return 0;
    order_t *items = realloc (*items_p, (*count_p + extra) * sizeof *items);
    if (!items)
        return problem_set (problem, ERR_MEMORY, "orders", "no room for %zu", *count_p + extra);
    *items_p = items;
    for (size_t i = 0; i < extra; i++) {
        int result = order_from (json_array_get (array, i), &items[*count_p + i], problem);
        if (result != 0)
            return result;
    }
    *count_p += extra;
    return 0;
}

int json_orders (const char *bytes, size_t size, order_t **items_p, size_t *count_p, problem_t *problem)
{
    assert (items_p && count_p);
    json_t *document = field_load (bytes, size, JSON_ARRAY, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = orders_append (document, items_p, count_p, problem);
    json_decref (document);
    return result;
}

int json_request (const order_request_t *request, char text[JSON_REQUEST_MAX], size_t *size_p)
{
    assert (request && text && size_p);
    assert ((request->qty_e9 > 0) != (request->notional_e9 > 0)); /*  exactly one: trading.h */
    assert (request->client_order_id[0] && request->symbol[0]);
    size_t size = order_text (request, text, JSON_REQUEST_MAX);
    if (size == 0)
        return -ERR_RANGE;
    *size_p = size;
    return 0;
}
