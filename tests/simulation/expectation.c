/*  expectation.c: where each client's position must end: the copy rules (docs/copy-rules.md) applied to the broker's
 *  history of the master, execution by execution, with bounds where the rules depend on a moment (equity, price).
 *
 *  Written from the rules, not from the executor: it knows no slots, messages or merging.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHANGE_KNOWN_NS (20 * SEC_NS) /*  with the dispatcher and the audit down for a while each */

typedef struct {
    int64_t least_e9; /*  size of the position, on the master's side */
    int64_t most_e9;
} size_range_t;

typedef struct {
    int64_t num_e9;
    int64_t den_e9;
} ratio_t;

static int64_t magnitude (int64_t value)
{
    return value < 0 ? -value : value;
}

static int64_t times (int64_t value, int64_t num, int64_t den)
{
    return den <= 0 ? 0 : (int64_t) ((__int128) value * num / den);
}

static int64_t permille (int64_t value, int64_t more)
{
    return times (value, 1000 + more, 1000);
}

/*  A multiplier or percentage of the client's: the extremes of the versions that X can have been decided under. A change
 *  reaches the shards some time after it was made. */
static int64_t setting (const follower_t *follower, const parent_view_t *parent, bool risk, bool most)
{
    int64_t best = 0;
    bool any = false;
    for (size_t at = 0; at < follower->versions_count; at++) {
        bool over = at + 1 < follower->versions_count &&
                    follower->versions[at + 1].from_ns + CHANGE_KNOWN_NS < parent->first_at_ns;
        bool later = at > 0 && follower->versions[at].from_ns > parent->last_at_ns + MAX_AGE_NS;
        int64_t value = risk ? follower->versions[at].risk_percent_e9 : follower->versions[at].multiplier_e9;
        if (over || later || (any && (most ? value <= best : value >= best)))
            continue;
        best = value;
        any = true;
    }
    return best;
}

