/*  postgres.h: opens PostgreSQL behind the storage port; see database.c.
 *
 *  | connection | event | does | next |
 *  |---|---|---|---|
 *  | away | a call, and the pause is over | an attempt begins, in a thread of its own: names, TLS, login, schema | dialing |
 *  | dialing | a call | -ERR_UNREACHABLE at once | dialing |
 *  | dialing | a call, the attempt is through | goes on with it | there |
 *  | dialing | a call, the attempt failed | -ERR_*, why; a pause of 0.1 s, doubling to 2 s | away |
 *  | there | lost, or no answer for 10 s | the call fails; what was in a transaction is not there | away |
 *
 *  So no call waits for a server that is not there; only the one that loses it waits, bounded.
 */
#ifndef POSTGRES_H
#define POSTGRES_H

#include "storage/storage.h"

typedef enum {
    POSTGRES_NOW,    /*  must be there, and set up */
    POSTGRES_CREATE, /*  must be there; is set up, or brought up to date */
    POSTGRES_LATER   /*  set up, but need not be there now */
} postgres_open_t;

/*  url: one of postgres_url_is. -ERR_* as storage_open. */
int postgres_open (storage_t **self_p, const char *url, postgres_open_t how, problem_t *problem);

#endif
