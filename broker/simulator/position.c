/*  position.c: what an account holds of each asset, what open orders hold back, and closing it. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

holding_t *holding_find (const holder_t *holder, uint32_t asset)
{
    assert (holder);
    for (size_t i = 0; i < holder->holdings_count; i++)
        if (holder->holdings[i].asset == asset)
            return &holder->holdings[i];
    return NULL;
}

int64_t holding_qty (const holder_t *holder, uint32_t asset)
{
    const holding_t *holding = holding_find (holder, asset);
    return holding ? holding->qty_e9 : 0;
}

static holding_t *holding_add (holder_t *holder, uint32_t asset)
{
    void *holdings = array_grow (
        holder->holdings, sizeof *holder->holdings, holder->holdings_count, &holder->holdings_capacity);
    if (!holdings) {
        /*  an execution without its position would be a lie */
        fputs ("simulator: out of memory\n", stderr);
        abort ();
    }
    holder->holdings = holdings;
    holding_t *holding = &holder->holdings[holder->holdings_count++];
    *holding = (holding_t){.asset = asset};
    return holding;
}

static void holding_grow (holding_t *holding, int64_t signed_qty_e9, int64_t price_e9)
{
    wide_t cost_e18 =
        (wide_t) holding->avg_entry_price_e9 * holding->qty_e9 + (wide_t) price_e9 * signed_qty_e9;
    holding->qty_e9 += signed_qty_e9;
    wide_t half = holding->qty_e9 / 2;
    holding->avg_entry_price_e9 = (int64_t) ((cost_e18 + half) / holding->qty_e9);
    holding->intraday_basis_e9 += amount_of (price_e9, signed_qty_e9, ROUND_HALF_EVEN);
}

static void holding_shrink (holding_t *holding, int64_t signed_qty_e9)
{
    int64_t rest_e9 = holding->qty_e9 + signed_qty_e9;
    int64_t basis_e9;
    if (fixed_mul_div (holding->intraday_basis_e9, rest_e9, holding->qty_e9, ROUND_HALF_EVEN, &basis_e9) == 0)
        holding->intraday_basis_e9 = basis_e9;
    holding->qty_e9 = rest_e9;
}

void holding_apply (holder_t *holder, uint32_t asset, int64_t signed_qty_e9, int64_t price_e9)
{
    assert (holder && signed_qty_e9 != 0 && price_e9 > 0);
    /*  what is paid rounds up, what is received rounds down: the house does not make money of dust */
    holder->cash_e9 -= amount_of (price_e9, signed_qty_e9, signed_qty_e9 > 0 ? ROUND_UP : ROUND_DOWN);
    holding_t *holding = holding_find (holder, asset);
    if (!holding)
        holding = holding_add (holder, asset);
    bool opposite = holding->qty_e9 != 0 && (holding->qty_e9 < 0) != (signed_qty_e9 < 0);
    if (opposite) {
        bool crosses = llabs (signed_qty_e9) > llabs (holding->qty_e9);
        int64_t closing_e9 = crosses ? -holding->qty_e9 : signed_qty_e9;
        holding_shrink (holding, closing_e9);
        signed_qty_e9 -= closing_e9;
        if (holding->qty_e9 == 0)
            *holding = (holding_t){.asset = asset};
    }
    if (signed_qty_e9 != 0)
        holding_grow (holding, signed_qty_e9, price_e9);
    if (holding->qty_e9 == 0)
        *holding = holder->holdings[--holder->holdings_count];
}

int64_t holding_held (const holder_t *holder, const listing_t *asset, side_t side)
{
    assert (holder && asset);
    int64_t held_e9 = 0;
    for (const record_t *at = holder->open_first; at; at = at->account_next)
        if (at->shown.asset == &asset->shown && at->shown.side == side)
            held_e9 += order_rest (at);
    return held_e9;
}

static int64_t ratio_e9 (int64_t part_e9, int64_t whole_e9)
{
    int64_t ratio;
    return fixed_mul_div (part_e9, FIXED_ONE, whole_e9, ROUND_HALF_EVEN, &ratio) == 0 ? ratio : 0;
}

static void position_show (
    const engine_t *self, const holder_t *holder, const holding_t *holding, engine_position_t *position)
{
    const listing_t *listing = &self->assets[holding->asset];
    const engine_asset_t *asset = &listing->shown;
    bool is_short = holding->qty_e9 < 0;
    int64_t held_e9 = holding_held (holder, listing, is_short ? SIDE_BUY : SIDE_SELL);
    memset (position, 0, sizeof *position);
    position->asset = asset;
    position->qty_e9 = holding->qty_e9;
    position->qty_available_e9 = is_short ? holding->qty_e9 + held_e9 : holding->qty_e9 - held_e9;
    position->avg_entry_price_e9 = holding->avg_entry_price_e9;
    position->cost_basis_e9 = amount_of (holding->avg_entry_price_e9, holding->qty_e9, ROUND_HALF_EVEN);
    position->market_value_e9 = amount_of (asset->price_e9, holding->qty_e9, ROUND_DOWN);
    position->unrealized_pl_e9 = position->market_value_e9 - position->cost_basis_e9;
    position->unrealized_plpc_e9 = ratio_e9 (position->unrealized_pl_e9, llabs (position->cost_basis_e9));
    position->unrealized_intraday_pl_e9 = position->market_value_e9 - holding->intraday_basis_e9;
    position->unrealized_intraday_plpc_e9 =
        ratio_e9 (position->unrealized_intraday_pl_e9, llabs (holding->intraday_basis_e9));
    position->current_price_e9 = asset->price_e9;
    position->lastday_price_e9 = asset->lastday_price_e9;
    position->change_today_e9 = ratio_e9 (asset->price_e9 - asset->lastday_price_e9, asset->lastday_price_e9);
}

