/*  database.h: what the tables' files (client.c, trail.c, …) stand on: statements, rows and transactions of an open
 *  database of either kind. Private to storage/.
 *
 *  A statement is written once for both: `?` and `?1` are its parameters, and of SQL only what SQLite and PostgreSQL
 *  share. What differs is behind database_ops_t: sqlite_driver.c, postgres_driver.c.
 */
#ifndef DATABASE_H
#define DATABASE_H

#include "storage/storage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATABASE_STATEMENTS_MAX 96 /*  different ones over one connection */
#define DATABASE_VALUES_MAX 40     /*  parameters of one statement */
#define DATABASE_PLACE_MAX 1024

typedef enum { VALUE_OTHER, VALUE_INTEGER, VALUE_TEXT, VALUE_BYTES } value_kind_t;

/*  A parameter or a column. Borrowed; text may be not terminated when it comes from a column. */
typedef struct {
    value_kind_t kind;
    int64_t number;
    const void *bytes;
    size_t size;
} value_t;

/*  One statement in use: parameters are put and columns got from left to right; the first fault is kept and comes out
 *  of row_run or row_next. */
typedef struct {
    storage_t *storage;
    void *statement;   /*  the driver's */
    int number;        /*  the driver's */
    int line;          /*  rows seen; 0 = not executed yet */
    int puts;          /*  parameters there are */
    int at;            /*  columns read */
    int fault;         /*  ERR_*, 0 = none */
    const char *field; /*  name of the faulty column, else NULL */
    value_t values[DATABASE_VALUES_MAX];
} row_t;

typedef struct {
    void (*close) (storage_t *self); /*  an open transaction is rolled back; frees self */
    /*  One statement without parameters or result. */
    int (*exec) (storage_t *self, const char *sql, problem_t *problem);
    /*  A transaction that will write: what is written in it may be sent later, up to its commit, and fails then. Or one that
     *  reads, and sees one moment of the database. */
    int (*begin) (storage_t *self, bool write, problem_t *problem);
    bool (*in_transaction) (const storage_t *self);
    int (*row_open) (row_t *row, const char *sql, problem_t *problem);
    int (*row_run) (row_t *row, problem_t *problem);
    int (*row_next) (row_t *row, problem_t *problem); /*  line 0: executes */
    void (*row_column) (const row_t *row, int column, value_t *value);
    const char *(*row_name) (const row_t *row, int column);
    void (*row_close) (row_t *row);
} database_ops_t;

/*  Every driver's struct begins with this. */
struct storage {
    const database_ops_t *ops;
    bool begun;                     /*  between storage_begin and storage_commit */
    uint64_t missing;               /*  clients whose outcomes the last append did not find */
    bool aborted;                   /*  an append failed: rolled back, the commit has to say so */
    char place[DATABASE_PLACE_MAX]; /*  which one, for people: never a secret */
};

/*  -ERR_CORRUPT naming the database, and table, row and field. */
int database_corrupt (
    const storage_t *self, const char *table, const char *row, const char *field, problem_t *problem);
/*  The place as a problem's `where`: its end, when it is too long. */
const char *database_where (const char *place);
int database_exec (storage_t *self, const char *sql, problem_t *problem);
int64_t database_now_ns (void); /*  UTC */

/*  A configuration change: a transaction of its own, or a savepoint inside the one that is open. change_end commits
 *  when `result` is 0, else rolls back; returns result or the commit's error. */
int database_change_begin (storage_t *self, problem_t *problem);
int database_change_end (storage_t *self, int result, problem_t *problem);
/*  The next revision of the configuration, within a change. */
int database_next_revision (storage_t *self, uint64_t *revision_p, problem_t *problem);

/*  Prepares (once). sql: a static text, compared by address. */
int row_open (row_t *row, storage_t *self, const char *sql, problem_t *problem);
/*  Not copied: text and bytes have to be there until the statement has run. */
void row_put_text (row_t *row, const char *text);
void row_put_i64 (row_t *row, int64_t value);
void row_put_u64 (row_t *row, uint64_t value); /*  above INT64_MAX: -ERR_RANGE */
void row_put_bytes (row_t *row, const uint8_t *bytes, size_t size);
/*  A statement without a result; closes. */
int row_run (row_t *row, problem_t *problem);
/*  1: a row is there; 0: no more; -ERR_*. */
int row_next (row_t *row, problem_t *problem);
void row_get (row_t *row, value_t *value); /*  whatever it is */
void row_get_text (row_t *row, char *text, size_t size);
int64_t row_get_i64 (row_t *row);
uint64_t row_get_u64 (row_t *row);
bool row_get_bool (row_t *row);
size_t row_get_bytes (row_t *row, uint8_t *bytes, size_t size);
/*  The column just read is not what it should be. */
void row_fault (row_t *row);
void row_close (row_t *row);

/*  client.c, within a change. find: 1 there (a tombstone too), 0 not, -ERR_*. write: under the next revision. */
int client_find (storage_t *self, const char *client_id, client_config_t *client, problem_t *problem);
int client_write (storage_t *self, const client_config_t *client, problem_t *problem);

#define STEPS_MAX (sizeof ((trade_t *) NULL)->steps / sizeof (step_t))
/*  Four numbers of up to 20 characters each, each with what ends it. */
#define STEPS_SIZE (STEPS_MAX * 4 * 21 + 1)

/*  trade.steps as one column (steps.c). Text that is none of ours is a row_fault. */
void steps_write (const trade_t *trade, char text[STEPS_SIZE]);
void steps_get (row_t *row, trade_t *trade);

#endif
