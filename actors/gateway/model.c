/*  model.c: the copier as it was heard of last, in tables of a fixed size. */
#include "actors/gateway/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/*  ---- actors ---- */

bool model_is (const watched_t *entry, const char *role)
{
    assert (entry && role);
    return strcmp (entry->role, role) == 0;
}

/*  Executors come under new names, again and again: the place of the one that was heard longest ago. */
static watched_t *place_for (gateway_t *self)
{
    watched_t *oldest = NULL;
    if (self->actors_count < ACTORS_MAX)
        return &self->actors[self->actors_count++];
    for (uint32_t n = 0; n < self->actors_count; n++) {
        watched_t *entry = &self->actors[n];
        if (model_is (entry, "executor") && (!oldest || entry->heard_ns < oldest->heard_ns))
            oldest = entry;
    }
    return oldest;
}

static watched_t *watched (gateway_t *self, const char *name, const char *role)
{
    for (uint32_t n = 0; n < self->actors_count; n++)
        if (strcmp (self->actors[n].name, name) == 0)
            return &self->actors[n];
    watched_t *entry = place_for (self);
    if (!entry)
        return NULL;
    memset (entry, 0, sizeof *entry);
    TEXT_SET (entry->name, name);
    TEXT_SET (entry->role, role);
    return entry;
}

static base_t base_of (const actor_stats_t *stats, int64_t now_ns)
{
    base_t base = {.at_ns = now_ns, .orders = measure_get (stats, "orders", 0)};
    measure_get_histogram (stats, "latency", &base.latency);
    return base;
}

static known_breaker_t *find_breaker (gateway_t *self, const char *client_id)
{
    for (size_t n = 0; n < BREAKERS_MAX; n++)
        if (strcmp (self->breakers[n].breaker.client_id, client_id) == 0)
            return &self->breakers[n];
    return NULL;
}

/*  A free place, or that of the one nobody told of for the longest. */
static known_breaker_t *take_breaker (gateway_t *self, const char *client_id)
{
    known_breaker_t *best = &self->breakers[0];
    for (size_t n = 0; n < BREAKERS_MAX; n++) {
        known_breaker_t *entry = &self->breakers[n];
        if (!*entry->breaker.client_id) {
            best = entry;
            break;
        }
        if (entry->told_ns < best->told_ns)
            best = entry;
    }
    *best = (known_breaker_t){0};
    TEXT_SET (best->breaker.client_id, client_id);
    return best;
}

static void hear_breakers (gateway_t *self, const actor_stats_t *stats, int64_t now_ns)
{
    static const char prefix[] = "breaker.";
    for (size_t n = 0; n < stats->readings_count; n++) {
        const reading_t *reading = &stats->readings[n];
        const char *client_id = reading->name + sizeof prefix - 1;
        bool is_state = reading->value > 0 && reading->value < BREAKER_CHANGED_STATE_COUNT;
        if (strncmp (reading->name, prefix, sizeof prefix - 1) != 0 || !*client_id ||
            strlen (client_id) >= sizeof ((breaker_changed_t *) NULL)->client_id || !is_state)
            continue;
        known_breaker_t *entry = find_breaker (self, client_id);
        if (!entry)
            entry = take_breaker (self, client_id);
        entry->breaker.state = (breaker_changed_state_t) reading->value;
        entry->told_ns = now_ns;
    }
}

/*  A shard names only some; as long as one has more than it names, what is known is kept. */
static bool all_named (const gateway_t *self)
{
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const actor_stats_t *stats = &self->actors[n].stats;
        int64_t named = 0;
        for (size_t i = 0; i < stats->readings_count; i++)
            named += strncmp (stats->readings[i].name, "breaker.", 8) == 0;
        if (measure_get (stats, "breakers.open", 0) + measure_get (stats, "breakers.half_open", 0) > named)
            return false;
    }
    return true;
}

static void forget_breakers (gateway_t *self, int64_t now_ns)
{
    if (!all_named (self))
        return;
    for (size_t n = 0; n < BREAKERS_MAX; n++)
        if (self->breakers[n].told_ns + self->config.stale_ns < now_ns)
            self->breakers[n].breaker.client_id[0] = '\0';
}

void model_stats (gateway_t *self, const actor_stats_t *stats, int64_t now_ns)
{
    assert (self && stats);
    watched_t *entry = watched (self, stats->name, stats->role);
    if (!entry)
        return;
    bool other_life = entry->stats.started_at_ns != stats->started_at_ns;
    entry->stats = *stats;
    entry->heard_ns = now_ns;
    if (other_life || entry->base[1].at_ns == 0)
        entry->base[0] = entry->base[1] = base_of (stats, now_ns);
    else if (entry->base[1].at_ns + WINDOW_NS <= now_ns) {
        entry->base[0] = entry->base[1];
        entry->base[1] = base_of (stats, now_ns);
    }
    hear_breakers (self, stats, now_ns);
    forget_breakers (self, now_ns);
}

bool model_fresh (const gateway_t *self, const watched_t *entry, int64_t now_ns)
{
    assert (self);
    return entry && entry->heard_ns > 0 && entry->heard_ns + self->config.stale_ns >= now_ns;
}

const watched_t *model_of_role (const gateway_t *self, const char *role, int64_t now_ns)
{
    assert (self && role);
    for (uint32_t n = 0; n < self->actors_count; n++)
        if (model_is (&self->actors[n], role) && model_fresh (self, &self->actors[n], now_ns))
            return &self->actors[n];
    return NULL;
}

