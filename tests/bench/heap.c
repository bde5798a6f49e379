/*  heap.c: see heap.h. */
#include "tests/bench/heap.h"

#include <stdatomic.h>
#include <stddef.h>

/*  glibc's own, under the names it keeps for this. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *bytes, size_t size);
void *malloc (size_t size);
void *calloc (size_t count, size_t size);
void *realloc (void *bytes, size_t size);

static atomic_ullong s_count;

void *malloc (size_t size)
{
    atomic_fetch_add_explicit (&s_count, 1, memory_order_relaxed);
    return __libc_malloc (size);
}

void *calloc (size_t count, size_t size)
{
    atomic_fetch_add_explicit (&s_count, 1, memory_order_relaxed);
    return __libc_calloc (count, size);
}

void *realloc (void *bytes, size_t size)
{
    atomic_fetch_add_explicit (&s_count, 1, memory_order_relaxed);
    return __libc_realloc (bytes, size);
}

uint64_t heap_allocations (void)
{
    return atomic_load_explicit (&s_count, memory_order_relaxed);
}
