/*  port_alert.c: a text for people becomes a log line; the other channels answer that they are not there. */
#include "actors/host/port_alert.h"

#include "actors/host/log.h"

#include <assert.h>

static void carry (void *context, const effect_t *effect, const uint8_t *bytes)
{
    actor_host_t *host = (actor_host_t *) context;
    bool delivered = false;
    if (effect->kind == EFFECT_DELIVER && effect->channel == CHANNEL_LOG) {
        log_event (LOG_LEVEL_WARNING, actor_host_name (host), "alert_delivered", "%.*s", (int) effect->size,
            (const char *) bytes);
        delivered = true;
    } else
        log_event (LOG_LEVEL_ERROR, actor_host_name (host), "effect_refused", "%d channel %d",
            (int) effect->kind, (int) effect->channel);
    if (effect->kind == EFFECT_DELIVER)
        actor_host_post_token (host, delivered ? EVENT_DELIVERED : EVENT_UNDELIVERED, effect->token);
}

int port_alert_new (actor_port_t *port, actor_host_t *host, problem_t *problem)
{
    assert (port && host);
    (void) problem;
    *port = (actor_port_t){.context = host, .carry = carry};
    return 0;
}
