/*  actor_host.c: the loop around a core. Everything that can happen enters through actor_host_event. */
#include "actors/host/actor_host_parts.h"
#include "actors/host/clock.h"
#include "actors/host/log.h"
#include "actors/host/wire_near.h"
#include "messages/stage.h"
#include "messages/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define POSTED_SPARE 256   /*  events that wait for the end of a step, beside one for each of its effects */
#define REFUSALS_LOGGED 20 /*  events a core refused, a life */
#define MS_NS INT64_C (1000000)
#define STATS_MS 2000
#define STATS_FIRST_MS 200

static void on_stop_asked (uv_async_t *handle);
static void on_wake (uv_timer_t *handle);
static void carry_so_far (void *context);

int actor_host_new (actor_host_t **self_p, const wire_config_t *config, const char *role, uv_loop_t *shared,
    problem_t *problem)
{
    actor_host_t *self;
    int rc;
    assert (self_p && config && role && strlen (role) < ACTOR_NAME_MAX);
    *self_p = NULL;
    self = (actor_host_t *) calloc (1, sizeof *self);
    if (!self || (!shared && uv_loop_init (&self->own) != 0)) {
        free (self);
        return problem_set (problem, ERR_MEMORY, config->name, "no memory for the actor");
    }
    TEXT_SET (self->name, config->name);
    TEXT_SET (self->role, role);
    readiness_init (&self->readiness, role);
    self->loop = shared ? shared : &self->own;
    (void) uv_timer_init (self->loop, &self->wake);
    (void) uv_timer_init (self->loop, &self->deadline);
    (void) uv_timer_init (self->loop, &self->stats);
    (void) uv_async_init (self->loop, &self->stop, on_stop_asked);
    self->wake.data = self->deadline.data = self->stats.data = self->stop.data = self;
    wire_config_t wire = *config;
    wire.busy = &self->busy;
    rc = wire_new (&self->wire, &wire, problem);
    if (rc != 0)
        actor_host_destroy (&self);
    *self_p = self;
    return rc;
}

int actor_host_plug (actor_host_t *self, const actor_parts_t *parts)
{
    assert (self && parts && parts->ops && parts->core && parts->effects && !self->parts.ops);
    self->parts = *parts;
    self->parts.effects->on_calls = carry_so_far;
    self->parts.effects->context = self;
    self->posted_max =
        2 * parts->effects->limit + POSTED_SPARE; /*  what a refusal leads to may be refused, too */
    self->posted = (posted_t *) calloc (self->posted_max, sizeof *self->posted);
    return self->posted ? 0 : -ERR_MEMORY;
}

void actor_host_close (actor_host_t *self)
{
    assert (self);
    if (uv_is_closing ((uv_handle_t *) &self->wake))
        return;
    uv_close ((uv_handle_t *) &self->wake, NULL);
    uv_close ((uv_handle_t *) &self->deadline, NULL);
    uv_close ((uv_handle_t *) &self->stats, NULL);
    uv_close ((uv_handle_t *) &self->stop, NULL);
    if (self->wire)
        wire_unwatch (self->wire);
    if (self->parts.port.close)
        self->parts.port.close (self->parts.port.context);
}

void actor_host_destroy (actor_host_t **self_p)
{
    actor_host_t *self;
    int rc;
    assert (self_p);
    self = *self_p;
    if (!self)
        return;
    actor_host_close (self);
    while (uv_run (self->loop, UV_RUN_DEFAULT) != 0)
        ; /*  a stop that nobody ran into ends the first one */
    if (self->parts.port.destroy)
        self->parts.port.destroy (&self->parts.port.context);
    if (self->parts.ops)
        self->parts.ops->destroy (&self->parts.core);
    effects_destroy (&self->parts.effects);
    wire_destroy (&self->wire);
    rc = self->loop == &self->own ? uv_loop_close (self->loop) : 0;
    assert (rc == 0); /*  else a port left a handle open */
    (void) rc;
    free (self->posted);
    free (self);
    *self_p = NULL;
}

