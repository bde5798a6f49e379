/*  rules.c: may this account send this draft? Every rule that looks at the account, its orders and the asset
 *  (alpaca-api.md section 4), in the order in which the broker is seen to check them.
 */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FORBIDDEN 40310000
#define UNPROCESSABLE 42210000
#define SHORT_EQUITY_E9 (2000 * FIXED_ONE)

static int rule_account (const holder_t *holder, const draft_t *draft, engine_error_t *error)
{
    if (holder->account_blocked || holder->trading_blocked)
        return refuse (error, 403, FORBIDDEN, "account not authorized to trade");
    if (holder->configurations.suspend_trade)
        return refuse (error, 403, FORBIDDEN, "new orders are rejected by user request");
    if (holder->crypto_disabled && draft->asset->shown.asset_class == ENGINE_CLASS_CRYPTO)
        return refuse (error, 403, FORBIDDEN, "crypto trading is not enabled for this account");
    return 0;
}

static int rule_asset (const draft_t *draft, engine_error_t *error)
{
    const engine_asset_t *asset = &draft->asset->shown;
    if (!asset->active)
        return refuse (error, 422, UNPROCESSABLE, "asset %s is not active", asset->symbol);
    if (!asset->tradable)
        return refuse (error, 422, UNPROCESSABLE, "asset %s is not tradable", asset->symbol);
    if (asset->asset_class != ENGINE_CLASS_CRYPTO)
        return 0;
    if (draft->tif != TIF_GTC && draft->tif != TIF_IOC)
        return refuse (error, 422, UNPROCESSABLE, "invalid crypto time_in_force");
    if (draft->type == TYPE_STOP)
        return refuse (error, 422, UNPROCESSABLE, "invalid order type for crypto order");
    if (draft->qty_e9 && draft->qty_e9 < asset->min_order_size_e9)
        return refuse (
            error, 422, UNPROCESSABLE, "qty must be >= the minimal size of an order of %s", asset->symbol);
    return 0;
}

static bool draft_is_fractional (const draft_t *draft)
{
    return draft->notional_e9 > 0 || draft->qty_e9 % FIXED_ONE != 0;
}

static int rule_fraction (const holder_t *holder, const draft_t *draft, engine_error_t *error)
{
    const engine_asset_t *asset = &draft->asset->shown;
    if (asset->asset_class == ENGINE_CLASS_CRYPTO || !draft_is_fractional (draft))
        return 0;
    if (!asset->fractionable)
        return refuse (error, 403, FORBIDDEN, "asset \"%s\" is not fractionable", asset->symbol);
    if (!holder->configurations.fractional_trading)
        return refuse (error, 403, FORBIDDEN, "fractional trading is not enabled for this account");
    if (draft->tif != TIF_DAY)
        return refuse (error, 422, UNPROCESSABLE, "fractional orders must be DAY orders");
    return 0;
}

int rules_price (const char *name, int64_t price_e9, engine_class_t asset_class, engine_error_t *error)
{
    /*  2 decimals from $1 on, else 4; crypto has 9 */
    int64_t step_e9 = price_e9 >= FIXED_ONE ? FIXED_ONE / 100 : FIXED_ONE / 10000;
    if (price_e9 == 0 || asset_class == ENGINE_CLASS_CRYPTO || price_e9 % step_e9 == 0)
        return 0;
    char text[FIXED_TEXT_MAX];
    fixed_format (price_e9, text);
    return refuse (error, 422, UNPROCESSABLE,
        "invalid %s %s. sub-penny increment does not fulfill minimum pricing criteria", name, text);
}

static int rule_prices (const draft_t *draft, engine_error_t *error)
{
    engine_class_t asset_class = draft->asset->shown.asset_class;
    if (rules_price ("limit_price", draft->limit_price_e9, asset_class, error) != 0 ||
        rules_price ("stop_price", draft->stop_price_e9, asset_class, error) != 0)
        return -ERR_BROKER;
    if (draft->extended_hours &&
        (draft->type != TYPE_LIMIT || (draft->tif != TIF_DAY && draft->tif != TIF_GTC)))
        return refuse (error, 422, UNPROCESSABLE, "extended hours order must be DAY or GTC limit orders");
    return 0;
}

/*  What a share is expected to cost. */
static int64_t reference_price (const draft_t *draft)
{
    if (draft->limit_price_e9)
        return draft->limit_price_e9;
    if (draft->stop_price_e9)
        return draft->stop_price_e9;
    const engine_asset_t *asset = &draft->asset->shown;
    return draft->side == SIDE_BUY ? asset_ask (asset) : asset_bid (asset);
}

