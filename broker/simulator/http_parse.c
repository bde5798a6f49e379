/*  http_parse.c: HTTP/1.1 requests from bytes; strict where leniency would let two parsers disagree. */
#include "broker/simulator/http.h"
#include "messages/error.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *text;
    http_method_t method;
} METHODS[] = {{"GET", HTTP_GET}, {"POST", HTTP_POST}, {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE},
    {"PUT", HTTP_PUT}, {"HEAD", HTTP_HEAD}};

http_method_t http_method_parse (const char *text, size_t size)
{
    assert (text || size == 0);
    for (size_t i = 0; i < sizeof (METHODS) / sizeof (METHODS[0]); i++) {
        if (strlen (METHODS[i].text) == size && memcmp (METHODS[i].text, text, size) == 0)
            return METHODS[i].method;
    }
    return HTTP_OTHER;
}

static bool is_name (const char *name, size_t size, const char *wanted)
{
    return strlen (wanted) == size && strncasecmp (name, wanted, size) == 0;
}

static int value_copy (char *to, size_t capacity, const char *value, size_t size)
{
    if (size >= capacity)
        return -ERR_RANGE;
    if (memchr (value, 0, size))
        return -ERR_SYNTAX;
    memcpy (to, value, size);
    to[size] = 0;
    return 0;
}

static int content_length (http_request_t *self, const char *value, size_t size)
{
    if (size == 0 || size > 12)
        return -ERR_SYNTAX;
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9')
            return -ERR_SYNTAX;
        length = length * 10 + (size_t) (value[i] - '0');
    }
    self->content_length = length;
    return 0;
}

/*  Headers that say how the message is framed. */
static int framing_header (
    http_request_t *self, const char *name, size_t name_size, const char *value, size_t size)
{
    if (is_name (name, name_size, "content-length"))
        return content_length (self, value, size);
    if (is_name (name, name_size, "transfer-encoding")) {
        if (!is_name (value, size, "chunked"))
            return -ERR_SYNTAX;
        self->chunked = true;
    } else if (is_name (name, name_size, "connection")) {
        if (size >= 5 && strncasecmp (value, "close", 5) == 0)
            self->keep_alive = false;
    } else if (is_name (name, name_size, "expect"))
        self->expect_continue = is_name (value, size, "100-continue");
    else if (is_name (name, name_size, "upgrade"))
        self->upgrade = is_name (value, size, "websocket");
    return 0;
}

int http_request_header (
    http_request_t *self, const char *name, size_t name_size, const char *value, size_t value_size)
{
    assert (self && name && value);
    if (is_name (name, name_size, "apca-api-key-id"))
        return value_copy (self->key_id, sizeof (self->key_id), value, value_size);
    if (is_name (name, name_size, "apca-api-secret-key"))
        return value_copy (self->secret, sizeof (self->secret), value, value_size);
    if (is_name (name, name_size, "authorization"))
        return value_copy (self->authorization, sizeof (self->authorization), value, value_size);
    if (is_name (name, name_size, "sec-websocket-key"))
        return value_copy (self->websocket_key, sizeof (self->websocket_key), value, value_size);
    return framing_header (self, name, name_size, value, value_size);
}

/*  "GET /path HTTP/1.1" */
static int request_line (http_request_t *self, const char *line, size_t size)
{
    const char *space = memchr (line, ' ', size);
    if (!space)
        return -ERR_SYNTAX;
    self->method = http_method_parse (line, (size_t) (space - line));
    const char *target = space + 1;
    size_t rest = size - (size_t) (target - line);
    const char *end = memchr (target, ' ', rest);
    if (!end || rest - (size_t) (end - target) != 9 || memcmp (end + 1, "HTTP/1.", 7) != 0)
        return -ERR_SYNTAX;
    if (end[8] != '0' && end[8] != '1')
        return -ERR_SYNTAX;
    self->keep_alive = end[8] == '1';
    return http_request_target (self, target, (size_t) (end - target));
}

