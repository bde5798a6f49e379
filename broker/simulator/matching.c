/*  matching.c: how orders meet the market.
 *
 *  accepted (market closed) --open--> pending_new --new latency--> new --fill latency--> partially_filled, filled
 *                                                                    \--ioc, fok unmet--> canceled
 *                                                                    \--day, close------> expired
 *  A market order buys at the ask and sells at the bid of the moment it fills. A limit fills at that same price when
 *  it is at least as good as the limit, a stop becomes a market order (stop_limit a limit) once its price is
 *  reached. Every order that is not being filled rests in its asset's list and is looked at when the price moves.
 */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdlib.h>

static bool is_trading (const engine_t *self, const record_t *record)
{
    const engine_asset_t *asset = record->shown.asset;
    return asset->tradable && (asset->asset_class == ENGINE_CLASS_CRYPTO || session_open (self));
}

/*  What the order would execute at now; 0 = nothing. */
static int64_t executable_price (const record_t *record)
{
    const engine_order_t *order = &record->shown;
    bool buys = order->side == SIDE_BUY;
    int64_t price_e9 = buys ? asset_ask (order->asset) : asset_bid (order->asset);
    bool is_stop = order->type == TYPE_STOP || order->type == TYPE_STOP_LIMIT;
    if (is_stop && !record->triggered)
        return 0;
    if (order->type != TYPE_LIMIT && order->type != TYPE_STOP_LIMIT)
        return price_e9;
    bool good = buys ? price_e9 <= order->limit_price_e9 : price_e9 >= order->limit_price_e9;
    return good ? price_e9 : 0;
}

static void trigger_stop (record_t *record)
{
    const engine_order_t *order = &record->shown;
    if (order->stop_price_e9 == 0 || record->triggered)
        return;
    int64_t price_e9 = order->asset->price_e9;
    record->triggered =
        order->side == SIDE_BUY ? price_e9 >= order->stop_price_e9 : price_e9 <= order->stop_price_e9;
}

/*  Schedules a fill if the market would give one (or must be asked once: ioc, fok). */
static void consider (engine_t *self, record_t *record, int64_t since_ns)
{
    if (record->fill_due || record->script || !is_trading (self, record))
        return;
    order_status_t status = record->shown.state.status;
    if (status != STATUS_NEW && status != STATUS_PARTIALLY_FILLED)
        return;
    trigger_stop (record);
    bool at_once = record->shown.tif == TIF_IOC || record->shown.tif == TIF_FOK;
    if (executable_price (record) == 0 && !at_once)
        return;
    record->fill_due = true;
    engine_schedule (self, since_ns + self->config.fill_latency_ns, DUE_FILL, record);
}

static void resting_enter (record_t *record)
{
    listing_t *asset = asset_of (record);
    record->asset_next = asset->resting_first;
    if (asset->resting_first)
        asset->resting_first->asset_previous = record;
    asset->resting_first = record;
    record->resting = true;
}

void matching_on_accepted (engine_t *self, record_t *record)
{
    assert (self && record && record->open);
    bool crypto = record->shown.asset->asset_class == ENGINE_CLASS_CRYPTO;
    if (!crypto && !session_open (self)) {
        record->shown.state.status = STATUS_ACCEPTED;
        history_event (self, record, UPDATE_ACCEPTED, NULL);
        return;
    }
    record->shown.state.status = STATUS_PENDING_NEW;
    history_event (self, record, UPDATE_OTHER, NULL);
    engine_schedule (self, self->now_ns + self->config.new_latency_ns, DUE_NEW, record);
}

static void end_with (engine_t *self, record_t *record, order_status_t status, update_t update)
{
    order_end (self, record, status);
    history_event (self, record, update, NULL);
}

void matching_on_new (engine_t *self, record_t *record)
{
    assert (self && record);
    if (!record->open)
        return;
    if (record->refused_later) {
        end_with (self, record, STATUS_REJECTED, UPDATE_REJECTED);
        return;
    }
    engine_order_state_t *state = &record->shown.state;
    int64_t since_ns = state->status == STATUS_ACCEPTED ? self->now_ns : record->shown.submitted_at_ns;
    state->status = STATUS_NEW;
    state->updated_at_ns = self->now_ns;
    history_event (self, record, UPDATE_NEW, NULL);
    resting_enter (record);
    if (record->script && record->script->count > 0)
        engine_schedule (self, since_ns + record->script->delay_ns[0], DUE_FILL, record);
    consider (self, record, since_ns);
}

static void execute (engine_t *self, record_t *record, int64_t price_e9, int64_t qty_e9)
{
    assert (record->open && qty_e9 > 0 && qty_e9 <= order_rest (record));
    engine_execution_t *execution = activity_add (self, record, price_e9, qty_e9);
    if (!execution) {
        /*  executions_max or memory: the order says so instead of hanging */
        end_with (self, record, STATUS_REJECTED, UPDATE_REJECTED);
        return;
    }
    holder_t *holder = account_at (self, record->shown.account);
    uint32_t asset = asset_of (record)->number;
    holding_apply (holder, asset, record->shown.side == SIDE_BUY ? qty_e9 : -qty_e9, price_e9);
    engine_order_state_t *state = &record->shown.state;
    state->filled_qty_e9 += qty_e9;
    record->filled_value_e18 += (wide_t) price_e9 * qty_e9;
    state->filled_avg_price_e9 =
        (int64_t) ((record->filled_value_e18 + state->filled_qty_e9 / 2) / state->filled_qty_e9);
    bool whole = state->filled_qty_e9 == record->target_qty_e9;
    if (whole)
        order_end (self, record, STATUS_FILLED);
    state->status = whole ? STATUS_FILLED : STATUS_PARTIALLY_FILLED;
    state->updated_at_ns = self->now_ns;
    execution->order_status = state->status;
    execution->cum_qty_e9 = state->filled_qty_e9;
    execution->leaves_qty_e9 = record->target_qty_e9 - state->filled_qty_e9;
    execution->position_qty_e9 = holding_qty (holder, asset);
    account_sample (self, holder);
    history_event (self, record, whole ? UPDATE_FILL : UPDATE_PARTIAL_FILL, execution);
}

