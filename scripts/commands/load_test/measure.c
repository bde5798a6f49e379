/*  measure.c: an event of the bare sender, an event of the copier, and again. */
#include "scripts/commands/load_test/measure.h"

#include "scripts/commands/load_test/bare.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARRIVE_TIMEOUT_MS 20000
#define SETTLE_TIMEOUT_MS 20000
#define IDLE_MS 100 /*  before each event */
#define QUIET_LOOK_MS 30
#define QUIET_NS INT64_C (10000000) /*  used in a look: a third of a processor */
#define QUIET_TIMEOUT_MS 3000
#define SECOND_NS INT64_C (1000000000)

static int64_t now_ns (clockid_t clock)
{
    struct timespec now;
    (void) clock_gettime (clock, &now);
    return (int64_t) now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void rest_us (long us)
{
    struct timespec pause = {.tv_nsec = us * 1000};
    (void) nanosleep (&pause, NULL);
}

int measure_trade (measure_t *self, problem_t *problem)
{
    const char *symbol = plan_symbols[self->made++ % (PLAN_SYMBOLS - 1)].symbol;
    json_t *body = json_pack ("{s:s,s:s,s:s,s:s,s:s}", "symbol", symbol, "side", "buy", "type", "market",
        "time_in_force", "day", "qty", "1");
    int rc = pit_call (self->trader->pit, "POST", "/v2/orders", body, NULL, problem);
    json_decref (body);
    return rc;
}

static size_t others (const measure_plan_t *plan)
{
    return plan->clients - plan->troubled;
}

/*  Only looked at, so that the tap's reader is not at work meanwhile. */
static int wait_arrived (measure_t *self, problem_t *problem)
{
    const receiver_tally_t *tally = self->receiver->tally;
    int64_t end_ns = now_ns (CLOCK_MONOTONIC) + ARRIVE_TIMEOUT_MS * (SECOND_NS / 1000);
    while (atomic_load (&tally->arrived) < others (self->plan)) {
        if (now_ns (CLOCK_MONOTONIC) > end_ns || *self->trader->stop)
            return problem_set (problem, ERR_TIMEOUT, "copier", "%u of %zu orders arrived within %d s",
                atomic_load (&tally->arrived), others (self->plan), ARRIVE_TIMEOUT_MS / 1000);
        rest_us (200);
    }
    return 0;
}

/*  Of 10,000 outcomes the database still writes when the last one is closed: the next event is not to be in its way. */
static int wait_quiet (measure_t *self, problem_t *problem)
{
    int rc = 0;
    int64_t used_ns = INT64_MAX;
    for (int waited_ms = 0; rc == 0 && used_ns > QUIET_NS && waited_ms < QUIET_TIMEOUT_MS;
         waited_ms += QUIET_LOOK_MS) {
        int64_t before_ns = processes_of (self->trader->copier->pid).cpu_ns;
        rc = trader_pause (self->trader, QUIET_LOOK_MS, problem);
        used_ns = processes_of (self->trader->copier->pid).cpu_ns - before_ns;
    }
    return rc;
}

/*  Until every outcome is stored and nothing is under way: what an order costs is then all paid. */
static int wait_settled (measure_t *self, size_t closed, problem_t *problem)
{
    int rc = 0;
    size_t wanted = self->plan->trouble == TROUBLE_NONE ? closed + 1 : 0; /*  troubled ones stay open */
    for (int waited_ms = 0; rc == 0 && watch_closed (self->trader->watch) < wanted; waited_ms += 5) {
        rc = trader_pause (self->trader, 5, problem);
        if (rc == 0 && waited_ms > SETTLE_TIMEOUT_MS)
            rc = problem_set (problem, ERR_TIMEOUT, "copier", "the replication was not closed within %d s",
                SETTLE_TIMEOUT_MS / 1000);
    }
    return rc ? rc : wait_quiet (self, problem);
}

static double since_us (long long from_ns, long long to_ns)
{
    return from_ns > 0 && to_ns > from_ns ? (double) (to_ns - from_ns) / 1e3 : 0;
}

static void take_stages (const measure_t *self, int64_t fill_ns, figures_t *figures)
{
    const stages_t *stages = self->stages;
    const receiver_tally_t *tally = self->receiver->tally;
    /*  the order's acceptance came over the stream, too: of what is read there the fill is last */
    long long at_ns[STAGE_COUNT + 1];
    for (size_t i = 0; i < STAGE_COUNT; i++)
        at_ns[i] = i <= STAGE_PARSED ? atomic_load (&stages->last_ns[i]) : atomic_load (&stages->first_ns[i]);
    at_ns[STAGE_COUNT] = atomic_load (&tally->last_ns);
    long long before_ns = fill_ns;
    for (size_t i = 0; i <= STAGE_COUNT; i++) {
        figures->stages_us[i] = since_us (before_ns, at_ns[i]);
        before_ns = at_ns[i];
    }
    figures->own_us = since_us (at_ns[STAGE_STREAM], at_ns[STAGE_WRITTEN]);
}

/*  What the copier does anyway: reads in the background, beats. */
static int look_at_idle (measure_t *self, problem_t *problem)
{
    pid_t copier = self->trader->copier->pid;
    processes_t before = processes_of (copier);
    int64_t start_ns = now_ns (CLOCK_MONOTONIC);
    int rc = trader_pause (self->trader, IDLE_MS, problem);
    processes_t after = processes_of (copier);
    self->idle_ns += now_ns (CLOCK_MONOTONIC) - start_ns;
    self->idle.cpu_ns += after.cpu_ns - before.cpu_ns;
    self->idle.shards_ns += after.shards_ns - before.shards_ns;
    return rc;
}

static double net_us (const measure_t *self, int64_t used_ns, int64_t idle_ns, int64_t time_ns)
{
    double idle = (double) idle_ns * (double) time_ns / (double) self->idle_ns;
    double net = (double) used_ns > idle ? (double) used_ns - idle : 0;
    return net / 1e3 / (double) self->plan->clients;
}

static int copier_event (measure_t *self, figures_t *figures, problem_t *problem)
{
    int idle = look_at_idle (self, problem);
    if (idle)
        return idle;
    const receiver_tally_t *tally = self->receiver->tally;
    size_t closed = watch_closed (self->trader->watch);
    pid_t copier = self->trader->copier->pid;
    processes_t before = processes_of (copier);
    int64_t start_ns = now_ns (CLOCK_MONOTONIC);
    unsigned long long bytes = atomic_load (&tally->bytes);
    receiver_reset (self->receiver, self->plan->delay_ms * 1000000);
    stages_clear (self->stages);
    int rc = measure_trade (self, problem);
    if (rc == 0)
        rc = wait_arrived (self, problem);
    if (rc == 0)
        rc = wait_settled (self, closed, problem);
    if (rc)
        return rc;
    if (atomic_load (&tally->arrived) != others (self->plan))
        return problem_set (problem, ERR_BROKER, "copier", "%u orders arrived, %zu were due",
            atomic_load (&tally->arrived), others (self->plan));
    processes_t after = processes_of (copier);
    int64_t time_ns = now_ns (CLOCK_MONOTONIC) - start_ns;
    int64_t fill_ns = atomic_load (&tally->fill_ns[0]);
    figures->first_ms = since_us (fill_ns, atomic_load (&tally->first_ns)) / 1e3;
    figures->last_ms = since_us (fill_ns, atomic_load (&tally->last_ns)) / 1e3;
    figures->bytes = (double) (atomic_load (&tally->bytes) - bytes) / (double) self->plan->clients;
    figures->cpu_us = net_us (self, after.cpu_ns - before.cpu_ns, self->idle.cpu_ns, time_ns);
    figures->shards_us = net_us (self, after.shards_ns - before.shards_ns, self->idle.shards_ns, time_ns);
    take_stages (self, fill_ns, figures);
    return 0;
}

static void bare_event (const measure_t *self, bare_t *bare, figures_t *figures)
{
    assert (self && bare && figures);
    const receiver_tally_t *tally = self->receiver->tally;
    receiver_reset (self->receiver, self->plan->delay_ms * 1000000);
    rest_us (5000);
    unsigned long long bytes = atomic_load (&tally->bytes);
    int64_t cpu_ns = now_ns (CLOCK_THREAD_CPUTIME_ID);
    int64_t start_ns = now_ns (CLOCK_MONOTONIC);
    bare_send (bare, self->plan->clients);
    figures->first_ms = since_us (start_ns, atomic_load (&tally->first_ns)) / 1e3;
    figures->last_ms = since_us (start_ns, atomic_load (&tally->last_ns)) / 1e3;
    figures->bytes = (double) (atomic_load (&tally->bytes) - bytes) / (double) self->plan->clients;
    figures->cpu_us =
        (double) (now_ns (CLOCK_THREAD_CPUTIME_ID) - cpu_ns) / 1e3 / (double) self->plan->clients;
}

/*  Some slow or failing: in turns with an event in which they are like all others. */
static int trouble_events (measure_t *self, series_t *alone, series_t *troubled, problem_t *problem)
{
    int rc = 0;
    receiver_tally_t *tally = self->receiver->tally;
    for (size_t i = 0; rc == 0 && i < self->plan->events + MEASURE_WARM_UP; i++) {
        size_t at = i < MEASURE_WARM_UP ? 0 : i - MEASURE_WARM_UP;
        atomic_store (&tally->trouble, TROUBLE_NONE);
        rc = copier_event (self, &alone->list[at], problem);
        atomic_store (&tally->trouble, self->plan->trouble);
        if (rc == 0)
            rc = copier_event (self, &troubled->list[at], problem);
        if (rc == 0)
            rc = trader_pause (self->trader, 200, problem);
    }
    return rc;
}

static int bare_events (measure_t *self, series_t *bare, series_t *copier, problem_t *problem)
{
    const measure_plan_t *plan = self->plan;
    size_t connections =
        plan->two ? (plan->clients + RECEIVER_STREAMS - 1) / RECEIVER_STREAMS : plan->clients;
    size_t most = plan->connections * plan->senders;
    bare_t *sender = bare_new (self->receiver, connections < most ? connections : most);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan->events + MEASURE_WARM_UP; i++) {
        size_t at = i < MEASURE_WARM_UP ? 0 : i - MEASURE_WARM_UP;
        bare_event (self, sender, &bare->list[at]);
        rc = copier_event (self, &copier->list[at], problem);
    }
    bare_destroy (&sender);
    return rc;
}

