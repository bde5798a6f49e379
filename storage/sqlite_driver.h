/*  sqlite_driver.h: an open SQLite file, private to storage/sqlite_*.c; database.c opens it.
 */
#ifndef SQLITE_DRIVER_H
#define SQLITE_DRIVER_H

#include "storage/database.h"

#include <stdbool.h>

struct sqlite3;
struct sqlite3_stmt;

typedef struct {
    storage_t storage; /*  first: the port's pointer */
    struct sqlite3 *db;
    size_t statements_count;
    struct {
        const char *sql;
        struct sqlite3_stmt *statement;
    } statements[DATABASE_STATEMENTS_MAX];
} sqlite_t;

extern const database_ops_t sqlite_ops;

/*  As storage_open, of a URL that is SQLite's. */
int sqlite_open (storage_t **self_p, const char *url, bool create, problem_t *problem);

/*  An SQLite result code as -ERR_* with the file and SQLite's message; `doing` says what was tried. */
int sqlite_problem (const sqlite_t *self, int code, const char *doing, problem_t *problem);

#endif
