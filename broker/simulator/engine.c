/*  engine.c: the engine's life and its time: a heap of what is due, run in the order of due time and entry. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void engine_config_default (engine_config_t *config)
{
    assert (config);
    *config = (engine_config_t){
        .seed = 1,
        .session = ENGINE_SESSION_ALWAYS_OPEN,
        .default_cash_e9 = 100000 * FIXED_ONE,
        .new_latency_ns = 1 * ENGINE_MS_NS,
        .fill_latency_ns = 9 * ENGINE_MS_NS,
        .volatility_ppm = 500,
        .rate_limit_per_minute = 200,
        .accounts_max = 20000,
        .orders_max = 2000000,
        .executions_max = 4000000,
        .arrivals_max = 4000000,
        .events_per_account_max = 1024,
    };
}

engine_t *engine_new (const engine_config_t *config, int64_t now_ns)
{
    assert (config && now_ns >= 0 && config->events_per_account_max > 0);
    engine_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    self->now_ns = now_ns;
    self->trace = hash_bytes (HASH_START, &config->seed, sizeof config->seed);
    /*  a stream for each use: one more order must not move the prices */
    chance_seed (&self->id_chance, config->seed);
    chance_seed (&self->price_chance, config->seed + UINT64_C (0x1000000000));
    chance_seed (&self->fill_chance, config->seed + UINT64_C (0x2000000000));
    table_init (&self->accounts, sizeof (holder_t), config->accounts_max);
    table_init (&self->orders, sizeof (record_t), config->orders_max);
    table_init (&self->executions, sizeof (engine_execution_t), config->executions_max);
    table_init (&self->arrivals, sizeof (engine_arrival_t), config->arrivals_max);
    assets_init (self, now_ns);
    engine_schedule (self, session_next_close (now_ns), DUE_CLOSE, NULL);
    if (config->session == ENGINE_SESSION_CALENDAR)
        engine_schedule (self, session_next_open (now_ns), DUE_OPEN, NULL);
    engine_walk_set (self, config->tick_ns, config->volatility_ppm, now_ns);
    return self;
}

void engine_destroy (engine_t **self_p)
{
    assert (self_p);
    engine_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->dues_count; i++)
        if (self->dues[i].kind == DUE_EVENT)
            free (self->dues[i].subject);
    free (self->dues);
    for (size_t i = 0; i < self->accounts.count; i++)
        account_release (table_at (&self->accounts, i));
    for (size_t i = 0; i < self->orders.count; i++)
        free (((record_t *) table_at (&self->orders, i))->script);
    table_release (&self->accounts);
    table_release (&self->orders);
    table_release (&self->executions);
    table_release (&self->arrivals);
    lookup_release (&self->accounts_by_id);
    lookup_release (&self->accounts_by_key);
    lookup_release (&self->orders_by_id);
    lookup_release (&self->orders_by_client_id);
    free (self);
    *self_p = NULL;
}

static bool due_before (const due_t *a, const due_t *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->number < b->number;
}

void engine_schedule (engine_t *self, int64_t due_ns, due_kind_t kind, void *subject)
{
    assert (self);
    void *dues = array_grow (self->dues, sizeof *self->dues, self->dues_count, &self->dues_capacity);
    if (!dues) {
        /*  an accepted order whose fill is lost would be a lie: better no simulator at all */
        fputs ("simulator: out of memory\n", stderr);
        abort ();
    }
    self->dues = dues;
    due_t due = {.due_ns = due_ns < self->now_ns ? self->now_ns : due_ns,
        .number = ++self->dues_number,
        .kind = kind,
        .subject = subject};
    size_t at = self->dues_count++;
    for (; at > 0 && due_before (&due, &self->dues[(at - 1) / 2]); at = (at - 1) / 2)
        self->dues[at] = self->dues[(at - 1) / 2];
    self->dues[at] = due;
}

static due_t due_take (engine_t *self)
{
    assert (self->dues_count > 0);
    due_t first = self->dues[0];
    due_t last = self->dues[--self->dues_count];
    size_t at = 0;
    for (size_t child = 1; child < self->dues_count; child = 2 * at + 1) {
        if (child + 1 < self->dues_count && due_before (&self->dues[child + 1], &self->dues[child]))
            child++;
        if (!due_before (&self->dues[child], &last))
            break;
        self->dues[at] = self->dues[child];
        at = child;
    }
    self->dues[at] = last;
    return first;
}

static void on_tick (engine_t *self)
{
    self->tick_due = false;
    if (self->config.tick_ns <= 0)
        return;
    assets_walk (self);
    self->tick_due = true;
    engine_schedule (self, self->now_ns + self->config.tick_ns, DUE_TICK, NULL);
}

static void on_close (engine_t *self)
{
    matching_on_close (self);
    for (size_t i = 0; i < self->accounts.count; i++)
        account_close_day (self, account_at (self, (uint32_t) i));
    assets_close_day (self);
    engine_schedule (self, session_next_close (self->now_ns), DUE_CLOSE, NULL);
}

static void on_open (engine_t *self)
{
    matching_on_open (self);
    engine_schedule (self, session_next_open (self->now_ns), DUE_OPEN, NULL);
}

static void due_run (engine_t *self, const due_t *due)
{
    switch (due->kind) {
    case DUE_NEW: matching_on_new (self, due->subject); break;
    case DUE_FILL: matching_on_fill (self, due->subject); break;
    case DUE_EVENT: history_deliver (self, due->subject); break;
    case DUE_TICK: on_tick (self); break;
    case DUE_OPEN: on_open (self); break;
    case DUE_CLOSE: on_close (self); break;
    }
}

void engine_advance (engine_t *self, int64_t now_ns)
{
    assert (self);
    while (self->dues_count > 0 && self->dues[0].due_ns <= now_ns) {
        due_t due = due_take (self);
        if (due.due_ns > self->now_ns)
            self->now_ns = due.due_ns;
        due_run (self, &due);
    }
    if (now_ns > self->now_ns)
        self->now_ns = now_ns;
}

int64_t engine_next_due (const engine_t *self)
{
    assert (self);
    return self->dues_count > 0 ? self->dues[0].due_ns : INT64_MAX;
}

int64_t engine_now (const engine_t *self)
{
    assert (self);
    return self->now_ns;
}

uint64_t engine_trace_hash (const engine_t *self)
{
    assert (self);
    return self->trace;
}

void engine_trace (engine_t *self, const void *bytes, size_t size)
{
    assert (self);
    self->trace = hash_bytes (self->trace, bytes, size);
}

void engine_fault_list_lag (engine_t *self, int64_t min_ns, int64_t max_ns)
{
    assert (self && min_ns >= 0 && max_ns >= min_ns);
    self->config.list_lag_min_ns = min_ns;
    self->config.list_lag_max_ns = max_ns;
}

void engine_fill_latency_set (engine_t *self, int64_t fill_latency_ns)
{
    assert (self && fill_latency_ns >= 0);
    self->config.fill_latency_ns = fill_latency_ns;
}
