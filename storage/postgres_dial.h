/*  postgres_dial.h: one attempt to connect, in a thread of its own: libpq waits there for name servers, handshakes and
 *  the login. What comes back is logged in, set up for us, and of the right schema.
 */
#ifndef POSTGRES_DIAL_H
#define POSTGRES_DIAL_H

#include "messages/error.h"

#include <stdbool.h>
#include <stdint.h>

struct pg_conn;

typedef struct postgres_dial postgres_dial_t;

/*  url: parsed before without a problem. create: the schema is made or brought up to date. NULL: no memory or thread. */
postgres_dial_t *postgres_dial_new (const char *url, bool create);
/*  Is it through? Waits so long at most; -1 = until it is. */
bool postgres_dial_wait (postgres_dial_t *self, int64_t wait_ms);
/*  Of one that is through: the connection, the caller's from now on, or -ERR_*. */
int postgres_dial_take (postgres_dial_t *self, struct pg_conn **connection_p, problem_t *problem);
/*  Does not wait for it: an attempt under way ends by itself. */
void postgres_dial_destroy (postgres_dial_t **self_p);

#endif
