/*  port_trading.h: the broker for a listener or an executor: its accounts, calls and stream over libcurl and
 *  libwebsockets on the actor's loop, an executor's orders over the order channel, credentials opened with the vault for
 *  the moment they are handed over.
 */
#ifndef PORT_TRADING_H
#define PORT_TRADING_H

#include "actors/host/actor_host.h"
#include "actors/host/settings.h"

typedef struct {
    uint32_t max_accounts;
    bool stream; /*  a listener's */
} port_trading_config_t;

/*  Fills *port; host must outlive it. -ERR_SETTING, -ERR_MEMORY, -ERR_IO. */
int port_trading_new (actor_port_t *port, actor_host_t *host, const settings_t *settings,
    const port_trading_config_t *config, problem_t *problem);

#endif
