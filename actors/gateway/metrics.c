/*  metrics.c: the model in Prometheus' text format: base units, no client's name in a label. docs/metrics.md lists them. */
#include "actors/gateway/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

typedef enum { COUNT, SECONDS } unit_t;

static void head (text_t *text, const char *name, const char *type, const char *help)
{
    text_add (text, "# HELP tradecopier_%s %s\n# TYPE tradecopier_%s %s\n", name, help, name, type);
}

static void value (text_t *text, unit_t unit, int64_t number)
{
    text_add (text, " ");
    if (unit == SECONDS)
        text_add_seconds (text, number);
    else
        text_add (text, "%" PRId64, number);
    text_add (text, "\n");
}

/*  A number that every actor of a role ("" = any) keeps, with the actor's name as label; none: not a line. */
typedef struct {
    const char *role;
    const char *measure;
    const char *name;
    const char *type;
    const char *label;
    unit_t unit;
    const char *help;
} row_t;

static const row_t s_rows[] = {
    {"", "process.resident", "process_resident_memory_bytes", "gauge", "actor", COUNT,
        "Memory of the actor's process."},
    {"", "process.cpu", "process_cpu_seconds_total", "counter", "actor", SECONDS,
        "Processor time of the actor's process."},
    {"", "process.files", "process_open_fds", "gauge", "actor", COUNT,
        "Open file descriptors of the actor's process."},
    {"", "log.dropped", "log_lines_dropped_total", "counter", "actor", COUNT,
        "Log lines that nobody read in time."},
    {"", "link.waiting", "link_waiting_messages", "gauge", "actor", COUNT,
        "Messages that the actor sent and that were not acknowledged yet."},
    {"", "link.refused", "link_refused_total", "counter", "actor", COUNT,
        "Frames that were no message of ours."},
    {"executor", "clients", "shard_clients", "gauge", "shard", COUNT, "Active clients of the shard."},
    {"executor", "warm", "shard_clients_warm", "gauge", "shard", COUNT,
        "Clients whose equity and positions are known."},
    {"executor", "epoch", "shard_epoch", "gauge", "shard", COUNT, "Epoch of the shard's assignment."},
    {"executor", "lease", "shard_lease_remaining_seconds", "gauge", "shard", SECONDS,
        "For how long the shard may still begin orders."},
    {"executor", "orders", "shard_orders_total", "counter", "shard", COUNT,
        "Orders that were answered for the first time."},
    {"executor", "working", "shard_orders_working", "gauge", "shard", COUNT,
        "Orders that the broker has and that are not at their end."},
    {"executor", "unanswered", "shard_orders_unanswered", "gauge", "shard", COUNT,
        "Orders without an answer."},
    {"executor", "waiting", "shard_waiting", "gauge", "shard", COUNT,
        "Clients' symbols with something to decide or send."},
    {"dispatcher", "shards", "shards", "gauge", NULL, COUNT,
        "Shards of the topology, and of any name those that are there."},
    {"dispatcher", "replications", "replications_total", "counter", NULL, COUNT,
        "Replications that were completed."},
    {"dispatcher", "revision", "config_revision", "gauge", NULL, COUNT,
        "Revision of the configuration at the dispatcher."},
    {"audit", "durable", "audit_records_total", "counter", NULL, COUNT, "Records that are durable."},
    {"audit", "failures", "database_failures", "gauge", NULL, COUNT, "Commits that failed in a row."},
    {"audit", "database", "database_up", "gauge", NULL, COUNT, "1: the database is written."},
};

static bool row_is_for (const gateway_t *self, const row_t *row, const watched_t *entry, int64_t now_ns)
{
    return model_fresh (self, entry, now_ns) && (!*row->role || model_is (entry, row->role)) &&
           measure_get (&entry->stats, row->measure, -1) >= 0;
}

static void add_row (const gateway_t *self, const row_t *row, int64_t now_ns, text_t *text)
{
    bool any = false;
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const watched_t *entry = &self->actors[n];
        if (!row_is_for (self, row, entry, now_ns))
            continue;
        if (!any)
            head (text, row->name, row->type, row->help);
        any = true;
        text_add (text, "tradecopier_%s", row->name);
        if (row->label) {
            text_add (text, "{%s=", row->label);
            text_add_label (text, entry->name);
            text_add (text, "}");
        }
        value (text, row->unit, measure_get (&entry->stats, row->measure, 0));
    }
}

