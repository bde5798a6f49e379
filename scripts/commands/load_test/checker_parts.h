/*  checker_parts.h: inside of the checker. */
#ifndef CHECKER_PARTS_H
#define CHECKER_PARTS_H

#include "scripts/commands/load_test/checker.h"
#include "scripts/commands/load_test/copy_rule.h"

#define LEG_ORDERS_MAX 64

/*  A client's orders of one X and leg, oldest first. */
typedef struct {
    const broker_order_t *orders[LEG_ORDERS_MAX];
    long slots[LEG_ORDERS_MAX];
    size_t count;
} leg_orders_t;

/*  One client, one X. */
typedef struct {
    check_result_t *result;
    const copy_case_t *rule;
    const copy_due_t *due;
    const audit_outcome_t *outcomes; /*  of this client and X, oldest first */
    size_t outcomes_count;
} copy_check_t;

void check_report (check_result_t *result, finding_kind_t kind, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/*  check_leg.c: the orders of one leg against its targets. */
void check_leg (const copy_check_t *self, const leg_orders_t *orders, char leg);

/*  check_audit.c: the rate at the first decision, from the audit's equity, borne out by the broker's. */
copy_rate_t check_rate (const copy_check_t *self, const evidence_t *evidence);
/*  The outcome for the last Q, and its reason. */
void check_outcome (const copy_check_t *self);
/*  Every X's last state was closed. */
void check_closings (const evidence_t *evidence, const master_trades_t *trades, check_result_t *result);

#endif