static int header_line (http_request_t *self, const char *line, size_t size)
{
    const char *colon = memchr (line, ':', size);
    if (!colon || colon == line || line[0] == ' ' || line[0] == '\t' || colon[-1] == ' ')
        return -ERR_SYNTAX;
    const char *value = colon + 1;
    const char *end = line + size;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return http_request_header (self, line, (size_t) (colon - line), value, (size_t) (end - value));
}

static int head_lines (http_request_t *self, const char *bytes, size_t size)
{
    bool first = true;
    while (size > 2) {
        const char *end = memmem (bytes, size, "\r\n", 2);
        assert (end);
        size_t line = (size_t) (end - bytes);
        if (memchr (bytes, '\n', line))
            return -ERR_SYNTAX;
        int rc = first ? request_line (self, bytes, line) : header_line (self, bytes, line);
        if (rc)
            return rc;
        first = false;
        bytes += line + 2;
        size -= line + 2;
    }
    /*  two framings in one message are how requests are smuggled */
    return first || (self->chunked && self->content_length) ? -ERR_SYNTAX : 0;
}

int64_t http_parse_head (const char *bytes, size_t size, http_request_t *request)
{
    assert (bytes && request);
    const char *end = memmem (bytes, size < HTTP_HEAD_MAX ? size : HTTP_HEAD_MAX, "\r\n\r\n", 4);
    if (!end)
        return size >= HTTP_HEAD_MAX ? -ERR_RANGE : 0;
    size_t head = (size_t) (end - bytes) + 4;
    int rc = head_lines (request, bytes, head);
    return rc ? rc : (int64_t) head;
}

static int hex_digit (char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*  "1a;ext\r\n" at the front: size of the line, 0 = not complete, -ERR_SYNTAX. */
static int64_t chunk_line (const char *bytes, size_t size, size_t *chunk_p)
{
    const char *end = memmem (bytes, size < 64 ? size : 64, "\r\n", 2);
    if (!end)
        return size >= 64 ? -ERR_SYNTAX : 0;
    size_t digits = 0;
    *chunk_p = 0;
    while (bytes + digits < end && hex_digit (bytes[digits]) >= 0 && digits < 8)
        *chunk_p = *chunk_p * 16 + (size_t) hex_digit (bytes[digits++]);
    if (digits == 0 || (bytes + digits < end && bytes[digits] != ';'))
        return -ERR_SYNTAX;
    return end - bytes + 2;
}

int64_t http_parse_chunked (const char *bytes, size_t size, size_t max, http_buffer_t *body)
{
    assert (bytes && body);
    http_buffer_clear (body);
    size_t at = 0;
    for (;;) {
        size_t chunk = 0;
        int64_t line = chunk_line (bytes + at, size - at, &chunk);
        if (line <= 0)
            return line;
        at += (size_t) line;
        if (http_buffer_size (body) + chunk > max)
            return -ERR_RANGE;
        if (size - at < chunk + 2)
            return 0;
        if (memcmp (bytes + at + chunk, "\r\n", 2) != 0)
            return -ERR_SYNTAX; /*  also: trailers, which nobody sends us */
        http_buffer_put (body, bytes + at, chunk);
        at += chunk + 2;
        if (chunk == 0)
            return (int64_t) at;
    }
}

void http_request_free (http_request_t *self)
{
    assert (self);
    http_buffer_free (&self->body);
}

void http_answer_free (http_answer_t *self)
{
    assert (self);
    if (self->source_free)
        self->source_free (self->context);
    self->source_free = NULL;
    http_buffer_free (&self->body);
}

size_t http_body_max (const http_request_t *request)
{
    assert (request);
    return strncmp (request->path, "/control", 8) == 0 ? HTTP_CONTROL_BODY_MAX : HTTP_BODY_MAX;
}