uv_loop_t *actor_host_loop (actor_host_t *self)
{
    assert (self);
    return self->loop;
}

const char *actor_host_name (const actor_host_t *self)
{
    assert (self);
    return self->name;
}

const wire_counts_t *actor_host_counts (const actor_host_t *self)
{
    assert (self);
    return wire_counts (self->wire);
}

const char *actor_host_lack (const actor_host_t *self)
{
    assert (self);
    return readiness_lack (&self->readiness, wire_hears_anybody (self->wire), clock_now_ns ());
}

bool actor_host_hears_anybody (const actor_host_t *self)
{
    assert (self);
    return wire_hears_anybody (self->wire);
}

/*  ---- effects ---- */

static void log_bytes (actor_host_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    if (!log_wants (kind))
        return;
    if (message_decode (kind, bytes, size, &self->scratch, NULL) == 0)
        log_message (self->name, &self->scratch);
}

static int send_bytes (
    actor_host_t *self, const char *to, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    if (kind == MSG_MASTER_ORDER && strcmp (to, "audit") != 0)
        stage_mark (STAGE_ORDER);
    else if (kind == MSG_COPY_COMMAND)
        stage_mark (STAGE_COMMAND);
    int rc = wire_send (self->wire, to, kind, bytes, size);
    /*  cores repeat what matters: said once for each power of two, so that a dead peer does not flood the log */
    if (rc != 0 && wire_counts (self->wire)->unsent >= 2 * self->unsent_told) {
        self->unsent_told = wire_counts (self->wire)->unsent;
        log_event (LOG_LEVEL_DEBUG, self->name, "message_unsent", "%s to %s: %s (%llu so far)",
            message_subject (kind), to, rc == -ERR_UNREACHABLE ? "not connected" : "its queue is full",
            (unsigned long long) self->unsent_told);
    }
    (void) wire_publish (self->wire, kind, bytes, size);
    log_bytes (self, kind, bytes, size);
    return rc;
}

static void publish_bytes (actor_host_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    (void) wire_publish (self->wire, kind, bytes, size);
    log_bytes (self, kind, bytes, size);
    if (kind == MSG_STREAM_STATE && message_decode (kind, bytes, size, &self->scratch, NULL) == 0)
        readiness_saw (&self->readiness, &self->scratch, clock_now_ns ());
}

static void carry (actor_host_t *self, const effect_t *effect)
{
    const uint8_t *bytes = self->parts.effects->arena + effect->offset;
    switch (effect->kind) {
    case EFFECT_SEND: (void) send_bytes (self, effect->to, effect->message, bytes, effect->size); break;
    case EFFECT_PUBLISH: publish_bytes (self, effect->message, bytes, effect->size); break;
    case EFFECT_STOPPED:
        self->stopped = true;
        uv_stop (self->loop);
        break;
    default:
        if (self->parts.port.carry)
            self->parts.port.carry (self->parts.port.context, effect, bytes);
        else
            log_event (LOG_LEVEL_ERROR, self->name, "effect_without_port", "effect %d", (int) effect->kind);
    }
}

/*  A trade waits for whoever takes it. */
static bool urgent (const effect_t *effect)
{
    return effect->kind == EFFECT_SEND &&
           (effect->message == MSG_COPY_COMMAND ||
               (effect->message == MSG_MASTER_ORDER && strcmp (effect->to, "audit") != 0));
}

/*  What is in the list and not done yet: at the end of a step, and within one that asks the broker for much, so that its
 *  first orders are on their way while the last ones are decided. Who shares the loop takes a trade before the rest of the
 *  list is done, but not before all shards were sent it. */
static void carry_so_far (void *context)
{
    actor_host_t *self = (actor_host_t *) context;
    const effects_t *effects = self->parts.effects;
    while (self->carried < effects->count) {
        const effect_t *effect = &effects->list[self->carried++];
        carry (self, effect);
        if (urgent (effect) && (self->carried == effects->count || !urgent (effect + 1)))
            wire_near_serve (self->loop);
    }
    effects_forget (self->parts.effects); /*  the next ones find their place in the processor's cache */
    self->carried = 0;
}

