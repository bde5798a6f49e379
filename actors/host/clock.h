/*  clock.h: the two times every event carries, shared by all actors of a process.
 *
 *  UTC is the machine's clock, corrected by the broker's Date headers when it is plainly wrong: Date has a resolution
 *  of one second, so nothing within a second of it is touched. Threads: any.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/*  CLOCK_BOOTTIME, ns: durations and deadlines; runs on while the machine sleeps. */
int64_t clock_now_ns (void);
/*  CLOCK_REALTIME + correction, ns. */
int64_t clock_utc_ns (void);
/*  What is added to CLOCK_REALTIME now, ns. */
int64_t clock_offset_ns (void);
/*  The broker said `date_ns` (UTC, whole seconds, 0 = nothing) in an answer that has just come. Dates before 2020 or
 *  after 2100 are ignored. */
void clock_note_date (int64_t date_ns);

/*  The rule alone: the offset after a Date that lies between `date_ns` and a second later was seen at `local_ns`. */
int64_t clock_corrected (int64_t offset_ns, int64_t date_ns, int64_t local_ns);

#endif
