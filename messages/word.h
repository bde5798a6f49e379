/*  word.h: small numbered lists of words (enums) to text and back. */
#ifndef WORD_H
#define WORD_H

#include <stddef.h>
#include <stdint.h>

/*  words[value], or "" for a value that is not below count. */
const char *word_text (const char *const *words, size_t count, unsigned value);

/*  The place of text in words: 0 and *value_p, or -ERR_SYNTAX (then *value_p is untouched). */
int word_parse (const char *const *words, size_t count, const char *text, unsigned *value_p);
int word_parse_bytes (
    const char *const *words, size_t count, const char *text, size_t size, unsigned *value_p);

/*  FNV-1a of the text, then the finalizer of splitmix64 (FNV alone is weak in its high bits): two actors agree on it. */
uint64_t word_hash (const char *text);
uint64_t word_hash_two (const char *first, const char *second); /*  "a" + "bc" is not "ab" + "c" */

#endif
