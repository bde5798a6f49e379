/*  view.c: the model as JSON. */
#include "actors/gateway/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/*  "name":value, or null for what is not known (negative). */
static void add_ms (text_t *text, const char *name, int64_t ns)
{
    text_add (text, ",\"%s\":", name);
    if (ns < 0)
        text_add (text, "null");
    else
        text_add_ms (text, ns);
}

static void add_measure (text_t *text, const watched_t *entry, const char *name, const char *measure)
{
    int64_t value = entry ? measure_get (&entry->stats, measure, -1) : -1;
    if (value < 0)
        text_add (text, ",\"%s\":null", name);
    else
        text_add (text, ",\"%s\":%" PRId64, name, value);
}

static void add_text (text_t *text, const char *name, const char *value)
{
    text_add (text, ",\"%s\":", name);
    text_add_json (text, value);
}

static void add_time (text_t *text, const char *name, int64_t at_ns)
{
    text_add (text, ",\"%s\":", name);
    text_add_time (text, at_ns);
}

void view_replication (text_t *text, const replication_completed_t *replication)
{
    assert (text && replication);
    text_add (text, "\"master_order_id\":");
    text_add_json (text, replication->master_order_id);
    add_text (text, "symbol", replication->symbol);
    text_add (text, ",\"success_count\":%" PRIu64 ",\"failure_count\":%" PRIu64, replication->success_count,
        replication->failure_count);
    add_ms (text, "latency_ms", replication->total_time_ns);
    text_add (text, ",\"side\":\"%s\",\"skipped_count\":%" PRIu64,
        replication_completed_side_text (replication->side), replication->skipped_count);
    add_ms (text, "p50_ms", replication->p50_ns);
    add_ms (text, "p95_ms", replication->p95_ns);
    add_ms (text, "p99_ms", replication->p99_ns);
    add_time (text, "at", replication->timestamp_at_ns);
}

void view_breaker (text_t *text, const known_breaker_t *known)
{
    assert (text && known);
    const breaker_changed_t *breaker = &known->breaker;
    text_add (text, "\"client_id\":");
    text_add_json (text, breaker->client_id);
    text_add (text, ",\"state\":\"%s\",\"failures\":%" PRIu64, breaker_changed_state_text (breaker->state),
        breaker->failures);
    add_text (text, "last_error", breaker->last_error);
    add_time (text, "opened_at", breaker->opened_at_ns);
    add_time (text, "retry_at", breaker->retry_at_ns);
}

void view_alert (text_t *text, const alert_raised_t *alert)
{
    assert (text && alert);
    text_add (text, "\"kind\":\"%s\",\"severity\":\"%s\"", alert_raised_kind_text (alert->kind),
        alert_raised_severity_text (alert->severity));
    add_text (text, "subject", alert->subject);
    add_text (text, "text", alert->text);
    add_time (text, "at", alert->at_ns);
}

/*  ---- readiness ---- */

/*  stream_phase_t, as people call it */
static const char *phase_text (int64_t phase)
{
    static const char *const words[] = {
        "down", "connected", "authorized", "listening", "refused", "bad_keys"};
    return phase >= 0 && phase < (int64_t) (sizeof words / sizeof *words) ? words[phase] : "unknown";
}

static const char *stream_text (const gateway_t *self, int64_t now_ns)
{
    const watched_t *listener = model_of_role (self, "listener", now_ns);
    return listener ? phase_text (measure_get (&listener->stats, "stream", -1)) : "unknown";
}

static const char *database_text (const watched_t *audit)
{
    static const char *const words[] = {"away", "ok"};
    int64_t value = audit ? measure_get (&audit->stats, "database", -1) : -1;
    return value == 0 || value == 1 ? words[value] : "unknown";
}

static const char *redis_text (const watched_t *audit)
{
    static const char *const words[] = {"off", "away", "ok"};
    int64_t value = audit ? measure_get (&audit->stats, "redis", -1) : -1;
    return value >= 0 && value <= 2 ? words[value] : "unknown";
}

static void reason (text_t *text, uint64_t *count, const char *what, const char *why)
{
    text_add (text, "%s{\"what\":\"%s\",\"text\":", (*count)++ > 0 ? "," : "", what);
    text_add_json (text, why);
    text_add (text, "}");
}