/*  The rate of X: exact for fixed_multiplier; else from the extremes of what it can have been decided on. */
static ratio_t rate (const world_t *self, const follower_t *follower, const parent_view_t *parent, bool most)
{
    const client_config_t *config = &follower->config;
    int64_t equity_e9 =
        most ? permille (follower->equity_most_e9, 1) : permille (follower->equity_least_e9, -1);
    int64_t master_e9 = most ? permille (self->master_least_e9, -1) : permille (self->master_most_e9, 1);
    if (config->scaling == CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER)
        return (ratio_t){setting (follower, parent, false, most), FIXED_ONE};
    if (config->scaling == CLIENT_CONFIG_SCALING_EQUITY_BASED)
        return (ratio_t){times (equity_e9, setting (follower, parent, false, most), FIXED_ONE), master_e9};
    int64_t order_e9 = most ? parent->order_least_e9 : parent->order_most_e9;
    int64_t price_e9 = most ? parent->price_least_e9 : parent->price_most_e9;
    int64_t qty_e9 = times (
        times (equity_e9, setting (follower, parent, true, most), 100 * FIXED_ONE), FIXED_ONE, price_e9);
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

int64_t expectation_most_e9 (const world_t *self, const views_t *views, uint32_t at, uint32_t number)
{
    const follower_t *follower = &self->followers[at];
    const parent_view_t *parent = &views->parents[number];
    int64_t opened_e9 = parent->opened_e9;
    for (size_t n = 0; n < engine_executions_count (self->engine) && follower->config.follow_since_ns > 0;
         n++)
        if (views->of_execution[n] == number &&
            engine_execution_at (self->engine, n)->at_ns < follower->config.follow_since_ns)
            opened_e9 -= views->opened_e9[n];
    return enters (&follower->config, parent) ? target (self, follower, parent, opened_e9, true) : 0;
}

/*  An entry below the minimum waits; what was not entered may be up to so much. */
static int64_t least_entry_e9 (const parent_view_t *parent)
{
    return times (MIN_NOTIONAL_E9, FIXED_ONE, parent->price_least_e9) + 2;
}

/*  What this client has of X's opening, where business or a fault kept it from having all. */
typedef struct {
    bool falls_short;
    bool broken_up; /*  something closed in the symbol between X's openings */
    int64_t filled_e9;
    int64_t opened_e9; /*  of X, by the walk so far */
    int64_t closed_e9;
    int64_t first_at; /*  numbers of the executions that opened under X, + 1 */
    int64_t last_at;
} share_t;

/*  Where it fell short, what it has is known from the broker. When an exit came in between, not what it had then: all of it
 *  may have been bought after. */
static void open_short (const share_t *share, size_range_t *range)
{
    range->least_e9 += share->broken_up ? 0 : share->filled_e9;
    range->most_e9 += share->filled_e9;
}

/*  Not sure: the client had just joined, and the dispatcher may have known of it or not. Last: X opens no more. */
static void open (world_t *self, const follower_t *follower, const parent_view_t *parent, int64_t more_e9,
    bool sure, bool last, share_t *share, size_range_t *range)
{
    int64_t before_e9 = share->opened_e9;
    int64_t after_e9 = share->opened_e9 += more_e9;
    if (!enters (&follower->config, parent))
        return;
    int64_t least_e9 =
        target (self, follower, parent, after_e9, false) - target (self, follower, parent, before_e9, false);
    int64_t most_e9 =
        target (self, follower, parent, after_e9, true) - target (self, follower, parent, before_e9, true);
    if (share->falls_short) {
        if (last)
            open_short (share, range);
        return;
    }
    if (last)
        least_e9 -= least_entry_e9 (parent); /*  the rest of X may be too small to send */
    range->least_e9 += sure ? least_e9 : 0;
    range->most_e9 += most_e9;
}

typedef struct {
    bool forgotten; /*  progress was deleted: what rounding had kept back of an exit is not known any more */
    int orders; /*  of the master that have closed something and will close more: their rounding waits in what is held */
    int64_t entry_e9; /*  of those that open: so much may be too small to send yet, and comes after */
} beside_t;

static void close (const follower_t *follower, int64_t held_e9, int64_t closed_e9, bool covers, bool last,
    const beside_t *beside, size_range_t *range)
{
    if (closed_e9 == held_e9) {
        *range = (size_range_t){0, 0};
        return;
    }
    range->least_e9 = times (range->least_e9, held_e9 - closed_e9, held_e9) - 2;
    range->most_e9 = times (range->most_e9, held_e9 - closed_e9, held_e9) + 2;
    bool whole = !follower->config.fractional || covers; /*  an exit goes in whole shares, toward zero */
    range->most_e9 += whole && last ? FIXED_ONE * (1 + beside->forgotten) : 0;
    range->least_e9 -= whole ? times (FIXED_ONE * beside->orders, closed_e9, held_e9) : 0;
    range->most_e9 += times (beside->entry_e9, closed_e9, held_e9);
}

static bool hinders (const world_t *self, const outcome_t *outcome)
{
    if (outcome->leg == OUTCOME_LEG_OPEN && !checker_stands (self, outcome))
        return true; /*  that it was still to be followed, or sent, was deleted */
    return outcome->kind == OUTCOME_KIND_REJECTED || outcome->kind == OUTCOME_KIND_EXPIRED ||
           outcome->kind == OUTCOME_KIND_FAILED ||
           (outcome->kind == OUTCOME_KIND_SKIPPED &&
               (strcmp (outcome->reason, "breaker_open") == 0 || strcmp (outcome->reason, "stale") == 0));
}

static void shares_of_orders (const world_t *self, const views_t *views, uint32_t client, share_t *shares)
{
    for (size_t at = 0; at < engine_orders_count (self->engine); at++) {
        const engine_order_t *order = engine_order_at (self->engine, at);
        const name_t *name = &views->of_order[at];
        if (name->client != client || name->parent == UINT32_MAX || name->leg != 'o')
            continue;
        shares[name->parent].filled_e9 += order->state.filled_qty_e9;
        shares[name->parent].falls_short |= order->state.filled_qty_e9 < order->qty_e9;
    }
}

static share_t *shares_make (const world_t *self, const views_t *views, uint32_t client)
{
    share_t *shares = calloc (views->count + 1, sizeof *shares);
    assert (shares);
    for (size_t at = 0; at < self->told.count; at++) {
        const outcome_t *outcome = &self->told.list[at];
        if (store_client (outcome->client_id) != client || !hinders (self, outcome))
            continue;
        for (size_t parent = 0; parent < views->count; parent++)
            shares[parent].falls_short |= strcmp (views->parents[parent].x, outcome->x) == 0;
    }
    shares_of_orders (self, views, client, shares);
    return shares;
}

/*  What an execution closed of the master's position. */
static int64_t closed_by (const views_t *views, size_t at, const engine_execution_t *in)
{
    return in->qty_e9 - views->opened_e9[at];
}

static bool of_symbol (const views_t *views, size_t at, const engine_execution_t *in, const char *symbol)
{
    return views->of_execution[at] != UINT32_MAX && strcmp (in->order->asset->symbol, symbol) == 0;
}

/*  Finds the openings of each X and whether anything was closed between them. */
static void mark_openings (const world_t *self, const views_t *views, const char *symbol, share_t *shares)
{
    size_t count = engine_executions_count (self->engine);
    for (size_t at = 0; at < count; at++) {
        if (!of_symbol (views, at, engine_execution_at (self->engine, at), symbol) ||
            views->opened_e9[at] == 0)
            continue;
        share_t *share = &shares[views->of_execution[at]];
        share->last_at = (int64_t) at + 1;
        share->first_at = share->first_at ? share->first_at : share->last_at;
    }
    for (size_t at = 0; at < count; at++) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        int64_t place = (int64_t) at + 1;
        if (!of_symbol (views, at, in, symbol) || closed_by (views, at, in) == 0)
            continue;
        for (size_t parent = 0; parent < views->count; parent++)
            shares[parent].broken_up |= shares[parent].first_at < place && place < shares[parent].last_at;
    }
}

