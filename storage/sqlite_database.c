/*  sqlite_database: what every table needs: errors as ours, transactions, the revision counter.
 */
#include "storage/sqlite_database.h"

#include <assert.h>
#include <string.h>
#include <time.h>

static const int64_t SECOND_NS = 1000000000;

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

const char *database_where (const char *path)
{
    size_t length = strlen (path);
    size_t most = sizeof ((problem_t *) 0)->where - 1;
    return length > most ? path + length - most : path;
}

int database_problem (const storage_t *self, int code, const char *doing, problem_t *problem)
{
    /*  errmsg belongs to the last call on this connection; a code from elsewhere has only its general text */
    bool latest = self->db && (sqlite3_extended_errcode (self->db) & 0xff) == (code & 0xff);
    const char *text = latest ? sqlite3_errmsg (self->db) : sqlite3_errstr (code);
    return problem_set (problem, error_of (code), database_where (self->path), "%s: %s", doing, text);
}

int database_corrupt (
    const storage_t *self, const char *table, const char *row, const char *field, problem_t *problem)
{
    const char *dot =
        field ? strrchr (field, '.') : NULL; /*  message_check says client.config.name: the column's */
    const char *column = dot ? dot + 1 : field;
    return problem_set (problem, ERR_CORRUPT, database_where (self->path),
        "table %s, row %.64s, field %.64s is not valid", table, row, column ? column : "(unknown)");
}

int database_exec (storage_t *self, const char *sql, problem_t *problem)
{
    int code = sqlite3_exec (self->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : database_problem (self, code, "a statement failed", problem);
}

int64_t database_now_ns (void)
{
    struct timespec now;
    int result = clock_gettime (CLOCK_REALTIME, &now);
    assert (result == 0);
    return (int64_t) now.tv_sec * SECOND_NS + now.tv_nsec;
}

int database_change_begin (storage_t *self, problem_t *problem)
{
    return database_exec (self, self->begun ? "SAVEPOINT change" : "BEGIN IMMEDIATE", problem);
}

int database_change_end (storage_t *self, int result, problem_t *problem)
{
    if (result == 0)
        result = database_exec (self, self->begun ? "RELEASE change" : "COMMIT", problem);
    if (result == 0)
        return 0;
    /*  the first problem is the one to report; a full disk may have rolled back already */
    if (!sqlite3_get_autocommit (self->db))
        (void) database_exec (self, self->begun ? "ROLLBACK TO change; RELEASE change" : "ROLLBACK", NULL);
    return result;
}

int database_next_revision (storage_t *self, uint64_t *revision_p, problem_t *problem)
{
    row_t row;
    int result = row_open (
        &row, self, "UPDATE config_revision SET revision = revision + 1 RETURNING revision", problem);
    if (result != 0)
        return result;
    result = row_next (&row, problem);
    if (result == 1) {
        *revision_p = row_get_u64 (&row);
        result = row.fault ? database_corrupt (self, "config_revision", "1", row.field, problem) : 0;
        /*  to the end, else the update is not done */
        if (result == 0)
            result = row_next (&row, problem);
    } else if (result == 0)
        result = database_corrupt (self, "config_revision", "1", "revision", problem);
    row_close (&row);
    return result;
}
