/*  resolve.h: a host's addresses, looked up by libuv's threads: libwebsockets would look them up on the loop's. */
#ifndef BROKER_ALPACA_RESOLVE_H
#define BROKER_ALPACA_RESOLVE_H

#include <stddef.h>

#define RESOLVE_ADDRESSES_MAX 8
#define RESOLVE_TEXT_MAX 48 /*  an IPv6 address as text */

typedef struct {
    char text[RESOLVE_ADDRESSES_MAX][RESOLVE_TEXT_MAX]; /*  in the resolver's order */
    size_t count;                                       /*  0: reason */
    const char *reason;
} resolve_result_t;

typedef struct resolve resolve_t;
typedef void (resolve_fn) (void *context, const resolve_result_t *result);

/*  uv_loop: uv_loop_t *. on_result comes from the loop, once; the look-up then is gone. NULL: out of memory. */
resolve_t *resolve_start (void *uv_loop, const char *host, resolve_fn *on_result, void *context);
void resolve_cancel (resolve_t **self_p); /*  no result comes; the loop frees it when the thread is done */

#endif
