/*  env_watch.h: notices that somebody edited .env, and takes the master's keys from it: the hot reload.
 *
 *  Only the master's keys: other settings are read at the start. A .env that is wrong now is logged once per edit and
 *  changes nothing; while the database's server is away it is tried again. Threads: the supervisor's.
 */
#ifndef ENV_WATCH_H
#define ENV_WATCH_H

#include "actors/host/settings.h"

typedef struct env_watch env_watch_t;

/*  settings: those in force, borrowed. NULL: no file to watch, or no memory. */
env_watch_t *env_watch_new (const settings_t *settings, const char *env_file);
void env_watch_destroy (env_watch_t **self_p);
/*  Cheap when nothing changed (a stat). context is the env_watch_t. */
void env_watch_check (void *context);

#endif
