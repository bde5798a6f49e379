/*  world.c: virtual time: whatever is due next happens, until the master is done and everything has settled. */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 3000000 /*  of one history: more is a storm, and a violation */

int64_t world_utc_ns (const world_t *self)
{
    return START_UTC_NS + self->now_ns;
}

void story (world_t *self, const char *format, ...)
{
    if (!self->options.trace)
        return;
    va_list arguments;
    va_start (arguments, format);
    printf (
        "%4lld.%06lld  ", (long long) (self->now_ns / SEC_NS), (long long) (self->now_ns % SEC_NS / 1000));
    (void) vprintf (format, arguments);
    printf ("\n");
    va_end (arguments);
}

void violated (world_t *self, const char *format, ...)
{
    char text[sizeof self->violation];
    va_list arguments;
    va_start (arguments, format);
    (void) vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    story (self, "VIOLATION: %s", text);
    if (self->violations++ == 0)
        memcpy (self->violation, text, sizeof text);
}

static void open_world (world_t *self, const options_t *options)
{
    engine_config_t config;
    self->options = *options;
    self->chance.state = options->seed * UINT64_C (0x9e3779b97f4a7c15) + 1;
    self->trading.state = options->seed * UINT64_C (0xd1342543de82ef95) + 2;
    self->faults = *options->faults;
    engine_config_default (&config);
    config.seed = options->seed + 1;
    config.list_lag_min_ns = 150 * MS_NS;
    config.list_lag_max_ns = 250 * MS_NS;
    config.rate_limit_per_minute = 0;
    config.accounts_max = CLIENTS_MAX + 1;
    config.orders_max = config.executions_max = config.arrivals_max = 60000;
    config.events_per_account_max = 64;
    self->engine = engine_new (&config, START_UTC_NS);
    assert (self->engine);
    self->trading_until_ns = INT64_MAX;
    self->shard_count = (uint32_t) dice_between (&self->chance, 1, SHARDS_MAX);
    self->any_shard = dice_ppm (&self->chance, 600000);
    self->node_count = ACTOR_SHARD + self->shard_count;
    static const char *const names[] = {"listener", "dispatcher", "audit"};
    for (uint32_t at = 0; at < self->node_count; at++) {
        node_t *node = &self->nodes[at];
        if (at < ACTOR_SHARD)
            (void) snprintf (node->name, sizeof node->name, "%s", names[at]);
        else
            (void) snprintf (node->name, sizeof node->name, "executor-%u", at - ACTOR_SHARD + 1);
        if (at < ACTOR_SHARD)
            due_put (&self->due,
                (due_t){
                    .at_ns = dice_between (&self->chance, 0, 300 * MS_NS), .kind = DUE_START, .actor = at});
    }
    if (dice_ppm (&self->chance, 500000))
        faults_calm (&self->faults);
    fleet_plan (self);
    master_setup (self);
    people_plan (self);
    engine_on_event (self->engine, stream_on_event, self);
}

static void close_world (world_t *self)
{
    engine_on_event (self->engine, NULL, NULL);
    for (uint32_t at = 0; at < NODES_MAX; at++) {
        node_destroy (self, at);
        effects_destroy (&self->nodes[at].effects);
    }
    desk_close (self);
    due_free (&self->due);
    for (uint32_t at = 0; at < ACTORS_MAX; at++)
        due_free (&self->held[at]);
    store_free (self);
    engine_destroy (&self->engine);
}

/*  Something for an actor: it may be dead by now, another one under its name, or paused. true: it was put off. */
static bool put_off (world_t *self, due_t *due)
{
    const node_t *node = &self->nodes[due->actor];
    if (node->paused_until_ns <= self->now_ns)
        return false;
    due->at_ns = node->paused_until_ns;
    due_put (&self->due, *due);
    return true;
}

/*  Of this life? A shard that was cut off goes on as a zombie, with its answers and its unfinished step. */
static bool lives (const world_t *self, due_t *due)
{
    if (due->actor >= NODES_MAX)
        return false;
    const node_t *node = &self->nodes[due->actor];
    bool alive = node->core && node->life == due->life;
    bool follows = due->kind == DUE_ANSWER || due->kind == DUE_WRITE || due->kind == DUE_REST;
    uint32_t zombie = alive || !follows ? UINT32_MAX : zombie_of (self, due->actor, due->life);
    if (zombie == UINT32_MAX)
        return alive;
    due->actor = zombie;
    return true;
}

