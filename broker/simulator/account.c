/*  account.c: accounts: identity, money, configurations, and the requests a minute they may send. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX 2048
#define MINUTE_NS (60 * ENGINE_SECOND_NS)
#define CASH_MAX_E9 (200000000 * FIXED_ONE) /*  fourfold it stays far from 64 bits */
#define MARGIN_EQUITY_E9 (2000 * FIXED_ONE) /*  below: cash only */
#define DAY_EQUITY_E9 (25000 * FIXED_ONE)   /*  from here: fourfold */

holder_t *account_at (const engine_t *self, uint32_t account)
{
    assert (self);
    return table_at (&self->accounts, account);
}

void engine_account_setup_default (engine_account_setup_t *setup)
{
    assert (setup);
    *setup = (engine_account_setup_t){.partial_fill_ppm = -1, .rate_limit_per_minute = -1};
}

static int setup_check (const engine_t *self, const engine_account_setup_t *setup, problem_t *problem)
{
    uint32_t found;
    if (!text_set (setup->key_id) || !text_set (setup->secret))
        return problem_set (problem, ERR_MISSING, "key_id, secret", "an account needs both");
    if (strlen (setup->key_id) > 63 || strlen (setup->secret) > 63)
        return problem_set (problem, ERR_RANGE, "key_id, secret", "at most 63 bytes each");
    if (setup->id && strlen (setup->id) >= ID_MAX)
        return problem_set (problem, ERR_RANGE, "id", "at most %d bytes", ID_MAX - 1);
    if (setup->label && strlen (setup->label) > 63)
        return problem_set (problem, ERR_RANGE, "label", "at most 63 bytes");
    if (setup->cash_e9 < 0 || setup->cash_e9 > CASH_MAX_E9 || setup->partial_fill_ppm > 1000000 ||
        setup->rate_limit_per_minute > 1000000)
        return problem_set (
            problem, ERR_RANGE, "cash, partial_fill_ppm, rate_limit", "negative or too large");
    if (engine_account_by_key_id (self, setup->key_id, &found) == 0)
        return problem_set (problem, ERR_EXISTS, "key_id", "another account has this key");
    if (text_set (setup->id) && engine_account_by_id (self, setup->id, &found) == 0)
        return problem_set (problem, ERR_EXISTS, "id", "account %s exists", setup->id);
    if (table_full (&self->accounts))
        return problem_set (problem, ERR_FULL, "accounts_max", "%zu accounts exist", self->accounts.count);
    return 0;
}

static void holder_init (
    engine_t *self, holder_t *holder, const engine_account_setup_t *setup, uint32_t number)
{
    char canonical[UUID_TEXT_MAX];
    if (!text_set (setup->id))
        chance_uuid (&self->id_chance, holder->id, sizeof holder->id);
    else if (uuid_canonical (setup->id, canonical))
        memcpy (holder->id, canonical, sizeof canonical);
    else
        snprintf (holder->id, sizeof holder->id, "%s", setup->id);
    snprintf (holder->number, sizeof holder->number, "PA%09u", number + 1);
    snprintf (holder->key_id, sizeof holder->key_id, "%s", setup->key_id);
    snprintf (holder->secret, sizeof holder->secret, "%s", setup->secret);
    snprintf (holder->label, sizeof holder->label, "%s", setup->label ? setup->label : "");
    holder->created_at_ns = self->now_ns;
    holder->cash_e9 = setup->cash_e9 ? setup->cash_e9 : self->config.default_cash_e9;
    holder->last_equity_e9 = holder->cash_e9;
    holder->shorting_disabled = setup->shorting_disabled;
    holder->crypto_disabled = setup->crypto_disabled;
    holder->partial_fill_ppm =
        setup->partial_fill_ppm < 0 ? self->config.partial_fill_ppm : (uint32_t) setup->partial_fill_ppm;
    holder->rate_limit = setup->rate_limit_per_minute < 0 ? self->config.rate_limit_per_minute
                                                          : (uint32_t) setup->rate_limit_per_minute;
    holder->configurations = (engine_configurations_t){
        .fractional_trading = true, .max_margin_multiplier = 4, .trade_confirm_email = "all"};
}

