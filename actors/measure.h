/*  measure.h: the numbers a core keeps of itself, for the gateway (docs/metrics.md).
 *
 *  A core counts in its own struct while it works; its host asks for the numbers every 2 s and publishes them as
 *  actor.stats. Totals are of this life, times in ns. Nothing here allocates.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "messages/gen/messages.h"

#define HISTOGRAM_BOUNDS 29

/*  Durations by size: a bucket a bound, and one for what is longer than all of them. */
typedef struct {
    uint64_t buckets[HISTOGRAM_BOUNDS + 1]; /*  each alone, not summed up */
    int64_t sum_ns;
} histogram_t;

extern const int64_t
    histogram_bounds_ns[HISTOGRAM_BOUNDS]; /*  0.5 ms … 60 s: a bucket's upper end, included */

void histogram_add (histogram_t *self, int64_t ns);
uint64_t histogram_count (const histogram_t *self);

/*  Adds a number; what the list has no room for is left out. */
void measure_put (actor_stats_t *self, const char *name, int64_t value);
/*  "prefix.name": for lists of shards, reasons, clients. */
void measure_put_of (actor_stats_t *self, const char *prefix, const char *name, int64_t value);
/*  "name.N" for each bucket that is not empty, and "name.sum". */
void measure_put_histogram (actor_stats_t *self, const char *name, const histogram_t *histogram);
/*  And back: adds what is there of it to *histogram. */
void measure_get_histogram (const actor_stats_t *self, const char *name, histogram_t *histogram);
/*  fallback: there is no such number. */
int64_t measure_get (const actor_stats_t *self, const char *name, int64_t fallback);

#endif
