/*  completion.c: what a replication came to: counts, percentiles, alerts; sent until the audit holds it.
 *
 *  Completed replications wait in a queue; the states of one X go to the audit one after the other.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>

#include "actors/dispatcher/percentile.h"
#include "messages/text.h"

#define UNIT_NS 100 /*  of replication_t.latencies */

static void count_answers (
    const dispatcher_t *self, const replication_t *replication, replication_completed_t *out)
{
    for (uint32_t i = 0; i < self->clients_used; i++) {
        uint8_t answer = replication->answers[i];
        if (answer == ANSWER_NOT_EXPECTED || answer == ANSWER_MISSING)
            continue;
        out->answered += dispatcher_replication_concerns (&self->followers[i], &replication->trade);
        switch ((outcome_kind_t) (answer - 1)) {
        case OUTCOME_KIND_FILLED:
        case OUTCOME_KIND_ACCEPTED: out->success_count++; break;
        case OUTCOME_KIND_SKIPPED: out->skipped_count++; break;
        case OUTCOME_KIND_REJECTED:
        case OUTCOME_KIND_EXPIRED:
        case OUTCOME_KIND_FAILED: out->failure_count++; break;
        }
    }
}

/*  first: it was not completed before. */
static void measure (
    dispatcher_t *self, const replication_t *replication, bool first, replication_completed_t *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < self->clients_used; i++)
        if (replication->latencies[i] > 0)
            self->sorted[count++] = replication->latencies[i] - 1;
    for (size_t i = 0; i < count && first; i++)
        histogram_add (&self->tally.latency, (int64_t) self->sorted[i] * UNIT_NS);
    percentile_sort (self->sorted, count);
    out->p50_ns = (int64_t) percentile_of (self->sorted, count, 50) * UNIT_NS;
    out->p95_ns = (int64_t) percentile_of (self->sorted, count, 95) * UNIT_NS;
    out->p99_ns = (int64_t) percentile_of (self->sorted, count, 99) * UNIT_NS;
}

static void alert_latency (
    dispatcher_t *self, const replication_completed_t *out, int64_t utc_ns, effects_t *effects)
{
    char text[200];
    bool critical = out->p95_ns > self->config.latency_critical_ns;
    if (!critical && out->p95_ns <= self->config.latency_warning_ns)
        return;
    (void) snprintf (text, sizeof text,
        "95 %% of the copies of %.23s left within %lld ms, later than the threshold", out->symbol,
        (long long) (out->p95_ns / 1000000));
    dispatcher_alert (self, critical ? ALERT_RAISED_KIND_LATENCY_CRITICAL : ALERT_RAISED_KIND_LATENCY_WARNING,
        critical ? ALERT_RAISED_SEVERITY_CRITICAL : ALERT_RAISED_SEVERITY_WARNING, out->master_id, text,
        utc_ns, effects);
}

static void alert_failures (
    dispatcher_t *self, const replication_completed_t *out, int64_t utc_ns, effects_t *effects)
{
    char text[200];
    uint64_t all = out->success_count + out->failure_count + out->skipped_count;
    if (out->failure_count * 10 <= all)
        return;
    (void) snprintf (text, sizeof text, "%llu of %llu copies of %.23s failed",
        (unsigned long long) out->failure_count, (unsigned long long) all, out->symbol);
    dispatcher_alert (self, ALERT_RAISED_KIND_REPLICATION_FAILURES, ALERT_RAISED_SEVERITY_CRITICAL,
        out->master_id, text, utc_ns, effects);
}

static void send (dispatcher_t *self, const replication_t *replication, effects_t *effects)
{
    self->out.kind = MSG_REPLICATION_COMPLETED;
    self->out.replication_completed = replication->completed;
    effects_send (effects, "audit", &self->out);
    self->budget -= self->budget > 0;
}

/*  While the database is away many wait: together they are repeated at a steady rate. */
static int64_t pause_ns (const dispatcher_t *self)
{
    return self->config.repeat_ns * (int64_t) (1 + self->pool.completed_count / DISPATCHER_BUDGET);
}

