/*  actor_host_alert.c: an alert of the host's own. */
#include "actors/host/actor_host.h"
#include "actors/host/clock.h"

#include <assert.h>
#include <string.h>

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
