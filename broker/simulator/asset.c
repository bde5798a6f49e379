/*  asset.c: the listed assets, their prices, and how prices move: by control, or by a seeded walk. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PRICE_MAX_E9 (1000000 * FIXED_ONE)
#define CENT_E9 (FIXED_ONE / 100)
#define TICK_BELOW_ONE_E9 (FIXED_ONE / 10000)

enum { FRACTIONS = 1, SHORTS = 2, BORROW = 4, INACTIVE = 8, USUAL = FRACTIONS | SHORTS | BORROW };

/*  Start prices are near those of early 2026; what matters is one of every kind. */
static const struct {
    const char *symbol;
    const char *name;
    const char *exchange;
    int64_t price_e4; /*  ten-thousandths of a dollar */
    int flags;
} built_in[] = {
    {"AAPL", "Apple Inc. Common Stock", "NASDAQ", 2500000, USUAL},
    {"MSFT", "Microsoft Corporation Common Stock", "NASDAQ", 4800000, USUAL},
    {"TSLA", "Tesla, Inc. Common Stock", "NASDAQ", 4200000, USUAL},
    {"SPY", "SPDR S&P 500 ETF Trust", "ARCA", 6800000, USUAL},
    {"QQQ", "Invesco QQQ Trust, Series 1", "NASDAQ", 6100000, USUAL},
    {"NVDA", "NVIDIA Corporation Common Stock", "NASDAQ", 1850000, USUAL},
    {"AMZN", "Amazon.com, Inc. Common Stock", "NASDAQ", 2300000, USUAL},
    {"GOOGL", "Alphabet Inc. Class A Common Stock", "NASDAQ", 3100000, USUAL},
    {"META", "Meta Platforms, Inc. Class A Common Stock", "NASDAQ", 6500000, USUAL},
    {"AMD", "Advanced Micro Devices, Inc. Common Stock", "NASDAQ", 2200000, USUAL},
    {"NFLX", "Netflix, Inc. Common Stock", "NASDAQ", 950000, USUAL},
    {"INTC", "Intel Corporation Common Stock", "NASDAQ", 360000, USUAL},
    {"CSCO", "Cisco Systems, Inc. Common Stock", "NASDAQ", 770000, USUAL},
    {"PLTR", "Palantir Technologies Inc. Class A Common Stock", "NASDAQ", 1800000, USUAL},
    {"COIN", "Coinbase Global, Inc. Class A Common Stock", "NASDAQ", 2600000, USUAL},
    {"F", "Ford Motor Company", "NYSE", 130000, USUAL},
    {"GM", "General Motors Company", "NYSE", 780000, USUAL},
    {"T", "AT&T Inc.", "NYSE", 250000, USUAL},
    {"KO", "The Coca-Cola Company", "NYSE", 700000, USUAL},
    {"DIS", "The Walt Disney Company", "NYSE", 1120000, USUAL},
    {"JPM", "JPMorgan Chase & Co.", "NYSE", 3200000, USUAL},
    {"BAC", "Bank of America Corporation", "NYSE", 540000, USUAL},
    {"WMT", "Walmart Inc.", "NASDAQ", 1130000, USUAL},
    {"XOM", "Exxon Mobil Corporation", "NYSE", 1200000, USUAL},
    {"PFE", "Pfizer Inc.", "NYSE", 250000, USUAL},
    {"V", "Visa Inc.", "NYSE", 3500000, USUAL},
    {"BRK.B", "Berkshire Hathaway Inc. Class B", "NYSE", 4950000, USUAL},
    {"GLD", "SPDR Gold Shares", "ARCA", 4000000, USUAL},
    {"IWM", "iShares Russell 2000 ETF", "ARCA", 2500000, USUAL},
    {"BRK.A", "Berkshire Hathaway Inc. Class A", "NYSE", 7425000000, SHORTS | BORROW}, /*  not fractionable */
    {"GME", "GameStop Corporation Class A", "NYSE", 220000, FRACTIONS | SHORTS},       /*  hard to borrow */
    {"SNDL", "Sundial Sub-Dollar Inc.", "NASDAQ", 8500, USUAL},                        /*  below $1 */
    {"TWTR", "Twitter, Inc. (delisted)", "NYSE", 537000, INACTIVE},
};

