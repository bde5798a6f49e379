/*  audit.c: an audit's life.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | idle | a record | waits 5 ms for others | gathering |
 *  | gathering | 5 ms, or 128 records | stores and commits them, as one transaction | committing |
 *  | committing | records | gathered for the next one | committing |
 *  | committing | EVENT_INCOMPLETE | keeps how many clients' outcomes the replication lacks | committing |
 *  | committing | EVENT_STORED | replication.stored for each of the batch | idle or gathering |
 *  | committing | EVENT_STORE_FAILED | keeps them; alert once; again after 100 ms … 5 s | away |
 *  | away | the pause is over | the same records again | committing |
 *  | any | shard.state | shown (Redis), not stored | |
 *  | any | config.request | loads for the dispatcher; from its revision on polls every 200 ms | |
 *  | any | strategy.change | the port applies it, sends the configuration that came of it, then strategy.changed | |
 *  | any | history.request | reads it when what came before is durable; after 1 s says that it cannot | |
 *  | any | durable.request | durable.reached when all records that came before it are durable | |
 *  | any | STOP | commits everything, then stopped (or gives up after 10 s) | |
 *
 *  A failed commit left nothing behind, so the records are kept (encoded) until they are durable. What does not fit is
 *  dropped, and heals: the replication that rests on it is found incomplete, and the shards are asked again.
 */
#include "actors/audit/audit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/audit/backlog.h"
#include "actors/audit/inquiries.h"
#include "messages/text.h"

#define MS_NS INT64_C (1000000)
#define HISTORIES_A_STEP 16            /*  the rest at the next tick, at once: records come in between */
#define BATCH_BYTES ((size_t) 1 << 20) /*  of one commit at most, and one record more */

typedef struct {
    uint64_t from;   /*  the first request it answers as well */
    uint64_t number; /*  0 = none */
    uint64_t after;  /*  records that have to be durable */
} wait_t;

struct audit {
    audit_config_t config;
    backlog_t backlog;
    uint64_t taken;   /*  records, in this life */
    uint64_t durable; /*  of these */
    inquiries_t inquiries;
    uint64_t token;       /*  of the last commit */
    uint32_t committing;  /*  records of the commit under way, the oldest ones; 0 = none */
    int64_t commit_at_ns; /*  INT64_MAX = nothing waits */
    uint32_t failures;    /*  in a row; > 0 = away */
    uint64_t dropped;     /*  records that did not fit, of this outage */
    uint64_t unnamed_to;  /*  a dispatcher loaded without the records up to there; 0 = it has all */
    uint64_t asked;       /*  number of the last durable.request */
    uint64_t asked_from;  /*  the first one that none of our records is missing for; 0 = the next */
    bool missed;          /*  a record did not fit since the last one */
    wait_t waits[2];      /*  the oldest that was not answered; the newest */
    uint64_t revision;    /*  the dispatcher has; 0 = it has not said, do not poll */
    int64_t poll_at_ns;
    bool stopping;
    bool stopped;
    int64_t stop_at_ns;
    message_t out; /*  scratch: one message at a time */
};

static void defaults (audit_config_t *config)
{
    static const audit_config_t least = {.max_records = 16384,
        .max_bytes = (size_t) 32 << 20,
        .batch = 128,
        .commit_ns = 5 * MS_NS,
        .poll_ns = 200 * MS_NS,
        .retry_ns = 100 * MS_NS,
        .retry_max_ns = 5000 * MS_NS,
        .history_ns = 1000 * MS_NS,
        .max_histories = 1024,
        .stop_ns = 10000 * MS_NS};
#define DEFAULT(field) config->field = config->field > 0 ? config->field : least.field
    DEFAULT (max_records);
    DEFAULT (max_bytes);
    DEFAULT (batch);
    DEFAULT (commit_ns);
    DEFAULT (poll_ns);
    DEFAULT (retry_ns);
    DEFAULT (retry_max_ns);
    DEFAULT (history_ns);
    DEFAULT (max_histories);
    DEFAULT (stop_ns);
#undef DEFAULT
    if (config->max_bytes < (size_t) 2 * MESSAGE_BYTES_MAX)
        config->max_bytes = (size_t) 2 * MESSAGE_BYTES_MAX;
}

