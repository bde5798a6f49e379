/*  directory.c: linear probing with backward-shift deletion; at most half full, so probes are short. */
#include "messages/directory.h"

#include "messages/page.h"

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

bool directory_init (directory_t *self, uint32_t limit)
{
    assert (self && limit > 0 && limit < 1u << 30);
    uint32_t size = 16;
    while (size < limit * 2)
        size *= 2;
    self->texts = calloc (size, sizeof *self->texts);
    self->values = calloc (size, sizeof *self->values);
    page_touch (self->texts, size * sizeof *self->texts);
    page_touch (self->values, size * sizeof *self->values);
    self->mask = size - 1;
    self->count = 0;
    self->limit = limit;
    return self->texts && self->values;
}

void directory_free (directory_t *self)
{
    assert (self);
    free (self->texts);
    free (self->values);
    self->texts = NULL;
    self->values = NULL;
}

static uint32_t find (const directory_t *self, const char *text)
{
    uint32_t at = hash_of (text) & self->mask;
    while (self->texts[at] && strcmp (self->texts[at], text) != 0)
        at = (at + 1) & self->mask;
    return at;
}

void directory_put (directory_t *self, const char *text, uint32_t value)
{
    assert (self && text);
    uint32_t at = find (self, text);
    if (!self->texts[at])
        self->count++;
    assert (self->count <= self->limit);
    self->texts[at] = text;
    self->values[at] = value;
}

uint32_t directory_get (const directory_t *self, const char *text)
{
    assert (self && text);
    uint32_t at = find (self, text);
    return self->texts[at] ? self->values[at] : DIRECTORY_NONE;
}

void directory_remove (directory_t *self, const char *text)
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
    self->count--;
}
