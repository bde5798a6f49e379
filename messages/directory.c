/*  directory.c: linear probing with backward-shift deletion; at most half full, so probes are short. */
#include "messages/directory.h"

#include "messages/page.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*  Multiply and fold, eight bytes at a time: names are up to 63 bytes, and several are looked up for each order. */
static uint64_t mix (uint64_t hash, const char *text, size_t size)
{
    uint64_t word = 0;
    memcpy (&word, text, size);
    hash = (hash ^ word) * UINT64_C (0x9e3779b97f4a7c15); /*  2^64 / the golden ratio */
    return hash ^ hash >> 32;
}

static uint32_t hash_of (const char *text)
{
    size_t size = strlen (text);
    uint64_t hash = size;
    size_t at = 0;
    for (; size - at >= 8; at += 8)
        hash = mix (hash, text + at, 8);
    if (size >= 8) /*  the last eight, some of them again */
        return (uint32_t) mix (hash, text + size - 8, 8);
    return (uint32_t) mix (hash, text, size);
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
