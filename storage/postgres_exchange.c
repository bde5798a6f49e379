/*  postgres_exchange: questions and answers over a pipeline, without ever waiting longer than said.
 */
#include "storage/postgres_driver.h"

#include "storage/postgres_schema.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define SQL_MAX 4096

/*  Sends and receives until an answer can be had. 0, or -ERR_*: the connection is gone. */
static int wait_for_answer (postgres_t *self, int64_t until_ms, problem_t *problem)
{
    for (;;) {
        int waiting = PQflush (self->connection);
        if (waiting < 0)
            return postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
        if (!PQisBusy (self->connection))
            return 0;
        int64_t left_ms = until_ms - postgres_now_ms ();
        struct pollfd wish = {
            .fd = PQsocket (self->connection), .events = (short) (POLLIN | (waiting ? POLLOUT : 0))};
        if (left_ms <= 0)
            return postgres_lost (self, ERR_TIMEOUT, "the server does not answer", problem);
        if (poll (&wish, 1, (int) left_ms) > 0 && (wish.revents & ~POLLOUT) != 0 &&
            !PQconsumeInput (self->connection))
            return postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
    }
}

/*  The first refusal of a pipeline is the reason of all that follow it. */
static int refusal (const postgres_t *self, const PGresult *result, problem_t *problem)
{
    const char *text = PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY);
    int code = postgres_error_of (PQresultErrorField (result, PG_DIAG_SQLSTATE));
    return problem_set (problem, code, database_where (self->storage.place), "a statement failed: %.250s",
        text ? text : "no reason was given");
}

/*  Every answer up to the pipeline's mark. */
static int read_answers (postgres_t *self, PGresult **rows_p, problem_t *problem)
{
    int64_t until_ms = postgres_now_ms () + POSTGRES_ANSWER_MS;
    int rc = 0;
    for (;;) {
        int lost = wait_for_answer (self, until_ms, problem);
        if (lost != 0)
            return lost;
        PGresult *result = PQgetResult (self->connection);
        ExecStatusType status = result ? PQresultStatus (result) : PGRES_COMMAND_OK;
        if (PQstatus (self->connection) == CONNECTION_BAD) {
            const char *state = result ? PQresultErrorField (result, PG_DIAG_SQLSTATE) : NULL;
            const char *text = state ? PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
            lost = postgres_lost (self, ERR_UNREACHABLE, text ? text : "the connection was lost", problem);
            PQclear (result);
            return lost;
        }
        if (status == PGRES_FATAL_ERROR && rc == 0)
            rc = refusal (self, result, problem);
        if (status == PGRES_TUPLES_OK && rows_p) {
            PQclear (*rows_p);
            *rows_p = result;
            result = NULL;
        }
        PQclear (result);
        if (status == PGRES_PIPELINE_SYNC)
            return rc;
    }
}

int postgres_settle (postgres_t *self, PGresult **rows_p, problem_t *problem)
{
    assert (self && self->connection);
    self->unread = 0;
    if (rows_p)
        *rows_p = NULL;
    int rc = PQpipelineSync (self->connection)
                 ? read_answers (self, rows_p, problem)
                 : postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
    if (rc != 0) {
        self->failed = self->transaction;
        if (rows_p) {
            PQclear (*rows_p);
            *rows_p = NULL;
        }
    }
    return rc;
}

int postgres_say (postgres_t *self, const char *sql, problem_t *problem)
{
    int rc = postgres_there (self, problem);
    if (rc != 0)
        return rc;
    if (!PQsendQueryParams (self->connection, sql, 0, NULL, NULL, NULL, NULL, 1))
        return postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
    return postgres_settle (self, NULL, problem);
}

/*  "?" and "?7" as "$1" and "$7"; none of our texts has a question mark in a literal. */
static void translate (const char *sql, char to[SQL_MAX])
{
    size_t used = 0;
    int number = 0;
    for (; *sql; sql++) {
        assert (used + 16 < SQL_MAX);
        if (*sql != '?')
            to[used++] = *sql;
        else if (sql[1] >= '0' && sql[1] <= '9')
            to[used++] = '$';
        else
            used += (size_t) snprintf (to + used, 16, "$%d", ++number);
    }
    to[used] = '\0';
}

int postgres_prepare (postgres_t *self, int number, problem_t *problem)
{
    char name[16];
    char sql[SQL_MAX];
    if (self->statements[number].prepared)
        return 0;
    (void) snprintf (name, sizeof name, "s%d", number);
    translate (self->statements[number].sql, sql);
    if (!PQsendPrepare (self->connection, name, sql, 0, NULL))
        return postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", problem);
    /*  an answer at once: whether it is prepared must be known, whatever failed before it */
    int rc = postgres_settle (self, NULL, problem);
    self->statements[number].prepared = rc == 0;
    return rc;
}
