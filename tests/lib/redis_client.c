/*  redis_client: the two halves put together as the audit's host does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/redis_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define PATIENCE_NS INT64_C (60000000000)

static void on_health (void *context, bool well, const char *text)
{
    redis_client_t *self = context;
    self->well = well;
    self->well_count += well ? 1 : 0;
    self->away_count += well ? 0 : 1;
    (void) snprintf (self->health, sizeof self->health, "%s", text);
}

static void on_fault (void *context, const problem_t *problem)
{
    redis_client_t *self = context;
    self->faults++;
    (void) problem_line (problem, self->fault, sizeof self->fault);
}

static void on_drop (void *context, const char *why)
{
    redis_client_t *self = context;
    redis_loop_drop (self->redis, why);
}

static void on_connected (void *context, struct redisAsyncContext *redis)
{
    redis_state_connected (((redis_client_t *) context)->state, redis);
}

static void on_lost (void *context, const char *why)
{
    redis_state_lost (((redis_client_t *) context)->state, why);
}

static void on_tick (void *context)
{
    redis_state_tick (((redis_client_t *) context)->state);
}

static redis_client_t *client_new (uv_loop_t *loop, const char *url, int64_t refresh_ns)
{
    static unsigned count;
    char writer[64];
    redis_client_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->loop = loop ? loop : &self->own;
    assert_int_equal (loop ? 0 : uv_loop_init (self->loop), 0);
    (void) snprintf (writer, sizeof writer, "test-%ld-%u", (long) getpid (), ++count);
    const redis_state_config_t config = {.context = self,
        .health = on_health,
        .fault = on_fault,
        .drop = on_drop,
        .writer = writer,
        .max_breakers = 1000,
        .mark_ttl_s = 3600,
        .refresh_ns = refresh_ns};
    const redis_loop_events_t events = {
        .context = self, .connected = on_connected, .lost = on_lost, .tick = on_tick};
    problem_t problem = {0};
    self->state = redis_state_new (&config);
    assert_non_null (self->state);
    if (redis_loop_new (&self->redis, self->loop, url, &events, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    return self;
}

redis_client_t *redis_client_new (const char *url)
{
    return client_new (NULL, url, PATIENCE_NS);
}

redis_client_t *redis_client_new_on (uv_loop_t *loop, const char *url)
{
    return client_new (loop, url, PATIENCE_NS);
}

redis_client_t *redis_client_new_hurried (const char *url)
{
    return client_new (NULL, url, PATIENCE_NS / 60);
}

void redis_client_destroy (redis_client_t **self_p)
{
    redis_client_t *self = *self_p;
    redis_loop_destroy (&self->redis);
    redis_state_closed (self->state);
    while (uv_run (self->loop, UV_RUN_DEFAULT) != 0)
        ;
    assert_int_equal (self->loop == &self->own ? uv_loop_close (self->loop) : 0, 0);
    self->state->ops->destroy (&self->state);
    assert_null (self->state);
    free (self);
    *self_p = NULL;
}

static void on_turn (uv_timer_t *timer)
{
    (void) timer;
}

void redis_client_wait (
    redis_client_t *self, const char *what, bool (*condition) (void *context), void *context)
{
    uv_timer_t turn;
    uv_update_time (self->loop);
    uint64_t end_ms = uv_now (self->loop) + PATIENCE_MS;
    (void) uv_timer_init (self->loop, &turn);
    (void) uv_timer_start (&turn, on_turn, 20, 20);
    while (!condition (context) && uv_now (self->loop) < end_ms)
        (void) uv_run (self->loop, UV_RUN_ONCE);
    bool late = !condition (context);
    uv_close ((uv_handle_t *) &turn, NULL);
    (void) uv_run (self->loop, UV_RUN_NOWAIT); /*  ends the timer, which is on our stack */
    if (late)
        fail_msg ("not within 60 s: %s (health: %s)", what, self->health);
}

typedef struct {
    uv_loop_t *loop;
    uint64_t end_ms;
} until_t;

static bool is_over (void *context)
{
    const until_t *self = context;
    return uv_now (self->loop) >= self->end_ms;
}

void redis_client_run (redis_client_t *self, unsigned ms)
{
    uv_update_time (self->loop);
    until_t until = {.loop = self->loop, .end_ms = uv_now (self->loop) + ms};
    redis_client_wait (self, "time", is_over, &until);
}

static bool is_well (void *context)
{
    const redis_client_t *self = context;
    return self->well && redis_state_unwritten (self->state) == 0;
}

static bool is_away (void *context)
{
    const redis_client_t *self = context;
    return self->away_count > 0 && !self->well;
}

static bool is_refreshed (void *context)
{
    return ((const redis_client_t *) context)->refreshed;
}

void redis_client_wait_well (redis_client_t *self)
{
    redis_client_wait (self, "Redis has everything", is_well, self);
}

void redis_client_wait_away (redis_client_t *self)
{
    redis_client_wait (self, "Redis is known to be away", is_away, self);
}

static void on_refreshed (void *context, int result)
{
    redis_client_t *self = context;
    self->refreshed = true;
    self->result = result;
}

int redis_client_refresh (redis_client_t *self)
{
    self->refreshed = false;
    self->state->ops->refresh (self->state, on_refreshed, self);
    redis_client_wait (self, "a refresh", is_refreshed, self);
    return self->result;
}
