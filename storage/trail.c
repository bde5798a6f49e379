/*  trail: the audit trail, appended between begin and commit by the one actor that writes it.
 */
#include "storage/trail.h"

#include <assert.h>
#include <string.h>

int storage_begin (storage_t *self, problem_t *problem)
{
    assert (self && !self->begun);
    self->aborted = false;
    int result = self->ops->begin (self, true, problem);
    self->begun = result == 0;
    return result;
}

void storage_rollback (storage_t *self)
{
    assert (self);
    /*  a full disk may have rolled back already; should this fail too, the next begin says so */
    if (self->begun && self->ops->in_transaction (self))
        (void) database_exec (self, "ROLLBACK", NULL);
    self->begun = false;
    self->aborted = false;
}

int storage_commit (storage_t *self, problem_t *problem)
{
    assert (self && (self->begun || self->aborted));
    int result = self->aborted ? problem_set (problem, ERR_STORAGE, database_where (self->place),
                                     "an append before this commit failed: all of it was rolled back")
                               : database_exec (self, "COMMIT", problem);
    if (result != 0)
        storage_rollback (self);
    self->begun = false;
    self->aborted = false;
    return result;
}

static void put_amounts (row_t *row, const trade_t *trade)
{
    row_put_i64 (row, trade->order_qty_e9);
    row_put_i64 (row, trade->qty_e9);
    row_put_i64 (row, trade->opened_e9);
    row_put_i64 (row, trade->closed_e9);
    row_put_i64 (row, trade->remaining_e18);
    row_put_i64 (row, trade->flat);
    row_put_i64 (row, trade->price_e9);
    row_put_i64 (row, trade->position_e9);
    row_put_i64 (row, trade->current_e9);
    row_put_i64 (row, trade->master_equity_e9);
    row_put_i64 (row, trade->first_at_ns);
    row_put_i64 (row, trade->executed_at_ns);
    row_put_i64 (row, trade->received_at_ns);
}

/*  X was seen and nothing of it is closed yet: that is where a listener has to look again. */
static int mark_seen (storage_t *self, const trade_t *trade, problem_t *problem)
{
    state_mark_t mark = {.first_at_ns = trade->first_at_ns};
    memcpy (mark.master_id, trade->master_id, sizeof mark.master_id);
    memcpy (mark.x, trade->x, sizeof mark.x);
    return mark_put (self, &mark, 0, problem);
}

