/*  core_test.c: one core under virtual time; see core_test.h. */
#include "tests/lib/core_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EFFECTS_LIMIT 65536
#define ARENA_LIMIT (16 * 1024 * 1024)
#define TICKS_MAX 100000

core_test_t *core_test_new (const actor_ops_t *ops, void *core)
{
    core_test_t *self = calloc (1, sizeof (*self));
    assert_non_null (self);
    assert_non_null (core);
    self->ops = ops;
    self->core = core;
    self->effects = effects_new (EFFECTS_LIMIT, ARENA_LIMIT);
    self->now_ns = 1000 * CORE_TEST_S;
    self->utc_ns = self->now_ns + CORE_TEST_UTC_NS;
    self->wake_at_ns = INT64_MAX;
    return self;
}

void core_test_destroy (core_test_t **self_p)
{
    core_test_t *self = *self_p;
    if (!self)
        return;
    core_test_forget (self);
    free (self->history);
    self->ops->destroy (&self->core);
    effects_destroy (&self->effects);
    free (self);
    *self_p = NULL;
}

static void remember (core_test_t *self, const effect_t *effect)
{
    if (self->count == self->room) {
        self->room = self->room ? self->room * 2 : 64;
        self->history = realloc (self->history, self->room * sizeof (*self->history));
        assert_non_null (self->history);
    }
    core_test_effect_t *entry = &self->history[self->count++];
    entry->effect = *effect;
    entry->at_ns = self->now_ns;
    entry->bytes = malloc (effect->size + 1);
    assert_non_null (entry->bytes);
    if (effect->size)
        memcpy (entry->bytes, self->effects->arena + effect->offset, effect->size);
    entry->bytes[effect->size] = 0;
}

int core_test_step (core_test_t *self, event_t *event)
{
    event->now_ns = self->now_ns;
    event->utc_ns = self->utc_ns;
    effects_clear (self->effects);
    int rc = self->ops->step (self->core, event, self->effects);
    for (size_t i = 0; i < self->effects->count; i++)
        remember (self, &self->effects->list[i]);
    self->wake_at_ns = self->effects->wake_at_ns;
    self->steps++;
    return rc;
}

static int step_of_kind (core_test_t *self, int kind)
{
    event_t event = {.kind = kind, .from = ""};
    return core_test_step (self, &event);
}

int core_test_start (core_test_t *self)
{
    return step_of_kind (self, EVENT_START);
}

int core_test_stop (core_test_t *self)
{
    return step_of_kind (self, EVENT_STOP);
}

int core_test_tick (core_test_t *self)
{
    return step_of_kind (self, EVENT_TICK);
}

int core_test_receive (core_test_t *self, const char *from, const message_t *message)
{
    event_t event = {.kind = (int) message->kind, .from = from, .message = message};
    return core_test_step (self, &event);
}

int core_test_answer (core_test_t *self, const broker_answer_t *answer)
{
    event_t event = {.kind = EVENT_BROKER_ANSWER, .from = "", .answer = answer};
    return core_test_step (self, &event);
}

int core_test_stream (core_test_t *self, stream_phase_t state, const char *reason)
{
    event_t event = {.kind = EVENT_STREAM_STATE, .from = ""};
    event.stream.state = state;
    event.stream.reason = reason;
    return core_test_step (self, &event);
}

int core_test_update (core_test_t *self, const trade_update_t *update)
{
    event_t event = {.kind = EVENT_TRADE_UPDATE, .from = "", .update = update};
    return core_test_step (self, &event);
}

int core_test_token (core_test_t *self, int kind, uint64_t token)
{
    event_t event = {.kind = kind, .from = "", .token = token};
    return core_test_step (self, &event);
}

void core_test_pass (core_test_t *self, int64_t duration_ns)
{
    int64_t end_ns = self->now_ns + duration_ns;
    size_t ticks = 0;
    while (self->wake_at_ns <= end_ns) {
        int64_t at_ns = self->wake_at_ns > self->now_ns ? self->wake_at_ns : self->now_ns;
        self->utc_ns += at_ns - self->now_ns;
        self->now_ns = at_ns;
        assert_int_equal (core_test_tick (self), 0);
        assert_true (++ticks < TICKS_MAX);
    }
    self->utc_ns += end_ns - self->now_ns;
    self->now_ns = end_ns;
}

message_t *core_test_message (core_test_t *self, message_kind_t kind)
{
    memset (&self->event, 0, sizeof (self->event));
    self->event.kind = kind;
    return &self->event;
}

