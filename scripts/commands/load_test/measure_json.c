/*  measure_json.c: what measure_print.c shows, as one JSON object: times in ms and us, CPU in us an order. */
#include "scripts/commands/load_test/measure.h"

#include <jansson.h>

#include <assert.h>

#define QUANTILES(series, field) quantiles (series, offsetof (figures_t, field))

static json_t *quantiles (const series_t *series, size_t offset)
{
    return json_pack ("{s:f,s:f,s:f,s:f}", "best", series_quantile (series, offset, 0), "p50",
        series_quantile (series, offset, 0.5), "p90", series_quantile (series, offset, 0.9), "p99",
        series_quantile (series, offset, 0.99));
}

static json_t *sender (const series_t *series)
{
    return json_pack ("{s:s,s:o,s:o,s:o,s:o,s:o}", "name", series->name, "first_ms",
        QUANTILES (series, first_ms), "last_ms", QUANTILES (series, last_ms), "cpu_us",
        QUANTILES (series, cpu_us), "shards_cpu_us", QUANTILES (series, shards_us), "bytes",
        QUANTILES (series, bytes));
}

static json_t *stages (const series_t *copier)
{
    json_t *list = json_array ();
    for (size_t i = 0; i <= STAGE_COUNT; i++) {
        size_t offset = offsetof (figures_t, stages_us) + i * sizeof (double);
        (void) json_array_append_new (
            list, json_pack ("{s:s,s:o}", "stage", measure_stages[i], "us", quantiles (copier, offset)));
    }
    return list;
}

void measure_json (const measure_t *self, const series_t *bare, const series_t *copier, FILE *out)
{
    assert (self && bare && copier && out);
    const measure_plan_t *plan = self->plan;
    double best = SERIES_AT (copier, last_ms, 0) / SERIES_AT (bare, last_ms, 0);
    double median = SERIES_AT (copier, last_ms, 0.5) / SERIES_AT (bare, last_ms, 0.5);
    json_t *object = json_pack ("{s:I,s:s,s:I,s:I,s:o,s:o,s:{s:f,s:f},s:o,s:o,s:f}", "clients",
        (json_int_t) plan->clients, "http", plan->two ? "2" : "1.1", "broker_delay_ms",
        (json_int_t) plan->delay_ms, "events", (json_int_t) plan->events, "limit", sender (bare), "copier",
        sender (copier), "ratio", "best", best, "p50", median, "own_us", QUANTILES (copier, own_us), "stages",
        stages (copier), "idle_cpu_ms_per_s", (double) self->idle.cpu_ns * 1e3 / (double) self->idle_ns);
    if (object)
        (void) json_dumpf (object, out, JSON_INDENT (2) | JSON_REAL_PRECISION (9));
    (void) fputc ('\n', out);
    json_decref (object);
}
