/*  scan.c: counts entries and depth of untrusted msgpack, without recursion or allocation. */
#include "messages/scan.h"

#include <assert.h>
#include <stdbool.h>

typedef struct {
    const uint8_t *bytes;
    size_t size;
    size_t at;
} cursor_t;

/*  What a first byte announces: how wide its length is, what follows. */
typedef struct {
    size_t body;    /*  bytes that follow */
    size_t entries; /*  values that follow (a map's pair is two) */
    bool container;
    bool valid;
} head_t;

static bool take_length (cursor_t *cursor, size_t width, size_t *length_p)
{
    if (width > cursor->size - cursor->at)
        return false;
    size_t length = 0;
    for (size_t i = 0; i < width; i++)
        length = length << 8 | cursor->bytes[cursor->at++];
    *length_p = length;
    return true;
}

/*  0xC0 … 0xDF: https://github.com/msgpack/msgpack/blob/master/spec.md */
static head_t take_wide (cursor_t *cursor, uint8_t first)
{
    static const uint8_t length_width[32] = {
        [0x04] = 1,
        [0x05] = 2,
        [0x06] = 4, /*  bin */
        [0x07] = 1,
        [0x08] = 2,
        [0x09] = 4, /*  ext */
        [0x19] = 1,
        [0x1A] = 2,
        [0x1B] = 4, /*  str */
        [0x1C] = 2,
        [0x1D] = 4,
        [0x1E] = 2,
        [0x1F] = 4, /*  array, map */
    };
    static const uint8_t fixed_body[32] = {
        [0x0A] = 4,
        [0x0B] = 8, /*  float */
        [0x0C] = 1,
        [0x0D] = 2,
        [0x0E] = 4,
        [0x0F] = 8, /*  uint */
        [0x10] = 1,
        [0x11] = 2,
        [0x12] = 4,
        [0x13] = 8, /*  int */
        [0x14] = 2,
        [0x15] = 3,
        [0x16] = 5,
        [0x17] = 9,
        [0x18] = 17, /*  fixext with its type */
    };
    unsigned code = first & 0x1F;
    head_t head = {.body = fixed_body[code], .valid = first != 0xC1};
    size_t length = 0;
    if (!take_length (cursor, length_width[code], &length))
        return (head_t){.valid = false};
    if (code >= 0x1C) {
        head.container = true;
        head.entries = code >= 0x1E ? 2 * length : length;
    } else {
        head.body += length;
        if (code >= 0x07 && code <= 0x09)
            head.body++; /*  the ext's type */
    }
    return head;
}

static head_t take_head (cursor_t *cursor)
{
    uint8_t first = cursor->bytes[cursor->at++];
    if (first < 0x80 || first >= 0xE0)
        return (head_t){.valid = true};
    if (first < 0x90)
        return (head_t){.entries = 2 * (size_t) (first & 0x0F), .container = true, .valid = true};
    if (first < 0xA0)
        return (head_t){.entries = first & 0x0F, .container = true, .valid = true};
    if (first < 0xC0)
        return (head_t){.body = first & 0x1F, .valid = true};
    return take_wide (cursor, first);
}

const char *scan_fault (const uint8_t *bytes, size_t size)
{
    assert (bytes || size == 0);
    cursor_t cursor = {bytes, size, 0};
    size_t open[SCAN_DEPTH_MAX + 1] = {1}; /*  values still to come, by depth; [0] is the message itself */
    size_t depth = 0;
    while (open[0] > 0 || depth > 0) {
        if (open[depth] == 0) {
            depth--;
            continue;
        }
        if (cursor.at >= size)
            return "ends too early";
        open[depth]--;
        head_t head = take_head (&cursor);
        if (!head.valid)
            return "is not msgpack";
        if (head.body > size - cursor.at || head.entries > size - cursor.at)
            return "ends too early";
        cursor.at += head.body;
        if (head.container && depth == SCAN_DEPTH_MAX)
            return "is nested too deep";
        if (head.container)
            open[++depth] = head.entries;
    }
    return cursor.at == size ? NULL : "has bytes after its end";
}
