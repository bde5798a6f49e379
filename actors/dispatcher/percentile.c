/*  percentile.c: heapsort: no memory, no bad case. */
#include "actors/dispatcher/percentile.h"

#include <assert.h>

static void sift_down (uint32_t *values, size_t root, size_t count)
{
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && values[child + 1] > values[child])
            child++;
        if (values[root] >= values[child])
            return;
        uint32_t value = values[root];
        values[root] = values[child];
        values[child] = value;
        root = child;
    }
}

void percentile_sort (uint32_t *values, size_t count)
{
    assert (values || count == 0);
    for (size_t i = count / 2; i-- > 0;)
        sift_down (values, i, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t largest = values[0];
        values[0] = values[end];
        values[end] = largest;
        sift_down (values, 0, end);
    }
}

uint32_t percentile_of (const uint32_t *sorted, size_t count, unsigned percent)
{
    assert (percent > 0 && percent <= 100);
    if (count == 0)
        return 0;
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank - 1];
}
