/*  curve_settings.h: which keys an actor has, and that none is missing where one is needed.
 *
 *  Whatever listens or connects beyond this machine over tcp needs keys. On loopback alone it may do without, when no
 *  CURVE_* is set; then everybody on this machine may listen and speak.
 */
#ifndef CURVE_SETTINGS_H
#define CURVE_SETTINGS_H

#include "actors/host/curve.h"
#include "actors/host/settings.h"
#include "actors/host/topology.h"

/*  Of an actor of the topology; *self_p NULL: it needs none. -ERR_SETTING: it has none and needs them; curve_new. */
int curve_of_actor (curve_t **self_p, const settings_t *settings, const topology_t *topology,
    const topology_actor_t *actor, problem_t *problem);
/*  Of every one of them: what `run` finds out before it starts any. */
int curve_check_all (const settings_t *settings, const topology_t *topology, problem_t *problem);
/*  Of a reader of the tap at this endpoint. -ERR_SETTING too: the certificate is none that may read it. */
int curve_of_reader (curve_t **self_p, const settings_t *settings, const char *endpoint, problem_t *problem);

/*  "tcp://127.0.0.1:7600": nobody else than this machine can be at the other end. */
bool curve_is_loopback (const char *endpoint);

#endif
