/*  manager.h: what the service manager hears of a whole run: READY=1 when every actor is ready for the first time, a line
 *  that says what is missing, and WATCHDOG=1 as long as every actor answers. Without a manager nothing is done.
 */
#ifndef MANAGER_H
#define MANAGER_H

#include "actors/host/topology.h"

#include <uv.h>

#define MANAGER_SILENT_NS INT64_C (30000000000) /*  an actor that says nothing for so long hangs */

typedef struct manager manager_t;

/*  dir: where the actors' health sockets are; both borrowed. NULL: nobody wants to know (or no memory). */
manager_t *manager_new (uv_loop_t *loop, const topology_t *topology, const char *dir);
void manager_stopping (manager_t *self);
/*  After its handle was closed with the loop's others. */
void manager_free (manager_t **self_p);

#endif