static const struct {
    const char *symbol;
    const char *position_symbol;
    const char *name;
    int64_t price_e4;
} built_in_crypto[] = {
    {"BTC/USD", "BTCUSD", "Bitcoin / US Dollar", 900000000},
    {"ETH/USD", "ETHUSD", "Ethereum / US Dollar", 31000000},
};

const char *engine_class_text (engine_class_t asset_class)
{
    return asset_class == ENGINE_CLASS_CRYPTO ? "crypto" : "us_equity";
}

static engine_asset_t *asset_add (engine_t *self, const char *symbol, const char *name, int64_t price_e4)
{
    assert (self->assets_count < ENGINE_ASSETS_MAX);
    listing_t *listing = &self->assets[self->assets_count];
    listing->number = (uint32_t) self->assets_count++;
    engine_asset_t *asset = &listing->shown;
    snprintf (asset->symbol, sizeof asset->symbol, "%s", symbol);
    snprintf (asset->position_symbol, sizeof asset->position_symbol, "%s", symbol);
    snprintf (asset->name, sizeof asset->name, "%s", name);
    /*  of the symbol alone, so that every simulator names it alike */
    chance_t chance;
    chance_seed (&chance, hash_text (HASH_START, symbol));
    chance_uuid (&chance, asset->id, sizeof asset->id);
    asset->price_e9 = asset->lastday_price_e9 = price_e4 * (FIXED_ONE / 10000);
    asset->price_at_ns = self->now_ns;
    asset->trades = 1;
    asset->active = asset->tradable = asset->fractionable = true;
    asset->maintenance_margin_percent = 30;
    return asset;
}

void assets_init (engine_t *self, int64_t now_ns)
{
    assert (self && self->now_ns == now_ns);
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
        engine_asset_t *asset = asset_add (self, built_in[i].symbol, built_in[i].name, built_in[i].price_e4);
        int flags = built_in[i].flags;
        snprintf (asset->exchange, sizeof asset->exchange, "%s", built_in[i].exchange);
        asset->active = asset->tradable = asset->marginable = (flags & INACTIVE) == 0;
        asset->fractionable = (flags & FRACTIONS) != 0;
        asset->shortable = (flags & SHORTS) != 0;
        asset->easy_to_borrow = (flags & BORROW) != 0;
    }
    for (size_t i = 0; i < sizeof built_in_crypto / sizeof built_in_crypto[0]; i++) {
        engine_asset_t *asset =
            asset_add (self, built_in_crypto[i].symbol, built_in_crypto[i].name, built_in_crypto[i].price_e4);
        snprintf (
            asset->position_symbol, sizeof asset->position_symbol, "%s", built_in_crypto[i].position_symbol);
        snprintf (asset->exchange, sizeof asset->exchange, "CRYPTO");
        asset->asset_class = ENGINE_CLASS_CRYPTO;
        asset->maintenance_margin_percent = 100;
        asset->min_order_size_e9 = FIXED_ONE / 10000;
        asset->min_trade_increment_e9 = 1;
        asset->price_increment_e9 = CENT_E9;
    }
}

size_t engine_assets_count (const engine_t *self)
{
    assert (self);
    return self->assets_count;
}

const engine_asset_t *engine_asset_at (const engine_t *self, size_t index)
{
    assert (self && index < self->assets_count);
    return &self->assets[index].shown;
}

listing_t *asset_find (engine_t *self, const char *symbol_or_id)
{
    assert (self);
    if (!text_set (symbol_or_id))
        return NULL;
    char id[UUID_TEXT_MAX];
    bool is_id = uuid_canonical (symbol_or_id, id);
    for (size_t i = 0; i < self->assets_count; i++) {
        const engine_asset_t *asset = &self->assets[i].shown;
        if (strcmp (asset->symbol, symbol_or_id) == 0 || strcmp (asset->position_symbol, symbol_or_id) == 0 ||
            (is_id && strcmp (asset->id, id) == 0))
            return &self->assets[i];
    }
    return NULL;
}