/*  ---- histograms ---- */

/*  le in seconds, without zeros at its end */
static void add_bound (text_t *text, int64_t ns)
{
    int64_t fraction = ns % INT64_C (1000000000);
    int digits = 9;
    text_add (text, "%" PRId64, ns / INT64_C (1000000000));
    if (fraction == 0)
        return;
    while (fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    text_add (text, ".%0*" PRId64, digits, fraction);
}

static void add_buckets (text_t *text, const char *name, const char *shard, const histogram_t *histogram)
{
    uint64_t sum = 0;
    for (size_t n = 0; n <= HISTOGRAM_BOUNDS; n++) {
        sum += histogram->buckets[n];
        text_add (text, "tradecopier_%s_bucket{", name);
        if (shard) {
            text_add (text, "shard=");
            text_add_label (text, shard);
            text_add (text, ",");
        }
        text_add (text, "le=\"");
        if (n < HISTOGRAM_BOUNDS)
            add_bound (text, histogram_bounds_ns[n]);
        else
            text_add (text, "+Inf");
        text_add (text, "\"} %" PRIu64 "\n", sum);
    }
    for (int n = 0; n < 2; n++) {
        text_add (text, "tradecopier_%s_%s", name, n == 0 ? "sum" : "count");
        if (shard) {
            text_add (text, "{shard=");
            text_add_label (text, shard);
            text_add (text, "}");
        }
        value (text, n == 0 ? SECONDS : COUNT, n == 0 ? histogram->sum_ns : (int64_t) sum);
    }
}

static void add_histograms (const gateway_t *self, int64_t now_ns, text_t *text)
{
    static const struct {
        const char *measure;
        const char *name;
        const char *help;
    } rows[] = {{"latency", "replication_latency_seconds",
                    "From the master's execution at the listener to each copy's order being written."},
        {"total", "replication_duration_seconds",
            "From the master's execution at the listener to the last client's outcome."}};
    const watched_t *dispatcher = model_of_role (self, "dispatcher", now_ns);
    for (size_t n = 0; dispatcher && n < sizeof rows / sizeof *rows; n++) {
        histogram_t histogram = {0};
        measure_get_histogram (&dispatcher->stats, rows[n].measure, &histogram);
        head (text, rows[n].name, "histogram", rows[n].help);
        add_buckets (text, rows[n].name, NULL, &histogram);
    }
    bool any = false;
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const watched_t *entry = &self->actors[n];
        histogram_t histogram = {0};
        if (!model_is (entry, "executor") || !model_fresh (self, entry, now_ns))
            continue;
        if (!any)
            head (text, "submission_seconds", "histogram",
                "From an order being written to the broker's complete answer.");
        any = true;
        measure_get_histogram (&entry->stats, "answer", &histogram);
        add_buckets (text, "submission_seconds", entry->name, &histogram);
    }
}

/*  ---- what has labels of its own ---- */

static void add_copies (const gateway_t *self, int64_t now_ns, text_t *text)
{
    static const char *const results[] = {"success", "failure", "skipped"};
    const watched_t *dispatcher = model_of_role (self, "dispatcher", now_ns);
    if (!dispatcher)
        return;
    head (text, "copies_total", "counter", "Outcomes of clients in completed replications.");
    for (size_t n = 0; n < 3; n++) {
        text_add (text, "tradecopier_copies_total{result=\"%s\"}", results[n]);
        value (text, COUNT, measure_get (&dispatcher->stats, results[n], 0));
    }
}

/*  "outcome.<kind>.<reason>": words, so they need no escaping. */
static void add_outcome (const watched_t *entry, const reading_t *reading, text_t *text)
{
    const char *kind = reading->name + strlen ("outcome.");
    const char *dot = strchr (kind, '.');
    if (strncmp (reading->name, "outcome.", strlen ("outcome.")) != 0 || !dot)
        return;
    text_add (text, "tradecopier_outcomes_total{shard=");
    text_add_label (text, entry->name);
    text_add (text, ",kind=\"%.*s\",reason=", (int) (dot - kind), kind);
    text_add_label (text, dot + 1);
    text_add (text, "}");
    value (text, COUNT, reading->value);
}

