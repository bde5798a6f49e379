/*  page.c: why it exists: every channel's text is built from words that somebody else chose. */
#include "actors/alert/page.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PIECE_MAX 256

void page_open (page_t *self, char *text, size_t size)
{
    assert (self && text && size > 0);
    *self = (page_t){.text = text, .size = size};
    text[0] = '\0';
}

/*  All of it or nothing: half a character or half an escape would be worse than a missing one. */
static void put_bytes (page_t *self, const char *bytes, size_t count)
{
    if (self->full || count >= self->size - self->used) {
        self->full = true;
        return;
    }
    memcpy (self->text + self->used, bytes, count);
    self->used += count;
    self->text[self->used] = '\0';
}

void page_put (page_t *self, const char *text)
{
    assert (self && text);
    put_bytes (self, text, strlen (text));
}

void page_print (page_t *self, const char *format, ...)
{
    char piece[PIECE_MAX];
    va_list args;
    assert (self && format);
    va_start (args, format);
    int size = vsnprintf (piece, sizeof piece, format, args);
    va_end (args);
    assert (size >= 0 && (size_t) size < sizeof piece); /*  only for numbers and words of our own */
    put_bytes (self, piece, (size_t) size);
}

/*  Bytes of the UTF-8 character that begins here; 0 = none does (also overlong forms, surrogates, above U+10FFFF). */
static size_t character_size (const unsigned char *text)
{
    static const struct {
        unsigned char first_least, first_most, second_least, second_most;
        size_t size;
    } forms[] = {{0x01, 0x7F, 0, 0, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t n = 0; n < sizeof forms / sizeof *forms; n++) {
        if (text[0] < forms[n].first_least || text[0] > forms[n].first_most)
            continue;
        if (forms[n].size > 1 && (text[1] < forms[n].second_least || text[1] > forms[n].second_most))
            return 0;
        for (size_t i = 2; i < forms[n].size; i++)
            if ((text[i] & 0xC0) != 0x80)
                return 0;
        return forms[n].size;
    }
    return 0;
}

static bool is_control (unsigned char byte)
{
    return byte < 0x20 || byte == 0x7F;
}

void page_clean (page_t *self, const char *text)
{
    assert (self && text);
    const unsigned char *at = (const unsigned char *) text;
    while (*at && !self->full) {
        size_t size = character_size (at);
        if (size == 0 || is_control (*at))
            put_bytes (self, size == 0 ? "?" : " ", 1);
        else
            put_bytes (self, (const char *) at, size);
        at += size ? size : 1;
    }
}

void page_json (page_t *self, const char *text)
{
    assert (self && text);
    const unsigned char *at = (const unsigned char *) text;
    page_put (self, "\"");
    while (*at && !self->full) {
        size_t size = character_size (at);
        if (*at == '"' || *at == '\\')
            page_print (self, "\\%c", *at);
        else if (size == 1 && is_control (*at))
            page_print (self, "\\u%04x", *at);
        else
            put_bytes (self, size ? (const char *) at : "?", size ? size : 1);
        at += size ? size : 1;
    }
    page_put (self, "\"");
}

void page_back (page_t *self, size_t used)
{
    assert (self && used <= self->used);
    self->used = used;
    self->text[used] = '\0';
    self->full = false;
}