static void arm_wake (actor_host_t *self)
{
    int64_t wake_at_ns = self->parts.effects->wake_at_ns;
    int64_t wait_ns;
    if (wake_at_ns == INT64_MAX || self->stopped) {
        (void) uv_timer_stop (&self->wake);
        return;
    }
    wait_ns = wake_at_ns - clock_now_ns ();
    uv_update_time (self->loop);
    /*  rounded up: a tick that comes early finds nothing due */
    (void) uv_timer_start (
        &self->wake, on_wake, wait_ns <= 0 ? 0 : (uint64_t) ((wait_ns + MS_NS - 1) / MS_NS), 0);
}

/*  ---- events ---- */

static void step (actor_host_t *self, event_t *event)
{
    effects_t *effects = self->parts.effects;
    int rc;
    event->now_ns = clock_now_ns ();
    event->utc_ns = clock_utc_ns ();
    effects_clear (effects);
    self->carried = 0;
    rc = self->parts.ops->step (self->parts.core, event, effects);
    if (rc != 0 && self->refusals++ < REFUSALS_LOGGED)
        log_event (LOG_LEVEL_WARNING, self->name, "event_refused", "%s: %s",
            event->kind < MSG_COUNT ? message_subject ((message_kind_t) event->kind) : "event",
            error_text (rc));
    carry_so_far (self);
    arm_wake (self);
}

static void step_posted (actor_host_t *self)
{
    while (self->posted_count > 0 && !self->stopped) {
        posted_t *posted = &self->posted[self->posted_head];
        broker_answer_t answer = {.call = posted->call,
            .kind = posted->answer,
            .account = posted->account,
            .token = posted->token,
            .limit = -1,
            .remaining = -1};
        event_t event = {.kind = posted->kind};
        if (posted->kind == EVENT_BROKER_ANSWER) {
            TEXT_SET (answer.message, posted->reason);
            event.answer = &answer;
        } else if (posted->kind == EVENT_STREAM_STATE) {
            event.stream.state = posted->stream;
            event.stream.reason = posted->reason;
        } else {
            event.token = posted->token;
            event.count = posted->count;
        }
        step (self, &event);
        self->posted_head =
            (self->posted_head + 1) % self->posted_max; /*  after: event.stream.reason is borrowed from it */
        self->posted_count--;
    }
    if (self->stopped) /*  others may go on in the same loop */
        self->posted_count = 0;
}

void actor_host_event (actor_host_t *self, event_t *event)
{
    assert (self && event && self->parts.ops && !self->busy);
    if (self->stopped)
        return;
    self->busy = true;
    step (self, event);
    step_posted (self);
    self->busy = false;
}

static posted_t *post (actor_host_t *self, int kind)
{
    posted_t *posted;
    assert (self->posted_count < self->posted_max); /*  each effect of a step is answered at most once */
    posted = &self->posted[(self->posted_head + self->posted_count++) % self->posted_max];
    *posted = (posted_t){.kind = kind};
    return posted;
}

/*  Outside of a step there is no end of it to wait for. */
static void post_done (actor_host_t *self)
{
    if (self->busy)
        return;
    self->busy = true;
    step_posted (self);
    self->busy = false;
}

void actor_host_post_token (actor_host_t *self, int kind, uint64_t token)
{
    assert (self);
    post (self, kind)->token = token;
    post_done (self);
}

void actor_host_post_count (actor_host_t *self, int kind, uint64_t token, uint64_t count)
{
    posted_t *posted;
    assert (self);
    posted = post (self, kind);
    posted->token = token;
    posted->count = count;
    post_done (self);
}

void actor_host_post_answer (actor_host_t *self, const broker_answer_t *answer)
{
    posted_t *posted;
    assert (self && answer);
    posted = post (self, EVENT_BROKER_ANSWER);
    posted->token = answer->token;
    posted->call = answer->call;
    posted->answer = answer->kind;
    posted->account = answer->account;
    TEXT_SET (posted->reason, answer->message);
    post_done (self);
}

