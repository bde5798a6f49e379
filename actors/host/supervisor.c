/*  supervisor.c: one child an actor, a loop of its own, no part in trading. */
#include "actors/host/supervisor.h"

#include "actors/host/clock.h"
#include "actors/host/log.h"
#include "actors/host/manager.h"
#include "messages/text.h"

#include <assert.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 5000
#define RANKS 6
#define ARGUMENTS_MAX 12
#define NAME "supervisor"

typedef struct supervisor supervisor_t;

typedef struct {
    supervisor_t *supervisor;
    const topology_actor_t *actor;
    placement_t *placement;
    thread_t *thread; /*  when it is one, perhaps with others; the first one's to destroy */
    bool owns_thread;
    uv_timer_t timer; /*  pause before a restart, or patience in a stop */
    const char *arguments[ARGUMENTS_MAX];
    uint64_t pause_ms;
    int64_t started_at_ns;
    int64_t crashes_ns[SUPERVISOR_CRASHES]; /*  ring */
    size_t crashes;
} child_t;

struct supervisor {
    const supervisor_config_t *config;
    uv_loop_t loop;
    uv_signal_t term;
    uv_signal_t interrupt;
    uv_timer_t interval;
    wire_t *wire; /*  publishes to the tap only */
    manager_t *manager;
    child_t *children;
    size_t count;
    int rank; /*  of those being stopped; -1 = running */
    int code;
    char program[PATH_MAX];
    message_t message;
    uint8_t bytes[MESSAGE_BYTES_MAX];
};

static void stop_rank (supervisor_t *self);
static bool start (child_t *child);

static void publish (child_t *child, actor_state_state_t state, const char *detail)
{
    supervisor_t *self = child->supervisor;
    actor_state_t *body = &self->message.actor_state;
    size_t size = 0;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_ACTOR_STATE;
    TEXT_SET (body->name, child->actor->name);
    TEXT_SET (body->role, role_text (child->actor->role));
    TEXT_SET (body->detail, detail);
    body->state = state;
    body->pid = placement_pid (child->placement);
    body->at_ns = clock_utc_ns ();
    log_message (NAME, &self->message);
    if (message_encode (&self->message, self->bytes, sizeof self->bytes, &size) == 0)
        (void) wire_publish (self->wire, self->message.kind, self->bytes, size);
}

static void begin_stop (supervisor_t *self, int code)
{
    if (code != 0 && self->code == 0)
        self->code = code;
    if (self->rank >= 0)
        return;
    log_event (LOG_LEVEL_INFO, NAME, "stopping", "%s", code == 0 ? "asked to" : "because of the error above");
    for (size_t n = 0; n < self->count; n++)
        (void) uv_timer_stop (&self->children[n].timer); /*  no restarts any more */
    manager_stopping (self->manager);
    self->rank = 0;
    stop_rank (self);
}

static void on_patience_over (uv_timer_t *timer)
{
    child_t *child = (child_t *) timer->data;
    log_event (LOG_LEVEL_ERROR, NAME, "stop_timed_out", "%s is killed after %d s", child->actor->name,
        SUPERVISOR_STOP_MS / 1000);
    child->supervisor->code = EX_TEMPFAIL;
    if (!placement_kill (child->placement)) {
        log_stop (); /*  a thread that hangs cannot be killed alone */
        _exit (EX_TEMPFAIL);
    }
}

/*  Asks everybody of this rank; goes on when nobody of it runs. */
static void stop_rank (supervisor_t *self)
{
    for (; self->rank < RANKS; self->rank++) {
        size_t running = 0;
        for (size_t n = 0; n < self->count; n++) {
            child_t *child = &self->children[n];
            if (topology_stop_rank (child->actor->role) != self->rank ||
                !placement_running (child->placement))
                continue;
            running++;
            if (uv_is_active ((uv_handle_t *) &child->timer))
                continue; /*  asked already */
            placement_ask_stop (child->placement);
            (void) uv_timer_start (&child->timer, on_patience_over, SUPERVISOR_STOP_MS, 0);
        }
        if (running > 0)
            return;
    }
    uv_stop (&self->loop);
}

static void on_pause_over (uv_timer_t *timer)
{
    child_t *child = (child_t *) timer->data;
    if (start (child))
        publish (child, ACTOR_STATE_STATE_RESTARTED, "");
}

static void describe (int status, char *text, size_t size)
{
    if (status < 0)
        (void) snprintf (text, size, "killed by signal %d (%s)", -status, strsignal (-status));
    else
        (void) snprintf (text, size, "ended with code %d", status);
}

