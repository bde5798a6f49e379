/*  master_env.c: seal, store, remember. */
#include "actors/host/master_env.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FINGERPRINT "master_env_fingerprint"
#define FINGERPRINT_BYTES 16

/*  In locked memory. */
typedef struct {
    char key[SETTINGS_KEY_TEXT_MAX];
    credentials_t credentials;
} secrets_t;

static void fingerprint (
    const secrets_t *secrets, const char *master_id, char text[FINGERPRINT_BYTES * 2 + 1])
{
    crypto_generichash_state state;
    unsigned char digest[FINGERPRINT_BYTES];
    size_t key_size = strlen (secrets->key);
    if (key_size > crypto_generichash_KEYBYTES_MAX)
        key_size = crypto_generichash_KEYBYTES_MAX;
    (void) crypto_generichash_init (&state, (const unsigned char *) secrets->key, key_size, sizeof digest);
    (void) crypto_generichash_update (&state, (const unsigned char *) master_id, strlen (master_id) + 1);
    (void) crypto_generichash_update (&state, (const unsigned char *) secrets->credentials.key_id,
        strlen (secrets->credentials.key_id) + 1);
    (void) crypto_generichash_update (&state, (const unsigned char *) secrets->credentials.secret,
        strlen (secrets->credentials.secret) + 1);
    (void) crypto_generichash_final (&state, digest, sizeof digest);
    (void) sodium_bin2hex (text, FINGERPRINT_BYTES * 2 + 1, digest, sizeof digest);
    sodium_memzero (&state, sizeof state);
}

static int put (
    const secrets_t *secrets, const char *master_id, storage_t *storage, vault_t *vault, problem_t *problem)
{
    master_config_t master;
    int rc;
    memset (&master, 0, sizeof master);
    (void) strncpy (master.master_id, master_id, sizeof master.master_id - 1);
    rc = vault_seal (vault, master_id, secrets->credentials.key_id, secrets->credentials.secret,
        master.sealed, &master.sealed_size, problem);
    return rc == 0 ? storage_master_put (storage, &master, problem) : rc;
}

static int read_secrets (const settings_t *settings, secrets_t *secrets, problem_t *problem)
{
    int rc = settings_secret (settings, SETTING_MASTER_API_KEY, secrets->credentials.key_id, VAULT_TEXT_MAX);
    if (rc == 0)
        rc = settings_secret (
            settings, SETTING_MASTER_SECRET_KEY, secrets->credentials.secret, VAULT_TEXT_MAX);
    if (rc == -ERR_MISSING)
        return rc;
    if (rc != 0)
        return problem_set (problem, -rc, "MASTER_API_KEY", "the key or its secret is too long");
    return settings_encryption_key (settings, secrets->key, problem);
}

int master_env_import (
    const settings_t *settings, storage_t *storage, vault_t *vault, bool *changed_p, problem_t *problem)
{
    secrets_t *secrets;
    const char *master_id;
    char now[FINGERPRINT_BYTES * 2 + 1];
    char before[FINGERPRINT_BYTES * 2 + 1] = "";
    int rc;
    assert (settings && storage && vault);
    if (changed_p)
        *changed_p = false;
    master_id = settings_text (settings, SETTING_MASTER_ACCOUNT_ID);
    secrets = (secrets_t *) sodium_malloc (sizeof *secrets);
    if (!secrets)
        return problem_set (problem, ERR_MEMORY, "MASTER_API_KEY", "no locked memory");
    rc = read_secrets (settings, secrets, problem);
    if (rc == 0) {
        fingerprint (secrets, master_id, now);
        rc = storage_setting_get (storage, FINGERPRINT, before, sizeof before, problem);
        if (rc == -ERR_NOT_FOUND || (rc == 0 && strcmp (now, before) != 0)) {
            rc = put (secrets, master_id, storage, vault, problem);
            if (rc == 0)
                rc = storage_setting_put (storage, FINGERPRINT, now, problem);
            if (rc == 0 && changed_p)
                *changed_p = true;
        }
    } else if (rc == -ERR_MISSING)
        rc = 0; /*  the master comes from `master set` */
    sodium_free (secrets);
    return rc;
}
