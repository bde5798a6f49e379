/*  rest.h: HTTP requests over one curl multi handle: many at a time, over connections that stay open, each sent at most
 *  once. Knows nothing of orders.
 *
 *  HTTP/2 where the server offers it by ALPN over TLS (requests share connections), else HTTP/1.1, one request at a
 *  time on each of max_connections. No redirect is followed, no proxy used, no signal raised. Names are resolved by
 *  libcurl's own thread (rest_new checks that this libcurl has it), so a slow name server does not stop the loop.
 */
#ifndef BROKER_ALPACA_REST_H
#define BROKER_ALPACA_REST_H

#include "broker/alpaca/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REST_URL_MAX 1024

typedef struct rest rest_t;

typedef struct {
    uint32_t max_connections;
    uint32_t max_requests;
    int64_t connect_timeout_ns;
    int64_t user_timeout_ns; /*  0 = the system's */
    const char *ca_file;     /*  NULL = the system's; copied by libcurl */
    int64_t (*utc_now) (void);
} rest_options_t;

typedef enum { REST_GET, REST_POST, REST_DELETE } rest_method_t;

typedef struct {
    rest_method_t method;
    const char *url;  /*  shorter than REST_URL_MAX; stays valid until the reply */
    const char *body; /*  REST_POST: stays valid until the reply */
    size_t body_size;
    keys_t *keys; /*  held until the reply */
    int64_t timeout_ns;
    int64_t not_after_ns; /*  boottime: not begun from then on (the reply says not started); 0 = whenever */
    size_t reply_max;     /*  a larger body is an error */
} rest_request_t;

/*  Valid during the callback. */
typedef struct {
    bool started;       /*  false: nothing of the request was handed to a connection, and nothing will be */
    bool complete;      /*  a whole answer came: status, headers and body stand */
    int status;         /*  0 = none came */
    const char *reason; /*  why not complete */
    const char *body;
    size_t body_size;
    int64_t sent_at_ns;
    int64_t answered_at_ns;
    int64_t date_ns;        /*  0 = absent, and so on */
    int64_t limit;          /*  -1 = absent */
    int64_t remaining;      /*  -1 = absent */
    int64_t limit_reset_ns; /*  UTC */
    int64_t retry_after_ns; /*  UTC */
} rest_reply_t;

typedef void (rest_reply_fn) (void *context, const rest_reply_t *reply);

typedef struct {
    uint64_t requests;
    uint64_t connections;
    uint64_t repeats_prevented;
} rest_counts_t;

/*  multi: CURLM *, borrowed. NULL: problem says why. */
rest_t *rest_new (void *multi, const rest_options_t *options, problem_t *problem);
void rest_destroy (rest_t **self_p); /*  requests under way end without a reply */

/*  The reply comes from rest_finish, never from here. -ERR_FULL: max_requests are under way; -ERR_MEMORY. */
int rest_send (rest_t *self, const rest_request_t *request, rest_reply_fn *on_reply, void *context);
void rest_finish (rest_t *self); /*  call after curl did something */
size_t rest_pending (const rest_t *self);
void rest_counts (const rest_t *self, rest_counts_t *counts);

#endif
