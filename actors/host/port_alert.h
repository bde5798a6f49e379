/*  port_alert.h: the alert actor's channels: the log, Slack, e-mail, a webhook.
 *
 *  Every text gets one answer (EVENT_DELIVERED, _UNDELIVERED or _UNDELIVERABLE), after at most ALERT_TIMEOUT_MS, from
 *  libcurl transfers on the actor's loop. A channel that fails three times in a row is an alert itself.
 */
#ifndef PORT_ALERT_H
#define PORT_ALERT_H

#include "actors/host/actor_host.h"
#include "actors/host/settings.h"

/*  -ERR_SETTING, -ERR_MEMORY, …: problem names the setting or channel. */
int port_alert_new (actor_port_t *port, actor_host_t *host, const settings_t *settings, problem_t *problem);

#endif
