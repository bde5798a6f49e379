/*  channel_head.c: why it exists: of an order's ten header fields seven are always the same.
 *
 *  Strings are plain, not Huffman-coded: as many bytes more as a copy of them costs less.
 */
#include "broker/alpaca/channel_head.h"

#include <assert.h>
#include <string.h>

/*  Of the static table (RFC 7541, appendix A). */
#define SCHEME_HTTP 6
#define SCHEME_HTTPS 7
#define AUTHORITY 1
#define PATH 4
#define ACCEPT 19
#define CONTENT_LENGTH 28
#define CONTENT_TYPE 31
#define USER_AGENT 58

#define INDEXED 0x80       /*  name and value, 7 bits of number */
#define LITERAL 0x00       /*  without indexing, 4 bits of the name's number */
#define NEVER_INDEXED 0x10 /*  the same, and for nobody on the way */

/*  An integer with `bits` in the first byte (5.1). */
static uint8_t *put_number (uint8_t *at, uint8_t first, unsigned bits, size_t value)
{
    size_t most = (1u << bits) - 1;
    if (value < most) {
        *at++ = (uint8_t) (first | value);
        return at;
    }
    *at++ = (uint8_t) (first | most);
    for (value -= most; value >= 128; value /= 128)
        *at++ = (uint8_t) (value % 128 | 128);
    *at++ = (uint8_t) value;
    return at;
}

static uint8_t *put_text (uint8_t *at, const char *text, size_t size)
{
    at = put_number (at, 0, 7, size);
    memcpy (at, text, size);
    return at + size;
}

static uint8_t *put_field (uint8_t *at, size_t name, const char *value)
{
    return put_text (put_number (at, LITERAL, 4, name), value, strlen (value));
}

static uint8_t *put_sender (uint8_t *at)
{
    at = put_field (at, USER_AGENT, "trade-copier/1");
    return put_field (at, ACCEPT, "*/*");
}

void channel_head_make (channel_head_t *self, const channel_target_t *target)
{
    assert (self && target);
    _Static_assert(sizeof target->authority + sizeof target->path + 100 <= sizeof self->bytes, "it fits");
    uint8_t *at = self->bytes;
    at = put_number (at, INDEXED, 7, target->tls ? SCHEME_HTTPS : SCHEME_HTTP);
    at = put_field (at, AUTHORITY, target->authority);
    self->place_size = (size_t) (at - self->bytes);
    at = put_field (at, PATH, target->path);
    at = put_sender (at);
    at = put_field (at, CONTENT_TYPE, "application/json");
    self->size = (size_t) (at - self->bytes);
}

static uint8_t *put_length (uint8_t *at, size_t size)
{
    char digits[24];
    size_t begin = sizeof digits;
    do
        digits[--begin] = (char) ('0' + size % 10);
    while ((size /= 10) > 0);
    at = put_number (at, LITERAL, 4, CONTENT_LENGTH);
    return put_text (at, digits + begin, sizeof digits - begin);
}

#define PUT_SECRET(at, name, value)                                                                          \
    (*(at)++ = NEVER_INDEXED, (at) = put_text ((at), name, sizeof (name) - 1),                               \
        (at) = put_text ((at), (value), strlen (value)))

size_t channel_head_write (
    const channel_head_t *self, const channel_call_t *call, uint8_t to[CHANNEL_HEAD_MAX])
{
    assert (self && self->size > 0 && call && to);
    size_t shared = call->path ? self->place_size : self->size;
    uint8_t *at = to;
    memcpy (at, self->bytes, shared);
    at += shared;
    if (call->path)
        at = put_sender (put_field (at, PATH, call->path));
    PUT_SECRET (at, "apca-api-key-id", keys_id (call->keys));
    PUT_SECRET (at, "apca-api-secret-key", keys_secret (call->keys));
    if (!call->path)
        at = put_length (at, call->body_size);
    assert (at <= to + CHANNEL_HEAD_MAX);
    return (size_t) (at - to);
}
