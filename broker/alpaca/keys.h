/*  keys.h: the accounts' credentials in one locked region that core dumps leave out, as the header lines they are sent in.
 *
 *  A set of keys is counted: account_close lets go of it, but a call that waits for a connection still needs it. The
 *  last one wipes it. One thread.
 */
#ifndef BROKER_ALPACA_KEYS_H
#define BROKER_ALPACA_KEYS_H

#include "messages/error.h"

#include <stdint.h>

#define KEYS_TEXT_MAX 192 /*  as storage/vault.h's VAULT_TEXT_MAX */
#define KEYS_ID_HEADER "APCA-API-KEY-ID: "
#define KEYS_SECRET_HEADER "APCA-API-SECRET-KEY: "

typedef struct {
    uint32_t references; /*  0 = free */
    char id_line[sizeof KEYS_ID_HEADER + KEYS_TEXT_MAX];
    char secret_line[sizeof KEYS_SECRET_HEADER + KEYS_TEXT_MAX];
} keys_t;

typedef struct keyring keyring_t;

/*  Room for `count` sets. NULL: -ERR_MEMORY in problem (ulimit -l). */
keyring_t *keyring_new (uint32_t count, problem_t *problem);
void keyring_destroy (keyring_t **self_p); /*  wipes all */

/*  One reference, the caller's. -ERR_RANGE: empty, longer than KEYS_TEXT_MAX - 1, or not printable (a line break in
 *  a header would be another header); -ERR_MEMORY: no set is free. */
int keyring_add (keyring_t *self, const char *key_id, const char *secret, keys_t **keys_p);
keys_t *keys_hold (keys_t *self);
void keys_release (keys_t **self_p);
void keys_prefetch (const keys_t *self); /*  into the processor's cache; NULL: nothing */

/*  The bare texts inside the lines. */
const char *keys_id (const keys_t *self);
const char *keys_secret (const keys_t *self);

#endif