audit_t *audit_new (const audit_config_t *config)
{
    assert (config);
    audit_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    defaults (&self->config);
    self->commit_at_ns = self->poll_at_ns = self->stop_at_ns = INT64_MAX;
    bool ok = backlog_init (&self->backlog, self->config.max_records, self->config.max_bytes);
    ok &= inquiries_init (&self->inquiries, self->config.max_histories);
    if (!ok)
        audit_destroy (&self);
    return self;
}

void audit_destroy (audit_t **self_p)
{
    assert (self_p);
    audit_t *self = *self_p;
    if (!self)
        return;
    backlog_free (&self->backlog);
    inquiries_free (&self->inquiries);
    free (self);
    *self_p = NULL;
}

size_t audit_effects_limit (const audit_config_t *config)
{
    assert (config);
    audit_config_t full = *config;
    defaults (&full);
    return (size_t) full.batch * 2 + 2 * (size_t) HISTORIES_A_STEP + 64;
}

size_t audit_arena_limit (const audit_config_t *config)
{
    return BATCH_BYTES + 2 * MESSAGE_BYTES_MAX + audit_effects_limit (config) * 512;
}

static void raise_alert (audit_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *text, int64_t utc_ns, effects_t *effects)
{
    self->out.kind = MSG_ALERT_RAISED;
    alert_raised_t *out = &self->out.alert_raised;
    *out = (alert_raised_t){.kind = kind, .severity = severity, .subject = "database", .at_ns = utc_ns};
    TEXT_SET (out->text, text);
    effects_publish (effects, &self->out);
}

static void say_stored (audit_t *self, uint64_t sequence, uint64_t missing, effects_t *effects)
{
    self->out.kind = MSG_REPLICATION_STORED;
    self->out.replication_stored =
        (replication_stored_t){.sequence = sequence, .missing = DELIBERATE (MISSING_UNSAID) ? 0 : missing};
    effects_send (effects, "dispatcher", &self->out);
}

static int on_record (audit_t *self, const event_t *event, effects_t *effects)
{
    const message_t *message = event->message;
    if (DELIBERATE (STORED_EARLY) && message->kind == MSG_REPLICATION_COMPLETED)
        say_stored (self, message->replication_completed.sequence, 0, effects);
    /*  The dispatcher repeats it until it is stored; one is enough. */
    if (message->kind == MSG_REPLICATION_COMPLETED &&
        backlog_has_replication (&self->backlog, message->replication_completed.sequence))
        return 0;
    if (backlog_push (&self->backlog, message)) {
        if (self->dropped++ == 0)
            raise_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL,
                "the database is away and what waits for it is full: what comes now is asked for again later",
                event->utc_ns, effects);
        self->missed = true;
        return -ERR_FULL;
    }
    self->taken++;
    if (self->commit_at_ns == INT64_MAX)
        self->commit_at_ns = event->now_ns + self->config.commit_ns;
    return 0;
}

static int on_incomplete (audit_t *self, const event_t *event)
{
    for (uint32_t i = 0; i < self->committing; i++) {
        record_t *record = backlog_at (&self->backlog, i);
        if (record->kind == MSG_REPLICATION_COMPLETED && record->sequence == event->token)
            record->missing = event->count;
    }
    return 0;
}

static void tell_back (audit_t *self, const event_t *event, effects_t *effects)
{
    char text[200];
    if (self->dropped == 0)
        (void) snprintf (text, sizeof text, "the database is written again; nothing of what waited is lost");
    else
        (void) snprintf (text, sizeof text,
            "the database is written again; %llu records did not fit, their outcomes are asked for again",
            (unsigned long long) self->dropped);
    raise_alert (
        self, ALERT_RAISED_KIND_STORAGE_BACK, ALERT_RAISED_SEVERITY_INFO, text, event->utc_ns, effects);
}

static int on_stored (audit_t *self, const event_t *event, effects_t *effects)
{
    if (self->committing == 0 || event->token != self->token)
        return 0;
    for (uint32_t i = 0; i < self->committing; i++) {
        const record_t *record = backlog_at (&self->backlog, i);
        if (record->kind != MSG_REPLICATION_COMPLETED)
            continue;
        say_stored (self, record->sequence, record->missing, effects);
    }
    backlog_drop (&self->backlog, self->committing);
    self->durable += self->committing;
    self->committing = 0;
    bool late = self->unnamed_to > 0 && self->durable >= self->unnamed_to;
    if (self->dropped > 0 || late)
        effects_working (effects);
    if (late)
        self->unnamed_to = 0;
    if (self->failures > 0 || self->dropped > 0)
        tell_back (self, event, effects);
    self->failures = 0;
    self->dropped = 0;
    self->commit_at_ns = self->backlog.count > 0 ? event->now_ns + self->config.commit_ns : INT64_MAX;
    return 0;
}

