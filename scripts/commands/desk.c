/*  desk.c: opens in the order in which errors help most: settings, database, key. */
#include "scripts/commands/desk.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define KEY_ID_SETTING "encryption_key_id"

void desk_warn_unknown (const settings_t *settings)
{
    const char *name;
    for (size_t i = 0; (name = settings_unknown (settings, i)) != NULL; i++)
        fprintf (stderr, "trade-copier: warning: %s: unknown setting %s is not used (see .env.example)\n",
            settings_file (settings), name);
}

static int open_storage (desk_t *self, unsigned needs, problem_t *problem)
{
    char url[SETTINGS_DATABASE_URL_MAX];
    int rc = settings_database_url (self->settings, url, problem);
    if (rc == 0)
        rc = storage_open (&self->storage, url, (needs & DESK_CREATE) != 0, problem);
    explicit_bzero (url, sizeof url);
    return rc;
}

static void key_id_text (const desk_t *self, char text[16])
{
    snprintf (text, 16, "%08x", vault_key_id (self->vault));
}

/*  `run` seals the master of .env without a word about the key: ask the master's seal. */
static int check_master_seal (desk_t *self, problem_t *problem)
{
    master_config_t master;
    int rc = storage_master_get (self->storage, &master, problem);
    if (rc)
        return rc == -ERR_NOT_FOUND ? 0 : rc;
    credentials_t *keys = credentials_new ();
    if (!keys)
        return problem_set (problem, ERR_MEMORY, "ENCRYPTION_KEY", "cannot lock memory for the keys");
    rc = vault_open (self->vault, master.master_id, master.sealed, master.sealed_size, keys, problem);
    credentials_destroy (&keys);
    return rc;
}

/*  A database is sealed with one key; the first to seal said which. 0 also when nothing was sealed yet. */
static int check_key_id (desk_t *self, problem_t *problem)
{
    char ours[16];
    char stored[16];
    key_id_text (self, ours);
    int rc = storage_setting_get (self->storage, KEY_ID_SETTING, stored, sizeof stored, problem);
    if (rc == -ERR_NOT_FOUND)
        return check_master_seal (self, problem);
    if (rc || strcmp (stored, ours) == 0)
        return rc;
    return problem_set (problem, ERR_KEY, "ENCRYPTION_KEY",
        "the database was sealed with key id %s, this key's id is %s", stored, ours);
}

int desk_claim_key (desk_t *self, problem_t *problem)
{
    assert (self && self->storage && self->vault);
    char ours[16];
    char stored[16];
    key_id_text (self, ours);
    int rc = storage_setting_get (self->storage, KEY_ID_SETTING, stored, sizeof stored, problem);
    return rc == -ERR_NOT_FOUND ? storage_setting_put (self->storage, KEY_ID_SETTING, ours, problem) : rc;
}

static int open_vault (desk_t *self, problem_t *problem)
{
    char key[SETTINGS_KEY_TEXT_MAX];
    int rc = settings_encryption_key (self->settings, key, problem);
    if (rc == 0)
        rc = vault_new (&self->vault, key, problem);
    explicit_bzero (key, sizeof key);
    settings_wipe (self->settings, SETTING_ENCRYPTION_KEY);
    if (rc == 0 && self->storage)
        rc = check_key_id (self, problem);
    return rc;
}

/*  A missing .env, key file or database is not the missing client that -ERR_NOT_FOUND means to a command. */
static int missing_as (int rc, int code, problem_t *problem)
{
    if (rc != -ERR_NOT_FOUND)
        return rc;
    problem->code = code;
    return -code;
}

int desk_open (desk_t *self, const char *env_file, unsigned needs, problem_t *problem)
{
    assert (self && problem);
    *self = (desk_t){0};
    int rc = vault_harden (problem);
    if (rc == 0)
        rc = missing_as (settings_load (&self->settings, env_file, problem), ERR_SETTING, problem);
    if (rc == 0 && (needs & DESK_WARN))
        desk_warn_unknown (self->settings);
    if (rc == 0 && (needs & (DESK_STORAGE | DESK_CREATE)))
        rc = missing_as (open_storage (self, needs, problem), ERR_STORAGE, problem);
    if (rc == 0 && (needs & DESK_VAULT))
        rc = missing_as (open_vault (self, problem), ERR_SETTING, problem);
    if (rc)
        desk_close (self);
    return rc;
}

void desk_close (desk_t *self)
{
    assert (self);
    vault_destroy (&self->vault);
    if (self->storage)
        storage_close (&self->storage);
    settings_destroy (&self->settings);
}
