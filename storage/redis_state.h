/*  redis_state.h: the state port over Redis: what this process knows, kept in memory and written behind.
 *
 *  It drives a connection that somebody else opens, watches and closes (actors/host/redis_loop.h) and waits for
 *  nothing. Away, slow or full costs nothing but freshness: puts go to a bounded table (the newest value of a key),
 *  and on every new connection Redis is read first, then what it lacks is written back.
 *
 *  | phase | event | does | next |
 *  |---|---|---|---|
 *  | away | connected | everything is dirty; SCAN | reading |
 *  | reading | keys | HMGET of each; what is newer there is taken and clean | reading |
 *  | reading | the last one, or 50,000 keys, or 10 s | refresh is done; dirty records are written, 256 at a time | ready |
 *  | ready | put | written at once | ready |
 *  | ready | a write is refused | dirty again, a second's pause, health: not well | ready |
 *  | ready | every 2 s | GET tc:writer: gone = somebody wiped it: everything is dirty | ready |
 *  | any | lost | refresh is done (unreachable), health: not well | away |
 *
 *  One thread: that of the connection's loop.
 */
#ifndef REDIS_STATE_H
#define REDIS_STATE_H

#include "storage/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisAsyncContext;

typedef struct redis_state redis_state_t;

typedef struct {
    void *context;
    /*  Said when it changes: everything is written, or why not. */
    void (*health) (void *context, bool well, const char *text);
    /*  A key that cannot be used: its where is the key. At most 20 a connection, then their number. */
    void (*fault) (void *context, const problem_t *problem);
    /*  Asks for the connection's end: its answers are none to go on with. redis_state_lost follows. */
    void (*drop) (void *context, const char *why);
    const char *writer;    /*  names this process in tc:writer; copied, at most 63 characters */
    uint32_t max_breakers; /*  more are refused: -ERR_FULL */
    uint32_t mark_ttl_s;   /*  a mark's key lives so long after its last change */
    int64_t refresh_ns;    /*  a refresh takes no longer */
} redis_state_config_t;

state_t *redis_state_new (const redis_state_config_t *config); /*  NULL: out of memory */

/*  A connection that is authenticated and has its database selected; borrowed until redis_state_lost. */
void redis_state_connected (state_t *self, struct redisAsyncContext *redis);
/*  It is gone, or could not be made. Answers outstanding come as NULL before or after. */
void redis_state_lost (state_t *self, const char *why);
/*  The end: the connection is closed by its owner, nothing is told any more. */
void redis_state_closed (state_t *self);
/*  About four times a second. */
void redis_state_tick (state_t *self);
/*  A shard as it is now: written if Redis is there, for people; never read, and gone a minute after the last word of it. */
void redis_state_shard (state_t *self, const shard_state_t *shard);
/*  Records that Redis does not have yet or has not confirmed. */
size_t redis_state_unwritten (const state_t *self);

#endif
