/*  json_scan.c: see json_scan.h. */
#include "broker/alpaca/json_scan.h"

#include "messages/fixed.h"
#include "messages/trading.h"

#include <assert.h>
#include <string.h>

#define TIME_MAX 64

static void skip_space (scan_t *self)
{
    while (self->at < self->end &&
           (*self->at == ' ' || *self->at == '\n' || *self->at == '\r' || *self->at == '\t'))
        self->at++;
}

bool scan_take (scan_t *self, char c)
{
    assert (self);
    skip_space (self);
    if (self->at == self->end || *self->at != c)
        return false;
    self->at++;
    return true;
}

static bool take_word (scan_t *self, const char *word)
{
    size_t size = strlen (word);
    if ((size_t) (self->end - self->at) < size || memcmp (self->at, word, size) != 0)
        return false;
    self->at += size;
    return true;
}

/*  After the opening quote; printable ASCII without escapes. */
static bool take_text (scan_t *self, scan_value_t *value)
{
    value->kind = VALUE_TEXT;
    value->text = self->at;
    while (
        self->at < self->end && *self->at >= ' ' && *self->at <= '~' && *self->at != '"' && *self->at != '\\')
        self->at++;
    value->size = (size_t) (self->at - value->text);
    return take_word (self, "\"");
}

static bool is_digit (char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number_part (char c)
{
    return is_digit (c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/*  Its characters are what counts: whether they are a number is asked where one is needed. */
static void take_number (scan_t *self, scan_value_t *value)
{
    value->kind = VALUE_TEXT;
    value->text = self->at;
    while (self->at < self->end && is_number_part (*self->at))
        self->at++;
    value->size = (size_t) (self->at - value->text);
}

bool scan_value (scan_t *self, scan_value_t *value)
{
    assert (self && value);
    skip_space (self);
    if (self->at == self->end)
        return false;
    *value = (scan_value_t){.kind = VALUE_ABSENT};
    switch (*self->at) {
    case '"': self->at++; return take_text (self, value);
    case 'n': return take_word (self, "null");
    case 't': value->kind = VALUE_TRUE; return take_word (self, "true");
    case 'f': value->kind = VALUE_FALSE; return take_word (self, "false");
    case '[':
        value->kind = VALUE_LIST;
        self->at++;
        return scan_take (self, ']');
    case '{':
        value->kind = VALUE_LIST;
        self->at++;
        return scan_take (self, '}');
    default:
        if (*self->at != '-' && !is_digit (*self->at))
            return false;
        take_number (self, value);
        return true;
    }
}

bool scan_name (scan_t *self, scan_value_t *name)
{
    assert (self && name);
    return scan_take (self, '"') && take_text (self, name) && scan_take (self, ':');
}

bool scan_end (scan_t *self)
{
    assert (self);
    skip_space (self);
    return self->at == self->end;
}

bool scan_is (const scan_value_t *value, const char *text)
{
    assert (value && text);
    size_t size = strlen (text);
    return value->kind == VALUE_TEXT && value->size == size && memcmp (value->text, text, size) == 0;
}

bool scan_copy (const scan_value_t *value, char *text, size_t room)
{
    assert (value && text && room > 0);
    text[0] = 0;
    if (value->kind == VALUE_ABSENT)
        return true;
    if (value->kind != VALUE_TEXT || value->size >= room)
        return false;
    memcpy (text, value->text, value->size);
    text[value->size] = 0;
    return true;
}

bool scan_amount (const scan_value_t *value, int64_t *value_e9)
{
    assert (value && value_e9);
    *value_e9 = 0;
    if (value->kind == VALUE_ABSENT || (value->kind == VALUE_TEXT && value->size == 0))
        return true;
    return value->kind == VALUE_TEXT && fixed_parse_rounded (value->text, value->size, value_e9) == 0;
}

bool scan_time (const scan_value_t *value, int64_t *at_ns)
{
    char text[TIME_MAX];
    assert (value && at_ns);
    *at_ns = 0;
    return scan_copy (value, text, sizeof text) && (!text[0] || time_parse (text, at_ns) == 0);
}
