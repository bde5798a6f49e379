/*  trail_check: what was imported is read as the copier will read it, page by page.
 */
#include "storage/database_state.h"
#include "storage/trail.h"

#include <assert.h>
#include <string.h>

#define PAGE "500"

typedef struct {
    storage_t *storage;
    message_t message;
    problem_t *problem;
} check_t;

static int each_client (void *context, const client_config_t *client)
{
    (void) context;
    (void) client;
    return 0;
}

static int check_configuration (const check_t *self)
{
    master_config_t master;
    int rc = storage_master_get (self->storage, &master, self->problem);
    if (rc == 0 || rc == -ERR_NOT_FOUND)
        rc = storage_client_each (self->storage, 0, each_client, NULL, self->problem);
    if (rc == 0) /*  tombstones, too */
        rc = storage_client_each (self->storage, 1, each_client, NULL, self->problem);
    return rc;
}

/*  The rows behind that one; 1: there may be more. */
static int outcomes_after (check_t *self, outcome_t *last)
{
    row_t row;
    bool any = false;
    int result = row_open (&row, self->storage,
        "SELECT " TRAIL_OUTCOME " FROM outcomes WHERE (x, client_id, leg, slot) > (?, ?, ?, ?) ORDER BY x, "
        "client_id, leg, slot LIMIT " PAGE,
        self->problem);
    if (result != 0)
        return result;
    row_put_text (&row, last->x);
    row_put_text (&row, last->client_id);
    row_put_text (&row, *last->x ? outcome_leg_text (last->leg) : "");
    row_put_i64 (&row, last->slot);
    while ((result = row_next (&row, self->problem)) == 1) {
        result = trail_outcome_read (&row, &self->message, self->problem);
        if (result != 0)
            break;
        any = true;
    }
    row_close (&row);
    if (any)
        *last = self->message.copy_history.outcomes[0];
    return result == 0 ? any : result;
}

/*  Of a table whose rows have numbers. */
static int numbered_after (check_t *self, const char *sql,
    int (*read) (row_t *row, message_t *message, problem_t *problem), int64_t *last)
{
    row_t row;
    bool any = false;
    int result = row_open (&row, self->storage, sql, self->problem);
    if (result != 0)
        return result;
    row_put_i64 (&row, *last);
    while ((result = row_next (&row, self->problem)) == 1) {
        result = read (&row, &self->message, self->problem);
        if (result != 0)
            break;
        *last = row_get_i64 (&row);
        any = true;
    }
    row_close (&row);
    return result == 0 ? any : result;
}

static int check_trail (check_t *self)
{
    outcome_t last = {.slot = -1};
    int64_t number = INT64_MIN;
    int rc;
    while ((rc = outcomes_after (self, &last)) == 1)
        ;
    while (rc == 0 &&
           (rc = numbered_after (self,
                "SELECT " TRAIL_OUTCOME ", id FROM outcome_history WHERE id > ? ORDER BY id LIMIT " PAGE,
                trail_outcome_read, &number)) == 1)
        rc = 0;
    number = INT64_MIN;
    while (rc == 0 && (rc = numbered_after (self,
                           "SELECT " TRAIL_TRADE ", id FROM events WHERE id > ? ORDER BY id LIMIT " PAGE,
                           trail_trade_read, &number)) == 1)
        rc = 0;
    return rc;
}

static int each_mark (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    (void) context;
    (void) mark;
    (void) stored_at_ns;
    return 0;
}

static int each_breaker (void *context, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    (void) context;
    (void) breaker;
    (void) stored_at_ns;
    return 0;
}

static int check_state (const check_t *self)
{
    state_t *state = database_state_new (self->storage);
    if (!state)
        return problem_set (self->problem, ERR_MEMORY, "storage", "out of memory");
    int rc = state->ops->mark_each (state, each_mark, NULL, self->problem);
    if (rc == 0)
        rc = state->ops->breaker_each (state, each_breaker, NULL, self->problem);
    state->ops->destroy (&state);
    return rc;
}

int trail_check (storage_t *storage, problem_t *problem)
{
    assert (storage);
    check_t self = {.storage = storage, .problem = problem};
    int rc = check_configuration (&self);
    if (rc == 0)
        rc = check_trail (&self);
    return rc == 0 ? check_state (&self) : rc;
}
