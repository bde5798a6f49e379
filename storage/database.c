/*  database: what every table needs, whatever the database: which driver, transactions, the revision counter.
 */
#include "storage/database.h"

#include "storage/migration.h"
#include "storage/postgres.h"
#include "storage/postgres_url.h"
#include "storage/sqlite_driver.h"

#include <assert.h>
#include <string.h>
#include <time.h>

static const int64_t SECOND_NS = 1000000000;

int storage_open (storage_t **self_p, const char *url, bool create, problem_t *problem)
{
    assert (self_p && url);
    *self_p = NULL;
    return postgres_url_is (url)
               ? postgres_open (self_p, url, create ? POSTGRES_CREATE : POSTGRES_NOW, problem)
               : sqlite_open (self_p, url, create, problem);
}

int storage_open_later (storage_t **self_p, const char *url, problem_t *problem)
{
    assert (self_p && url);
    *self_p = NULL;
    return postgres_url_is (url) ? postgres_open (self_p, url, POSTGRES_LATER, problem)
                                 : sqlite_open (self_p, url, false, problem);
}

void storage_close (storage_t **self_p)
{
    assert (self_p);
    if (*self_p)
        (*self_p)->ops->close (*self_p);
    *self_p = NULL;
}

const char *storage_place (const storage_t *self)
{
    assert (self);
    return self->place;
}

int storage_version (void)
{
    return (int) sqlite_migrations_count;
}

const char *database_where (const char *place)
{
    size_t length = strlen (place);
    size_t most = sizeof ((problem_t *) 0)->where - 1;
    return length > most ? place + length - most : place;
}

int database_corrupt (
    const storage_t *self, const char *table, const char *row, const char *field, problem_t *problem)
{
    const char *dot =
        field ? strrchr (field, '.') : NULL; /*  message_check says client.config.name: the column's */
    const char *column = dot ? dot + 1 : field;
    return problem_set (problem, ERR_CORRUPT, database_where (self->place),
        "table %s, row %.64s, field %.64s is not valid", table, row, column ? column : "(unknown)");
}

int database_exec (storage_t *self, const char *sql, problem_t *problem)
{
    return self->ops->exec (self, sql, problem);
}

int64_t database_now_ns (void)
{
    struct timespec now;
    int result = clock_gettime (CLOCK_REALTIME, &now);
    assert (result == 0);
    return (int64_t) now.tv_sec * SECOND_NS + now.tv_nsec;
}

/*  Changes come one after the other, whoever makes them: what one read of the configuration holds until it has written.
 *  SQLite's write lock is that already; there this is a change of one row to what it was. */
static int lock_configuration (storage_t *self, problem_t *problem)
{
    row_t row;
    int result = row_open (&row, self, "UPDATE config_revision SET revision = revision", problem);
    return result == 0 ? row_run (&row, problem) : result;
}

int database_change_begin (storage_t *self, problem_t *problem)
{
    int result = self->begun ? database_exec (self, "SAVEPOINT change", problem)
                             : self->ops->begin (self, true, problem);
    if (result == 0)
        result = lock_configuration (self, problem);
    return result == 0 ? 0 : database_change_end (self, result, problem);
}

int database_change_end (storage_t *self, int result, problem_t *problem)
{
    if (result == 0)
        result = database_exec (self, self->begun ? "RELEASE SAVEPOINT change" : "COMMIT", problem);
    if (result == 0)
        return 0;
    /*  the first problem is the one to report; a full disk may have rolled back already */
    if (!self->ops->in_transaction (self))
        return result;
    (void) database_exec (self, self->begun ? "ROLLBACK TO SAVEPOINT change" : "ROLLBACK", NULL);
    if (self->begun)
        (void) database_exec (self, "RELEASE SAVEPOINT change", NULL);
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