static int on_store_failed (audit_t *self, const event_t *event, effects_t *effects)
{
    if (self->committing == 0 || event->token != self->token)
        return 0;
    self->committing = 0;
    if (self->failures == 0)
        raise_alert (self, ALERT_RAISED_KIND_STORAGE_AWAY, ALERT_RAISED_SEVERITY_CRITICAL,
            "the database cannot be written; trading goes on, records wait", event->utc_ns, effects);
    int64_t pause_ns = self->config.retry_ns;
    for (uint32_t i = 0; i < self->failures && pause_ns < self->config.retry_max_ns; i++)
        pause_ns *= 2;
    if (pause_ns > self->config.retry_max_ns)
        pause_ns = self->config.retry_max_ns;
    self->failures++;
    self->commit_at_ns = event->now_ns + pause_ns;
    return 0;
}

/*  A dispatcher that has everything and is new to us: we were restarted, and what our life before held is lost. Copies
 *  whose end was part of it are named, and the shards say it again. One that begins is named those that are stored, and when
 *  what waits is stored, all of them. */
static int on_config_request (audit_t *self, const event_t *event, effects_t *effects)
{
    if (self->revision == 0 && event->message->config_request.have_revision > 0)
        effects_working (effects);
    if (event->message->config_request.have_revision == 0 && self->taken > self->durable)
        self->unnamed_to = self->taken;
    self->revision = event->message->config_request.have_revision;
    self->poll_at_ns = self->revision > 0 ? event->now_ns + self->config.poll_ns : INT64_MAX;
    effects_load (effects, "dispatcher", self->revision);
    return 0;
}

static int on_history_request (audit_t *self, const event_t *event)
{
    inquiry_t inquiry = {.request = event->message->history_request,
        .after = self->taken,
        .give_up_ns = event->now_ns + self->config.history_ns};
    return inquiries_push (&self->inquiries, &inquiry);
}

static void say_unreadable (audit_t *self, const history_request_t *request, effects_t *effects)
{
    self->out.kind = MSG_COPY_HISTORY;
    copy_history_t *out = &self->out.copy_history;
    *out = (copy_history_t){.last = true};
    memcpy (out->shard, request->shard, sizeof out->shard);
    memcpy (out->x, request->x, sizeof out->x);
    effects_send (effects, "dispatcher", &self->out);
}

/*  A history is never older than what came before it was asked for. */
static void answer_inquiries (audit_t *self, const event_t *event, effects_t *effects)
{
    const inquiry_t *oldest;
    for (int n = 0; (oldest = inquiries_oldest (&self->inquiries)) != NULL; n++) {
        bool durable = oldest->after <= self->durable;
        bool late = oldest->give_up_ns <= event->now_ns;
        if (n == HISTORIES_A_STEP || (!durable && !late)) {
            effects_wake (effects, durable || late ? event->now_ns : oldest->give_up_ns);
            return;
        }
        if (durable)
            effects_history (effects, oldest->request.shard, oldest->request.x);
        else
            say_unreadable (self, &oldest->request, effects);
        inquiries_drop (&self->inquiries);
    }
}

/*  Each answers for those before it, too: two are enough, however many come. */
static int on_durable_request (audit_t *self, const event_t *event)
{
    uint64_t number = event->message->durable_request.number;
    if (number <= self->asked) { /*  another dispatcher */
        self->asked_from = 0;
        memset (self->waits, 0, sizeof self->waits);
    }
    self->asked = number;
    if (self->missed) {
        self->missed = false;
        self->asked_from = 0;
        return 0;
    }
    if (self->asked_from == 0)
        self->asked_from = number;
    self->waits[self->waits[0].number > 0] =
        (wait_t){.from = self->asked_from, .number = number, .after = self->taken};
    return 0;
}

