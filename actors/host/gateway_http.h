/*  gateway_http.h: HTTP and WebSockets of the gateway (libwebsockets on the actor's loop): who may ask, what is bounded.
 *
 *  | bound | |
 *  |---|---|
 *  | connections | GATEWAY_CONNECTIONS_MAX (gateway_listen.h) |
 *  | a request's head | 4 KiB, within 10 s (libwebsockets) |
 *  | its body | GATEWAY_BODY_MAX (gateway_change.h) |
 *  | an answer | read within 30 s, or the connection is closed |
 *  | a WebSocket | 256 events wait for it; beyond that, or without an answer to a ping within 40 s, it is closed |
 *
 *  Everything but /, its two files, /healthz and /readyz asks for the token: "Authorization: Bearer TOKEN", or for a
 *  browser's WebSocket, which cannot send it, the subprotocols "tradecopier, bearer.HEX" (HEX: the token's bytes).
 *  Threads: the loop's.
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include "actors/gateway/gateway.h"

#include <uv.h>

typedef struct gateway_http gateway_http_t;

typedef enum { GATEWAY_VIEW_STATUS, GATEWAY_VIEW_METRICS, GATEWAY_VIEW_READY } gateway_view_t;

typedef struct {
    const char *token;     /*  borrowed during _new: only a hash of it is kept */
    const char *cert_file; /*  PEM, borrowed during _new; "": http */
    const char *key_file;
    /*  The answer's body, valid until the next call; NULL: it does not fit. */
    const char *(*view) (void *context, gateway_view_t view, size_t *size_p, int *status_p);
    /*  0: gateway_http_answer comes, perhaps at once. -ERR_*: problem says what is wrong with the body. */
    int (*change) (void *context, uint64_t request, const char *remote, const char *body, size_t size,
        problem_t *problem);
    void *context;
} gateway_http_config_t;

/*  -ERR_IO (libwebsockets' plug-in is missing, certificate and key do not work), -ERR_MEMORY. */
int gateway_http_new (
    gateway_http_t **self_p, uv_loop_t *loop, const gateway_http_config_t *config, problem_t *problem);
/*  Closes every connection, turning the loop. Not from a callback. */
void gateway_http_destroy (gateway_http_t **self_p);

/*  For gateway_listen_config_t. */
bool gateway_http_adopt (gateway_http_t *self, int fd, const char *remote);
/*  To the request that waits for it, if it still does. JSON. */
void gateway_http_answer (gateway_http_t *self, uint64_t request, int status, const char *json, size_t size);
/*  To every WebSocket. JSON. */
void gateway_http_push (gateway_http_t *self, const char *json, size_t size);
const gateway_port_counts_t *gateway_http_counts (const gateway_http_t *self);

#endif
