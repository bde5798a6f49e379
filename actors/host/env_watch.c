/*  env_watch.c: a stat now and then; the rest only after an edit, again while the database is away. */
#include "actors/host/env_watch.h"

#include "actors/host/log.h"
#include "actors/host/master_env.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAME "supervisor"

struct env_watch {
    const settings_t *settings; /*  in force: which database and which key */
    const char *env_file;
    struct stat seen;
    settings_t *fresh;  /*  an edit that is not in the database yet; NULL = none */
    storage_t *storage; /*  for it */
    bool told;          /*  that the database is away */
};

static bool same (const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_size == b->st_size && a->st_ino == b->st_ino;
}

env_watch_t *env_watch_new (const settings_t *settings, const char *env_file)
{
    env_watch_t *self;
    assert (settings);
    self = (env_watch_t *) calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->settings = settings;
    self->env_file = env_file;
    (void) stat (env_file ? env_file : ".env", &self->seen);
    return self;
}

static void forget (env_watch_t *self)
{
    storage_close (&self->storage);
    settings_destroy (&self->fresh);
    self->told = false;
}

void env_watch_destroy (env_watch_t **self_p)
{
    assert (self_p);
    if (*self_p)
        forget (*self_p);
    free (*self_p);
    *self_p = NULL;
}

static int open_storage (env_watch_t *self, problem_t *problem)
{
    char url[SETTINGS_DATABASE_URL_MAX];
    if (self->storage)
        return 0;
    int rc = settings_database_url (self->settings, url, problem);
    if (rc == 0)
        rc = storage_open_later (&self->storage, url, problem);
    explicit_bzero (url, sizeof url);
    return rc;
}

static int import (env_watch_t *self, bool *changed_p, problem_t *problem)
{
    vault_t *vault = NULL;
    char key[SETTINGS_KEY_TEXT_MAX];
    int rc = settings_encryption_key (self->settings, key, problem);
    if (rc == 0)
        rc = vault_new (&vault, key, problem);
    sodium_memzero (key, sizeof key);
    if (rc == 0)
        rc = open_storage (self, problem);
    if (rc == 0)
        rc = master_env_import (self->fresh, self->storage, vault, changed_p, problem);
    vault_destroy (&vault);
    return rc;
}

/*  A server that is away comes back, and the edit is still wanted then; asking it meanwhile takes no time. */
static bool comes_back (int rc)
{
    return rc == -ERR_UNREACHABLE || rc == -ERR_TIMEOUT;
}

static void take (env_watch_t *self)
{
    problem_t problem = {0};
    bool changed = false;
    char line[512];
    int rc = import (self, &changed, &problem);
    bool again = comes_back (rc);
    if (rc != 0 && !self->told)
        log_event (LOG_LEVEL_ERROR, NAME, again ? "env_waits" : "env_refused", "%s",
            problem_line (&problem, line, sizeof line));
    else if (changed)
        log_event (LOG_LEVEL_INFO, NAME, "master_reloaded", "the master's keys were taken from %s",
            settings_file (self->fresh));
    self->told = again;
    if (!again)
        forget (self);
}

void env_watch_check (void *context)
{
    env_watch_t *self = (env_watch_t *) context;
    problem_t problem = {0};
    struct stat now;
    char line[512];
    assert (self);
    if (stat (self->env_file ? self->env_file : ".env", &now) == 0 && !same (&now, &self->seen)) {
        self->seen = now;
        forget (self);
        if (settings_load (&self->fresh, self->env_file, &problem) != 0)
            log_event (
                LOG_LEVEL_ERROR, NAME, "env_refused", "%s", problem_line (&problem, line, sizeof line));
    }
    if (self->fresh)
        take (self);
}
