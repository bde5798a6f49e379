/*  history_read.h: the simulator's /control/history and /control/accounts into evidence. */
#ifndef HISTORY_READ_H
#define HISTORY_READ_H

#include "scripts/commands/load_test/pit.h"
#include "scripts/commands/load_test/evidence.h"

/*  Appends the orders of one account (its label; NULL = all) whose seq is above `since`. -ERR_*, as pit_read;
 *  -ERR_SYNTAX. */
int history_read (
    broker_history_t *history, pit_t *pit, const char *account, uint64_t since, problem_t *problem);
void history_clear (broker_history_t *history);

/*  Every account's equity by its label. */
int equities_read (evidence_t *evidence, pit_t *pit, problem_t *problem);

#endif
