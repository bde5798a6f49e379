/*  health.h: an actor tells who asks on this machine whether it turns and has what it needs.
 *
 *  A Unix socket DIR/NAME.health in the private directory of the run: who connects gets one JSON line, made by the
 *  actor's own loop, and the end: {"actor", "role", "ready", "lack", "pid", "uptime_s"}. A loop that hangs says nothing.
 *  For `trade-copier health` (container and Kubernetes probes) and the supervisor.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include "messages/error.h"

#include <stdbool.h>
#include <uv.h>

#define HEALTH_TEXT_MAX 320
#define HEALTH_PATH_MAX 108 /*  of a Unix socket */

typedef struct health health_t;

/*  NULL = ready, else what is missing. */
typedef const char *(health_fn) (void *context);

typedef struct {
    uv_loop_t *loop;
    const char *dir; /*  NULL = nobody can ask */
    const char *name;
    const char *role;
    health_fn *lack;
    void *context;
} health_config_t;

/*  -ERR_MEMORY, -ERR_IO, -ERR_RANGE (path too long). */
int health_new (health_t **self_p, const health_config_t *config, problem_t *problem);
/*  A service manager started this process for this actor: it is told (notify.h) from the loop, once a second. */
void health_tell_manager (health_t *self);
/*  Run the loop until its handles are closed, then it is freed. Removes the socket. */
void health_close (health_t **self_p);

/*  Asks one: its line without the newline. -ERR_NOT_FOUND (no such socket), -ERR_UNREACHABLE (nobody behind it),
 *  -ERR_TIMEOUT. Blocks at most wait_ms. */
int health_ask (const char *dir, const char *name, int wait_ms, char text[HEALTH_TEXT_MAX]);
/*  Does the line say so? */
bool health_says_ready (const char *text);
/*  Names of those that can be asked in dir, one a call; false = -ERR_IO. */
bool health_each (const char *dir, void (*on_name) (void *context, const char *name), void *context);

#endif
