/*  fixed.h: money, prices and quantities as 64-bit integers scaled by 1e9 (names end in _e9).
 *
 *  No float touches an amount between the wire and the wire. Products and quotients go through 128 bits and
 *  say how they round; what does not fit in 64 bits is an error (-ERR_RANGE), never a wrapped number.
 *  Range: +-9,223,372,036.854775807.
 */
#ifndef FIXED_H
#define FIXED_H

#include <stddef.h>
#include <stdint.h>

#define FIXED_ONE INT64_C (1000000000)             /*  1.0 as _e9 */
#define FRACTION_ONE INT64_C (1000000000000000000) /*  1.0 as _e18: fractions between 0 and 1 */
#define FIXED_TEXT_MAX 24                          /*  longest text fixed_format writes, with its NUL */

typedef enum {
    ROUND_DOWN,     /*  toward zero: what we may buy, what a target may reach */
    ROUND_UP,       /*  away from zero: what must be paid or held back */
    ROUND_HALF_EVEN /*  averages that are only shown */
} rounding_t;

/*  *result_p = a * b / c with a 128-bit intermediate. -ERR_RANGE: c is 0 or the result does not fit. */
int fixed_mul_div (int64_t a, int64_t b, int64_t c, rounding_t rounding, int64_t *result_p);

/*  Sums that refuse to wrap. 0 or -ERR_RANGE (then *result_p is untouched). */
int fixed_add (int64_t a, int64_t b, int64_t *result_p);
int fixed_sub (int64_t a, int64_t b, int64_t *result_p);

/*  The largest multiple of step_e9 not beyond value_e9 (toward zero). step_e9 > 0. */
int64_t fixed_floor_to (int64_t value_e9, int64_t step_e9);

/*  Decimal text ("12", "-0.5", "1e3" is refused) to _e9, all of its `size` bytes. More than 9 decimals:
 *  digits beyond the ninth must be zero, else -ERR_RANGE; fixed_parse_rounded cuts them toward zero instead
 *  (the broker's averages carry more). Errors: -ERR_SYNTAX, -ERR_RANGE. */
int fixed_parse (const char *text, size_t size, int64_t *value_e9_p);
int fixed_parse_rounded (const char *text, size_t size, int64_t *value_e9_p);

/*  Shortest decimal text of value_e9 ("10.5", "3", "-0.000000001"); returns its length. */
size_t fixed_format (int64_t value_e9, char text[FIXED_TEXT_MAX]);

#endif
