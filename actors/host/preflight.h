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
/*  Which database DATABASE_URL names, without its password: a file's path, or postgresql://… */
int preflight_database_place (const settings_t *settings, char place[DATABASE_PATH_MAX], problem_t *problem);

#endif
