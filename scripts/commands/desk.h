/*  desk.h: what most commands open first: settings, the database, the vault. */
#ifndef DESK_H
#define DESK_H

#include "actors/host/settings.h"
#include "storage/storage.h"
#include "storage/vault.h"

enum {
    DESK_STORAGE = 1, /*  the database must be there */
    DESK_CREATE = 2,  /*  is made when it is not there */
    DESK_VAULT = 4,   /*  ENCRYPTION_KEY, checked against the key the database was sealed with */
    DESK_WARN = 8     /*  of unknown names in .env, on stderr */
};

typedef struct {
    settings_t *settings;
    storage_t *storage;
    vault_t *vault;
} desk_t;

/*  Hardens the process, loads env_file (NULL: .env), opens what `needs` says.
 *  The key's text is wiped from the settings once the vault holds it (the environment keeps its own copy: children
 *  started by `run` need it; see settings_scrub_environment). After an error nothing is
 *  open. -ERR_*, see settings_load, storage_open, vault_new; -ERR_KEY: sealed with another key. */
int desk_open (desk_t *self, const char *env_file, unsigned needs, problem_t *problem);
/*  Before the first sealed row is stored: this key is the database's from now on (if none is yet). */
int desk_claim_key (desk_t *self, problem_t *problem);
void desk_warn_unknown (const settings_t *settings);
void desk_close (desk_t *self);

#endif
