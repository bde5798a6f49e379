/*  http_body.c: JSON bodies with bounds. jansson 2.14 has no raw-number mode, it makes doubles of real numbers; so
 *  numbers are put in quotes before it reads them, and amounts are parsed from their own text. */
#include "broker/simulator/http.h"

#include <assert.h>
#include <string.h>

#define EXPONENT_DIGITS_MAX 64

/*  End of the string that begins at bytes[at] = '"' (behind the closing quote, or size). */
static size_t string_end (const char *bytes, size_t size, size_t at)
{
    for (at++; at < size; at++) {
        if (bytes[at] == '\\')
            at++;
        else if (bytes[at] == '"')
            return at + 1;
    }
    return size;
}

static size_t digits_end (const char *bytes, size_t size, size_t at)
{
    while (at < size && bytes[at] >= '0' && bytes[at] <= '9')
        at++;
    return at;
}

/*  End of the JSON number at bytes[at]; `at` itself when it is not one by JSON's grammar (jansson then refuses). */
static size_t number_end (const char *bytes, size_t size, size_t at)
{
    size_t end = at + (bytes[at] == '-');
    size_t whole = digits_end (bytes, size, end);
    if (whole == end || (bytes[end] == '0' && whole > end + 1))
        return at;
    end = whole;
    if (end < size && bytes[end] == '.') {
        size_t fraction = digits_end (bytes, size, end + 1);
        if (fraction == end + 1)
            return at;
        end = fraction;
    }
    if (end < size && (bytes[end] == 'e' || bytes[end] == 'E')) {
        size_t from = end + 1;
        if (from < size && (bytes[from] == '+' || bytes[from] == '-'))
            from++;
        size_t exponent = digits_end (bytes, size, from);
        return exponent == from ? at : exponent;
    }
    return end;
}

/*  A member's name must be a string in the original: {1:2} must not become {"1":"2"}. */
static bool is_name (const char *bytes, size_t size, size_t at)
{
    while (at < size && strchr (" \t\r\n", bytes[at]) && bytes[at])
        at++;
    return at < size && bytes[at] == ':';
}

/*  "-12.5e-3": the digits without the point, and how many of them stand before it. */
static void put_shifted (const char *text, const char *mark, long exponent, http_buffer_t *out)
{
    char digits[EXPONENT_DIGITS_MAX];
    size_t count = 0;
    long point = -1;
    for (const char *at = text + (*text == '-'); at < mark; at++) {
        if (*at == '.')
            point = (long) count;
        else
            digits[count++] = *at;
    }
    point = (point < 0 ? (long) count : point) + exponent;
    if (*text == '-')
        http_buffer_put (out, "-", 1);
    if (point <= 0)
        http_buffer_put (out, "0.", 2);
    for (long i = point; i < 0; i++)
        http_buffer_put (out, "0", 1);
    for (long i = 0; i < (long) count || i < point; i++) {
        if (i == point && i > 0)
            http_buffer_put (out, ".", 1);
        http_buffer_put (out, i < (long) count ? digits + i : "0", 1);
    }
}

/*  Python writes 0.00001 as 1e-05; amounts want plain decimals. What is absurd stays as it is, to be refused. */
static void put_number (const char *text, size_t size, http_buffer_t *out)
{
    const char *mark = memchr (text, 'e', size);
    mark = mark ? mark : memchr (text, 'E', size);
    size_t rest = mark ? size - (size_t) (mark - text) : 0;
    if (!mark || mark - text >= EXPONENT_DIGITS_MAX || rest > 4) {
        http_buffer_put (out, text, size);
        return;
    }
    bool negative = mark[1] == '-';
    long exponent = 0;
    for (size_t i = 1; i < rest; i++) {
        if (mark[i] != '-' && mark[i] != '+')
            exponent = exponent * 10 + (mark[i] - '0');
    }
    put_shifted (text, mark, negative ? -exponent : exponent, out);
}

/*  One token at bytes[at]; returns its end. */
static size_t quote_token (const char *bytes, size_t size, size_t at, http_buffer_t *out)
{
    char c = bytes[at];
    size_t end = at + 1;
    if (c == '"')
        end = string_end (bytes, size, at);
    else if (c == '-' || (c >= '0' && c <= '9')) {
        end = number_end (bytes, size, at);
        if (end > at && !is_name (bytes, size, end)) {
            http_buffer_put (out, "\"", 1);
            put_number (bytes + at, end - at, out);
            http_buffer_put (out, "\"", 1);
            return end;
        }
        end = end > at ? end : at + 1;
    }
    http_buffer_put (out, bytes + at, end - at);
    return end;
}

void http_body_quote (const char *bytes, size_t size, http_buffer_t *out)
{
    assert ((bytes || size == 0) && out);
    for (size_t at = 0; at < size;)
        at = quote_token (bytes, size, at, out);
}

static bool deep (const char *bytes, size_t size)
{
    size_t depth = 0;
    for (size_t at = 0; at < size;) {
        char c = bytes[at];
        if (c == '"') {
            at = string_end (bytes, size, at);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > HTTP_JSON_DEPTH_MAX)
            return true;
        at++;
    }
    return false;
}

json_t *http_body_parse (const char *bytes, size_t size)
{
    assert (bytes || size == 0);
    if (deep (bytes, size))
        return NULL;
    http_buffer_t quoted = {0};
    http_body_quote (bytes, size, &quoted);
    json_t *json =
        json_loadb (http_buffer_bytes (&quoted), http_buffer_size (&quoted), JSON_REJECT_DUPLICATES, NULL);
    http_buffer_free (&quoted);
    return json;
}

const char *http_body_text (const json_t *object, const char *name)
{
    assert (object && name);
    return json_string_value (json_object_get (object, name));
}
