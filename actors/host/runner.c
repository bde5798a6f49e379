/*  runner.c: sockets by the topology, the rest by roles.c. */
#include "actors/host/runner.h"

#include "actors/host/actor_host.h"
#include "actors/host/curve_settings.h"
#include "actors/host/health.h"
#include "actors/host/log.h"
#include "actors/host/notify.h"
#include "actors/host/roles.h"
#include "actors/host/tap.h"
#include "messages/stage.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define NICE_OF_WRITERS 5

struct runner {
    actor_host_t *host; /*  or */
    tap_t *tap;
    curve_t *curve; /*  keys of its sockets; NULL = plain */
    health_t *health;
    int processor;
    bool dispatches;
    bool trades; /*  a trade passes through it */
};

const char *runner_tap_endpoint (
    const settings_t *settings, const char *outside, char text[WIRE_ENDPOINT_MAX])
{
    const char *given = settings_text (settings, SETTING_TAP_ENDPOINT);
    assert (outside);
    if (*given)
        (void) snprintf (text, WIRE_ENDPOINT_MAX, "%s", given);
    else
        (void) snprintf (text, WIRE_ENDPOINT_MAX, "ipc://%s/tap", outside);
    return text;
}

static int make_tap (runner_t *self, const runner_config_t *config, problem_t *problem)
{
    const topology_t *topology = config->topology;
    const settings_t *settings = config->settings;
    char in[WIRE_ENDPOINT_MAX];
    char texts[TAP_ENDPOINTS_MAX][WIRE_ENDPOINT_MAX];
    const char *outs[TAP_ENDPOINTS_MAX] = {texts[0], texts[1], texts[2], texts[3]};
    size_t count = 1;
    int port = (int) settings_int (settings, SETTING_TAP_PORT);
    (void) topology_bind_endpoint (topology, SPOT_TAP, texts[0]);
    if (settings_bool (settings, SETTING_ENABLE_TAP)) {
        if (config->outside)
            (void) runner_tap_endpoint (settings, config->outside, texts[count]);
        if (config->outside && strcmp (texts[0], texts[count]) != 0)
            count++;
        if (port > 0)
            (void) snprintf (texts[count++], WIRE_ENDPOINT_MAX, "tcp://127.0.0.1:%d", port);
    }
    return tap_new (
        &self->tap, topology_bind_endpoint (topology, SPOT_TAP_IN, in), outs, count, self->curve, problem);
}

static int make_host (runner_t *self, const runner_config_t *config, uv_loop_t *loop, problem_t *problem)
{
    const topology_t *topology = config->topology;
    const topology_actor_t *actor = config->actor;
    char link[WIRE_ENDPOINT_MAX];
    char tap_in[WIRE_ENDPOINT_MAX];
    char tap_out[WIRE_ENDPOINT_MAX];
    wire_config_t wire = {.name = actor->name,
        .endpoint = actor->role == ROLE_DISPATCHER ? topology_bind_endpoint (topology, SPOT_DISPATCHER, link)
                                                   : topology_endpoint (topology, SPOT_DISPATCHER, link),
        .binds = actor->role == ROLE_DISPATCHER,
        .looks_up = true,
        .tap_in = topology_endpoint (topology, SPOT_TAP_IN, tap_in),
        .curve = self->curve};
    actor_parts_t parts = {0};
    int rc;
    if (actor->role == ROLE_ALERT ||
        actor->role == ROLE_AUDIT) { /*  one tells people, the other keeps them */
        wire.tap_out = topology_endpoint (topology, SPOT_TAP, tap_out);
        wire.subscribe = message_subject (MSG_ALERT_RAISED);
    }
    if (actor->role == ROLE_GATEWAY) {
        wire.tap_out = topology_endpoint (topology, SPOT_TAP, tap_out);
        wire.subscribe =
            "actor.st stream.state replication.completed breaker.changed alert.raised"; /*  what its core takes */
    }
    rc = actor_host_new (&self->host, &wire, role_text (actor->role), loop, problem);
    if (rc == 0)
        rc = roles_build (&parts, self->host, topology, actor, config->settings, problem);
    if (rc == 0 && actor_host_plug (self->host, &parts) != 0)
        rc = problem_set (problem, ERR_MEMORY, actor->name, "no memory for what waits");
    return rc;
}

static const char *lack (void *context)
{
    runner_t *self = (runner_t *) context;
    return self->host ? actor_host_lack (self->host) : NULL;
}

