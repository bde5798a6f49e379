/*  thread.c: see thread.h. */
#include "actors/host/thread.h"

#include "actors/host/log.h"
#include "actors/host/process.h"
#include "actors/host/run.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
    runner_t *runner;
    const char *name;
    thread_ended_fn *on_ended;
    void *context;
} member_t;

struct thread {
    uv_loop_t loop;
    uv_thread_t thread;
    bool started;
    size_t actors; /*  that share it */
    size_t count;  /*  that are made */
    size_t left;   /*  of those that ran */
    member_t members[TOPOLOGY_ACTORS_MAX];
};

thread_t *thread_new (size_t actors)
{
    assert (actors > 0 && actors <= TOPOLOGY_ACTORS_MAX);
    thread_t *self = calloc (1, sizeof *self);
    if (self && uv_loop_init (&self->loop) == 0) {
        self->actors = actors;
        return self;
    }
    free (self);
    return NULL;
}

static void join (thread_t *self)
{
    if (self->started)
        (void) uv_thread_join (&self->thread);
    self->started = false;
    for (size_t at = 0; at < self->count; at++)
        runner_close (self->members[at].runner);
    for (size_t at = 0; at < self->count; at++)
        runner_destroy (&self->members[at].runner);
    self->count = 0;
}

void thread_destroy (thread_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    join (*self_p);
    int rc = uv_loop_close (&(*self_p)->loop);
    assert (rc == 0); /*  else a port left a handle open */
    (void) rc;
    free (*self_p);
    *self_p = NULL;
}

static void on_ended (void *context, size_t at, int rc, const problem_t *problem)
{
    const member_t *member = &((thread_t *) context)->members[at];
    char line[512];
    if (rc != 0)
        log_event (
            LOG_LEVEL_ERROR, member->name, "actor_failed", "%s", problem_line (problem, line, sizeof line));
    member->on_ended (member->context, host_exit_code (rc));
}

static void run (void *argument)
{
    thread_t *self = argument;
    runner_t *runners[TOPOLOGY_ACTORS_MAX];
    process_name (self->count == 1 ? self->members[0].name : "trade path");
    if (self->count == 1) { /*  the tap, for one, has a loop of its own kind */
        problem_t problem = {0};
        on_ended (self, 0, runner_run (self->members[0].runner, &problem), &problem);
        return;
    }
    for (size_t at = 0; at < self->count; at++)
        runners[at] = self->members[at].runner;
    runner_run_all (runners, self->count, &self->loop, on_ended, self);
}

int thread_add (thread_t *self, const runner_config_t *config, thread_ended_fn *ended, void *context,
    runner_t **runner_p, problem_t *problem)
{
    assert (self && config && ended && runner_p && !self->started && self->count < self->actors);
    member_t *member = &self->members[self->count];
    *member = (member_t){.name = config->actor->name, .on_ended = ended, .context = context};
    int rc = runner_new (&member->runner, config, self->actors > 1 ? &self->loop : NULL, problem);
    if (rc != 0)
        return rc;
    *runner_p = member->runner;
    if (++self->count < self->actors)
        return 0;
    self->left = self->count;
    self->started = uv_thread_create (&self->thread, run, self) == 0;
    return self->started ? 0 : problem_set (problem, ERR_MEMORY, config->actor->name, "no thread for it");
}

bool thread_runs (const thread_t *self)
{
    assert (self);
    return self->started;
}

bool thread_leave (thread_t *self)
{
    assert (self && self->left > 0);
    if (--self->left > 0)
        return false;
    join (self);
    return true;
}