static bool too_often (const child_t *child, int64_t now_ns)
{
    return child->crashes >= SUPERVISOR_CRASHES &&
           now_ns - child->crashes_ns[child->crashes % SUPERVISOR_CRASHES] < SUPERVISOR_CRASH_WINDOW_NS;
}

/*  Nobody needs it to trade: it is started again for ever, whatever it ends with. */
static bool is_optional (const child_t *child)
{
    return child->actor->role == ROLE_GATEWAY;
}

static void start_later (child_t *child)
{
    (void) uv_timer_start (&child->timer, on_pause_over, child->pause_ms, 0);
    child->pause_ms = child->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : child->pause_ms * 2;
}

static void on_crash (child_t *child, int status)
{
    supervisor_t *self = child->supervisor;
    int64_t now_ns = clock_now_ns ();
    char text[96];
    describe (status, text, sizeof text);
    publish (child, ACTOR_STATE_STATE_CRASHED, text);
    child->crashes_ns[child->crashes++ % SUPERVISOR_CRASHES] = now_ns;
    if (!is_optional (child) && (!self->config->processes || status == EX_CONFIG || status == EX_DATAERR)) {
        log_event (LOG_LEVEL_CRITICAL, NAME, "giving_up", "%s %s", child->actor->name, text);
        begin_stop (self, status > 0 ? status : EX_SOFTWARE);
        return;
    }
    if (!is_optional (child) && too_often (child, now_ns)) {
        log_event (LOG_LEVEL_CRITICAL, NAME, "giving_up", "%s %s: %d times within %d s", child->actor->name,
            text, SUPERVISOR_CRASHES, (int) (SUPERVISOR_CRASH_WINDOW_NS / INT64_C (1000000000)));
        begin_stop (self, EX_SOFTWARE);
        return;
    }
    if (now_ns - child->started_at_ns > SUPERVISOR_CRASH_WINDOW_NS)
        child->pause_ms = PAUSE_MIN_MS;
    start_later (child);
}

static void on_ended (void *context, int status)
{
    child_t *child = (child_t *) context;
    supervisor_t *self = child->supervisor;
    (void) uv_timer_stop (&child->timer);
    if (self->rank < 0) {
        on_crash (child, status);
        return;
    }
    /*  one that had not come so far as to listen to SIGTERM had nothing to finish either */
    if (status != 0 && status != -SIGTERM && self->code == 0 && !is_optional (child))
        self->code = status > 0 ? status : EX_TEMPFAIL;
    stop_rank (self);
}

static bool start (child_t *child)
{
    problem_t problem = {0};
    char line[512];
    int rc;
    child->started_at_ns = clock_now_ns ();
    rc = placement_start (child->placement, &problem);
    if (rc == 0)
        return true;
    log_event (
        LOG_LEVEL_CRITICAL, NAME, "actor_not_started", "%s", problem_line (&problem, line, sizeof line));
    if (!child->supervisor->config->processes && is_optional (child))
        start_later (child);
    else if (!child->supervisor->config->processes)
        begin_stop (child->supervisor, rc == -ERR_BUSY ? EX_TEMPFAIL : EX_UNAVAILABLE);
    return false;
}

static void on_signal (uv_signal_t *handle, int number)
{
    (void) number;
    begin_stop ((supervisor_t *) handle->data, 0);
}

static void on_interval (uv_timer_t *timer)
{
    supervisor_t *self = (supervisor_t *) timer->data;
    if (self->rank < 0)
        self->config->on_interval (self->config->context);
}

static void fill_arguments (child_t *child)
{
    const supervisor_t *self = child->supervisor;
    const supervisor_config_t *config = self->config;
    size_t n = 0;
    child->arguments[n++] = self->program;
    child->arguments[n++] = "actor";
    child->arguments[n++] = child->actor->name;
    child->arguments[n++] = "--topology";
    child->arguments[n++] = config->topology_name;
    child->arguments[n++] = "--run-dir";
    child->arguments[n++] = config->outside ? config->outside : config->topology->base;
    if (config->env_file) {
        child->arguments[n++] = "--env-file";
        child->arguments[n++] = config->env_file;
    }
    child->arguments[n] = NULL;
}