/*  A socket that cannot be made ends nobody who could trade: it is said, and whoever asks gets no answer. */
static int make_health (runner_t *self, const runner_config_t *config, problem_t *problem)
{
    char line[512];
    problem_t said = {0};
    const health_config_t health = {.loop = self->tap ? tap_loop (self->tap) : actor_host_loop (self->host),
        .dir = config->outside,
        .name = config->actor->name,
        .role = role_text (config->actor->role),
        .lack = lack,
        .context = self};
    int rc = health_new (&self->health, &health, &said);
    if (rc == -ERR_MEMORY)
        return problem_set (problem, ERR_MEMORY, config->actor->name, "no memory");
    if (rc != 0)
        log_event (LOG_LEVEL_ERROR, config->actor->name, "health_unanswered", "%s",
            problem_line (&said, line, sizeof line));
    return 0;
}

int runner_new (runner_t **self_p, const runner_config_t *config, uv_loop_t *loop, problem_t *problem)
{
    runner_t *self;
    int rc;
    assert (self_p && config && config->topology && config->actor && config->settings);
    assert (*config->topology->base && !(loop && config->actor->role == ROLE_TAP));
    *self_p = NULL;
    self = (runner_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, config->actor->name, "no memory");
    self->processor = config->actor->processor;
    self->dispatches = config->actor->role == ROLE_DISPATCHER;
    self->trades =
        self->dispatches || config->actor->role == ROLE_LISTENER || config->actor->role == ROLE_EXECUTOR;
    if (*settings_text (config->settings, SETTING_RUN_DIR))
        stages_open (settings_text (config->settings, SETTING_RUN_DIR));
    rc = curve_of_actor (&self->curve, config->settings, config->topology, config->actor, problem);
    if (rc == 0)
        rc = config->actor->role == ROLE_TAP ? make_tap (self, config, problem)
                                             : make_host (self, config, loop, problem);
    if (rc == 0)
        rc = make_health (self, config, problem);
    *self_p = self;
    if (rc != 0)
        runner_destroy (self_p);
    return rc;
}

void runner_destroy (runner_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    health_close (&(*self_p)->health); /*  freed by the loop, which the next two run to its end */
    actor_host_destroy (&(*self_p)->host);
    tap_destroy (&(*self_p)->tap);
    curve_destroy (&(*self_p)->curve);
    free (*self_p);
    *self_p = NULL;
}

/*  The calling thread to one processor; best effort: a container may not have it. */
static void pin (int processor)
{
    cpu_set_t set;
    if (processor < 0 || processor >= CPU_SETSIZE)
        return;
    CPU_ZERO (&set);
    CPU_SET ((size_t) processor, &set);
    (void) pthread_setaffinity_np (pthread_self (), sizeof set, &set);
}

/*  The calling thread (Linux: 0 is the thread, not the process) behind those that copy; best effort. */
static void give_way (void)
{
    (void) setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + NICE_OF_WRITERS);
}

int runner_run (runner_t *self, problem_t *problem)
{
    assert (self);
    pin (self->processor);
    if (!self->trades)
        give_way ();
    return self->tap ? tap_run (self->tap) : actor_host_run (self->host, problem);
}

void runner_run_all (
    runner_t *const *runners, size_t count, uv_loop_t *loop, runner_ended_fn *on_ended, void *context)
{
    assert (runners && count > 0 && count <= TOPOLOGY_ACTORS_MAX && loop && on_ended);
    bool over[TOPOLOGY_ACTORS_MAX] = {false};
    size_t left = count;
    pin (runners[0]->processor);
    for (size_t at = 0; at < count; at++) {
        problem_t problem = {0};
        int rc = actor_host_begin (runners[at]->host, &problem);
        over[at] = rc != 0;
        left -= over[at];
        if (over[at])
            on_ended (context, at, rc, &problem);
    }
    while (left > 0) {
        (void) uv_run (loop, UV_RUN_DEFAULT);
        for (size_t at = 0; at < count; at++) {
            problem_t problem = {0};
            if (over[at] || !actor_host_stopped (runners[at]->host))
                continue;
            over[at] = true;
            left--;
            on_ended (context, at, actor_host_end (runners[at]->host, &problem), &problem);
        }
    }
}

void runner_close (runner_t *self)
{
    assert (self);
    health_close (&self->health);
    if (self->host)
        actor_host_close (self->host);
}

void runner_ask_stop (runner_t *self)
{
    assert (self);
    if (self->tap)
        tap_ask_stop (self->tap);
    else
        actor_host_ask_stop (self->host);
}

bool runner_is_alone (const runner_t *self)
{
    assert (self && self->host);
    return !actor_host_hears_anybody (self->host) || (self->dispatches && actor_host_lack (self->host));
}

void runner_alert (runner_t *self, const char *text)
{
    assert (self && self->host && text);
    actor_host_alert (self->host, ALERT_RAISED_KIND_SYSTEM_ERROR, actor_host_name (self->host), text);
}

void runner_leave (runner_t *self)
{
    assert (self && self->host);
    actor_host_leave (self->host);
}

void runner_tell_manager (runner_t *self)
{
    assert (self);
    health_tell_manager (self->health);
}
