/*  http_target.c: path and query of a request, percent-decoded. */
#include "broker/simulator/http.h"
#include "messages/error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int hex_digit (char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*  Decodes at most capacity - 1 bytes. -ERR_SYNTAX: a bad escape or %00; -ERR_RANGE: too long. */
static int decode (const char *bytes, size_t size, bool plus_is_space, char *text, size_t capacity)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];
        if (c == '%') {
            int high = i + 2 < size ? hex_digit (bytes[i + 1]) : -1;
            int low = high >= 0 ? hex_digit (bytes[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return -ERR_SYNTAX;
            c = (char) (high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space)
            c = ' ';
        if (length + 1 >= capacity)
            return -ERR_RANGE;
        text[length++] = c;
    }
    text[length] = 0;
    return 0;
}

int http_request_target (http_request_t *self, const char *target, size_t size)
{
    assert (self && target);
    if (size == 0 || size >= sizeof (self->target))
        return size ? -ERR_RANGE : -ERR_SYNTAX;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char) target[i] <= 0x20 || target[i] == 0x7f)
            return -ERR_SYNTAX;
    }
    memcpy (self->target, target, size);
    self->target[size] = 0;
    char *mark = strchr (self->target, '?');
    self->query = mark ? mark + 1 : self->target + size;
    return decode (
        self->target, mark ? (size_t) (mark - self->target) : size, false, self->path, sizeof (self->path));
}

bool http_query (const char *query, const char *name, char text[HTTP_VALUE_MAX])
{
    assert (query && name && text);
    size_t name_size = strlen (name);
    while (*query) {
        size_t size = strcspn (query, "&");
        const char *equal = memchr (query, '=', size);
        size_t key = equal ? (size_t) (equal - query) : size;
        if (key == name_size && memcmp (query, name, key) == 0) {
            const char *value = equal ? equal + 1 : query + size;
            return decode (value, size - (size_t) (value - query), true, text, HTTP_VALUE_MAX) == 0;
        }
        query += size + (query[size] == '&');
    }
    return false;
}

const char *http_status_text (int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {{200, "OK"}, {204, "No Content"}, {207, "Multi-Status"}, {400, "Bad Request"},
        {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
        {413, "Payload Too Large"}, {414, "URI Too Long"}, {422, "Unprocessable Entity"},
        {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
        {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"}};
    for (size_t i = 0; i < sizeof (texts) / sizeof (texts[0]); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "Other";
}