static int by_symbol (const void *a, const void *b)
{
    const engine_position_t *left = a;
    const engine_position_t *right = b;
    return strcmp (left->asset->symbol, right->asset->symbol);
}

size_t engine_positions_list (
    engine_t *self, uint32_t account, int64_t now_ns, engine_position_t *positions, size_t capacity)
{
    assert (self && (positions || capacity == 0));
    engine_advance (self, now_ns);
    const holder_t *holder = account_at (self, account);
    size_t count = holder->holdings_count < capacity ? holder->holdings_count : capacity;
    for (size_t i = 0; i < count; i++)
        position_show (self, holder, &holder->holdings[i], &positions[i]);
    if (count > 1)
        qsort (positions, count, sizeof *positions, by_symbol);
    return count;
}

int engine_position_get (engine_t *self, uint32_t account, const char *symbol_or_id, int64_t now_ns,
    engine_position_t *position, engine_error_t *error)
{
    assert (self && position && error);
    engine_advance (self, now_ns);
    const holder_t *holder = account_at (self, account);
    const listing_t *listing = asset_find (self, symbol_or_id);
    const holding_t *holding = listing ? holding_find (holder, listing->number) : NULL;
    if (!holding) {
        refuse (error, 404, 40410000, "position does not exist");
        return -ERR_BROKER;
    }
    position_show (self, holder, holding, position);
    return 0;
}

/*  What DELETE positions/{x} asks to close, unsigned. */
static int close_qty (const engine_position_t *position, const char *qty, const char *percentage,
    int64_t *qty_e9_p, engine_error_t *error)
{
    int64_t whole_e9 = llabs (position->qty_e9);
    *qty_e9_p = whole_e9;
    if (text_set (qty) && text_set (percentage))
        return refuse (error, 422, 40010001, "only one of qty or percentage is accepted");
    if (text_set (qty))
        return draft_amount ("qty", qty, qty_e9_p, error);
    if (!text_set (percentage))
        return 0;
    int64_t percent_e9;
    int result = draft_amount ("percentage", percentage, &percent_e9, error);
    if (result != 0)
        return result;
    if (percent_e9 > 100 * FIXED_ONE)
        return refuse (error, 422, 40010001, "percentage must be between 0 and 100");
    result = fixed_mul_div (whole_e9, percent_e9, 100 * FIXED_ONE, ROUND_DOWN, qty_e9_p);
    if (result == 0 && !position->asset->fractionable)
        *qty_e9_p = fixed_floor_to (*qty_e9_p, FIXED_ONE);
    if (result != 0 || *qty_e9_p == 0)
        return refuse (error, 422, 40010001, "percentage is too small to close anything");
    return 0;
}

int engine_position_close (engine_t *self, uint32_t account, const char *symbol_or_id, const char *qty,
    const char *percentage, int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p,
    engine_error_t *error)
{
    assert (self && order_p && error);
    engine_position_t position;
    int result = engine_position_get (self, account, symbol_or_id, now_ns, &position, error);
    if (result != 0)
        return result;
    int64_t qty_e9;
    result = close_qty (&position, qty, percentage, &qty_e9, error);
    if (result != 0)
        return result;
    char text[FIXED_TEXT_MAX];
    fixed_format (qty_e9, text);
    engine_submit_t submit = {.symbol = position.asset->symbol,
        .qty = text,
        .side = position.qty_e9 < 0 ? "buy" : "sell",
        .type = "market",
        .time_in_force = position.asset->asset_class == ENGINE_CLASS_CRYPTO ? "gtc" : "day"};
    return engine_order_submit (self, account, &submit, arrived_at_ns, now_ns, order_p, error);
}

size_t engine_positions_close_all (engine_t *self, uint32_t account, bool cancel_orders,
    int64_t arrived_at_ns, int64_t now_ns, engine_close_item_t *items, size_t capacity)
{
    assert (self && items);
    engine_position_t positions[ENGINE_ASSETS_MAX];
    size_t count = engine_positions_list (self, account, now_ns, positions, ENGINE_ASSETS_MAX);
    if (cancel_orders)
        engine_orders_cancel_all (self, account, arrived_at_ns, now_ns, NULL, 0);
    size_t reported = 0;
    for (size_t i = 0; i < count && reported < capacity; i++) {
        engine_close_item_t *item = &items[reported++];
        memset (item, 0, sizeof *item);
        memcpy (item->symbol, positions[i].asset->position_symbol, sizeof item->symbol);
        int result = engine_position_close (self, account, positions[i].asset->symbol, NULL, NULL,
            arrived_at_ns, now_ns, &item->order, &item->error);
        item->status = result == 0 ? 200 : item->error.http_status;
    }
    return reported;
}
