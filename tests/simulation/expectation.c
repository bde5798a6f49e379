/*  expectation.c: where each client's position must end: the copy rules (docs/copy-rules.md) applied to the broker's
 *  history of the master, execution by execution, with bounds where the rules depend on a moment (equity, price).
 *
 *  Written from the rules, not from the executor: it knows no slots, messages or merging.
 */
#include "tests/simulation/world.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t least_e9; /*  size of the position, on the master's side */
    int64_t most_e9;
} size_range_t;

typedef struct {
    int64_t num_e9;
    int64_t den_e9;
} ratio_t;

static int64_t times (int64_t value, int64_t num, int64_t den)
{
    return den <= 0 ? 0 : (int64_t) ((__int128) value * num / den);
}

static int64_t permille (int64_t value, int64_t more)
{
    return times (value, 1000 + more, 1000);
}

/*  The rate of X: exact for fixed_multiplier; else from the extremes of what it can have been decided on. */
static ratio_t rate (const world_t *self, const follower_t *follower, const parent_view_t *parent, bool most)
{
    const client_config_t *config = &follower->config;
    int64_t equity_e9 =
        most ? permille (follower->equity_most_e9, 1) : permille (follower->equity_least_e9, -1);
    int64_t master_e9 = most ? permille (self->master_least_e9, -1) : permille (self->master_most_e9, 1);
    if (config->scaling == CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER)
        return (ratio_t){config->multiplier_e9, FIXED_ONE};
    if (config->scaling == CLIENT_CONFIG_SCALING_EQUITY_BASED)
        return (ratio_t){times (equity_e9, config->multiplier_e9, FIXED_ONE), master_e9};
    int64_t order_e9 = most ? parent->order_least_e9 : parent->order_most_e9;
    int64_t price_e9 = most ? parent->price_least_e9 : parent->price_most_e9;
    int64_t qty_e9 = times (times (equity_e9, config->risk_percent_e9, 100 * FIXED_ONE), FIXED_ONE, price_e9);
    return (ratio_t){qty_e9 < order_e9 ? qty_e9 : order_e9, order_e9};
}

static bool named (const char *list, const char *symbol)
{
    return *list && strcmp (list, symbol) == 0; /*  the plan names one symbol at most */
}

static bool enters (const client_config_t *config, const parent_view_t *parent)
{
    bool buys = parent->root->side == SIDE_BUY;
    const char *symbol = parent->root->asset->symbol;
    if (config->direction == (buys ? CLIENT_CONFIG_DIRECTION_SHORT : CLIENT_CONFIG_DIRECTION_LONG))
        return false;
    return !named (config->deny, symbol) && (!*config->allow || named (config->allow, symbol));
}

static int64_t target (const world_t *self, const follower_t *follower, const parent_view_t *parent,
    int64_t opened_e9, bool most)
{
    ratio_t ratio = rate (self, follower, parent, most);
    int64_t target_e9 = times (opened_e9, ratio.num_e9, ratio.den_e9);
    bool whole = !follower->config.fractional || parent->root->side == SIDE_SELL;
    return whole ? target_e9 / FIXED_ONE * FIXED_ONE : target_e9;
}

int64_t expectation_most_e9 (const world_t *self, uint32_t at, const parent_view_t *parent)
{
    return enters (&self->followers[at].config, parent)
               ? target (self, &self->followers[at], parent, parent->opened_e9, true)
               : 0;
}

/*  An entry below the minimum waits; what was not entered may be up to so much. */
static int64_t least_entry_e9 (const parent_view_t *parent)
{
    return times (MIN_NOTIONAL_E9, FIXED_ONE, parent->price_least_e9) + 2;
}

static void open (world_t *self, const follower_t *follower, const parent_view_t *parent, int64_t before_e9,
    int64_t after_e9, size_range_t *range)
{
    if (!enters (&follower->config, parent))
        return;
    int64_t least_e9 =
        target (self, follower, parent, after_e9, false) - target (self, follower, parent, before_e9, false);
    if (after_e9 == parent->opened_e9) /*  the last of X: the rest may be too small to send */
        least_e9 -= least_entry_e9 (parent);
    range->least_e9 += least_e9;
    range->most_e9 +=
        target (self, follower, parent, after_e9, true) - target (self, follower, parent, before_e9, true);
}

