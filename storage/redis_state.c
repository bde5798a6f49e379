/*  redis_state: why it exists: marks and breakers can be looked at with redis-cli and outlive the machine, and Redis
 *  can do what it likes without anybody waiting for it. State table in redis_state.h.
 */
#include "storage/redis_part.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MARKS_LIMIT 16384 /*  in memory; when it is full, STATE_MARKS stay */
#define BEAT_NS (2 * SECOND_NS)
#define PAUSE_NS SECOND_NS       /*  after a refusal */
#define READ_NS (10 * SECOND_NS) /*  a reading that takes longer is given up */

redis_state_t *redis_state_of (state_t *self)
{
    return (redis_state_t *) (void *) self; /*  `state` is the first member: the port's pointer is ours */
}

int64_t redis_clock_ns (clockid_t clock)
{
    struct timespec now;
    int result = clock_gettime (clock, &now);
    assert (result == 0);
    return (int64_t) now.tv_sec * SECOND_NS + now.tv_nsec;
}

/*  ---- health ---- */

static void tell (redis_state_t *self, bool well, const char *text)
{
    if (self->told && self->well == well)
        return;
    self->told = true;
    self->well = well;
    self->config.health (self->config.context, well, text);
}

void redis_state_settle (redis_state_t *self)
{
    if (self->phase != PHASE_READY || self->in_flight > 0 || self->marks.dirty > 0 ||
        self->breakers.dirty > 0)
        return;
    char text[160];
    (void) snprintf (text, sizeof text,
        "it has everything: %u marks, %u breakers; written over this connection: %llu",
        (unsigned) self->marks.count, (unsigned) self->breakers.count, (unsigned long long) self->written);
    tell (self, true, text);
}

void redis_state_unwell (redis_state_t *self, const char *text)
{
    tell (self, false, text);
}

void redis_state_refused (redis_state_t *self, const char *what)
{
    char text[96];
    self->paused_until_ns = redis_clock_ns (CLOCK_MONOTONIC) + PAUSE_NS;
    (void) snprintf (text, sizeof text, "it refuses what is written: %s", what);
    tell (self, false, text);
}

void redis_state_fault (redis_state_t *self, const problem_t *problem)
{
    if (++self->faults <= FAULTS_TOLD)
        self->config.fault (self->config.context, problem);
}

void redis_state_refreshed (redis_state_t *self, int result)
{
    state_done_fn *done = self->done;
    self->done = NULL;
    if (done)
        done (self->done_context, result);
}

/*  ---- the port ---- */

static void on_destroy (state_t **self_p)
{
    assert (self_p);
    redis_state_t *self = redis_state_of (*self_p);
    if (!self)
        return;
    assert (!self->redis);
    redis_table_free (&self->marks);
    redis_table_free (&self->breakers);
    free (self);
    *self_p = NULL;
}

redis_table_t *redis_state_table (redis_state_t *self, redis_kind_t kind)
{
    return kind == REDIS_MARK ? &self->marks : &self->breakers;
}

/*  Later than everything before, so that the order of puts is the order of stamps. */
static int64_t stamp (redis_state_t *self, const redis_entry_t *known)
{
    int64_t now_ns = redis_clock_ns (CLOCK_REALTIME);
    if (now_ns <= self->last_stamp_ns)
        now_ns = self->last_stamp_ns + 1;
    self->last_stamp_ns = now_ns;
    int64_t known_ns = known ? known->record.stored_at_ns : 0;
    if (known_ns == INT64_MAX)
        return known_ns; /*  somebody else's mischief */
    return now_ns > known_ns ? now_ns : known_ns + 1;
}

static int put (redis_state_t *self, redis_record_t *record, problem_t *problem)
{
    char key[REDIS_KEY_MAX];
    int result = redis_record_check (record, problem);
    if (result != 0)
        return result;
    redis_table_t *table = redis_state_table (self, record->kind);
    redis_record_key (record, key);
    redis_entry_t *entry = redis_table_find (table, key);
    if (record->stored_at_ns == 0)
        record->stored_at_ns = stamp (self, entry);
    if (entry && !redis_record_join (&entry->record, record))
        return 0;
    if (!entry) {
        entry = redis_table_add (table, key);
        if (!entry)
            return problem_set (
                problem, ERR_FULL, "redis", "more than %u breakers", (unsigned) self->breakers.limit);
        entry->record = *record;
    }
    redis_table_mark (table, entry, true);
    redis_state_write (self);
    return 0;
}

static int on_mark_put (state_t *self, const state_mark_t *mark, int64_t stored_at_ns, problem_t *problem)
{
    assert (self && mark && stored_at_ns >= 0);
    redis_record_t record = {.kind = REDIS_MARK, .stored_at_ns = stored_at_ns, .mark = *mark};
    return put (redis_state_of (self), &record, problem);
}

static int on_breaker_put (
    state_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns, problem_t *problem)
{
    assert (self && breaker && stored_at_ns >= 0);
    redis_record_t record = {.kind = REDIS_BREAKER, .stored_at_ns = stored_at_ns, .breaker = *breaker};
    return put (redis_state_of (self), &record, problem);
}

