/*  copy_rule.c: exact integers throughout: products in 128 bits, one division, rounded toward zero. */
#include "scripts/commands/load_test/copy_rule.h"

#include <assert.h>
#include <string.h>

#define ONE_E9 INT64_C (1000000000)

static int64_t scaled (int64_t value, __int128 num, __int128 den)
{
    assert (den > 0);
    return (int64_t) (value * num / den);
}

static int64_t whole_shares (int64_t qty_e9)
{
    return qty_e9 - qty_e9 % ONE_E9;
}

copy_rate_t copy_rule_rate (const follower_t *follower, const master_trade_t *trade, size_t step,
    int64_t client_equity_e9, int64_t master_equity_e9)
{
    assert (follower && trade && step < trade->steps_count);
    int64_t price_e9 = trade->steps[step].execution.price_e9;
    int64_t shares_e9;
    switch (follower->scaling) {
    case CLIENT_CONFIG_SCALING_EQUITY_BASED:
        return (copy_rate_t){scaled (client_equity_e9, follower->multiplier_e9, ONE_E9), master_equity_e9};
    case CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER: return (copy_rate_t){follower->multiplier_e9, ONE_E9};
    case CLIENT_CONFIG_SCALING_RISK_BASED:
        if (price_e9 <= 0 || trade->order_qty_e9 <= 0)
            return (copy_rate_t){0};
        shares_e9 =
            scaled (scaled (client_equity_e9, follower->risk_percent_e9, 100 * ONE_E9), ONE_E9, price_e9);
        return (copy_rate_t){
            shares_e9 < trade->order_qty_e9 ? shares_e9 : trade->order_qty_e9, trade->order_qty_e9};
    default: return (copy_rate_t){0};
    }
}

static bool listed (const char *list, const char *symbol)
{
    size_t size = strlen (symbol);
    for (const char *at = strstr (list, symbol); at; at = strstr (at + 1, symbol))
        if ((at == list || at[-1] == ',') && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

const char *copy_rule_filter (const copy_case_t *self)
{
    assert (self);
    const follower_t *follower = self->follower;
    const master_trade_t *trade = self->trade;
    if (trade->buys && follower->direction == CLIENT_CONFIG_DIRECTION_SHORT)
        return "direction";
    if (!trade->buys && follower->direction == CLIENT_CONFIG_DIRECTION_LONG)
        return "direction";
    if (follower->allow[0] && !listed (follower->allow, trade->symbol))
        return "symbol_not_allowed";
    if (listed (follower->deny, trade->symbol))
        return "symbol_denied";
    return NULL;
}

bool copy_rule_too_small (const copy_case_t *self, size_t step, int64_t qty_e9)
{
    assert (self && step < self->trade->steps_count);
    int64_t worth_e9 = scaled (qty_e9, self->trade->steps[step].execution.price_e9, ONE_E9);
    return qty_e9 <= 0 || worth_e9 < self->min_notional_e9;
}

static bool whole (const copy_case_t *self)
{
    return self->whole_only || !self->follower->fractional;
}

/*  NULL, or why nothing is closed. */
static const char *due_close (const copy_case_t *self, copy_due_t *due)
{
    const master_trade_t *trade = self->trade;
    int64_t closable_e9 = trade->buys ? -self->held_e9 : self->held_e9;
    if (closable_e9 <= 0)
        return "no_position";
    for (size_t i = 0; i < trade->steps_count; i++) {
        const master_step_t *step = &trade->steps[i];
        int64_t part_e9 = scaled (closable_e9, step->left_den - step->left_num, step->left_den);
        due->close_e9[i] = step->flat                    ? closable_e9
                           : whole (self) || trade->buys ? whole_shares (part_e9)
                                                         : part_e9; /*  of a short no fraction */
    }
    return due->close_e9[trade->steps_count - 1] > 0 ? NULL : "below_minimum";
}

static const char *due_open (const copy_case_t *self, copy_due_t *due)
{
    const master_trade_t *trade = self->trade;
    const char *why = copy_rule_filter (self);
    if (why)
        return why;
    if (self->rate.den_e9 <= 0)
        return "no_rate";
    for (size_t i = 0; i < trade->steps_count; i++) {
        int64_t target_e9 = scaled (trade->steps[i].opened_e9, self->rate.num_e9, self->rate.den_e9);
        due->open_e9[i] = whole (self) || !trade->buys ? whole_shares (target_e9) : target_e9;
    }
    size_t last = trade->steps_count - 1;
    if (!copy_rule_too_small (self, last, due->open_e9[last]))
        return NULL;
    memset (due->open_e9, 0, sizeof due->open_e9);
    return "below_minimum";
}

void copy_rule_due (const copy_case_t *self, copy_due_t *due)
{
    assert (self && due && self->trade->steps_count > 0);
    *due = (copy_due_t){.whole = whole (self)};
    const master_step_t *last = &self->trade->steps[self->trade->steps_count - 1];
    const char *closing = last->closed_e9 > 0 ? due_close (self, due) : "nothing_executed";
    const char *opening = last->opened_e9 > 0 ? due_open (self, due) : closing;
    due->reason = !closing || !opening ? NULL : opening;
}
