/*  ledger.h: the master's signed position in each symbol, as our own sum: read at (re)connect, moved by executions.
 *
 *  Only what an execution does not say itself comes from here (updates carry the position after them; FILL
 *  activities do not). "BTC/USD" and "BTCUSD" are one symbol: orders and positions write it differently.
 */
#ifndef LISTENER_LEDGER_H
#define LISTENER_LEDGER_H

#include "messages/directory.h"
#include "messages/trading.h"

typedef struct {
    char symbol[SYMBOL_MAX]; /*  without '/' */
    int64_t qty_e9;
} master_ledger_entry_t;

typedef struct {
    master_ledger_entry_t *entries;
    directory_t index;
    uint32_t limit;
    uint32_t count;
} master_ledger_t;

bool master_ledger_init (master_ledger_t *self, uint32_t limit);
void master_ledger_free (master_ledger_t *self);
void master_ledger_clear (master_ledger_t *self);
int64_t master_ledger_get (const master_ledger_t *self, const char *symbol);       /*  0 = none */
int master_ledger_set (master_ledger_t *self, const char *symbol, int64_t qty_e9); /*  0 or -ERR_FULL */

#endif