/*  The other orders of this symbol that are under way. */
static beside_t beside (const world_t *self, const views_t *views, const share_t *shares, uint32_t number)
{
    beside_t sum = {.forgotten = self->deletions > 0};
    for (uint32_t at = 0; at < views->count; at++) {
        const parent_view_t *parent = &views->parents[at];
        const share_t *share = &shares[at];
        if (at == number ||
            strcmp (parent->root->asset->symbol, views->parents[number].root->asset->symbol) != 0)
            continue;
        sum.orders += share->closed_e9 > 0 && share->closed_e9 < parent->closed_e9;
        if (share->opened_e9 > 0 && share->opened_e9 < parent->opened_e9)
            sum.entry_e9 += least_entry_e9 (parent);
    }
    return sum;
}

/*  Walks the master's executions of one symbol; returns the master's position after them. */
static int64_t walk (world_t *self, const views_t *views, const follower_t *follower, const char *symbol,
    share_t *shares, size_range_t *range)
{
    int64_t position_e9 = 0;
    mark_openings (self, views, symbol, shares);
    for (size_t at = 0; at < engine_executions_count (self->engine); at++) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        if (!of_symbol (views, at, in, symbol))
            continue;
        uint32_t number = views->of_execution[at];
        const parent_view_t *parent = &views->parents[number];
        share_t *share = &shares[number];
        int64_t part_e9 = closed_by (views, at, in);
        if (part_e9 > 0) {
            beside_t others = beside (self, views, shares, number);
            share->closed_e9 += part_e9;
            close (follower, magnitude (position_e9), part_e9, position_e9 < 0,
                share->closed_e9 == parent->closed_e9, &others, range);
        }
        if (views->opened_e9[at] > 0 && in->at_ns >= follower->config.follow_since_ns)
            open (self, follower, parent, views->opened_e9[at], in->at_ns >= follower->known_at_ns,
                (int64_t) at + 1 == share->last_at, share, range);
        position_e9 = in->position_qty_e9;
    }
    return position_e9;
}

static void check_one (
    world_t *self, const views_t *views, const follower_t *follower, const char *symbol, share_t *shares)
{
    size_range_t range = {0, 0};
    int64_t master_e9 = walk (self, views, follower, symbol, shares, &range);
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
    bool off = size_e9 < range.least_e9 - 100 || size_e9 > range.most_e9 + 100;
    if (off && self->deletions > 0 && self->crashed) { /*  docs/simulation.md, "What is not promised" */
        self->tally.off++;
        story (self, "off after a deletion and a crash: %s %s", follower->config.client_id, symbol);
    } else if (off)
        violated (self, "size: %s holds %lld e-9 %s, the rules say %lld to %lld (master: %lld)",
            follower->config.client_id, (long long) held_e9, symbol, (long long) range.least_e9,
            (long long) range.most_e9, (long long) master_e9);
}

/*  Who left is not judged: nothing of it is copied any more, whatever the master does. */
void expectation_check (world_t *self, const views_t *views)
{
    for (uint32_t at = 0; at < self->follower_count; at++) {
        const follower_t *follower = &self->followers[at];
        if (!follower->joined || follower->left_at_ns > 0)
            continue;
        share_t *shares = shares_make (self, views, at);
        for (uint32_t symbol = 0; symbol < self->symbol_count; symbol++)
            if (self->jumped[symbol]) /*  an operator was told to look */
                self->tally.unjudged++;
            else
                check_one (self, views, follower, self->symbols[symbol], shares);
        free (shares);
    }
}
