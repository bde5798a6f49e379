/*  keys.c: why it exists: a secret that libcurl reads must stay where it is until the request is written, and nowhere
 *  else. */
#include "broker/alpaca/keys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct keyring {
    keys_t *sets; /*  locked */
    uint32_t count;
    uint32_t next; /*  where the search for a free one begins */
    size_t size;
};

keyring_t *keyring_new (uint32_t count, problem_t *problem)
{
    assert (count > 0);
    keyring_t *self = calloc (1, sizeof *self);
    if (!self) {
        (void) problem_set (problem, ERR_MEMORY, "credentials", "no room");
        return NULL;
    }
    self->count = count;
    self->size = (size_t) count * sizeof *self->sets;
    void *region = mmap (NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED || mlock (region, self->size) != 0) {
        (void) problem_set (problem, ERR_MEMORY, "credentials", "cannot lock %zu bytes for %u accounts: %s",
            self->size, count, strerror (errno));
        if (region != MAP_FAILED)
            (void) munmap (region, self->size);
        free (self);
        return NULL;
    }
    (void) madvise (region, self->size, MADV_DONTDUMP); /*  the process is undumpable too: vault_harden */
    self->sets = region;
    return self;
}

void keyring_destroy (keyring_t **self_p)
{
    assert (self_p);
    keyring_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    explicit_bzero (self->sets, self->size);
    (void) munlock (self->sets, self->size);
    (void) munmap (self->sets, self->size);
    free (self);
}

static int line_write (char *line, const char *header, const char *text)
{
    size_t length = strlen (text);
    if (length == 0 || length >= KEYS_TEXT_MAX)
        return -ERR_RANGE;
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return -ERR_RANGE;
    size_t before = strlen (header);
    memcpy (line, header, before);
    memcpy (line + before, text, length + 1);
    return 0;
}

static keys_t *keyring_free_set (keyring_t *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        keys_t *keys = &self->sets[(self->next + i) % self->count];
        if (keys->references == 0) {
            self->next = (self->next + i + 1) % self->count;
            return keys;
        }
    }
    return NULL;
}

int keyring_add (keyring_t *self, const char *key_id, const char *secret, keys_t **keys_p)
{
    assert (self && key_id && secret && keys_p);
    keys_t *keys = keyring_free_set (self);
    if (!keys)
        return -ERR_MEMORY;
    int result = line_write (keys->id_line, KEYS_ID_HEADER, key_id);
    if (result == 0)
        result = line_write (keys->secret_line, KEYS_SECRET_HEADER, secret);
    if (result != 0) {
        explicit_bzero (keys, sizeof *keys);
        return result;
    }
    keys->references = 1;
    *keys_p = keys;
    return 0;
}

keys_t *keys_hold (keys_t *self)
{
    assert (self && self->references > 0);
    self->references++;
    return self;
}

void keys_release (keys_t **self_p)
{
    assert (self_p);
    keys_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    assert (self->references > 0);
    if (--self->references == 0)
        explicit_bzero (self, sizeof *self);
}

void keys_prefetch (const keys_t *self)
{
    if (!self)
        return;
    __builtin_prefetch (&self->references, 1);
    __builtin_prefetch (self->id_line + strlen (KEYS_ID_HEADER));
    __builtin_prefetch (self->secret_line + strlen (KEYS_SECRET_HEADER));
}

const char *keys_id (const keys_t *self)
{
    assert (self && self->references > 0);
    return self->id_line + strlen (KEYS_ID_HEADER);
}

const char *keys_secret (const keys_t *self)
{
    assert (self && self->references > 0);
    return self->secret_line + strlen (KEYS_SECRET_HEADER);
}
