/*  vault_arena: slabs of locked memory (sodium_malloc: guard pages, mlock, MADV_DONTDUMP) cut into credential slots.
 *
 *  Slabs grow from 16 to 64 KiB, and shrink again to what the limit still allows, so that a few clients lock little
 *  and a tight limit is used to its last page. Empty slabs are returned, so that nothing stays locked without need.
 */
#include "storage/vault_arena.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PAGE_BYTES ((size_t) 4096)
#define SLAB_BYTES_FIRST (4 * PAGE_BYTES)
#define SLAB_BYTES_MAX (16 * PAGE_BYTES)
#define CANARY_BYTES                                                                                         \
    ((size_t) 16) /*  sodium_malloc puts one before; without this a slab would take a page more */
#define SLAB_SLOTS_MAX (SLAB_BYTES_MAX / sizeof (credentials_t))

typedef struct slab {
    struct slab *next;
    credentials_t *slots;
    size_t bytes;
    size_t count;
    size_t used;
    bool taken[SLAB_SLOTS_MAX];
} slab_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /*  in one process several shards share the arena */
static slab_t *slabs;

void *arena_locked (size_t size)
{
    void *memory = sodium_malloc (size);
    /*  sodium_malloc goes on without the lock when the limit is reached; asking again tells (locks do not add up) */
    if (memory && sodium_mlock (memory, size) != 0) {
        sodium_free (memory);
        memory = NULL;
    }
    return memory;
}

static slab_t *slab_new (size_t bytes)
{
    slab_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->bytes = bytes;
    self->count = (bytes - CANARY_BYTES) / sizeof (credentials_t);
    assert (self->count > 0 && self->count <= SLAB_SLOTS_MAX);
    /*  a multiple of 64, so that slots are aligned: sodium places the end of a block at a page's end */
    self->slots = arena_locked (self->count * sizeof (credentials_t));
    if (self->slots)
        return self;
    free (self);
    return NULL;
}

static void slab_destroy (slab_t **self_p)
{
    slab_t *self = *self_p;
    sodium_free (self->slots); /*  wipes and unlocks */
    free (self);
    *self_p = NULL;
}

static slab_t *slab_add (void)
{
    size_t bytes = slabs ? SLAB_BYTES_MAX : SLAB_BYTES_FIRST;
    slab_t *slab = NULL;
    for (; !slab && bytes >= PAGE_BYTES; bytes /= 2)
        slab = slab_new (bytes);
    if (slab) {
        slab->next = slabs;
        slabs = slab;
    }
    return slab;
}

static credentials_t *slab_take (slab_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (!self->taken[i]) {
            self->taken[i] = true;
            self->used++;
            return &self->slots[i];
        }
    return NULL;
}

credentials_t *credentials_new (void)
{
    int result = sodium_init ();
    assert (result >= 0);
    result = pthread_mutex_lock (&lock);
    assert (result == 0);
    slab_t *slab = slabs;
    while (slab && slab->used == slab->count)
        slab = slab->next;
    if (!slab)
        slab = slab_add ();
    credentials_t *self = slab ? slab_take (slab) : NULL;
    result = pthread_mutex_unlock (&lock);
    assert (result == 0);
    if (self)
        sodium_memzero (self, sizeof *self);
    return self;
}

/*  The link that points to the slab of this slot. */
static slab_t **slab_of (const credentials_t *slot)
{
    slab_t **link = &slabs;
    while (*link && !(slot >= (*link)->slots && slot < (*link)->slots + (*link)->count))
        link = &(*link)->next;
    assert (*link); /*  not from credentials_new */
    return link;
}

void credentials_destroy (credentials_t **self_p)
{
    assert (self_p);
    credentials_t *self = *self_p;
    if (!self)
        return;
    sodium_memzero (self, sizeof *self);
    int result = pthread_mutex_lock (&lock);
    assert (result == 0);
    slab_t **link = slab_of (self);
    slab_t *slab = *link;
    size_t at = (size_t) (self - slab->slots);
    assert (slab->taken[at]); /*  destroyed twice */
    slab->taken[at] = false;
    slab->used--;
    if (slab->used == 0) {
        *link = slab->next;
        slab_destroy (&slab);
    }
    result = pthread_mutex_unlock (&lock);
    assert (result == 0);
    *self_p = NULL;
}

void arena_usage (size_t *slots_p, size_t *bytes_p)
{
    assert (slots_p && bytes_p);
    *slots_p = 0;
    *bytes_p = 0;
    int result = pthread_mutex_lock (&lock);
    assert (result == 0);
    for (const slab_t *slab = slabs; slab; slab = slab->next) {
        *slots_p += slab->used;
        *bytes_p += slab->bytes;
    }
    result = pthread_mutex_unlock (&lock);
    assert (result == 0);
}

int vault_memory_problem (problem_t *problem)
{
    struct rlimit limit = {0};
    (void) getrlimit (RLIMIT_MEMLOCK, &limit);
    size_t slots = 0;
    size_t bytes = 0;
    arena_usage (&slots, &bytes);
    return problem_set (problem, ERR_MEMORY, "RLIMIT_MEMLOCK",
        "cannot lock memory for keys: the limit is %llu KiB, %zu KiB hold %zu credentials already "
        "(ulimit -l, docker --ulimit memlock=-1, systemd LimitMEMLOCK=)",
        (unsigned long long) (limit.rlim_cur / 1024), bytes / 1024, slots);
}
