/*  sqlite_driver: prepared statements, kept for the life of the connection, and SQLite's errors as ours.
 */
#include "storage/sqlite_driver.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static int error_of (int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return ERR_IO;
    case SQLITE_NOMEM: return ERR_MEMORY;
    default: return ERR_STORAGE;
    }
}

int sqlite_problem (const sqlite_t *self, int code, const char *doing, problem_t *problem)
{
    /*  errmsg belongs to the last call on this connection; a code from elsewhere has only its general text */
    bool latest = self->db && (sqlite3_extended_errcode (self->db) & 0xff) == (code & 0xff);
    const char *text = latest ? sqlite3_errmsg (self->db) : sqlite3_errstr (code);
    return problem_set (
        problem, error_of (code), database_where (self->storage.place), "%s: %s", doing, text);
}

/*  `storage` is the first member: the port's pointer is ours */
static sqlite_t *of (storage_t *self)
{
    return (sqlite_t *) (void *) self;
}

static int on_exec (storage_t *self, const char *sql, problem_t *problem)
{
    int code = sqlite3_exec (of (self)->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : sqlite_problem (of (self), code, "a statement failed", problem);
}

static int on_begin (storage_t *self, bool write, problem_t *problem)
{
    return on_exec (self, write ? "BEGIN IMMEDIATE" : "BEGIN", problem);
}

static bool on_in_transaction (const storage_t *self)
{
    return !sqlite3_get_autocommit (((const sqlite_t *) (const void *) self)->db);
}

static void on_close (storage_t *storage)
{
    sqlite_t *self = of (storage);
    for (size_t i = 0; i < self->statements_count; i++)
        (void) sqlite3_finalize (self->statements[i].statement);
    int code = sqlite3_close (self->db); /*  an open transaction is rolled back */
    assert (code == SQLITE_OK);
    free (self);
}

static sqlite3_stmt *cached (const sqlite_t *self, const char *sql)
{
    for (size_t i = 0; i < self->statements_count; i++)
        if (self->statements[i].sql == sql)
            return self->statements[i].statement;
    return NULL;
}

static int on_row_open (row_t *row, const char *sql, problem_t *problem)
{
    sqlite_t *self = of (row->storage);
    sqlite3_stmt *statement = cached (self, sql);
    if (!statement) {
        assert (self->statements_count < DATABASE_STATEMENTS_MAX);
        int code = sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
        if (code != SQLITE_OK)
            return sqlite_problem (self, code, "a statement does not fit the schema", problem);
        self->statements[self->statements_count].sql = sql;
        self->statements[self->statements_count].statement = statement;
        self->statements_count++;
    }
    assert (!sqlite3_stmt_busy (statement)); /*  a callback asked the same question as the loop around it */
    row->statement = statement;
    return 0;
}

static int bind (sqlite3_stmt *statement, int at, const value_t *value)
{
    switch (value->kind) {
    case VALUE_INTEGER: return sqlite3_bind_int64 (statement, at, value->number);
    case VALUE_TEXT:
        return sqlite3_bind_text64 (statement, at, value->bytes, value->size, SQLITE_STATIC, SQLITE_UTF8);
    default: return sqlite3_bind_blob64 (statement, at, value->bytes, value->size, SQLITE_STATIC);
    }
}

static int on_row_next (row_t *row, problem_t *problem)
{
    int code = SQLITE_OK;
    for (int i = 0; row->line == 0 && code == SQLITE_OK && i < row->puts; i++) {
        code = bind (row->statement, i + 1, &row->values[i]);
        assert (code != SQLITE_RANGE && code != SQLITE_MISUSE); /*  a wrong number of parameters */
    }
    if (code == SQLITE_OK)
        code = sqlite3_step (row->statement);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : sqlite_problem (of (row->storage), code, "a statement failed", problem);
}

static int on_row_run (row_t *row, problem_t *problem)
{
    int result = on_row_next (row, problem);
    assert (result <= 0); /*  a statement with a result belongs to row_next */
    return result;
}

static void on_row_column (const row_t *row, int column, value_t *value)
{
    sqlite3_stmt *statement = row->statement;
    assert (column < sqlite3_column_count (statement));
    *value = (value_t){.kind = VALUE_OTHER};
    switch (sqlite3_column_type (statement, column)) {
    case SQLITE_INTEGER:
        value->kind = VALUE_INTEGER;
        value->number = sqlite3_column_int64 (statement, column);
        break;
    case SQLITE_TEXT:
        value->kind = VALUE_TEXT;
        value->bytes = sqlite3_column_text (statement, column);
        break;
    case SQLITE_BLOB:
        value->kind = VALUE_BYTES;
        value->bytes = sqlite3_column_blob (statement, column);
        break;
    default: break;
    }
    value->size = (size_t) sqlite3_column_bytes (statement, column);
    if (value->kind == VALUE_TEXT && !value->bytes)
        value->kind = VALUE_OTHER; /*  no memory for it */
}

static const char *on_row_name (const row_t *row, int column)
{
    return sqlite3_column_name (row->statement, column);
}

static void on_row_close (row_t *row)
{
    /*  reset repeats the error of the last step, which was reported then */
    (void) sqlite3_reset (row->statement);
    (void) sqlite3_clear_bindings (row->statement);
}

const database_ops_t sqlite_ops = {
    .close = on_close,
    .exec = on_exec,
    .begin = on_begin,
    .in_transaction = on_in_transaction,
    .row_open = on_row_open,
    .row_run = on_row_run,
    .row_next = on_row_next,
    .row_column = on_row_column,
    .row_name = on_row_name,
    .row_close = on_row_close,
};
