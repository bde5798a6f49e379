/*  master.c: who the accounts are, and a master who trades by a random plan, straight at the broker. */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static uint32_t open_account (world_t *self, const char *name, int64_t cash_e9, uint32_t partial_ppm)
{
    engine_account_setup_t setup;
    engine_account_setup_default (&setup);
    setup.key_id = setup.label = name;
    setup.secret = "secret";
    setup.cash_e9 = cash_e9;
    setup.partial_fill_ppm = partial_ppm;
    setup.rate_limit_per_minute = 0;
    uint32_t account = UINT32_MAX;
    int rc = engine_account_create (self->engine, &setup, START_UTC_NS, &account, NULL);
    assert (rc == 0);
    if (faults_strike (&self->faults, FAULT_ACCOUNT_LIMIT, &self->chance))
        engine_rate_limit_set (self->engine, account,
            dice_ppm (&self->chance, 500000) ? 200 : (uint32_t) dice_between (&self->chance, 60, 200));
    return account;
}

/*  Enough money that the broker's buying power never interferes: what a client does is then decided by us alone. */
static void scale (dice_t *chance, client_config_t *config, int64_t master_cash_e9, int64_t *cash_e9)
{
    config->scaling = (client_config_scaling_t) dice_between (chance, 0, 2);
    switch (config->scaling) {
    case CLIENT_CONFIG_SCALING_EQUITY_BASED:
        config->multiplier_e9 = dice_between (chance, 5, 10) * (FIXED_ONE / 10);
        *cash_e9 = dice_between (chance, 5000, 300000) * FIXED_ONE;
        break;
    case CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER:
        config->multiplier_e9 = dice_between (chance, 5, 1500) * (FIXED_ONE / 1000);
        *cash_e9 = master_cash_e9 / 1000 * (config->multiplier_e9 / (FIXED_ONE / 1000)) +
                   dice_between (chance, 5000, 50000) * FIXED_ONE;
        break;
    case CLIENT_CONFIG_SCALING_RISK_BASED:
        config->risk_percent_e9 = dice_between (chance, 1, 6) * (FIXED_ONE / 2);
        *cash_e9 = master_cash_e9 + dice_between (chance, 5000, 300000) * FIXED_ONE;
        break;
    }
}

static void setup_follower (world_t *self, uint32_t at, int64_t master_cash_e9)
{
    dice_t *chance = &self->trading;
    follower_t *follower = &self->followers[at];
    client_config_t *config = &follower->config;
    int64_t cash_e9 = 0;
    (void) snprintf (config->client_id, sizeof config->client_id, "client-%02u", at);
    (void) snprintf (config->name, sizeof config->name, "Client %u", at);
    config->active = true;
    config->sealed[0] = 1;
    config->sealed_size = 1;
    scale (chance, config, master_cash_e9, &cash_e9);
    config->direction = dice_ppm (chance, 150000) ? (client_config_direction_t) dice_between (chance, 1, 2)
                                                  : CLIENT_CONFIG_DIRECTION_BOTH;
    if (dice_ppm (chance, 100000))
        (void) snprintf (config->deny, sizeof config->deny, "%s", self->symbols[0]);
    if (dice_ppm (chance, 50000))
        (void) snprintf (config->allow, sizeof config->allow, "%s", self->symbols[self->symbol_count - 1]);
    config->fractional = dice_ppm (chance, 700000);
    config->revision = at + 2;
    self->revision = at + 2;
    follower->joined = true;
    follower->account =
        open_account (self, config->client_id, cash_e9, dice_ppm (chance, 300000) ? 400000 : 0);
    follower->equity_least_e9 = INT64_MAX;
}

void master_setup (world_t *self)
{
    static const char *const names[] = {"AAPL", "MSFT", "F", "SPY", "INTC", "T"};
    dice_t *chance = &self->trading;
    self->symbol_count = (uint32_t) dice_between (chance, 1, SYMBOLS_MAX - 1);
    uint32_t first = (uint32_t) dice_between (chance, 0, 5);
    for (uint32_t at = 0; at < self->symbol_count; at++)
        self->symbols[at] = names[(first + at) % 6];
    int64_t cash_e9 = dice_between (chance, 50000, 1000000) * FIXED_ONE;
    self->master = open_account (self, "master", cash_e9, 500000);
    self->master_least_e9 = INT64_MAX;
    self->follower_count = (uint32_t) dice_between (chance, 5, self->options.seed % 4 == 0 ? 30 : 8);
    for (uint32_t at = 0; at < self->follower_count; at++)
        setup_follower (self, at, cash_e9);
    self->trades_left = (uint32_t) dice_between (chance, 3, 40);
    due_put (&self->due, (due_t){.at_ns = 8 * SEC_NS, .kind = DUE_MASTER});
}

