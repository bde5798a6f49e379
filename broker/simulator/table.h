/*  table.h: growable memory of the engine: an array whose items never move, and a hash index over such items.
 *
 *  Both are bounded by the limit they are given. One thread.
 */
#ifndef SIMULATOR_TABLE_H
#define SIMULATOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*  Items live in chunks, so pointers to them stay valid until release. */
typedef struct {
    unsigned char **chunks;
    size_t chunks_count;
    size_t chunks_capacity;
    size_t item_size;
    size_t count;
    size_t limit;
} table_t;

void table_init (table_t *self, size_t item_size, size_t limit);
void table_release (table_t *self);
/*  A new zeroed item; NULL: the limit is reached or memory is out. */
void *table_add (table_t *self);
void *table_at (const table_t *self, size_t position);
bool table_full (const table_t *self);

/*  Hash -> item numbers. Equal hashes may stand for different keys: the caller compares. Nothing is removed. */
typedef struct {
    uint64_t *hashes;
    uint32_t *items; /*  number + 1; 0 = free */
    size_t capacity; /*  power of two */
    size_t count;
} lookup_t;

void lookup_release (lookup_t *self);
/*  Makes room for one more; false: memory is out. Call it before lookup_put. */
bool lookup_reserve (lookup_t *self);
void lookup_put (lookup_t *self, uint64_t hash, uint32_t item);
/*  Walks the items of a hash: *cursor_p starts at 0. False: no more. */
bool lookup_next (const lookup_t *self, uint64_t hash, size_t *cursor_p, uint32_t *item_p);

/*  FNV-1a, continued from `hash` (HASH_START at first). */
#define HASH_START UINT64_C (14695981039346656037)
uint64_t hash_bytes (uint64_t hash, const void *bytes, size_t size);
uint64_t hash_text (uint64_t hash, const char *text);

/*  Grows an array of item_size to hold at least count + 1 items, doubling. NULL (and the old array untouched):
 *  memory is out. */
void *array_grow (void *items, size_t item_size, size_t count, size_t *capacity_p);

#endif
