/*  json.c: everything the broker tells that is not an order: account, positions, activities, asset, clock, price, error. */
#include "broker/alpaca/json.h"
#include "broker/alpaca/json_field.h"

#include "messages/fixed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int account_from (const json_t *object, account_t *account, problem_t *problem)
{
    int result = field_need_copy (object, "id", account->id, sizeof account->id, problem);
    if (result == 0)
        result = field_copy (
            object, "account_number", account->account_number, sizeof account->account_number, problem);
    if (result == 0)
        result = field_copy (object, "status", account->status, sizeof account->status, problem);
    /*  sizing divides by it: an account without it is not an answer */
    if (result == 0)
        result = field_need_amount (object, "equity", &account->equity_e9, problem);
    if (result == 0)
        result = field_amount (object, "last_equity", &account->last_equity_e9, problem);
    if (result == 0)
        result = field_amount (object, "cash", &account->cash_e9, problem);
    if (result == 0)
        result = field_amount (object, "buying_power", &account->buying_power_e9, problem);
    account->trading_blocked = field_bool (object, "trading_blocked");
    account->account_blocked = field_bool (object, "account_blocked");
    account->suspended_by_user = field_bool (object, "trade_suspended_by_user");
    account->shorting_enabled = field_bool (object, "shorting_enabled");
    return result;
}

