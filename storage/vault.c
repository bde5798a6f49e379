/*  vault: seals and opens broker credentials; the only place that sees a key and a secret together.
 *
 *  The plaintext exists in locked slots only: sealing assembles it in one, opening decrypts into the caller's.
 */
#include "storage/vault.h"

#include "storage/vault_arena.h"
#include "storage/vault_key.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define VERSION 1
#define KEY_ID_BYTES 4
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD_BYTES (1 + KEY_ID_BYTES + NONCE_BYTES)
#define PLAIN_MIN 3 /*  one character each and the NUL between */

_Static_assert(VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key is 32 bytes");
_Static_assert(HEAD_BYTES + sizeof (credentials_t) + TAG_BYTES <= VAULT_SEALED_MAX, "the longest fits");

struct vault {
    uint8_t *key; /*  locked; readable only while it is used */
    uint32_t key_id;
    pthread_mutex_t lock; /*  of the key's page protection */
};

static uint32_t id_get (const uint8_t bytes[KEY_ID_BYTES])
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

static void id_put (uint32_t id, uint8_t bytes[KEY_ID_BYTES])
{
    for (int i = 0; i < KEY_ID_BYTES; i++)
        bytes[i] = (uint8_t) (id >> (24 - 8 * i));
}

int vault_harden (problem_t *problem)
{
    const struct rlimit none = {0, 0};
    if (setrlimit (RLIMIT_CORE, &none) != 0)
        return problem_set (problem, ERR_IO, "RLIMIT_CORE", "cannot forbid core dumps: %s", strerror (errno));
    if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return problem_set (problem, ERR_IO, "PR_SET_DUMPABLE", "cannot forbid dumps: %s", strerror (errno));
    struct rlimit locked;
    if (getrlimit (RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur < locked.rlim_max) {
        locked.rlim_cur = locked.rlim_max;
        (void) setrlimit (RLIMIT_MEMLOCK, &locked); /*  whether it is enough shows when it is used */
    }
    return 0;
}

static void key_identify (vault_t *self)
{
    uint8_t digest[crypto_generichash_BYTES];
    (void) crypto_generichash (digest, sizeof digest, self->key, VAULT_KEY_BYTES, NULL, 0);
    self->key_id = id_get (digest);
}

int vault_new (vault_t **self_p, const char *key_text, problem_t *problem)
{
    assert (self_p && key_text);
    *self_p = NULL;
    int result = sodium_init ();
    assert (result >= 0);
    vault_t *self = calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "vault", "out of memory");
    result = pthread_mutex_init (&self->lock, NULL);
    assert (result == 0);
    self->key = arena_locked (VAULT_KEY_BYTES);
    result = self->key ? vault_key_parse (key_text, self->key, problem) : vault_memory_problem (problem);
    if (result != 0 || !self->key) {
        vault_destroy (&self);
        return result;
    }
    key_identify (self);
    result = sodium_mprotect_noaccess (self->key);
    assert (result == 0);
    *self_p = self;
    return 0;
}

void vault_destroy (vault_t **self_p)
{
    assert (self_p);
    vault_t *self = *self_p;
    if (!self)
        return;
    sodium_free (self->key); /*  wipes, unlocks; NULL is fine */
    int result = pthread_mutex_destroy (&self->lock);
    assert (result == 0);
    free (self);
    *self_p = NULL;
}

uint32_t vault_key_id (const vault_t *self)
{
    assert (self);
    return self->key_id;
}

static void key_show (vault_t *self)
{
    int result = pthread_mutex_lock (&self->lock);
    assert (result == 0);
    result = sodium_mprotect_readonly (self->key);
    assert (result == 0);
}

static void key_hide (vault_t *self)
{
    int result = sodium_mprotect_noaccess (self->key);
    assert (result == 0);
    result = pthread_mutex_unlock (&self->lock);
    assert (result == 0);
}

/*  1 to VAULT_TEXT_MAX - 1 printable characters; the problem says which text, not what it holds. */
static int text_check (const char *text, const char *name, problem_t *problem)
{
    size_t length = strnlen (text, VAULT_TEXT_MAX);
    if (length == 0 || length >= VAULT_TEXT_MAX)
        return problem_set (problem, ERR_RANGE, name, "has to have 1 to %d characters", VAULT_TEXT_MAX - 1);
    for (size_t i = 0; i < length; i++)
        if (text[i] < '!' || text[i] > '~')
            return problem_set (
                problem, ERR_RANGE, name, "character %zu is not printable ASCII (or a blank)", i + 1);
    return 0;
}

/*  "key_id NUL secret", without a NUL at the end. */
static size_t plain_join (char *plain, const char *key_id, const char *secret)
{
    char *id_end = stpcpy (plain, key_id);
    char *end = stpcpy (id_end + 1, secret); /*  both checked: two texts with their NULs fit a slot */
    return (size_t) (end - plain);
}

int vault_seal (vault_t *self, const char *account_id, const char *key_id, const char *secret,
    uint8_t *sealed, size_t *size_p, problem_t *problem)
{
    assert (self && account_id && key_id && secret && sealed && size_p);
    if (!*account_id)
        return problem_set (problem, ERR_RANGE, "account id", "is empty");
    int result = text_check (key_id, "key id", problem);
    if (result == 0)
        result = text_check (secret, "secret", problem);
    if (result != 0)
        return result;
    credentials_t *slot = credentials_new ();
    if (!slot)
        return vault_memory_problem (problem);
    size_t plain_size = plain_join ((char *) slot, key_id, secret);
    uint8_t *nonce = sealed + 1 + KEY_ID_BYTES;
    sealed[0] = VERSION;
    id_put (self->key_id, sealed + 1);
    randombytes_buf (nonce, NONCE_BYTES);
    unsigned long long cipher_size = 0;
    key_show (self);
    (void) crypto_aead_xchacha20poly1305_ietf_encrypt (sealed + HEAD_BYTES, &cipher_size,
        (const uint8_t *) slot, plain_size, (const uint8_t *) account_id, strlen (account_id), NULL, nonce,
        self->key);
    key_hide (self);
    credentials_destroy (&slot);
    *size_p = HEAD_BYTES + (size_t) cipher_size;
    return 0;
}

static int head_check (
    const vault_t *self, const char *account_id, const uint8_t *sealed, size_t size, problem_t *problem)
{
    if (size < HEAD_BYTES + PLAIN_MIN + TAG_BYTES ||
        size > HEAD_BYTES + sizeof (credentials_t) - 1 + TAG_BYTES)
        return problem_set (
            problem, ERR_SYNTAX, account_id, "sealed credentials of %zu bytes cannot be", size);
    if (sealed[0] != VERSION)
        return problem_set (
            problem, ERR_SYNTAX, account_id, "sealed credentials of unknown version %u", sealed[0]);
    if (id_get (sealed + 1) != self->key_id)
        return problem_set (problem, ERR_KEY, account_id,
            "sealed with another key (id %08x, this one is %08x)", id_get (sealed + 1), self->key_id);
    return 0;
}

/*  The plaintext lies at the start of the slot; the secret moves to its own place, the rest is zero. */
static bool plain_split (credentials_t *slot, size_t size)
{
    uint8_t *plain = (uint8_t *) slot;
    size_t id_size = strnlen ((const char *) plain, size);
    if (id_size == 0 || id_size >= VAULT_TEXT_MAX || id_size + 1 >= size ||
        size - id_size - 1 >= VAULT_TEXT_MAX)
        return false;
    size_t secret_size = size - id_size - 1;
    memmove (slot->secret, plain + id_size + 1, secret_size);
    sodium_memzero (slot->key_id + id_size, sizeof slot->key_id - id_size);
    sodium_memzero (slot->secret + secret_size, sizeof slot->secret - secret_size);
    return strlen (slot->secret) == secret_size;
}

int vault_open (vault_t *self, const char *account_id, const uint8_t *sealed, size_t size,
    credentials_t *credentials, problem_t *problem)
{
    assert (self && account_id && (sealed || size == 0) && credentials);
    int result = head_check (self, account_id, sealed, size, problem);
    if (result != 0)
        return result;
    sodium_memzero (credentials, sizeof *credentials);
    unsigned long long plain_size = 0;
    key_show (self);
    result = crypto_aead_xchacha20poly1305_ietf_decrypt ((uint8_t *) credentials, &plain_size, NULL,
        sealed + HEAD_BYTES, size - HEAD_BYTES, (const uint8_t *) account_id, strlen (account_id),
        sealed + 1 + KEY_ID_BYTES, self->key);
    key_hide (self);
    if (result == 0 && plain_split (credentials, (size_t) plain_size))
        return 0;
    sodium_memzero (credentials, sizeof *credentials);
    return result == 0
               ? problem_set (problem, ERR_SYNTAX, account_id, "what was sealed is not a key id and a secret")
               : problem_set (problem, ERR_KEY, account_id, "sealed for another account, or changed since");
}
