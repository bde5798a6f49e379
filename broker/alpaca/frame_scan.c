/*  frame_scan.c: see frame_scan.h. */
#include "broker/alpaca/frame_scan.h"

#include "broker/alpaca/order_scan.h"

#include <assert.h>
#include <string.h>

#define WORD_MAX 64

typedef struct {
    scan_value_t event;
    scan_value_t execution_id;
    scan_value_t previous_execution_id;
    scan_value_t timestamp;
    scan_value_t price;
    scan_value_t qty;
    scan_value_t position_qty;
    scan_value_t other;
} fields_t;

static scan_value_t *field_named (fields_t *fields, const scan_value_t *name)
{
    const struct {
        const char *text;
        scan_value_t *value;
    } names[] = {{"event", &fields->event}, {"execution_id", &fields->execution_id},
        {"previous_execution_id", &fields->previous_execution_id}, {"timestamp", &fields->timestamp},
        {"price", &fields->price}, {"qty", &fields->qty}, {"position_qty", &fields->position_qty}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (scan_is (name, names[i].text))
            return names[i].value;
    return &fields->other;
}

static bool said (const scan_value_t *value)
{
    return value->kind == VALUE_TEXT && value->size > 0;
}

static bool read_fields (const fields_t *fields, trade_update_t *update)
{
    char event[WORD_MAX];
    if (!said (&fields->event) || !scan_copy (&fields->event, event, sizeof event) ||
        update_parse (event, &update->update) != 0)
        return false;
    bool is_fill = update->update == UPDATE_FILL || update->update == UPDATE_PARTIAL_FILL;
    if (is_fill && (!said (&fields->price) || !said (&fields->qty)))
        return false;
    update->has_position_qty = said (&fields->position_qty);
    return scan_copy (&fields->execution_id, update->execution_id, sizeof update->execution_id) &&
           scan_copy (&fields->previous_execution_id, update->previous_execution_id,
               sizeof update->previous_execution_id) &&
           scan_time (&fields->timestamp, &update->at_ns) &&
           scan_amount (&fields->price, &update->price_e9) && scan_amount (&fields->qty, &update->qty_e9) &&
           scan_amount (&fields->position_qty, &update->position_qty_e9);
}

/*  Each name once: which of two would count is the document's to say. */
static bool read_data (scan_t *scan, trade_update_t *update)
{
    fields_t fields;
    scan_value_t name;
    bool ordered = false;
    memset (&fields, 0, sizeof fields); /*  absent */
    if (!scan_take (scan, '{'))
        return false;
    do {
        if (!scan_name (scan, &name))
            return false;
        bool order = scan_is (&name, "order");
        if (order && (ordered || !order_scan_object (scan, &update->order)))
            return false;
        ordered |= order;
        if (!order && !scan_value (scan, field_named (&fields, &name)))
            return false;
    } while (scan_take (scan, ','));
    return scan_take (scan, '}') && ordered && read_fields (&fields, update);
}

bool frame_scan (const char *bytes, size_t size, frame_t *frame)
{
    assert ((bytes || size == 0) && frame);
    scan_t scan = {.at = bytes, .end = bytes + size};
    scan_value_t name;
    scan_value_t stream;
    memset (frame, 0, sizeof *frame);
    frame->kind = FRAME_TRADE_UPDATE;
    return size > 0 && size <= SCAN_SIZE_MAX && scan_take (&scan, '{') && scan_name (&scan, &name) &&
           scan_is (&name, "stream") && scan_value (&scan, &stream) && scan_is (&stream, "trade_updates") &&
           scan_take (&scan, ',') && scan_name (&scan, &name) && scan_is (&name, "data") &&
           read_data (&scan, &frame->update) && scan_take (&scan, '}') && scan_end (&scan);
}
