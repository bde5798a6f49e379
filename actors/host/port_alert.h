/*  port_alert.h: channels for the alert actor. Until issue 4 there is one: the log. */
#ifndef PORT_ALERT_H
#define PORT_ALERT_H

#include "actors/host/actor_host.h"

int port_alert_new (actor_port_t *port, actor_host_t *host, problem_t *problem);

#endif
