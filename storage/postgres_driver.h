/*  postgres_driver.h: a PostgreSQL database that is there or comes back, private to storage/postgres_*.c.
 *
 *  The connection is in pipeline mode from the first statement to the last: what is written in a transaction is sent
 *  and its answers are read with the next question or the commit, so that a batch costs a round trip or two.
 */
#ifndef POSTGRES_DRIVER_H
#define POSTGRES_DRIVER_H

#include "storage/database.h"
#include "storage/postgres_dial.h"
#include "storage/postgres_url.h"

#include <libpq-fe.h>

#define POSTGRES_ANSWER_MS 10000 /*  no answer for so long: the connection is given up */

typedef struct {
    storage_t storage;     /*  first: the port's pointer */
    PGconn *connection;    /*  NULL = away */
    postgres_dial_t *dial; /*  the attempt under way, NULL = none */
    int64_t dial_at_ms;    /*  no attempt before this, monotonic */
    int64_t pause_ms;      /*  before the next attempt */
    problem_t why;         /*  it is away */
    bool transaction;      /*  begun, as far as we know */
    bool failed;           /*  something in it did: it can only be rolled back */
    unsigned unread;       /*  statements sent whose answers were not read */
    size_t statements_count;
    struct {
        const char *sql;
        bool prepared; /*  over this connection */
    } statements[DATABASE_STATEMENTS_MAX];
    char url[POSTGRES_URL_MAX]; /*  may hold a password */
} postgres_t;

extern const database_ops_t postgres_ops;

/*  postgres_open.c: 0 when there is a connection that can be used. Waits for nothing; within a transaction a lost
 *  connection stays lost. */
int postgres_there (postgres_t *self, problem_t *problem);
/*  The connection is of no use any more. code: ERR_*; returns -code. */
int postgres_lost (postgres_t *self, int code, const char *why, problem_t *problem);
int64_t postgres_now_ms (void); /*  monotonic */

/*  postgres_exchange.c: sends what waits, and reads every answer, for POSTGRES_ANSWER_MS at most. The rows of the last
 *  statement that had any go to *rows_p (the caller clears them; may be NULL); the first refusal is the problem. */
int postgres_settle (postgres_t *self, PGresult **rows_p, problem_t *problem);
/*  One statement without parameters, and its answer. */
int postgres_say (postgres_t *self, const char *sql, problem_t *problem);
/*  The statement of that number becomes known to the server, unless it is. */
int postgres_prepare (postgres_t *self, int number, problem_t *problem);

#endif