static void show (const measure_t *self, const series_t *one, const series_t *two, FILE *out)
{
    if (self->plan->json) {
        measure_json (self, one, two, out);
        return;
    }
    measure_print (self->plan, one, two, out);
    measure_print_idle (&self->idle, self->idle_ns, out);
    measure_print_stages (two, out);
}

int measure (measure_t *self, FILE *out, problem_t *problem)
{
    assert (self && out && self->plan->events <= MEASURE_EVENTS_MAX);
    int rc = trader_pause (self->trader, MEASURE_YOUNG_MS, problem);
    bool trouble = self->plan->trouble != TROUBLE_NONE;
    series_t one = {.name = trouble ? "without" : "bare", .count = self->plan->events};
    series_t two = {.name = trouble ? "with" : "copier", .count = self->plan->events};
    one.list = calloc (self->plan->events + 1, sizeof *one.list);
    two.list = calloc (self->plan->events + 1, sizeof *two.list);
    if (rc == 0 && (!one.list || !two.list))
        rc = problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    if (rc == 0 && self->plan->rate > 0)
        rc = measure_rate (self, out, problem);
    else if (rc == 0)
        rc = trouble ? trouble_events (self, &one, &two, problem) : bare_events (self, &one, &two, problem);
    if (rc == 0 && self->plan->rate == 0)
        show (self, &one, &two, out);
    free (one.list);
    free (two.list);
    return rc;
}