int engine_account_create (engine_t *self, const engine_account_setup_t *setup, int64_t now_ns,
    uint32_t *account_p, problem_t *problem)
{
    assert (self && setup && account_p);
    engine_advance (self, now_ns);
    int result = setup_check (self, setup, problem);
    if (result != 0)
        return result;
    if (!lookup_reserve (&self->accounts_by_id) || !lookup_reserve (&self->accounts_by_key))
        return problem_set (problem, ERR_MEMORY, "accounts", "no memory for another account");
    holder_t *holder = table_add (&self->accounts);
    if (!holder)
        return problem_set (problem, ERR_MEMORY, "accounts", "no memory for another account");
    uint32_t number = (uint32_t) (self->accounts.count - 1);
    holder_init (self, holder, setup, number);
    lookup_put (&self->accounts_by_id, hash_text (HASH_START, holder->id), number);
    lookup_put (&self->accounts_by_key, hash_text (HASH_START, holder->key_id), number);
    engine_trace (self, holder->id, strlen (holder->id));
    account_sample (self, holder);
    *account_p = number;
    return 0;
}

void account_release (holder_t *holder)
{
    assert (holder);
    free (holder->holdings);
    free ((void *) holder->orders);
    free ((void *) holder->executions);
    free (holder->events);
    free (holder->samples);
}

size_t engine_accounts_count (const engine_t *self)
{
    assert (self);
    return self->accounts.count;
}

int engine_account_by_key_id (const engine_t *self, const char *key_id, uint32_t *account_p)
{
    assert (self && key_id && account_p);
    size_t cursor = 0;
    while (lookup_next (&self->accounts_by_key, hash_text (HASH_START, key_id), &cursor, account_p))
        if (strcmp (account_at (self, *account_p)->key_id, key_id) == 0)
            return 0;
    return -ERR_NOT_FOUND;
}

int engine_account_by_keys (const engine_t *self, const char *key_id, const char *secret, uint32_t *account_p)
{
    assert (secret);
    if (engine_account_by_key_id (self, key_id, account_p) != 0)
        return -ERR_NOT_FOUND;
    char sent[sizeof ((holder_t *) 0)->secret] = {0};
    strncpy (sent, secret, sizeof sent - 1);
    const char *known = account_at (self, *account_p)->secret;
    unsigned difference = strlen (secret) >= sizeof sent;
    for (size_t i = 0; i < sizeof sent; i++)
        difference |= (unsigned) (unsigned char) sent[i] ^ (unsigned) (unsigned char) known[i];
    return difference == 0 ? 0 : -ERR_NOT_FOUND;
}

int engine_account_by_id (const engine_t *self, const char *id, uint32_t *account_p)
{
    assert (self && id && account_p);
    char canonical[UUID_TEXT_MAX];
    if (uuid_canonical (id, canonical))
        id = canonical;
    size_t cursor = 0;
    while (lookup_next (&self->accounts_by_id, hash_text (HASH_START, id), &cursor, account_p))
        if (strcmp (account_at (self, *account_p)->id, id) == 0)
            return 0;
    return -ERR_NOT_FOUND;
}

const char *engine_account_id (const engine_t *self, uint32_t account)
{
    return account_at (self, account)->id;
}

static int64_t value_of_sign (const engine_t *self, const holder_t *holder, bool negative)
{
    int64_t value_e9 = 0;
    for (size_t i = 0; i < holder->holdings_count; i++) {
        const holding_t *holding = &holder->holdings[i];
        if ((holding->qty_e9 < 0) != negative)
            continue;
        value_e9 += amount_of (self->assets[holding->asset].shown.price_e9, holding->qty_e9, ROUND_DOWN);
    }
    return value_e9;
}

int64_t account_long_value (const engine_t *self, const holder_t *holder)
{
    return value_of_sign (self, holder, false);
}

int64_t account_short_value (const engine_t *self, const holder_t *holder)
{
    return value_of_sign (self, holder, true);
}