static void close (const follower_t *follower, int64_t held_e9, int64_t closed_e9, bool covers, bool last,
    size_range_t *range)
{
    if (closed_e9 == held_e9) {
        *range = (size_range_t){0, 0};
        return;
    }
    range->least_e9 = times (range->least_e9, held_e9 - closed_e9, held_e9) - 2;
    range->most_e9 = times (range->most_e9, held_e9 - closed_e9, held_e9) + 2;
    if ((!follower->config.fractional || covers) && last)
        range->most_e9 += FIXED_ONE; /*  an exit goes in whole shares, toward zero */
}

/*  Did business or a fault keep this client from following in this symbol? Then its size is not judged here. */
static bool interfered (const world_t *self, const follower_t *follower, const char *symbol)
{
    for (size_t at = 0; at < self->outcomes.count; at++) {
        const outcome_t *outcome = &self->outcomes.list[at];
        if (strcmp (outcome->client_id, follower->config.client_id) != 0 ||
            strcmp (outcome->symbol, symbol) != 0)
            continue;
        if (outcome->kind == OUTCOME_KIND_REJECTED || outcome->kind == OUTCOME_KIND_EXPIRED ||
            outcome->kind == OUTCOME_KIND_FAILED)
            return true;
        if (outcome->kind == OUTCOME_KIND_SKIPPED && strcmp (outcome->reason, "breaker_open") == 0)
            return true;
    }
    return false;
}

static int64_t magnitude (int64_t value)
{
    return value < 0 ? -value : value;
}

/*  Walks the master's executions of one symbol; returns the master's position after them. */
static int64_t walk (
    world_t *self, const views_t *views, const follower_t *follower, const char *symbol, size_range_t *range)
{
    int64_t *opened_e9 = calloc (views->count + 1, 2 * sizeof *opened_e9);
    int64_t *closed_e9 = opened_e9 + views->count + 1;
    int64_t position_e9 = 0;
    for (size_t at = 0; at < engine_executions_count (self->engine) && opened_e9; at++) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        uint32_t number = views->of_execution[at];
        if (number == UINT32_MAX || strcmp (in->order->asset->symbol, symbol) != 0)
            continue;
        const parent_view_t *parent = &views->parents[number];
        int64_t signed_e9 = in->order->side == SIDE_BUY ? in->qty_e9 : -in->qty_e9;
        int64_t held_e9 = magnitude (position_e9);
        bool against = position_e9 != 0 && (position_e9 > 0) != (signed_e9 > 0);
        int64_t part_e9 = against ? (in->qty_e9 < held_e9 ? in->qty_e9 : held_e9) : 0;
        if (part_e9 > 0) {
            closed_e9[number] += part_e9;
            close (
                follower, held_e9, part_e9, position_e9 < 0, closed_e9[number] == parent->closed_e9, range);
        }
        if (in->qty_e9 > part_e9) {
            int64_t before_e9 = opened_e9[number];
            opened_e9[number] += in->qty_e9 - part_e9;
            open (self, follower, parent, before_e9, opened_e9[number], range);
        }
        position_e9 = in->position_qty_e9;
    }
    free (opened_e9);
    return position_e9;
}

static void check_one (world_t *self, const views_t *views, uint32_t at, const char *symbol)
{
    const follower_t *follower = &self->followers[at];
    if (interfered (self, follower, symbol))
        return;
    size_range_t range = {0, 0};
    int64_t master_e9 = walk (self, views, follower, symbol, &range);
    engine_position_t position = {0};
    engine_error_t error;
    int64_t held_e9 = 0;
    if (engine_position_get (
            self->engine, follower->account, symbol, world_utc_ns (self), &position, &error) == 0)
        held_e9 = position.qty_e9;
    int64_t size_e9 = master_e9 < 0 ? -held_e9 : held_e9;
    if (master_e9 == 0)
        size_e9 = magnitude (held_e9);
    self->tally.judged++;
    if (size_e9 < range.least_e9 - 100 || size_e9 > range.most_e9 + 100)
        violated (self, "size: %s holds %lld e-9 %s, the rules say %lld to %lld (master: %lld)",
            follower->config.client_id, (long long) held_e9, symbol, (long long) range.least_e9,
            (long long) range.most_e9, (long long) master_e9);
}

void expectation_check (world_t *self, const views_t *views)
{
    for (uint32_t at = 0; at < self->follower_count; at++)
        for (uint32_t symbol = 0; symbol < self->symbol_count; symbol++)
            check_one (self, views, at, self->symbols[symbol]);
}
