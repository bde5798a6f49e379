/*  master_env.h: the master's keys from .env into the database: at the start, and again whenever .env changes.
 *
 *  The setting master_env_fingerprint (BLAKE2b keyed with the encryption key, so that it tells nothing) remembers what
 *  was taken last: keys that `master set` wrote since are not overwritten until .env itself changes.
 */
#ifndef MASTER_ENV_H
#define MASTER_ENV_H

#include "actors/host/settings.h"
#include "storage/storage.h"
#include "storage/vault.h"

/*  *changed_p (may be NULL): something was written. Nothing in .env is no error. */
int master_env_import (
    const settings_t *settings, storage_t *storage, vault_t *vault, bool *changed_p, problem_t *problem);

#endif
