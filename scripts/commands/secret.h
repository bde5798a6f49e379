/*  secret.h: a secret from a flag, a file, stdin or a prompt, into locked memory. */
#ifndef SECRET_H
#define SECRET_H

#include "messages/error.h"
#include "storage/vault.h"

#include <stdbool.h>

/*  What the options gave. flag texts lie in `keys` already ("" = not given). */
typedef struct {
    credentials_t *keys;     /*  owned by the caller */
    const char *secret_file; /*  --secret-key-file: NULL, a file, or "-" = stdin */
} secret_sources_t;

/*  Fills what is missing of key id and secret: the secret from secret_file; both by a prompt without echo when stdin
 *  is a terminal. -ERR_MISSING names the flag; -ERR_SETTING (two sources, no such file,
 *  empty, too long), -ERR_IO. */
int secret_complete (const secret_sources_t *self, problem_t *problem);

/*  "PKTE****" : enough to recognise a key id. text: at least 9 bytes. */
#define SECRET_MASK_MAX 16
const char *secret_mask (const char *key_id, char text[SECRET_MASK_MAX]);

#endif
