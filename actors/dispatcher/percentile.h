/*  percentile.h: p50, p95, p99 of a set of durations, by nearest rank. */
#ifndef DISPATCHER_PERCENTILE_H
#define DISPATCHER_PERCENTILE_H

#include <stddef.h>
#include <stdint.h>

/*  Sorts in place, without allocating (qsort of glibc does). */
void percentile_sort (uint32_t *values, size_t count);
/*  The smallest value that at least `percent` of the sorted ones do not exceed; 0 when there are none. */
uint32_t percentile_of (const uint32_t *sorted, size_t count, unsigned percent);

#endif
