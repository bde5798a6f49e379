/*  check_leg.c: each slot must bring the sum to what was due at a state that the copier could know then; the last
 *  one to what was due in all.
 *
 *  An exit's fraction travels with 18 decimals (docs/messages.md, remaining_e18), so that its last digit, a billionth
 *  of a share, may be one off; whole shares may not.
 */
#include "scripts/commands/load_test/checker_parts.h"

#include "messages/fixed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const copy_check_t *check;
    const int64_t *targets;
    size_t steps;
    int64_t tolerance_e9;
    bool buys;
    int64_t done_e9; /*  by the slots so far */
    size_t step;     /*  the next one a slot can answer */
    const char *name;
} leg_t;

static int64_t apart (int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static const char *text_of (int64_t value_e9, char text[FIXED_TEXT_MAX])
{
    fixed_format (value_e9, text);
    return text;
}

static void tell (
    const leg_t *self, finding_kind_t kind, const char *what, int64_t found_e9, int64_t wanted_e9)
{
    char found[FIXED_TEXT_MAX];
    char wanted[FIXED_TEXT_MAX];
    const copy_case_t *rule = self->check->rule;
    check_report (self->check->result, kind, "%s, %s %s of %s: %s: %s, due: %s", rule->follower->id,
        rule->trade->symbol, self->name, rule->trade->x, what, text_of (found_e9, found),
        text_of (wanted_e9, wanted));
}

/*  From the execution on that first made this due, not answered by an earlier slot. */
static void measure (leg_t *self, const broker_order_t *order)
{
    check_result_t *result = self->check->result;
    const master_step_t *steps = self->check->rule->trade->steps;
    size_t at = 0;
    while (at + 1 < self->steps && self->targets[at] <= self->done_e9 + self->tolerance_e9)
        at++;
    if (steps[at].execution.sent_at_ns <= 0)
        return;
    int64_t latency_ns = order->arrived_at_ns - steps[at].execution.sent_at_ns;
    result->latency_ns[result->latency_count++] = latency_ns;
    if (self->done_e9 == 0)
        result->first_ns[result->first_count++] = latency_ns;
}

/*  The state whose target this slot reaches; `steps` = none. */
static size_t answered (const leg_t *self, const broker_order_t *order)
{
    const master_step_t *steps = self->check->rule->trade->steps;
    for (size_t at = self->step; at < self->steps; at++)
        if (apart (self->targets[at], self->done_e9 + order->qty_e9) <= self->tolerance_e9 &&
            steps[at].execution.at_ns <= order->arrived_at_ns)
            return at;
    return self->steps;
}

static void on_order (leg_t *self, const broker_order_t *order)
{
    int64_t all_e9 = self->targets[self->steps - 1];
    measure (self, order);
    if (order->buys != self->buys)
        tell (self, FINDING_WRONG, "the other side", order->qty_e9, all_e9);
    if (strcmp (order->symbol, self->check->rule->trade->symbol) != 0)
        tell (self, FINDING_WRONG, "another symbol", order->qty_e9, all_e9);
    size_t at = answered (self, order);
    if (at < self->steps)
        self->step = at + 1;
    else if (self->done_e9 + order->qty_e9 > all_e9 + self->tolerance_e9)
        tell (self, self->done_e9 ? FINDING_DOUBLED : FINDING_WRONG, "more than due",
            self->done_e9 + order->qty_e9, all_e9);
    else
        tell (self, FINDING_WRONG, "wrong size", self->done_e9 + order->qty_e9, all_e9);
    if (order->filled_e9 != order->qty_e9)
        tell (self, FINDING_WRONG, "the order did not fill", order->filled_e9, order->qty_e9);
    self->done_e9 += order->filled_e9;
}

/*  Slots are 1, 2, 3 … in the order of arrival. */
static void check_slots (const leg_t *self, const leg_orders_t *orders)
{
    for (size_t i = 0; i < orders->count; i++) {
        for (size_t before = 0; before < i; before++)
            if (orders->slots[before] == orders->slots[i])
                tell (self, FINDING_DOUBLED, "a slot was used twice", orders->orders[i]->qty_e9,
                    self->targets[self->steps - 1]);
        if (orders->slots[i] > (long) i + 1 || orders->slots[i] < 1)
            tell (self, FINDING_WRONG, "a slot out of turn", orders->slots[i] * FIXED_ONE,
                (int64_t) (i + 1) * FIXED_ONE);
    }
}

static void check_rest (const leg_t *self, bool entry)
{
    int64_t all_e9 = self->targets[self->steps - 1];
    int64_t rest_e9 = all_e9 - self->done_e9;
    if (rest_e9 <= self->tolerance_e9)
        return; /*  too much was told with its order */
    if (entry && copy_rule_too_small (self->check->rule, self->steps - 1, rest_e9))
        return;
    const copy_check_t *check = self->check;
    const audit_outcome_t *last = check->outcomes_count ? &check->outcomes[check->outcomes_count - 1] : NULL;
    char what[200];
    snprintf (what, sizeof what, "%s (the copier says: %s %s)", self->done_e9 ? "too little" : "nothing",
        last ? outcome_kind_text (last->kind) : "nothing", last ? last->reason : "");
    tell (self, FINDING_LOST, what, self->done_e9, all_e9);
}

void check_leg (const copy_check_t *self, const leg_orders_t *orders, char leg)
{
    assert (self && orders && self->rule->trade->steps_count > 0);
    bool entry = leg == 'o';
    leg_t state = {.check = self,
        .targets = entry ? self->due->open_e9 : self->due->close_e9,
        .steps = self->rule->trade->steps_count,
        .tolerance_e9 = entry || self->due->whole ? 0 : 1,
        .buys = self->rule->trade->buys,
        .name = entry ? "entry" : "exit"};
    if (state.targets[state.steps - 1] == 0) {
        for (size_t i = 0; i < orders->count; i++)
            tell (&state, FINDING_WRONG, "an order that nobody owed", orders->orders[i]->qty_e9, 0);
        return;
    }
    check_slots (&state, orders);
    for (size_t i = 0; i < orders->count; i++)
        on_order (&state, orders->orders[i]);
    check_rest (&state, entry);
}
