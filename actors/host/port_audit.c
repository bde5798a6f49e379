/*  port_audit.c: effects to the storage's ports. */
#include "actors/host/port_audit.h"

#include "actors/host/audit_state.h"
#include "actors/host/log.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INCOMPLETE_MAX 1024 /*  the core's transactions have 128 records */

typedef struct {
    actor_host_t *host;
    storage_t *storage;
    audit_state_t *state;
    bool open;                    /*  a transaction is */
    int failed;                   /*  the error that spoiled it; 0 = none */
    uint64_t failures;            /*  in a row: logged once for each power of two */
    bool unwritable;              /*  the last commit failed */
    bool unreadable;              /*  the last load did */
    bool unnamed;                 /*  what works was asked for and could not be read */
    const char *to;               /*  of the load under way */
    char waiting[ACTOR_NAME_MAX]; /*  for the whole of it, until all marks and breakers are known */
    uint64_t clients;             /*  sent by it, active */
    int64_t known_since_ns;       /*  of the marks sent by it, the oldest; 0 = none */
    struct {
        uint64_t sequence;
        uint64_t missing;
    } incomplete[INCOMPLETE_MAX]; /*  of the open transaction */
    size_t incomplete_count;
    message_t message;
    message_t history;
} port_audit_t;

static void report (port_audit_t *self, const char *what, const problem_t *problem)
{
    char line[512];
    self->failures++;
    if ((self->failures & (self->failures - 1)) == 0)
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "storage_failed", "%s: %s (%llu in a row)",
            what, problem_line (problem, line, sizeof line), (unsigned long long) self->failures);
}

/*  Only what is complete makes a mark. */
static void note_completed (port_audit_t *self)
{
    uint64_t missing = storage_missing (self->storage);
    if (missing == 0) {
        audit_state_note (self->state, &self->message);
        return;
    }
    assert (self->incomplete_count < INCOMPLETE_MAX);
    self->incomplete[self->incomplete_count].sequence = self->message.replication_completed.sequence;
    self->incomplete[self->incomplete_count++].missing = missing;
}

static void store (port_audit_t *self, const effect_t *effect, const uint8_t *bytes)
{
    problem_t problem = {0};
    int rc;
    rc = message_decode (effect->message, bytes, effect->size, &self->message, &problem);
    assert (rc == 0); /*  effects_store has just encoded it */
    bool completed = effect->message == MSG_REPLICATION_COMPLETED;
    if (!completed)
        audit_state_note (self->state, &self->message);
    if (self->failed != 0)
        return; /*  what follows belongs to the same spoiled transaction */
    if (!self->open) {
        rc = storage_begin (self->storage, &problem);
        self->open = rc == 0;
    }
    if (rc == 0)
        rc = storage_append (self->storage, &self->message, &problem);
    if (rc == 0) {
        if (completed)
            note_completed (self);
        return;
    }
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
    self->unwritable = rc != 0;
    self->open = false;
    self->failed = 0;
    audit_state_committed (self->state, rc == 0);
    for (size_t n = 0; n < self->incomplete_count && rc == 0; n++)
        actor_host_post_count (
            self->host, EVENT_INCOMPLETE, self->incomplete[n].sequence, self->incomplete[n].missing);
    self->incomplete_count = 0;
    actor_host_post_token (self->host, rc == 0 ? EVENT_STORED : EVENT_STORE_FAILED, token);
}

static int send_client (void *context, const client_config_t *client)
{
    port_audit_t *self = (port_audit_t *) context;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_CLIENT_CONFIG;
    self->message.client_config = *client;
    self->clients += client->active && !client->removed ? 1 : 0;
    audit_state_client (self->state, client);
    return actor_host_send (self->host, self->to, &self->message);
}

static int send_mark (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    port_audit_t *self = (port_audit_t *) context;
    memset (&self->message, 0, sizeof self->message);
    if (self->known_since_ns == 0 || stored_at_ns < self->known_since_ns)
        self->known_since_ns = stored_at_ns;
    self->message.kind = MSG_STATE_MARK;
    self->message.state_mark = *mark;
    return actor_host_send (self->host, self->to, &self->message);
}

static int send_breaker (void *context, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    port_audit_t *self = (port_audit_t *) context;
    (void) stored_at_ns;
    if (breaker->state == BREAKER_CHANGED_STATE_CLOSED)
        return 0;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_BREAKER_CHANGED;
    self->message.breaker_changed = *breaker;
    return actor_host_send (self->host, self->to, &self->message);
}

/*  ---- histories ---- */

