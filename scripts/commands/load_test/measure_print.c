/*  measure_print.c: tables in Markdown, as docs/performance.md shows them. */
#include "scripts/commands/load_test/measure.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const measure_stages[STAGE_COUNT + 1] = {
    "stream: the broker writes the fill -> the frame is read", "parse: -> it is understood",
    "listener: -> master.order on the wire", "hop: -> the dispatcher has it",
    "dispatch: -> the first copy.command on the wire", "hop: -> the shard has it",
    "shard: -> the first order is decided", "encode, write: -> the first batch is written",
    "arrive: -> the last order is at the broker"};

static int compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double series_quantile (const series_t *self, size_t offset, double part)
{
    double values[MEASURE_EVENTS_MAX];
    assert (self->count > 0 && self->count <= MEASURE_EVENTS_MAX);
    for (size_t i = 0; i < self->count; i++)
        memcpy (&values[i], (const char *) &self->list[i] + offset, sizeof *values);
    qsort (values, self->count, sizeof *values, compare);
    return values[(size_t) (part * (double) (self->count - 1) + 0.5)];
}

static double spread_ms (const series_t *self)
{
    series_t spreads = {.list = calloc (self->count, sizeof (figures_t)), .count = self->count};
    double median = 0;
    for (size_t i = 0; spreads.list && i < self->count; i++)
        spreads.list[i].last_ms = self->list[i].last_ms - self->list[i].first_ms;
    if (spreads.list)
        median = SERIES_AT (&spreads, last_ms, 0.5);
    free (spreads.list);
    return median;
}

static void print_row (const measure_plan_t *plan, const series_t *row, const series_t *limit, FILE *out)
{
    fprintf (out, "| %-7s | %4s | %6zu | %3ld | %7.2f | %8.2f | %8.2f | %8.2f | %7.2f | ", row->name,
        plan->two ? "2" : "1.1", plan->clients, plan->delay_ms, SERIES_AT (row, first_ms, 0.5),
        SERIES_AT (row, last_ms, 0), SERIES_AT (row, last_ms, 0.5), SERIES_AT (row, last_ms, 0.9),
        spread_ms (row));
    if (row == limit)
        fprintf (out, "%5s | %5s", "", "");
    else
        fprintf (out, "%5.2f | %5.2f", SERIES_AT (row, last_ms, 0) / SERIES_AT (limit, last_ms, 0),
            SERIES_AT (row, last_ms, 0.5) / SERIES_AT (limit, last_ms, 0.5));
    fprintf (out, " | %6.2f | %6.2f | %5.0f |\n", SERIES_AT (row, shards_us, 0.5),
        SERIES_AT (row, cpu_us, 0.5), SERIES_AT (row, bytes, 0.5));
}

void measure_print (const measure_plan_t *plan, const series_t *bare, const series_t *copier, FILE *out)
{
    assert (plan && bare && copier && out);
    fprintf (out, "| sender | HTTP | orders | D | first | best | median | p90 | spread | best/limit | "
                  "median/limit | shard CPU us | CPU us | bytes |\n"
                  "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    print_row (plan, bare, bare, out);
    print_row (plan, copier, bare, out);
}

void measure_print_idle (const processes_t *idle, int64_t idle_ns, FILE *out)
{
    assert (idle && idle_ns > 0 && out);
    fprintf (out, "\nCPU while nobody trades: %.1f ms/s, of which shards %.1f (not in the columns)\n",
        (double) idle->cpu_ns * 1e3 / (double) idle_ns, (double) idle->shards_ns * 1e3 / (double) idle_ns);
}

void measure_print_stages (const series_t *copier, FILE *out)
{
    assert (copier && out);
    fprintf (out, "\n| stage, us | p50 | p99 |\n|---|---|---|\n");
    for (size_t i = 0; i <= STAGE_COUNT; i++) {
        size_t offset = offsetof (figures_t, stages_us) + i * sizeof (double);
        fprintf (out, "| %s | %.0f | %.0f |\n", measure_stages[i], series_quantile (copier, offset, 0.5),
            series_quantile (copier, offset, 0.99));
    }
    fprintf (out, "| **the frame is read -> the first batch is written** | %.0f | %.0f |\n",
        SERIES_AT (copier, own_us, 0.5), SERIES_AT (copier, own_us, 0.99));
}
