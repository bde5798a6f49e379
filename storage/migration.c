/*  migration: what is the same for both kinds of database.
 */
#include "storage/migration.h"

#include <assert.h>

int migration_check (const char *place, int64_t version, bool create, problem_t *problem)
{
    int64_t known = (int64_t) sqlite_migrations_count;
    if (version > known)
        return problem_set (problem, ERR_STORAGE, place,
            "has schema version %lld, this program knows versions up to %lld: a newer program wrote it",
            (long long) version, (long long) known);
    if (version == 0 && !create)
        return problem_set (problem, ERR_NOT_FOUND, place, "holds no trade-copier database yet");
    if (version < known && !create)
        return problem_set (problem, ERR_STORAGE, place,
            "has schema version %lld, this program needs %lld: `trade-copier run` brings it up to date",
            (long long) version, (long long) known);
    return 0;
}
