/*  heap.h: how often the heap was asked by this process, libraries included: heap.c stands before malloc. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stdint.h>

uint64_t heap_allocations (void);

#endif
