/*  draft.c: the fields of a request, as text, become a draft; what is wrong in form is refused here (section 4). */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int draft_amount (const char *name, const char *text, int64_t *value_e9_p, engine_error_t *error)
{
    assert (name && text && value_e9_p && error);
    int result = fixed_parse (text, strlen (text), value_e9_p);
    if (result == -ERR_SYNTAX)
        return refuse (error, 422, 40010001, "%s is not a number: %.40s", name, text);
    if (result != 0)
        return refuse (
            error, 422, 42210000, "%s must be limited to 9 decimal places and 9 billion: %.40s", name, text);
    if (*value_e9_p <= 0)
        return refuse (error, 422, 40010001, "%s must be > 0", name);
    return 0;
}

static int optional_amount (const char *name, const char *text, int64_t *value_e9_p, engine_error_t *error)
{
    *value_e9_p = 0;
    return text_set (text) ? draft_amount (name, text, value_e9_p, error) : 0;
}

static int parse_words (const engine_submit_t *submit, draft_t *draft, engine_error_t *error)
{
    if (!text_set (submit->symbol))
        return refuse (error, 422, 40010001, "symbol is required");
    if (!text_set (submit->side) || side_parse (submit->side, &draft->side) != 0)
        return refuse (error, 422, 40010001, "invalid side");
    if (!text_set (submit->type) || order_type_parse (submit->type, &draft->type) != 0)
        return refuse (error, 422, 40010001, "invalid order type");
    if (!text_set (submit->time_in_force) || tif_parse (submit->time_in_force, &draft->tif) != 0)
        return refuse (error, 422, 40010001, "invalid time_in_force");
    if (text_set (submit->position_intent) && intent_parse (submit->position_intent, &draft->intent) != 0)
        return refuse (error, 422, 40010001, "invalid position_intent");
    draft->extended_hours = submit->extended_hours;
    return 0;
}

/*  Said clearly instead of done wrongly. */
static int parse_unsupported (const engine_submit_t *submit, const draft_t *draft, engine_error_t *error)
{
    const char *order_class = text_set (submit->order_class) ? submit->order_class : "simple";
    if (strcmp (order_class, "simple") != 0) {
        static const char *const known[] = {"bracket", "oco", "oto", "mleg"};
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            if (strcmp (order_class, known[i]) == 0)
                return refuse (error, 422, 42210000, "order_class %s is not supported by the simulator yet",
                    order_class);
        return refuse (error, 422, 40010001, "invalid order_class");
    }
    if (submit->has_take_profit || submit->has_stop_loss || submit->has_legs)
        return refuse (
            error, 422, 42210000, "take_profit, stop_loss and legs require an advanced order_class");
    if (draft->type == TYPE_TRAILING_STOP)
        return refuse (
            error, 422, 42210000, "order type trailing_stop is not supported by the simulator yet");
    if (text_set (submit->trail_price) || text_set (submit->trail_percent))
        return refuse (error, 422, 40010001, "only trailing stop orders take trail_price or trail_percent");
    if (draft->tif == TIF_OPG || draft->tif == TIF_CLS)
        return refuse (error, 422, 42210000, "time_in_force %s is not supported by the simulator yet",
            tif_text (draft->tif));
    return 0;
}

static int parse_amounts (const engine_submit_t *submit, draft_t *draft, engine_error_t *error)
{
    if (text_set (submit->qty) && text_set (submit->notional))
        return refuse (error, 400, 40010000, "only one of qty or notional is accepted");
    if (!text_set (submit->qty) && !text_set (submit->notional))
        return refuse (error, 422, 40010001, "qty or notional is required");
    if (optional_amount ("qty", submit->qty, &draft->qty_e9, error) != 0 ||
        optional_amount ("notional", submit->notional, &draft->notional_e9, error) != 0 ||
        optional_amount ("limit_price", submit->limit_price, &draft->limit_price_e9, error) != 0 ||
        optional_amount ("stop_price", submit->stop_price, &draft->stop_price_e9, error) != 0)
        return -ERR_BROKER;
    if (draft->notional_e9 % (FIXED_ONE / 100) != 0)
        return refuse (error, 422, 42210000, "notional value must be limited to 2 decimal places");
    return 0;
}

static int parse_prices (const draft_t *draft, engine_error_t *error)
{
    bool limit = draft->limit_price_e9 > 0;
    bool stop = draft->stop_price_e9 > 0;
    switch (draft->type) {
    case TYPE_MARKET:
        return limit || stop ? refuse (error, 422, 40010001, "market orders require no stop or limit price")
                             : 0;
    case TYPE_LIMIT:
        if (!limit)
            return refuse (error, 422, 40010001, "limit orders require a limit price");
        return stop ? refuse (error, 422, 40010001, "limit orders require no stop price") : 0;
    case TYPE_STOP:
        if (!stop)
            return refuse (error, 422, 40010001, "stop orders require a stop price");
        return limit ? refuse (error, 422, 40010001, "stop orders require no limit price") : 0;
    default:
        return limit && stop
                   ? 0
                   : refuse (error, 422, 40010001, "stop limit orders require both stop and limit price");
    }
}

int draft_parse (engine_t *self, const engine_submit_t *submit, draft_t *draft, engine_error_t *error)
{
    assert (self && submit && draft && error);
    memset (draft, 0, sizeof *draft);
    if (parse_words (submit, draft, error) != 0 || parse_unsupported (submit, draft, error) != 0 ||
        parse_amounts (submit, draft, error) != 0 || parse_prices (draft, error) != 0)
        return -ERR_BROKER;
    draft->asset = asset_find (self, submit->symbol);
    if (!draft->asset)
        return refuse (error, 422, 42210000, "asset \"%.*s\" not found", SYMBOL_MAX, submit->symbol);
    return 0;
}

int draft_client_id (
    engine_t *self, uint32_t account, const char *text, char *client_order_id, engine_error_t *error)
{
    assert (self && client_order_id && error);
    if (!text_set (text)) {
        chance_uuid (&self->id_chance, client_order_id, CLIENT_ORDER_ID_MAX);
        return 0;
    }
    if (strlen (text) > 128)
        return refuse (error, 422, 40010001, "client_order_id must be no more than 128 characters");
    if (order_find_client_id (self, account, text))
        return refuse (error, 422, 40010001, "client_order_id must be unique");
    snprintf (client_order_id, CLIENT_ORDER_ID_MAX, "%s", text);
    return 0;
}
