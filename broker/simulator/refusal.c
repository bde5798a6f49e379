/*  refusal.c: how the broker says no, in one form; and the one way money is multiplied. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int refuse (engine_error_t *error, int http_status, int64_t code, const char *format, ...)
{
    assert (error && http_status >= 200);
    memset (error, 0, sizeof *error);
    error->http_status = http_status;
    error->code = code;
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (error->message, sizeof error->message, format, arguments);
    va_end (arguments);
    return -ERR_BROKER;
}

void refuse_extra (engine_error_t *error, const char *name, const char *value)
{
    assert (error && error->extras_count < sizeof error->extras / sizeof error->extras[0]);
    engine_extra_t *extra = &error->extras[error->extras_count++];
    snprintf (extra->name, sizeof extra->name, "%s", name);
    snprintf (extra->value, sizeof extra->value, "%s", value);
}

void refuse_extra_e9 (engine_error_t *error, const char *name, int64_t value_e9)
{
    char text[FIXED_TEXT_MAX];
    fixed_format (value_e9, text);
    refuse_extra (error, name, text);
}

int refuse_full (engine_error_t *error, const char *limit)
{
    return refuse (error, 500, 50010000, "the simulator is full: raise %s", limit);
}

int64_t amount_of (int64_t price_e9, int64_t qty_e9, rounding_t rounding)
{
    int64_t amount_e9;
    if (fixed_mul_div (price_e9, qty_e9, FIXED_ONE, rounding, &amount_e9) == 0)
        return amount_e9;
    return (price_e9 < 0) == (qty_e9 < 0) ? INT64_MAX / 4 : INT64_MIN / 4;
}
