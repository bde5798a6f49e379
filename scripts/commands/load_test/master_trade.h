/*  master_trade.h: what the master did, from the broker's history alone: its orders by X (the root of a replace chain)
 *  and, for each execution, what it opened and closed of the position. Pure; for the checker.
 */
#ifndef MASTER_TRADE_H
#define MASTER_TRADE_H

#include "scripts/commands/load_test/evidence.h"

#define MASTER_STEPS_MAX 32

/*  One execution of X, and the sums up to it. */
typedef struct {
    broker_execution_t execution;
    int64_t before_e9; /*  signed position */
    int64_t after_e9;
    int64_t q_e9;      /*  executed under X, this one included */
    int64_t opened_e9; /*  of it: opened or enlarged a position */
    int64_t closed_e9; /*  of it: closed */
    /*  what is left of the position that X closes, as a reduced fraction; 1 / 1 = nothing closed */
    __int128 left_num;
    __int128 left_den;
    bool flat; /*  the last closing execution reached zero */
} master_step_t;

typedef struct {
    char x[40];
    char symbol[24];
    bool buys;
    int64_t order_qty_e9;
    master_step_t steps[MASTER_STEPS_MAX];
    size_t steps_count;
} master_trade_t;

typedef struct {
    master_trade_t *trades; /*  in the order of their first execution; only those that executed */
    size_t count;
} master_trades_t;

/*  0, -ERR_MEMORY, or -ERR_RANGE: an order with more than MASTER_STEPS_MAX executions. */
int master_trades_make (master_trades_t *self, const broker_history_t *history, problem_t *problem);
void master_trades_free (master_trades_t *self);

#endif
