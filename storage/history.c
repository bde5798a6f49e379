/*  history: the audit trail read back for a shard or dispatcher that has to go on where another one ended.
 */
#include "storage/trail.h"

#include <assert.h>

static void get_decision (row_t *row, outcome_t *outcome)
{
    row_get_text (row, outcome->scaling, sizeof outcome->scaling);
    outcome->rate_num_e9 = row_get_i64 (row);
    outcome->rate_den_e9 = row_get_i64 (row);
    outcome->client_equity_e9 = row_get_i64 (row);
    outcome->holding_e9 = row_get_i64 (row);
    outcome->target_e9 = row_get_i64 (row);
    outcome->exit_target_e9 = row_get_i64 (row);
    outcome->remaining_e18 = row_get_i64 (row);
    outcome->exit_decided = row_get_bool (row);
    outcome->qty_e9 = row_get_i64 (row);
    outcome->filled_e9 = row_get_i64 (row);
    outcome->price_e9 = row_get_i64 (row);
    outcome->final = row_get_bool (row);
    outcome->submitted_at_ns = row_get_i64 (row);
    outcome->answered_at_ns = row_get_i64 (row);
}

static void get_outcome (row_t *row, outcome_t *outcome)
{
    char word[32];
    row_get_text (row, outcome->client_id, sizeof outcome->client_id);
    row_get_text (row, outcome->x, sizeof outcome->x);
    row_get_text (row, word, sizeof word);
    if (outcome_leg_parse (word, &outcome->leg) != 0)
        row_fault (row);
    outcome->slot = row_get_i64 (row);
    outcome->from_e9 = row_get_i64 (row);
    outcome->to_e9 = row_get_i64 (row);
    row_get_text (row, word, sizeof word);
    if (outcome_kind_parse (word, &outcome->kind) != 0)
        row_fault (row);
    row_get_text (row, outcome->reason, sizeof outcome->reason);
    outcome->code = row_get_i64 (row);
    row_get_text (row, outcome->symbol, sizeof outcome->symbol);
    row_get_text (row, word, sizeof word);
    if (outcome_side_parse (word, &outcome->side) != 0)
        row_fault (row);
    row_get_text (row, outcome->client_order_id, sizeof outcome->client_order_id);
    row_get_text (row, outcome->order_id, sizeof outcome->order_id);
    get_decision (row, outcome);
}

/*  As a message would carry it: bounds are checked. */
int trail_outcome_read (row_t *row, message_t *message, problem_t *problem)
{
    problem_t found = {0};
    *message = (message_t){.kind = MSG_COPY_HISTORY};
    outcome_t *outcome = &message->copy_history.outcomes[0];
    message->copy_history.outcomes_count = 1;
    get_outcome (row, outcome);
    if (row->fault || message_check (message, &found) != 0)
        return database_corrupt (row->storage, "outcomes", outcome->client_order_id,
            row->fault ? row->field : found.where, problem);
    return 0;
}

int storage_history_each (
    storage_t *self, const char *x, storage_outcome_fn *each, void *context, problem_t *problem)
{
    assert (self && x && each);
    row_t row;
    message_t message;
    int result = row_open (&row, self,
        "SELECT " TRAIL_OUTCOME " FROM outcomes WHERE x = ? ORDER BY client_id, leg, slot", problem);
    if (result != 0)
        return result;
    row_put_text (&row, x);
    while ((result = row_next (&row, problem)) == 1) {
        result = trail_outcome_read (&row, &message, problem);
        if (result == 0)
            result = each (context, &message.copy_history.outcomes[0]);
        if (result != 0)
            break;
    }
    row_close (&row);
    return result;
}

int storage_known_since (storage_t *self, int64_t *at_ns_p, problem_t *problem)
{
    assert (self && at_ns_p);
    row_t row;
    int result = row_open (&row, self, "SELECT stored_at_ns FROM events ORDER BY id LIMIT 1", problem);
    *at_ns_p = 0;
    if (result != 0)
        return result;
    if ((result = row_next (&row, problem)) == 1) {
        *at_ns_p = row_get_i64 (&row);
        result = 0;
    }
    row_close (&row);
    return result;
}

static void get_amounts (row_t *row, trade_t *trade)
{
    trade->order_qty_e9 = row_get_i64 (row);
    trade->qty_e9 = row_get_i64 (row);
    trade->opened_e9 = row_get_i64 (row);
    trade->closed_e9 = row_get_i64 (row);
    trade->remaining_e18 = row_get_i64 (row);
    trade->flat = row_get_bool (row);
    trade->price_e9 = row_get_i64 (row);
    trade->position_e9 = row_get_i64 (row);
    trade->current_e9 = row_get_i64 (row);
    trade->master_equity_e9 = row_get_i64 (row);
    trade->first_at_ns = row_get_i64 (row);
    trade->executed_at_ns = row_get_i64 (row);
    trade->received_at_ns = row_get_i64 (row);
}

int trail_trade_read (row_t *row, message_t *message, problem_t *problem)
{
    char word[32];
    problem_t found = {0};
    *message = (message_t){.kind = MSG_MASTER_ORDER};
    trade_t *trade = &message->master_order.trade;
    row_get_text (row, trade->master_id, sizeof trade->master_id);
    row_get_text (row, trade->x, sizeof trade->x);
    row_get_text (row, trade->order_id, sizeof trade->order_id);
    row_get_text (row, trade->symbol, sizeof trade->symbol);
    row_get_text (row, word, sizeof word);
    if (trade_side_parse (word, &trade->side) != 0)
        row_fault (row);
    row_get_text (row, trade->order_type, sizeof trade->order_type);
    row_get_text (row, trade->status, sizeof trade->status);
    trade->final = row_get_bool (row);
    get_amounts (row, trade);
    steps_get (row, trade);
    if (row->fault || message_check (message, &found) != 0)
        return database_corrupt (
            row->storage, "events", trade->x, row->fault ? row->field : found.where, problem);
    return 0;
}

int storage_working_each (storage_t *self, storage_trade_fn *each, void *context, problem_t *problem)
{
    assert (self && each);
    row_t row;
    message_t message;
    int result = row_open (&row, self,
        "SELECT " TRAIL_TRADE
        " FROM (SELECT * FROM events WHERE id IN (SELECT (SELECT id FROM events WHERE events.x "
        "= working.x ORDER BY qty_e9 DESC, final DESC, id DESC LIMIT 1) FROM (SELECT DISTINCT x FROM "
        "outcomes "
        "WHERE final = 0 AND slot > 0) AS working) ORDER BY id DESC LIMIT 256) AS latest ORDER "
        "BY id",
        problem);
    if (result != 0)
        return result;
    while ((result = row_next (&row, problem)) == 1) {
        result = trail_trade_read (&row, &message, problem);
        if (result == 0)
            result = each (context, &message.master_order.trade);
        if (result != 0)
            break;
    }
    row_close (&row);
    return result;
}
