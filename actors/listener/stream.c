/*  stream.c: keeps the master's trading stream open, for ever. While it is away, look.c polls. */
#include "actors/listener/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define MS_NS INT64_C (1000000)

static void publish (
    listener_t *self, stream_state_state_t state, const char *reason, int64_t utc_ns, effects_t *effects)
{
    self->out.kind = MSG_STREAM_STATE;
    stream_state_t *out = &self->out.stream_state;
    *out = (stream_state_t){.state = state, .at_ns = utc_ns};
    TEXT_SET (out->master_id, self->master.master_id);
    TEXT_SET (out->reason, reason ? reason : "");
    effects_publish (effects, &self->out);
}

/*  splitmix64: small, and enough for jitter */
static uint64_t next_random (uint64_t *state)
{
    uint64_t z = *state += UINT64_C (0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
    return z ^ z >> 31;
}

void listener_stream_start (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && self->configured);
    self->reopen_at_ns = INT64_MAX;
    self->phase = STREAM_DOWN;
    self->listened_at_ns = INT64_MAX;
    publish (self, STREAM_STATE_STATE_CONNECTING, "", event->utc_ns, effects);
    effects_open_stream (effects, 0);
}

/*  Full jitter: anywhere between now and the doubled delay, so that a broker's restart is not met by a herd. */
static void reopen_later (listener_t *self, int64_t now_ns)
{
    int64_t most_ns = self->config.reconnect_delay_ns;
    for (uint32_t i = 0; i < self->attempts && most_ns < self->config.reconnect_max_ns; i++)
        most_ns *= 2;
    if (most_ns > self->config.reconnect_max_ns)
        most_ns = self->config.reconnect_max_ns;
    self->attempts++;
    self->reopen_at_ns = now_ns + 1 + (int64_t) (next_random (&self->random) % (uint64_t) most_ns);
}

static void tell_down (listener_t *self, const char *reason, int64_t utc_ns, effects_t *effects)
{
    char text[256];
    if (!self->down_told) {
        (void) snprintf (text, sizeof text, "the master's stream is down: %.160s; copying by polling",
            reason ? reason : "");
        listener_alert (
            self, ALERT_RAISED_KIND_STREAM_DOWN, ALERT_RAISED_SEVERITY_CRITICAL, text, utc_ns, effects);
        listener_log (self, LOG_LINE_LEVEL_WARNING, "copying_by_polling", "", text, utc_ns, effects);
        self->polled = 0;
        self->polled_late_ns = 0;
    }
    self->down_told = true;
}

static void on_lost (listener_t *self, const event_t *event, effects_t *effects)
{
    publish (self, STREAM_STATE_STATE_DOWN, event->stream.reason, event->utc_ns, effects);
    self->catching_up = false; /*  what waits for it may go: the next connection asks again */
    self->listened_at_ns = INT64_MAX;
    if (event->stream.state == STREAM_BAD_KEYS) {
        if (!self->bad_keys_told)
            listener_alert (self, ALERT_RAISED_KIND_BAD_KEYS, ALERT_RAISED_SEVERITY_CRITICAL,
                "the broker refused the master's keys for its stream; correct them with `master set`",
                event->utc_ns, effects);
        self->bad_keys_told = true;
        self->reopen_at_ns =
            event->now_ns + self->config.reconnect_max_ns; /*  a new configuration reopens at once */
        return;
    }
    tell_down (self, event->stream.reason, event->utc_ns, effects);
    reopen_later (self, event->now_ns);
}

static void on_listening (listener_t *self, const event_t *event, effects_t *effects)
{
    publish (self, STREAM_STATE_STATE_LISTENING, event->stream.reason, event->utc_ns, effects);
    self->attempts = 0;
    if (self->down_told) {
        char text[256];
        (void) snprintf (text, sizeof text,
            "the master's stream is back; meanwhile %" PRIu32
            " executions were copied by polling, at most %" PRId64 " ms after they executed",
            self->polled, self->polled_late_ns / MS_NS);
        listener_alert (
            self, ALERT_RAISED_KIND_STREAM_UP, ALERT_RAISED_SEVERITY_INFO, text, event->utc_ns, effects);
    }
    self->down_told = false;
    self->listened_at_ns = event->now_ns;
    listener_look_listening (self, event);
}

void listener_stream_mute (listener_t *self, const event_t *event, effects_t *effects)
{
    static const char reason[] = "it listens, but did not bring an execution that the broker lists";
    assert (self && event);
    self->suspicious = false;
    publish (self, STREAM_STATE_STATE_DOWN, reason, event->utc_ns, effects);
    tell_down (self, reason, event->utc_ns, effects);
    effects_close_stream (effects, 0);
    listener_stream_start (self, event, effects);
}

void listener_stream_changed (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == EVENT_STREAM_STATE);
    if (!self->configured || self->stopping)
        return;
    self->phase = event->stream.state;
    switch (event->stream.state) {
    case STREAM_CONNECTED:
        self->reopen_at_ns = INT64_MAX; /*  a late DOWN of the connection before it is overtaken */
        publish (self, STREAM_STATE_STATE_CONNECTED, event->stream.reason, event->utc_ns, effects);
        break;
    case STREAM_AUTHORIZED:
        self->reopen_at_ns = INT64_MAX;
        publish (self, STREAM_STATE_STATE_AUTHORIZED, event->stream.reason, event->utc_ns, effects);
        break;
    case STREAM_LISTENING:
        self->reopen_at_ns = INT64_MAX;
        on_listening (self, event, effects);
        break;
    case STREAM_DOWN:
    case STREAM_REFUSED:
    case STREAM_BAD_KEYS: on_lost (self, event, effects); break;
    }
}

void listener_stream_tick (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    if (self->reopen_at_ns <= event->now_ns && !self->stopping)
        listener_stream_start (self, event, effects);
    if (!self->stopping)
        effects_wake (effects, self->reopen_at_ns);
}
