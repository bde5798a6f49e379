/*  http_buffer.c: one growing byte buffer for input, output and answers. */
#include "broker/simulator/http_buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t http_buffer_size (const http_buffer_t *self)
{
    assert (self);
    return self->size - self->start;
}

const char *http_buffer_bytes (const http_buffer_t *self)
{
    assert (self);
    return self->bytes ? self->bytes + self->start : "";
}

char *http_buffer_room (http_buffer_t *self, size_t size)
{
    assert (self && size < HTTP_BUFFER_MAX);
    if (self->start > 0 && (self->start == self->size || self->start > self->capacity / 2)) {
        memmove (self->bytes, self->bytes + self->start, self->size - self->start);
        self->size -= self->start;
        self->start = 0;
    }
    if (self->size + size > self->capacity) {
        size_t capacity = self->capacity ? self->capacity : 256;
        while (capacity < self->size + size)
            capacity *= 2;
        assert (capacity <= HTTP_BUFFER_MAX);
        char *bytes = realloc (self->bytes, capacity);
        if (!bytes)
            abort ();
        self->bytes = bytes;
        self->capacity = capacity;
    }
    return self->bytes + self->size;
}

void http_buffer_grew (http_buffer_t *self, size_t size)
{
    assert (self && self->size + size <= self->capacity);
    self->size += size;
}

void http_buffer_put (http_buffer_t *self, const void *bytes, size_t size)
{
    assert (self && (bytes || size == 0));
    if (size == 0)
        return;
    memcpy (http_buffer_room (self, size), bytes, size);
    self->size += size;
}

void http_buffer_text (http_buffer_t *self, const char *text)
{
    assert (text);
    http_buffer_put (self, text, strlen (text));
}

void http_buffer_printf (http_buffer_t *self, const char *format, ...)
{
    assert (self && format);
    va_list list;
    va_start (list, format);
    va_list again;
    va_copy (again, list);
    char *room = http_buffer_room (self, 256);
    int size = vsnprintf (room, self->capacity - self->size, format, list);
    assert (size >= 0);
    if ((size_t) size >= self->capacity - self->size) {
        room = http_buffer_room (self, (size_t) size + 1);
        vsnprintf (room, (size_t) size + 1, format, again);
    }
    self->size += (size_t) size;
    va_end (again);
    va_end (list);
}

void http_buffer_take (http_buffer_t *self, size_t size)
{
    assert (self && size <= http_buffer_size (self));
    self->start += size;
    if (self->start == self->size)
        self->start = self->size = 0;
}

void http_buffer_clear (http_buffer_t *self)
{
    assert (self);
    self->start = self->size = 0;
}

void http_buffer_free (http_buffer_t *self)
{
    assert (self);
    free (self->bytes);
    memset (self, 0, sizeof (*self));
}

void http_buffer_json (http_buffer_t *self, const char *text)
{
    assert (self);
    if (!text) {
        http_buffer_put (self, "null", 4);
        return;
    }
    http_buffer_put (self, "\"", 1);
    const char *from = text;
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char) *at;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        http_buffer_put (self, from, (size_t) (at - from));
        from = at + 1;
        if (c == '"' || c == '\\')
            http_buffer_printf (self, "\\%c", c);
        else
            http_buffer_printf (self, "\\u%04x", c);
    }
    http_buffer_text (self, from);
    http_buffer_put (self, "\"", 1);
}
