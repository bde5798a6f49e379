/*  postgres_schema: the session's settings, and the embedded storage/sql/postgres files.
 */
#include "storage/postgres_schema.h"

#include "storage/database.h"
#include "storage/migration.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    PGconn *connection;
    const char *where;
    problem_t *problem;
} schema_t;

/*  Those that this server has: names differ between versions. A commit is on disk before it counts; a row that somebody else
 *  holds is waited for as long as SQLite's lock; a server that lost its client (a partition) lets go of what that held. */
static const char SESSION[] =
    "SELECT set_config (known.name, wanted.value, false) FROM (VALUES ('lock_timeout', '5s'), "
    "('default_transaction_isolation', 'read committed'), ('tcp_keepalives_idle', '10'), "
    "('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3'), ('tcp_user_timeout', '15000'), "
    "('client_connection_check_interval', '5s'), ('standard_conforming_strings', 'on'), "
    "('synchronous_commit', CASE current_setting ('synchronous_commit') WHEN 'off' THEN 'on' ELSE "
    "current_setting ('synchronous_commit') END)) AS wanted (name, value) JOIN pg_settings AS known ON "
    "known.name = wanted.name";

/*  Tables in our schema, is one of them our list of migrations, and is there a schema at all. */
static const char LOOK[] =
    "SELECT (SELECT count (*) FROM pg_class WHERE relnamespace = here.oid AND relkind IN ('r', 'p', 'v')), "
    "(SELECT count (*) FROM pg_class WHERE relnamespace = here.oid AND relname = 'schema_migrations' AND "
    "obj_description (oid, 'pg_class') = 'trade-copier'), "
    "count (here.oid) OVER () FROM (SELECT 1) AS one LEFT JOIN pg_namespace AS here ON here.nspname = "
    "current_schema ()";

/*  Any number that nobody else uses: "tcp1", as SQLite's application id. */
static const char LOCK[] =
    "SELECT set_config ('lock_timeout', '60s', true), pg_advisory_xact_lock (1952656433)";

int postgres_error_of (const char *state)
{
    static const struct {
        const char *state; /*  how it begins */
        int error;
    } errors[] = {{"08", ERR_UNREACHABLE}, {"57P", ERR_UNREACHABLE}, {"57014", ERR_TIMEOUT}, {"53", ERR_IO},
        {"58", ERR_IO}, {"25006", ERR_IO}, {"42501", ERR_IO}, {"55P03", ERR_BUSY}, {"40", ERR_BUSY},
        {"28", ERR_SETTING}, {"3D000", ERR_SETTING}, {"22021", ERR_RANGE}, {"XX001", ERR_CORRUPT},
        {"XX002", ERR_CORRUPT}};
    for (size_t i = 0; state && i < sizeof errors / sizeof *errors; i++)
        if (strncmp (state, errors[i].state, strlen (errors[i].state)) == 0)
            return errors[i].error;
    return ERR_STORAGE;
}

static int refused (const schema_t *self, const PGresult *result, const char *doing)
{
    const char *text = PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY);
    const char *state = PQresultErrorField (result, PG_DIAG_SQLSTATE);
    bool lost = PQstatus (self->connection) == CONNECTION_BAD;
    return problem_set (self->problem, lost ? ERR_UNREACHABLE : postgres_error_of (state), self->where,
        "%s: %.200s", doing, lost || !text ? "the connection was lost" : text);
}

