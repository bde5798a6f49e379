/*  sqlite_migration: applies the embedded storage/sql files and refuses what it does not know.
 */
#include "storage/sqlite_migration.h"

#include "storage/migration.h"

#include <assert.h>
#include <sqlite3.h>

#define APPLICATION_ID 1952656433 /*  "tcp1"; `file` and sqlite3's PRAGMA application_id show it */

/*  One number; -ERR_*. For pragmas and counts, which are asked once: not cached. */
static int ask (sqlite_t *self, const char *sql, int64_t *value_p, problem_t *problem)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step (statement);
    if (code == SQLITE_ROW)
        *value_p = sqlite3_column_int64 (statement, 0);
    int result = code == SQLITE_ROW ? 0 : sqlite_problem (self, code, "cannot read the schema", problem);
    (void) sqlite3_finalize (statement);
    return result;
}

/*  0 for a database without tables; -ERR_STORAGE for one that is not ours. */
static int schema_version (sqlite_t *self, int64_t *version_p, problem_t *problem)
{
    int64_t tables = 0;
    int64_t ours = 0;
    int64_t id = 0;
    int result = ask (self, "SELECT count (*) FROM sqlite_schema", &tables, problem);
    if (result == 0)
        result = ask (
            self, "SELECT count (*) FROM sqlite_schema WHERE name = 'schema_migrations'", &ours, problem);
    if (result == 0)
        result = ask (self, "PRAGMA application_id", &id, problem);
    if (result != 0)
        return result;
    *version_p = 0;
    if ((id != 0 && id != APPLICATION_ID) || (tables > 0 && ours == 0))
        return problem_set (problem, ERR_STORAGE, database_where (self->storage.place),
            "is another program's database (the Python copier's, perhaps); give DATABASE_URL a file of its "
            "own");
    return ours ? ask (self, "SELECT coalesce (max (version), 0) FROM schema_migrations", version_p, problem)
                : 0;
}

static int record (storage_t *self, const migration_t *migration, problem_t *problem)
{
    row_t row;
    int result = row_open (
        &row, self, "INSERT INTO schema_migrations (version, name, applied_at_ns) VALUES (?, ?, ?)", problem);
    if (result != 0)
        return result;
    row_put_i64 (&row, migration->version);
    row_put_text (&row, migration->name);
    row_put_i64 (&row, database_now_ns ());
    return row_run (&row, problem);
}

/*  Under the write lock, so the version is asked again: another process may have been faster. */
static int apply_next (sqlite_t *self, problem_t *problem)
{
    int64_t version = 0;
    int result = schema_version (self, &version, problem);
    if (result != 0 || version >= (int64_t) sqlite_migrations_count)
        return result;
    const migration_t *migration = &sqlite_migrations[version];
    assert (migration->version == version + 1);
    if (version == 0) {
        char sql[200];
        (void) sqlite3_snprintf ((int) sizeof sql, sql,
            "PRAGMA application_id = %d; CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY "
            "KEY, "
            "name TEXT NOT NULL, applied_at_ns INTEGER NOT NULL) STRICT",
            APPLICATION_ID);
        result = database_exec (&self->storage, sql, problem);
    }
    if (result == 0)
        result = database_exec (&self->storage, migration->sql, problem);
    return result == 0 ? record (&self->storage, migration, problem) : result;
}

int sqlite_migrate (sqlite_t *self, bool create, problem_t *problem)
{
    int64_t version = 0;
    int result = schema_version (self, &version, problem);
    if (result == 0)
        result = migration_check (database_where (self->storage.place), version, create, problem);
    for (; result == 0 && version < (int64_t) sqlite_migrations_count; version++) {
        result = self->storage.ops->begin (&self->storage, true, problem);
        if (result == 0)
            result = database_change_end (&self->storage, apply_next (self, problem), problem);
    }
    return result;
}
