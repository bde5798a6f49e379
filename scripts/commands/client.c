/*  client.c: small things that every client command needs. */
#include "scripts/commands/client.h"

#include <assert.h>
#include <stdio.h>

static void name_setting (const char *id, char name[96])
{
    snprintf (name, 96, "client_email:%.64s", id);
}

int client_email_put (storage_t *storage, const char *id, const char *email, problem_t *problem)
{
    assert (storage && id && email);
    char name[96];
    name_setting (id, name);
    return storage_setting_put (storage, name, email, problem);
}

int client_email_get (storage_t *storage, const char *id, char *email, size_t size, problem_t *problem)
{
    assert (storage && id && email && size > 0);
    char name[96];
    name_setting (id, name);
    *email = '\0';
    int rc = storage_setting_get (storage, name, email, size, problem);
    return rc == -ERR_NOT_FOUND ? 0 : rc;
}

int client_seal (vault_t *vault, client_config_t *client, const credentials_t *keys, problem_t *problem)
{
    assert (vault && client && keys);
    return vault_seal (
        vault, client->client_id, keys->key_id, keys->secret, client->sealed, &client->sealed_size, problem);
}

int client_missing (int rc, const char *id, problem_t *problem)
{
    if (rc != -ERR_NOT_FOUND)
        return rc;
    return problem_set (problem, ERR_NOT_FOUND, "client", "there is none named %.63s", id);
}