int json_account (const char *bytes, size_t size, account_t *account, problem_t *problem)
{
    assert (account);
    memset (account, 0, sizeof *account);
    json_t *document = field_load (bytes, size, JSON_OBJECT, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = account_from (document, account, problem);
    json_decref (document);
    return result;
}

static int position_from (const json_t *object, position_t *position, problem_t *problem)
{
    memset (position, 0, sizeof *position);
    if (!json_is_object (object))
        return problem_set (problem, ERR_TYPE, "position", "expected an object");
    int result = field_need_copy (object, "symbol", position->symbol, sizeof position->symbol, problem);
    if (result == 0)
        result = field_need_amount (object, "qty", &position->qty_e9, problem);
    if (result == 0)
        result = field_amount (object, "qty_available", &position->qty_available_e9, problem);
    if (result == 0)
        result = field_amount (object, "avg_entry_price", &position->avg_entry_price_e9, problem);
    if (result == 0)
        result = field_amount (object, "current_price", &position->current_price_e9, problem);
    if (!field_text (object, "qty_available"))
        position->qty_available_e9 = position->qty_e9;
    /*  a short's qty is negative; should it ever come without its sign, side says so */
    const char *side = field_text (object, "side");
    bool is_short = side && strcmp (side, "short") == 0;
    if (is_short && position->qty_e9 > 0)
        position->qty_e9 = -position->qty_e9;
    if (is_short && position->qty_available_e9 > 0)
        position->qty_available_e9 = -position->qty_available_e9;
    return result;
}

static int positions_append (const json_t *array, position_t **items_p, size_t *count_p, problem_t *problem)
{
    size_t extra = json_array_size (array);
    if (extra == 0)
        return 0;
    position_t *items = realloc (*items_p, (*count_p + extra) * sizeof *items);
    if (!items)
        return problem_set (problem, ERR_MEMORY, "positions", "no room for %zu", *count_p + extra);
    *items_p = items;
    for (size_t i = 0; i < extra; i++) {
        int result = position_from (json_array_get (array, i), &items[*count_p + i], problem);
        if (result != 0)
            return result;
    }
    *count_p += extra;
    return 0;
}

int json_positions (const char *bytes, size_t size, position_t **items_p, size_t *count_p, problem_t *problem)
{
    assert (items_p && count_p);
    json_t *document = field_load (bytes, size, JSON_ARRAY, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = positions_append (document, items_p, count_p, problem);
    json_decref (document);
    return result;
}

static bool activity_is_fill (const json_t *object)
{
    const char *type = field_text (object, "activity_type");
    return !type || strcmp (type, "FILL") == 0;
}

static int activity_from (const json_t *object, activity_t *activity, problem_t *problem)
{
    memset (activity, 0, sizeof *activity);
    int result = field_need_copy (object, "id", activity->id, sizeof activity->id, problem);
    if (result == 0)
        result = field_need_copy (object, "order_id", activity->order_id, sizeof activity->order_id, problem);
    if (result == 0)
        result = field_need_copy (object, "symbol", activity->symbol, sizeof activity->symbol, problem);
    if (result == 0)
        result = field_side (object, &activity->side, problem);
    if (result == 0)
        result = field_time (object, "transaction_time", &activity->at_ns, problem);
    if (result == 0)
        result = field_need_amount (object, "price", &activity->price_e9, problem);
    if (result == 0)
        result = field_need_amount (object, "qty", &activity->qty_e9, problem);
    if (result == 0)
        result = field_amount (object, "cum_qty", &activity->cum_qty_e9, problem);
    return result;
}

static int activities_append (
    const json_t *array, activity_t **items_p, size_t *count_p, char last_id[72], problem_t *problem)
{
    size_t extra = json_array_size (array);
    size_t added = 0;
    if (extra == 0)
        return 0;
    activity_t *items = realloc (*items_p, (*count_p + extra) * sizeof *items);
    if (!items)
        return problem_set (problem, ERR_MEMORY, "activities", "no room for %zu", *count_p + extra);
    *items_p = items;
    for (size_t i = 0; i < extra; i++) {
        const json_t *object = json_array_get (array, i);
        int result = 0;
        if (!json_is_object (object))
            result = problem_set (problem, ERR_TYPE, "activity", "expected an object");
        else if (activity_is_fill (object))
            result = activity_from (object, &items[*count_p + added++], problem);
        if (result == 0)
            result = field_need_copy (object, "id", last_id, 72, problem);
        if (result != 0)
            return result;
    }
    *count_p += added;
    return 0;
}

int json_activities (const char *bytes, size_t size, activity_t **items_p, size_t *count_p, size_t *seen_p,
    char last_id[72], problem_t *problem)
{
    assert (items_p && count_p && seen_p && last_id);
    json_t *document = field_load (bytes, size, JSON_ARRAY, problem);
    if (!document)
        return -ERR_SYNTAX;
    *seen_p = json_array_size (document);
    int result = activities_append (document, items_p, count_p, last_id, problem);
    json_decref (document);
    return result;
}

int json_asset (const char *bytes, size_t size, asset_t *asset, problem_t *problem)
{
    assert (asset);
    memset (asset, 0, sizeof *asset);
    json_t *document = field_load (bytes, size, JSON_OBJECT, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = field_need_copy (document, "symbol", asset->symbol, sizeof asset->symbol, problem);
    asset->tradable = field_bool (document, "tradable");
    asset->fractionable = field_bool (document, "fractionable");
    asset->shortable = field_bool (document, "shortable");
    /*  easy_to_borrow goes away (sunset 2026-09-22); borrow_status says the same */
    const char *borrow = field_text (document, "borrow_status");
    asset->easy_to_borrow =
        field_bool (document, "easy_to_borrow") || (borrow && strcmp (borrow, "easy_to_borrow") == 0);
    json_decref (document);
    return result;
}

int json_clock (const char *bytes, size_t size, market_clock_t *clock, problem_t *problem)
{
    assert (clock);
    memset (clock, 0, sizeof *clock);
    json_t *document = field_load (bytes, size, JSON_OBJECT, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = 0;
    if (!json_is_boolean (json_object_get (document, "is_open")))
        result = problem_set (problem, ERR_MISSING, "is_open", "absent");
    clock->is_open = field_bool (document, "is_open");
    if (result == 0)
        result = field_time (document, "timestamp", &clock->at_ns, problem);
    if (result == 0)
        result = field_time (document, "next_open", &clock->next_open_ns, problem);
    if (result == 0)
        result = field_time (document, "next_close", &clock->next_close_ns, problem);
    json_decref (document);
    return result;
}

int json_latest_trade (const char *bytes, size_t size, int64_t *price_e9_p, problem_t *problem)
{
    assert (price_e9_p);
    json_t *document = field_load (bytes, size, JSON_OBJECT, problem);
    if (!document)
        return -ERR_SYNTAX;
    int result = field_need_amount (json_object_get (document, "trade"), "p", price_e9_p, problem);
    json_decref (document);
    return result;
}

int json_error_body (
    const char *bytes, size_t size, int64_t *code_p, char message[REASON_MAX], char existing_order_id[ID_MAX])
{
    assert (code_p && message && existing_order_id);
    *code_p = 0;
    message[0] = existing_order_id[0] = 0;
    json_t *document = field_load (bytes, size, JSON_OBJECT, NULL);
    if (!document)
        return -ERR_SYNTAX;
    *code_p = field_whole (document, "code");
    field_say (document, "message", message, REASON_MAX);
    (void) field_copy (document, "existing_order_id", existing_order_id, ID_MAX, NULL);
    json_decref (document);
    return 0;
}
