/*  check_audit.c: what the copier says it decided from. Its equities are believed only where the broker's own figures
 *  bear them out; its reasons are compared with ours. */
#include "scripts/commands/load_test/checker_parts.h"

#include <assert.h>
#include <string.h>

/*  Prices stand still, so that an equity only loses what the spread costs. */
#define EQUITY_TOLERANCE_PERCENT 1

static bool plausible (int64_t said_e9, int64_t start_e9, int64_t end_e9)
{
    int64_t least_e9 = start_e9 < end_e9 ? start_e9 : end_e9;
    int64_t most_e9 = start_e9 < end_e9 ? end_e9 : start_e9;
    return said_e9 >= least_e9 - least_e9 / 100 * EQUITY_TOLERANCE_PERCENT &&
           said_e9 <= most_e9 + most_e9 / 100 * EQUITY_TOLERANCE_PERCENT;
}

/*  The master's equity that came with a state of X up to Q: one must be the rate's, which is fixed at the first decision,
 *  and his equity is read anew between two executions of X. */
static int64_t master_equity (const evidence_t *evidence, const char *x, const audit_outcome_t *outcome)
{
    int64_t found_e9 = 0;
    for (size_t i = 0; i < evidence->states_count; i++) {
        const audit_state_t *state = &evidence->states[i];
        if (strcmp (state->x, x) != 0 || state->qty_e9 > outcome->to_e9)
            continue;
        found_e9 = state->master_equity_e9;
        if (found_e9 == outcome->rate_den_e9)
            break;
    }
    return found_e9;
}

static size_t step_of (const master_trade_t *trade, int64_t q_e9)
{
    for (size_t i = 0; i < trade->steps_count; i++)
        if (trade->steps[i].q_e9 == q_e9)
            return i;
    return trade->steps_count;
}

static const audit_outcome_t *first_rated (const copy_check_t *self)
{
    for (size_t i = 0; i < self->outcomes_count; i++)
        if (self->outcomes[i].rate_den_e9 > 0)
            return &self->outcomes[i];
    return NULL;
}

copy_rate_t check_rate (const copy_check_t *self, const evidence_t *evidence)
{
    assert (self && evidence);
    const copy_case_t *rule = self->rule;
    const follower_t *follower = rule->follower;
    const master_trade_t *trade = rule->trade;
    const audit_outcome_t *outcome = first_rated (self);
    size_t step = outcome ? step_of (trade, outcome->to_e9) : trade->steps_count;
    if (step == trade->steps_count) {
        if (outcome || !copy_rule_filter (rule))
            check_report (self->result, FINDING_WRONG,
                "%s, %s: no decision with a rate for a Q(X) that the master had", follower->id, trade->x);
        return (copy_rate_t){0};
    }
    int64_t master_e9 = master_equity (evidence, trade->x, outcome);
    if (follower->scaling != CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER &&
        !plausible (outcome->client_equity_e9, follower->cash_e9, follower->equity_e9))
        check_report (self->result, FINDING_WRONG, "%s, %s: decided with an equity that is not the account's",
            follower->id, trade->x);
    if (follower->scaling == CLIENT_CONFIG_SCALING_EQUITY_BASED &&
        !plausible (master_e9, evidence->master_cash_e9, evidence->master_equity_e9))
        check_report (self->result, FINDING_WRONG, "%s, %s: decided with an equity that is not the master's",
            follower->id, trade->x);
    copy_rate_t rate = copy_rule_rate (follower, trade, step, outcome->client_equity_e9, master_e9);
    if (rate.num_e9 != outcome->rate_num_e9 || rate.den_e9 != outcome->rate_den_e9)
        check_report (self->result, FINDING_WRONG,
            "%s, %s: the rate is %lld / %lld, by the rules %lld / %lld", follower->id, trade->x,
            (long long) outcome->rate_num_e9, (long long) outcome->rate_den_e9, (long long) rate.num_e9,
            (long long) rate.den_e9);
    return rate;
}

/*  The last outcome that nothing was ordered for. */
static const audit_outcome_t *last_skip (const copy_check_t *self)
{
    for (size_t i = self->outcomes_count; i-- > 0;)
        if (self->outcomes[i].kind == OUTCOME_KIND_SKIPPED)
            return &self->outcomes[i];
    return NULL;
}

void check_outcome (const copy_check_t *self)
{
    assert (self);
    const master_trade_t *trade = self->rule->trade;
    int64_t q_e9 = trade->steps[trade->steps_count - 1].q_e9;
    bool answered = false;
    for (size_t i = 0; i < self->outcomes_count; i++)
        answered = answered || self->outcomes[i].to_e9 == q_e9;
    if (!answered)
        check_report (self->result, FINDING_LOST, "%s, %s: no outcome for the last execution of %s",
            self->rule->follower->id, trade->symbol, trade->x);
    if (!self->due->reason)
        return;
    const audit_outcome_t *skip = last_skip (self);
    if (skip && strcmp (skip->reason, self->due->reason) == 0)
        self->result->skipped++;
    else
        check_report (self->result, FINDING_WRONG, "%s, %s: skipped(%s), by the rules skipped(%s)",
            self->rule->follower->id, trade->x, skip ? skip->reason : "", self->due->reason);
}

void check_closings (const evidence_t *evidence, const master_trades_t *trades, check_result_t *result)
{
    assert (evidence && trades && result);
    for (size_t i = 0; i < trades->count; i++) {
        const master_trade_t *trade = &trades->trades[i];
        int64_t q_e9 = trade->steps[trade->steps_count - 1].q_e9;
        bool closed = false;
        for (size_t n = 0; n < evidence->closings_count && !closed; n++)
            closed = strcmp (evidence->closings[n].x, trade->x) == 0 && evidence->closings[n].qty_e9 == q_e9;
        if (closed)
            continue;
        result->open++;
        check_report (result, FINDING_LOST, "%s %s: its replication never closed", trade->symbol, trade->x);
    }
}
