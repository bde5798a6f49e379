/*  word.c: one search for every enum that travels as text. */
#include "messages/word.h"

#include "messages/error.h"

#include <assert.h>
#include <string.h>

const char *word_text (const char *const *words, size_t count, unsigned value)
{
    assert (words);
    return value < count ? words[value] : "";
}

int word_parse_bytes (
    const char *const *words, size_t count, const char *text, size_t size, unsigned *value_p)
{
    assert (words && (text || size == 0) && value_p);
    for (size_t i = 0; i < count; i++) {
        if (strlen (words[i]) == size && (size == 0 || memcmp (words[i], text, size) == 0)) {
            *value_p = (unsigned) i;
            return 0;
        }
    }
    return -ERR_SYNTAX;
}

int word_parse (const char *const *words, size_t count, const char *text, unsigned *value_p)
{
    assert (text);
    return word_parse_bytes (words, count, text, strlen (text), value_p);
}

static uint64_t fold (uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t) *text) * UINT64_C (1099511628211);
    return hash;
}

static uint64_t mix (uint64_t hash)
{
    hash = (hash ^ hash >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C (0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

uint64_t word_hash (const char *text)
{
    assert (text);
    return mix (fold (UINT64_C (14695981039346656037), text));
}

uint64_t word_hash_two (const char *first, const char *second)
{
    assert (first && second);
    uint64_t hash = fold (UINT64_C (14695981039346656037), first);
    hash = (hash ^ 0xff) * UINT64_C (1099511628211);
    return mix (fold (hash, second));
}
