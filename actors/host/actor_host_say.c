/*  actor_host_say.c: what the host itself says: alerts, how its actor is, and what that costs. */
#include "actors/host/actor_host_parts.h"
#include "actors/host/clock.h"
#include "actors/host/process_measure.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

void actor_host_alert (actor_host_t *self, alert_raised_kind_t kind, const char *subject, const char *text)
{
    static _Thread_local message_t message;
    alert_raised_t *alert = &message.alert_raised;
    assert (self && subject && text);
    memset (&message, 0, sizeof message);
    message.kind = MSG_ALERT_RAISED;
    alert->kind = kind;
    alert->severity = ALERT_RAISED_SEVERITY_CRITICAL;
    (void) strncpy (alert->subject, subject, sizeof alert->subject - 1);
    (void) strncpy (alert->text, text, sizeof alert->text - 1);
    alert->at_ns = clock_utc_ns ();
    actor_host_publish (self, &message);
}

void actor_host_say (actor_host_t *self, const char *role, actor_state_state_t state)
{
    static _Thread_local message_t message;
    actor_state_t *body = &message.actor_state;
    assert (self && role);
    memset (&message, 0, sizeof message);
    message.kind = MSG_ACTOR_STATE;
    TEXT_SET (body->name, actor_host_name (self));
    TEXT_SET (body->role, role);
    body->state = state;
    body->pid = (int64_t) getpid ();
    body->at_ns = clock_utc_ns ();
    actor_host_publish (self, &message);
}

void actor_host_on_stats (uv_timer_t *handle)
{
    static _Thread_local message_t message;
    actor_host_t *self = (actor_host_t *) handle->data;
    assert (self);
    actor_stats_t *stats = &message.actor_stats;
    message.kind = MSG_ACTOR_STATS;
    *stats = (actor_stats_t){.started_at_ns = self->started_utc_ns, .at_ns = clock_utc_ns ()};
    TEXT_SET (stats->name, self->name);
    TEXT_SET (stats->role, self->role);
    process_measure (stats);
    measure_put (stats, "link.waiting", (int64_t) wire_waiting (self->wire));
    measure_put (stats, "link.refused", (int64_t) wire_counts (self->wire)->undecodable);
    if (self->parts.port.measure)
        self->parts.port.measure (self->parts.port.context, stats);
    if (self->parts.ops->measure)
        self->parts.ops->measure (self->parts.core, clock_now_ns (), stats);
    actor_host_publish (self, &message);
}
