/*  trail.h: single records of the audit trail, used by trail.c and database_state.c. All within the
 *  caller's transaction.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include "storage/database.h"

/*  Insert, or replace what was said before (kept in outcome_history); the same again changes nothing. */
int outcome_put (
    storage_t *self, const copy_result_t *from, const outcome_t *outcome, int64_t now_ns, problem_t *problem);
/*  As state.h says: the larger Q stays, the newer breaker; stored_at_ns 0 = now. */
int mark_put (storage_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem);
int breaker_put (storage_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem);

#define TRAIL_OUTCOME                                                                                        \
    "client_id, x, leg, slot, from_e9, to_e9, kind, reason, code, symbol, side, client_order_id, "           \
    "order_id, scaling, rate_num_e9, rate_den_e9, client_equity_e9, holding_e9, target_e9, "                 \
    "exit_target_e9, remaining_e18, exit_decided, qty_e9, filled_e9, price_e9, final, submitted_at_ns, "     \
    "answered_at_ns"
#define TRAIL_TRADE                                                                                          \
    "master_id, x, order_id, symbol, side, order_type, status, final, order_qty_e9, qty_e9, opened_e9, "     \
    "closed_e9, remaining_e18, flat, price_e9, position_e9, current_e9, master_equity_e9, first_at_ns, "     \
    "executed_at_ns, received_at_ns, steps"

/*  These columns as a message would carry them, bounds checked; else -ERR_CORRUPT naming table, row and field. */
int trail_outcome_read (row_t *row, message_t *message, problem_t *problem);
int trail_trade_read (row_t *row, message_t *message, problem_t *problem);

/*  Every row that is ever read, as its reader reads it: -ERR_CORRUPT names the first that no message could carry. */
int trail_check (storage_t *self, problem_t *problem);

#endif
