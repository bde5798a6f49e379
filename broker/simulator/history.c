/*  history.c: what is told and what is kept: events (to the sink, the list and the replay) and arrivals. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void engine_on_event (engine_t *self, engine_event_fn *on_event, void *context)
{
    assert (self);
    self->on_event = on_event;
    self->on_event_context = context;
}

static void event_show (const engine_t *self, const kept_event_t *kept, engine_event_t *event)
{
    const record_t *record = kept->record;
    memset (event, 0, sizeof *event);
    ulid_format (kept->at_ns, kept->number, event->event_id, sizeof event->event_id);
    event->account = record->shown.account;
    event->account_id = engine_account_id (self, record->shown.account);
    event->update = kept->update;
    event->at_ns = kept->at_ns;
    event->timestamp_ns = kept->timestamp_ns;
    event->order = record->shown;
    event->order.state = kept->state;
    if (kept->execution) {
        memcpy (event->execution_id, kept->execution->execution_id, sizeof event->execution_id);
        event->has_execution = true;
        event->price_e9 = kept->execution->price_e9;
        event->qty_e9 = kept->execution->qty_e9;
        event->position_qty_e9 = kept->execution->position_qty_e9;
    }
}

static void event_keep (engine_t *self, holder_t *holder, const kept_event_t *kept)
{
    if (holder->events_count == self->config.events_per_account_max) {
        holder->events[holder->events_first] = *kept;
        holder->events_first = (holder->events_first + 1) % holder->events_count;
        return;
    }
    void *events =
        array_grow (holder->events, sizeof *holder->events, holder->events_count, &holder->events_capacity);
    if (!events)
        return; /*  the replay is bounded anyway; the event itself still goes out */
    holder->events = events;
    holder->events[holder->events_count++] = *kept;
}

static void event_put_out (engine_t *self, holder_t *holder, const kept_event_t *kept)
{
    if (holder->drop_next > 0) {
        holder->drop_next--;
        return;
    }
    if (!self->on_event)
        return;
    engine_event_t event;
    event_show (self, kept, &event);
    self->on_event (self->on_event_context, &event);
    if (holder->double_next > 0) {
        holder->double_next--;
        self->on_event (self->on_event_context, &event);
    }
}

static void event_deliver (engine_t *self, kept_event_t *kept)
{
    holder_t *holder = account_at (self, kept->record->shown.account);
    kept->record->listed = kept->state;
    kept->record->is_listed = true;
    if (kept->update == UPDATE_OTHER)
        return;
    kept->at_ns = self->now_ns;
    kept->number = ++self->events_number;
    engine_trace (self, &kept->at_ns, sizeof kept->at_ns);
    engine_trace (self, &kept->update, sizeof kept->update);
    engine_trace (self, &kept->state.filled_qty_e9, sizeof kept->state.filled_qty_e9);
    engine_trace (self, &kept->state.filled_avg_price_e9, sizeof kept->state.filled_avg_price_e9);
    engine_trace (self, kept->record->shown.id, strlen (kept->record->shown.id));
    event_keep (self, holder, kept);
    event_put_out (self, holder, kept);
}

void history_deliver (engine_t *self, kept_event_t *event)
{
    assert (self && event);
    event_deliver (self, event);
    free (event);
}

void history_event (engine_t *self, record_t *record, update_t update, const engine_execution_t *execution)
{
    assert (self && record);
    kept_event_t kept = {.update = update,
        .timestamp_ns = self->now_ns,
        .record = record,
        .execution = execution,
        .state = record->shown.state};
    holder_t *holder = account_at (self, record->shown.account);
    int64_t due_ns = self->now_ns;
    if (self->config.list_lag_max_ns > 0) {
        int64_t width_ns = self->config.list_lag_max_ns - self->config.list_lag_min_ns;
        due_ns += self->config.list_lag_min_ns;
        due_ns += (int64_t) chance_below (&self->fill_chance, (uint64_t) width_ns + 1);
    }
    if (due_ns < holder->event_due_ns)
        due_ns = holder->event_due_ns;
    kept_event_t *waiting = due_ns > self->now_ns ? malloc (sizeof *waiting) : NULL;
    if (!waiting) {
        event_deliver (self, &kept);
        return;
    }
    *waiting = kept;
    holder->event_due_ns = due_ns;
    engine_schedule (self, due_ns, DUE_EVENT, waiting);
}

static bool replay_wanted (const engine_replay_t *replay, const engine_event_t *event)
{
    if (replay->since_ns && event->at_ns < replay->since_ns)
        return false;
    if (replay->until_ns && event->at_ns > replay->until_ns)
        return false;
    if (text_set (replay->since_id) && strcmp (event->event_id, replay->since_id) < 0)
        return false;
    return !text_set (replay->until_id) || strcmp (event->event_id, replay->until_id) <= 0;
}

size_t engine_events_replay (
    engine_t *self, uint32_t account, const engine_replay_t *replay, engine_event_fn *on_event, void *context)
{
    assert (self && replay && on_event);
    const holder_t *holder = account_at (self, account);
    size_t count = 0;
    for (size_t i = 0; i < holder->events_count; i++) {
        engine_event_t event;
        event_show (self, &holder->events[(holder->events_first + i) % holder->events_count], &event);
        if (!replay_wanted (replay, &event))
            continue;
        on_event (context, &event);
        count++;
    }
    return count;
}

engine_arrival_t *history_arrival (
    engine_t *self, engine_arrival_kind_t kind, uint32_t account, int64_t arrived_at_ns)
{
    assert (self);
    engine_arrival_t *arrival = table_add (&self->arrivals);
    if (!arrival)
        return NULL;
    arrival->kind = kind;
    arrival->account = account;
    arrival->arrived_at_ns = arrived_at_ns ? arrived_at_ns : self->now_ns;
    return arrival;
}

void history_answered (
    engine_t *self, engine_arrival_t *arrival, const record_t *record, const engine_error_t *error)
{
    assert (self && arrival && (record || error));
    arrival->answered_at_ns = self->now_ns;
    if (record) {
        const engine_order_t *order = &record->shown;
        arrival->order = order;
        arrival->http_status = arrival->kind == ENGINE_ARRIVAL_CANCEL ? 204 : 200;
        memcpy (arrival->client_order_id, order->client_order_id, sizeof arrival->client_order_id);
        memcpy (arrival->symbol, order->asset->symbol, sizeof arrival->symbol);
        snprintf (arrival->side, sizeof arrival->side, "%s", side_text (order->side));
        fixed_format (order->qty_e9 ? order->qty_e9 : order->notional_e9, arrival->qty);
    } else {
        arrival->http_status = error->http_status;
        arrival->code = error->code;
    }
    engine_trace (self, &arrival->arrived_at_ns, sizeof arrival->arrived_at_ns);
    engine_trace (self, &arrival->http_status, sizeof arrival->http_status);
    engine_trace (self, &arrival->code, sizeof arrival->code);
}

size_t engine_arrivals_count (const engine_t *self)
{
    assert (self);
    return self->arrivals.count;
}

const engine_arrival_t *engine_arrival_at (const engine_t *self, size_t index)
{
    assert (self);
    return table_at (&self->arrivals, index);
}
