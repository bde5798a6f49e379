/*  index.c: linear probing with backward-shift deletion; at most half full, so probes are short. */
#include "actors/executor/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash_of (const char *text)
{
    uint32_t hash = 2166136261u; /*  FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (uint8_t) *text) * 16777619u;
    return hash ^ hash >> 15;
}

bool text_index_init (text_index_t *self, uint32_t limit)
{
    assert (self && limit > 0 && limit < 1u << 30);
    uint32_t size = 16;
    while (size < limit * 2)
        size *= 2;
    self->texts = calloc (size, sizeof *self->texts);
    self->values = calloc (size, sizeof *self->values);
    self->mask = size - 1;
    return self->texts && self->values;
}

void text_index_free (text_index_t *self)
{
    assert (self);
    free (self->texts);
    free (self->values);
    self->texts = NULL;
    self->values = NULL;
}

static uint32_t find (const text_index_t *self, const char *text)
{
    uint32_t at = hash_of (text) & self->mask;
    while (self->texts[at] && strcmp (self->texts[at], text) != 0)
        at = (at + 1) & self->mask;
    return at;
}

void text_index_put (text_index_t *self, const char *text, uint32_t value)
{
    assert (self && text);
    uint32_t at = find (self, text);
    self->texts[at] = text;
    self->values[at] = value;
}

uint32_t text_index_get (const text_index_t *self, const char *text)
{
    assert (self && text);
    uint32_t at = find (self, text);
    return self->texts[at] ? self->values[at] : INDEX_NONE;
}

void text_index_remove (text_index_t *self, const char *text)
{
    assert (self && text);
    uint32_t hole = find (self, text);
    if (!self->texts[hole])
        return;
    for (uint32_t at = (hole + 1) & self->mask; self->texts[at]; at = (at + 1) & self->mask) {
        uint32_t home = hash_of (self->texts[at]) & self->mask;
        if (((at - home) & self->mask) >= ((at - hole) & self->mask)) {
            self->texts[hole] = self->texts[at];
            self->values[hole] = self->values[at];
            hole = at;
        }
    }
    self->texts[hole] = NULL;
}