uint64_t model_shards (const gateway_t *self, int64_t now_ns, uint64_t *alive_p)
{
    assert (self && alive_p);
    const watched_t *dispatcher = model_of_role (self, "dispatcher", now_ns);
    *alive_p = 0;
    if (!dispatcher)
        return 0;
    for (uint32_t n = 0; n < self->actors_count; n++) {
        const watched_t *entry = &self->actors[n];
        if (model_is (entry, "executor") && model_fresh (self, entry, now_ns))
            *alive_p += measure_get (&entry->stats, "lease", 0) > 0;
    }
    return (uint64_t) measure_get (&dispatcher->stats, "shards", 0);
}

int64_t model_percentile (const watched_t *entry, int per_mille)
{
    histogram_t now = {0};
    uint64_t below = 0;
    if (!entry)
        return -1;
    measure_get_histogram (&entry->stats, "latency", &now);
    for (size_t n = 0; n <= HISTOGRAM_BOUNDS; n++) {
        uint64_t before = entry->base[0].latency.buckets[n];
        now.buckets[n] = now.buckets[n] > before ? now.buckets[n] - before : 0;
    }
    uint64_t count = histogram_count (&now);
    uint64_t rank = (count * (uint64_t) per_mille + 999) / 1000;
    if (count == 0)
        return -1;
    for (size_t n = 0; n < HISTOGRAM_BOUNDS; n++) {
        int64_t low_ns = n > 0 ? histogram_bounds_ns[n - 1] : 0;
        int64_t width_ns = histogram_bounds_ns[n] - low_ns;
        if (below + now.buckets[n] >= rank) /*  evenly spread within a bucket */
            return low_ns + (int64_t) ((uint64_t) width_ns * (rank - below) / now.buckets[n]);
        below += now.buckets[n];
    }
    return histogram_bounds_ns[HISTOGRAM_BOUNDS - 1];
}

int64_t model_rate_e3 (const watched_t *entry)
{
    assert (entry);
    int64_t span_ms = (entry->heard_ns - entry->base[0].at_ns) / 1000000;
    int64_t orders = measure_get (&entry->stats, "orders", 0) - entry->base[0].orders;
    return span_ms > 0 && orders > 0 ? orders * 1000000 / span_ms : 0;
}

/*  ---- events ---- */

void model_state (gateway_t *self, const actor_state_t *state, text_t *event)
{
    assert (self && state && event);
    watched_t *entry = watched (self, state->name, state->role);
    if (!entry)
        return;
    entry->state = state->state;
    entry->state_at_ns = state->at_ns;
    entry->pid = state->pid;
    entry->restarts += state->state == ACTOR_STATE_STATE_RESTARTED;
    text_add (event, "{\"type\":\"%s\",\"name\":", model_is (entry, "executor") ? "shard" : "actor");
    text_add_json (event, state->name);
    text_add (event, ",\"state\":\"%s\",\"detail\":", actor_state_state_text (state->state));
    text_add_json (event, state->detail);
    text_add (event, ",\"at\":");
    text_add_time (event, state->at_ns);
    text_add (event, "}");
}

void model_stream (gateway_t *self, const stream_state_t *stream, text_t *event)
{
    assert (self && stream && event);
    self->stream = *stream;
    text_add (
        event, "{\"type\":\"stream\",\"state\":\"%s\",\"reason\":", stream_state_state_text (stream->state));
    text_add_json (event, stream->reason);
    text_add (event, ",\"at\":");
    text_add_time (event, stream->at_ns);
    text_add (event, "}");
}

void model_replication (gateway_t *self, const replication_completed_t *replication, text_t *event)
{
    assert (self && replication && event);
    uint64_t *seen = &self->seen[replication->sequence % SEEN_MAX];
    if (*seen == replication->sequence && self->replications_count > 0)
        return; /*  it is repeated until it is stored */
    *seen = replication->sequence;
    self->replications[self->replications_count++ % REPLICATIONS_MAX] = *replication;
    text_add (event, "{\"type\":\"trade_replicated\",");
    view_replication (event, replication);
    text_add (event, "}");
}

static bool same_breaker (const breaker_changed_t *a, const breaker_changed_t *b)
{
    return a->state == b->state && a->failures == b->failures && a->opened_at_ns == b->opened_at_ns &&
           a->retry_at_ns == b->retry_at_ns && strcmp (a->last_error, b->last_error) == 0;
}

/*  The dispatcher passes it on, so it is heard twice. */
void model_breaker (gateway_t *self, const breaker_changed_t *breaker, int64_t now_ns, text_t *event)
{
    assert (self && breaker && event);
    known_breaker_t *entry = find_breaker (self, breaker->client_id);
    bool closed = breaker->state == BREAKER_CHANGED_STATE_CLOSED;
    if (!*breaker->client_id || (!entry && closed))
        return;
    bool same = entry && same_breaker (&entry->breaker, breaker);
    if (!entry)
        entry = take_breaker (self, breaker->client_id);
    entry->breaker = *breaker;
    entry->told_ns = now_ns;
    if (!same) {
        text_add (event, "{\"type\":\"breaker\",");
        view_breaker (event, entry);
        text_add (event, "}");
    }
    if (closed)
        entry->breaker.client_id[0] = '\0';
}

void model_alert (gateway_t *self, const alert_raised_t *alert, text_t *event)
{
    assert (self && alert && event);
    self->alerts[self->alerts_count++ % ALERTS_MAX] = *alert;
    self->alerts_total[alert->kind][alert->severity]++;
    text_add (event, "{\"type\":\"alert\",");
    view_alert (event, alert);
    text_add (event, "}");
}
