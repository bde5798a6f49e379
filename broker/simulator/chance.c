/*  chance.c: see chance.h. Own generator, because the C library's differs between systems and seeds must replay. */
#include "broker/simulator/chance.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static uint64_t splitmix (uint64_t *state)
{
    uint64_t z = (*state += UINT64_C (0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void chance_seed (chance_t *self, uint64_t seed)
{
    assert (self);
    for (size_t i = 0; i < 4; i++)
        self->word[i] = splitmix (&seed);
}

static uint64_t rotate (uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t chance_next (chance_t *self)
{
    assert (self);
    uint64_t *s = self->word;
    uint64_t result = rotate (s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate (s[3], 45);
    return result;
}

uint64_t chance_below (chance_t *self, uint64_t bound)
{
    assert (bound > 0);
    /*  the bias of the remainder is below 2^-40 for every bound used here */
    return chance_next (self) % bound;
}

bool chance_hits (chance_t *self, uint32_t ppm)
{
    return ppm > 0 && chance_below (self, 1000000) < ppm;
}

void chance_uuid (chance_t *self, char *text, size_t size)
{
    assert (size >= UUID_TEXT_MAX);
    uint64_t a = chance_next (self);
    uint64_t b = chance_next (self);
    snprintf (text, size, "%08x-%04x-4%03x-%04x-%012llx", (unsigned) (a >> 32), (unsigned) (a >> 16) & 0xffff,
        (unsigned) a & 0xfff, ((unsigned) (b >> 48) & 0x3fff) | 0x8000,
        (unsigned long long) (b & UINT64_C (0xffffffffffff)));
}

bool uuid_canonical (const char *text, char canonical[UUID_TEXT_MAX])
{
    assert (text && canonical);
    size_t size = strlen (text);
    if (size != 32 && size != 36)
        return false;
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        bool dash_here = size == 36 && (i == 8 || i == 13 || i == 18 || i == 23);
        if (dash_here != (text[i] == '-'))
            return false;
        if (dash_here)
            continue;
        if (!isxdigit ((unsigned char) text[i]))
            return false;
        if (out == 8 || out == 13 || out == 18 || out == 23)
            canonical[out++] = '-';
        canonical[out++] = (char) tolower ((unsigned char) text[i]);
    }
    canonical[out] = '\0';
    return true;
}

void ulid_format (int64_t at_ns, uint64_t number, char *text, size_t size)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    assert (size >= 27 && at_ns >= 0);
    uint64_t ms = (uint64_t) at_ns / 1000000;
    for (int i = 9; i >= 0; i--, ms >>= 5)
        text[i] = digits[ms & 31];
    for (int i = 25; i >= 10; i--, number >>= 5)
        text[i] = digits[number & 31];
    text[26] = '\0';
}
