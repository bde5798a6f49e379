/*  env_watch.c: a stat now and then; the rest only after an edit. */
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

void env_watch_destroy (env_watch_t **self_p)
{
    assert (self_p);
    free (*self_p);
    *self_p = NULL;
}

static int import (env_watch_t *self, const settings_t *fresh, bool *changed_p, problem_t *problem)
{
    storage_t *storage = NULL;
    vault_t *vault = NULL;
    char key[SETTINGS_KEY_TEXT_MAX];
    char url[SETTINGS_DATABASE_URL_MAX];
    int rc = settings_encryption_key (self->settings, key, problem);
    if (rc == 0)
        rc = vault_new (&vault, key, problem);
    sodium_memzero (key, sizeof key);
    if (rc == 0)
        rc = settings_database_url (self->settings, url, problem);
    if (rc == 0)
        rc = storage_open (&storage, url, false, problem);
    explicit_bzero (url, sizeof url);
    if (rc == 0)
        rc = master_env_import (fresh, storage, vault, changed_p, problem);
    storage_close (&storage);
    vault_destroy (&vault);
    return rc;
}

void env_watch_check (void *context)
{
    env_watch_t *self = (env_watch_t *) context;
    settings_t *fresh = NULL;
    problem_t problem = {0};
    struct stat now;
    bool changed = false;
    char line[512];
    int rc;
    assert (self);
    if (stat (self->env_file ? self->env_file : ".env", &now) != 0 || same (&now, &self->seen))
        return;
    self->seen = now;
    rc = settings_load (&fresh, self->env_file, &problem);
    if (rc == 0)
        rc = import (self, fresh, &changed, &problem);
    if (rc != 0)
        log_event (LOG_LEVEL_ERROR, NAME, "env_refused", "%s", problem_line (&problem, line, sizeof line));
    else if (changed)
        log_event (LOG_LEVEL_INFO, NAME, "master_reloaded", "the master's keys were taken from %s",
            settings_file (fresh));
    settings_destroy (&fresh);
}