static int flush_history (port_audit_t *self, bool last)
{
    copy_history_t *history = &self->history.copy_history;
    history->last = last;
    int rc =
        last || history->outcomes_count > 0 ? actor_host_send (self->host, "dispatcher", &self->history) : 0;
    history->outcomes_count = 0;
    return rc;
}

static int add_outcome (void *context, const outcome_t *outcome)
{
    port_audit_t *self = (port_audit_t *) context;
    copy_history_t *history = &self->history.copy_history;
    bool exit = outcome->leg == OUTCOME_LEG_CLOSE; /*  one that is still being tried, whatever it says */
    bool working = (outcome->kind == OUTCOME_KIND_ACCEPTED || exit) && !outcome->final && outcome->slot > 0;
    if (!*history->shard && !working)
        return 0;
    history->outcomes[history->outcomes_count++] = *outcome;
    bool full = history->outcomes_count == sizeof history->outcomes / sizeof *history->outcomes;
    return full ? flush_history (self, false) : 0;
}

/*  The outcomes of X for a shard; without a shard's name, for the dispatcher: the ones that still work. */
static int send_history (port_audit_t *self, const char *shard, const char *x, problem_t *problem)
{
    memset (&self->history, 0, sizeof self->history);
    self->history.kind = MSG_COPY_HISTORY;
    copy_history_t *history = &self->history.copy_history;
    TEXT_SET (history->shard, shard);
    TEXT_SET (history->x, x);
    history->readable = true;
    int rc = storage_known_since (self->storage, &history->known_since_ns, problem);
    return rc == 0 ? storage_history_each (self->storage, x, add_outcome, self, problem) : rc;
}

static void history (port_audit_t *self, const effect_t *effect)
{
    problem_t problem = {0};
    int rc = send_history (self, effect->to, effect->account_id, &problem);
    if (rc != 0 && rc != -ERR_UNREACHABLE && rc != -ERR_FULL)
        report (self, "history", &problem);
    self->history.copy_history.readable = rc == 0;
    (void) flush_history (self, true);
}

static int send_working (void *context, const trade_t *trade)
{
    port_audit_t *self = (port_audit_t *) context;
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_MASTER_ORDER;
    self->message.master_order.trade = *trade;
    int rc = actor_host_send (self->host, self->to, &self->message);
    if (rc == 0)
        rc = send_history (self, "", trade->x, NULL);
    return rc == 0 ? flush_history (self, true) : rc;
}

