/*  postgres_driver: statements and rows. Numbers and texts go as text, bytes as bytes; everything comes back in binary.
 */
#include "storage/postgres_driver.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BYTES = 17, OID_INTEGER_8 = 20, OID_TEXT = 25 }; /*  pg_type.dat; they never change */

#define NUMBER_MAX 21
#define UNREAD_MAX 4096 /*  answers that wait in libpq's memory */

/*  `storage` is the first member: the port's pointer is ours */
static postgres_t *of (storage_t *self)
{
    return (postgres_t *) (void *) self;
}

static void on_close (storage_t *storage)
{
    postgres_t *self = of (storage);
    postgres_dial_destroy (&self->dial);
    PQfinish (self->connection); /*  an open transaction is rolled back */
    explicit_bzero (self, sizeof *self);
    free (self);
}

static int on_begin (storage_t *storage, bool write, problem_t *problem)
{
    postgres_t *self = of (storage);
    int rc = postgres_there (self, problem);
    if (rc != 0)
        return rc;
    assert (!self->transaction);
    const char *sql = write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    if (!PQsendQueryParams (self->connection, sql, 0, NULL, NULL, NULL, NULL, 1))
        return postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
    self->unread++;
    self->transaction = true;
    self->failed = false;
    return 0;
}

static bool on_in_transaction (const storage_t *self)
{
    return ((const postgres_t *) (const void *) self)->transaction;
}

/*  What was sent before the commit may fail with it; and the server answers the commit of what has failed with a rollback and
 *  calls that a success. */
static int commit (postgres_t *self, problem_t *problem)
{
    int rc = self->unread > 0 ? postgres_settle (self, NULL, problem) : 0;
    if (rc == 0 && self->failed)
        rc = problem_set (problem, ERR_STORAGE, database_where (self->storage.place),
            "a statement before this commit failed");
    if (rc != 0)
        return rc;
    rc = postgres_say (self, "COMMIT", problem);
    if (rc == 0)
        self->transaction = false;
    return rc;
}

static void roll_back (postgres_t *self)
{
    /*  first what was sent before: behind a refusal the rollback would be passed over, too */
    if (self->connection && self->unread > 0)
        (void) postgres_settle (self, NULL, NULL);
    if (self->connection && postgres_say (self, "ROLLBACK", NULL) != 0 && self->connection)
        (void) postgres_lost (self, ERR_STORAGE, "a transaction cannot be rolled back", NULL);
    self->transaction = false;
    self->failed = false;
}

/*  What a savepoint's statements broke is whole again. */
static int back_to_savepoint (postgres_t *self, const char *sql, problem_t *problem)
{
    int rc = self->unread > 0 ? postgres_settle (self, NULL, NULL) : 0;
    (void) rc; /*  told already, or about to be undone */
    rc = postgres_say (self, sql, problem);
    if (rc == 0)
        self->failed = false;
    return rc;
}

static int on_exec (storage_t *storage, const char *sql, problem_t *problem)
{
    postgres_t *self = of (storage);
    if (strcmp (sql, "COMMIT") == 0)
        return commit (self, problem);
    if (strncmp (sql, "ROLLBACK TO", 11) == 0)
        return back_to_savepoint (self, sql, problem);
    if (strcmp (sql, "ROLLBACK") != 0)
        return postgres_say (self, sql, problem);
    roll_back (self);
    return 0;
}

static int on_row_open (row_t *row, const char *sql, problem_t *problem)
{
    postgres_t *self = of (row->storage);
    size_t number = 0;
    int rc = postgres_there (self, problem);
    if (rc != 0)
        return rc;
    while (number < self->statements_count && self->statements[number].sql != sql)
        number++;
    if (number == self->statements_count) {
        assert (number < DATABASE_STATEMENTS_MAX);
        self->statements[self->statements_count++].sql = sql;
    }
    row->number = (int) number;
    return postgres_prepare (self, row->number, problem);
}

static int send_row (row_t *row, problem_t *problem)
{
    postgres_t *self = of (row->storage);
    char name[16];
    char numbers[DATABASE_VALUES_MAX][NUMBER_MAX];
    const char *values[DATABASE_VALUES_MAX];
    int sizes[DATABASE_VALUES_MAX];
    int formats[DATABASE_VALUES_MAX];
    int rc = postgres_there (self, problem);
    if (rc != 0)
        return rc;
    for (int i = 0; i < row->puts; i++) {
        const value_t *value = &row->values[i];
        bool number = value->kind == VALUE_INTEGER;
        if (number)
            (void) snprintf (numbers[i], NUMBER_MAX, "%" PRId64, value->number);
        values[i] = number ? numbers[i] : value->bytes;
        sizes[i] = (int) value->size;
        formats[i] = value->kind == VALUE_BYTES;
    }
    (void) snprintf (name, sizeof name, "s%d", row->number);
    if (!PQsendQueryPrepared (self->connection, name, row->puts, values, sizes, formats, 1))
        return postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
    self->unread++;
    return 0;
}

/*  Within a transaction its answer is read later. */
static int on_row_run (row_t *row, problem_t *problem)
{
    postgres_t *self = of (row->storage);
    int rc = send_row (row, problem);
    if (rc != 0)
        return rc;
    bool now = !self->transaction || self->unread >= UNREAD_MAX;
    return now ? postgres_settle (self, NULL, problem) : 0;
}

static int on_row_next (row_t *row, problem_t *problem)
{
    PGresult *rows = row->statement;
    if (row->line == 0) {
        int rc = send_row (row, problem);
        if (rc == 0)
            rc = postgres_settle (of (row->storage), &rows, problem);
        if (rc != 0)
            return rc;
        row->statement = rows;
    }
    return row->line < PQntuples (rows);
}

static void on_row_column (const row_t *row, int column, value_t *value)
{
    const PGresult *rows = row->statement;
    int line = row->line - 1;
    uint64_t number;
    assert (column < PQnfields (rows));
    *value = (value_t){.kind = VALUE_OTHER};
    if (PQgetisnull (rows, line, column))
        return;
    value->bytes = PQgetvalue (rows, line, column);
    value->size = (size_t) PQgetlength (rows, line, column);
    switch (PQftype (rows, column)) {
    case OID_TEXT: value->kind = VALUE_TEXT; break;
    case OID_BYTES: value->kind = VALUE_BYTES; break;
    case OID_INTEGER_8:
        if (value->size != sizeof number)
            break;
        memcpy (&number, value->bytes, sizeof number);
        value->kind = VALUE_INTEGER;
        value->number = (int64_t) be64toh (number);
        break;
    default: break;
    }
}

static const char *on_row_name (const row_t *row, int column)
{
    return PQfname (row->statement, column);
}

static void on_row_close (row_t *row)
{
    PQclear (row->statement);
    row->statement = NULL;
}

const database_ops_t postgres_ops = {
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
