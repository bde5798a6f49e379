/*  measure.c: names and numbers in and out of actor.stats. */
#include "actors/measure.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C (1000000)

const int64_t histogram_bounds_ns[HISTOGRAM_BOUNDS] = {MS / 2, MS, 2 * MS, 3 * MS, 5 * MS, 15 * MS / 2,
    10 * MS, 15 * MS, 20 * MS, 30 * MS, 50 * MS, 75 * MS, 100 * MS, 150 * MS, 200 * MS, 300 * MS, 500 * MS,
    750 * MS, 1000 * MS, 1500 * MS, 2000 * MS, 3000 * MS, 5000 * MS, 7500 * MS, 10000 * MS, 15000 * MS,
    20000 * MS, 30000 * MS, 60000 * MS};

void histogram_add (histogram_t *self, int64_t ns)
{
    size_t low = 0;
    size_t high = HISTOGRAM_BOUNDS;
    assert (self);
    if (ns < 0)
        ns = 0;
    while (low < high) { /*  the first bound that is not below it */
        size_t middle = (low + high) / 2;
        if (histogram_bounds_ns[middle] < ns)
            low = middle + 1;
        else
            high = middle;
    }
    self->buckets[low]++;
    self->sum_ns = self->sum_ns > INT64_MAX - ns ? INT64_MAX : self->sum_ns + ns;
}

uint64_t histogram_count (const histogram_t *self)
{
    uint64_t count = 0;
    assert (self);
    for (size_t n = 0; n <= HISTOGRAM_BOUNDS; n++)
        count += self->buckets[n];
    return count;
}

/*  The next entry, or NULL: the list is full. */
static reading_t *next (actor_stats_t *self, int64_t value)
{
    if (self->readings_count == sizeof self->readings / sizeof *self->readings)
        return NULL;
    reading_t *reading = &self->readings[self->readings_count++];
    reading->value = value;
    return reading;
}

void measure_put (actor_stats_t *self, const char *name, int64_t value)
{
    assert (self && name && strlen (name) < sizeof self->readings->name);
    reading_t *reading = next (self, value);
    if (reading)
        TEXT_SET (reading->name, name);
}

void measure_put_of (actor_stats_t *self, const char *prefix, const char *name, int64_t value)
{
    assert (self && prefix && name && strlen (prefix) + strlen (name) + 1 < sizeof self->readings->name);
    reading_t *reading = next (self, value);
    if (reading)
        (void) snprintf (reading->name, sizeof reading->name, "%.15s.%.63s", prefix, name);
}

static int64_t clamped (uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t) value;
}

void measure_put_histogram (actor_stats_t *self, const char *name, const histogram_t *histogram)
{
    assert (self && name && histogram);
    for (size_t n = 0; n <= HISTOGRAM_BOUNDS; n++) {
        char bucket[8];
        if (histogram->buckets[n] == 0)
            continue;
        (void) snprintf (bucket, sizeof bucket, "%zu", n);
        measure_put_of (self, name, bucket, clamped (histogram->buckets[n]));
    }
    measure_put_of (self, name, "sum", histogram->sum_ns);
}

void measure_get_histogram (const actor_stats_t *self, const char *name, histogram_t *histogram)
{
    assert (self && name && histogram);
    size_t length = strlen (name);
    for (size_t n = 0; n < self->readings_count; n++) {
        const reading_t *reading = &self->readings[n];
        const char *rest = reading->name + length;
        char *end;
        if (strncmp (reading->name, name, length) != 0 || *rest != '.' || reading->value < 0)
            continue;
        if (strcmp (++rest, "sum") == 0) {
            bool fits = histogram->sum_ns <= INT64_MAX - reading->value;
            histogram->sum_ns = fits ? histogram->sum_ns + reading->value : INT64_MAX;
            continue;
        }
        unsigned long bucket = strtoul (rest, &end, 10);
        if (end != rest && *end == '\0' && bucket <= HISTOGRAM_BOUNDS)
            histogram->buckets[bucket] += (uint64_t) reading->value;
    }
}

int64_t measure_get (const actor_stats_t *self, const char *name, int64_t fallback)
{
    assert (self && name);
    for (size_t n = 0; n < self->readings_count; n++)
        if (strcmp (self->readings[n].name, name) == 0)
            return self->readings[n].value;
    return fallback;
}