static void sample (world_t *self, uint32_t account, int64_t *least_e9, int64_t *most_e9)
{
    engine_account_t state;
    engine_account_get (self->engine, account, world_utc_ns (self), &state);
    *least_e9 = state.equity_e9 < *least_e9 ? state.equity_e9 : *least_e9;
    *most_e9 = state.equity_e9 > *most_e9 ? state.equity_e9 : *most_e9;
}

void master_sample (world_t *self)
{
    sample (self, self->master, &self->master_least_e9, &self->master_most_e9);
    for (uint32_t at = 0; at < self->follower_count; at++)
        sample (self, self->followers[at].account, &self->followers[at].equity_least_e9,
            &self->followers[at].equity_most_e9);
}

/*  The next order of the master executes in parts of its own. */
static void script (world_t *self, int64_t qty_e9)
{
    dice_t *chance = &self->trading;
    engine_script_t plan = {0};
    if (!dice_ppm (chance, 500000))
        return;
    plan.count = (size_t) dice_between (chance, 1, 6);
    for (size_t at = 0; at < plan.count; at++) {
        plan.qty_e9[at] = at + 1 == plan.count ? 0 : qty_e9 / (int64_t) plan.count;
        plan.delay_ns[at] = dice_ppm (chance, 700000) ? dice_between (chance, MS_NS, 40 * MS_NS)
                                                      : dice_between (chance, 40 * MS_NS, 4 * SEC_NS);
        if (plan.qty_e9[at] == 0 && at + 1 < plan.count)
            plan.count = at + 1;
    }
    engine_fault_script (self->engine, self->master, &plan);
}

static void trade (world_t *self, const char *symbol, side_t side, int64_t qty_e9, int64_t limit_e9)
{
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    order_request_t request = {.side = side,
        .type = limit_e9 ? TYPE_LIMIT : TYPE_MARKET,
        .tif = TIF_DAY,
        .qty_e9 = qty_e9,
        .limit_price_e9 = limit_e9};
    (void) snprintf (request.symbol, sizeof request.symbol, "%s", symbol);
    if (!limit_e9)
        script (self, qty_e9);
    int64_t utc_ns = world_utc_ns (self);
    int rc =
        engine_order_submit_request (self->engine, self->master, &request, utc_ns, utc_ns, &order, &error);
    story (self, "master: %s %lld.%09lld %s%s: %s", side_text (side), (long long) (qty_e9 / FIXED_ONE),
        (long long) (qty_e9 % FIXED_ONE), symbol, limit_e9 ? " (limit)" : "", rc ? error.message : order->id);
}

static int64_t position_of (world_t *self, const char *symbol)
{
    engine_position_t position;
    engine_error_t error;
    if (engine_position_get (self->engine, self->master, symbol, world_utc_ns (self), &position, &error) != 0)
        return 0;
    return position.qty_e9;
}

/*  An open limit order of the master, NULL = none. */
static const engine_order_t *open_order (const world_t *self)
{
    for (size_t at = engine_orders_count (self->engine); at-- > 0;) {
        const engine_order_t *order = engine_order_at (self->engine, at);
        if (order->account == self->master && order->type == TYPE_LIMIT &&
            !order_status_final (order->state.status))
            return order;
    }
    return NULL;
}

static void touch_open_order (world_t *self)
{
    const engine_order_t *order = open_order (self);
    const engine_order_t *fresh = NULL;
    engine_error_t error = {0};
    char qty[FIXED_TEXT_MAX], price[FIXED_TEXT_MAX];
    int64_t utc_ns = world_utc_ns (self);
    if (!order)
        return;
    if (dice_ppm (&self->trading, 400000)) {
        (void) engine_order_cancel (self->engine, self->master, order->id, utc_ns, utc_ns, &error);
        story (self, "master: cancels %s: %s", order->id, error.message);
        return;
    }
    /*  half of the time to a price that the market meets */
    bool meets = dice_ppm (&self->trading, 600000);
    int64_t percent = (order->side == SIDE_BUY) == meets ? 105 : 90;
    (void) fixed_format (order->qty_e9 + dice_between (&self->trading, 0, 5) * FIXED_ONE, qty);
    (void) fixed_format (
        order->asset->price_e9 / FIXED_ONE * FIXED_ONE * percent / 100 / 10000000 * 10000000, price);
    engine_replace_t replace = {.qty = qty, .limit_price = price};
    int rc = engine_order_replace (
        self->engine, self->master, order->id, &replace, utc_ns, utc_ns, &fresh, &error);
    story (self, "master: replaces %s by %s", order->id, rc ? error.message : fresh->id);
}

