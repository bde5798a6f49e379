/*  port_gateway.h: the gateway's HTTP side: GATEWAY_HOST, GATEWAY_PORT (and METRICS_PORT), the token, and its core's view.
 */
#ifndef PORT_GATEWAY_H
#define PORT_GATEWAY_H

#include "actors/gateway/gateway.h"
#include "actors/host/actor_host.h"
#include "actors/host/settings.h"

/*  The core is borrowed: it is read between its steps. A port that is taken is no error. -ERR_SETTING, -ERR_IO,
 *  -ERR_MEMORY, -ERR_NOT_FOUND: problem names the setting or file. */
int port_gateway_new (actor_port_t *port, actor_host_t *host, const gateway_t *core,
    const settings_t *settings, problem_t *problem);

/*  Before anything starts: the token is there (made, if need be), and the port is free. A port that is taken, or a place where no
 *  token can be made, is told in *taken (its code is 0 otherwise) and is no error. */
int port_gateway_check (const settings_t *settings, problem_t *taken, problem_t *problem);

#endif