/*  In the order of the states of X: what is closed leaves no older execution without its outcome. */
static bool has_older (const replication_t *replication)
{
    return replication->next != DIRECTORY_NONE;
}

void dispatcher_completion_next (dispatcher_t *self, uint32_t slot, const event_t *event, effects_t *effects)
{
    assert (self && event);
    replication_t *replication = &self->pool.list[slot];
    if (replication->state != REPLICATION_COMPLETED || has_older (replication))
        return;
    replication->due_at_ns = event->now_ns + pause_ns (self);
    pool_requeue (&self->pool, slot);
    send (self, replication, effects);
}

void dispatcher_completion_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    uint32_t slot;
    while ((slot = pool_oldest_completed (&self->pool)) != DIRECTORY_NONE) {
        replication_t *replication = &self->pool.list[slot];
        if (replication->due_at_ns > event->now_ns || self->budget == 0) {
            effects_wake (effects, replication->due_at_ns);
            return;
        }
        replication->due_at_ns = event->now_ns + pause_ns (self);
        pool_requeue (&self->pool, slot);
        if (!has_older (replication))
            send (self, replication, effects);
    }
}

static void fill (dispatcher_t *self, const replication_t *replication, bool first, const event_t *event,
    replication_completed_t *out)
{
    const trade_t *trade = &replication->trade;
    *out = (replication_completed_t){.sequence = replication->sequence,
        .side =
            trade->side == TRADE_SIDE_BUY ? REPLICATION_COMPLETED_SIDE_BUY : REPLICATION_COMPLETED_SIDE_SELL,
        .qty_e9 = trade->qty_e9,
        .final = trade->final,
        .first_at_ns = trade->first_at_ns,
        .executed_at_ns = trade->executed_at_ns,
        .timestamp_at_ns = event->utc_ns};
    TEXT_SET (out->master_order_id, trade->x);
    TEXT_SET (out->master_id, trade->master_id);
    TEXT_SET (out->symbol, trade->symbol);
    if (event->utc_ns > trade->received_at_ns && trade->received_at_ns > 0)
        out->total_time_ns = event->utc_ns - trade->received_at_ns;
    count_answers (self, replication, out);
    measure (self, replication, first, out);
}

static void add_to_tally (dispatcher_t *self, const replication_completed_t *out)
{
    self->tally.replications++;
    self->tally.success += out->success_count;
    self->tally.failure += out->failure_count;
    self->tally.skipped += out->skipped_count;
    histogram_add (&self->tally.total, out->total_time_ns);
}

static void tell_full (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    if (self->completed_full_told)
        return;
    self->completed_full_told = true;
    dispatcher_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, "database",
        "too many replications wait for the database: new master orders will soon have to wait",
        event->utc_ns, effects);
}

void dispatcher_completion_reached (
    dispatcher_t *self, uint32_t slot, const event_t *event, effects_t *effects)
{
    assert (self && event);
    replication_t *replication = &self->pool.list[slot];
    assert (replication->state == REPLICATION_OPEN && replication->missing == 0);
    bool again = replication->completed.sequence == replication->sequence;
    int64_t total_time_ns = replication->completed.total_time_ns;
    replication_completed_t *out = &replication->completed;
    fill (self, replication, !again, event, out);
    if (again)
        out->total_time_ns = total_time_ns;
    replication->due_at_ns = event->now_ns + pause_ns (self);
    dispatcher_unfinished_closed (self, &replication->trade, replication->sequence, event, effects);
    if (!pool_complete (&self->pool, slot))
        tell_full (self, event, effects);
    if (!has_older (replication))
        send (self, replication, effects);
    if (again)
        return; /*  told when it was completed first */
    add_to_tally (self, out);
    alert_failures (self, out, event->utc_ns, effects);
    alert_latency (self, out, event->utc_ns, effects);
}
