/*  master: the master account (one, so far) with its sealed credentials.
 */
#include "storage/database.h"

#include <assert.h>

static int check (const master_config_t *master, problem_t *problem)
{
    message_t message;
    message.kind = MSG_MASTER_CONFIG;
    message.master_config = *master;
    int result = message_check (&message, problem);
    if (result == 0 && (!master->master_id[0] || master->sealed_size == 0))
        result = problem_set (problem, ERR_MISSING, "master", "an id and sealed credentials are needed");
    return result;
}

/*  One master: another id takes the place of the one before. */
static int master_write (storage_t *self, const master_config_t *master, problem_t *problem)
{
    uint64_t revision = 0;
    int result = database_next_revision (self, &revision, problem);
    if (result == 0)
        result = database_exec (self, "DELETE FROM masters", problem);
    row_t row;
    if (result == 0)
        result = row_open (
            &row, self, "INSERT INTO masters (master_id, sealed, revision) VALUES (?, ?, ?)", problem);
    if (result != 0)
        return result;
    row_put_text (&row, master->master_id);
    row_put_bytes (&row, master->sealed, master->sealed_size);
    row_put_u64 (&row, revision);
    return row_run (&row, problem);
}

int storage_master_put (storage_t *self, const master_config_t *master, problem_t *problem)
{
    assert (self && master);
    int result = check (master, problem);
    if (result == 0)
        result = database_change_begin (self, problem);
    return result == 0 ? database_change_end (self, master_write (self, master, problem), problem) : result;
}

static int master_read (row_t *row, master_config_t *master, problem_t *problem)
{
    *master = (master_config_t){0};
    row_get_text (row, master->master_id, sizeof master->master_id);
    master->sealed_size = row_get_bytes (row, master->sealed, sizeof master->sealed);
    master->revision = row_get_u64 (row);
    problem_t found = {0};
    if (!row->fault && check (master, &found) == 0)
        return 0;
    return database_corrupt (
        row->storage, "masters", master->master_id, row->fault ? row->field : found.where, problem);
}

int storage_master_get (storage_t *self, master_config_t *master, problem_t *problem)
{
    assert (self && master);
    row_t row;
    int result = row_open (&row, self,
        "SELECT master_id, sealed, revision FROM masters ORDER BY revision DESC LIMIT 1", problem);
    if (result != 0)
        return result;
    result = row_next (&row, problem);
    if (result == 1)
        result = master_read (&row, master, problem);
    else if (result == 0)
        result = problem_set (problem, ERR_NOT_FOUND, "master", "no master is configured");
    row_close (&row);
    return result;
}
