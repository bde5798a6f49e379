/*  vault.h: broker credentials at rest and in memory.
 *
 *  At rest: XChaCha20-Poly1305 (libsodium, IETF) with the account id as associated data:
 *      version 1 (1 byte) | key id (4 bytes) | nonce (24) | ciphertext of "key_id NUL secret" | tag (16)
 *  In memory: the key and opened credentials live in one locked, undumpable arena (sodium_malloc: mlock, guard pages,
 *  MADV_DONTDUMP); vault_harden makes the process itself undumpable.
 *
 *  ENCRYPTION_KEY: 32 bytes as URL-safe base64 (44 characters: a Fernet key of the Python copier is one) or 64 hex
 *  digits; or ENCRYPTION_KEY_FILE. key id = first 4 bytes of BLAKE2b(key).
 */
#ifndef VAULT_H
#define VAULT_H

#include "messages/error.h"

#include <stdint.h>

#define VAULT_SEALED_MAX 512
#define VAULT_TEXT_MAX 192 /*  longest key id or secret, with its NUL */

typedef struct vault vault_t; /*  any thread: calls on one vault wait for each other */

typedef struct {
    char key_id[VAULT_TEXT_MAX];
    char secret[VAULT_TEXT_MAX];
} credentials_t; /*  always from credentials_new: locked, wiped when destroyed */

/*  prctl (PR_SET_DUMPABLE, 0), RLIMIT_CORE 0, and RLIMIT_MEMLOCK up to what is allowed. Call before any key is read,
 *  and again after execve or a change of user (both make a process dumpable again). -ERR_IO. */
int vault_harden (problem_t *problem);

/*  -ERR_SETTING (not a key), -ERR_MEMORY (cannot lock). The text of the key is not kept. */
int vault_new (vault_t **self_p, const char *key_text, problem_t *problem);
void vault_destroy (vault_t **self_p);
uint32_t vault_key_id (const vault_t *self);

/*  One 384-byte slot of a locked slab (vault_arena.c): thousands fit the usual limits. NULL: cannot lock (say why
 *  with vault_memory_problem). Any thread. */
credentials_t *credentials_new (void);
void credentials_destroy (credentials_t **self_p);
/*  -ERR_MEMORY, naming the limit on locked memory and what is locked now. */
int vault_memory_problem (problem_t *problem);

/*  sealed: at least VAULT_SEALED_MAX bytes. -ERR_RANGE: too long or empty, or not printable ASCII. */
int vault_seal (vault_t *self, const char *account_id, const char *key_id, const char *secret,
    uint8_t *sealed, size_t *size_p, problem_t *problem);
/*  -ERR_KEY: another key, another account, or tampered with; -ERR_SYNTAX: not sealed bytes. */
int vault_open (vault_t *self, const char *account_id, const uint8_t *sealed, size_t size,
    credentials_t *credentials, problem_t *problem);

/*  A new random key as text for ENCRYPTION_KEY. */
#define VAULT_KEY_TEXT_MAX 48
void vault_keygen (char text[VAULT_KEY_TEXT_MAX]);

#endif
