/*  manager.c: asks each actor once a second; the supervisor has no part in trading and may wait a moment for an answer. */
#include "actors/host/manager.h"

#include "actors/host/clock.h"
#include "actors/host/health.h"
#include "actors/host/notify.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 1000
#define ANSWER_MS 20

struct manager {
    uv_timer_t timer;
    const topology_t *topology;
    const char *dir;
    int64_t heard_ns[TOPOLOGY_ACTORS_MAX];
    bool ready; /*  was, once */
    char status[256];
};

static void ask_all (manager_t *self, size_t *ready, bool *alive, char lack[128])
{
    char text[HEALTH_TEXT_MAX];
    *alive = true;
    for (size_t n = 0; n < self->topology->count; n++) {
        const char *name = self->topology->actors[n].name;
        int rc = health_ask (self->dir, name, ANSWER_MS, text);
        if (rc == 0)
            self->heard_ns[n] = clock_now_ns ();
        if (rc == 0 && health_says_ready (text))
            ++*ready;
        else if (!*lack) {
            const char *why = rc == 0 ? strstr (text, "\"lack\":\"") : NULL;
            (void) snprintf (lack, 128, "; %s: %.*s", name, why ? (int) strcspn (why + 8, "\"") : 14,
                why ? why + 8 : "does not answer");
        }
        if (clock_now_ns () - self->heard_ns[n] > MANAGER_SILENT_NS)
            *alive = false;
    }
}

static void on_tick (uv_timer_t *timer)
{
    manager_t *self = (manager_t *) timer->data;
    char status[sizeof self->status];
    char lack[128] = "";
    size_t ready = 0;
    bool alive;
    ask_all (self, &ready, &alive, lack);
    (void) snprintf (status, sizeof status, "%zu of %zu actors ready%s", ready, self->topology->count, lack);
    if (!self->ready && ready == self->topology->count) {
        self->ready = true;
        notify_ready (status);
    } else if (strcmp (status, self->status) != 0)
        notify_status (status);
    TEXT_SET (self->status, status);
    if (alive)
        notify_alive ();
}

manager_t *manager_new (uv_loop_t *loop, const topology_t *topology, const char *dir)
{
    assert (loop && topology && dir);
    manager_t *self = notify_wanted () ? (manager_t *) calloc (1, sizeof *self) : NULL;
    if (!self)
        return NULL;
    uint64_t quarter_ms = (uint64_t) (notify_watchdog_ns () / INT64_C (4000000));
    uint64_t every_ms = quarter_ms && quarter_ms < TICK_MS ? quarter_ms : TICK_MS;
    self->topology = topology;
    self->dir = dir;
    for (size_t n = 0; n < topology->count; n++)
        self->heard_ns[n] = clock_now_ns ();
    (void) uv_timer_init (loop, &self->timer);
    self->timer.data = self;
    (void) uv_timer_start (&self->timer, on_tick, 0, every_ms);
    return self;
}

void manager_stopping (manager_t *self)
{
    if (!self)
        return;
    (void) uv_timer_stop (&self->timer);
    notify_stopping ();
}

void manager_free (manager_t **self_p)
{
    assert (self_p);
    free (*self_p);
    *self_p = NULL;
}
