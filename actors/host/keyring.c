/*  keyring.c: see keyring.h. */
#include "actors/host/keyring.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_certificate (const struct dirent *entry)
{
    size_t length = strlen (entry->d_name);
    return length > 4 && entry->d_name[0] != '.' && strcmp (entry->d_name + length - 4, ".key") == 0;
}

static int read_one (certificate_t *one, const char *directory, const char *file, problem_t *problem)
{
    char label[CERTIFICATE_LABEL_MAX];
    size_t length = strlen (file) - 4;
    (void) snprintf (label, sizeof label, "%.*s", (int) length, file);
    if (length >= sizeof label || !certificate_name (one, label))
        return problem_set (problem, ERR_SYNTAX, file,
            "is called like no role: expected ROLE.key, ROLE-NAME.key or NAME~WORD.key, of dispatcher, "
            "listener, executor, audit, alert, gateway, tap, monitor");
    return certificate_load_public (one, directory, problem);
}

static int read_all (keyring_t *self, const char *directory, struct dirent **files, size_t count,
    size_t *bad_p, problem_t *problem)
{
    for (size_t n = 0; n < count; n++) {
        if (self->count == KEYRING_MAX)
            return problem_set (problem, ERR_RANGE, directory, "more than %d certificates", KEYRING_MAX);
        int rc = read_one (&self->list[self->count], directory, files[n]->d_name, problem);
        if (rc == 0)
            self->count++;
        else if (bad_p)
            (*bad_p)++;
        else
            return rc;
    }
    return 0;
}

static int read_into (keyring_t *self, const char *directory, struct dirent **files, size_t count,
    size_t *bad_p, problem_t *problem)
{
    keyring_t *fresh = calloc (1, sizeof *fresh);
    if (!fresh)
        return problem_set (problem, ERR_MEMORY, directory, "no memory for its certificates");
    int rc = read_all (fresh, directory, files, count, bad_p, problem);
    if (rc == 0)
        *self = *fresh;
    free (fresh);
    return rc;
}

int keyring_read (keyring_t *self, const char *directory, size_t *bad_p, problem_t *problem)
{
    struct dirent **files = NULL;
    assert (self && directory);
    int count = scandir (directory, &files, is_certificate, alphasort);
    if (count < 0)
        return problem_set (problem, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, directory,
            "%s: expected a directory of public certificates", strerror (errno));
    if (bad_p)
        *bad_p = 0;
    int rc = read_into (self, directory, files, (size_t) count, bad_p, problem);
    for (int n = 0; n < count; n++)
        free (files[n]);
    free (files);
    return rc;
}

/*  Asked for every message. */
const certificate_t *keyring_find (const keyring_t *self, const char *key)
{
    assert (self && key);
    for (size_t n = 0; n < self->count; n++)
        if (self->list[n].key[0] == *key && strcmp (self->list[n].key, key) == 0)
            return &self->list[n];
    return NULL;
}

const certificate_t *keyring_label (const keyring_t *self, const char *label)
{
    assert (self && label);
    for (size_t n = 0; n < self->count; n++)
        if (strcmp (self->list[n].label, label) == 0)
            return &self->list[n];
    return NULL;
}

bool keyring_same (const keyring_t *self, const keyring_t *other)
{
    assert (self && other);
    return self->count == other->count &&
           memcmp (self->list, other->list, self->count * sizeof *self->list) == 0;
}
