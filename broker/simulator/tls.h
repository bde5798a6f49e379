/*  tls.h: TLS for the simulator's connections, on bytes only (memory BIOs): the connection owns the socket. */
#ifndef SIMULATOR_TLS_H
#define SIMULATOR_TLS_H

#include "broker/simulator/http_buffer.h"
#include "messages/error.h"

typedef struct tls_context tls_context_t;
typedef struct tls tls_t;

/*  Certificate and key from PEM files, or self-signed for host, localhost, 127.0.0.1 and ::1 when both are NULL.
 *  -ERR_SETTING naming the file; -ERR_IO when cert_out cannot be written; -ERR_MEMORY. */
int tls_context_new (tls_context_t **self_p, const char *host, const char *cert_file, const char *key_file,
    const char *cert_out, problem_t *problem);
void tls_context_destroy (tls_context_t **self_p);

/*  One connection, server side. NULL when out of memory. */
tls_t *tls_new (tls_context_t *context);
void tls_destroy (tls_t **self_p);
/*  Takes bytes from the socket; appends what they mean to plain and what must be sent to wire. -ERR_IO: the peer
 *  broke the protocol or closed. */
int tls_read (tls_t *self, const char *bytes, size_t size, http_buffer_t *plain, http_buffer_t *wire);
/*  Encrypts into wire. -ERR_IO. */
int tls_write (tls_t *self, const char *bytes, size_t size, http_buffer_t *wire);
/*  Handshake finished and "h2" chosen. */
bool tls_is_two (const tls_t *self);

#endif
