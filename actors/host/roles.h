/*  roles.h: the composition root: which core, which limits and which ports an actor of a role gets from the settings.
 */
#ifndef ROLES_H
#define ROLES_H

#include "actors/host/actor_host.h"
#include "actors/host/settings.h"
#include "actors/host/topology.h"

/*  Not for ROLE_TAP, which has no core. After an error nothing is left. */
int roles_build (actor_parts_t *parts, actor_host_t *host, const topology_t *topology,
    const topology_actor_t *actor, const settings_t *settings, problem_t *problem);

#endif
