/*  preflight.h: everything that can be wrong before an actor starts, so that it is said once and clearly. */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "actors/host/run_dir.h"
#include "actors/host/settings.h"
#include "storage/storage.h"
#include "storage/vault.h"

/*  Takes the lock, opens (makes) the database, takes the master from .env, opens every sealed credential, and asks
 *  the broker for the account of the master. */
int preflight (const settings_t *settings, run_dir_t *run_dir, problem_t *problem);

#define DATABASE_PATH_MAX 1024
/*  The database's path of DATABASE_URL. */
int preflight_database_path (const settings_t *settings, char *path, size_t size, problem_t *problem);

#endif
