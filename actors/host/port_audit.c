/*  port_audit.c: effects to the storage's ports. */
#include "actors/host/port_audit.h"

#include "actors/host/log.h"
#include "storage/sqlite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    actor_host_t *host;
    storage_t *storage;
    state_t *state;
    bool open;         /*  a transaction is */
    int failed;        /*  the error that spoiled it; 0 = none */
    uint64_t failures; /*  in a row: logged once for each power of two */
    const char *to;    /*  of the load under way */
    uint64_t clients;  /*  sent by it, active */
    message_t message;
} port_audit_t;

static void report (port_audit_t *self, const char *what, const problem_t *problem)
{
    char line[512];
    self->failures++;
    if ((self->failures & (self->failures - 1)) == 0)
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "storage_failed", "%s: %s (%llu in a row)",
            what, problem_line (problem, line, sizeof line), (unsigned long long) self->failures);
}

static void store (port_audit_t *self, const effect_t *effect, const uint8_t *bytes)
{
    problem_t problem = {0};
    int rc;
    if (self->failed != 0)
        return; /*  what follows belongs to the same spoiled transaction */
    rc = message_decode (effect->message, bytes, effect->size, &self->message, &problem);
    assert (rc == 0); /*  effects_store has just encoded it */
    if (!self->open) {
        rc = storage_begin (self->storage, &problem);
        self->open = rc == 0;
    }
    if (rc == 0)
        rc = storage_append (self->storage, &self->message, &problem);
    if (rc == 0)
        return;
    self->failed = rc;
    report (self, "append", &problem);
}

/*  A transaction that is spoiled is committed nowhere: storage_append has rolled it back. */
static void commit (port_audit_t *self, uint64_t token)
{
    problem_t problem = {0};
    int rc = self->failed;
    if (rc == 0 && self->open) {
        rc = storage_commit (self->storage, &problem);
        if (rc != 0)
            report (self, "commit", &problem);
    }
    if (rc == 0)
        self->failures = 0;
    self->open = false;
    self->failed = 0;
    actor_host_post_token (self->host, rc == 0 ? EVENT_STORED : EVENT_STORE_FAILED, token);
}

static int send_client (void *context, const client_config_t *client)
{
    port_audit_t *self = (port_audit_t *) context;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_CLIENT_CONFIG;
    self->message.client_config = *client;
    self->clients += client->active && !client->removed ? 1 : 0;
    return actor_host_send (self->host, self->to, &self->message);
}

static int send_mark (void *context, const state_mark_t *mark)
{
    port_audit_t *self = (port_audit_t *) context;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_STATE_MARK;
    self->message.state_mark = *mark;
    return actor_host_send (self->host, self->to, &self->message);
}

static int send_master (port_audit_t *self, uint64_t have_revision, problem_t *problem)
{
    int rc;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_MASTER_CONFIG;
    rc = storage_master_get (self->storage, &self->message.master_config, problem);
    if (rc == -ERR_NOT_FOUND)
        return 0;
    if (rc != 0 || self->message.master_config.revision <= have_revision)
        return rc;
    return actor_host_send (self->host, self->to, &self->message);
}

/*  A receiver that is gone asks again, so a send that fails ends the load without config.loaded. */
static void load (port_audit_t *self, const effect_t *effect)
{
    problem_t problem = {0};
    uint64_t revision = 0;
    uint64_t have_revision = effect->token;
    int rc = storage_revision (self->storage, &revision, &problem);
    if (rc == 0 && have_revision != 0 && revision == have_revision)
        return;
    self->to = effect->to;
    self->clients = 0;
    if (rc == 0)
        rc = send_master (self, have_revision, &problem);
    if (rc == 0)
        rc = storage_client_each (self->storage, have_revision, send_client, self, &problem);
    if (rc == 0 && have_revision == 0)
        rc = self->state->ops->mark_each (self->state, send_mark, self, &problem);
    self->to = NULL;
    if (rc == 0) {
        memset (&self->message, 0, sizeof self->message);
        self->message.kind = MSG_CONFIG_LOADED;
        self->message.config_loaded.revision = revision;
        self->message.config_loaded.clients = self->clients;
        (void) actor_host_send (self->host, effect->to, &self->message);
    } else if (rc != -ERR_UNREACHABLE && rc != -ERR_FULL)
        report (self, "load", &problem);
}

static void carry (void *context, const effect_t *effect, const uint8_t *bytes)
{
    port_audit_t *self = (port_audit_t *) context;
    switch (effect->kind) {
    case EFFECT_STORE: store (self, effect, bytes); break;
    case EFFECT_COMMIT: commit (self, effect->token); break;
    case EFFECT_LOAD: load (self, effect); break;
    default:
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "effect_refused", "%d", (int) effect->kind);
    }
}

static void port_destroy (void **context_p)
{
    port_audit_t *self = (port_audit_t *) *context_p;
    if (self->state)
        self->state->ops->destroy (&self->state);
    storage_close (&self->storage);
    free (self);
    *context_p = NULL;
}

int port_audit_new (actor_port_t *port, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    port_audit_t *self;
    void *context;
    int rc;
    assert (port && host && settings);
    self = (port_audit_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    self->host = host;
    rc = storage_open (&self->storage, settings_text (settings, SETTING_DATABASE_URL), false, problem);
    if (rc == 0) {
        self->state = sqlite_state_new (self->storage);
        rc = self->state ? 0 : problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    }
    if (rc != 0) {
        context = self;
        port_destroy (&context);
        return rc;
    }
    *port = (actor_port_t){.context = self, .carry = carry, .destroy = port_destroy};
    return 0;
}