/*  Connected and read = we know all of it, since nobody else writes. */
static void on_refresh (state_t *port, state_done_fn *done, void *context)
{
    redis_state_t *self = redis_state_of (port);
    assert (self && done && !self->done);
    if (self->phase == PHASE_READY || self->failed) {
        done (context, self->phase == PHASE_READY ? 0 : -ERR_UNREACHABLE);
        return;
    }
    self->done = done;
    self->done_context = context;
    self->done_until_ns = redis_clock_ns (CLOCK_MONOTONIC) + self->config.refresh_ns;
}

static int on_mark_each (state_t *port, state_mark_fn *each, void *context, problem_t *problem)
{
    redis_state_t *self = redis_state_of (port);
    int result = 0;
    (void) problem; /*  memory does not fail */
    assert (self && each);
    redis_table_sort (&self->marks);
    uint32_t count = self->marks.count;
    for (uint32_t i = count > STATE_MARKS ? count - STATE_MARKS : 0; result == 0 && i < count; i++) {
        const redis_record_t *record = &self->marks.entries[i].record;
        result = each (context, &record->mark, record->stored_at_ns);
    }
    return result;
}

static int on_breaker_each (state_t *port, state_breaker_fn *each, void *context, problem_t *problem)
{
    redis_state_t *self = redis_state_of (port);
    int result = 0;
    (void) problem;
    assert (self && each);
    for (uint32_t i = 0; result == 0 && i < self->breakers.count; i++) {
        const redis_record_t *record = &self->breakers.entries[i].record;
        result = each (context, &record->breaker, record->stored_at_ns);
    }
    return result;
}

static const state_ops_t OPS = {
    .destroy = on_destroy,
    .mark_put = on_mark_put,
    .breaker_put = on_breaker_put,
    .refresh = on_refresh,
    .mark_each = on_mark_each,
    .breaker_each = on_breaker_each,
};

state_t *redis_state_new (const redis_state_config_t *config)
{
    assert (config && config->health && config->fault && config->drop && config->writer);
    assert (config->max_breakers > 0 && config->mark_ttl_s > 0 && config->refresh_ns > 0);
    redis_state_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->state.ops = &OPS;
    self->config = *config;
    (void) snprintf (self->writer, sizeof self->writer, "%s", config->writer);
    self->config.writer = self->writer;
    if (!redis_table_init (&self->marks, MARKS_LIMIT, STATE_MARKS) ||
        !redis_table_init (&self->breakers, config->max_breakers, 0)) {
        redis_table_free (&self->marks);
        free (self);
        return NULL;
    }
    return &self->state;
}

/*  ---- the connection ---- */

void redis_state_connected (state_t *port, struct redisAsyncContext *redis)
{
    redis_state_t *self = redis_state_of (port);
    assert (self && redis && !self->redis);
    self->redis = redis;
    self->phase = PHASE_READING;
    self->failed = self->signed_in = self->strange = false;
    self->faults = self->found = self->reading = self->in_flight = 0;
    self->written = 0;
    self->paused_until_ns = 0;
    self->read_until_ns = redis_clock_ns (CLOCK_MONOTONIC) + READ_NS;
    redis_table_mark_all (&self->marks);
    redis_table_mark_all (&self->breakers);
    /*  signed first: whatever is wiped from here on takes our sign with it */
    redis_state_beat (self);
    redis_state_read (self);
}

static void let_go (redis_state_t *self)
{
    self->redis = NULL;
    self->phase = PHASE_AWAY;
    self->failed = true;
    self->reading = self->in_flight = 0;
}

void redis_state_closed (state_t *port)
{
    redis_state_t *self = redis_state_of (port);
    assert (self);
    self->done = NULL;
    let_go (self);
}

void redis_state_lost (state_t *port, const char *why)
{
    redis_state_t *self = redis_state_of (port);
    assert (self && why);
    let_go (self);
    tell (self, false, why);
    redis_state_refreshed (self, -ERR_UNREACHABLE);
}

void redis_state_tick (state_t *port)
{
    redis_state_t *self = redis_state_of (port);
    assert (self);
    int64_t now_ns = redis_clock_ns (CLOCK_MONOTONIC);
    if (self->done && now_ns >= self->done_until_ns)
        redis_state_refreshed (self, -ERR_TIMEOUT);
    if (self->phase == PHASE_READING && now_ns >= self->read_until_ns)
        redis_state_read_done (self, "reading it took too long");
    if (self->phase != PHASE_READY || now_ns < self->paused_until_ns)
        return;
    redis_state_write (self);
    if (now_ns < self->beat_at_ns)
        return;
    self->beat_at_ns = now_ns + BEAT_NS;
    redis_state_beat (self);
}

size_t redis_state_unwritten (const state_t *port)
{
    const redis_state_t *self = (const redis_state_t *) (const void *) port;
    assert (self);
    return (size_t) self->marks.dirty + self->breakers.dirty + self->in_flight;
}
