/*  listener.c: a listener's life.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | new | START | listener.ready every 500 ms | asking |
 *  | asking | master.config | opens account and stream, reads the equity | running |
 *  | running, no listener.cursor yet | 3 s long | listener.ready every 500 ms; then CATCH_UP_LOOKBACK counts | running |
 *  | running | master.config, changed | closes and opens them again (hot reload) | running |
 *  | running | stream states | stream.c: reconnects for ever | running |
 *  | running | answers | account.c, look.c, orders.c, root.c: what happened that the stream did not tell | running |
 *  | running | trade updates | intake.c, walk.c, copy.c: states of X go out until their master.ack | running |
 *  | any | STOP | closes the stream | stopping |
 *  | stopping | every state acknowledged, or 5 s later | stopped | end |
 *
 *  No master.order leaves before equity and positions are known; executions wait in the inbox until then.
 */
#include "actors/listener/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define READY_NS INT64_C (500000000)
#define SECOND_NS INT64_C (1000000000)

static void defaults (listener_config_t *config)
{
    static const listener_config_t least = {.max_orders = 8192,
        .max_links = 16384,
        .max_executions = 65536,
        .max_positions = 8192,
        .max_held = 4096,
        .reconnect_delay_ns = SECOND_NS,
        .reconnect_max_ns = 30 * SECOND_NS,
        .refresh_ns = 15 * SECOND_NS,
        .overlap_ns = 300 * SECOND_NS,
        .repeat_ns = SECOND_NS,
        .stop_ns = 5 * SECOND_NS,
        .lookback_ns = 86400 * SECOND_NS,
        .cursor_wait_ns = 3 * SECOND_NS,
        .settle_ns = SECOND_NS / 10 * 4,
        .hold_ns = 10 * SECOND_NS,
        .poll_ns = SECOND_NS,
        .probe_ns = 15 * SECOND_NS,
        .mute_ns = 2 * SECOND_NS,
        .request_limit = 200};
#define DEFAULT(field) config->field = config->field > 0 ? config->field : least.field
    DEFAULT (max_orders);
    DEFAULT (max_links);
    DEFAULT (max_executions);
    DEFAULT (max_positions);
    DEFAULT (max_held);
    DEFAULT (reconnect_delay_ns);
    DEFAULT (reconnect_max_ns);
    DEFAULT (refresh_ns);
    DEFAULT (overlap_ns);
    DEFAULT (repeat_ns);
    DEFAULT (stop_ns);
    DEFAULT (lookback_ns);
    DEFAULT (cursor_wait_ns);
    DEFAULT (settle_ns);
    DEFAULT (hold_ns);
    DEFAULT (poll_ns);
    DEFAULT (probe_ns);
    DEFAULT (mute_ns);
    DEFAULT (request_limit);
#undef DEFAULT
    if (config->overlap_ns > config->lookback_ns) /*  who looks back less far wants less read again */
        config->overlap_ns = config->lookback_ns;
}

listener_t *listener_new (const listener_config_t *config)
{
    assert (config && config->name);
    listener_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    self->config.name = NULL;
    TEXT_SET (self->name, config->name);
    defaults (&self->config);
    self->random = config->seed;
    self->ready_at_ns = self->reopen_at_ns = self->stop_at_ns = INT64_MAX;
    self->since_ns = self->listened_at_ns = INT64_MAX;
    self->rebuilding = true;
    self->next_token = 1;
    inquiry_init (&self->account, CALL_ACCOUNT);
    inquiry_init (&self->positions, CALL_POSITIONS);
    inquiry_init (&self->fills, CALL_FILLS);
    inquiry_init (&self->orders, CALL_OPEN_ORDERS);
    inquiry_init (&self->status, CALL_ORDER);
    inquiry_init (&self->history, CALL_ORDERS);
    inquiry_init (&self->order, CALL_ORDER);
    bool ok = master_ledger_init (&self->ledger, self->config.max_positions);
    ok &= inbox_init (&self->inbox, self->config.max_held);
    ok &= seen_init (&self->seen, self->config.max_executions * 2); /*  two keys an execution */
    ok &= chain_init (&self->chain, self->config.max_links);
    ok &= master_book_init (&self->book, self->config.max_orders);
    ok &= watch_init (&self->watch, self->config.max_orders * 2);
    if (!ok)
        listener_destroy (&self);
    return self;
}

