/*  migration.h: storage/sql/NNN_name.sql, built into the program by storage/embed.cmake.
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include <stddef.h>

typedef struct {
    int version;
    const char *name;
    const char *sql;
} migration_t;

/*  In order of version, without gaps, from 1. */
extern const migration_t migrations[];
extern const size_t migrations_count;

#endif
