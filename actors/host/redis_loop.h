/*  redis_loop.h: a connection to Redis on a libuv loop, for ever: looked up off the loop, connected, authenticated,
 *  watched, and made again when it ends.
 *
 *  hiredis knows no time: connecting, signing in and every answer have REDIS_LOOP_PATIENCE_NS, then the connection is
 *  cut. Between attempts 100 ms doubling to 5 s, full jitter. What Redis sends is bounded (REDIS_LOOP_BYTES_MAX not
 *  yet parsed, REDIS_LOOP_ELEMENTS_MAX an array): more ends the connection. It alone does not keep the loop alive.
 *
 *  Threads: that of the loop. Errors name the address, never the user or the password.
 */
#ifndef REDIS_LOOP_H
#define REDIS_LOOP_H

#include "messages/error.h"

#include <uv.h>

#define REDIS_LOOP_PATIENCE_NS INT64_C (2000000000)
#define REDIS_LOOP_BYTES_MAX ((size_t) 16 << 20)
#define REDIS_LOOP_ELEMENTS_MAX 65536

struct redisAsyncContext;

typedef struct redis_loop redis_loop_t;

typedef struct {
    void *context;
    /*  Signed in, database selected; borrowed until `lost`. */
    void (*connected) (void *context, struct redisAsyncContext *redis);
    /*  The connection ended, or an attempt failed. */
    void (*lost) (void *context, const char *why);
    void (*tick) (void *context); /*  every 250 ms */
} redis_loop_events_t;

/*  The loop is borrowed and must outlive the handles' closing; url is copied into locked memory. -ERR_SETTING: the
 *  address, or rediss:// where the library has no TLS; -ERR_MEMORY. Nothing is connected yet when it returns. */
int redis_loop_new (redis_loop_t **self_p, uv_loop_t *loop, const char *url,
    const redis_loop_events_t *events, problem_t *problem);
/*  No event after this one. Handles close in the loop's next turns: run it before uv_loop_close. */
void redis_loop_destroy (redis_loop_t **self_p);

/*  Ends this connection and makes another; `lost` is called. */
void redis_loop_drop (redis_loop_t *self, const char *why);
/*  Of REDIS_URL: its syntax, and whether this build can do what it asks for. */
int redis_loop_check (const char *url, problem_t *problem);

#endif
