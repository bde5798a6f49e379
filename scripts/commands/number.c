/*  number.c: strtoull would take signs, spaces and too much. */
#include "scripts/commands/number.h"

#include "messages/error.h"

#include <assert.h>

int number_parse (const char *text, uint64_t least, uint64_t most, uint64_t *value_p)
{
    assert (text && value_p);
    uint64_t value = 0;
    if (!*text)
        return -ERR_RANGE;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || value > UINT64_MAX / 10)
            return -ERR_RANGE;
        uint64_t digit = (uint64_t) (*c - '0');
        if (value * 10 > UINT64_MAX - digit)
            return -ERR_RANGE;
        value = value * 10 + digit;
    }
    if (value < least || value > most)
        return -ERR_RANGE;
    *value_p = value;
    return 0;
}