void actor_host_post_stream (actor_host_t *self, stream_phase_t state, const char *reason)
{
    posted_t *posted;
    assert (self);
    posted = post (self, EVENT_STREAM_STATE);
    posted->stream = state;
    TEXT_SET (posted->reason, reason ? reason : "");
    post_done (self);
}

static void on_message (void *context, const char *from, const message_t *message)
{
    actor_host_t *self = (actor_host_t *) context;
    event_t event = {.kind = (int) message->kind, .from = from, .message = message};
    if (message->kind == MSG_MASTER_ORDER && strcmp (from, "listener") == 0)
        stage_mark (STAGE_TAKEN);
    else if (message->kind == MSG_COPY_COMMAND)
        stage_mark (STAGE_SHARD);
    readiness_saw (&self->readiness, message, clock_now_ns ());
    actor_host_event (self, &event);
}

static void on_wake (uv_timer_t *handle)
{
    event_t event = {.kind = EVENT_TICK};
    actor_host_event ((actor_host_t *) handle->data, &event);
}

static void on_deadline (uv_timer_t *handle)
{
    actor_host_t *self = (actor_host_t *) handle->data;
    log_event (LOG_LEVEL_ERROR, self->name, "stop_timed_out", "it had something left to do after %d s",
        (int) (ACTOR_STOP_TIMEOUT_NS / 1000 / MS_NS));
    self->stopped = true;
    self->result = -ERR_TIMEOUT;
    uv_stop (self->loop);
}

static void on_stop_asked (uv_async_t *handle)
{
    actor_host_t *self = (actor_host_t *) handle->data;
    event_t event = {.kind = EVENT_STOP};
    if (self->stopping || self->stopped || !self->started)
        return;
    self->stopping = true;
    (void) uv_timer_start (&self->deadline, on_deadline, (uint64_t) (ACTOR_STOP_TIMEOUT_NS / MS_NS), 0);
    actor_host_event (self, &event);
}

void actor_host_ask_stop (actor_host_t *self)
{
    assert (self);
    (void) uv_async_send (&self->stop);
}

void actor_host_leave (actor_host_t *self)
{
    assert (self && !self->busy);
    self->stopped = true;
    uv_stop (self->loop);
}

/*  ---- messages of the host's own ---- */

int actor_host_send (actor_host_t *self, const char *to, const message_t *message)
{
    size_t size = 0;
    int rc;
    assert (self && to && message);
    rc = message_encode (message, self->bytes, sizeof self->bytes, &size);
    assert (rc == 0);
    return rc == 0 ? send_bytes (self, to, message->kind, self->bytes, size) : rc;
}

void actor_host_publish (actor_host_t *self, const message_t *message)
{
    size_t size = 0;
    assert (self && message);
    int rc = message_encode (message, self->bytes, sizeof self->bytes, &size);
    assert (rc == 0);
    if (rc == 0)
        publish_bytes (self, message->kind, self->bytes, size);
}

int actor_host_begin (actor_host_t *self, problem_t *problem)
{
    event_t event = {.kind = EVENT_START};
    int rc;
    assert (self && self->parts.ops && !self->started);
    rc = wire_watch (self->wire, self->loop, on_message, self, problem);
    if (rc != 0)
        return rc;
    self->started = true;
    self->started_utc_ns = clock_utc_ns ();
    (void) uv_timer_start (&self->stats, actor_host_on_stats, STATS_FIRST_MS, STATS_MS);
    actor_host_say (self, self->role, ACTOR_STATE_STATE_STARTED);
    actor_host_event (self, &event);
    return 0;
}

bool actor_host_stopped (const actor_host_t *self)
{
    assert (self);
    return self->stopped;
}

int actor_host_end (actor_host_t *self, problem_t *problem)
{
    assert (self && self->stopped);
    actor_host_say (self, self->role, ACTOR_STATE_STATE_STOPPED);
    if (self->result != 0)
        (void) problem_set (problem, -self->result, self->name, "it did not stop in time");
    return self->result;
}
