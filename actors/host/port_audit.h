/*  port_audit.h: the database for the audit actor: its transactions, and the configuration for who asks.
 *
 *  Calls block, which is why the audit is an actor of its own. A failed append or commit rolls the transaction back
 *  and comes back as EVENT_STORE_FAILED with the token of its commit; the core keeps the records and tries again.
 */
#ifndef PORT_AUDIT_H
#define PORT_AUDIT_H

#include "actors/host/actor_host.h"
#include "actors/host/settings.h"

int port_audit_new (actor_port_t *port, actor_host_t *host, const settings_t *settings, problem_t *problem);

#endif
