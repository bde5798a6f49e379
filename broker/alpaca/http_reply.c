/*  http_reply.c: why it exists: an answer cut anywhere must mean the same as in one piece.
 *
 *  | state      | comes                      | then                                                         |
 *  |------------|----------------------------|--------------------------------------------------------------|
 *  | STATUS     | HTTP/1.x NNN               | HEADER                                                       |
 *  | HEADER     | name: value                | HEADER                                                       |
 *  | HEADER     | an empty line              | STATUS after 1xx; DONE, BODY, CHUNK_SIZE or UNTIL_END        |
 *  | CHUNK_SIZE | a size                     | CHUNK; TRAILER after 0                                       |
 *  | CHUNK      | its last byte              | CHUNK_END, then CHUNK_SIZE                                   |
 *  | TRAILER    | an empty line              | DONE                                                         |
 *
 *  Two lengths that differ, a length that is no number, a transfer coding other than chunked: nobody knows where the
 *  answer ends, so it is none.
 */
#include "broker/alpaca/http_reply.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX 12

void http_reply_begin (http_reply_t *self)
{
    assert (self);
    self->state = HTTP_REPLY_STATUS;
    reply_head_clear (&self->head);
    self->keep_alive = true;
    self->chunked = self->has_length = self->line_cut = false;
    self->left = 0;
    self->head_size = self->line_size = 0;
}

static int on_status_line (http_reply_t *self)
{
    const char *line = self->line;
    if (self->line_size < 12 || memcmp (line, "HTTP/1.", 7) != 0 || line[8] != ' ')
        return -ERR_SYNTAX;
    int64_t status = reply_head_whole (line + 9, 3, -1);
    if (status < 100 || status > 999 || (self->line_size > 12 && line[12] != ' '))
        return -ERR_SYNTAX;
    self->head.status = (int) status;
    self->keep_alive = line[7] == '1';
    self->state = HTTP_REPLY_HEADER;
    return 0;
}

static int on_length (http_reply_t *self, const char *value, size_t size)
{
    if (size == 0 || size > LENGTH_DIGITS_MAX)
        return -ERR_SYNTAX;
    for (size_t i = 0; i < size; i++)
        if (value[i] < '0' || value[i] > '9')
            return -ERR_SYNTAX;
    uint64_t length = (uint64_t) reply_head_whole (value, size, 0);
    if (self->has_length && self->left != length)
        return -ERR_SYNTAX;
    self->has_length = true;
    self->left = length;
    return 0;
}

static int on_framing (
    http_reply_t *self, const char *name, size_t name_size, const char *value, size_t value_size)
{
    bool is_length = reply_head_is (name, name_size, "content-length");
    bool is_coding = reply_head_is (name, name_size, "transfer-encoding");
    if ((is_length || is_coding) && self->line_cut)
        return -ERR_SYNTAX;
    if (is_length)
        return on_length (self, value, value_size);
    if (is_coding) {
        if (!reply_head_is (value, value_size, "chunked"))
            return -ERR_SYNTAX;
        self->chunked = true;
    } else if (reply_head_is (name, name_size, "connection")) {
        if (self->line_cut || reply_head_is (value, value_size, "close"))
            self->keep_alive = false;
        else if (reply_head_is (value, value_size, "keep-alive"))
            self->keep_alive = true;
    }
    return 0;
}

static int on_header_line (http_reply_t *self)
{
    const char *line = self->line;
    if (line[0] == ' ' || line[0] == '\t') /*  the rest of the header before: none of ours is so long */
        return 0;
    const char *colon = memchr (line, ':', self->line_size);
    if (!colon || colon == line)
        return self->line_cut ? 0 : -ERR_SYNTAX;
    const char *value = colon + 1;
    const char *end = line + self->line_size;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    int rc = on_framing (self, line, (size_t) (colon - line), value, (size_t) (end - value));
    if (rc == 0 && !self->line_cut)
        reply_head_field (&self->head, line, (size_t) (colon - line), value, (size_t) (end - value));
    return rc;
}

static int on_head_end (http_reply_t *self)
{
    int status = self->head.status;
    if (status == 101)
        return -ERR_SYNTAX; /*  nobody asked for another protocol */
    if (status < 200) {
        size_t head_size = self->head_size;
        http_reply_begin (self);
        self->head_size = head_size;
        return 0;
    }
    if (status == 204 || status == 304) {
        self->left = 0;
        self->state = HTTP_REPLY_DONE;
    } else if (self->chunked) {
        if (self->has_length)
            self->keep_alive = false; /*  somebody between us may have read it the other way */
        self->state = HTTP_REPLY_CHUNK_SIZE;
    } else if (self->has_length) {
        self->state = self->left > 0 ? HTTP_REPLY_BODY : HTTP_REPLY_DONE;
    } else {
        self->keep_alive = false;
        self->state = HTTP_REPLY_UNTIL_END;
    }
    return 0;
}

