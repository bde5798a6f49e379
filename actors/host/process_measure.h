/*  process_measure.h: what the process of an actor takes of the machine. */
#ifndef PROCESS_MEASURE_H
#define PROCESS_MEASURE_H

#include "actors/measure.h"

/*  process.resident (bytes), process.cpu (ns), process.files (open descriptors, looked at every 10th time), log.dropped
 *  (lines). Actors of one process tell the same. Threads: any. */
void process_measure (actor_stats_t *stats);

#endif
