/*  slot.c: see slot.h. */
#include "actors/executor/slot.h"

#include <assert.h>
#include <string.h>

#define SLOT_HASH_CHARS 20 /*  100 bits */

static void base32 (const uint8_t *bytes, char text[SLOT_HASH_CHARS])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567"; /*  RFC 4648, lower case */
    unsigned bits = 0;
    unsigned held = 0;
    for (size_t at = 0; at < SLOT_HASH_CHARS; at++) {
        if (held < 5) {
            bits = bits << 8 | *bytes++;
            held += 8;
        }
        held -= 5;
        text[at] = digits[bits >> held & 31u];
    }
}

/*  By hand, as everything that is done once an order. */
static void put_number (char *to, unsigned n)
{
    char digits[12];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do
        digits[--at] = (char) ('0' + n % 10);
    while (n /= 10);
    memcpy (to, digits + at, sizeof digits - at);
}

static size_t put (char *to, size_t at, const char *text)
{
    size_t size = strlen (text) + 1;
    memcpy (to + at, text, size);
    return at + size;
}

void slot_id (char id[SLOT_ID_MAX], const char *master_id, const char *x, const char *client_id, leg_t leg,
    int n, void (*hash) (const void *bytes, size_t size, uint8_t digest[16]))
{
    assert (id && master_id && x && client_id && n > 0 && hash);
    assert (
        strlen (master_id) < ACCOUNT_ID_MAX && strlen (x) < ID_MAX && strlen (client_id) < ACCOUNT_ID_MAX);
    char named[2 * ACCOUNT_ID_MAX + ID_MAX]; /*  each with its NUL, so that no two triples share bytes */
    size_t size = put (named, put (named, put (named, 0, master_id), x), client_id);
    uint8_t digest[16];
    hash (named, size, digest);
    memcpy (id, "tc1-", 4);
    base32 (digest, id + 4);
    id[4 + SLOT_HASH_CHARS] = '-';
    id[5 + SLOT_HASH_CHARS] = leg == LEG_OPEN ? 'o' : 'c';
    put_number (id + 6 + SLOT_HASH_CHARS, (unsigned) n);
}

int64_t slot_counts_e9 (const slot_t *self)
{
    assert (self);
    switch (self->state) {
    case SLOT_VOID: return 0;
    case SLOT_FINAL: return self->filled_e9;
    default: return self->qty_e9;
    }
}

bool slot_unanswered (const slot_t *self)
{
    assert (self);
    return self->state == SLOT_WAITING || self->state == SLOT_SENT || self->state == SLOT_ASKING;
}
