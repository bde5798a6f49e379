/*  port_alert.c: a text for people leaves by its channel; what became of it comes back as an event. */
#include "actors/host/port_alert.h"

#include "actors/host/alert_channel.h"
#include "actors/host/curl_loop.h"
#include "actors/host/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096
#define FAILURES_TOLD 3 /*  in a row: then the other channels hear of it */

typedef struct {
    actor_host_t *host;
    curl_loop_t *curl;
    alert_channel_t *channels[CHANNEL_COUNT]; /*  NULL: not configured, and the log */
} port_alert_t;

/*  ---- what became of it ---- */

static void note_failure (port_alert_t *self, alert_channel_t *channel, const char *why, long code)
{
    char text[160];
    (void) snprintf (text, sizeof text, "%s cannot be reached: %s (code %ld)", channel->name, why, code);
    channel->failures++;
    if (channel->failures == 1)
        log_event (LOG_LEVEL_WARNING, actor_host_name (self->host), "alert_channel_away", "%s", text);
    if (channel->failures == FAILURES_TOLD)
        actor_host_alert (self->host, ALERT_RAISED_KIND_SYSTEM_ERROR, channel->name, text);
}

static void note_success (port_alert_t *self, alert_channel_t *channel)
{
    if (channel->failures > 0)
        log_event (LOG_LEVEL_INFO, actor_host_name (self->host), "alert_channel_back", "%s after %u failures",
            channel->name, (unsigned) channel->failures);
    channel->failures = 0;
}

static void finish (port_alert_t *self, alert_channel_t *channel, CURLcode result)
{
    static const int events[] = {[ALERT_SENT] = EVENT_DELIVERED,
        [ALERT_FAILED] = EVENT_UNDELIVERED,
        [ALERT_REFUSED] = EVENT_UNDELIVERABLE};
    long code = 0;
    (void) curl_easy_getinfo (channel->easy, CURLINFO_RESPONSE_CODE, &code);
    (void) curl_multi_remove_handle (curl_loop_multi (self->curl), channel->easy);
    channel->busy = false;
    alert_verdict_t verdict = channel->judge (channel, result, code);
    /*  libcurl's words for the code, not its error buffer: that may quote what the other side said */
    const char *why = result == CURLE_OK ? "it refused" : curl_easy_strerror (result);
    if (verdict == ALERT_FAILED)
        note_failure (self, channel, why, code);
    else
        note_success (self, channel);
    if (verdict == ALERT_REFUSED)
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "alert_refused",
            "%s will not take this alert (code %ld): dropped", channel->name, code);
    actor_host_post_token (self->host, events[verdict], channel->token);
}

static void on_ready (void *context)
{
    port_alert_t *self = (port_alert_t *) context;
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read (curl_loop_multi (self->curl), &left))) {
        char *channel = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void) curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, &channel);
        assert (channel);
        finish (self, (alert_channel_t *) (void *) channel, result);
    }
}

/*  ---- out ---- */

static int send_text (port_alert_t *self, alert_channel_t *channel, uint64_t token, const char *text)
{
    assert (!channel->busy); /*  the core waits for the answer */
    channel->token = token;
    int rc = channel->prepare (channel, token, text);
    if (rc == 0 && curl_multi_add_handle (curl_loop_multi (self->curl), channel->easy) != CURLM_OK)
        rc = -ERR_MEMORY;
    channel->busy = rc == 0;
    return rc;
}

static void deliver (port_alert_t *self, const effect_t *effect, const uint8_t *bytes)
{
    const char *name = actor_host_name (self->host);
    char text[TEXT_MAX];
    alert_channel_t *channel = self->channels[effect->channel];
    if (effect->channel == CHANNEL_LOG) {
        log_event (
            LOG_LEVEL_WARNING, name, "alert_delivered", "%.*s", (int) effect->size, (const char *) bytes);
        actor_host_post_token (self->host, EVENT_DELIVERED, effect->token);
        return;
    }
    assert (effect->size < sizeof text);
    memcpy (text, bytes, effect->size);
    text[effect->size] = '\0';
    int rc = channel ? send_text (self, channel, effect->token, text) : -ERR_NOT_FOUND;
    if (rc == 0)
        return;
    log_event (
        LOG_LEVEL_ERROR, name, "alert_refused", "channel %d: %s", (int) effect->channel, error_text (rc));
    actor_host_post_token (
        self->host, rc == -ERR_MEMORY ? EVENT_UNDELIVERED : EVENT_UNDELIVERABLE, effect->token);
}

static void carry (void *context, const effect_t *effect, const uint8_t *bytes)
{
    port_alert_t *self = (port_alert_t *) context;
    if (effect->kind == EFFECT_DELIVER && effect->channel < CHANNEL_COUNT)
        deliver (self, effect, bytes);
    else
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "effect_refused", "%d", (int) effect->kind);
}

/*  ---- its life ---- */

static void port_close (void *context)
{
    port_alert_t *self = (port_alert_t *) context;
    for (size_t n = 0; n < CHANNEL_COUNT; n++) {
        alert_channel_t *channel = self->channels[n];
        if (channel && channel->busy)
            (void) curl_multi_remove_handle (curl_loop_multi (self->curl), channel->easy);
        if (channel)
            channel->busy = false;
        alert_channel_destroy (&self->channels[n]);
    }
    curl_loop_destroy (&self->curl);
}

static void port_destroy (void **context_p)
{
    free (*context_p);
    *context_p = NULL;
}

static int make_channels (port_alert_t *self, const settings_t *settings, problem_t *problem)
{
    static const struct {
        channel_t channel;
        setting_t enable;
        alert_channel_t *(*make) (const settings_t *settings, problem_t *problem);
    } rows[] = {{CHANNEL_SLACK, SETTING_ENABLE_SLACK_ALERTS, alert_slack_new},
        {CHANNEL_EMAIL, SETTING_ENABLE_EMAIL_ALERTS, alert_mail_new},
        {CHANNEL_WEBHOOK, SETTING_ENABLE_WEBHOOK_ALERTS, alert_webhook_new}};
    if (!settings_bool (settings, SETTING_ENABLE_ALERTS))
        return 0;
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        if (!settings_bool (settings, rows[n].enable))
            continue;
        self->channels[rows[n].channel] = rows[n].make (settings, problem);
        if (!self->channels[rows[n].channel])
            return -ERR_SETTING;
    }
    return 0;
}

int port_alert_new (actor_port_t *port, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    void *context;
    int rc;
    assert (port && host && settings);
    port_alert_t *self = (port_alert_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    self->host = host;
    self->curl = curl_loop_new (actor_host_loop (host), problem);
    rc = self->curl ? make_channels (self, settings, problem) : -ERR_MEMORY;
    if (rc != 0) {
        context = self;
        port_close (self);
        port_destroy (&context);
        return rc;
    }
    curl_loop_set_ready (self->curl, on_ready, self);
    *port = (actor_port_t){.context = self, .carry = carry, .close = port_close, .destroy = port_destroy};
    return 0;
}
