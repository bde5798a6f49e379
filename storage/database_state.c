/*  database_state: dedup marks and breakers in the database, behind the port that Redis implements too.
 */
#include "storage/database_state.h"

#include "storage/trail.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
    state_t state;
    storage_t *storage;
} database_state_t;

/*  `state` is the first member: the port's pointer is ours */
static storage_t *storage_of (state_t *self)
{
    return ((database_state_t *) (void *) self)->storage;
}

int mark_put (storage_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self,
        "INSERT INTO marks (master_id, x, qty_e9, final, first_at_ns, executed_at_ns, stored_at_ns) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (master_id, x) DO UPDATE SET "
        "qty_e9 = excluded.qty_e9, "
        "final = CASE WHEN excluded.qty_e9 > marks.qty_e9 OR excluded.final > marks.final THEN "
        "excluded.final "
        "ELSE marks.final END, "
        "first_at_ns = CASE WHEN marks.first_at_ns = 0 THEN excluded.first_at_ns ELSE marks.first_at_ns END, "
        "executed_at_ns = CASE WHEN excluded.executed_at_ns > marks.executed_at_ns THEN "
        "excluded.executed_at_ns ELSE marks.executed_at_ns END, "
        "stored_at_ns = excluded.stored_at_ns "
        "WHERE excluded.qty_e9 >= marks.qty_e9",
        problem);
    if (result != 0)
        return result;
    row_put_text (&row, mark->master_id);
    row_put_text (&row, mark->x);
    row_put_i64 (&row, mark->qty_e9);
    row_put_i64 (&row, mark->final);
    row_put_i64 (&row, mark->first_at_ns);
    row_put_i64 (&row, mark->executed_at_ns);
    row_put_i64 (&row, stored_at_ns > 0 ? stored_at_ns : database_now_ns ());
    return row_run (&row, problem);
}

/*  What is said now replaces whatever is there, even if the clock was set back since. */
int breaker_put (storage_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self,
        "INSERT INTO breakers (client_id, state, failures, opened_at_ns, retry_at_ns, last_error, "
        "stored_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO UPDATE SET state = "
        "excluded.state, failures = excluded.failures, opened_at_ns = excluded.opened_at_ns, retry_at_ns = "
        "excluded.retry_at_ns, last_error = excluded.last_error, stored_at_ns = excluded.stored_at_ns "
        "WHERE ? = 1 OR excluded.stored_at_ns >= breakers.stored_at_ns",
        problem);
    if (result != 0)
        return result;
    row_put_text (&row, breaker->client_id);
    row_put_text (&row, breaker_changed_state_text (breaker->state));
    row_put_u64 (&row, breaker->failures);
    row_put_i64 (&row, breaker->opened_at_ns);
    row_put_i64 (&row, breaker->retry_at_ns);
    row_put_text (&row, breaker->last_error);
    row_put_i64 (&row, stored_at_ns > 0 ? stored_at_ns : database_now_ns ());
    row_put_i64 (&row, stored_at_ns > 0 ? 0 : 1);
    return row_run (&row, problem);
}

static void on_destroy (state_t **self_p)
{
    assert (self_p);
    free (*self_p);
    *self_p = NULL;
}

static int on_mark_put (state_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem)
{
    message_t message;
    message.kind = MSG_STATE_MARK;
    message.state_mark = *mark;
    int result = message_check (&message, problem);
    return result == 0 ? mark_put (storage_of (self), mark, stored_at_ns, problem) : result;
}

/*  Everything is here already. */
static void on_refresh (state_t *self, state_done_fn *done, void *context)
{
    assert (self && done);
    done (context, 0);
}