static int on_chunk_size (http_reply_t *self)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t size = 0;
    size_t i = 0;
    for (; i < self->line_size && i < 8; i++) {
        int lower = self->line[i] >= 'A' && self->line[i] <= 'F' ? self->line[i] + 32 : self->line[i];
        const char *digit = lower ? strchr (digits, lower) : NULL;
        if (!digit)
            break;
        size = size * 16 + (uint64_t) (digit - digits);
    }
    if (i == 0 || (i < self->line_size && self->line[i] != ';' && self->line[i] != ' '))
        return -ERR_SYNTAX;
    self->left = size;
    self->state = size > 0 ? HTTP_REPLY_CHUNK : HTTP_REPLY_TRAILER;
    return 0;
}

static int on_line (http_reply_t *self)
{
    switch (self->state) {
    case HTTP_REPLY_STATUS: return on_status_line (self);
    case HTTP_REPLY_HEADER: return self->line_size == 0 ? on_head_end (self) : on_header_line (self);
    case HTTP_REPLY_CHUNK_SIZE: return on_chunk_size (self);
    case HTTP_REPLY_CHUNK_END:
        self->state = HTTP_REPLY_CHUNK_SIZE;
        return self->line_size == 0 ? 0 : -ERR_SYNTAX;
    case HTTP_REPLY_TRAILER:
        if (self->line_size == 0)
            self->state = HTTP_REPLY_DONE;
        return 0;
    default: return -ERR_SYNTAX;
    }
}

/*  Up to and with a line's end. */
static int take_line (http_reply_t *self, const char *bytes, size_t size, size_t *used_p)
{
    const char *end = memchr (bytes, '\n', size);
    size_t taken = end ? (size_t) (end - bytes) : size;
    size_t room = sizeof self->line - self->line_size;
    size_t kept = taken < room ? taken : room;
    *used_p = end ? taken + 1 : taken;
    self->head_size += *used_p;
    if (self->head_size > HTTP_REPLY_HEAD_MAX)
        return -ERR_FULL;
    memcpy (self->line + self->line_size, bytes, kept);
    self->line_size += kept;
    if (kept < taken)
        self->line_cut = true;
    if (!end)
        return 0;
    if (!self->line_cut && self->line_size > 0 && self->line[self->line_size - 1] == '\r')
        self->line_size--;
    int rc = on_line (self);
    self->line_size = 0;
    self->line_cut = false;
    return rc;
}

static int take_body (http_reply_t *self, const char *bytes, size_t size, size_t *used_p,
    http_reply_body_fn *on_body, void *context)
{
    size_t taken = size;
    if (self->state != HTTP_REPLY_UNTIL_END) {
        if (taken > self->left)
            taken = (size_t) self->left;
        self->left -= taken;
        if (self->left == 0)
            self->state = self->state == HTTP_REPLY_CHUNK ? HTTP_REPLY_CHUNK_END : HTTP_REPLY_DONE;
    }
    *used_p = taken;
    return on_body (context, bytes, taken);
}

int http_reply_input (http_reply_t *self, const char *bytes, size_t size, size_t *used_p,
    http_reply_body_fn *on_body, void *context)
{
    assert (self && bytes && used_p && on_body);
    int rc = 0;
    *used_p = 0;
    while (rc == 0 && *used_p < size && self->state != HTTP_REPLY_DONE) {
        size_t used = 0;
        const char *at = bytes + *used_p;
        size_t left = size - *used_p;
        if (self->state == HTTP_REPLY_BODY || self->state == HTTP_REPLY_CHUNK ||
            self->state == HTTP_REPLY_UNTIL_END)
            rc = take_body (self, at, left, &used, on_body, context);
        else
            rc = take_line (self, at, left, &used);
        *used_p += used;
    }
    return rc;
}

bool http_reply_end (http_reply_t *self)
{
    assert (self);
    if (self->state == HTTP_REPLY_UNTIL_END)
        self->state = HTTP_REPLY_DONE;
    return self->state == HTTP_REPLY_DONE;
}
