/*  channel_frame.c: see channel_frame.h. */
#include "broker/alpaca/channel_frame.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define STREAM_MASK 0x7fffffffu
#define PRIORITY_SIZE 5

uint32_t channel_frame_get_32 (const uint8_t *at)
{
    return (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3];
}

static uint8_t *put_32 (uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t) (value >> 24);
    at[1] = (uint8_t) (value >> 16);
    at[2] = (uint8_t) (value >> 8);
    at[3] = (uint8_t) value;
    return at + 4;
}

uint8_t *channel_frame_put_head (
    uint8_t *at, size_t size, channel_frame_type_t type, unsigned flags, uint32_t stream)
{
    assert (at && size <= FRAME_PAYLOAD_MAX && stream <= STREAM_MASK);
    at[0] = (uint8_t) (size >> 16);
    at[1] = (uint8_t) (size >> 8);
    at[2] = (uint8_t) size;
    at[3] = (uint8_t) type;
    at[4] = (uint8_t) flags;
    return put_32 (at + 5, stream);
}

uint8_t *channel_frame_put_setting (uint8_t *at, settings_id_t id, uint32_t value)
{
    at[0] = 0;
    at[1] = (uint8_t) id;
    return put_32 (at + 2, value);
}

uint8_t *channel_frame_put_number (uint8_t *at, channel_frame_type_t type, uint32_t stream, uint32_t number)
{
    return put_32 (channel_frame_put_head (at, 4, type, 0, stream), number);
}

uint8_t *channel_frame_put_ping (uint8_t *at, unsigned flags, const uint8_t opaque[8])
{
    at = channel_frame_put_head (at, 8, FRAME_PING, flags, 0);
    memcpy (at, opaque, 8);
    return at + 8;
}

uint8_t *channel_frame_put_goaway (uint8_t *at, channel_frame_error_t error)
{
    at = channel_frame_put_head (at, 8, FRAME_GOAWAY, 0, 0);
    return put_32 (put_32 (at, 0), (uint32_t) error); /*  no stream of the peer's was begun */
}

void channel_frame_read_head (channel_frame_t *self, const uint8_t *at)
{
    assert (self && at);
    *self = (channel_frame_t){.size = (uint32_t) at[0] << 16 | (uint32_t) at[1] << 8 | at[2],
        .type = at[3],
        .flags = at[4],
        .stream = channel_frame_get_32 (at + 5) & STREAM_MASK};
}

channel_frame_error_t channel_frame_strip (channel_frame_t *self)
{
    assert (self && self->payload);
    bool padded = (self->flags & FRAME_PADDED) != 0;
    uint32_t front = padded ? 1 : 0;
    if (self->type == FRAME_HEADERS && (self->flags & FRAME_HAS_PRIORITY))
        front += PRIORITY_SIZE;
    if (front > self->size)
        return FRAME_SIZE_ERROR;
    uint32_t back = padded ? self->payload[0] : 0;
    if (front + back > self->size)
        return FRAME_PROTOCOL_ERROR;
    self->payload += front;
    self->size -= front + back;
    return FRAME_NO_ERROR;
}
