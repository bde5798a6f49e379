/*  postgres_schema.h: what a new connection has to be before it is used. Waits for the server without a bound: called from
 *  the thread that dials only.
 */
#ifndef POSTGRES_SCHEMA_H
#define POSTGRES_SCHEMA_H

#include "messages/error.h"

#include <stdbool.h>

struct pg_conn;

/*  Sets the session up; then migrates (`create`: each migration a transaction of its own, one process at a time) or checks the
 *  version. -ERR_STORAGE: newer, older, or another program's; -ERR_NOT_FOUND: not set up; -ERR_*: the server's word. */
int postgres_schema_ready (struct pg_conn *connection, const char *place, bool create, problem_t *problem);

/*  A server's SQLSTATE as ERR_*; NULL or unknown: ERR_STORAGE. */
int postgres_error_of (const char *state);

#endif