static int on_master_order (storage_t *self, const trade_t *trade, problem_t *problem)
{
    row_t row;
    char steps[STEPS_SIZE];
    steps_write (trade, steps);
    int result = row_open (&row, self,
        "INSERT INTO events (stored_at_ns, master_id, x, order_id, symbol, side, order_type, status, final, "
        "order_qty_e9, qty_e9, opened_e9, closed_e9, remaining_e18, flat, price_e9, position_e9, current_e9, "
        "master_equity_e9, "
        "first_at_ns, executed_at_ns, received_at_ns, steps) VALUES "
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (master_id, x, qty_e9, executed_at_ns, "
        "status, final) DO UPDATE SET steps = excluded.steps "
        "WHERE length (excluded.steps) > length (events.steps)",
        problem);
    if (result != 0)
        return result;
    row_put_i64 (&row, database_now_ns ());
    row_put_text (&row, trade->master_id);
    row_put_text (&row, trade->x);
    row_put_text (&row, trade->order_id);
    row_put_text (&row, trade->symbol);
    row_put_text (&row, trade_side_text (trade->side));
    row_put_text (&row, trade->order_type);
    row_put_text (&row, trade->status);
    row_put_i64 (&row, trade->final);
    put_amounts (&row, trade);
    row_put_text (&row, steps);
    result = row_run (&row, problem);
    return result == 0 ? mark_seen (self, trade, problem) : result;
}

static int on_copy_result (storage_t *self, const copy_result_t *from, problem_t *problem)
{
    int64_t now_ns = database_now_ns ();
    int result = 0;
    for (size_t i = 0; result == 0 && i < from->outcomes_count; i++)
        result = outcome_put (self, from, &from->outcomes[i], now_ns, problem);
    return result;
}

static void put_times (row_t *row, const replication_completed_t *replication)
{
    row_put_u64 (row, replication->success_count);
    row_put_u64 (row, replication->failure_count);
    row_put_u64 (row, replication->skipped_count);
    row_put_i64 (row, replication->total_time_ns);
    row_put_i64 (row, replication->p50_ns);
    row_put_i64 (row, replication->p95_ns);
    row_put_i64 (row, replication->p99_ns);
    row_put_i64 (row, replication->timestamp_at_ns);
}

static int replication_put (storage_t *self, const replication_completed_t *replication, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self,
        "INSERT INTO replications (master_id, x, qty_e9, sequence, stored_at_ns, symbol, side, "
        "success_count, failure_count, skipped_count, total_time_ns, p50_ns, p95_ns, p99_ns, "
        "timestamp_at_ns) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (master_id, x, qty_e9, sequence) DO UPDATE SET "
        "(stored_at_ns, symbol, side, success_count, failure_count, skipped_count, total_time_ns, p50_ns, "
        "p95_ns, p99_ns, timestamp_at_ns) = (excluded.stored_at_ns, excluded.symbol, excluded.side, "
        "excluded.success_count, excluded.failure_count, excluded.skipped_count, excluded.total_time_ns, "
        "excluded.p50_ns, excluded.p95_ns, excluded.p99_ns, excluded.timestamp_at_ns)",
        problem);
    if (result != 0)
        return result;
    row_put_text (&row, replication->master_id);
    row_put_text (&row, replication->master_order_id);
    row_put_i64 (&row, replication->qty_e9);
    row_put_u64 (&row, replication->sequence);
    row_put_i64 (&row, database_now_ns ());
    row_put_text (&row, replication->symbol);
    row_put_text (&row, replication_completed_side_text (replication->side));
    put_times (&row, replication);
    return row_run (&row, problem);
}

/*  Clients whose ranges in these rows, (client_id, from_e9, to_e9) in that order, reach from 0 to Q without a hole. */
static int count_covered (row_t *row, int64_t qty_e9, uint64_t *count_p, problem_t *problem)
{
    char client[64] = "";
    char next[64];
    int64_t covered_e9 = 0;
    uint64_t count = 0;
    int result;
    while ((result = row_next (row, problem)) == 1) {
        row_get_text (row, next, sizeof next);
        int64_t from_e9 = row_get_i64 (row);
        int64_t to_e9 = row_get_i64 (row);
        if (strcmp (client, next) != 0) {
            count += covered_e9 >= qty_e9;
            covered_e9 = 0;
            memcpy (client, next, sizeof client);
        }
        if (from_e9 <= covered_e9 && to_e9 > covered_e9)
            covered_e9 = to_e9;
    }
    count += covered_e9 >= qty_e9;
    row_close (row);
    *count_p = count;
    return result;
}

/*  Who followed no more when X began to execute, or not yet at that time, owes no outcome: its own must not stand for one that
 *  is missing. As `owes` of actors/dispatcher/completion.c. */
#define OWED                                                                                                 \
    "x = ?1 AND client_id NOT IN (SELECT client_id FROM clients WHERE follow_since_ns > ?2 OR (active = 0 "  \
    "AND follow_until_ns < ?3)) "

static void put_owed (row_t *row, const replication_completed_t *replication)
{
    row_put_text (row, replication->master_order_id);
    row_put_i64 (row, replication->executed_at_ns);
    row_put_i64 (row, replication->first_at_ns);
}

static int count_answered (
    storage_t *self, const replication_completed_t *replication, uint64_t *count_p, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self,
        "SELECT client_id, from_e9, to_e9 FROM outcomes WHERE " OWED "ORDER BY client_id, from_e9", problem);
    if (result != 0)
        return result;
    put_owed (&row, replication);
    result = count_covered (&row, replication->qty_e9, count_p, problem);
    if (result != 0 || *count_p >= replication->answered)
        return result;
    /*  an outcome that was replaced has answered for its range all the same */
    result = row_open (&row, self,
        "SELECT client_id, from_e9, to_e9 FROM outcomes WHERE " OWED
        "UNION SELECT client_id, from_e9, to_e9 FROM outcome_history WHERE " OWED
        "ORDER BY client_id, from_e9",
        problem);
    if (result != 0)
        return result;
    put_owed (&row, replication);
    return count_covered (&row, replication->qty_e9, count_p, problem);
}