static int run (const schema_t *self, const char *sql, const char *doing)
{
    PGresult *result = PQexec (self->connection, sql);
    ExecStatusType status = PQresultStatus (result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    int rc = good ? 0 : refused (self, result, doing);
    PQclear (result);
    return rc;
}

/*  0 for a database without tables; -ERR_STORAGE for one that is not ours. */
static int schema_version (const schema_t *self, int64_t *version_p)
{
    PGresult *result = PQexec (self->connection, LOOK);
    bool good = PQresultStatus (result) == PGRES_TUPLES_OK && PQntuples (result) == 1;
    int rc = good ? 0 : refused (self, result, "cannot read the schema");
    bool ours = good && strcmp (PQgetvalue (result, 0, 1), "1") == 0;
    bool empty = good && strcmp (PQgetvalue (result, 0, 0), "0") == 0;
    if (good && strcmp (PQgetvalue (result, 0, 2), "0") == 0)
        rc = problem_set (
            self->problem, ERR_STORAGE, self->where, "the user's search_path names no schema there is");
    else if (good && !ours && !empty)
        rc = problem_set (self->problem, ERR_STORAGE, self->where,
            "is another program's database (the Python copier's, perhaps); give DATABASE_URL a database or a "
            "schema of its own");
    PQclear (result);
    *version_p = 0;
    if (rc != 0 || !ours)
        return rc;
    result = PQexec (self->connection, "SELECT coalesce (max (version), 0) FROM schema_migrations");
    good = PQresultStatus (result) == PGRES_TUPLES_OK && PQntuples (result) == 1;
    if (good)
        *version_p = strtoll (PQgetvalue (result, 0, 0), NULL, 10);
    else
        rc = refused (self, result, "cannot read schema_migrations");
    PQclear (result);
    return rc;
}

/*  In the transaction that applied it. */
static int record (const schema_t *self, const migration_t *migration)
{
    char sql[200];
    (void) snprintf (sql, sizeof sql,
        "INSERT INTO schema_migrations (version, name, applied_at_ns) VALUES (%d, '%.60s', %lld)",
        migration->version, migration->name, (long long) database_now_ns ());
    return run (self, sql, "a migration cannot be recorded");
}

/*  Under the lock, so the version is asked again: another process may have been faster. */
static int apply_next (const schema_t *self)
{
    int64_t version = 0;
    int rc = run (self, LOCK, "another process is bringing the schema up to date");
    if (rc == 0)
        rc = schema_version (self, &version);
    if (rc != 0 || version >= (int64_t) postgres_migrations_count)
        return rc;
    const migration_t *migration = &postgres_migrations[version];
    assert (migration->version == version + 1);
    if (version == 0)
        rc = run (self,
            "CREATE TABLE schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT COLLATE \"C\" "
            "NOT "
            "NULL, applied_at_ns BIGINT NOT NULL); COMMENT ON TABLE schema_migrations IS 'trade-copier'",
            "the schema cannot be made");
    if (rc == 0)
        rc = run (self, migration->sql, migration->name);
    return rc == 0 ? record (self, migration) : rc;
}

static int migrate (const schema_t *self, bool create)
{
    int64_t version = 0;
    int rc = schema_version (self, &version);
    if (rc == 0)
        rc = migration_check (self->where, version, create, self->problem);
    for (; rc == 0 && version < (int64_t) postgres_migrations_count; version++) {
        rc = run (self, "BEGIN", "the schema cannot be changed");
        if (rc == 0)
            rc = apply_next (self);
        if (rc == 0)
            rc = run (self, "COMMIT", "the schema cannot be changed");
        else
            PQclear (PQexec (self->connection, "ROLLBACK"));
    }
    return rc;
}

/*  Names and addresses are UTF-8; another encoding of the server would refuse some of them, some day. */
static int check_encoding (const schema_t *self)
{
    const char *encoding = PQparameterStatus (self->connection, "server_encoding");
    if (encoding && (strcmp (encoding, "UTF8") == 0 || strcmp (encoding, "SQL_ASCII") == 0))
        return 0;
    return problem_set (self->problem, ERR_STORAGE, self->where,
        "the database's encoding is %.20s, expected UTF8", encoding ? encoding : "unknown");
}

int postgres_schema_ready (PGconn *connection, const char *place, bool create, problem_t *problem)
{
    assert (connection && place);
    const schema_t self = {.connection = connection, .where = database_where (place), .problem = problem};
    int rc = check_encoding (&self);
    if (rc == 0)
        rc = run (&self, SESSION, "the session cannot be set up");
    return rc == 0 ? migrate (&self, create) : rc;
}
