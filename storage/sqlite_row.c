/*  sqlite_row: prepared statements, kept for the life of the connection, and their values with bounds.
 */
#include "storage/sqlite_database.h"

#include <assert.h>
#include <string.h>

static sqlite3_stmt *cached (const storage_t *self, const char *sql)
{
    for (size_t i = 0; i < self->statements_count; i++)
        if (self->statements[i].sql == sql)
            return self->statements[i].statement;
    return NULL;
}

int row_open (row_t *row, storage_t *self, const char *sql, problem_t *problem)
{
    assert (row && self && sql);
    *row = (row_t){.storage = self, .statement = cached (self, sql)};
    if (!row->statement) {
        assert (self->statements_count < DATABASE_STATEMENTS_MAX);
        int code = sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &row->statement, NULL);
        if (code != SQLITE_OK)
            return database_problem (self, code, "a statement does not fit the schema", problem);
        self->statements[self->statements_count].sql = sql;
        self->statements[self->statements_count].statement = row->statement;
        self->statements_count++;
    }
    assert (
        !sqlite3_stmt_busy (row->statement)); /*  a callback asked the same question as the loop around it */
    return 0;
}

void row_close (row_t *row)
{
    /*  reset repeats the error of the last step, which was reported then */
    (void) sqlite3_reset (row->statement);
    (void) sqlite3_clear_bindings (row->statement);
}

static void keep (row_t *row, int code)
{
    assert (code == SQLITE_OK || code == SQLITE_NOMEM ||
            code == SQLITE_TOOBIG); /*  else: a wrong parameter number */
    if (code != SQLITE_OK && row->fault == 0)
        row->fault = ERR_MEMORY;
}

void row_put_text (row_t *row, const char *text)
{
    keep (row, sqlite3_bind_text (row->statement, ++row->at, text, -1, SQLITE_STATIC));
}

void row_put_i64 (row_t *row, int64_t value)
{
    keep (row, sqlite3_bind_int64 (row->statement, ++row->at, value));
}

void row_put_u64 (row_t *row, uint64_t value)
{
    if (value > INT64_MAX && row->fault == 0)
        row->fault = ERR_RANGE;
    row_put_i64 (row, (int64_t) (value & INT64_MAX));
}

void row_put_bytes (row_t *row, const uint8_t *bytes, size_t size)
{
    /*  a NULL pointer would bind NULL, an empty blob is meant */
    keep (row, sqlite3_bind_blob64 (
                   row->statement, ++row->at, size ? bytes : (const uint8_t *) "", size, SQLITE_STATIC));
}

int row_run (row_t *row, problem_t *problem)
{
    int result = row_next (row, problem);
    assert (result <= 0); /*  a statement with a result belongs to row_next */
    row_close (row);
    return result;
}

int row_next (row_t *row, problem_t *problem)
{
    if (row->fault)
        return problem_set (problem, row->fault, database_where (row->storage->path),
            "value %d of a statement: %s", row->at, error_text (row->fault));
    row->at = 0;
    int code = sqlite3_step (row->statement);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : database_problem (row->storage, code, "a statement failed", problem);
}

void row_fault (row_t *row)
{
    if (row->fault)
        return;
    row->fault = ERR_CORRUPT;
    row->field = sqlite3_column_name (row->statement, row->at - 1);
}

/*  Moves to the next column; false when it is not of this type. */
static bool column_is (row_t *row, int type)
{
    int column = row->at++;
    assert (column < sqlite3_column_count (row->statement));
    if (sqlite3_column_type (row->statement, column) == type)
        return true;
    row_fault (row);
    return false;
}

void row_get_text (row_t *row, char *text, size_t size)
{
    text[0] = '\0';
    if (!column_is (row, SQLITE_TEXT))
        return;
    const char *value = (const char *) sqlite3_column_text (row->statement, row->at - 1);
    size_t length = (size_t) sqlite3_column_bytes (row->statement, row->at - 1);
    if (value && length < size && strlen (value) == length)
        memcpy (text, value, length + 1);
    else
        row_fault (row);
}

int64_t row_get_i64 (row_t *row)
{
    return column_is (row, SQLITE_INTEGER) ? sqlite3_column_int64 (row->statement, row->at - 1) : 0;
}

uint64_t row_get_u64 (row_t *row)
{
    int64_t value = row_get_i64 (row);
    if (value < 0)
        row_fault (row);
    return value < 0 ? 0 : (uint64_t) value;
}

bool row_get_bool (row_t *row)
{
    int64_t value = row_get_i64 (row);
    if (value != 0 && value != 1)
        row_fault (row);
    return value == 1;
}

size_t row_get_bytes (row_t *row, uint8_t *bytes, size_t size)
{
    if (!column_is (row, SQLITE_BLOB))
        return 0;
    const void *value = sqlite3_column_blob (row->statement, row->at - 1);
    size_t length = (size_t) sqlite3_column_bytes (row->statement, row->at - 1);
    if (length > size) {
        row_fault (row);
        return 0;
    }
    if (length > 0)
        memcpy (bytes, value, length);
    return length;
}
