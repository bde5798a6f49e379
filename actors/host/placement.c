/*  placement.c: a process or a thread, behind one face. */
#include "actors/host/placement.h"

#include "actors/host/process.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct placement {
    placement_config_t config;
    uv_loop_t *loop;
    bool running;
    uv_process_t process;
    bool process_open; /*  its handle is not closed yet */
    runner_t *runner;  /*  in a thread; borrowed from it */
    uv_async_t ended;
    int status; /*  of the thread, read after `ended` */
};

static void end (placement_t *self, int status)
{
    self->running = false;
    self->config.on_ended (self->config.context, status);
}

/*  ---- a thread ---- */

/*  In the actor's thread. */
static void tell_end (void *context, int status)
{
    placement_t *self = (placement_t *) context;
    self->status = status;
    (void) uv_async_send (&self->ended);
}

static void on_thread_ended (uv_async_t *handle)
{
    placement_t *self = (placement_t *) handle->data;
    if (!self->running)
        return;
    (void) thread_leave (self->config.thread);
    self->runner = NULL;
    end (self, self->status);
}

static int start_thread (placement_t *self, problem_t *problem)
{
    return thread_add (self->config.thread, &self->config.what, tell_end, self, &self->runner, problem);
}

/*  ---- a process ---- */

static void on_process_closed (uv_handle_t *handle)
{
    placement_t *self = (placement_t *) handle->data;
    self->process_open = false;
    end (self, self->status);
}

static void on_process_exit (uv_process_t *process, int64_t code, int signal_number)
{
    placement_t *self = (placement_t *) process->data;
    self->status = signal_number != 0 ? -signal_number : (int) code;
    uv_close ((uv_handle_t *) process, on_process_closed);
}

static int start_process (placement_t *self, problem_t *problem)
{
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
    uv_process_options_t options;
    int rc;
    memset (&options, 0, sizeof options);
    options.file = self->config.arguments[0];
    options.args = (char **) self->config.arguments;
    options.stdio = stdio;
    options.stdio_count = 3;
    options.exit_cb = on_process_exit;
    self->process.data = self;
    rc = uv_spawn (self->loop, &self->process, &options);
    self->process_open = true;
    if (rc == 0)
        return 0;
    self->status = 71;
    uv_close ((uv_handle_t *) &self->process, on_process_closed);
    return problem_set (problem, ERR_IO, self->config.what.actor->name, "cannot start %s: %s", options.file,
        uv_strerror (rc));
}

/*  ---- both ---- */

placement_t *placement_new (uv_loop_t *loop, const placement_config_t *config)
{
    placement_t *self;
    assert (
        loop && config && config->what.actor && config->on_ended && !config->arguments != !config->thread);
    self = (placement_t *) calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    self->loop = loop;
    self->ended.data = self;
    if (uv_async_init (loop, &self->ended, on_thread_ended) == 0)
        return self;
    free (self);
    return NULL;
}

static void on_closed (uv_handle_t *handle)
{
    free (handle->data);
}

void placement_destroy (placement_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    assert (!placement_running (*self_p) && !(*self_p)->process_open);
    uv_close ((uv_handle_t *) &(*self_p)->ended, on_closed);
    *self_p = NULL;
}

int placement_start (placement_t *self, problem_t *problem)
{
    int rc;
    assert (self && !self->running && !self->process_open);
    rc = self->config.arguments ? start_process (self, problem) : start_thread (self, problem);
    self->running =
        rc == 0 || self->process_open; /*  a process that could not start ends like one that did */
    return rc;
}

void placement_ask_stop (placement_t *self)
{
    assert (self);
    if (!placement_running (self))
        return;
    if (self->runner)
        runner_ask_stop (self->runner);
    else if (self->process_open && !uv_is_closing ((uv_handle_t *) &self->process))
        (void) uv_process_kill (&self->process, SIGTERM);
}

bool placement_kill (placement_t *self)
{
    assert (self);
    if (!placement_running (self) || self->runner)
        return !placement_running (self);
    if (!uv_is_closing ((uv_handle_t *) &self->process))
        (void) uv_process_kill (&self->process, SIGKILL);
    return true;
}

bool placement_running (const placement_t *self)
{
    assert (self);
    bool waits = self->runner && !thread_runs (self->config.thread); /*  for others of its thread */
    return self->running && !waits;
}

int placement_pid (const placement_t *self)
{
    assert (self);
    if (!placement_running (self))
        return 0;
    return self->runner ? (int) getpid () : self->process.pid;
}