/*  A notional order learns its quantity at its first price. False: it buys nothing. */
static bool know_target (record_t *record, int64_t price_e9)
{
    if (record->target_qty_e9 == 0 && fixed_mul_div (record->shown.notional_e9, FIXED_ONE, price_e9,
                                          ROUND_DOWN, &record->target_qty_e9) != 0)
        return false;
    return record->target_qty_e9 > 0;
}

/*  All of the rest, or by chance 10-90 % of it (whole shares stay whole). */
static int64_t fill_qty (engine_t *self, const record_t *record)
{
    int64_t rest_e9 = order_rest (record);
    const holder_t *holder = account_at (self, record->shown.account);
    if (record->shown.tif == TIF_FOK || !chance_hits (&self->fill_chance, holder->partial_fill_ppm))
        return rest_e9;
    int64_t percent = 10 + (int64_t) chance_below (&self->fill_chance, 81);
    int64_t part_e9;
    if (fixed_mul_div (rest_e9, percent, 100, ROUND_DOWN, &part_e9) != 0)
        return rest_e9;
    if (rest_e9 % FIXED_ONE == 0)
        part_e9 = fixed_floor_to (part_e9, FIXED_ONE);
    return part_e9 > 0 ? part_e9 : rest_e9;
}

/*  The control asked for exactly this part, so neither session nor limit holds it back. */
static void fill_script_part (engine_t *self, record_t *record)
{
    const engine_order_t *order = &record->shown;
    int64_t price_e9 = executable_price (record);
    if (price_e9 == 0)
        price_e9 = order->limit_price_e9 ? order->limit_price_e9 : order->stop_price_e9;
    if (!know_target (record, price_e9)) {
        end_with (self, record, STATUS_CANCELED, UPDATE_CANCELED);
        return;
    }
    assert (record->part < record->script->count);
    int64_t qty_e9 = record->script->qty_e9[record->part++];
    int64_t rest_e9 = order_rest (record);
    bool more = record->part < record->script->count;
    int64_t delay_ns = more ? record->script->delay_ns[record->part] : 0;
    execute (self, record, price_e9, qty_e9 == 0 || qty_e9 > rest_e9 ? rest_e9 : qty_e9);
    if (record->open && more)
        engine_schedule (self, self->now_ns + delay_ns, DUE_FILL, record);
}

void matching_on_fill (engine_t *self, record_t *record)
{
    assert (self && record);
    record->fill_due = false;
    if (!record->open)
        return;
    if (record->script) {
        fill_script_part (self, record);
        return;
    }
    if (!is_trading (self, record))
        return; /*  looked at again when the market opens or the asset resumes */
    bool at_once = record->shown.tif == TIF_IOC || record->shown.tif == TIF_FOK;
    int64_t price_e9 = executable_price (record);
    if (price_e9 == 0 && !at_once)
        return; /*  the price went away: the order rests */
    if (price_e9 == 0 || !know_target (record, price_e9)) {
        end_with (self, record, STATUS_CANCELED, UPDATE_CANCELED);
        return;
    }
    execute (self, record, price_e9, fill_qty (self, record));
    if (!record->open)
        return;
    if (at_once)
        end_with (self, record, STATUS_CANCELED, UPDATE_CANCELED);
    else
        consider (self, record, self->now_ns);
}

void matching_on_price (engine_t *self, listing_t *asset)
{
    assert (self && asset);
    for (record_t *at = asset->resting_first; at; at = at->asset_next)
        consider (self, at, self->now_ns);
}

void matching_on_open (engine_t *self)
{
    assert (self);
    for (size_t i = 0; i < self->accounts.count; i++)
        for (record_t *at = account_at (self, (uint32_t) i)->open_first; at; at = at->account_next) {
            if (at->shown.state.status == STATUS_ACCEPTED)
                engine_schedule (self, self->now_ns + self->config.new_latency_ns, DUE_NEW, at);
            else
                consider (self, at, self->now_ns);
        }
}

void matching_on_close (engine_t *self)
{
    assert (self);
    for (size_t i = 0; i < self->accounts.count; i++) {
        record_t *next;
        for (record_t *at = account_at (self, (uint32_t) i)->open_first; at; at = next) {
            next = at->account_next;
            if (at->shown.expires_at_ns && at->shown.expires_at_ns <= self->now_ns)
                end_with (self, at, STATUS_EXPIRED, UPDATE_EXPIRED);
        }
    }
}

void engine_fault_script (engine_t *self, uint32_t account, const engine_script_t *script)
{
    assert (script && script->count <= ENGINE_PARTS_MAX);
    for (size_t i = 0; i < script->count; i++)
        assert (script->qty_e9[i] >= 0 && script->delay_ns[i] >= 0);
    account_at (self, account)->script = *script;
    account_at (self, account)->has_script = true;
}

void engine_fault_reject (
    engine_t *self, uint32_t account, int http_status, int64_t code, const char *message)
{
    assert (message);
    holder_t *holder = account_at (self, account);
    refuse (&holder->reject, http_status, code, "%s", message);
    holder->has_reject = true;
}

void engine_fault_events (engine_t *self, uint32_t account, uint32_t double_next, uint32_t drop_next)
{
    account_at (self, account)->double_next = double_next;
    account_at (self, account)->drop_next = drop_next;
}
