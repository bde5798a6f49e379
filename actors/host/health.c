/*  health.c: the socket and the timer on the actor's loop. Who asks is in health_ask.c. */
#include "actors/host/health.h"

#include "actors/host/clock.h"
#include "actors/host/notify.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 1000
#define ASKERS_MAX 8 /*  waiting to be answered */

struct health {
    health_config_t config;
    char name[64];
    char role[32];
    char path[HEALTH_PATH_MAX];
    uv_pipe_t server;
    uv_timer_t tick;
    int open; /*  handles */
    int64_t began_ns;
    bool managed;
    bool told_ready;
    const char *told; /*  what was missing at the last status */
};

typedef struct {
    uv_pipe_t pipe;
    uv_write_t write;
    char text[HEALTH_TEXT_MAX];
} asker_t;

static void on_asker_closed (uv_handle_t *handle)
{
    free (handle->data);
}

static void on_written (uv_write_t *write, int status)
{
    (void) status;
    uv_close ((uv_handle_t *) write->handle, on_asker_closed);
}

static void describe (const health_t *self, char text[HEALTH_TEXT_MAX])
{
    const char *lack = self->config.lack (self->config.context);
    (void) snprintf (text, HEALTH_TEXT_MAX,
        "{\"actor\":\"%s\",\"role\":\"%s\",\"ready\":%s,\"lack\":\"%s\",\"pid\":%ld,\"uptime_s\":%lld}\n",
        self->name, self->role, lack ? "false" : "true", lack ? lack : "", (long) getpid (),
        (long long) ((clock_now_ns () - self->began_ns) / INT64_C (1000000000)));
}

static void on_asked (uv_stream_t *server, int status)
{
    health_t *self = (health_t *) server->data;
    asker_t *asker = status == 0 ? (asker_t *) calloc (1, sizeof *asker) : NULL;
    if (!asker)
        return;
    (void) uv_pipe_init (server->loop, &asker->pipe, 0);
    asker->pipe.data = asker;
    describe (self, asker->text);
    uv_buf_t line = uv_buf_init (asker->text, (unsigned) strlen (asker->text));
    if (uv_accept (server, (uv_stream_t *) &asker->pipe) != 0 ||
        uv_write (&asker->write, (uv_stream_t *) &asker->pipe, &line, 1, on_written) != 0)
        uv_close ((uv_handle_t *) &asker->pipe, on_asker_closed);
}

static void on_tick (uv_timer_t *timer)
{
    health_t *self = (health_t *) timer->data;
    const char *lack = self->config.lack (self->config.context);
    if (!self->told_ready && !lack) {
        self->told_ready = true;
        notify_ready ("ready");
    } else if (lack != self->told)
        notify_status (lack ? lack : "ready");
    self->told = lack;
    notify_alive ();
}

static int listen_at (health_t *self, const char *dir, problem_t *problem)
{
    int size = snprintf (self->path, sizeof self->path, "%s/%s.health", dir, self->name);
    if (size >= (int) sizeof self->path) {
        self->path[0] = '\0';
        return problem_set (
            problem, ERR_RANGE, dir, "is too long for the path of a socket (RUN_DIR, --run-dir)");
    }
    (void) unlink (self->path); /*  of a life that was killed */
    int rc = uv_pipe_bind (&self->server, self->path);
    if (rc == 0)
        rc = uv_listen ((uv_stream_t *) &self->server, ASKERS_MAX, on_asked);
    return rc == 0 ? 0 : problem_set (problem, ERR_IO, self->path, "cannot listen: %s", uv_strerror (rc));
}

int health_new (health_t **self_p, const health_config_t *config, problem_t *problem)
{
    assert (self_p && config && config->loop && config->name && config->role && config->lack);
    int rc = 0;
    health_t *self = (health_t *) calloc (1, sizeof *self);
    *self_p = self;
    if (!self)
        return problem_set (problem, ERR_MEMORY, config->name, "no memory");
    self->config = *config;
    TEXT_SET (self->name, config->name);
    TEXT_SET (self->role, config->role);
    self->began_ns = clock_now_ns ();
    self->told = "";
    (void) uv_pipe_init (config->loop, &self->server, 0);
    (void) uv_timer_init (config->loop, &self->tick);
    self->open = 2;
    self->server.data = self->tick.data = self;
    if (config->dir)
        rc = listen_at (self, config->dir, problem);
    return rc;
}

void health_tell_manager (health_t *self)
{
    assert (self);
    if (!notify_wanted ())
        return;
    uint64_t half_ms = (uint64_t) (notify_watchdog_ns () / INT64_C (2000000));
    self->managed = true;
    (void) uv_timer_start (&self->tick, on_tick, 0, half_ms && half_ms < TICK_MS ? half_ms : TICK_MS);
}

static void on_closed (uv_handle_t *handle)
{
    health_t *self = (health_t *) handle->data;
    if (--self->open == 0)
        free (self);
}

void health_close (health_t **self_p)
{
    assert (self_p);
    health_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    if (*self->path)
        (void) unlink (self->path);
    uv_close ((uv_handle_t *) &self->server, on_closed);
    uv_close ((uv_handle_t *) &self->tick, on_closed);
}
