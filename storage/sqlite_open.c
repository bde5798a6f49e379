/*  sqlite_open: opens, checks and closes the database file.
 */
#include "storage/sqlite_migration.h"
#include "storage/sqlite_url.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define OPEN_PAUSE_US 20000

/*  SQLite would create the file with the umask's mode; its WAL and SHM files take the mode of the file. */
static int file_prepare (const char *path, bool create, problem_t *problem)
{
    struct stat status;
    const char *where = database_where (path);
    if (stat (path, &status) == 0) {
        if (!S_ISREG (status.st_mode))
            return problem_set (problem, ERR_IO, where, "is not a regular file");
        return 0;
    }
    if (errno != ENOENT)
        return problem_set (problem, ERR_IO, where, "%s", strerror (errno));
    if (!create)
        return problem_set (problem, ERR_NOT_FOUND, where, "there is no such database file");
    int file = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return problem_set (problem, ERR_IO, where, "cannot create it: %s", strerror (errno));
    (void) close (file);
    return 0;
}

/*  A file that is not SQLite, or cut short, shows at the first read; the rest is for quick_check to find. */
static int file_check (sqlite_t *self, problem_t *problem)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2 (self->db, "PRAGMA quick_check (1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step (statement);
    int result = 0;
    if (code != SQLITE_ROW)
        result = sqlite_problem (self, code, "cannot read it", problem);
    else {
        const char *answer = (const char *) sqlite3_column_text (statement, 0);
        if (!answer || strcmp (answer, "ok") != 0)
            result = problem_set (problem, ERR_CORRUPT, database_where (self->storage.place),
                "is damaged: %.200s", answer ? answer : "no answer");
    }
    (void) sqlite3_finalize (statement);
    return result;
}

static int connect_to (sqlite_t *self, bool create, problem_t *problem)
{
    int code =
        sqlite3_open_v2 (self->storage.place, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return sqlite_problem (self, code, "cannot open it", problem);
    (void) sqlite3_extended_result_codes (self->db, 1);
    (void) sqlite3_busy_timeout (self->db, BUSY_TIMEOUT_MS);
    /*  no double-quoted texts, no attached surprises: what a hand-edited schema could use against us */
    (void) sqlite3_db_config (self->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void) sqlite3_db_config (self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    int result = file_check (self, problem);
    if (result == 0)
        result = database_exec (&self->storage,
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA "
            "trusted_schema = OFF; PRAGMA cache_size = -32768", /*  32 MiB: what it wrote it need not read */
            problem);
    /*  before the journal mode, so that another program's file is left as it is */
    if (result == 0)
        result = sqlite_migrate (self, create, problem);
    return result == 0 ? database_exec (&self->storage, "PRAGMA journal_mode = WAL", problem) : result;
}

/*  SQLite asks no busy handler when the journal mode changes under it (the first start of several processes at once):
 *  such a busy file is tried again from the start. */
static int connect_patiently (sqlite_t *self, bool create, problem_t *problem)
{
    int result = connect_to (self, create, problem);
    for (int waited_ms = 0; result == -ERR_BUSY && waited_ms < BUSY_TIMEOUT_MS;
         waited_ms += OPEN_PAUSE_US / 1000) {
        (void) sqlite3_close (self->db);
        self->db = NULL;
        (void) usleep (OPEN_PAUSE_US);
        result = connect_to (self, create, problem);
    }
    return result;
}

int sqlite_open (storage_t **self_p, const char *url, bool create, problem_t *problem)
{
    assert (self_p && url);
    sqlite_t *self = calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "storage", "out of memory");
    self->storage.ops = &sqlite_ops;
    int result = sqlite_url_path (url, self->storage.place, sizeof self->storage.place, problem);
    if (result == 0)
        result = file_prepare (self->storage.place, create, problem);
    if (result == 0)
        result = connect_patiently (self, create, problem);
    if (result == 0)
        *self_p = &self->storage;
    else
        sqlite_ops.close (&self->storage);
    return result;
}
