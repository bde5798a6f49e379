/*  client.h: what the client commands share: sealing keys, the e-mail address beside the configuration. */
#ifndef CLIENT_H
#define CLIENT_H

#include "scripts/commands/desk.h"

/*  The e-mail address is for people only, so it stays in the database (setting "client_email:ID") and travels in no
 *  message. */
int client_email_put (storage_t *storage, const char *id, const char *email, problem_t *problem);
/*  "" when there is none; size: at least CLIENT_EMAIL_MAX (client_form.h). */
int client_email_get (storage_t *storage, const char *id, char *email, size_t size, problem_t *problem);

int client_seal (vault_t *vault, client_config_t *client, const credentials_t *keys, problem_t *problem);

/*  "no such client" with the id, for storage's -ERR_NOT_FOUND; else rc. */
int client_missing (int rc, const char *id, problem_t *problem);

#endif
