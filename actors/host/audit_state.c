/*  audit_state.c: why it exists: one place knows that there may be two stores of marks and breakers.
 */
#include "actors/host/audit_state.h"

#include "actors/host/clock.h"
#include "actors/host/log.h"
#include "actors/host/redis_loop.h"
#include "storage/redis_state.h"
#include "storage/database_state.h"
#include "messages/text.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTED_MAX 512 /*  marks of one transaction; the audit's have 128 records */
#define BREAKERS_MAX 16384

struct audit_state {
    actor_host_t *host; /*  borrowed */
    state_t *local;
    state_t *redis; /*  NULL: no REDIS_URL */
    redis_loop_t *loop;
    bool away; /*  Redis was, and people were told */
    void (*done) (void *context);
    void *done_context;
    size_t noted;
    state_mark_t marks[NOTED_MAX];
};

/*  ---- what Redis tells ---- */

static void raise_alert (audit_state_t *self, bool away, const char *text)
{
    static _Thread_local message_t message;
    memset (&message, 0, sizeof message);
    message.kind = MSG_ALERT_RAISED;
    message.alert_raised =
        (alert_raised_t){.kind = away ? ALERT_RAISED_KIND_STORAGE_AWAY : ALERT_RAISED_KIND_STORAGE_BACK,
            .severity = away ? ALERT_RAISED_SEVERITY_WARNING : ALERT_RAISED_SEVERITY_INFO,
            .subject = "redis",
            .at_ns = clock_utc_ns ()};
    TEXT_SET (message.alert_raised.text, text);
    actor_host_publish (self->host, &message);
}

static void on_health (void *context, bool well, const char *text)
{
    audit_state_t *self = context;
    char line[256];
    log_event (well ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, actor_host_name (self->host),
        well ? "redis_well" : "redis_away", "%s", text);
    if (well == !self->away)
        return; /*  well from the start is no news */
    self->away = !well;
    (void) snprintf (line, sizeof line,
        well ? "Redis is written again: %s"
             : "Redis is not written: %s; trading goes on, the local database has all of it",
        text);
    raise_alert (self, !well, line);
}

static void on_fault (void *context, const problem_t *problem)
{
    audit_state_t *self = context;
    char line[512];
    log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "redis_key", "%s",
        problem_line (problem, line, sizeof line));
}

static void on_drop (void *context, const char *why)
{
    audit_state_t *self = context;
    redis_loop_drop (self->loop, why);
}

static void on_connected (void *context, struct redisAsyncContext *redis)
{
    audit_state_t *self = context;
    redis_state_connected (self->redis, redis);
}

static void on_lost (void *context, const char *why)
{
    audit_state_t *self = context;
    redis_state_lost (self->redis, why);
}

static void on_tick (void *context)
{
    audit_state_t *self = context;
    redis_state_tick (self->redis);
}

/*  ---- records ---- */

static void report (audit_state_t *self, const problem_t *problem)
{
    char line[512];
    log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "redis_put", "%s",
        problem_line (problem, line, sizeof line));
}

static void put_breaker (audit_state_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    problem_t problem = {0};
    if (self->redis->ops->breaker_put (self->redis, breaker, stored_at_ns, &problem) != 0)
        report (self, &problem);
}

static void put_mark (audit_state_t *self, const state_mark_t *mark, int64_t stored_at_ns)
{
    problem_t problem = {0};
    if (self->redis->ops->mark_put (self->redis, mark, stored_at_ns, &problem) != 0)
        report (self, &problem);
}

static void note_mark (audit_state_t *self, const replication_completed_t *replication)
{
    if (self->noted == NOTED_MAX)
        return;
    state_mark_t *mark = &self->marks[self->noted++];
    *mark = (state_mark_t){.qty_e9 = replication->qty_e9,
        .final = replication->final,
        .first_at_ns = replication->first_at_ns,
        .executed_at_ns = replication->executed_at_ns};
    TEXT_SET (mark->master_id, replication->master_id);
    TEXT_SET (mark->x, replication->master_order_id);
    TEXT_SET (mark->symbol, replication->symbol);
}

void audit_state_note (audit_state_t *self, const message_t *record)
{
    assert (self && record);
    if (!self->redis)
        return;
    if (record->kind == MSG_REPLICATION_COMPLETED)
        note_mark (self, &record->replication_completed);
    else if (record->kind == MSG_BREAKER_CHANGED)
        put_breaker (self, &record->breaker_changed, 0);
    else if (record->kind == MSG_SHARD_STATE)
        redis_state_shard (self->redis, &record->shard_state);
}

/*  What is not durable comes again in another transaction. */
void audit_state_committed (audit_state_t *self, bool durable)
{
    assert (self);
    for (size_t i = 0; durable && i < self->noted; i++)
        put_mark (self, &self->marks[i], 0);
    self->noted = 0;
}

void audit_state_client (audit_state_t *self, const client_config_t *client)
{
    assert (self && client);
    if (!self->redis || client->removed || !client->active)
        return;
    breaker_changed_t breaker = {.state = BREAKER_CHANGED_STATE_CLOSED};
    _Static_assert(sizeof breaker.client_id == sizeof client->client_id, "the same text");
    memcpy (breaker.client_id, client->client_id, sizeof breaker.client_id);
    put_breaker (self, &breaker, 1); /*  older than anything */
}

