/*  redis_table.h: what this process knows of one kind of record, by key; bounded. `dirty` = Redis may not have it.
 *
 *  Entries move: a pointer to one is good until the next call that is not `find`.
 */
#ifndef REDIS_TABLE_H
#define REDIS_TABLE_H

#include "messages/directory.h"
#include "storage/redis_record.h"

#include <stdbool.h>

typedef struct {
    char key[REDIS_KEY_MAX];
    redis_record_t record;
    bool dirty;
} redis_entry_t;

typedef struct {
    redis_entry_t *entries;
    directory_t index;
    uint32_t limit;
    uint32_t keep; /*  so many of the newest stay when it is full; 0 = a full table takes no more */
    uint32_t count;
    uint32_t dirty;  /*  entries that are */
    uint32_t cursor; /*  where the search for the next dirty one goes on */
} redis_table_t;

bool redis_table_init (redis_table_t *self, uint32_t limit, uint32_t keep); /*  false: out of memory */
void redis_table_free (redis_table_t *self);
redis_entry_t *redis_table_find (redis_table_t *self, const char *key); /*  NULL = unknown */
/*  A key that is not there yet: clean, its record empty. NULL = full. */
redis_entry_t *redis_table_add (redis_table_t *self, const char *key);
void redis_table_mark (redis_table_t *self, redis_entry_t *entry, bool dirty);
void redis_table_mark_all (redis_table_t *self);             /*  dirty */
redis_entry_t *redis_table_next_dirty (redis_table_t *self); /*  in turn; NULL = none */
void redis_table_sort (redis_table_t *self);                 /*  oldest first */

#endif