static void handle (world_t *self, due_t *due)
{
    bool alive = lives (self, due);
    bool for_actor = due->kind == DUE_MESSAGE || due->kind == DUE_ANSWER || due->kind == DUE_STREAM ||
                     due->kind == DUE_UPDATE || due->kind == DUE_COMMIT;
    self->tally.events++;
    if (for_actor && alive && put_off (self, due))
        return;
    switch (due->kind) {
    case DUE_START: node_start (self, due->actor); break;
    case DUE_ARRIVE: desk_arrive (self, due); break;
    case DUE_WORK: desk_work (self, due); break;
    case DUE_ANSWER: desk_answer (self, due); break;
    case DUE_MASTER: master_due (self); break;
    case DUE_MESSAGE: alive ? node_deliver (self, due) : links_undelivered (self, due); break;
    case DUE_STREAM: alive ? stream_due (self, due) : (void) 0; break;
    case DUE_UPDATE: alive ? stream_update_due (self, due) : (void) 0; break;
    case DUE_WRITE: alive ? desk_write (self, due) : (void) 0; break;
    case DUE_CUT: door_cut (self, due); break;
    case DUE_REST: alive ? buggify_rest (self, due->actor) : (void) 0; break;
    case DUE_BURY: alive ? zombie_bury (self, due->actor) : (void) 0; break;
    case DUE_PLAN: people_due (self, due); break;
    case DUE_FLEET: fleet_due (self, due); break;
    case DUE_COMMIT: alive ? store_commit_due (self, due) : (void) 0; break;
    default: assert (0);
    }
    free (due->payload);
}

/*  The actor whose tick comes first; its time, never before now. */
static uint32_t next_tick (const world_t *self, int64_t *at_ns_p)
{
    uint32_t best = UINT32_MAX;
    *at_ns_p = INT64_MAX;
    for (uint32_t at = 0; at < NODES_MAX; at++) {
        const node_t *node = &self->nodes[at];
        int64_t at_ns = node->wake_at_ns;
        if (!node->core || at_ns == INT64_MAX)
            continue;
        at_ns = at_ns > self->now_ns ? at_ns
                                     : self->now_ns + MS_NS / 10; /*  the host's timer has its own grain */
        at_ns = at_ns > node->paused_until_ns ? at_ns : node->paused_until_ns;
        if (at_ns < *at_ns_p) {
            *at_ns_p = at_ns;
            best = at;
        }
    }
    return best;
}

/*  One thing happens. false: nothing is left before `until_ns`. */
static bool advance (world_t *self, int64_t until_ns)
{
    int64_t tick_ns;
    uint32_t node = next_tick (self, &tick_ns);
    const due_t *first = due_first (&self->due);
    int64_t due_ns = first ? first->at_ns : INT64_MAX;
    int64_t engine_ns = engine_next_due (self->engine);
    engine_ns = engine_ns == INT64_MAX ? INT64_MAX : engine_ns - START_UTC_NS;
    int64_t next_ns = due_ns < tick_ns ? due_ns : tick_ns;
    if ((next_ns < engine_ns ? next_ns : engine_ns) > until_ns)
        return false;
    if (engine_ns <= next_ns) {
        self->now_ns = engine_ns > self->now_ns ? engine_ns : self->now_ns;
        engine_advance (self->engine, world_utc_ns (self));
    } else if (due_ns <= tick_ns) {
        self->now_ns = due_ns > self->now_ns ? due_ns : self->now_ns;
        due_t due = due_take (&self->due);
        handle (self, &due);
    } else {
        self->now_ns = tick_ns;
        event_t event = {.kind = EVENT_TICK};
        node_event (self, node, &event);
    }
    return true;
}

bool world_run (const options_t *options, tally_t *tally, char *violation, size_t size, uint64_t *hash_p)
{
    world_t *self = calloc (1, sizeof *self);
    assert (self && options && tally);
    open_world (self, options);
    while (
        self->now_ns < self->trading_until_ns && advance (self, INT64_MAX) && self->tally.steps < STEPS_MAX)
        ;
    int64_t grace_ns = self->now_ns + 10 * SEC_NS; /*  faults go on while the last trades are copied */
    while (self->tally.steps < STEPS_MAX && advance (self, grace_ns))
        ;
    story (self, "the faults stop; the world settles");
    self->faults.stopped = true;
    int64_t settled_ns = self->now_ns + SETTLE_NS;
    while (self->tally.steps < STEPS_MAX && advance (self, settled_ns))
        ;
    if (self->tally.steps >= STEPS_MAX)
        violated (self, "a storm: more than %d steps", STEPS_MAX);
    master_sample (self);
    checker_end (self);
    self->tally.virtual_ns = self->now_ns;
    self->tally.executions = engine_executions_count (self->engine);
    memcpy (self->tally.faults, self->faults.happened, sizeof self->tally.faults);
    *tally = self->tally;
    *hash_p = self->hash ^ engine_trace_hash (self->engine);
    (void) snprintf (violation, size, "%s", self->violation);
    bool good = self->violations == 0;
    close_world (self);
    free (self);
    return good;
}
