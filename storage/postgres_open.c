/*  postgres_open: the connection's life; the states stand in postgres.h.
 */
#include "storage/postgres.h"

#include "storage/postgres_driver.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_FIRST_MS 100
#define PAUSE_MOST_MS 2000
#define OPEN_WAIT_MS 20000 /*  for one that must be there: two addresses, their timeouts, and a busy server */
#define LATER_WAIT_MS 2000 /*  for one that need not */

int64_t postgres_now_ms (void)
{
    struct timespec now;
    int result = clock_gettime (CLOCK_MONOTONIC, &now);
    assert (result == 0);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int postgres_lost (postgres_t *self, int code, const char *why, problem_t *problem)
{
    (void) problem_set (&self->why, code, database_where (self->storage.place), "%.200s", why);
    PQfinish (self->connection);
    self->connection = NULL;
    self->unread = 0;
    self->failed = self->transaction;
    for (size_t i = 0; i < self->statements_count; i++)
        self->statements[i].prepared = false;
    self->pause_ms = PAUSE_FIRST_MS;
    self->dial_at_ms = 0;
    if (problem)
        *problem = self->why;
    return -code;
}

static int dial (postgres_t *self, bool create, problem_t *problem)
{
    self->dial = postgres_dial_new (self->url, create);
    return self->dial ? 0
                      : problem_set (problem, ERR_MEMORY, database_where (self->storage.place),
                            "no memory, or no thread, to connect");
}

/*  Of an attempt that is through. */
static int take (postgres_t *self, problem_t *problem)
{
    int rc = postgres_dial_take (self->dial, &self->connection, &self->why);
    postgres_dial_destroy (&self->dial);
    if (rc == 0 && (PQsetnonblocking (self->connection, 1) != 0 || !PQenterPipelineMode (self->connection)))
        rc = postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", &self->why);
    if (rc != 0) {
        self->dial_at_ms = postgres_now_ms () + self->pause_ms;
        self->pause_ms = self->pause_ms * 2 < PAUSE_MOST_MS ? self->pause_ms * 2 : PAUSE_MOST_MS;
        if (problem)
            *problem = self->why;
    } else
        self->pause_ms = PAUSE_FIRST_MS;
    return rc;
}

/*  Nobody speaks unasked but a server that ends, or one that was replaced behind our back. */
static bool still_there (postgres_t *self)
{
    struct pollfd wish = {.fd = PQsocket (self->connection), .events = POLLIN};
    if (self->unread > 0)
        return true;
    for (int i = 0; i < 4 && poll (&wish, 1, 0) != 0; i++) /*  its last words, then its end */
        if (!PQconsumeInput (self->connection))
            return false;
    return PQstatus (self->connection) == CONNECTION_OK;
}

int postgres_there (postgres_t *self, problem_t *problem)
{
    if (self->connection && still_there (self))
        return 0;
    if (self->connection)
        (void) postgres_lost (self, ERR_UNREACHABLE, "the connection was lost", NULL);
    if (!self->transaction && self->dial && postgres_dial_wait (self->dial, 0))
        return take (self, problem);
    if (!self->dial && postgres_now_ms () >= self->dial_at_ms) {
        int rc = dial (self, false, problem);
        if (rc != 0)
            return rc;
    }
    if (problem)
        *problem = self->why;
    return -self->why.code;
}

static int first_connection (postgres_t *self, postgres_open_t how, problem_t *problem)
{
    int rc = dial (self, how == POSTGRES_CREATE, problem);
    if (rc != 0)
        return rc;
    (void) problem_set (
        &self->why, ERR_UNREACHABLE, database_where (self->storage.place), "does not answer (yet)");
    /*  one that makes the schema may wait for another process, or have a lot to do */
    int64_t wait_ms = how == POSTGRES_CREATE ? -1 : how == POSTGRES_NOW ? OPEN_WAIT_MS : LATER_WAIT_MS;
    if (postgres_dial_wait (self->dial, wait_ms))
        rc = take (self, problem);
    else {
        rc = -ERR_UNREACHABLE;
        if (problem)
            *problem = self->why;
    }
    bool comes_back = rc != -ERR_STORAGE && rc != -ERR_NOT_FOUND && rc != -ERR_CORRUPT && rc != -ERR_MEMORY;
    return how == POSTGRES_LATER && comes_back ? 0 : rc;
}

int postgres_open (storage_t **self_p, const char *url, postgres_open_t how, problem_t *problem)
{
    assert (self_p && url);
    *self_p = NULL;
    postgres_url_t *parsed = calloc (1, sizeof *parsed);
    postgres_t *self = calloc (1, sizeof *self);
    if (!parsed || !self) {
        free (parsed);
        free (self);
        return problem_set (problem, ERR_MEMORY, "storage", "out of memory");
    }
    int rc = postgres_url_parse (url, parsed, problem);
    if (rc == 0) {
        self->storage.ops = &postgres_ops;
        self->pause_ms = PAUSE_FIRST_MS;
        (void) snprintf (self->storage.place, sizeof self->storage.place, "%s", parsed->place);
        memcpy (self->url, url, strlen (url) + 1);
        rc = first_connection (self, how, problem);
    }
    explicit_bzero (parsed, sizeof *parsed);
    free (parsed);
    if (rc == 0)
        *self_p = &self->storage;
    else if (self->storage.ops)
        self->storage.ops->close (&self->storage);
    else
        free (self);
    return rc;
}
