/*  table.c: see table.h. Chunks instead of one array because orders are handed out as borrowed pointers. */
#include "broker/simulator/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ITEMS 256
#define LOOKUP_START 64
#define ARRAY_START 8

void table_init (table_t *self, size_t item_size, size_t limit)
{
    assert (self && item_size > 0);
    memset (self, 0, sizeof *self);
    self->item_size = item_size;
    self->limit = limit;
}

void table_release (table_t *self)
{
    assert (self);
    for (size_t i = 0; i < self->chunks_count; i++)
        free (self->chunks[i]);
    free ((void *) self->chunks);
    memset (self, 0, sizeof *self);
}

void *array_grow (void *items, size_t item_size, size_t count, size_t *capacity_p)
{
    assert (capacity_p && item_size > 0);
    if (count < *capacity_p)
        return items;
    size_t capacity = *capacity_p ? *capacity_p * 2 : ARRAY_START;
    void *grown = realloc (items, capacity * item_size);
    if (grown)
        *capacity_p = capacity;
    return grown;
}

static bool table_add_chunk (table_t *self)
{
    void *chunks =
        array_grow ((void *) self->chunks, sizeof *self->chunks, self->chunks_count, &self->chunks_capacity);
    if (!chunks)
        return false;
    self->chunks = chunks;
    unsigned char *chunk = calloc (CHUNK_ITEMS, self->item_size);
    if (!chunk)
        return false;
    self->chunks[self->chunks_count++] = chunk;
    return true;
}

void *table_add (table_t *self)
{
    assert (self);
    if (table_full (self))
        return NULL;
    if (self->count == self->chunks_count * CHUNK_ITEMS && !table_add_chunk (self))
        return NULL;
    self->count++;
    return table_at (self, self->count - 1);
}

void *table_at (const table_t *self, size_t position)
{
    assert (self && position < self->count);
    return self->chunks[position / CHUNK_ITEMS] + (position % CHUNK_ITEMS) * self->item_size;
}

bool table_full (const table_t *self)
{
    return self->count >= self->limit;
}

void lookup_release (lookup_t *self)
{
    assert (self);
    free (self->hashes);
    free (self->items);
    memset (self, 0, sizeof *self);
}

/*  A stable spread of the hash: FNV's low bits are weak for short texts. */
static size_t lookup_home (uint64_t hash, size_t capacity)
{
    return (size_t) ((hash ^ (hash >> 32)) & (capacity - 1));
}

bool lookup_reserve (lookup_t *self)
{
    assert (self);
    if ((self->count + 1) * 4 <= self->capacity * 3)
        return true;
    lookup_t grown = {.capacity = self->capacity ? self->capacity * 2 : LOOKUP_START};
    grown.hashes = calloc (grown.capacity, sizeof *grown.hashes);
    grown.items = calloc (grown.capacity, sizeof *grown.items);
    if (!grown.hashes || !grown.items) {
        lookup_release (&grown);
        return false;
    }
    for (size_t i = 0; i < self->capacity; i++)
        if (self->items[i])
            lookup_put (&grown, self->hashes[i], self->items[i] - 1);
    lookup_release (self);
    *self = grown;
    return true;
}

void lookup_put (lookup_t *self, uint64_t hash, uint32_t item)
{
    assert (self && self->count < self->capacity && item < UINT32_MAX);
    size_t slot = lookup_home (hash, self->capacity);
    while (self->items[slot])
        slot = (slot + 1) & (self->capacity - 1);
    self->hashes[slot] = hash;
    self->items[slot] = item + 1;
    self->count++;
}

bool lookup_next (const lookup_t *self, uint64_t hash, size_t *cursor_p, uint32_t *item_p)
{
    assert (self && cursor_p && item_p);
    if (!self->capacity)
        return false;
    size_t home = lookup_home (hash, self->capacity);
    for (; *cursor_p < self->capacity; (*cursor_p)++) {
        size_t slot = (home + *cursor_p) & (self->capacity - 1);
        if (!self->items[slot])
            return false;
        if (self->hashes[slot] == hash) {
            *item_p = self->items[slot] - 1;
            (*cursor_p)++;
            return true;
        }
    }
    return false;
}

uint64_t hash_bytes (uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C (1099511628211);
    return hash;
}

uint64_t hash_text (uint64_t hash, const char *text)
{
    assert (text);
    return hash_bytes (hash, text, strlen (text));
}