static int64_t draft_qty (const draft_t *draft)
{
    int64_t qty_e9 = draft->qty_e9;
    if (draft->notional_e9 &&
        fixed_mul_div (draft->notional_e9, FIXED_ONE, reference_price (draft), ROUND_DOWN, &qty_e9) != 0)
        return INT64_MAX;
    return qty_e9;
}

static int64_t draft_cost (const draft_t *draft, int64_t price_e9)
{
    return draft->notional_e9 ? draft->notional_e9 : amount_of (price_e9, draft->qty_e9, ROUND_UP);
}

static int64_t held_without_replaced (const holder_t *holder, const draft_t *draft)
{
    int64_t held_e9 = holding_held (holder, draft->asset, draft->side);
    return draft->replacing ? held_e9 - order_rest (draft->replacing) : held_e9;
}

static int rule_available (
    const holder_t *holder, const draft_t *draft, int64_t position_e9, engine_error_t *error)
{
    int64_t held_e9 = held_without_replaced (holder, draft);
    int64_t existing_e9 = llabs (position_e9);
    int64_t available_e9 = existing_e9 > held_e9 ? existing_e9 - held_e9 : 0;
    int64_t qty_e9 = draft_qty (draft);
    if (qty_e9 <= available_e9)
        return 0;
    char requested[FIXED_TEXT_MAX], available[FIXED_TEXT_MAX];
    fixed_format (qty_e9, requested);
    fixed_format (available_e9, available);
    refuse (error, 403, FORBIDDEN, "insufficient qty available for order (requested: %s, available: %s)",
        requested, available);
    refuse_extra (error, "symbol", draft->asset->shown.symbol);
    refuse_extra (error, "available", available);
    refuse_extra_e9 (error, "existing_qty", existing_e9);
    refuse_extra_e9 (error, "held_for_orders", held_e9);
    return -ERR_BROKER;
}

/*  An open order of the other side that opens exposure, on the same asset. */
static const record_t *opposite_opening (const holder_t *holder, const draft_t *draft)
{
    for (const record_t *at = holder->open_first; at; at = at->account_next) {
        bool opens = at->shown.intent == INTENT_BUY_TO_OPEN || at->shown.intent == INTENT_SELL_TO_OPEN;
        if (at->shown.asset == &draft->asset->shown && at->shown.side != draft->side && opens)
            return at;
    }
    return NULL;
}

static int rule_short (engine_t *self, const holder_t *holder, const draft_t *draft, engine_error_t *error)
{
    const engine_asset_t *asset = &draft->asset->shown;
    if (asset->asset_class == ENGINE_CLASS_CRYPTO)
        return rule_available (holder, draft, 0, error);
    if (draft_is_fractional (draft))
        return refuse (error, 422, UNPROCESSABLE, "fractional orders cannot be sold short");
    if (holder->shorting_disabled || holder->configurations.no_shorting ||
        account_equity (self, holder) < SHORT_EQUITY_E9 || account_multiplier (self, holder) < 2)
        return refuse (error, 403, FORBIDDEN, "account is not allowed to short");
    if (!asset->shortable || !asset->easy_to_borrow)
        return refuse (error, 422, UNPROCESSABLE, "asset \"%s\" cannot be sold short", asset->symbol);
    if (opposite_opening (holder, draft))
        return refuse (error, 403, FORBIDDEN, "cannot open a short sell while a long buy order is open");
    return 0;
}

/*  Decides what the order does to the position, and what a share of it holds of the buying power. */
static int rule_position (engine_t *self, const holder_t *holder, draft_t *draft, engine_error_t *error)
{
    int64_t position_e9 = holding_qty (holder, draft->asset->number);
    bool buys = draft->side == SIDE_BUY;
    bool closes = buys ? position_e9 < 0 : position_e9 > 0;
    intent_t intent = buys ? (closes ? INTENT_BUY_TO_CLOSE : INTENT_BUY_TO_OPEN)
                           : (closes ? INTENT_SELL_TO_CLOSE : INTENT_SELL_TO_OPEN);
    if (draft->intent != INTENT_NONE && draft->intent != intent)
        return refuse (error, 422, UNPROCESSABLE, "position intent mismatch, inferred: %s, specified: %s",
            intent_text (intent), intent_text (draft->intent));
    draft->intent = intent;
    draft->hold_price_e9 = 0;
    if (closes)
        return rule_available (holder, draft, position_e9, error);
    draft->hold_price_e9 = reference_price (draft);
    if (buys)
        return opposite_opening (holder, draft)
                   ? refuse (error, 403, FORBIDDEN, "cannot open a long buy while a short sell order is open")
                   : 0;
    int64_t raised_e9 = amount_of (asset_ask (&draft->asset->shown), FIXED_ONE * 103 / 100, ROUND_UP);
    if (raised_e9 > draft->limit_price_e9)
        draft->hold_price_e9 = raised_e9;
    return rule_short (self, holder, draft, error);
}

