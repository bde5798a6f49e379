/*  json_field.c: why it exists: the broker's JSON is loose (texts, numbers, null), amounts must not be. */
#include "broker/alpaca/json_field.h"

#include "messages/fixed.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*  Where the pre-pass stands. */
typedef struct {
    const char *in;
    size_t size;
    size_t at;
    char *out; /*  room for 2 * size + 2: the worst is "1,1,1" */
    size_t used;
    unsigned depth;
} quoter_t;

static bool is_number_start (char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

static bool is_number_part (char c)
{
    return is_number_start (c) || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/*  A string, both quotes included; an unfinished one is copied to its end and left for jansson to refuse. */
static void quoter_copy_string (quoter_t *self)
{
    size_t end = self->at + 1;
    while (end < self->size && self->in[end] != '"')
        end += self->in[end] == '\\' ? 2 : 1;
    end = end < self->size ? end + 1 : self->size;
    memcpy (self->out + self->used, self->in + self->at, end - self->at);
    self->used += end - self->at;
    self->at = end;
}

static void quoter_quote_number (quoter_t *self)
{
    self->out[self->used++] = '"';
    while (self->at < self->size && is_number_part (self->in[self->at]))
        self->out[self->used++] = self->in[self->at++];
    self->out[self->used++] = '"';
}

static int quoter_run (quoter_t *self)
{
    while (self->at < self->size) {
        char c = self->in[self->at];
        if (c == '"') {
            quoter_copy_string (self);
            continue;
        }
        if (is_number_start (c)) {
            quoter_quote_number (self);
            continue;
        }
        if ((c == '{' || c == '[') && ++self->depth > JSON_DEPTH_MAX)
            return -ERR_RANGE;
        if ((c == '}' || c == ']') && self->depth > 0)
            self->depth--;
        self->out[self->used++] = c;
        self->at++;
    }
    return 0;
}

/*  What jansson says may hold a piece of the body; only the place is told. */
static json_t *load_quoted (const quoter_t *quoter, json_type wanted, problem_t *problem)
{
    json_error_t error;
    json_t *document = json_loadb (quoter->out, quoter->used, 0, &error);
    if (!document) {
        (void) problem_set (problem, ERR_SYNTAX, "answer", "not JSON (line %d, column %d of %zu bytes)",
            error.line, error.column, quoter->size);
        return NULL;
    }
    if (json_typeof (document) != wanted) {
        (void) problem_set (
            problem, ERR_TYPE, "answer", "expected %s", wanted == JSON_ARRAY ? "an array" : "an object");
        json_decref (document);
        return NULL;
    }
    return document;
}

json_t *field_load (const char *bytes, size_t size, json_type wanted, problem_t *problem)
{
    assert (bytes || size == 0);
    if (size == 0 || size > JSON_BYTES_MAX) {
        (void) problem_set (
            problem, ERR_RANGE, "answer", "%zu bytes, 1 to %u are read", size, JSON_BYTES_MAX);
        return NULL;
    }
    quoter_t quoter = {.in = bytes, .size = size, .out = malloc (2 * size + 2)};
    if (!quoter.out) {
        (void) problem_set (problem, ERR_MEMORY, "answer", "no room for %zu bytes", size);
        return NULL;
    }
    json_t *document = NULL;
    if (quoter_run (&quoter) == 0)
        document = load_quoted (&quoter, wanted, problem);
    else
        (void) problem_set (problem, ERR_RANGE, "answer", "nested deeper than %d", JSON_DEPTH_MAX);
    free (quoter.out);
    return document;
}

const char *field_text (const json_t *object, const char *name)
{
    const char *text = json_string_value (json_object_get (object, name));
    return text && *text ? text : NULL;
}

/*  Present, but neither text nor number (those are texts by now) nor null. */
static bool field_is_odd (const json_t *object, const char *name)
{
    const json_t *value = json_object_get (object, name);
    return value && !json_is_string (value) && !json_is_null (value);
}

int field_copy (const json_t *object, const char *name, char *text, size_t size, problem_t *problem)
{
    assert (text && size > 0);
    text[0] = 0;
    if (field_is_odd (object, name))
        return problem_set (problem, ERR_TYPE, name, "expected a text");
    const char *value = field_text (object, name);
    size_t length = value ? strlen (value) : 0;
    if (length >= size)
        return problem_set (
            problem, ERR_RANGE, name, "%zu characters, at most %zu are kept", length, size - 1);
    if (value)
        memcpy (text, value, length + 1);
    return 0;
}

int field_need_copy (const json_t *object, const char *name, char *text, size_t size, problem_t *problem)
{
    int result = field_copy (object, name, text, size, problem);
    if (result == 0 && !text[0])
        return problem_set (problem, ERR_MISSING, name, "absent or empty");
    return result;
}

int field_amount (const json_t *object, const char *name, int64_t *value_e9_p, problem_t *problem)
{
    assert (value_e9_p);
    *value_e9_p = 0;
    if (field_is_odd (object, name))
        return problem_set (problem, ERR_TYPE, name, "expected an amount");
    const char *text = field_text (object, name);
    if (!text)
        return 0;
    /*  averages carry more than 9 decimals; the rest is cut toward zero */
    int result = fixed_parse_rounded (text, strlen (text), value_e9_p);
    return result == 0 ? 0 : problem_set (problem, -result, name, "not an amount");
}

int field_need_amount (const json_t *object, const char *name, int64_t *value_e9_p, problem_t *problem)
{
    int result = field_amount (object, name, value_e9_p, problem);
    if (result == 0 && !field_text (object, name))
        return problem_set (problem, ERR_MISSING, name, "absent or empty");
    return result;
}

int field_time (const json_t *object, const char *name, int64_t *at_ns_p, problem_t *problem)
{
    assert (at_ns_p);
    *at_ns_p = 0;
    if (field_is_odd (object, name))
        return problem_set (problem, ERR_TYPE, name, "expected a time");
    const char *text = field_text (object, name);
    if (!text)
        return 0;
    int result = time_parse (text, at_ns_p);
    return result == 0 ? 0 : problem_set (problem, -result, name, "not an RFC 3339 time");
}

int64_t field_whole (const json_t *object, const char *name)
{
    const char *text = field_text (object, name);
    if (!text)
        return 0;
    char *end = NULL;
    errno = 0;
    long long value = strtoll (text, &end, 10);
    return errno == 0 && *end == 0 ? value : 0;
}

bool field_bool (const json_t *object, const char *name)
{
    return json_is_true (json_object_get (object, name));
}

void field_say (const json_t *object, const char *name, char *text, size_t size)
{
    assert (text && size > 0);
    const char *value = field_text (object, name);
    size_t used = 0;
    for (; value && *value && used + 1 < size; value++)
        text[used++] = *value;
    text[used] = 0;
    /*  a cut may have split a UTF-8 character: drop its begun rest */
    if (value && *value)
        while (
            used > 0 && ((unsigned char) value[0] & 0xC0) == 0x80 && (unsigned char) text[used - 1] >= 0x80) {
            bool lead = ((unsigned char) text[used - 1] & 0xC0) == 0xC0;
            text[--used] = 0;
            if (lead)
                break;
        }
    for (char *at = text; *at; at++)
        if ((unsigned char) *at < ' ' || *at == 0x7f)
            *at = ' ';
}

int field_side (const json_t *object, side_t *side_p, problem_t *problem)
{
    assert (side_p);
    const char *text = field_text (object, "side");
    if (!text)
        return problem_set (problem, ERR_MISSING, "side", "absent or empty");
    if (side_parse (text, side_p) == 0)
        return 0;
    if (strcmp (text, "sell_short") == 0) {
        *side_p = SIDE_SELL;
        return 0;
    }
    return problem_set (problem, ERR_SYNTAX, "side", "neither buy nor sell");
}
