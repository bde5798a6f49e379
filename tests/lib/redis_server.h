/*  redis_server.h: a real redis-server for one test: a temporary directory, a port of its own, a password; and what
 *  can happen to it. Nothing is saved to its disk: it always comes back empty. Every failure ends the test.
 */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include <stddef.h>

#define REDIS_SERVER_PASSWORD "a-password/of:its@own"

typedef struct redis_server redis_server_t;

redis_server_t *redis_server_new (void); /*  its place only: nothing listens yet */
void redis_server_destroy (redis_server_t **self_p);

/*  Before its start: TLS on a second port, with a certificate for "localhost" alone that this process trusts from here
 *  on (SSL_CERT_FILE). */
void redis_server_use_tls (redis_server_t *self);

/*  option: further arguments of redis-server as "name value", NULL = none. Returns when it answers. */
void redis_server_start (redis_server_t *self, const char *option);
void redis_server_kill (redis_server_t *self);  /*  -9; a stopped one too */
void redis_server_pause (redis_server_t *self); /*  SIGSTOP */
void redis_server_go_on (redis_server_t *self);
void redis_server_sleep (redis_server_t *self, unsigned seconds); /*  DEBUG SLEEP, from about now on */

const char *redis_server_url (const redis_server_t *self); /*  redis://:…@localhost:port/3 */
const char *redis_server_tls_url (redis_server_t *self, const char *host); /*  static until the next call */
const char *redis_server_socket (const redis_server_t *self);              /*  redis+unix://:…@/path?db=3 */

/*  redis-cli in that database: its output without the last newline, static until the next call. */
const char *redis_server_cli (redis_server_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

#endif
