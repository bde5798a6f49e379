/*  outcome: what became of a client's copy, the latest word in `outcomes`, earlier ones in `outcome_history`
 *  (by a trigger, so that nobody who updates the table can forget it).
 */
#include "storage/trail.h"

#include <assert.h>

/*  A repeated outcome may come without its reason (a shard keeps only its own words): the one known stays. */
#define SAID                                                                                                 \
    "from_e9, to_e9, kind, reason, code, symbol, side, client_order_id, order_id, scaling, rate_num_e9, "    \
    "rate_den_e9, "                                                                                          \
    "client_equity_e9, holding_e9, target_e9, exit_target_e9, remaining_e18, exit_decided, qty_e9, "         \
    "filled_e9, price_e9, final, submitted_at_ns, "                                                          \
    "answered_at_ns"
#define EXCLUDED                                                                                             \
    "excluded.from_e9, excluded.to_e9, excluded.kind, "                                                      \
    "CASE WHEN excluded.reason = '' AND excluded.kind = outcomes.kind THEN outcomes.reason ELSE "            \
    "excluded.reason END, "                                                                                  \
    "excluded.code, excluded.symbol, "                                                                       \
    "excluded.side, excluded.client_order_id, excluded.order_id, excluded.scaling, excluded.rate_num_e9, "   \
    "excluded.rate_den_e9, excluded.client_equity_e9, excluded.holding_e9, excluded.target_e9, "             \
    "excluded.exit_target_e9, excluded.remaining_e18, excluded.exit_decided, "                               \
    "excluded.qty_e9, "                                                                                      \
    "excluded.filled_e9, excluded.price_e9, excluded.final, excluded.submitted_at_ns, "                      \
    "excluded.answered_at_ns"

static const char UPSERT[] =
    "INSERT INTO outcomes (client_id, x, leg, slot, stored_at_ns, shard, sequence, " SAID ") "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (client_id, x, leg, slot) DO UPDATE SET (stored_at_ns, shard, sequence, " SAID ") = "
    "(excluded.stored_at_ns, excluded.shard, excluded.sequence, " EXCLUDED ") "
    "WHERE (outcomes.from_e9, outcomes.to_e9, outcomes.kind, outcomes.reason, outcomes.code, "
    "outcomes.symbol, "
    "outcomes.side, outcomes.client_order_id, outcomes.order_id, outcomes.scaling, outcomes.rate_num_e9, "
    "outcomes.rate_den_e9, outcomes.client_equity_e9, outcomes.holding_e9, outcomes.target_e9, "
    "outcomes.exit_target_e9, outcomes.remaining_e18, outcomes.exit_decided, "
    "outcomes.qty_e9, "
    "outcomes.filled_e9, outcomes.price_e9, outcomes.final, outcomes.submitted_at_ns, "
    "outcomes.answered_at_ns) "
    "<> (" EXCLUDED ")";

static void put_decision (row_t *row, const outcome_t *outcome)
{
    row_put_text (row, outcome->scaling);
    row_put_i64 (row, outcome->rate_num_e9);
    row_put_i64 (row, outcome->rate_den_e9);
    row_put_i64 (row, outcome->client_equity_e9);
    row_put_i64 (row, outcome->holding_e9);
    row_put_i64 (row, outcome->target_e9);
    row_put_i64 (row, outcome->exit_target_e9);
    row_put_i64 (row, outcome->remaining_e18);
    row_put_i64 (row, outcome->exit_decided);
    row_put_i64 (row, outcome->qty_e9);
    row_put_i64 (row, outcome->filled_e9);
    row_put_i64 (row, outcome->price_e9);
    row_put_i64 (row, outcome->final);
    row_put_i64 (row, outcome->submitted_at_ns);
    row_put_i64 (row, outcome->answered_at_ns);
}

int outcome_put (
    storage_t *self, const copy_result_t *from, const outcome_t *outcome, int64_t now_ns, problem_t *problem)
{
    assert (self && from && outcome);
    row_t row;
    int result = row_open (&row, self, UPSERT, problem);
    if (result != 0)
        return result;
    row_put_text (&row, outcome->client_id);
    row_put_text (&row, outcome->x);
    row_put_text (&row, outcome_leg_text (outcome->leg));
    row_put_i64 (&row, outcome->slot);
    row_put_i64 (&row, now_ns);
    row_put_text (&row, from->shard);
    row_put_u64 (&row, from->sequence);
    row_put_i64 (&row, outcome->from_e9);
    row_put_i64 (&row, outcome->to_e9);
    row_put_text (&row, outcome_kind_text (outcome->kind));
    row_put_text (&row, outcome->reason);
    row_put_i64 (&row, outcome->code);
    row_put_text (&row, outcome->symbol);
    row_put_text (&row, outcome_side_text (outcome->side));
    row_put_text (&row, outcome->client_order_id);
    row_put_text (&row, outcome->order_id);
    put_decision (&row, outcome);
    return row_run (&row, problem);
}
