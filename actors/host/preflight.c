/*  preflight.c: the checks, in the order in which they cost. */
#include "actors/host/preflight.h"

#include "actors/host/broker_check.h"
#include "actors/host/master_env.h"
#include "actors/host/redis_loop.h"
#include "storage/postgres_url.h"
#include "storage/sqlite_url.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    vault_t *vault;
    credentials_t *credentials;
    problem_t *problem;
} preflight_t;

int preflight_database_place (const settings_t *settings, char place[DATABASE_PATH_MAX], problem_t *problem)
{
    assert (settings && place);
    const char *url = settings_text (settings, SETTING_DATABASE_URL);
    if (!postgres_url_is (url))
        return sqlite_url_path (url, place, DATABASE_PATH_MAX, problem);
    postgres_url_t parsed;
    int rc = postgres_url_parse (url, &parsed, problem);
    (void) snprintf (place, DATABASE_PATH_MAX, "%s", parsed.place);
    sodium_memzero (&parsed, sizeof parsed);
    return rc;
}

static int open_vault (const settings_t *settings, vault_t **vault_p, problem_t *problem)
{
    char key[SETTINGS_KEY_TEXT_MAX];
    int rc = settings_encryption_key (settings, key, problem);
    if (rc == 0)
        rc = vault_new (vault_p, key, problem);
    sodium_memzero (key, sizeof key);
    return rc;
}

static int check_client (void *context, const client_config_t *client)
{
    preflight_t *self = (preflight_t *) context;
    if (client->removed)
        return 0;
    return vault_open (self->vault, client->client_id, client->sealed, client->sealed_size, self->credentials,
        self->problem);
}

static int check_accounts (preflight_t *self, storage_t *storage, const settings_t *settings)
{
    master_config_t master;
    int rc = storage_client_each (storage, 0, check_client, self, self->problem);
    if (rc != 0)
        return rc;
    rc = storage_master_get (storage, &master, self->problem);
    if (rc == -ERR_NOT_FOUND)
        return problem_set (self->problem, ERR_SETTING, "master",
            "there is none: set MASTER_ACCOUNT_ID, MASTER_API_KEY and MASTER_SECRET_KEY in .env, or use "
            "`trade-copier master set`");
    if (rc == 0)
        rc = vault_open (self->vault, master.master_id, master.sealed, master.sealed_size, self->credentials,
            self->problem);
    if (rc == 0)
        rc = broker_check (settings, master.master_id, self->credentials, self->problem);
    return rc;
}

static int check_database (preflight_t *self, const settings_t *settings)
{
    storage_t *storage = NULL;
    char url[SETTINGS_DATABASE_URL_MAX];
    int rc = settings_database_url (settings, url, self->problem);
    if (rc == 0)
        rc = storage_open (&storage, url, true, self->problem);
    sodium_memzero (url, sizeof url);
    if (rc == 0)
        rc = master_env_import (settings, storage, self->vault, NULL, self->problem);
    if (rc == 0)
        rc = check_accounts (self, storage, settings);
    storage_close (&storage);
    return rc;
}

/*  Its syntax: a Redis that does not answer stops nobody. */
static int check_redis (const settings_t *settings, problem_t *problem)
{
    char url[SETTING_TEXT_MAX];
    int rc = settings_secret (settings, SETTING_REDIS_URL, url, sizeof url);
    if (rc == 0)
        rc = redis_loop_check (url, problem);
    else if (rc == -ERR_MISSING)
        rc = 0;
    sodium_memzero (url, sizeof url);
    return rc;
}

int preflight (const settings_t *settings, run_dir_t *run_dir, problem_t *problem)
{
    preflight_t self = {.problem = problem};
    int rc;
    assert (settings && problem);
    rc = open_vault (settings, &self.vault, problem);
    if (rc == 0)
        rc = check_redis (settings, problem);
    if (rc == 0 && run_dir)
        rc = run_dir_lock (run_dir, problem);
    if (rc == 0) {
        self.credentials = credentials_new ();
        rc = self.credentials ? check_database (&self, settings)
                              : problem_set (problem, ERR_MEMORY, "keys", "no locked memory (ulimit -l)");
    }
    credentials_destroy (&self.credentials);
    vault_destroy (&self.vault);
    return rc;
}
