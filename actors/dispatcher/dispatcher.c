/*  dispatcher.c: a dispatcher's life.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | new | START | config.request every 500 ms | loading |
 *  | loading | client.config, master.config, state.mark | kept, and passed on to those who are there | loading |
 *  | loading | config.loaded | waits for every shard, at most 5 s | waiting |
 *  | waiting | every shard was seen and has its clients, or 5 s later | held master orders go out | running |
 *  | running | configuration, shards | assignment.c, shards.c, moves.c | running |
 *  | running | master.order, copy.result, replication.stored | replication.c, completion.c | running |
 *  | any | STOP | takes no new orders | stopping |
 *  | stopping | every replication is stored, or 10 s later | stopped | end |
 */
#include "actors/dispatcher/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_NS INT64_C (500000000) /*  until config.loaded */
#define REMIND_NS INT64_C (5000000000) /*  afterwards */
#define SECOND_NS INT64_C (1000000000)

static void defaults (dispatcher_config_t *config)
{
    static const dispatcher_config_t least = {.max_clients = 2000,
        .max_replications = 512,
        .max_completed = 16384,
        .max_marks = 65536,
        .max_held = 4096,
        .max_unfinished = 512,
        .latency_warning_ns = SECOND_NS,
        .latency_critical_ns = 5 * SECOND_NS,
        .repeat_ns = 2 * SECOND_NS,
        .beat_ns = SECOND_NS / 2,
        .lease_ns = 2 * SECOND_NS,
        .hold_ns = 5 * SECOND_NS,
        .grace_ns = 10 * SECOND_NS,
        .request_timeout_ns = 10 * SECOND_NS,
        .lookback_ns = 86400 * SECOND_NS,
        .stop_ns = 10 * SECOND_NS};
#define DEFAULT(field) config->field = config->field > 0 ? config->field : least.field
    DEFAULT (max_clients);
    DEFAULT (max_replications);
    DEFAULT (max_completed);
    DEFAULT (max_marks);
    DEFAULT (max_held);
    DEFAULT (max_unfinished);
    DEFAULT (latency_warning_ns);
    DEFAULT (latency_critical_ns);
    DEFAULT (repeat_ns);
    DEFAULT (beat_ns);
    DEFAULT (lease_ns);
    DEFAULT (hold_ns);
    DEFAULT (grace_ns);
    DEFAULT (request_timeout_ns);
    DEFAULT (lookback_ns);
    DEFAULT (stop_ns);
#undef DEFAULT
    if (config->max_shards < config->shard_count)
        config->max_shards = config->shard_count;
    uint32_t pinned = config->max_replications + config->max_completed + config->max_unfinished;
    if (config->max_marks <= pinned)
        config->max_marks = pinned + 1;
}

static bool take_memory (dispatcher_t *self)
{
    const dispatcher_config_t *config = &self->config;
    self->clients = calloc (config->max_clients, sizeof *self->clients);
    self->followers = calloc (config->max_clients, sizeof *self->followers);
    self->sorted = calloc (config->max_clients, sizeof *self->sorted);
    self->held = calloc (config->max_held, sizeof *self->held);
    self->unfinished = calloc (config->max_unfinished, sizeof *self->unfinished);
    self->working = calloc ((size_t) config->max_unfinished * config->max_clients, sizeof *self->working);
    self->ended = calloc ((size_t) config->max_unfinished * config->max_clients, sizeof *self->ended);
    bool others = config->max_shards > config->shard_count;
    self->early = others ? calloc (EARLY_MAX, sizeof *self->early) : NULL;
    bool ok = (self->early || !others) && marks_init (&self->marks, config->max_marks);
    ok &= pool_init (&self->pool, config->max_replications, config->max_completed, config->max_clients);
    ok &= directory_init (&self->clients_by_id, config->max_clients);
    return ok && self->clients && self->followers && self->sorted && self->held && self->unfinished &&
           self->working && self->ended;
}

dispatcher_t *dispatcher_new (const dispatcher_config_t *config)
{
    assert (config && config->shard_count <= DISPATCHER_SHARDS_MAX &&
            config->max_shards <= DISPATCHER_SHARDS_MAX && config->shard_count + config->max_shards > 0);
    dispatcher_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    self->config.shards = NULL;
    defaults (&self->config);
    for (uint32_t i = 0; i < config->shard_count; i++) {
        TEXT_SET (self->shards[i].name, config->shards[i]);
        self->shards[i].used = self->shards[i].named = true;
        self->shards[i].cursor = DIRECTORY_NONE;
    }
    self->shard_count = config->shard_count;
    self->settled = self->config.max_shards == config->shard_count;
    self->plan_cursor = DIRECTORY_NONE;
    self->plan_at_ns = INT64_MAX;
    (void) snprintf (self->listener, sizeof self->listener, "listener");
    self->request_at_ns = self->hold_until_ns = self->stop_at_ns = INT64_MAX;
    if (!take_memory (self)) {
        dispatcher_destroy (&self);
        return NULL;
    }
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        self->unfinished[i].of_client = self->working + (size_t) i * self->config.max_clients;
        self->unfinished[i].ended_of = self->ended + (size_t) i * self->config.max_clients;
    }
    return self;
}

