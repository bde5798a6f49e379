/*  redis_tls.h: TLS for hiredis, where the library was built with it (libhiredis_ssl): TLS 1.2 or newer, the server's
 *  certificate checked against the system's (or SSL_CERT_FILE, SSL_CERT_DIR) and against its name.
 */
#ifndef REDIS_TLS_H
#define REDIS_TLS_H

#include <hiredis/async.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct redis_tls redis_tls_t;

bool redis_tls_there (void);
redis_tls_t *redis_tls_new (void); /*  NULL: there is none, or no memory */
void redis_tls_destroy (redis_tls_t **self_p);
/*  Of a connection that has just been begun. name: a host's name or address. NULL: why says why not. What it returns is
 *  hiredis' and lives as long as the connection. */
struct ssl_st *redis_tls_begin (
    redis_tls_t *self, redisAsyncContext *redis, const char *name, char *why, size_t size);
/*  What is wrong with the certificate (hiredis says only that something failed); NULL = nothing. Static. */
const char *redis_tls_fault (const struct ssl_st *ssl);

#endif
