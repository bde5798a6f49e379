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
