/*  error.c: text and hint of every error, from the one list in error.h. */
#include "messages/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *text;
    const char *hint;
} errors[ERR_LAST] = {
#define _(name, code, text, hint) [code] = {text, hint},
    ERROR_LIST (_)
#undef _
};

/*  errors[] has no gap, and place 0 is unused */
static int known (int error)
{
    if (error > -ERR_LAST && error < 0)
        return -error;
    return error > 0 && error < ERR_LAST ? error : 0;
}

const char *error_text (int error)
{
    int code = known (error);
    return code ? errors[code].text : "unknown error";
}

const char *error_hint (int error)
{
    int code = known (error);
    return code ? errors[code].hint : "";
}

int problem_set (problem_t *problem, int code, const char *where, const char *format, ...)
{
    assert (code > 0 && format);
    if (!problem)
        return -code;
    problem->code = code;
    snprintf (problem->where, sizeof problem->where, "%s", where ? where : "");
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (problem->detail, sizeof problem->detail, format, arguments);
    va_end (arguments);
    return -code;
}

const char *problem_line (const problem_t *problem, char *text, size_t size)
{
    assert (problem && text && size > 0);
    const char *detail = problem->detail[0] ? problem->detail : error_text (problem->code);
    const char *hint = error_hint (problem->code);
    const char *colon = problem->where[0] ? ": " : "";
    if (hint[0])
        snprintf (text, size, "%s%s%s (%s)", problem->where, colon, detail, hint);
    else
        snprintf (text, size, "%s%s%s", problem->where, colon, detail);
    return text;
}
