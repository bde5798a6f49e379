/*  text.c: appends, or says that it is full. */
#include "actors/gateway/text.h"

#include "messages/trading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_begin (text_t *self, char *bytes, size_t size)
{
    assert (self && bytes && size > 0);
    *self = (text_t){.bytes = bytes, .size = size};
    bytes[0] = '\0';
}

void text_add (text_t *self, const char *format, ...)
{
    va_list arguments;
    assert (self && format);
    if (self->full)
        return;
    va_start (arguments, format);
    int length = vsnprintf (self->bytes + self->used, self->size - self->used, format, arguments);
    va_end (arguments);
    if (length < 0 || (size_t) length >= self->size - self->used) {
        self->full = true;
        self->bytes[self->used] = '\0';
        return;
    }
    self->used += (size_t) length;
}

void text_add_json (text_t *self, const char *value)
{
    assert (self && value);
    text_add (self, "\"");
    while (*value) {
        size_t plain = 0;
        while ((unsigned char) value[plain] >= ' ' && value[plain] != '"' && value[plain] != '\\' &&
               value[plain] != 0x7f)
            plain++;
        if (plain > 0)
            text_add (self, "%.*s", (int) plain, value);
        value += plain;
        if (*value == '"' || *value == '\\')
            text_add (self, "\\%c", *value++);
        else if (*value)
            text_add (self, "\\u%04x", (unsigned) (unsigned char) *value++);
    }
    text_add (self, "\"");
}

void text_add_label (text_t *self, const char *value)
{
    assert (self && value);
    text_add (self, "\"");
    for (; *value; value++)
        if (*value == '\n')
            text_add (self, "\\n");
        else if (*value == '"' || *value == '\\')
            text_add (self, "\\%c", *value);
        else
            text_add (self, "%c", *value);
    text_add (self, "\"");
}

static void add_micro (text_t *self, int64_t whole_ns, int64_t ns, int digits, int64_t least_ns)
{
    const char *sign = ns < 0 ? "-" : "";
    uint64_t size = ns < 0 ? -(uint64_t) ns : (uint64_t) ns;
    text_add (self, "%s%" PRIu64 ".%0*" PRIu64, sign, size / (uint64_t) whole_ns, digits,
        size % (uint64_t) whole_ns / (uint64_t) least_ns);
}

void text_add_seconds (text_t *self, int64_t ns)
{
    assert (self);
    add_micro (self, INT64_C (1000000000), ns, 6, 1000);
}

void text_add_ms (text_t *self, int64_t ns)
{
    assert (self);
    add_micro (self, INT64_C (1000000), ns, 3, 1000);
}

void text_add_time (text_t *self, int64_t at_ns)
{
    char at[TIME_TEXT_MAX];
    assert (self);
    if (at_ns <= 0) {
        text_add (self, "null");
        return;
    }
    time_format (at_ns, at);
    text_add (self, "\"%s\"", at);
}
