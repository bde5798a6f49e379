/*  checker_story.c: see checker_story.h. */
#include "tests/unit/load_test/checker_story.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MS_NS INT64_C (1000000)

void story_begin (story_t *self)
{
    memset (self, 0, sizeof *self);
    self->now_ns = 1000 * MS_NS;
    self->follower = (follower_t){.scaling = CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER,
        .multiplier_e9 = E9 (1) / 2,
        .risk_percent_e9 = E9 (1),
        .fractional = true,
        .cash_e9 = E9 (10000),
        .equity_e9 = E9 (10000)};
    strcpy (self->follower.id, "anna");
    evidence_t *evidence = &self->evidence;
    evidence->master_id = "master";
    evidence->master_cash_e9 = evidence->master_equity_e9 = E9 (100000);
    evidence->min_notional_e9 = E9 (1);
    evidence->followers = &self->follower;
    evidence->followers_count = 1;
    evidence->history.orders = self->orders;
    evidence->outcomes = self->outcomes;
    evidence->states = self->states;
    evidence->closings = self->closings;
}

void story_end (story_t *self)
{
    check_result_free (&self->result);
}

static broker_order_t *new_order (story_t *self, const char *account, const char *id, bool buys)
{
    size_t at = self->evidence.history.count++;
    assert (at < STORY_MAX);
    broker_order_t *order = &self->orders[at];
    snprintf (order->account, sizeof order->account, "%s", account);
    snprintf (order->id, sizeof order->id, "%s", id);
    strcpy (order->symbol, "AAPL");
    strcpy (order->status, "filled");
    order->seq = at + 1;
    order->buys = buys;
    order->executions = self->executions[at];
    order->arrived_at_ns = self->now_ns;
    return order;
}

static void execute (story_t *self, broker_order_t *order, int64_t qty_e9)
{
    assert (order->executions_count < 4);
    order->filled_e9 += qty_e9;
    order->executions[order->executions_count++] = (broker_execution_t){
        .qty_e9 = qty_e9, .price_e9 = E9 (100), .at_ns = self->now_ns, .sent_at_ns = self->now_ns + MS_NS};
}

void story_master (story_t *self, const char *x, bool buys, int64_t qty_e9)
{
    broker_order_t *order = NULL;
    self->now_ns += 10 * MS_NS;
    for (size_t i = 0; i < self->evidence.history.count; i++)
        if (strcmp (self->orders[i].id, x) == 0)
            order = &self->orders[i];
    if (!order)
        order = new_order (self, EVIDENCE_MASTER, x, buys);
    order->qty_e9 += qty_e9;
    execute (self, order, qty_e9);
    self->q_e9 = order->filled_e9;
    audit_state_t *audit = &self->states[self->evidence.states_count++];
    snprintf (audit->x, sizeof audit->x, "%s", x);
    audit->qty_e9 = self->q_e9;
    audit->master_equity_e9 = E9 (100000);
    audit_closing_t *closing = &self->closings[self->evidence.closings_count++];
    snprintf (closing->x, sizeof closing->x, "%s", x);
    closing->qty_e9 = self->q_e9;
}

broker_order_t *story_copy (story_t *self, const char *x, const char *slot, bool buys, int64_t qty_e9)
{
    char tag[SLOT_TAG_MAX];
    char id[40];
    self->now_ns += 2 * MS_NS;
    snprintf (id, sizeof id, "copy-%zu", self->evidence.history.count);
    broker_order_t *order = new_order (self, self->follower.id, id, buys);
    check_slot_tag ("master", x, self->follower.id, tag);
    snprintf (order->client_order_id, sizeof order->client_order_id, "tc1-%s-%s", tag, slot);
    order->qty_e9 = qty_e9;
    execute (self, order, qty_e9);
    story_outcome (self, x, OUTCOME_KIND_FILLED, "");
    return order;
}

audit_outcome_t *story_outcome (story_t *self, const char *x, outcome_kind_t kind, const char *reason)
{
    audit_outcome_t *outcome = &self->outcomes[self->evidence.outcomes_count++];
    *outcome = (audit_outcome_t){.stored_at_ns = self->now_ns,
        .kind = kind,
        .to_e9 = self->q_e9,
        .client_equity_e9 = self->follower.cash_e9,
        .rate_num_e9 = self->follower.multiplier_e9,
        .rate_den_e9 = E9 (1)};
    snprintf (outcome->client_id, sizeof outcome->client_id, "%s", self->follower.id);
    snprintf (outcome->x, sizeof outcome->x, "%s", x);
    snprintf (outcome->reason, sizeof outcome->reason, "%s", reason);
    return outcome;
}

const check_result_t *story_check (story_t *self)
{
    problem_t problem = {0};
    int rc = check (&self->evidence, &self->result, &problem);
    assert (rc == 0);
    return &self->result;
}