static const char *wash_reason (const engine_order_t *existing, const draft_t *draft)
{
    if (existing->type != TYPE_LIMIT)
        return "opposite side market/stop order exists";
    const char *reason = "opposite side limit order exists";
    if (draft->type != TYPE_LIMIT)
        return reason;
    int64_t buy_e9 = draft->side == SIDE_BUY ? draft->limit_price_e9 : existing->limit_price_e9;
    int64_t sell_e9 = draft->side == SIDE_BUY ? existing->limit_price_e9 : draft->limit_price_e9;
    return buy_e9 >= sell_e9 ? reason : NULL;
}

static int rule_wash (const holder_t *holder, const draft_t *draft, engine_error_t *error)
{
    for (const record_t *at = holder->open_first; at; at = at->account_next) {
        if (at->shown.asset != &draft->asset->shown || at->shown.side == draft->side ||
            at == draft->replacing)
            continue;
        const char *reason = wash_reason (&at->shown, draft);
        if (!reason)
            continue;
        refuse (error, 403, FORBIDDEN, "potential wash trade detected. use complex orders");
        refuse_extra (error, "existing_order_id", at->shown.id);
        refuse_extra (error, "reject_reason", reason);
        return -ERR_BROKER;
    }
    return 0;
}

static int rule_cost (const draft_t *draft, engine_error_t *error)
{
    bool crypto = draft->asset->shown.asset_class == ENGINE_CLASS_CRYPTO;
    int64_t least_e9 = crypto ? 10 * FIXED_ONE : FIXED_ONE;
    /*  sells are exempt, and so are whole shares of a cheap one: the minimum is about fractions */
    bool exempt = draft->side == SIDE_SELL || (!crypto && !draft_is_fractional (draft));
    if (exempt || draft_cost (draft, reference_price (draft)) >= least_e9)
        return 0;
    return refuse (
        error, 403, FORBIDDEN, "cost basis must be >= minimal amount of order %d", crypto ? 10 : 1);
}

static int rule_buying_power (
    engine_t *self, const holder_t *holder, const draft_t *draft, engine_error_t *error)
{
    if (draft->hold_price_e9 == 0)
        return 0;
    int64_t cost_e9 = draft_cost (draft, draft->hold_price_e9);
    int64_t power_e9;
    if (draft->asset->shown.asset_class == ENGINE_CLASS_CRYPTO)
        power_e9 = holder->cash_e9 - account_held (holder);
    else
        power_e9 = account_buying_power (self, holder, 4);
    if (draft->replacing && draft->replacing->hold_price_e9)
        power_e9 += amount_of (draft->replacing->hold_price_e9, order_rest (draft->replacing), ROUND_DOWN);
    if (cost_e9 <= power_e9)
        return 0;
    refuse (error, 403, FORBIDDEN, "insufficient buying power");
    refuse_extra_e9 (error, "buying_power", power_e9 > 0 ? power_e9 : 0);
    refuse_extra_e9 (error, "cost_basis", cost_e9);
    return -ERR_BROKER;
}

int rules_check (engine_t *self, uint32_t account, draft_t *draft, engine_error_t *error)
{
    assert (self && draft && draft->asset && error);
    const holder_t *holder = account_at (self, account);
    int result = rule_account (holder, draft, error);
    if (result == 0)
        result = rule_asset (draft, error);
    if (result == 0)
        result = rule_fraction (holder, draft, error);
    if (result == 0)
        result = rule_prices (draft, error);
    if (result == 0)
        result = rule_cost (draft, error);
    if (result == 0)
        result = rule_position (self, holder, draft, error);
    if (result == 0)
        result = rule_wash (holder, draft, error);
    if (result == 0)
        result = rule_buying_power (self, holder, draft, error);
    return result;
}