const engine_asset_t *engine_asset_find (const engine_t *self, const char *symbol_or_id)
{
    /*  the table is the caller's own; only the promise not to change it is given back */
    const listing_t *listing = asset_find ((engine_t *) (uintptr_t) self, symbol_or_id);
    return listing ? &listing->shown : NULL;
}

listing_t *asset_of (const record_t *record)
{
    assert (record && record->shown.asset);
    return (listing_t *) (uintptr_t) record->shown.asset; /*  shown is its first member */
}

static int64_t price_step (int64_t price_e9)
{
    return price_e9 >= FIXED_ONE ? CENT_E9 : TICK_BELOW_ONE_E9;
}

int64_t asset_bid (const engine_asset_t *asset)
{
    return asset->price_e9;
}

int64_t asset_ask (const engine_asset_t *asset)
{
    return asset->price_e9 + price_step (asset->price_e9);
}

void engine_asset_quote (const engine_t *self, const engine_asset_t *asset, engine_quote_t *quote)
{
    assert (self && asset && quote);
    *quote = (engine_quote_t){.bid_e9 = asset_bid (asset),
        .ask_e9 = asset_ask (asset),
        .bid_size_e9 = 100 * FIXED_ONE,
        .ask_size_e9 = 100 * FIXED_ONE,
        .at_ns = asset->price_at_ns};
}

static void price_change (engine_t *self, listing_t *listing, int64_t price_e9)
{
    listing->shown.price_e9 = price_e9;
    listing->shown.price_at_ns = self->now_ns;
    listing->shown.trades++;
    engine_trace (self, &listing->number, sizeof listing->number);
    engine_trace (self, &price_e9, sizeof price_e9);
    matching_on_price (self, listing);
}

int engine_price_set (engine_t *self, const char *symbol, int64_t price_e9, int64_t now_ns)
{
    assert (self);
    listing_t *listing = asset_find (self, symbol);
    if (!listing)
        return -ERR_NOT_FOUND;
    if (price_e9 <= 0 || price_e9 > PRICE_MAX_E9)
        return -ERR_RANGE;
    engine_advance (self, now_ns);
    price_change (self, listing, price_e9);
    return 0;
}

int engine_asset_tradable_set (engine_t *self, const char *symbol, bool tradable)
{
    assert (self);
    listing_t *listing = asset_find (self, symbol);
    if (!listing)
        return -ERR_NOT_FOUND;
    listing->shown.tradable = tradable;
    if (tradable)
        matching_on_price (self, listing);
    return 0;
}

void engine_walk_set (engine_t *self, int64_t tick_ns, uint32_t volatility_ppm, int64_t now_ns)
{
    assert (self && tick_ns >= 0 && volatility_ppm <= 1000000);
    engine_advance (self, now_ns);
    self->config.tick_ns = tick_ns;
    self->config.volatility_ppm = volatility_ppm;
    if (tick_ns > 0 && !self->tick_due) {
        self->tick_due = true;
        engine_schedule (self, self->now_ns + tick_ns, DUE_TICK, NULL);
    }
}

void assets_walk (engine_t *self)
{
    assert (self);
    bool open = session_open (self);
    int64_t width = (int64_t) self->config.volatility_ppm * 2 + 1;
    for (size_t i = 0; i < self->assets_count; i++) {
        listing_t *listing = &self->assets[i];
        int64_t ppm = (int64_t) chance_below (&self->price_chance, (uint64_t) width) - width / 2;
        if (!listing->shown.active || (!open && listing->shown.asset_class == ENGINE_CLASS_EQUITY))
            continue;
        int64_t step_e9;
        if (fixed_mul_div (listing->shown.price_e9, ppm, 1000000, ROUND_HALF_EVEN, &step_e9) != 0)
            continue;
        int64_t price_e9 = listing->shown.price_e9 + step_e9;
        price_e9 = fixed_floor_to (price_e9, price_step (price_e9));
        if (price_e9 < TICK_BELOW_ONE_E9 || price_e9 > PRICE_MAX_E9 || price_e9 == listing->shown.price_e9)
            continue;
        price_change (self, listing, price_e9);
    }
}

void assets_close_day (engine_t *self)
{
    assert (self);
    for (size_t i = 0; i < self->assets_count; i++)
        self->assets[i].shown.lastday_price_e9 = self->assets[i].shown.price_e9;
}
