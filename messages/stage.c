/*  stage.c: see stage.h. */
#include "messages/stage.h"

#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic (stages_t *) s_stages = NULL;

static stages_t *map (const char *directory, int flags)
{
    char path[512];
    void *bytes = MAP_FAILED;
    assert (directory);
    if (snprintf (path, sizeof path, "%s/stages", directory) >= (int) sizeof path)
        return NULL;
    int file = open (path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return NULL;
    if (!(flags & O_CREAT) || ftruncate (file, sizeof (stages_t)) == 0)
        if (lseek (file, 0, SEEK_END) == (off_t) sizeof (stages_t))
            bytes = mmap (NULL, sizeof (stages_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    (void) close (file);
    return bytes == MAP_FAILED ? NULL : bytes;
}

void stages_open (const char *directory)
{
    if (!atomic_load (&s_stages))
        atomic_store (&s_stages, map (directory, 0));
}

void stage_mark (stage_t stage)
{
    stages_t *self = atomic_load_explicit (&s_stages, memory_order_relaxed);
    struct timespec now;
    if (!self)
        return;
    assert (stage < STAGE_COUNT);
    (void) clock_gettime (CLOCK_MONOTONIC, &now);
    int64_t at_ns = (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
    if (atomic_load_explicit (&self->first_ns[stage], memory_order_relaxed) == 0)
        atomic_store_explicit (&self->first_ns[stage], at_ns, memory_order_relaxed);
    atomic_store_explicit (&self->last_ns[stage], at_ns, memory_order_relaxed);
}

stages_t *stages_make (const char *directory)
{
    return map (directory, O_CREAT | O_EXCL);
}

void stages_free (stages_t *self)
{
    if (self)
        (void) munmap (self, sizeof *self);
}

void stages_clear (stages_t *self)
{
    assert (self);
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        atomic_store (&self->first_ns[i], 0);
        atomic_store (&self->last_ns[i], 0);
    }
}
