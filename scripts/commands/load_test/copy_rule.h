/*  copy_rule.h: what a client owes for a master order, from the written rules (design.md section 5), computed on its
 *  own: nothing of actors/executor is used, so that a mistake there is not repeated here. Pure.
 *
 *  Entry: target = floor (opened x rate) in 1e-9 shares; whole shares when fractions are off for the client or the
 *  asset, or when it opens a short. Exit: floor (holding x closed fraction), everything when the master is flat.
 */
#ifndef COPY_RULE_H
#define COPY_RULE_H

#include "scripts/commands/load_test/master_trade.h"

/*  rate = num / den */
typedef struct {
    int64_t num_e9;
    int64_t den_e9; /*  0 = none */
} copy_rate_t;

typedef struct {
    const follower_t *follower;
    const master_trade_t *trade;
    int64_t held_e9; /*  the client's signed position before X */
    copy_rate_t rate;
    bool whole_only; /*  the asset */
    int64_t min_notional_e9;
} copy_case_t;

/*  What should have been done in all when the state of a step was known. */
typedef struct {
    int64_t close_e9[MASTER_STEPS_MAX];
    int64_t open_e9[MASTER_STEPS_MAX];
    bool whole;         /*  exits in whole shares */
    const char *reason; /*  why nothing is due, as the outcome names it; NULL = something is */
} copy_due_t;

/*  The rate at the step (index) of the first decision. */
copy_rate_t copy_rule_rate (const follower_t *follower, const master_trade_t *trade, size_t step,
    int64_t client_equity_e9, int64_t master_equity_e9);

/*  Is an entry of this trade copied to this client? NULL, or the reason why not. */
const char *copy_rule_filter (const copy_case_t *self);

void copy_rule_due (const copy_case_t *self, copy_due_t *due);

/*  Is this rest of an entry too small to be ordered at the step's price? */
bool copy_rule_too_small (const copy_case_t *self, size_t step, int64_t qty_e9);

#endif
