/*  simulator.h: a stock broker in one process: the HTTP, WebSocket and control front of the engine.
 *
 *  docs/simulator.md says what it serves. One libuv loop, one thread: every call here belongs to the loop's thread.
 *  It never blocks the loop; answer delays are timers.
 */
#ifndef SIMULATOR_H
#define SIMULATOR_H

#include "messages/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define SIMULATOR_ACCOUNTS_MAX 100000

/*  Texts are borrowed until simulator_new (simulator_run) returns. */
typedef struct {
    const char *host;          /*  IPv4 or IPv6 literal */
    uint16_t port;             /*  0 = any free one */
    bool tls;                  /*  https and wss, HTTP/2 by ALPN */
    const char *cert_file;     /*  PEM; NULL = self-signed, made at start. Both or neither */
    const char *key_file;      /*  PEM */
    const char *cert_out;      /*  NULL, or where to write the certificate as PEM */
    uint64_t seed;             /*  of everything random */
    uint32_t accounts;         /*  made at start, 0 .. SIMULATOR_ACCOUNTS_MAX */
    bool json;                 /*  simulator_run prints their keys as one JSON line */
    const char *control_token; /*  NULL, or what /control asks for as Bearer token; at most 127 characters */
} simulator_options_t;

#define SIMULATOR_OPTIONS_DEFAULT                                                                            \
    {                                                                                                        \
        .host = "127.0.0.1", .seed = 1                                                                       \
    }

typedef struct simulator simulator_t;

/*  The whole command: own loop, prints "simulator listening on http://HOST:PORT" (flushed), serves until SIGTERM or
 *  SIGINT, then frees everything. 0, or an -ERR_* with *problem (may be NULL) naming what and where:
 *  -ERR_BUSY port in use, -ERR_SETTING address, certificate or key, -ERR_RANGE accounts, -ERR_MEMORY, -ERR_IO. */
int simulator_run (const simulator_options_t *options, problem_t *problem);

/*  In-process use. new makes engine, accounts and TLS context; start listens on the caller's loop (borrowed, must
 *  outlive destroy). Errors as simulator_run. */
int simulator_new (simulator_t **self_p, const simulator_options_t *options, problem_t *problem);
int simulator_start (simulator_t *self, uv_loop_t *loop, problem_t *problem);
/*  The port it listens on; 0 before start. */
uint16_t simulator_port (const simulator_t *self);
/*  Closes every connection, turns the loop until its own handles are closed, and frees. Not from inside a callback
 *  of the loop. */
void simulator_destroy (simulator_t **self_p);

#endif
