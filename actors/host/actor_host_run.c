/*  actor_host_run.c: an actor that has its loop to itself, from its beginning to its end. */
#include "actors/host/actor_host.h"

#include <assert.h>

int actor_host_run (actor_host_t *self, problem_t *problem)
{
    assert (self);
    int rc = actor_host_begin (self, problem);
    if (rc != 0)
        return rc;
    while (!actor_host_stopped (self))
        (void) uv_run (actor_host_loop (self), UV_RUN_DEFAULT);
    return actor_host_end (self, problem);
}