void listener_destroy (listener_t **self_p)
{
    assert (self_p);
    listener_t *self = *self_p;
    if (!self)
        return;
    master_ledger_free (&self->ledger);
    inbox_free (&self->inbox);
    seen_free (&self->seen);
    chain_free (&self->chain);
    master_book_free (&self->book);
    watch_free (&self->watch);
    free (self);
    *self_p = NULL;
}

size_t listener_effects_limit (const listener_config_t *config)
{
    assert (config);
    /*  a state, its end, a log line, an alert for each of a batch; as many repeated; ends that lists told */
    return 8 * LISTENER_BATCH_MAX;
}

size_t listener_arena_limit (const listener_config_t *config)
{
    assert (config);
    return (size_t) 8 * LISTENER_BATCH_MAX * 2048;
}

void listener_alert (listener_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *text, int64_t utc_ns, effects_t *effects)
{
    assert (self && text);
    self->out.kind = MSG_ALERT_RAISED;
    alert_raised_t *out = &self->out.alert_raised;
    *out = (alert_raised_t){.kind = kind, .severity = severity, .at_ns = utc_ns};
    TEXT_SET (out->subject, *self->master.master_id ? self->master.master_id : self->name);
    TEXT_SET (out->text, text);
    effects_publish (effects, &self->out);
}

void listener_log (listener_t *self, log_line_level_t level, const char *name, const char *x,
    const char *text, int64_t utc_ns, effects_t *effects)
{
    assert (self && name && x && text);
    self->out.kind = MSG_LOG_LINE;
    log_line_t *out = &self->out.log_line;
    *out = (log_line_t){.level = level, .at_ns = utc_ns};
    TEXT_SET (out->name, name);
    TEXT_SET (out->x, x);
    TEXT_SET (out->text, text);
    effects_publish (effects, &self->out);
}

static int on_start (listener_t *self, const event_t *event)
{
    self->ready_at_ns = event->now_ns;
    budget_init (&self->budget, self->config.request_limit, event->now_ns);
    return 0;
}

static int on_master_config (listener_t *self, const event_t *event, effects_t *effects)
{
    const master_config_t *master = &event->message->master_config;
    if (self->stopping)
        return 0;
    bool same = self->configured && master->revision == self->master.revision &&
                strcmp (master->master_id, self->master.master_id) == 0;
    if (self->cursor_known)
        self->ready_at_ns = INT64_MAX;
    if (same)
        return 0;
    bool again = self->configured;
    if (!again)
        self->cursor_by_ns = event->now_ns + self->config.cursor_wait_ns;
    self->configured_utc_ns = event->utc_ns;
    self->master = *master;
    self->configured = true;
    self->bad_keys_told = false;
    self->attempts = 0;
    if (again)
        effects_close_stream (effects, 0);
    effects_open_account (effects, 0, master->master_id, master->sealed, master->sealed_size);
    listener_account_start (self, event);
    listener_look_start (self, event);
    listener_stream_start (self, event, effects);
    return 0;
}

/*  Later ones say nothing new: what happened since our first look is known better here. They are a new dispatcher's: it
 *  knows nothing of what was sent to the one before, and of what was acknowledged only what it loaded. It is told what a
 *  listener that comes up now would find. */
