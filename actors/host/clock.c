/*  clock.c: reads the clocks; one atomic offset a process, because all of it talks to one broker. */
#include "actors/host/clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

#define SECOND_NS INT64_C (1000000000)
#define TOLERANCE_NS                                                                                         \
    (SECOND_NS + SECOND_NS / 2) /*  a second, from the middle of the second that Date names */
#define DATE_MIN_NS (INT64_C (1577836800) * SECOND_NS) /*  2020 */
#define DATE_MAX_NS (INT64_C (4102444800) * SECOND_NS) /*  2100 */

static _Atomic int64_t s_offset_ns = 0;

static int64_t read_clock (clockid_t id)
{
    struct timespec t;
    int rc = clock_gettime (id, &t);
    assert (rc == 0);
    (void) rc;
    return (int64_t) t.tv_sec * SECOND_NS + (int64_t) t.tv_nsec;
}

int64_t clock_now_ns (void)
{
    return read_clock (CLOCK_BOOTTIME);
}

int64_t clock_offset_ns (void)
{
    return atomic_load_explicit (&s_offset_ns, memory_order_relaxed);
}

int64_t clock_utc_ns (void)
{
    return read_clock (CLOCK_REALTIME) + clock_offset_ns ();
}

int64_t clock_corrected (int64_t offset_ns, int64_t date_ns, int64_t local_ns)
{
    int64_t seen;
    int64_t change;
    if (date_ns < DATE_MIN_NS || date_ns > DATE_MAX_NS)
        return offset_ns;
    seen = date_ns + SECOND_NS / 2 - local_ns;
    if (seen >= -TOLERANCE_NS && seen <= TOLERANCE_NS)
        return 0;
    /*  keep a correction that still fits, so that time does not jump to and fro within Date's second */
    change = seen - offset_ns;
    if (change >= -TOLERANCE_NS && change <= TOLERANCE_NS)
        return offset_ns;
    return seen;
}

void clock_note_date (int64_t date_ns)
{
    int64_t offset_ns = clock_offset_ns ();
    int64_t corrected_ns;
    if (date_ns == 0)
        return;
    corrected_ns = clock_corrected (offset_ns, date_ns, read_clock (CLOCK_REALTIME));
    if (corrected_ns != offset_ns)
        atomic_store_explicit (&s_offset_ns, corrected_ns, memory_order_relaxed);
}