void dispatcher_destroy (dispatcher_t **self_p)
{
    assert (self_p);
    dispatcher_t *self = *self_p;
    if (!self)
        return;
    marks_free (&self->marks);
    pool_free (&self->pool);
    directory_free (&self->clients_by_id);
    free (self->clients);
    free (self->followers);
    free (self->early);
    free (self->sorted);
    free (self->held);
    free (self->unfinished);
    free (self->working);
    free (self->ended);
    free (self);
    *self_p = NULL;
}

size_t dispatcher_effects_limit (const dispatcher_config_t *config)
{
    assert (config);
    dispatcher_config_t full = *config;
    defaults (&full);
    /*  every open command again to one or more shards, every replication completed by one removed client */
    return 4 * DISPATCHER_BUDGET + (size_t) full.max_replications * (full.max_shards + 4) +
           (2 * (size_t) full.max_shards + 1) * full.max_unfinished;
}

size_t dispatcher_arena_limit (const dispatcher_config_t *config)
{
    return dispatcher_effects_limit (config) * 1024 + (size_t) DISPATCHER_BUDGET * 3072 +
           2 * MESSAGE_BYTES_MAX;
}

void dispatcher_alert (dispatcher_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *subject, const char *text, int64_t utc_ns, effects_t *effects)
{
    assert (self && subject && text);
    self->out.kind = MSG_ALERT_RAISED;
    alert_raised_t *out = &self->out.alert_raised;
    *out = (alert_raised_t){.kind = kind, .severity = severity, .at_ns = utc_ns};
    TEXT_SET (out->subject, subject);
    TEXT_SET (out->text, text);
    effects_publish (effects, &self->out);
}

static int on_start (dispatcher_t *self, const event_t *event)
{
    self->request_at_ns = event->now_ns;
    /*  Above whatever an earlier life of ours numbered: the audit knows replications by their sequence. */
    self->sequence = event->utc_ns > 0 ? (uint64_t) event->utc_ns / 1000000 : 0;
    self->started_utc_ns = event->utc_ns;
    self->life = event->utc_ns > 0 ? (uint64_t) event->utc_ns : 1;
    self->durable_asked = self->life; /*  so here */
    self->grants_from_ns = self->before_to_ns = event->now_ns + self->config.lease_ns;
    return 0;
}

/*  The next config.request tells the audit which revision we have: from there on it polls for newer ones. It is
 *  repeated now and then, for the audit forgets it when it is restarted. Revision 0 is an empty database. */
static int on_config_loaded (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    uint64_t revision = event->message->config_loaded.revision;
    if (revision != self->revision)
        self->request_at_ns = event->now_ns;
    self->revision = revision;
    if (self->hold_until_ns != INT64_MAX)
        return 0;
    self->hold_until_ns = event->now_ns + self->config.hold_ns;
    int64_t known_ns = event->message->config_loaded.known_since_ns;
    self->known_before = known_ns > 0;
    self->known_from_ns = (known_ns > 0 ? known_ns : event->utc_ns) - self->config.lookback_ns;
    dispatcher_unfinished_loaded (self);
    dispatcher_assignment_loaded (self, effects);
    dispatcher_cursor_send (self, effects);
    return 0;
}

/*  From the listener: what is to be copied. From the audit, at load, and from shards that lived before us: what still works
 *  at the broker. */
static int on_master_order (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    const trade_t *trade = &event->message->master_order.trade;
    bool others = self->config.max_shards > self->config.shard_count; /*  a shard that was not heard yet */
    uint32_t shard = event->from ? dispatcher_assignment_shard (self, event->from) : DIRECTORY_NONE;
    if (shard != DIRECTORY_NONE && dispatcher_assignment_tells (self, shard))
        dispatcher_memory_owed (self, trade);
    if (shard != DIRECTORY_NONE ||
        (event->from &&
            (strcmp (event->from, "audit") == 0 || (others && strcmp (event->from, self->listener) != 0))))
        return dispatcher_unfinished_load (self, trade, event, effects);
    return dispatcher_replication_order (self, event, effects);
}

static int pass_on (const event_t *event, const char *from, const char *to, effects_t *effects)
{
    if (!event->from || strcmp (event->from, from) != 0)
        return -ERR_UNEXPECTED;
    effects_send (effects, to, event->message);
    return 0;
}

