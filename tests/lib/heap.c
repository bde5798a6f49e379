/*  heap.c: see heap.h. */
#include "tests/lib/heap.h"

#include <stdatomic.h>
#include <stddef.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static atomic_ullong s_count;
static _Thread_local uint64_t s_mine;

#if !SANITIZED
/*  glibc's own, under the names it keeps for this. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *bytes, size_t size);
void *malloc (size_t size);
void *calloc (size_t count, size_t size);
void *realloc (void *bytes, size_t size);

static void note (void)
{
    atomic_fetch_add_explicit (&s_count, 1, memory_order_relaxed);
    s_mine++;
}

void *malloc (size_t size)
{
    note ();
    return __libc_malloc (size);
}

void *calloc (size_t count, size_t size)
{
    note ();
    return __libc_calloc (count, size);
}

void *realloc (void *bytes, size_t size)
{
    note ();
    return __libc_realloc (bytes, size);
}
#endif

bool heap_counts (void)
{
    return !SANITIZED;
}

uint64_t heap_allocations (void)
{
    return atomic_load_explicit (&s_count, memory_order_relaxed);
}

uint64_t heap_allocations_of_mine (void)
{
    return s_mine;
}
