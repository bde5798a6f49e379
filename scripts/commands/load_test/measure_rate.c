/*  measure_rate.c: so many fills of the master a second: does the copier keep up, and what does its memory do? */
#include "scripts/commands/load_test/measure.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#define SECOND_NS INT64_C (1000000000)
#define DRAIN_MS 5000
#define SETTLE_S                                                                                             \
    10 /*  before memory is looked at first: the tables of a shard are then in use to their bounds */

typedef struct {
    double seconds;
    unsigned fills;
    unsigned arrived;
    double queue_most;   /*  fills that were not copied to the last client yet */
    double queue_middle; /*  of the second half, on average */
    double queue_begin;  /*  of the first half, on average */
    processes_t before;
    processes_t after;
} rate_t;

static int64_t now_ns (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * SECOND_NS + now.tv_nsec;
}

static double queue_of (const measure_t *self)
{
    const receiver_tally_t *tally = self->receiver->tally;
    return (double) atomic_load (&tally->fills) -
           (double) atomic_load (&tally->arrived) / (double) self->plan->clients;
}

static int compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

typedef struct {
    double p50_ms;
    double p99_ms;
    double most_ms;
} latency_t;

/*  The last copy of the k-th fill = the arrival of the (k + 1) x clients-th order. */
static latency_t latency_of (const measure_t *self, unsigned fills)
{
    const receiver_tally_t *tally = self->receiver->tally;
    size_t count = fills < RECEIVER_FILLS ? fills : RECEIVER_FILLS;
    double *ms = calloc (count + 1, sizeof *ms);
    latency_t latency = {0};
    size_t known = 0;
    for (size_t i = 0; ms && i < count; i++) {
        int64_t done_ns = atomic_load (&tally->done_ns[i]);
        if (done_ns > 0)
            ms[known++] = (double) (done_ns - atomic_load (&tally->fill_ns[i])) / 1e6;
    }
    if (known > 0) {
        qsort (ms, known, sizeof *ms, compare);
        latency =
            (latency_t){.p50_ms = ms[known / 2], .p99_ms = ms[known * 99 / 100], .most_ms = ms[known - 1]};
    }
    free (ms);
    return latency;
}

static void print_rate (const measure_t *self, const rate_t *rate, FILE *out)
{
    const measure_plan_t *plan = self->plan;
    const latency_t latency = latency_of (self, rate->fills);
    unsigned repeated = atomic_load (&self->receiver->tally->repeated);
    double cpu_us = (double) (rate->after.cpu_ns - rate->before.cpu_ns) / 1e3 / (double) rate->arrived;
    double shards_us =
        (double) (rate->after.shards_ns - rate->before.shards_ns) / 1e3 / (double) rate->arrived;
    if (plan->json) {
        (void) fprintf (out,
            "{\"http\": \"%s\", \"clients\": %zu, \"broker_delay_ms\": %ld, \"fills_per_second\": %zu, "
            "\"seconds\": %.1f, \"fills\": %u, \"orders\": %u, \"missing\": %lld, \"repeated\": %u, "
            "\"queue\": {\"first_half\": %.3f, \"second_half\": %.3f, \"most\": %.3f}, "
            "\"last_copy_ms\": {\"p50\": %.3f, \"p99\": %.3f, \"most\": %.3f}, "
            "\"resident_kb\": [%ld, %ld], \"shards_kb\": [%ld, %ld], "
            "\"cpu_us\": %.2f, \"shards_cpu_us\": %.2f}\n",
            plan->two ? "2" : "1.1", plan->clients, plan->delay_ms, plan->rate, rate->seconds, rate->fills,
            rate->arrived, (long long) (rate->fills * plan->clients) - (long long) rate->arrived, repeated,
            rate->queue_begin, rate->queue_middle, rate->queue_most, latency.p50_ms, latency.p99_ms,
            latency.most_ms, rate->before.resident_kb, rate->after.resident_kb, rate->before.shards_kb,
            rate->after.shards_kb, cpu_us, shards_us);
        return;
    }
    fprintf (out,
        "HTTP/%s, %zu clients, D = %ld ms, %zu fills a second for %.1f s: %u fills, %u orders (%.0f/s), %s\n",
        plan->two ? "2" : "1.1", plan->clients, plan->delay_ms, plan->rate, rate->seconds, rate->fills,
        rate->arrived, (double) rate->arrived / rate->seconds,
        rate->arrived == rate->fills * plan->clients ? "none missing" : "SOME MISSING");
    if (repeated > 0)
        fprintf (out, "%u orders came again under their id, as after a lost answer: a broker refuses them\n",
            repeated);
    fprintf (out,
        "queue (fills not copied to all): %.2f in the first half, %.2f in the second, at most %.1f\n",
        rate->queue_begin, rate->queue_middle, rate->queue_most);
    fprintf (out, "fill -> its last copy: p50 %.1f ms, p99 %.1f, max %.1f\n", latency.p50_ms, latency.p99_ms,
        latency.most_ms);
    fprintf (out,
        "memory: %ld -> %ld KiB, of which shards %ld -> %ld; CPU an order: %.1f us, of which shards %.1f\n",
        rate->before.resident_kb, rate->after.resident_kb, rate->before.shards_kb, rate->after.shards_kb,
        cpu_us, shards_us);
}

