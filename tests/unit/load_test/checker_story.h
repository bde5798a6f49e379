/*  checker_story.h: a hand-made history: the master trades X1, X2 … in AAPL at 100, client `anna` copies. */
#ifndef CHECKER_STORY_H
#define CHECKER_STORY_H

#include "scripts/commands/load_test/checker.h"

#define E9(shares) ((int64_t) (shares) *INT64_C (1000000000))
#define STORY_MAX 32

typedef struct {
    evidence_t evidence;
    follower_t follower;
    broker_order_t orders[STORY_MAX];
    broker_execution_t executions[STORY_MAX][4];
    audit_outcome_t outcomes[STORY_MAX];
    audit_state_t states[STORY_MAX];
    audit_closing_t closings[STORY_MAX];
    int64_t now_ns;
    int64_t q_e9; /*  of the X that executed last */
    check_result_t result;
} story_t;

/*  anna: fixed_multiplier 0.5, fractions allowed, 10,000 of cash. */
void story_begin (story_t *self);
void story_end (story_t *self);

/*  The master's order X executes qty more (a new one at first sight), 10 ms later; its state and closing are audited. */
void story_master (story_t *self, const char *x, bool buys, int64_t qty_e9);
/*  anna's order for X: "o1", "c1" …, filled; 2 ms later. */
broker_order_t *story_copy (story_t *self, const char *x, const char *slot, bool buys, int64_t qty_e9);
/*  The audit's outcome for X at the Q of now. */
audit_outcome_t *story_outcome (story_t *self, const char *x, outcome_kind_t kind, const char *reason);
/*  Runs the checker. */
const check_result_t *story_check (story_t *self);

#endif