/*  ---- the load ---- */

static int take_mark (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    put_mark (context, mark, stored_at_ns);
    return 0;
}

static int take_breaker (void *context, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    put_breaker (context, breaker, stored_at_ns);
    return 0;
}

/*  What the database knows, Redis' table does too; it may be newer there, by another process' hand. */
static int know_local (audit_state_t *self, problem_t *problem)
{
    int result = 0;
    if (self->redis)
        result = self->local->ops->mark_each (self->local, take_mark, self, problem);
    if (self->redis && result == 0)
        result = self->local->ops->breaker_each (self->local, take_breaker, self, problem);
    return result;
}

static void on_refreshed (void *context, int result)
{
    audit_state_t *self = context;
    void (*done) (void *context) = self->done;
    self->done = NULL;
    if (result != 0)
        log_event (LOG_LEVEL_WARNING, actor_host_name (self->host), "redis_not_read",
            "%s: marks and breakers are those of the local database", error_text (result));
    done (self->done_context);
}

int audit_state_refresh (audit_state_t *self, void (*done) (void *context), void *context, problem_t *problem)
{
    assert (self && done);
    if (self->done)
        return -ERR_BUSY;
    int result = know_local (self, problem);
    if (result != 0)
        return result;
    self->done = done;
    self->done_context = context;
    state_t *state = self->redis ? self->redis : self->local;
    state->ops->refresh (state, on_refreshed, self);
    return 0;
}

int audit_state_marks (audit_state_t *self, state_mark_fn *each, void *context, problem_t *problem)
{
    assert (self);
    state_t *state = self->redis ? self->redis : self->local;
    return state->ops->mark_each (state, each, context, problem);
}

int audit_state_breakers (audit_state_t *self, state_breaker_fn *each, void *context, problem_t *problem)
{
    assert (self);
    state_t *state = self->redis ? self->redis : self->local;
    return state->ops->breaker_each (state, each, context, problem);
}

/*  ---- its life ---- */

static int take_client (void *context, const client_config_t *client)
{
    audit_state_client (context, client);
    return 0;
}

/*  An audit that was restarted is not asked for everything again, and Redis may come back empty all the same. A database
 *  that cannot be read now is the load's trouble. */
static void know_all (audit_state_t *self, storage_t *storage)
{
    problem_t problem = {0};
    int result = know_local (self, &problem);
    if (self->redis && result == 0)
        result = storage_client_each (storage, 0, take_client, self, &problem);
    if (result != 0)
        report (self, &problem);
}

static int open_redis (audit_state_t *self, const settings_t *settings, problem_t *problem)
{
    char url[SETTING_TEXT_MAX];
    char writer[64];
    const redis_loop_events_t events = {
        .context = self, .connected = on_connected, .lost = on_lost, .tick = on_tick};
    int result = settings_secret (settings, SETTING_REDIS_URL, url, sizeof url);
    if (result == -ERR_MISSING)
        return 0;
    (void) snprintf (writer, sizeof writer, "%.20s-%ld-%lld", actor_host_name (self->host), (long) getpid (),
        (long long) clock_utc_ns ());
    const redis_state_config_t config = {.context = self,
        .health = on_health,
        .fault = on_fault,
        .drop = on_drop,
        .writer = writer,
        .max_breakers = BREAKERS_MAX,
        .mark_ttl_s = (uint32_t) (settings_ns (settings, SETTING_REDIS_DEDUP_TTL) / INT64_C (1000000000)),
        .refresh_ns = AUDIT_STATE_REFRESH_NS};
    self->redis = result == 0 ? redis_state_new (&config) : NULL;
    if (!self->redis)
        result = problem_set (problem, ERR_MEMORY, actor_host_name (self->host), "no memory");
    if (result == 0)
        result = redis_loop_new (&self->loop, actor_host_loop (self->host), url, &events, problem);
    sodium_memzero (url, sizeof url);
    return result;
}

int audit_state_new (audit_state_t **self_p, actor_host_t *host, storage_t *storage,
    const settings_t *settings, problem_t *problem)
{
    assert (self_p && host && storage && settings);
    audit_state_t *self = calloc (1, sizeof *self);
    *self_p = self;
    if (!self)
        return problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    self->host = host;
    self->local = database_state_new (storage);
    int result = self->local ? open_redis (self, settings, problem)
                             : problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    if (result == 0)
        know_all (self, storage);
    else
        audit_state_destroy (self_p);
    return result;
}

void audit_state_close (audit_state_t *self)
{
    assert (self);
    redis_loop_destroy (&self->loop);
    if (self->redis)
        redis_state_closed (self->redis);
}

void audit_state_destroy (audit_state_t **self_p)
{
    assert (self_p);
    audit_state_t *self = *self_p;
    if (!self)
        return;
    assert (!self->loop);
    if (self->redis)
        self->redis->ops->destroy (&self->redis);
    if (self->local)
        self->local->ops->destroy (&self->local);
    free (self);
    *self_p = NULL;
}

int audit_state_redis (const audit_state_t *self)
{
    assert (self);
    return !self->redis ? 0 : self->away ? 1 : 2;
}
