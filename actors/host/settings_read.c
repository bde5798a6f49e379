/*  settings_read.c: .env and the environment into settings. The file's bytes hold secrets: locked, then freed. */
#include "actors/host/settings_dotenv.h"
#include "actors/host/settings_store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void remember_unknown (settings_t *self, const char *name)
{
    if (self->unknown_count == SETTINGS_UNKNOWN_MAX)
        return;
    snprintf (self->unknown[self->unknown_count++], SETTINGS_NAME_MAX, "%s", name);
}

static int on_entry (void *context, const settings_dotenv_t *entry)
{
    settings_t *self = context;
    setting_t setting;
    if (setting_find (entry->name, strlen (entry->name), &setting) != 0) {
        remember_unknown (self, entry->name);
        return 0;
    }
    int before = self->line[setting];
    if (before > 0) {
        char where[SETTINGS_WHERE_MAX];
        self->line[setting] = entry->line;
        return problem_set (self->problem, ERR_SETTING, settings_where (self, setting, where),
            "set twice (line %d too), expected once", before);
    }
    return settings_set (self, setting, entry->value, entry->line, self->problem);
}

static int read_environment (settings_t *self, char *const *environment, problem_t *problem)
{
    for (char *const *at = environment; at && *at; at++) {
        const char *end = strchr (*at, '=');
        setting_t setting;
        if (!end || end[1] == '\0' || setting_find (*at, (size_t) (end - *at), &setting) != 0)
            continue;
        int rc = settings_set (self, setting, end + 1, SETTINGS_LINE_ENVIRONMENT, problem);
        if (rc)
            return rc;
    }
    return 0;
}

static int fill (
    settings_t *self, const char *bytes, size_t size, char *const *environment, problem_t *problem)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        int rc = settings_set (self, (setting_t) i, "", SETTINGS_LINE_UNSET, problem);
        if (rc)
            return rc;
    }
    self->problem = problem;
    int rc = settings_dotenv_parse (*self->file ? self->file : ".env", bytes, size, on_entry, self, problem);
    self->problem = NULL;
    if (rc == 0)
        rc = read_environment (self, environment, problem);
    return rc ? rc : settings_check_together (self, problem);
}

int settings_parse (settings_t **self_p, const char *file, const char *bytes, size_t size,
    char *const *environment, problem_t *problem)
{
    assert (self_p && file && (bytes || size == 0));
    problem_t own = {0};
    *self_p = NULL;
    settings_t *self = sodium_init () < 0 ? NULL : calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "settings", "no memory for the settings");
    self->secret = sodium_malloc (SETTING_COUNT * sizeof *self->secret);
    int rc = 0;
    if (self->secret)
        sodium_memzero (self->secret, SETTING_COUNT * sizeof *self->secret);
    else
        rc = problem_set (problem, ERR_MEMORY, "settings", "cannot lock memory for the secrets");
    snprintf (self->file, sizeof self->file, "%s", file);
    if (rc == 0)
        rc = fill (self, bytes, size, environment, problem ? problem : &own);
    if (rc)
        settings_destroy (&self);
    *self_p = self;
    return rc;
}

/*  All bytes of fd, at most one more than is allowed, so that the parser sees that it is too big. */
static ssize_t read_bytes (int fd, char *bytes, size_t capacity)
{
    size_t size = 0;
    while (size < capacity) {
        ssize_t got = read (fd, bytes + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        size += (size_t) got;
    }
    return (ssize_t) size;
}

static int load_file (settings_t **self_p, const char *file, int fd, problem_t *problem)
{
    const size_t capacity = SETTINGS_DOTENV_BYTES_MAX + 1;
    char *bytes = sodium_init () < 0 ? NULL : sodium_malloc (capacity);
    if (!bytes)
        return problem_set (problem, ERR_MEMORY, file, "cannot lock memory for the file");
    ssize_t size = read_bytes (fd, bytes, capacity);
    int rc;
    if (size < 0)
        rc = problem_set (problem, ERR_IO, file, "cannot be read: %s", strerror (errno));
    else
        rc = settings_parse (self_p, file, bytes, (size_t) size, environ, problem);
    sodium_free (bytes);
    return rc;
}

int settings_load (settings_t **self_p, const char *env_file, problem_t *problem)
{
    assert (self_p);
    *self_p = NULL;
    const char *file = env_file ? env_file : ".env";
    int fd = open (file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !env_file)
        return settings_parse (self_p, "", NULL, 0, environ, problem);
    if (fd < 0)
        return problem_set (problem, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, file, "cannot be opened: %s",
            strerror (errno));
    int rc = load_file (self_p, file, fd, problem);
    close (fd);
    return rc;
}

void settings_scrub_environment (void)
{
    for (char **at = environ; at && *at; at++) {
        char *end = strchr (*at, '=');
        setting_t setting;
        if (!end || setting_find (*at, (size_t) (end - *at), &setting) != 0)
            continue;
        if (setting_info (setting)->kind == SETTING_KIND_SECRET || setting == SETTING_DATABASE_URL)
            explicit_bzero (end + 1, strlen (end + 1));
    }
}
