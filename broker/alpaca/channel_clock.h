/*  channel_clock.h: inside broker/alpaca/channel*: the two clocks that durations and leases are measured with. */
#ifndef BROKER_ALPACA_CHANNEL_CLOCK_H
#define BROKER_ALPACA_CHANNEL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_MS INT64_C (1000000)
#define NS_PER_S INT64_C (1000000000)

/*  CLOCK_MONOTONIC or CLOCK_BOOTTIME in nanoseconds. */
static inline int64_t channel_clock (clockid_t clock)
{
    struct timespec now;
    (void) clock_gettime (clock, &now);
    return (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec;
}

#endif