int64_t account_equity (const engine_t *self, const holder_t *holder)
{
    return holder->cash_e9 + account_long_value (self, holder) + account_short_value (self, holder);
}

int64_t account_held (const holder_t *holder)
{
    int64_t held_e9 = 0;
    for (const record_t *at = holder->open_first; at; at = at->account_next) {
        if (at->hold_price_e9 == 0)
            continue;
        if (at->shown.notional_e9 && at->target_qty_e9 == 0)
            held_e9 += at->shown.notional_e9;
        else
            held_e9 += amount_of (at->hold_price_e9, order_rest (at), ROUND_UP);
    }
    return held_e9;
}

int account_multiplier (const engine_t *self, const holder_t *holder)
{
    int64_t equity_e9 = account_equity (self, holder);
    int multiplier = equity_e9 < MARGIN_EQUITY_E9 ? 1 : equity_e9 < DAY_EQUITY_E9 ? 2 : 4;
    int most = holder->configurations.max_margin_multiplier;
    return multiplier < most ? multiplier : most;
}

int64_t account_buying_power (const engine_t *self, const holder_t *holder, int multiplier_max)
{
    int multiplier = account_multiplier (self, holder);
    if (multiplier > multiplier_max)
        multiplier = multiplier_max;
    int64_t gross_e9 = account_long_value (self, holder) - account_short_value (self, holder);
    int64_t power_e9 = account_equity (self, holder) * multiplier - gross_e9 - account_held (holder);
    return power_e9 > 0 ? power_e9 : 0;
}

void engine_account_get (engine_t *self, uint32_t account, int64_t now_ns, engine_account_t *state)
{
    assert (self && state);
    engine_advance (self, now_ns);
    const holder_t *holder = account_at (self, account);
    memset (state, 0, sizeof *state);
    memcpy (state->id, holder->id, sizeof state->id);
    memcpy (state->account_number, holder->number, sizeof state->account_number);
    memcpy (state->key_id, holder->key_id, sizeof state->key_id);
    memcpy (state->label, holder->label, sizeof state->label);
    state->status = "ACTIVE";
    state->currency = "USD";
    state->cash_e9 = holder->cash_e9;
    state->long_market_value_e9 = account_long_value (self, holder);
    state->short_market_value_e9 = account_short_value (self, holder);
    state->equity_e9 = account_equity (self, holder);
    state->last_equity_e9 = holder->last_equity_e9;
    state->position_market_value_e9 = state->long_market_value_e9 - state->short_market_value_e9;
    state->initial_margin_e9 = state->position_market_value_e9 / 2;
    state->maintenance_margin_e9 = amount_of (state->position_market_value_e9, FIXED_ONE * 3 / 10, ROUND_UP);
    state->last_maintenance_margin_e9 = holder->last_maintenance_e9;
    int64_t sma_e9 = state->equity_e9 - state->initial_margin_e9;
    state->sma_e9 = sma_e9 > 0 ? sma_e9 : 0;
    state->multiplier = account_multiplier (self, holder);
    state->buying_power_e9 = account_buying_power (self, holder, 4);
    state->effective_buying_power_e9 = state->buying_power_e9;
    state->regt_buying_power_e9 = account_buying_power (self, holder, 2);
    int64_t cash_e9 = holder->cash_e9 - account_held (holder);
    state->non_marginable_buying_power_e9 = cash_e9 > 0 ? cash_e9 : 0;
    state->options_buying_power_e9 = state->non_marginable_buying_power_e9;
    state->created_at_ns = holder->created_at_ns;
    state->trading_blocked = holder->trading_blocked;
    state->account_blocked = holder->account_blocked;
    state->trade_suspended_by_user = holder->configurations.suspend_trade;
    state->shorting_enabled =
        !holder->shorting_disabled && !holder->configurations.no_shorting && state->multiplier > 1;
    state->crypto_tier = holder->crypto_disabled ? 0 : 1;
}

void engine_configurations_get (
    const engine_t *self, uint32_t account, engine_configurations_t *configurations)
{
    assert (configurations);
    *configurations = account_at (self, account)->configurations;
}

