/*  slot.c: see slot.h. */
#include "actors/executor/slot.h"

#include <assert.h>
#include <string.h>

#define SLOT_HASH_CHARS 20 /*  100 bits */
#define PREFIX "tc1-"

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567"; /*  RFC 4648, lower case */

static void base32 (const uint8_t *bytes, char text[SLOT_HASH_CHARS])
{
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
    char number[12];
    size_t at = sizeof number;
    number[--at] = '\0';
    do
        number[--at] = (char) ('0' + n % 10);
    while (n /= 10);
    memcpy (to, number + at, sizeof number - at);
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
    const size_t prefix = sizeof PREFIX - 1;
    memcpy (id, PREFIX, prefix);
    base32 (digest, id + prefix);
    id[prefix + SLOT_HASH_CHARS] = '-';
    id[prefix + SLOT_HASH_CHARS + 1] = leg == LEG_OPEN ? 'o' : 'c';
    put_number (id + prefix + SLOT_HASH_CHARS + 2, (unsigned) n);
}

bool slot_named (const char *client_order_id)
{
    assert (client_order_id);
    size_t prefix = sizeof PREFIX - 1;
    return strncmp (client_order_id, PREFIX, prefix) == 0 &&
           strspn (client_order_id + prefix, digits) == SLOT_HASH_CHARS &&
           client_order_id[prefix + SLOT_HASH_CHARS] == '-';
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
