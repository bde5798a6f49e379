/*  order_scan.c: see order_scan.h. Two steps: where each known value stands (the last one of a name counts, as in a JSON
 *  document), then what it says. */
#include "broker/alpaca/order_scan.h"

#include "broker/alpaca/json_scan.h"

#include <assert.h>
#include <string.h>

#define WORD_MAX 64

#define FIELD_LIST(_)                                                                                        \
    _ (ID, "id")                                                                                             \
    _ (CLIENT_ORDER_ID, "client_order_id")                                                                   \
    _ (SYMBOL, "symbol")                                                                                     \
    _ (REPLACES, "replaces")                                                                                 \
    _ (REPLACED_BY, "replaced_by")                                                                           \
    _ (TYPE, "type")                                                                                         \
    _ (ORDER_TYPE, "order_type")                                                                             \
    _ (TIF, "time_in_force")                                                                                 \
    _ (STATUS, "status")                                                                                     \
    _ (SIDE, "side")                                                                                         \
    _ (EXTENDED_HOURS, "extended_hours")                                                                     \
    _ (QTY, "qty")                                                                                           \
    _ (NOTIONAL, "notional")                                                                                 \
    _ (FILLED_QTY, "filled_qty")                                                                             \
    _ (FILLED_AVG_PRICE, "filled_avg_price")                                                                 \
    _ (LIMIT_PRICE, "limit_price")                                                                           \
    _ (STOP_PRICE, "stop_price")                                                                             \
    _ (CREATED_AT, "created_at")                                                                             \
    _ (SUBMITTED_AT, "submitted_at")                                                                         \
    _ (UPDATED_AT, "updated_at")                                                                             \
    _ (FILLED_AT, "filled_at")

enum {
#define _(name, text) FIELD_##name,
    FIELD_LIST (_)
#undef _
        FIELD_COUNT
};

static scan_value_t *field_named (scan_value_t *fields, const scan_value_t *name)
{
    static const struct {
        const char *text;
        size_t size;
    } names[FIELD_COUNT] = {
#define _(name, text) {text, sizeof (text) - 1},
        FIELD_LIST (_)
#undef _
    };
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (names[i].size == name->size && memcmp (names[i].text, name->text, name->size) == 0)
            return &fields[i];
    return NULL;
}

static bool take_object (scan_t *scan, scan_value_t *fields)
{
    scan_value_t name;
    scan_value_t value;
    if (!scan_take (scan, '{'))
        return false;
    do {
        if (!scan_name (scan, &name) || !scan_value (scan, &value))
            return false;
        scan_value_t *field = field_named (fields, &name);
        if (field)
            *field = value;
    } while (scan_take (scan, ','));
    return scan_take (scan, '}');
}

static bool read_ids (const scan_value_t *fields, order_t *order)
{
    return scan_copy (&fields[FIELD_ID], order->id, sizeof order->id) && order->id[0] &&
           scan_copy (
               &fields[FIELD_CLIENT_ORDER_ID], order->client_order_id, sizeof order->client_order_id) &&
           order->client_order_id[0] &&
           scan_copy (&fields[FIELD_SYMBOL], order->symbol, sizeof order->symbol) && order->symbol[0] &&
           scan_copy (&fields[FIELD_REPLACES], order->replaces, sizeof order->replaces) &&
           scan_copy (&fields[FIELD_REPLACED_BY], order->replaced_by, sizeof order->replaced_by);
}

/*  Words that we do not know are json_order's to judge. */
static bool read_words (const scan_value_t *fields, order_t *order)
{
    char word[WORD_MAX];
    if (!scan_copy (&fields[FIELD_TYPE], word, sizeof word))
        return false;
    if (!word[0] && !scan_copy (&fields[FIELD_ORDER_TYPE], word, sizeof word))
        return false;
    if (order_type_parse (word, &order->type) != 0)
        return false;
    if (!scan_copy (&fields[FIELD_TIF], word, sizeof word) || tif_parse (word, &order->tif) != 0)
        return false;
    if (!scan_copy (&fields[FIELD_STATUS], word, sizeof word) ||
        order_status_parse (word, &order->status) != 0)
        return false;
    order->extended_hours = fields[FIELD_EXTENDED_HOURS].kind == VALUE_TRUE;
    return scan_copy (&fields[FIELD_SIDE], word, sizeof word) && side_parse (word, &order->side) == 0;
}

static bool read_amounts (const scan_value_t *fields, order_t *order)
{
    const struct {
        unsigned field;
        int64_t *value_e9;
    } amounts[] = {{FIELD_QTY, &order->qty_e9}, {FIELD_NOTIONAL, &order->notional_e9},
        {FIELD_FILLED_QTY, &order->filled_qty_e9}, {FIELD_FILLED_AVG_PRICE, &order->filled_avg_price_e9},
        {FIELD_LIMIT_PRICE, &order->limit_price_e9}, {FIELD_STOP_PRICE, &order->stop_price_e9}};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        if (!scan_amount (&fields[amounts[i].field], amounts[i].value_e9))
            return false;
    return true;
}

static bool read_times (const scan_value_t *fields, order_t *order)
{
    const struct {
        unsigned field;
        int64_t *at_ns;
    } times[] = {{FIELD_CREATED_AT, &order->created_at_ns}, {FIELD_SUBMITTED_AT, &order->submitted_at_ns},
        {FIELD_UPDATED_AT, &order->updated_at_ns}, {FIELD_FILLED_AT, &order->filled_at_ns}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (!scan_time (&fields[times[i].field], times[i].at_ns))
            return false;
    return true;
}

bool order_scan_object (scan_t *scan, order_t *order)
{
    assert (scan && order);
    scan_value_t fields[FIELD_COUNT] = {{.kind = VALUE_ABSENT}};
    memset (order, 0, sizeof *order);
    return take_object (scan, fields) && read_ids (fields, order) && read_words (fields, order) &&
           read_amounts (fields, order) && read_times (fields, order);
}

bool order_scan (const char *bytes, size_t size, order_t *order)
{
    assert ((bytes || size == 0) && order);
    scan_t scan = {.at = bytes, .end = bytes + size};
    return size > 0 && size <= SCAN_SIZE_MAX && order_scan_object (&scan, order) && scan_end (&scan);
}