void core_test_forget (core_test_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        free (self->history[i].bytes);
    self->count = 0;
}

size_t core_test_count (const core_test_t *self, effect_kind_t kind)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        count += self->history[i].effect.kind == kind;
    return count;
}

const core_test_effect_t *core_test_find (const core_test_t *self, effect_kind_t kind, int nth)
{
    const core_test_effect_t *found = NULL;
    for (size_t i = 0; i < self->count; i++) {
        if (self->history[i].effect.kind != kind)
            continue;
        found = &self->history[i];
        if (nth-- == 0)
            return found;
    }
    return nth < 0 ? found : NULL;
}

static bool is_message (const effect_t *effect, const char *to, message_kind_t kind)
{
    if (effect->message != kind)
        return false;
    if (!to)
        return effect->kind == EFFECT_PUBLISH;
    if (strcmp (to, "store") == 0)
        return effect->kind == EFFECT_STORE;
    return effect->kind == EFFECT_SEND && (strcmp (to, "*") == 0 || strcmp (to, effect->to) == 0);
}

size_t core_test_messages (const core_test_t *self, const char *to, message_kind_t kind)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        count += is_message (&self->history[i].effect, to, kind);
    return count;
}

const core_test_effect_t *core_test_find_message (
    const core_test_t *self, const char *to, message_kind_t kind, int nth)
{
    int number = nth >= 0 ? nth : (int) core_test_messages (self, to, kind) - 1;
    for (size_t i = 0; i < self->count; i++)
        if (is_message (&self->history[i].effect, to, kind) && number-- == 0)
            return &self->history[i];
    return NULL;
}

static void decode (core_test_t *self, const core_test_effect_t *entry)
{
    problem_t problem = {0};
    int rc =
        message_decode (entry->effect.message, entry->bytes, entry->effect.size, &self->decoded, &problem);
    if (rc)
        print_error ("%s: %s\n", problem.where, problem.detail);
    assert_int_equal (rc, 0);
}

const message_t *core_test_get (core_test_t *self, const char *to, message_kind_t kind, int nth)
{
    const core_test_effect_t *entry = core_test_find_message (self, to, kind, nth);
    if (!entry)
        print_error ("no %s number %d to %s\n", message_subject (kind), nth, to ? to : "the public");
    assert_non_null (entry);
    decode (self, entry);
    return &self->decoded;
}

size_t core_test_calls (const core_test_t *self, call_kind_t kind)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        count += self->history[i].effect.kind == EFFECT_CALL && self->history[i].effect.call.kind == kind;
    return count;
}

const broker_call_t *core_test_call (const core_test_t *self, call_kind_t kind, int nth)
{
    int number = nth >= 0 ? nth : (int) core_test_calls (self, kind) - 1;
    for (size_t i = 0; i < self->count; i++) {
        const effect_t *effect = &self->history[i].effect;
        if (effect->kind == EFFECT_CALL && effect->call.kind == kind && number-- == 0)
            return &effect->call;
    }
    fail_msg ("no call of kind %d number %d", (int) kind, nth);
    return NULL;
}

size_t core_test_alerts (core_test_t *self, alert_raised_kind_t kind)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        const core_test_effect_t *entry = &self->history[i];
        bool message = entry->effect.kind == EFFECT_SEND || entry->effect.kind == EFFECT_PUBLISH;
        if (!message || entry->effect.message != MSG_ALERT_RAISED)
            continue;
        decode (self, entry);
        count += self->decoded.alert_raised.kind == kind;
    }
    return count;
}

void core_test_print (core_test_t *self)
{
    char text[1024];
    for (size_t i = 0; i < self->count; i++) {
        const core_test_effect_t *entry = &self->history[i];
        double at_ms = (double) (entry->at_ns - 1000 * CORE_TEST_S) / 1e6;
        text[0] = 0;
        if (entry->effect.kind <= EFFECT_PUBLISH || entry->effect.kind == EFFECT_STORE) {
            decode (self, entry);
            (void) message_dump (&self->decoded, text, sizeof (text));
        }
        (void) fprintf (stderr, "%10.3f ms effect %d to %s call %d token %llu %s %s\n", at_ms,
            (int) entry->effect.kind, entry->effect.to, (int) entry->effect.call.kind,
            (unsigned long long) entry->effect.token, *text ? message_subject (entry->effect.message) : "",
            text);
    }
}