static int trade_on (measure_t *self, size_t count, rate_t *rate, problem_t *problem)
{
    int64_t period_ns = SECOND_NS / (int64_t) self->plan->rate;
    int64_t start_ns = now_ns ();
    size_t first_half = count / 2;
    double begin = 0, end = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        int64_t due_ns = start_ns + (int64_t) i * period_ns;
        for (int64_t left_ns; rc == 0 && (left_ns = due_ns - now_ns ()) > 0;) {
            struct timespec pause = {.tv_nsec = left_ns < 2000000 ? left_ns : 2000000};
            (void) nanosleep (&pause, NULL);
        }
        double queue = queue_of (self);
        rate->queue_most = queue > rate->queue_most ? queue : rate->queue_most;
        *(i < first_half ? &begin : &end) += queue / (double) (count - first_half);
        if (i % self->plan->rate == 0)
            rc = trader_pause (self->trader, 0, problem);
        if (rc == 0)
            rc = measure_trade (self, problem);
    }
    rate->queue_begin = begin;
    rate->queue_middle = end;
    rate->seconds = (double) (now_ns () - start_ns) / 1e9;
    return rc;
}

static int drain (measure_t *self, size_t count, problem_t *problem)
{
    const receiver_tally_t *tally = self->receiver->tally;
    int rc = 0;
    for (int waited_ms = 0; rc == 0 && waited_ms < DRAIN_MS; waited_ms += 50) {
        if (atomic_load (&tally->fills) == count && queue_of (self) <= 0)
            break;
        rc = trader_pause (self->trader, 50, problem);
    }
    return rc;
}

int measure_rate (measure_t *self, FILE *out, problem_t *problem)
{
    assert (self && out && self->plan->rate > 0);
    rate_t rate = {0};
    rate_t start = {0};
    size_t before = self->plan->rate * SETTLE_S;
    size_t count = self->plan->rate * self->plan->seconds;
    pid_t copier = self->trader->copier->pid;
    atomic_store (&self->receiver->tally->per_fill, (unsigned) self->plan->clients);
    receiver_reset (self->receiver, self->plan->delay_ms * 1000000);
    int rc = trade_on (self, before, &start, problem);
    if (rc == 0)
        rc = drain (self, before, problem);
    receiver_reset (self->receiver, self->plan->delay_ms * 1000000);
    rate.before = processes_of (copier);
    if (rc == 0)
        rc = trade_on (self, count, &rate, problem);
    rate.after = processes_of (copier);
    if (rc == 0)
        rc = drain (self, count, problem);
    rate.fills = atomic_load (&self->receiver->tally->fills);
    rate.arrived = atomic_load (&self->receiver->tally->arrived);
    if (rc == 0)
        print_rate (self, &rate, out);
    if (rc == 0 && rate.arrived != rate.fills * self->plan->clients)
        rc = problem_set (problem, ERR_BROKER, "copier", "%u orders arrived of %zu", rate.arrived,
            rate.fills * self->plan->clients);
    return rc;
}
