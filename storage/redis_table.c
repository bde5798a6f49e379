/*  redis_table: an array with an index, sorted by age when somebody needs the order.
 */
#include "storage/redis_table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool redis_table_init (redis_table_t *self, uint32_t limit, uint32_t keep)
{
    assert (self && limit > keep);
    *self = (redis_table_t){.limit = limit, .keep = keep};
    self->entries = calloc (limit, sizeof *self->entries);
    if (!self->entries)
        return false;
    if (directory_init (&self->index, limit))
        return true;
    free (self->entries);
    self->entries = NULL;
    return false;
}

void redis_table_free (redis_table_t *self)
{
    assert (self);
    if (self->entries)
        directory_free (&self->index);
    free (self->entries);
    self->entries = NULL;
}

redis_entry_t *redis_table_find (redis_table_t *self, const char *key)
{
    assert (self && key);
    uint32_t place = directory_get (&self->index, key);
    return place == DIRECTORY_NONE ? NULL : &self->entries[place];
}

static int by_age (const void *left, const void *right)
{
    int64_t a = ((const redis_entry_t *) left)->record.stored_at_ns;
    int64_t b = ((const redis_entry_t *) right)->record.stored_at_ns;
    return a < b ? -1 : a > b;
}

void redis_table_sort (redis_table_t *self)
{
    assert (self);
    /*  the index borrows the keys, and those are about to move */
    for (uint32_t i = 0; i < self->count; i++)
        directory_remove (&self->index, self->entries[i].key);
    qsort (self->entries, self->count, sizeof *self->entries, by_age);
    for (uint32_t i = 0; i < self->count; i++)
        directory_put (&self->index, self->entries[i].key, i);
    self->cursor = 0;
}

/*  The oldest ones leave, so that `keep` are left. */
static void shrink (redis_table_t *self)
{
    redis_table_sort (self);
    uint32_t leave = self->count - self->keep;
    for (uint32_t i = 0; i < self->count; i++)
        directory_remove (&self->index, self->entries[i].key);
    memmove (self->entries, self->entries + leave, self->keep * sizeof *self->entries);
    self->count = self->keep;
    self->dirty = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        directory_put (&self->index, self->entries[i].key, i);
        self->dirty += self->entries[i].dirty ? 1 : 0;
    }
}

redis_entry_t *redis_table_add (redis_table_t *self, const char *key)
{
    assert (self && key && strlen (key) < REDIS_KEY_MAX);
    if (self->count == self->limit && self->keep > 0)
        shrink (self);
    if (self->count == self->limit)
        return NULL;
    redis_entry_t *entry = &self->entries[self->count];
    memset (entry, 0, sizeof *entry);
    (void) snprintf (entry->key, sizeof entry->key, "%s", key);
    directory_put (&self->index, entry->key, self->count++);
    return entry;
}

void redis_table_mark (redis_table_t *self, redis_entry_t *entry, bool dirty)
{
    assert (self && entry);
    if (entry->dirty == dirty)
        return;
    entry->dirty = dirty;
    self->dirty += dirty ? 1 : (uint32_t) -1;
}

void redis_table_mark_all (redis_table_t *self)
{
    assert (self);
    for (uint32_t i = 0; i < self->count; i++)
        self->entries[i].dirty = true;
    self->dirty = self->count;
}

redis_entry_t *redis_table_next_dirty (redis_table_t *self)
{
    assert (self);
    for (uint32_t looked = 0; self->dirty > 0 && looked < self->count; looked++) {
        if (self->cursor >= self->count)
            self->cursor = 0;
        redis_entry_t *entry = &self->entries[self->cursor++];
        if (entry->dirty)
            return entry;
    }
    assert (self->dirty == 0);
    return NULL;
}
