/*  migration.h: storage/sql/NNN_name.sql (SQLite) and storage/sql/postgres/NNN_name.sql, built into the program by
 *  storage/embed.cmake.
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include "messages/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int version;
    const char *name;
    const char *sql;
} migration_t;

/*  In order of version, without gaps, from 1; the same versions and names for both. */
extern const migration_t sqlite_migrations[];
extern const size_t sqlite_migrations_count;
extern const migration_t postgres_migrations[];
extern const size_t postgres_migrations_count;

/*  May this program use a database of this version (0 = no schema yet)? place: as problem_t's where. */
int migration_check (const char *place, int64_t version, bool create, problem_t *problem);

#endif