int engine_configurations_set (
    engine_t *self, uint32_t account, const engine_configurations_t *configurations, engine_error_t *error)
{
    assert (self && configurations && error);
    int multiplier = configurations->max_margin_multiplier;
    if (multiplier != 1 && multiplier != 2 && multiplier != 4)
        return refuse (error, 422, 40010001, "max_margin_multiplier must be one of 1, 2, 4");
    const char *email = configurations->trade_confirm_email;
    if (strcmp (email, "all") != 0 && strcmp (email, "none") != 0)
        return refuse (error, 422, 40010001, "trade_confirm_email must be one of all, none");
    account_at (self, account)->configurations = *configurations;
    return 0;
}

int engine_account_deposit (engine_t *self, uint32_t account, int64_t amount_e9, int64_t now_ns)
{
    assert (self);
    engine_advance (self, now_ns);
    holder_t *holder = account_at (self, account);
    int64_t cash_e9;
    if (fixed_add (holder->cash_e9, amount_e9, &cash_e9) != 0 || cash_e9 > CASH_MAX_E9 ||
        cash_e9 < -CASH_MAX_E9)
        return -ERR_RANGE;
    holder->cash_e9 = cash_e9;
    account_sample (self, holder);
    return 0;
}

void engine_account_block (engine_t *self, uint32_t account, bool trading_blocked, bool account_blocked)
{
    account_at (self, account)->trading_blocked = trading_blocked;
    account_at (self, account)->account_blocked = account_blocked;
}

void engine_account_partial_fill (engine_t *self, uint32_t account, uint32_t ppm)
{
    assert (ppm <= 1000000);
    account_at (self, account)->partial_fill_ppm = ppm;
}

bool engine_rate_take (engine_t *self, uint32_t account, int64_t now_ns, engine_rate_t *rate)
{
    assert (self && rate);
    holder_t *holder = account_at (self, account);
    int64_t minute = now_ns / MINUTE_NS;
    if (minute > holder->rate_minute) {
        holder->rate_minute = minute;
        holder->rate_used = 0;
    }
    bool taken = holder->rate_limit == 0 || holder->rate_used < holder->rate_limit;
    if (taken)
        holder->rate_used++;
    rate->limit = holder->rate_limit;
    rate->remaining = rate->limit > holder->rate_used ? rate->limit - holder->rate_used : 0;
    rate->reset_at_s = (holder->rate_minute + 1) * 60;
    return taken;
}

void engine_rate_limit_set (engine_t *self, uint32_t account, uint32_t per_minute)
{
    account_at (self, account)->rate_limit = per_minute;
}

void account_sample (engine_t *self, holder_t *holder)
{
    assert (self && holder);
    if (holder->samples_count == SAMPLES_MAX) {
        /*  thin out: every second one, so that a long life stays visible from its beginning */
        for (size_t i = 0; i < SAMPLES_MAX / 2; i++)
            holder->samples[i] = holder->samples[2 * i];
        holder->samples_count = SAMPLES_MAX / 2;
    }
    void *samples = array_grow (
        holder->samples, sizeof *holder->samples, holder->samples_count, &holder->samples_capacity);
    if (!samples)
        return; /*  a point less in a chart */
    holder->samples = samples;
    holder->samples[holder->samples_count++] =
        (sample_t){.at_ns = self->now_ns, .equity_e9 = account_equity (self, holder)};
}

void account_close_day (engine_t *self, holder_t *holder)
{
    assert (self && holder);
    holder->last_equity_e9 = account_equity (self, holder);
    int64_t gross_e9 = account_long_value (self, holder) - account_short_value (self, holder);
    holder->last_maintenance_e9 = amount_of (gross_e9, FIXED_ONE * 3 / 10, ROUND_UP);
    for (size_t i = 0; i < holder->holdings_count; i++) {
        holding_t *holding = &holder->holdings[i];
        int64_t price_e9 = self->assets[holding->asset].shown.price_e9;
        holding->intraday_basis_e9 = amount_of (price_e9, holding->qty_e9, ROUND_HALF_EVEN);
    }
    account_sample (self, holder);
}
