/*  sqlite_database.h: the open database, private to storage/sqlite_*.c: cached statements, rows, transactions, and
 *  SQLite's errors as ours.
 */
#ifndef SQLITE_DATABASE_H
#define SQLITE_DATABASE_H

#include "storage/sqlite_url.h"
#include "storage/storage.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define DATABASE_STATEMENTS_MAX 32

struct storage {
    sqlite3 *db;
    bool begun;       /*  between storage_begin and storage_commit */
    uint64_t missing; /*  clients whose outcomes the last append did not find */
    bool aborted;     /*  an append failed: rolled back, the commit has to say so */
    size_t statements_count;
    struct {
        const char *sql; /*  compared by address: always a static text */
        sqlite3_stmt *statement;
    } statements[DATABASE_STATEMENTS_MAX];
    char path[SQLITE_PATH_MAX];
};

/*  One prepared statement in use: parameters are put and columns got from left to right; the first fault is kept
 *  and comes out of row_run, row_next or row_end. */
typedef struct {
    storage_t *storage;
    sqlite3_stmt *statement;
    int at;            /*  next parameter or column */
    int fault;         /*  ERR_*, 0 = none */
    const char *field; /*  name of the faulty column, else NULL */
} row_t;

/*  An SQLite result code as -ERR_* with the file and SQLite's message; `doing` says what was tried. */
int database_problem (const storage_t *self, int code, const char *doing, problem_t *problem);
/*  -ERR_CORRUPT naming the file, and table, row and field. */
int database_corrupt (
    const storage_t *self, const char *table, const char *row, const char *field, problem_t *problem);
/*  The path as a problem's `where`: its end, when it is too long. */
const char *database_where (const char *path);
int database_exec (storage_t *self, const char *sql, problem_t *problem);
int64_t database_now_ns (void); /*  UTC */

/*  A configuration change: a transaction of its own, or a savepoint inside the one that is open. change_end commits
 *  when `result` is 0, else rolls back; returns result or the commit's error. */
int database_change_begin (storage_t *self, problem_t *problem);
int database_change_end (storage_t *self, int result, problem_t *problem);
/*  The next revision of the configuration, within a change. */
int database_next_revision (storage_t *self, uint64_t *revision_p, problem_t *problem);

/*  Prepares (once) and resets. sql: a static text. */
int row_open (row_t *row, storage_t *self, const char *sql, problem_t *problem);
/*  Not copied: text and bytes have to be there until the statement has run. */
void row_put_text (row_t *row, const char *text);
void row_put_i64 (row_t *row, int64_t value);
void row_put_u64 (row_t *row, uint64_t value); /*  above INT64_MAX: -ERR_RANGE */
void row_put_bytes (row_t *row, const uint8_t *bytes, size_t size);
/*  A statement without a result; resets. */
int row_run (row_t *row, problem_t *problem);
/*  1: a row is there; 0: no more; -ERR_*. */
int row_next (row_t *row, problem_t *problem);
void row_get_text (row_t *row, char *text, size_t size);
int64_t row_get_i64 (row_t *row);
uint64_t row_get_u64 (row_t *row);
bool row_get_bool (row_t *row);
size_t row_get_bytes (row_t *row, uint8_t *bytes, size_t size);
/*  The column just read is not what it should be. */
void row_fault (row_t *row);

#define SQLITE_STEPS_MAX (sizeof ((trade_t *) NULL)->steps / sizeof (step_t))
/*  Four numbers of up to 20 characters each, each with what ends it. */
#define SQLITE_STEPS_SIZE (SQLITE_STEPS_MAX * 4 * 21 + 1)

/*  trade.steps as one column (sqlite_steps.c). Text that is none of ours is a row_fault. */
void sqlite_steps_write (const trade_t *trade, char text[SQLITE_STEPS_SIZE]);
void sqlite_steps_get (row_t *row, trade_t *trade);
void row_close (row_t *row);

#endif
