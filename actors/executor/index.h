/*  index.h: text -> number, bounded, open addressing. Texts are borrowed: the owner keeps them while they are in. */
#ifndef EXECUTOR_INDEX_H
#define EXECUTOR_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

typedef struct {
    const char **texts;
    uint32_t *values;
    uint32_t mask;
} text_index_t;

bool text_index_init (text_index_t *self, uint32_t limit); /*  false: out of memory */
void text_index_free (text_index_t *self);
void text_index_put (text_index_t *self, const char *text, uint32_t value);
uint32_t text_index_get (const text_index_t *self, const char *text); /*  INDEX_NONE = not there */
void text_index_remove (text_index_t *self, const char *text);

#endif