static int mark_read (row_t *row, state_mark_t *mark, int64_t *stored_at_ns, problem_t *problem)
{
    message_t message = {.kind = MSG_STATE_MARK};
    state_mark_t *read = &message.state_mark;
    row_get_text (row, read->master_id, sizeof read->master_id);
    row_get_text (row, read->x, sizeof read->x);
    read->qty_e9 = row_get_i64 (row);
    read->final = row_get_bool (row);
    read->first_at_ns = row_get_i64 (row);
    read->executed_at_ns = row_get_i64 (row);
    *stored_at_ns = row_get_i64 (row);
    row_get_text (row, read->symbol, sizeof read->symbol);
    problem_t found = {0};
    if (row->fault || message_check (&message, &found) != 0)
        return database_corrupt (
            row->storage, "marks", read->x, row->fault ? row->field : found.where, problem);
    *mark = *read;
    return 0;
}

static int on_mark_each (state_t *self, state_mark_fn *each, void *context, problem_t *problem)
{
    assert (each);
    row_t row;
    int result = row_open (&row, storage_of (self),
        "SELECT master_id, x, qty_e9, final, first_at_ns, executed_at_ns, stored_at_ns, "
        "coalesce ((SELECT symbol FROM replications r WHERE r.master_id = m.master_id AND r.x = m.x LIMIT "
        "1), "
        "'') FROM (SELECT * FROM marks ORDER BY stored_at_ns DESC, id DESC LIMIT 10000) m "
        "ORDER BY stored_at_ns, id",
        problem);
    if (result != 0)
        return result;
    while ((result = row_next (&row, problem)) == 1) {
        state_mark_t mark;
        int64_t stored_at_ns = 0;
        result = mark_read (&row, &mark, &stored_at_ns, problem);
        if (result == 0)
            result = each (context, &mark, stored_at_ns);
        if (result != 0)
            break;
    }
    row_close (&row);
    return result;
}

static int on_breaker_put (
    state_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem)
{
    message_t message;
    message.kind = MSG_BREAKER_CHANGED;
    message.breaker_changed = *breaker;
    int result = message_check (&message, problem);
    return result == 0 ? breaker_put (storage_of (self), breaker, stored_at_ns, problem) : result;
}

static int breaker_read (row_t *row, breaker_changed_t *breaker, int64_t *stored_at_ns, problem_t *problem)
{
    message_t message = {.kind = MSG_BREAKER_CHANGED};
    breaker_changed_t *read = &message.breaker_changed;
    char word[32];
    row_get_text (row, read->client_id, sizeof read->client_id);
    row_get_text (row, word, sizeof word);
    if (breaker_changed_state_parse (word, &read->state) != 0)
        row_fault (row);
    read->failures = row_get_u64 (row);
    read->opened_at_ns = row_get_i64 (row);
    read->retry_at_ns = row_get_i64 (row);
    row_get_text (row, read->last_error, sizeof read->last_error);
    *stored_at_ns = row_get_i64 (row);
    problem_t found = {0};
    if (row->fault || message_check (&message, &found) != 0)
        return database_corrupt (
            row->storage, "breakers", read->client_id, row->fault ? row->field : found.where, problem);
    *breaker = *read;
    return 0;
}

static int on_breaker_each (state_t *self, state_breaker_fn *each, void *context, problem_t *problem)
{
    assert (each);
    row_t row;
    int result = row_open (&row, storage_of (self),
        "SELECT client_id, state, failures, opened_at_ns, retry_at_ns, last_error, stored_at_ns FROM "
        "breakers "
        "ORDER BY client_id",
        problem);
    if (result != 0)
        return result;
    while ((result = row_next (&row, problem)) == 1) {
        breaker_changed_t breaker;
        int64_t stored_at_ns = 0;
        result = breaker_read (&row, &breaker, &stored_at_ns, problem);
        if (result == 0)
            result = each (context, &breaker, stored_at_ns);
        if (result != 0)
            break;
    }
    row_close (&row);
    return result;
}

static const state_ops_t OPS = {
    .destroy = on_destroy,
    .mark_put = on_mark_put,
    .mark_each = on_mark_each,
    .breaker_put = on_breaker_put,
    .refresh = on_refresh,
    .breaker_each = on_breaker_each,
};

state_t *database_state_new (storage_t *storage)
{
    assert (storage);
    database_state_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->state.ops = &OPS;
    self->storage = storage;
    return &self->state;
}
