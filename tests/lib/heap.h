/*  heap.h: how often the heap was asked by this process, libraries included: heap.c stands before malloc. With a sanitizer,
 *  which stands there itself, nothing is counted.
 */
#ifndef TEST_HEAP_H
#define TEST_HEAP_H

#include <stdbool.h>
#include <stdint.h>

bool heap_counts (void);
uint64_t heap_allocations (void);         /*  by all threads */
uint64_t heap_allocations_of_mine (void); /*  by the calling one */

#endif