/*  Its own, or the one that it shares; NULL = no memory. */
static thread_t *thread_of (supervisor_t *self, child_t *child)
{
    const topology_t *topology = self->config->topology;
    int shared = child->actor->thread;
    size_t actors = 0;
    for (size_t n = 0; n < topology->count; n++)
        actors += shared > 0 && topology->actors[n].thread == shared;
    for (const child_t *other = self->children; shared > 0 && other < child; other++)
        if (other->actor->thread == shared)
            return child->thread = other->thread;
    child->owns_thread = true;
    return child->thread = thread_new (actors > 0 ? actors : 1);
}

static bool make_child (supervisor_t *self, const topology_actor_t *actor)
{
    child_t *child = &self->children[self->count++];
    placement_config_t placement = {.what = {.topology = self->config->topology,
                                        .actor = actor,
                                        .settings = self->config->settings,
                                        .outside = self->config->outside},
        .on_ended = on_ended,
        .context = child};
    child->supervisor = self;
    child->actor = actor;
    child->pause_ms = PAUSE_MIN_MS;
    fill_arguments (child);
    if (self->config->processes)
        placement.arguments = (char *const *) child->arguments;
    else if (!(placement.thread = thread_of (self, child)))
        return false;
    (void) uv_timer_init (&self->loop, &child->timer);
    child->timer.data = child;
    child->placement = placement_new (&self->loop, &placement);
    return child->placement != NULL;
}

static int prepare (supervisor_t *self)
{
    const supervisor_config_t *config = self->config;
    char tap_in[WIRE_ENDPOINT_MAX];
    wire_config_t wire = {.name = NAME,
        .tap_in = topology_endpoint (config->topology, SPOT_TAP_IN, tap_in),
        .curve = config->curve};
    ssize_t size = 0;
    if (config->program)
        TEXT_SET (self->program, config->program);
    else
        size = readlink ("/proc/self/exe", self->program, sizeof self->program - 1);
    self->children = (child_t *) calloc (config->topology->count, sizeof *self->children);
    if (size < 0 || !self->children || wire_new (&self->wire, &wire, NULL) != 0)
        return -ERR_MEMORY;
    if (config->outside)
        self->manager = manager_new (&self->loop, config->topology, config->outside);
    (void) uv_signal_init (&self->loop, &self->term);
    (void) uv_signal_init (&self->loop, &self->interrupt);
    (void) uv_timer_init (&self->loop, &self->interval);
    self->term.data = self->interrupt.data = self->interval.data = self;
    (void) uv_signal_start (&self->term, on_signal, SIGTERM);
    (void) uv_signal_start (&self->interrupt, on_signal, SIGINT);
    if (config->on_interval) {
        uint64_t every_ms = (uint64_t) (config->interval_ns / INT64_C (1000000));
        (void) uv_timer_start (&self->interval, on_interval, every_ms, every_ms);
    }
    return 0;
}

static void close_handle (uv_handle_t *handle, void *argument)
{
    (void) argument;
    if (!uv_is_closing (handle))
        uv_close (handle, NULL);
}

static void clean_up (supervisor_t *self)
{
    int rc;
    for (size_t n = 0; n < self->count; n++)
        placement_destroy (&self->children[n].placement);
    for (size_t n = 0; n < self->count; n++)
        if (self->children[n].owns_thread)
            thread_destroy (&self->children[n].thread);
    uv_walk (&self->loop, close_handle, NULL);
    while (uv_run (&self->loop, UV_RUN_DEFAULT) != 0)
        ; /*  a stop that nobody ran into ends the first one */
    rc = uv_loop_close (&self->loop);
    assert (rc == 0);
    (void) rc;
    manager_free (&self->manager);
    wire_destroy (&self->wire);
    free (self->children);
    free (self);
}

int supervisor_run (const supervisor_config_t *config)
{
    supervisor_t *self;
    int code;
    assert (
        config && config->topology && *config->topology->base && config->settings && config->topology_name);
    self = (supervisor_t *) calloc (1, sizeof *self);
    if (!self || uv_loop_init (&self->loop) != 0) {
        free (self);
        return EX_OSERR;
    }
    self->config = config;
    self->rank = -1;
    self->code = prepare (self) == 0 ? 0 : EX_OSERR;
    for (size_t n = 0; n < config->topology->count && self->code == 0; n++)
        if (!make_child (self, &config->topology->actors[n]))
            self->code = EX_OSERR;
    for (size_t n = 0; n < self->count && self->code == 0; n++)
        (void) start (&self->children[n]);
    if (self->rank < 0 && self->code != 0)
        begin_stop (self, self->code);
    while (self->rank < RANKS)
        (void) uv_run (&self->loop, UV_RUN_DEFAULT);
    code = self->code;
    clean_up (self);
    return code;
}