static int on_cursor (listener_t *self, const event_t *event)
{
    const listener_cursor_t *cursor = &event->message->listener_cursor;
    if (self->cursor_known)
        master_book_resend (&self->book, cursor->since_ns > 0 ? cursor->since_ns - self->config.overlap_ns
                                                              : event->utc_ns - self->config.lookback_ns);
    if (self->stopping || self->cursor_known)
        return 0;
    self->cursor_known = true;
    if (self->configured)
        self->ready_at_ns = INT64_MAX;
    self->cursor_ns = cursor->since_ns;
    return 0;
}

static int on_stop (listener_t *self, const event_t *event, effects_t *effects)
{
    if (self->stopping)
        return 0;
    self->stopping = true;
    self->ready_at_ns = INT64_MAX;
    self->stop_at_ns = event->now_ns + self->config.stop_ns;
    if (self->configured)
        effects_close_stream (effects, 0);
    return 0;
}

static void say_ready (listener_t *self, const event_t *event, effects_t *effects)
{
    if (self->configured && event->now_ns >= self->cursor_by_ns)
        self->ready_at_ns = INT64_MAX; /*  it will not come */
    if (self->ready_at_ns <= event->now_ns) {
        self->out.kind = MSG_LISTENER_READY;
        self->out.listener_ready = (listener_ready_t){0};
        TEXT_SET (self->out.listener_ready.name, self->name);
        effects_send (effects, "dispatcher", &self->out);
        self->ready_at_ns = event->now_ns + READY_NS;
    }
    effects_wake (effects, self->ready_at_ns);
}

static void finish (listener_t *self, const event_t *event, effects_t *effects)
{
    if (!self->stopping || self->stopped)
        return;
    if (self->book.unacked_count == 0 || event->now_ns >= self->stop_at_ns) {
        self->stopped = true;
        effects_stopped (effects);
        return;
    }
    effects_wake (effects, self->stop_at_ns);
}

/*  After every event: whatever became possible or due, and the next wake. */
static void go_on (listener_t *self, const event_t *event, effects_t *effects)
{
    listener_copy_pump (self, event, effects);
    say_ready (self, event, effects);
    listener_stream_tick (self, event, effects);
    listener_account_tick (self, event, effects);
    if (!self->stopped)
        listener_copy_repeat (self, event, effects);
    finish (self, event, effects);
}

int listener_step (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && effects);
    int rc = 0;
    switch (event->kind) {
    case EVENT_START: rc = on_start (self, event); break;
    case EVENT_TICK: break;
    case EVENT_STOP: rc = on_stop (self, event, effects); break;
    case EVENT_STREAM_STATE: listener_stream_changed (self, event, effects); break;
    case EVENT_TRADE_UPDATE: listener_intake_update (self, event, effects); break;
    case EVENT_BROKER_ANSWER:
        listener_account_answered (self, event, effects);
        listener_root_answered (self, event, effects);
        break;
    case MSG_MASTER_CONFIG: rc = on_master_config (self, event, effects); break;
    case MSG_LISTENER_CURSOR: rc = on_cursor (self, event); break;
    case MSG_MASTER_ACK: listener_copy_acked (self, &event->message->master_ack); break;
    default: rc = -ERR_UNEXPECTED; break;
    }
    go_on (self, event, effects);
    return rc;
}

static int step (void *self, const event_t *event, effects_t *effects)
{
    return listener_step (self, event, effects);
}

static void destroy (void **self_p)
{
    listener_t *self = *self_p;
    listener_destroy (&self);
    *self_p = NULL;
}

static void measure (const void *core, int64_t now_ns, actor_stats_t *stats)
{
    const listener_t *self = core;
    bool listens = self->listened_at_ns != INT64_MAX;
    measure_put (stats, "stream", (int64_t) self->phase);
    measure_put (stats, "listening", listens ? now_ns - self->listened_at_ns : -1);
    measure_put (stats, "attempts", self->attempts);
    measure_put (stats, "polled", self->polled);
    measure_put (stats, "catching_up", self->catching_up);
    measure_put (stats, "unacked", self->book.unacked_count);
}

const actor_ops_t listener_ops = {.role = "listener", .step = step, .destroy = destroy, .measure = measure};
