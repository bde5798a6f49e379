/*  trader.h: the master of a load test: trades by the plan through the simulator's REST API, with its own keys. */
#ifndef TRADER_H
#define TRADER_H

#include "scripts/commands/load_test/board.h"
#include "scripts/commands/load_test/child.h"
#include "scripts/commands/load_test/pit.h"

#include <signal.h>

typedef struct {
    pit_t *pit; /*  all borrowed */
    watch_t *watch;
    board_t *board;
    child_t *simulator;
    child_t *copier;
    const volatile sig_atomic_t *stop; /*  set by a signal */
    plan_t plan;
    uint64_t last_seq; /*  of the master's orders looked at */
} trader_t;

/*  Sets the prices of the plan, and that they stand still. */
int trader_prices (trader_t *self, problem_t *problem);
/*  One trade: sent, filled and, if the deal says so, copied. -ERR_TIMEOUT, -ERR_BROKER, -ERR_UNEXPECTED: a child died. */
int trader_trade (trader_t *self, problem_t *problem);
/*  Until every trade is copied and every copy at its end. */
int trader_settle (trader_t *self, problem_t *problem);
/*  Watches that long; ends early when a child died or a signal came. */
int trader_pause (trader_t *self, int ms, problem_t *problem);

#endif
