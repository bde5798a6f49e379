/*  redis_client.h: a Redis state with its connection on a loop, and a book of what it said.
 */
#ifndef REDIS_CLIENT_H
#define REDIS_CLIENT_H

#include "actors/host/redis_loop.h"
#include "storage/redis_state.h"

#include <stdbool.h>

typedef struct {
    uv_loop_t *loop;
    uv_loop_t own;
    redis_loop_t *redis;
    state_t *state;
    bool well;
    unsigned away_count; /*  times it became unwell */
    unsigned well_count;
    char health[256]; /*  the last text */
    unsigned faults;
    char fault[512]; /*  the last one, as a line */
    bool refreshed;
    int result; /*  of the refresh */
} redis_client_t;

/*  Not connected yet. Failures end the test. */
redis_client_t *redis_client_new (const char *url);
redis_client_t *redis_client_new_on (uv_loop_t *loop, const char *url); /*  the loop is borrowed */
redis_client_t *redis_client_new_hurried (
    const char *url); /*  a refresh is given up after 1 s, else after 60 s */
/*  Runs the loop until it is empty. */
void redis_client_destroy (redis_client_t **self_p);

/*  Runs the loop until the condition holds (checked every turn, at least every 20 ms) or 60 s have passed: then the
 *  test fails, naming `what`. */
void redis_client_wait (
    redis_client_t *self, const char *what, bool (*condition) (void *context), void *context);
void redis_client_run (redis_client_t *self, unsigned ms); /*  for that long */
void redis_client_wait_well (redis_client_t *self);        /*  connected, and everything written */
void redis_client_wait_away (redis_client_t *self);
int redis_client_refresh (redis_client_t *self); /*  and waits for its end: the result */

#endif