/*  The reasons why not; how many. */
static uint64_t add_reasons (const gateway_t *self, int64_t now_ns, text_t *text)
{
    uint64_t count = 0;
    uint64_t alive = 0;
    uint64_t shards = model_shards (self, now_ns, &alive);
    const watched_t *audit = model_of_role (self, "audit", now_ns);
    const char *stream = stream_text (self, now_ns);
    if (strcmp (stream, "unknown") == 0)
        reason (text, &count, "stream", "the listener tells nothing");
    else if (strcmp (stream, "listening") != 0)
        reason (text, &count, "stream", "the master's stream is not listening");
    if (!audit)
        reason (text, &count, "storage", "the audit tells nothing");
    else if (strcmp (database_text (audit), "ok") != 0)
        reason (text, &count, "storage", "the database cannot be written");
    if (audit && strcmp (redis_text (audit), "away") == 0)
        reason (text, &count, "redis", "Redis is away; the local database has all of it");
    if (!model_of_role (self, "dispatcher", now_ns))
        reason (text, &count, "dispatcher", "the dispatcher tells nothing");
    else if (shards == 0 || alive * 2 <= shards)
        reason (text, &count, "shards", "no more than half of the shards have a lease");
    return count;
}

bool gateway_ready (const gateway_t *self, int64_t now_ns, char *bytes, size_t size)
{
    char reasons[1024];
    text_t list;
    text_t text;
    assert (self && bytes);
    text_begin (&list, reasons, sizeof reasons);
    uint64_t count = add_reasons (self, now_ns, &list);
    text_begin (&text, bytes, size);
    text_add (&text, "{\"ready\":%s,\"reasons\":[%s]}\n", count == 0 ? "true" : "false", reasons);
    return count == 0;
}

/*  ---- status ---- */

static void add_stream (const gateway_t *self, int64_t now_ns, text_t *text)
{
    const watched_t *listener = model_of_role (self, "listener", now_ns);
    text_add (text, "\"stream\":{\"state\":\"%s\"", stream_text (self, now_ns));
    add_text (text, "reason", self->stream.reason);
    add_time (text, "changed_at", self->stream.at_ns);
    add_ms (text, "listening_ms", listener ? measure_get (&listener->stats, "listening", -1) : -1);
    add_measure (text, listener, "unacknowledged", "unacked");
    text_add (text, "}");
}

static void add_totals (const gateway_t *self, int64_t now_ns, text_t *text)
{
    const watched_t *dispatcher = model_of_role (self, "dispatcher", now_ns);
    text_add (text, ",\"replication\":{\"seen\":%" PRIu64, self->replications_count);
    add_measure (text, dispatcher, "total", "replications");
    add_measure (text, dispatcher, "success", "success");
    add_measure (text, dispatcher, "failure", "failure");
    add_measure (text, dispatcher, "skipped", "skipped");
    add_measure (text, dispatcher, "open", "open");
    add_ms (text, "p50_ms", model_percentile (dispatcher, 500));
    add_ms (text, "p95_ms", model_percentile (dispatcher, 950));
    add_ms (text, "p99_ms", model_percentile (dispatcher, 990));
    text_add (text, "}");
}

static void add_storage (const gateway_t *self, int64_t now_ns, text_t *text)
{
    const watched_t *audit = model_of_role (self, "audit", now_ns);
    text_add (text, ",\"storage\":{\"database\":\"%s\",\"redis\":\"%s\"", database_text (audit),
        redis_text (audit));
    add_measure (text, audit, "backlog", "backlog");
    text_add (text, "}");
}

static void add_shard (const gateway_t *self, const watched_t *entry, int64_t now_ns, text_t *text)
{
    text_add (text, "{\"name\":");
    text_add_json (text, entry->name);
    bool fresh = model_fresh (self, entry, now_ns);
    int64_t lease_ns = measure_get (&entry->stats, "lease", 0);
    text_add (text, ",\"alive\":%s", fresh && lease_ns > 0 ? "true" : "false");
    add_measure (text, entry, "clients", "clients");
    add_measure (text, entry, "warm", "warm");
    add_measure (text, entry, "epoch", "epoch");
    add_ms (text, "lease_ms", lease_ns);
    add_ms (text, "heard_ms_ago", entry->heard_ns > 0 ? now_ns - entry->heard_ns : -1);
    add_measure (text, entry, "lag", "waiting");
    add_measure (text, entry, "unanswered", "unanswered");
    add_measure (text, entry, "working", "working");
    add_measure (text, entry, "orders", "orders");
    int64_t rate_e3 = model_rate_e3 (entry);
    text_add (text, ",\"orders_per_second\":%" PRId64 ".%03" PRId64, rate_e3 / 1000, rate_e3 % 1000);
    add_ms (text, "p99_ms", model_percentile (entry, 990));
    add_measure (text, entry, "breakers_open", "breakers.open");
    add_measure (text, entry, "breakers_half_open", "breakers.half_open");
    text_add (text, "}");
}

