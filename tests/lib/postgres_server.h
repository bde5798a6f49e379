/*  postgres_server.h: a real PostgreSQL for one test: a temporary directory, its Unix socket there and a port of its own, a user
 *  with a password; and what can happen to it. As root it runs as nobody, for postgres refuses root. Every failure ends
 *  the test.
 */
#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define POSTGRES_SERVER_PASSWORD "a-password/of:its@own"
#define POSTGRES_SERVER_ENCODED "a-password%2Fof%3Aits%40own"

typedef struct postgres_server postgres_server_t;

postgres_server_t *postgres_server_new (void); /*  started */
void postgres_server_destroy (postgres_server_t **self_p);

void postgres_server_start (postgres_server_t *self); /*  returns when it answers */
void postgres_server_kill (postgres_server_t *self);  /*  -9, all of its processes; a paused one too */
void postgres_server_pause (postgres_server_t *self); /*  SIGSTOP, all of them */
void postgres_server_go_on (postgres_server_t *self);

/*  A new, empty database of the next name; its URL, by the socket or by the port. */
void postgres_server_database (postgres_server_t *self, bool by_port, char *url, size_t size);
void postgres_server_drop (postgres_server_t *self, const char *url);
/*  As its superuser, in that database: the first column of the first row, "" when there is none. Static until the next
 *  call. */
const char *postgres_server_ask (postgres_server_t *self, const char *url, const char *sql);
/*  Where its first line is the password, for password_file. */
const char *postgres_server_password_file (const postgres_server_t *self);
unsigned postgres_server_port (const postgres_server_t *self);
const char *postgres_server_folder (const postgres_server_t *self);

#endif
