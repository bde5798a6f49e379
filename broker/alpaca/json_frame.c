/*  json_frame.c: the trading stream's frames (alpaca-api.md section 3). */
#include "broker/alpaca/frame_scan.h"
#include "broker/alpaca/json.h"
#include "broker/alpaca/json_field.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN_FRAME "{\"action\":\"listen\",\"data\":{\"streams\":[\"trade_updates\"]}}"

/*  This execution's own price and quantity, without which a fill says nothing. */
static int update_execution (const json_t *data, trade_update_t *update, problem_t *problem)
{
    bool is_fill = update->update == UPDATE_FILL || update->update == UPDATE_PARTIAL_FILL;
    int result = is_fill ? field_need_amount (data, "price", &update->price_e9, problem)
                         : field_amount (data, "price", &update->price_e9, problem);
    if (result == 0)
        result = is_fill ? field_need_amount (data, "qty", &update->qty_e9, problem)
                         : field_amount (data, "qty", &update->qty_e9, problem);
    if (result == 0)
        result = field_amount (data, "position_qty", &update->position_qty_e9, problem);
    update->has_position_qty = result == 0 && field_text (data, "position_qty");
    return result;
}

static int update_from (const json_t *data, trade_update_t *update, problem_t *problem)
{
    if (!json_is_object (data)) /*  the broker has sent "data":null (section 8) */
        return problem_set (problem, ERR_TYPE, "data", "expected an object");
    const char *event = field_text (data, "event");
    if (!event)
        return problem_set (problem, ERR_MISSING, "event", "absent or empty");
    (void) update_parse (event, &update->update);
    int result =
        field_copy (data, "execution_id", update->execution_id, sizeof update->execution_id, problem);
    if (result == 0)
        result = field_copy (data, "previous_execution_id", update->previous_execution_id,
            sizeof update->previous_execution_id, problem);
    if (result == 0)
        result = field_time (data, "timestamp", &update->at_ns, problem);
    if (result == 0)
        result = update_execution (data, update, problem);
    if (result == 0)
        result = order_from (json_object_get (data, "order"), &update->order, problem);
    return result;
}

static frame_kind_t listening_kind (const json_t *data)
{
    const json_t *streams = json_object_get (data, "streams");
    for (size_t i = 0; i < json_array_size (streams); i++) {
        const char *name = json_string_value (json_array_get (streams, i));
        if (name && strcmp (name, "trade_updates") == 0)
            return FRAME_LISTENING;
    }
    return FRAME_NOT_LISTENING;
}

static frame_kind_t authorization_kind (const json_t *data)
{
    const char *status = field_text (data, "status");
    return status && strcmp (status, "authorized") == 0 ? FRAME_AUTHORIZED : FRAME_UNAUTHORIZED;
}

static int frame_from (const json_t *document, frame_t *frame, problem_t *problem)
{
    const json_t *data = json_object_get (document, "data");
    const char *stream = field_text (document, "stream");
    const char *action = field_text (document, "action");
    if (stream && strcmp (stream, "trade_updates") == 0) {
        frame->kind = FRAME_TRADE_UPDATE;
        return update_from (data, &frame->update, problem);
    }
    if (stream && strcmp (stream, "authorization") == 0)
        frame->kind = authorization_kind (data);
    else if (stream && strcmp (stream, "listening") == 0)
        frame->kind = listening_kind (data);
    else if (action && strcmp (action, "error") == 0) {
        frame->kind = FRAME_ERROR;
        field_say (data, "error_message", frame->message, sizeof frame->message);
    }
    return 0;
}

int json_frame (const char *bytes, size_t size, frame_t *frame, problem_t *problem)
{
    assert (frame);
    if (frame_scan (bytes, size, frame))
        return 0;
    memset (frame, 0, sizeof *frame);
    json_t *document = field_load (bytes, size, JSON_OBJECT, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = frame_from (document, frame, problem);
    json_decref (document);
    return result;
}

/*  jansson frees what it allocated without wiping it: only what needs no escape is written here. */
static bool is_plain (const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    return true;
}

size_t json_auth_frame (const char *key_id, const char *secret, char *text, size_t size)
{
    assert (key_id && secret && text && size > 0);
    static const char *const before_key = "{\"action\":\"auth\",\"key\":\"";
    static const char *const before_secret = "\",\"secret\":\"";
    static const char *const end = "\"}";
    const char *const parts[] = {before_key, key_id, before_secret, secret, end};
    size_t used = 0;
    if (!is_plain (key_id) || !is_plain (secret))
        return 0;
    /*  by hand, not by printf, whose buffers are not ours to wipe */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t length = strlen (parts[i]);
        if (used + length >= size) {
            explicit_bzero (text, size);
            return 0;
        }
        memcpy (text + used, parts[i], length);
        used += length;
    }
    text[used] = 0;
    return used;
}

const char *json_listen_frame (void)
{
    return LISTEN_FRAME;
}