static void working (port_audit_t *self)
{
    problem_t problem = {0};
    self->to = "dispatcher";
    int rc = storage_working_each (self->storage, send_working, self, &problem);
    self->to = NULL;
    self->unnamed = rc != 0; /*  at the next load that can be read */
    if (rc != 0 && rc != -ERR_UNREACHABLE && rc != -ERR_FULL)
        report (self, "working", &problem);
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

static int send_all (port_audit_t *self, uint64_t have_revision, problem_t *problem)
{
    int rc = send_master (self, have_revision, problem);
    if (rc == 0)
        rc = storage_client_each (self->storage, have_revision, send_client, self, problem);
    if (rc == 0 && have_revision == 0)
        rc = audit_state_marks (self->state, send_mark, self, problem);
    if (rc == 0 && have_revision == 0)
        rc = audit_state_breakers (self->state, send_breaker, self, problem);
    if (rc == 0 && have_revision == 0)
        rc = storage_working_each (self->storage, send_working, self, problem);
    return rc;
}

/*  A receiver that is gone asks again, so a send that fails ends the load without config.loaded. */
static void load (port_audit_t *self, const char *to, uint64_t have_revision)
{
    problem_t problem = {0};
    uint64_t revision = 0;
    int rc = storage_revision (self->storage, &revision, &problem);
    self->unreadable = rc != 0;
    if (rc == 0 && self->unnamed)
        working (self);
    if (rc == 0 && have_revision != 0 && revision == have_revision)
        return;
    self->to = to;
    self->clients = 0;
    self->known_since_ns = 0;
    if (rc == 0)
        rc = send_all (self, have_revision, &problem);
    self->to = NULL;
    if (rc == 0) {
        memset (&self->message, 0, sizeof self->message);
        self->message.kind = MSG_CONFIG_LOADED;
        self->message.config_loaded.revision = revision;
        self->message.config_loaded.clients = self->clients;
        self->message.config_loaded.known_since_ns = self->known_since_ns;
        (void) actor_host_send (self->host, to, &self->message);
    } else if (rc != -ERR_UNREACHABLE && rc != -ERR_FULL)
        report (self, "load", &problem);
}

static void on_known (void *context)
{
    port_audit_t *self = (port_audit_t *) context;
    load (self, self->waiting, 0);
}

/*  The whole of it needs all marks and breakers; who asks again meanwhile gets that answer. */
static void on_load (port_audit_t *self, const effect_t *effect)
{
    problem_t problem = {0};
    if (effect->token != 0) {
        load (self, effect->to, effect->token);
        return;
    }
    TEXT_SET (self->waiting, effect->to);
    int rc = audit_state_refresh (self->state, on_known, self, &problem);
    if (rc != 0 && rc != -ERR_BUSY)
        report (self, "load", &problem);
}

/*  The dispatcher has what came of it before it hears that it is done: whoever waits for the answer sees it at work in the
 *  next trade. */
static void change (port_audit_t *self, const effect_t *effect, const uint8_t *bytes)
{
    static const int refusals[] = {ERR_NOT_FOUND, ERR_RANGE, ERR_SYNTAX};
    problem_t problem = {0};
    strategy_changed_t answer = {0};
    int rc = message_decode (effect->message, bytes, effect->size, &self->message, &problem);
    assert (rc == 0); /*  effects_change has just encoded it */
    const strategy_change_t *wanted = &self->message.strategy_change;
    answer.request = wanted->request;
    rc = storage_strategy_change (self->storage, wanted, &answer, &problem);
    log_event (rc == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, actor_host_name (self->host), "strategy_changed",
        "%s by %s: %llu of %llu clients%s%s", wanted->strategy_id, wanted->who,
        (unsigned long long) answer.changed, (unsigned long long) answer.clients,
        rc == 0 ? "" : "; refused: ", rc == 0 ? "" : problem.detail);
    if (rc != 0) {
        answer.clients = answer.changed = answer.revision = 0;
        answer.verdict = STRATEGY_CHANGED_VERDICT_FAILED;
        for (size_t n = 0; n < sizeof refusals / sizeof *refusals; n++)
            if (rc == -refusals[n])
                answer.verdict = STRATEGY_CHANGED_VERDICT_REFUSED;
        (void) snprintf (answer.field, sizeof answer.field, "%.95s", problem.where);
        (void) snprintf (answer.reason, sizeof answer.reason, "%.255s", problem.detail);
    } else if (effect->token > 0)
        load (self, "dispatcher", effect->token);
    memset (&self->message, 0, sizeof self->message);
    self->message.kind = MSG_STRATEGY_CHANGED;
    self->message.strategy_changed = answer;
    (void) actor_host_send (self->host, "dispatcher", &self->message);
}

static void measure (const void *context, actor_stats_t *stats)
{
    const port_audit_t *self = (const port_audit_t *) context;
    measure_put (stats, "database", !self->unwritable && !self->unreadable);
    measure_put (stats, "redis", audit_state_redis (self->state));
}

static void show (port_audit_t *self, const effect_t *effect, const uint8_t *bytes)
{
    if (message_decode (effect->message, bytes, effect->size, &self->message, NULL) == 0)
        audit_state_note (self->state, &self->message);
}

static void carry (void *context, const effect_t *effect, const uint8_t *bytes)
{
    port_audit_t *self = (port_audit_t *) context;
    switch (effect->kind) {
    case EFFECT_STORE: store (self, effect, bytes); break;
    case EFFECT_SHOW: show (self, effect, bytes); break;
    case EFFECT_COMMIT: commit (self, effect->token); break;
    case EFFECT_LOAD: on_load (self, effect); break;
    case EFFECT_WORKING: working (self); break;
    case EFFECT_HISTORY: history (self, effect); break;
    case EFFECT_CHANGE: change (self, effect, bytes); break;
    default:
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "effect_refused", "%d", (int) effect->kind);
    }
}

static void port_close (void *context)
{
    port_audit_t *self = (port_audit_t *) context;
    audit_state_close (self->state);
}

static void port_destroy (void **context_p)
{
    port_audit_t *self = (port_audit_t *) *context_p;
    audit_state_destroy (&self->state);
    storage_close (&self->storage);
    free (self);
    *context_p = NULL;
}

int port_audit_new (actor_port_t *port, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    port_audit_t *self;
    void *context;
    char url[SETTINGS_DATABASE_URL_MAX];
    int rc;
    assert (port && host && settings);
    self = (port_audit_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    self->host = host;
    rc = settings_database_url (settings, url, problem);
    if (rc == 0)
        rc = storage_open_later (&self->storage, url, problem);
    explicit_bzero (url, sizeof url);
    if (rc == 0)
        rc = audit_state_new (&self->state, host, self->storage, settings, problem);
    if (rc != 0) {
        context = self;
        port_destroy (&context);
        return rc;
    }
    *port = (actor_port_t){
        .context = self, .carry = carry, .measure = measure, .close = port_close, .destroy = port_destroy};
    return 0;
}