static int on_stop (dispatcher_t *self, const event_t *event)
{
    if (self->stopping)
        return 0;
    self->stopping = true;
    self->held_count = 0; /*  no master.ack was said for these */
    self->request_at_ns = INT64_MAX;
    self->stop_at_ns = event->now_ns + self->config.stop_ns;
    return 0;
}

static void request (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (self->request_at_ns <= event->now_ns) {
        self->out.kind = MSG_CONFIG_REQUEST;
        self->out.config_request = (config_request_t){.have_revision = self->revision};
        effects_send (effects, "audit", &self->out);
        self->request_at_ns = event->now_ns + (self->revision > 0 ? REMIND_NS : REQUEST_NS);
    }
    effects_wake (effects, self->request_at_ns);
}

static void finish (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (!self->stopping || self->stopped)
        return;
    if ((self->pool.open_count == 0 && self->pool.completed_count == 0) ||
        event->now_ns >= self->stop_at_ns) {
        self->stopped = true;
        effects_stopped (effects);
        return;
    }
    effects_wake (effects, self->stop_at_ns);
}

/*  Not before we may grant leases: nobody could send, and until then the listener repeats what waited for an earlier life
 *  of ours, so that the states of a symbol are begun in the order of their executions. */
static void open_for_orders (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (self->open_for_orders || self->hold_until_ns == INT64_MAX)
        return;
    bool complete = dispatcher_assignment_complete (self) || event->now_ns >= self->hold_until_ns;
    self->open_for_orders = complete && event->now_ns >= self->grants_from_ns;
    if (!self->open_for_orders)
        effects_wake (effects, complete ? self->grants_from_ns : self->hold_until_ns);
}

/*  After every event: whatever became possible or due, and the next wake. */
static void go_on (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    request (self, event, effects);
    dispatcher_shards_tick (self, event, effects);
    dispatcher_assignment_tick (self, event, effects);
    dispatcher_moves_tick (self, event, effects);
    open_for_orders (self, event, effects);
    if (!self->stopped)
        dispatcher_replication_tick (self, event, effects);
    if (!self->stopped)
        dispatcher_unfinished_tick (self, event, effects);
    finish (self, event, effects);
}

int dispatcher_step (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && effects);
    int rc = 0;
    self->budget = DISPATCHER_BUDGET;
    switch (event->kind) {
    case EVENT_START: rc = on_start (self, event); break;
    case EVENT_TICK: break;
    case EVENT_STOP: rc = on_stop (self, event); break;
    case MSG_CLIENT_CONFIG: rc = dispatcher_assignment_client (self, event, effects); break;
    case MSG_MASTER_CONFIG: rc = dispatcher_cursor_master (self, event, effects); break;
    case MSG_CONFIG_LOADED: rc = on_config_loaded (self, event, effects); break;
    case MSG_STATE_MARK: rc = dispatcher_cursor_mark (self, event); break;
    case MSG_LISTENER_READY: rc = dispatcher_cursor_ready (self, event, effects); break;
    case MSG_SHARD_READY: rc = dispatcher_assignment_ready (self, event, effects); break;
    case MSG_SHARD_BEAT: rc = dispatcher_assignment_beat (self, event, effects); break;
    case MSG_CLIENT_RELEASED: rc = dispatcher_moves_released (self, event); break;
    case MSG_MASTER_ORDER: rc = on_master_order (self, event, effects); break;
    case MSG_COPY_RESULT: dispatcher_replication_result (self, event, effects); break;
    case MSG_REPLICATION_STORED: dispatcher_replication_stored (self, event, effects); break;
    case MSG_DURABLE_REACHED: dispatcher_unfinished_durable (self, event); break;
    case MSG_BREAKER_CHANGED: rc = dispatcher_memory_breaker (self, event, effects); break;
    case MSG_HISTORY_REQUEST: rc = dispatcher_memory_request (self, event, effects); break;
    case MSG_COPY_HISTORY: rc = dispatcher_memory_history (self, event, effects); break;
    case MSG_STRATEGY_CHANGE: rc = pass_on (event, "gateway", "audit", effects); break;
    case MSG_STRATEGY_CHANGED: rc = pass_on (event, "audit", "gateway", effects); break;
    default: rc = -ERR_UNEXPECTED; break;
    }
    go_on (self, event, effects);
    return rc;
}

static int step (void *self, const event_t *event, effects_t *effects)
{
    return dispatcher_step (self, event, effects);
}

static void destroy (void **self_p)
{
    dispatcher_t *self = *self_p;
    dispatcher_destroy (&self);
    *self_p = NULL;
}

const actor_ops_t dispatcher_ops = {
    .role = "dispatcher", .step = step, .destroy = destroy, .measure = dispatcher_measure};
