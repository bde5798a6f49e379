/*  fixed.c: decimal arithmetic in 64 bits with 128-bit intermediates. */
#include "messages/fixed.h"

#include "messages/error.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS 9

typedef __int128 wide_t;

/*  -1 or 1: what a rounding away from zero would add */
static wide_t away (wide_t product, int64_t divisor)
{
    return (product < 0) == (divisor < 0) ? 1 : -1;
}

static wide_t wide_abs (wide_t value)
{
    return value < 0 ? -value : value;
}

int fixed_mul_div (int64_t a, int64_t b, int64_t c, rounding_t rounding, int64_t *result_p)
{
    assert (result_p);
    if (c == 0)
        return -ERR_RANGE;
    wide_t product = (wide_t) a * b; /*  at most 2^126: never wraps */
    wide_t quotient = product / c;
    wide_t rest = product % c;
    if (rounding == ROUND_UP && rest != 0) {
        quotient += away (product, c);
    } else if (rounding == ROUND_HALF_EVEN) {
        wide_t twice = 2 * wide_abs (rest), divisor = wide_abs (c);
        if (twice > divisor || (twice == divisor && quotient % 2 != 0))
            quotient += away (product, c);
    }
    if (quotient > INT64_MAX || quotient < INT64_MIN)
        return -ERR_RANGE;
    *result_p = (int64_t) quotient;
    return 0;
}

int fixed_add (int64_t a, int64_t b, int64_t *result_p)
{
    assert (result_p);
    int64_t result;
    if (__builtin_add_overflow (a, b, &result))
        return -ERR_RANGE;
    *result_p = result;
    return 0;
}

int fixed_sub (int64_t a, int64_t b, int64_t *result_p)
{
    assert (result_p);
    int64_t result;
    if (__builtin_sub_overflow (a, b, &result))
        return -ERR_RANGE;
    *result_p = result;
    return 0;
}

int64_t fixed_floor_to (int64_t value_e9, int64_t step_e9)
{
    assert (step_e9 > 0);
    return value_e9 - value_e9 % step_e9;
}

/*  Takes digits at *at into *value; counted from 0, negative when negative, so that INT64_MIN needs no exception. */
static int take_digits (const char *text, size_t size, size_t *at, bool negative, int64_t *value)
{
    for (; *at < size && text[*at] >= '0' && text[*at] <= '9'; ++*at) {
        int digit = text[*at] - '0';
        if (__builtin_mul_overflow (*value, INT64_C (10), value) ||
            __builtin_add_overflow (*value, (int64_t) (negative ? -digit : digit), value))
            return -ERR_RANGE;
    }
    return 0;
}

/*  The fraction after the point: exactly nine digits into *value; `rest` says whether a later one is not zero. */
static int take_fraction (
    const char *text, size_t size, size_t *at, bool negative, int64_t *value, bool *rest)
{
    size_t end = size - *at > DECIMALS ? *at + DECIMALS : size;
    size_t begin = *at;
    int rc = take_digits (text, end, at, negative, value);
    for (size_t count = *at - begin; rc == 0 && count < DECIMALS; count++)
        rc = __builtin_mul_overflow (*value, INT64_C (10), value) ? -ERR_RANGE : 0;
    for (; rc == 0 && *at < size && text[*at] >= '0' && text[*at] <= '9'; ++*at)
        *rest = *rest || text[*at] != '0';
    return rc;
}

static bool digit_at (const char *text, size_t size, size_t at)
{
    return at < size && text[at] >= '0' && text[at] <= '9';
}

/*  -?[0-9]+(\.[0-9]+)? and nothing else */
static bool well_formed (const char *text, size_t size)
{
    size_t at = size > 0 && text[0] == '-' ? 1 : 0;
    size_t begin = at;
    while (digit_at (text, size, at))
        at++;
    if (at == begin)
        return false;
    if (at < size && text[at] == '.') {
        if (!digit_at (text, size, ++at))
            return false;
        while (digit_at (text, size, at))
            at++;
    }
    return at == size;
}

static int parse (const char *text, size_t size, bool cut, int64_t *value_e9_p)
{
    assert ((text || size == 0) && value_e9_p);
    if (!well_formed (text, size))
        return -ERR_SYNTAX;
    bool negative = text[0] == '-', rest = false;
    size_t at = negative ? 1 : 0;
    int64_t value = 0;
    int rc = take_digits (text, size, &at, negative, &value);
    if (rc != 0)
        return rc;
    at++; /*  the point, or one past the end */
    size_t point = at < size ? at : size;
    rc = take_fraction (text, size, &point, negative, &value, &rest);
    if (rc != 0)
        return rc;
    if (rest && !cut)
        return -ERR_RANGE;
    *value_e9_p = value;
    return 0;
}

int fixed_parse (const char *text, size_t size, int64_t *value_e9_p)
{
    return parse (text, size, false, value_e9_p);
}

int fixed_parse_rounded (const char *text, size_t size, int64_t *value_e9_p)
{
    return parse (text, size, true, value_e9_p);
}

size_t fixed_format (int64_t value_e9, char text[FIXED_TEXT_MAX])
{
    assert (text);
    uint64_t size = value_e9 < 0 ? 0 - (uint64_t) value_e9 : (uint64_t) value_e9;
    uint64_t whole = size / (uint64_t) FIXED_ONE, fraction = size % (uint64_t) FIXED_ONE;
    const char *sign = value_e9 < 0 ? "-" : "";
    if (fraction == 0)
        return (size_t) snprintf (text, FIXED_TEXT_MAX, "%s%" PRIu64, sign, whole);
    size_t length =
        (size_t) snprintf (text, FIXED_TEXT_MAX, "%s%" PRIu64 ".%09" PRIu64, sign, whole, fraction);
    while (text[length - 1] == '0')
        text[--length] = 0;
    return length;
}