static void add_outcomes (const gateway_t *self, int64_t now_ns, text_t *text)
{
    head (text, "outcomes_total", "counter",
        "Outcomes told for the first time, by kind and reason; an order is told when accepted and when "
        "filled.");
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const watched_t *entry = &self->actors[n];
        if (!model_is (entry, "executor") || !model_fresh (self, entry, now_ns))
            continue;
        for (size_t i = 0; i < entry->stats.readings_count; i++)
            add_outcome (entry, &entry->stats.readings[i], text);
    }
}

static void add_breakers (const gateway_t *self, int64_t now_ns, text_t *text)
{
    head (text, "breakers", "gauge", "Clients by the state of their circuit breaker.");
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const watched_t *entry = &self->actors[n];
        if (!model_is (entry, "executor") || !model_fresh (self, entry, now_ns))
            continue;
        int64_t open = measure_get (&entry->stats, "breakers.open", 0);
        int64_t half_open = measure_get (&entry->stats, "breakers.half_open", 0);
        const struct {
            const char *state;
            int64_t count;
        } rows[] = {{"open", open}, {"half_open", half_open},
            {"closed", measure_get (&entry->stats, "clients", 0) - open - half_open}};
        for (size_t i = 0; i < 3; i++) {
            text_add (text, "tradecopier_breakers{shard=");
            text_add_label (text, entry->name);
            text_add (text, ",state=\"%s\"}", rows[i].state);
            value (text, COUNT, rows[i].count);
        }
    }
}

static void add_stream (const gateway_t *self, int64_t now_ns, text_t *text)
{
    static const char *const states[] = {
        "down", "connected", "authorized", "listening", "refused", "bad_keys"};
    const watched_t *listener = model_of_role (self, "listener", now_ns);
    int64_t phase = listener ? measure_get (&listener->stats, "stream", -1) : -1;
    head (text, "stream_state", "gauge", "1 for the state the master's stream is in; all 0: not known.");
    for (int64_t n = 0; n < 6; n++)
        text_add (text, "tradecopier_stream_state{state=\"%s\"} %d\n", states[n], n == phase);
}

static void add_queues (const gateway_t *self, int64_t now_ns, text_t *text)
{
    static const struct {
        const char *role;
        const char *measure;
        const char *queue;
    } rows[] = {{"dispatcher", "held", "orders_held"}, {"dispatcher", "open", "replications_open"},
        {"dispatcher", "completed", "replications_unstored"},
        {"dispatcher", "unfinished", "orders_unfinished"}, {"listener", "unacked", "orders_unacknowledged"},
        {"audit", "backlog", "audit_backlog"}};
    head (text, "queue_depth", "gauge", "What waits, by queue.");
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        const watched_t *entry = model_of_role (self, rows[n].role, now_ns);
        if (!entry)
            continue;
        text_add (text, "tradecopier_queue_depth{queue=\"%s\"}", rows[n].queue);
        value (text, COUNT, measure_get (&entry->stats, rows[n].measure, 0));
    }
}

static void add_actors (const gateway_t *self, int64_t now_ns, text_t *text)
{
    static const struct {
        const char *name;
        const char *type;
        const char *help;
    } rows[] = {{"actor_up", "gauge", "1: the actor told how it is within the last 10 s."},
        {"actor_start_time_seconds", "gauge", "When the actor's life began, Unix time."},
        {"actor_restarts_total", "counter", "Times the supervisor restarted it, as the gateway heard."},
        {"actor_heard_age_seconds", "gauge", "Since the actor told how it is."}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        head (text, rows[i].name, rows[i].type, rows[i].help);
        for (uint32_t n = 0; n < self->actors_count; n++) {
            const watched_t *entry = &self->actors[n];
            if (entry->heard_ns == 0)
                continue;
            text_add (text, "tradecopier_%s{actor=", rows[i].name);
            text_add_label (text, entry->name);
            text_add (text, ",role=");
            text_add_label (text, entry->role);
            text_add (text, "}");
            const int64_t values[] = {model_fresh (self, entry, now_ns), entry->stats.started_at_ns,
                (int64_t) entry->restarts, now_ns - entry->heard_ns};
            value (text, i == 1 || i == 3 ? SECONDS : COUNT, values[i]);
        }
    }
}

