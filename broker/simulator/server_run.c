/*  server_run.c: the command's life: own loop, one line on stdout, until a signal. */
#include "broker/simulator/server.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static void on_signal (uv_signal_t *signal, int number)
{
    (void) number;
    uv_stop (signal->loop);
}

static void raise_descriptors (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit (RLIMIT_NOFILE, &limit); /*  fewer connections then: not fatal */
    }
}

static void say_where (const simulator_t *self)
{
    bool six = strchr (self->host, ':') != NULL;
    printf ("simulator listening on %s://%s%s%s:%u\n", self->tls ? "https" : "http", six ? "[" : "",
        self->host, six ? "]" : "", self->port);
    if (self->json)
        printf ("%.*s\n", (int) http_buffer_size (&self->first_accounts),
            http_buffer_bytes (&self->first_accounts));
    fflush (stdout);
}

static void serve (uv_loop_t *loop, const simulator_t *self)
{
    uv_signal_t signals[2];
    uv_signal_init (loop, &signals[0]);
    uv_signal_init (loop, &signals[1]);
    uv_signal_start (&signals[0], on_signal, SIGTERM);
    uv_signal_start (&signals[1], on_signal, SIGINT);
    say_where (self);
    uv_run (loop, UV_RUN_DEFAULT);
    uv_close ((uv_handle_t *) &signals[0], NULL);
    uv_close ((uv_handle_t *) &signals[1], NULL);
    uv_run (loop, UV_RUN_NOWAIT);
}

int simulator_run (const simulator_options_t *options, problem_t *problem)
{
    assert (options);
    simulator_t *self = NULL;
    int rc = simulator_new (&self, options, problem);
    if (rc)
        return rc;
    raise_descriptors ();
    signal (SIGPIPE, SIG_IGN);
    uv_loop_t loop;
    if (uv_loop_init (&loop)) {
        simulator_destroy (&self);
        return problem_set (problem, ERR_IO, "simulator", "no event loop");
    }
    rc = simulator_start (self, &loop, problem);
    if (!rc)
        serve (&loop, self);
    simulator_destroy (&self);
    (void) uv_loop_close (&loop);
    return rc;
}
