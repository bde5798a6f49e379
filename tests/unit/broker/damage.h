/*  damage.h: a text with a few of its characters gone or replaced, the same every time. */
#ifndef BROKER_DAMAGE_H
#define BROKER_DAMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*  xorshift; *state is not 0. */
static inline uint64_t damage_dice (uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/*  One to three of the characters from `first` on; the new size. */
static inline size_t damage (char *text, size_t size, size_t first, uint64_t *state)
{
    static const char bytes[] = "{}[]\",:0123456789.-eE\\ntf \n";
    for (uint64_t k = damage_dice (state) % 3 + 1; k > 0; k--) {
        size_t at = first + damage_dice (state) % (size - first);
        if (damage_dice (state) % 3 == 0) {
            memmove (text + at, text + at + 1, size - at);
            size--;
        } else {
            text[at] = bytes[damage_dice (state) % (sizeof bytes - 1)];
        }
    }
    return size;
}

#endif