static void add_alerts (const gateway_t *self, text_t *text)
{
    head (text, "alerts_total", "counter", "Alerts raised, as the gateway heard.");
    for (unsigned kind = 0; kind < ALERT_RAISED_KIND_COUNT;
         kind++) /*  from 0 on: else the first has no increase */
        for (unsigned severity = 0; severity < ALERT_RAISED_SEVERITY_COUNT; severity++)
            text_add (text, "tradecopier_alerts_total{kind=\"%s\",severity=\"%s\"} %" PRIu64 "\n",
                alert_raised_kind_text ((alert_raised_kind_t) kind),
                alert_raised_severity_text ((alert_raised_severity_t) severity),
                self->alerts_total[kind][severity]);
}

static void add_redis (const gateway_t *self, int64_t now_ns, text_t *text)
{
    const watched_t *audit = model_of_role (self, "audit", now_ns);
    int64_t redis = audit ? measure_get (&audit->stats, "redis", 0) : 0;
    if (redis <= 0)
        return;
    head (text, "redis_up", "gauge", "1: Redis is written; missing when there is no REDIS_URL.");
    text_add (text, "tradecopier_redis_up %d\n", redis == 2);
}

static void add_port (const gateway_port_counts_t *port, text_t *text)
{
    const struct {
        const char *name;
        const char *type;
        uint64_t count;
        const char *help;
    } rows[] = {{"gateway_websockets", "gauge", port->websockets, "WebSockets that are open."},
        {"gateway_connections", "gauge", port->connections, "Connections that are open."},
        {"gateway_websockets_slow_total", "counter", port->slow_closed,
            "WebSockets closed, for they did not read."},
        {"gateway_connections_refused_total", "counter", port->refused, "Connections beyond the limit."},
        {"gateway_unauthenticated_total", "counter", port->unauthenticated, "Requests without the token."}};
    head (text, "gateway_requests_total", "counter", "HTTP requests by the class of their answer.");
    for (size_t n = 1; n < 5; n++)
        text_add (text, "tradecopier_gateway_requests_total{code=\"%zuxx\"} %" PRIu64 "\n", n + 1,
            port->requests[n]);
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        head (text, rows[n].name, rows[n].type, rows[n].help);
        text_add (text, "tradecopier_%s %" PRIu64 "\n", rows[n].name, rows[n].count);
    }
}

size_t gateway_metrics (
    const gateway_t *self, int64_t now_ns, const gateway_port_counts_t *port, char *bytes, size_t size)
{
    char ready[1100];
    uint64_t alive = 0;
    text_t text;
    assert (self && port && bytes);
    text_begin (&text, bytes, size);
    head (&text, "build_info", "gauge", "The program's version, as label.");
    text_add (&text, "tradecopier_build_info{version=\"%s\"} 1\n", self->config.version);
    head (&text, "ready", "gauge", "1: /readyz answers 200.");
    text_add (&text, "tradecopier_ready %d\n", gateway_ready (self, now_ns, ready, sizeof ready));
    (void) model_shards (self, now_ns, &alive);
    head (&text, "shards_alive", "gauge", "Shards that have a lease.");
    text_add (&text, "tradecopier_shards_alive %" PRIu64 "\n", alive);
    add_stream (self, now_ns, &text);
    add_histograms (self, now_ns, &text);
    add_copies (self, now_ns, &text);
    add_outcomes (self, now_ns, &text);
    add_breakers (self, now_ns, &text);
    add_queues (self, now_ns, &text);
    for (size_t n = 0; n < sizeof s_rows / sizeof *s_rows; n++)
        add_row (self, &s_rows[n], now_ns, &text);
    add_actors (self, now_ns, &text);
    add_redis (self, now_ns, &text);
    add_alerts (self, &text);
    add_port (port, &text);
    return text.full ? 0 : text.used;
}