static void answer_waits (audit_t *self, effects_t *effects)
{
    while (self->waits[0].number > 0 && self->waits[0].after <= self->durable) {
        self->out.kind = MSG_DURABLE_REACHED;
        self->out.durable_reached =
            (durable_reached_t){.from = self->waits[0].from, .number = self->waits[0].number};
        effects_send (effects, "dispatcher", &self->out);
        self->waits[0] = self->waits[1];
        self->waits[1] = (wait_t){.number = 0};
    }
}

static int on_stop (audit_t *self, const event_t *event)
{
    if (self->stopping)
        return 0;
    self->stopping = true;
    self->poll_at_ns = INT64_MAX;
    self->stop_at_ns = event->now_ns + self->config.stop_ns;
    return 0;
}

/*  The oldest records, as one transaction. */
static void commit (audit_t *self, effects_t *effects)
{
    size_t bytes = 0;
    uint32_t count = 0;
    while (count < self->backlog.count && count < self->config.batch && bytes < BATCH_BYTES) {
        backlog_read (&self->backlog, count, &self->out);
        bytes += backlog_at (&self->backlog, count)->size;
        effects_store (effects, &self->out);
        count++;
    }
    self->committing = count;
    self->commit_at_ns = INT64_MAX;
    effects_commit (effects, ++self->token);
}

static void finish (audit_t *self, const event_t *event, effects_t *effects)
{
    if (!self->stopping || self->stopped)
        return;
    if ((self->backlog.count == 0 && self->committing == 0) || event->now_ns >= self->stop_at_ns) {
        self->stopped = true;
        effects_stopped (effects);
        return;
    }
    effects_wake (effects, self->stop_at_ns);
}

/*  After every event: what is due, and the next wake. */
static void go_on (audit_t *self, const event_t *event, effects_t *effects)
{
    bool full = self->failures == 0 && (self->backlog.count >= self->config.batch || self->stopping);
    bool due = self->commit_at_ns <= event->now_ns || full;
    if (self->committing == 0 && self->backlog.count > 0 && due && !self->stopped)
        commit (self, effects);
    if (self->committing == 0)
        effects_wake (effects, self->commit_at_ns);
    if (self->poll_at_ns <= event->now_ns) {
        effects_load (effects, "dispatcher", self->revision);
        self->poll_at_ns = event->now_ns + self->config.poll_ns;
    }
    effects_wake (effects, self->poll_at_ns);
    answer_inquiries (self, event, effects);
    answer_waits (self, effects);
    finish (self, event, effects);
}

int audit_step (audit_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && effects);
    int rc = 0;
    switch (event->kind) {
    case EVENT_START:
    case EVENT_TICK: break;
    case EVENT_STOP: rc = on_stop (self, event); break;
    case EVENT_STORED: rc = on_stored (self, event, effects); break;
    case EVENT_INCOMPLETE: rc = on_incomplete (self, event); break;
    case EVENT_STORE_FAILED: rc = on_store_failed (self, event, effects); break;
    case MSG_MASTER_ORDER:
    case MSG_COPY_RESULT:
    case MSG_REPLICATION_COMPLETED:
    case MSG_BREAKER_CHANGED:
    case MSG_ALERT_RAISED: rc = on_record (self, event, effects); break;
    case MSG_STRATEGY_CHANGE: effects_change (effects, event->message, self->revision); break;
    case MSG_SHARD_STATE: effects_show (effects, event->message); break;
    case MSG_CONFIG_REQUEST: rc = on_config_request (self, event, effects); break;
    case MSG_DURABLE_REQUEST: rc = on_durable_request (self, event); break;
    case MSG_HISTORY_REQUEST: rc = on_history_request (self, event); break;
    default: rc = -ERR_UNEXPECTED; break;
    }
    go_on (self, event, effects);
    return rc;
}

static int step (void *self, const event_t *event, effects_t *effects)
{
    return audit_step (self, event, effects);
}

static void destroy (void **self_p)
{
    audit_t *self = *self_p;
    audit_destroy (&self);
    *self_p = NULL;
}

static void measure (const void *core, int64_t now_ns, actor_stats_t *stats)
{
    const audit_t *self = core;
    (void) now_ns;
    measure_put (stats, "backlog", self->backlog.count);
    measure_put (stats, "failures", self->failures);
    measure_put (stats, "durable", (int64_t) self->durable);
}

const actor_ops_t audit_ops = {.role = "audit", .step = step, .destroy = destroy, .measure = measure};
