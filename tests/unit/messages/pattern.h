/*  pattern.h: messages filled by walking the generated tables, so that every field of every kind is tested. */
#ifndef PATTERN_H
#define PATTERN_H

#include "messages/record.h"

typedef enum {
    PATTERN_SMALL, /*  every field at its least: empty texts and lists, smallest numbers */
    PATTERN_LARGE, /*  every field at its bound */
    PATTERN_MIXED  /*  something in between, different for each field and seed */
} pattern_t;

/*  *self is overwritten whole with 0xA5 first, so that a field nobody fills shows. */
void pattern_fill (message_t *self, message_kind_t kind, pattern_t pattern, uint64_t seed);

/*  Every field is the same (list entries beyond the count do not matter). */
bool pattern_same (const message_t *left, const message_t *right);

/*  The record of a kind, inside message. */
void *pattern_record (message_t *message);

/*  xorshift: the same numbers for the same seed */
uint64_t pattern_random (uint64_t *state);

#endif