static void limit (world_t *self, const char *symbol)
{
    const engine_asset_t *asset = engine_asset_find (self->engine, symbol);
    int64_t percent = dice_ppm (&self->trading, 500000) ? 105 : 99;
    int64_t held_e9 = position_of (self, symbol);
    int64_t qty_e9 = dice_between (&self->trading, 1, 60) * FIXED_ONE;
    side_t side = held_e9 < 0 ? SIDE_SELL : SIDE_BUY;
    if (side == SIDE_SELL)
        percent = 200 - percent;
    trade (self, symbol, side, qty_e9, asset->price_e9 * percent / 100 / 10000000 * 10000000);
}

/*  Reduces or closes what is held; nothing held: opens. */
static void leave (world_t *self, const char *symbol)
{
    int64_t held_e9 = position_of (self, symbol);
    int64_t size_e9 = held_e9 < 0 ? -held_e9 : held_e9;
    if (size_e9 == 0)
        return;
    int64_t qty_e9 = size_e9;
    if (dice_ppm (&self->trading, 600000))
        qty_e9 = size_e9 / 100 * dice_between (&self->trading, 5, 95);
    if (held_e9 < 0 || dice_ppm (&self->trading, 700000))
        qty_e9 = qty_e9 / FIXED_ONE * FIXED_ONE;
    if (qty_e9 == 0)
        return;
    /*  now and then a limit that waits for a better price, beside entries that wait for a worse one */
    int64_t price_e9 = engine_asset_find (self->engine, symbol)->price_e9;
    int64_t percent = held_e9 > 0 ? 101 : 99;
    bool waits = dice_ppm (&self->trading, 250000);
    trade (self, symbol, held_e9 > 0 ? SIDE_SELL : SIDE_BUY, qty_e9,
        waits ? price_e9 * percent / 100 / 10000000 * 10000000 : 0);
}

static void enter (world_t *self, const char *symbol)
{
    int64_t held_e9 = position_of (self, symbol);
    side_t side = held_e9 < 0 || (held_e9 == 0 && dice_ppm (&self->trading, 250000)) ? SIDE_SELL : SIDE_BUY;
    int64_t qty_e9 = dice_between (&self->trading, 1, 80) * FIXED_ONE;
    if (side == SIDE_BUY && dice_ppm (&self->trading, 200000))
        qty_e9 += dice_between (&self->trading, 1, 99) * (FIXED_ONE / 100);
    trade (self, symbol, side, qty_e9, 0);
}

static void move_price (world_t *self, const char *symbol)
{
    const engine_asset_t *asset = engine_asset_find (self->engine, symbol);
    int64_t price_e9 =
        asset->price_e9 * dice_between (&self->trading, 985, 1015) / 1000 / 10000000 * 10000000;
    (void) engine_price_set (self->engine, symbol, price_e9, world_utc_ns (self));
}

void master_due (world_t *self)
{
    dice_t *chance = &self->trading;
    const char *symbol = self->symbols[dice_between (chance, 0, self->symbol_count - 1)];
    switch (dice_between (chance, 0, 9)) {
    case 0:
    case 1:
    case 2: enter (self, symbol); break;
    case 3:
    case 4:
    case 5:
    case 6: position_of (self, symbol) ? leave (self, symbol) : enter (self, symbol); break;
    case 7: limit (self, symbol); break;
    case 8: touch_open_order (self); break;
    case 9: move_price (self, symbol); break;
    }
    master_sample (self);
    if (self->trades_left-- == 0) {
        self->trading_until_ns = self->now_ns;
        return;
    }
    int64_t pause_ns = dice_ppm (chance, 300000) ? dice_between (chance, MS_NS, 100 * MS_NS)
                                                 : dice_between (chance, 100 * MS_NS, 6 * SEC_NS);
    due_put (&self->due, (due_t){.at_ns = self->now_ns + pause_ns, .kind = DUE_MASTER});
}
