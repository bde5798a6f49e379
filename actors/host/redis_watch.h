/*  redis_watch.h: one connection of hiredis on a libuv loop, from its making to its end.
 *
 *  Events come from the loop, never from inside of a call or of hiredis; so `broken` may destroy it. Replies come as
 *  hiredis gives them, NULL when the connection ends first. What may come is bounded, see redis_loop.h. One thread.
 */
#ifndef REDIS_WATCH_H
#define REDIS_WATCH_H

#include "actors/host/redis_tls.h"

#include <hiredis/async.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct redis_watch redis_watch_t;

typedef struct {
    void *context;
    void (*open) (void *context);
    void (*broken) (void *context, const char *why); /*  once; not for redis_watch_destroy */
} redis_watch_events_t;

/*  address: numeric, or with port 0 the path of a Unix socket. tls: NULL = none; borrowed; name: whose certificate is
 *  expected. NULL: why says why not. */
redis_watch_t *redis_watch_new (uv_loop_t *loop, const char *address, uint16_t port, redis_tls_t *tls,
    const char *name, const redis_watch_events_t *events, char *why, size_t size);
/*  Outstanding replies come as NULL. Its handle closes in the loop's next turn. */
void redis_watch_destroy (redis_watch_t **self_p);

redisAsyncContext *redis_watch_context (redis_watch_t *self);
bool redis_watch_waits (const redis_watch_t *self);        /*  for a reply */
uint64_t redis_watch_heard_ms (const redis_watch_t *self); /*  uv_now of the last bytes, or of its making */

#endif
