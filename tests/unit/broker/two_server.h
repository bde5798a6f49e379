/*  two_server.h: a broker of a few lines over TLS, in threads of the test: HTTP/2 with nghttp2, which does to a request
 *  what the test asks for; or HTTP/1.1, for a client that was offered nothing else.
 */
#ifndef TWO_SERVER_H
#define TWO_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct two_server two_server_t;

typedef enum {
    TWO_ANSWER,        /*  200 with an order */
    TWO_LIMITED,       /*  429 with its headers */
    TWO_INTERIM,       /*  103, then as TWO_ANSWER, with trailers */
    TWO_HUGE_HEADERS,  /*  as TWO_ANSWER, with 48 KB of headers */
    TWO_HUGE_BODY,     /*  200 with bytes without an end */
    TWO_SILENT,        /*  nothing, ever */
    TWO_REFUSE,        /*  RST_STREAM REFUSED_STREAM */
    TWO_RESET,         /*  RST_STREAM INTERNAL_ERROR */
    TWO_HALF,          /*  200, half of the body, RST_STREAM REFUSED_STREAM */
    TWO_GOAWAY_BEFORE, /*  GOAWAY whose last stream is the one before, then silence */
    TWO_GOAWAY_AFTER,  /*  GOAWAY whose last stream is this one, then as TWO_ANSWER */
    TWO_SHRINK,        /*  SETTINGS: one stream at a time; then as TWO_ANSWER */
    TWO_GARBAGE,       /*  bytes that are no frame */
    TWO_CLOSE          /*  closes the connection */
} two_action_t;

/*  On a connection's thread. number: 1 for the first request. */
typedef two_action_t (two_handler_fn) (int number, void *context);

typedef struct {
    two_handler_fn *handler;
    void *context;
    uint32_t streams; /*  at a time, of a connection; 0 = 100 */
    bool bytewise;    /*  every byte is its own TLS record */
    bool only_one;    /*  no ALPN: HTTP/1.1 */
    const char *name; /*  in the certificate; NULL = 127.0.0.1 */
    uint32_t window;  /*  of a stream for bodies; 0 = 65,535 */
} two_options_t;

two_server_t *two_server_new (const two_options_t *options);
void two_server_destroy (two_server_t **self_p);
const char *two_server_url (const two_server_t *self); /*  https://127.0.0.1:port */
const char *two_server_ca (const two_server_t *self);  /*  a PEM file, gone with the server */
int two_server_requests (two_server_t *self);
int two_server_accepts (two_server_t *self);
int two_server_most (two_server_t *self); /*  requests that were open at one time on one connection */
/*  Headers and body of the last request, "name: value\n"; read it when the server is quiet. */
const char *two_server_last (two_server_t *self);

#endif
