/*  channel_two_field.c: the header fields of answers. One that is not as RFC 9113, 8.2 and 8.3 have it makes of the answer
 *  none (8.1.1): what can be read in two ways is not read. White space around a value is let pass.
 */
#include "broker/alpaca/channel_two_parts.h"

#include <string.h>

#define BLOCK_MAX (256u << 10) /*  bytes of its fields: as much as over HTTP/1.1 */
#define FIELD_COST 32          /*  as RFC 9113, 6.5.2 counts */
#define STATUS_DIGITS 3

static bool field_is (const nghttp2_nv *field, const char *name)
{
    return reply_head_is ((const char *) field->name, field->namelen, name);
}

/*  Digits only; -1: others. */
static int64_t field_number (const nghttp2_nv *field)
{
    const char *value = (const char *) field->value;
    return memchr (value, '.', field->valuelen) ? -1 : reply_head_whole (value, field->valuelen, -1);
}

/*  It speaks of a connection of HTTP/1.1 (8.2.2). */
static bool field_is_ones (const nghttp2_nv *field)
{
    switch (field->namelen) {
    case 7: return field_is (field, "upgrade");
    case 10: return field_is (field, "connection") || field_is (field, "keep-alive");
    case 16: return field_is (field, "proxy-connection");
    case 17: return field_is (field, "transfer-encoding");
    default: return false;
    }
}

/*  :status is the only one with a colon, comes once and first, and not among trailers. */
static bool two_take_status (const channel_two_t *self, channel_call_t *call, const nghttp2_nv *field)
{
    int64_t status = field->valuelen == STATUS_DIGITS ? field_number (field) : -1;
    if (call->head_done || self->block_has_fields || call->head.status != 0 || status <= 0 ||
        !field_is (field, ":status"))
        return false;
    call->head.status = (int) status;
    return true;
}

static bool two_take_length (channel_stream_t *stream, const nghttp2_nv *field)
{
    int64_t length = field_number (field);
    if (length < 0 || (stream->length >= 0 && stream->length != length))
        return false;
    stream->length = length;
    return true;
}

static bool two_take_field (channel_two_t *self, channel_stream_t *stream, const nghttp2_nv *field)
{
    channel_call_t *call = stream->call;
    if (field->namelen > 0 && field->name[0] == ':')
        return two_take_status (self, call, field);
    self->block_has_fields = true;
    if (!nghttp2_check_header_name (field->name, field->namelen) ||
        !nghttp2_check_header_value (field->value, field->valuelen) || field_is_ones (field))
        return false;
    if (call->head_done)
        return true;
    if (field_is (field, "content-length"))
        return two_take_length (stream, field);
    reply_head_field (&call->head, (const char *) field->name, field->namelen, (const char *) field->value,
        field->valuelen);
    return true;
}

int two_field (channel_two_t *self, const nghttp2_nv *field)
{
    self->block_size += field->namelen + field->valuelen + FIELD_COST;
    if (self->block_size > BLOCK_MAX)
        return -ERR_FULL;
    channel_stream_t *stream = channel_streams_find (&self->streams, self->block);
    if (stream && !two_take_field (self, stream, field))
        self->block_malformed = true;
    return 0;
}