static void add_actor (const gateway_t *self, const watched_t *entry, int64_t now_ns, text_t *text)
{
    text_add (text, "{\"name\":");
    text_add_json (text, entry->name);
    add_text (text, "role", entry->role);
    text_add (text, ",\"up\":%s,\"state\":\"%s\",\"restarts\":%" PRIu64,
        model_fresh (self, entry, now_ns) ? "true" : "false",
        entry->state_at_ns > 0 ? actor_state_state_text (entry->state) : "", entry->restarts);
    add_time (text, "started_at", entry->stats.started_at_ns);
    add_measure (text, entry, "resident_bytes", "process.resident");
    add_ms (text, "cpu_ms", measure_get (&entry->stats, "process.cpu", -1));
    add_measure (text, entry, "link_waiting", "link.waiting");
    text_add (text, "}");
}

static void add_actors (const gateway_t *self, int64_t now_ns, bool shards, text_t *text)
{
    uint64_t count = 0;
    text_add (text, ",\"%s\":[", shards ? "shards" : "actors");
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const watched_t *entry = &self->actors[n];
        if (shards && !model_is (entry, "executor"))
            continue;
        text_add (text, "%s", count++ > 0 ? "," : "");
        if (shards)
            add_shard (self, entry, now_ns, text);
        else
            add_actor (self, entry, now_ns, text);
    }
    text_add (text, "]");
}

static void add_breakers (const gateway_t *self, text_t *text)
{
    uint64_t count = 0;
    text_add (text, ",\"breakers\":[");
    for (size_t n = 0; n < BREAKERS_MAX; n++) {
        if (!*self->breakers[n].breaker.client_id)
            continue;
        text_add (text, "%s{", count++ > 0 ? "," : "");
        view_breaker (text, &self->breakers[n]);
        text_add (text, "}");
    }
    text_add (text, "]");
}

/*  Newest first. */
static void add_rings (const gateway_t *self, text_t *text)
{
    text_add (text, ",\"replications\":[");
    for (uint64_t n = 0; n < self->replications_count && n < REPLICATIONS_MAX; n++) {
        text_add (text, "%s{", n > 0 ? "," : "");
        view_replication (text, &self->replications[(self->replications_count - 1 - n) % REPLICATIONS_MAX]);
        text_add (text, "}");
    }
    text_add (text, "],\"alerts\":[");
    for (uint64_t n = 0; n < self->alerts_count && n < ALERTS_MAX; n++) {
        text_add (text, "%s{", n > 0 ? "," : "");
        view_alert (text, &self->alerts[(self->alerts_count - 1 - n) % ALERTS_MAX]);
        text_add (text, "}");
    }
    text_add (text, "]");
}

size_t gateway_status (const gateway_t *self, int64_t now_ns, int64_t utc_ns, char *bytes, size_t size)
{
    char ready[1100];
    text_t text;
    assert (self && bytes);
    bool is_ready = gateway_ready (self, now_ns, ready, sizeof ready);
    text_begin (&text, bytes, size);
    text_add (&text, "{\"version\":\"%s\",\"ready\":%s", self->config.version, is_ready ? "true" : "false");
    add_time (&text, "at", utc_ns);
    add_time (&text, "since", self->started_utc_ns);
    text_add (&text, ",");
    add_stream (self, now_ns, &text);
    add_totals (self, now_ns, &text);
    add_storage (self, now_ns, &text);
    add_actors (self, now_ns, true, &text);
    add_actors (self, now_ns, false, &text);
    add_breakers (self, &text);
    add_rings (self, &text);
    text_add (&text, "}\n");
    return text.full ? 0 : text.used;
}