/*  Without the state itself nobody could be asked to follow what still works of it (storage_working_each). */
static int count_events (
    storage_t *self, const replication_completed_t *replication, uint64_t *count_p, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self, "SELECT count (*) FROM events WHERE x = ?1 AND qty_e9 >= ?2", problem);
    if (result != 0)
        return result;
    row_put_text (&row, replication->master_order_id);
    row_put_i64 (&row, replication->qty_e9);
    result = row_next (&row, problem);
    *count_p = result == 1 ? row_get_u64 (&row) : 0;
    row_close (&row);
    return result < 0 ? result : 0;
}

/*  Of the replication: outcomes, and the state itself. */
static int count_missing (storage_t *self, const replication_completed_t *replication, problem_t *problem)
{
    uint64_t answered = 0;
    uint64_t events = 0;
    if (replication->answered == 0)
        return 0;
    int result = count_answered (self, replication, &answered, problem);
    if (result == 0)
        result = count_events (self, replication, &events, problem);
    if (answered < replication->answered)
        self->missing = replication->answered - answered;
    self->missing += events == 0;
    return result;
}

static int on_replication_completed (
    storage_t *self, const replication_completed_t *replication, problem_t *problem)
{
    state_mark_t mark = {.qty_e9 = replication->qty_e9,
        .final = replication->final,
        .first_at_ns = replication->first_at_ns,
        .executed_at_ns = replication->executed_at_ns};
    _Static_assert(sizeof mark.master_id == sizeof replication->master_id, "the same text");
    _Static_assert(sizeof mark.x == sizeof replication->master_order_id, "the same text");
    memcpy (mark.master_id, replication->master_id, sizeof mark.master_id);
    memcpy (mark.x, replication->master_order_id, sizeof mark.x);
    int result = count_missing (self, replication, problem);
    if (result != 0 || self->missing > 0)
        return result;
    result = replication_put (self, replication, problem);
    return result == 0 ? mark_put (self, &mark, 0, problem) : result;
}

static int on_alert_raised (storage_t *self, const alert_raised_t *alert, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self,
        "INSERT INTO alerts (stored_at_ns, kind, severity, subject, text, at_ns) VALUES (?,?,?,?,?,?) "
        "ON CONFLICT DO NOTHING",
        problem);
    if (result != 0)
        return result;
    row_put_i64 (&row, database_now_ns ());
    row_put_text (&row, alert_raised_kind_text (alert->kind));
    row_put_text (&row, alert_raised_severity_text (alert->severity));
    row_put_text (&row, alert->subject);
    row_put_text (&row, alert->text);
    row_put_i64 (&row, alert->at_ns);
    return row_run (&row, problem);
}

static int append (storage_t *self, const message_t *record, problem_t *problem)
{
    int result = message_check (record, problem);
    if (result != 0)
        return result;
    switch (record->kind) {
    case MSG_MASTER_ORDER: return on_master_order (self, &record->master_order.trade, problem);
    case MSG_COPY_RESULT: return on_copy_result (self, &record->copy_result, problem);
    case MSG_REPLICATION_COMPLETED:
        return on_replication_completed (self, &record->replication_completed, problem);
    case MSG_BREAKER_CHANGED: return breaker_put (self, &record->breaker_changed, 0, problem);
    case MSG_ALERT_RAISED: return on_alert_raised (self, &record->alert_raised, problem);
    default:
        return problem_set (
            problem, ERR_UNEXPECTED, message_subject (record->kind), "is not a record of the audit");
    }
}

uint64_t storage_missing (const storage_t *self)
{
    assert (self);
    return self->missing;
}

int storage_append (storage_t *self, const message_t *record, problem_t *problem)
{
    assert (self && record && (self->begun || self->aborted));
    if (self->aborted)
        return problem_set (
            problem, ERR_STORAGE, database_where (self->place), "an append before this one failed");
    self->missing = 0;
    int result = append (self, record, problem);
    if (result != 0) {
        storage_rollback (self);
        self->aborted = true;
    }
    return result;
}
