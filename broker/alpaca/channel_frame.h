/*  channel_frame.h: HTTP/2 frames (RFC 9113, sections 4 and 6) as bytes: heads, and those frames that a client sends beside
 *  its requests. Pure functions; the caller has made room.
 */
#ifndef BROKER_ALPACA_CHANNEL_FRAME_H
#define BROKER_ALPACA_CHANNEL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD 9
#define FRAME_PAYLOAD_MAX                                                                                    \
    16384 /*  of what is received, and what every peer takes: SETTINGS_MAX_FRAME_SIZE's least */
#define FRAME_CONTROL_MAX (FRAME_HEAD + 18) /*  of those that are made here */
#define FRAME_WINDOW_MOST 2147483647

typedef enum {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_PRIORITY = 2,
    FRAME_RST_STREAM = 3,
    FRAME_SETTINGS = 4,
    FRAME_PUSH_PROMISE = 5,
    FRAME_PING = 6,
    FRAME_GOAWAY = 7,
    FRAME_WINDOW_UPDATE = 8,
    FRAME_CONTINUATION = 9
} channel_frame_type_t;

#define FRAME_END_STREAM 0x1u
#define FRAME_ACK 0x1u
#define FRAME_END_HEADERS 0x4u
#define FRAME_PADDED 0x8u
#define FRAME_HAS_PRIORITY 0x20u

typedef enum {
    FRAME_NO_ERROR = 0x0,
    FRAME_PROTOCOL_ERROR = 0x1,
    FRAME_INTERNAL_ERROR = 0x2,
    FRAME_FLOW_CONTROL_ERROR = 0x3,
    FRAME_SIZE_ERROR = 0x6,
    FRAME_REFUSED_STREAM = 0x7,
    FRAME_CANCEL = 0x8,
    FRAME_COMPRESSION_ERROR = 0x9,
    FRAME_ENHANCE_YOUR_CALM = 0xb
} channel_frame_error_t;

typedef enum {
    SETTINGS_HEADER_TABLE_SIZE = 1,
    SETTINGS_ENABLE_PUSH = 2,
    SETTINGS_MAX_CONCURRENT_STREAMS = 3,
    SETTINGS_INITIAL_WINDOW_SIZE = 4,
    SETTINGS_MAX_FRAME_SIZE = 5,
    SETTINGS_MAX_HEADER_LIST_SIZE = 6
} settings_id_t;

/*  size: of the payload */
typedef struct {
    uint32_t size;
    uint8_t type; /*  channel_frame_type_t, or one to be passed over */
    uint8_t flags;
    uint32_t stream;
    const uint8_t *payload;
} channel_frame_t;

uint32_t channel_frame_get_32 (const uint8_t *at);
uint8_t *channel_frame_put_head (
    uint8_t *at, size_t size, channel_frame_type_t type, unsigned flags, uint32_t stream);
uint8_t *channel_frame_put_setting (uint8_t *at, settings_id_t id, uint32_t value);
/*  A frame with one number of 32 bits: RST_STREAM, WINDOW_UPDATE. */
uint8_t *channel_frame_put_number (uint8_t *at, channel_frame_type_t type, uint32_t stream, uint32_t number);
uint8_t *channel_frame_put_ping (uint8_t *at, unsigned flags, const uint8_t opaque[8]);
uint8_t *channel_frame_put_goaway (uint8_t *at, channel_frame_error_t error);

/*  FRAME_HEAD bytes; the payload is to come. */
void channel_frame_read_head (channel_frame_t *self, const uint8_t *at);
/*  Takes padding, and HEADERS' priority, off the payload. FRAME_SIZE_ERROR: what its flags promise is not there (RFC 9113,
 *  4.2); FRAME_PROTOCOL_ERROR: more padding than frame. */
channel_frame_error_t channel_frame_strip (channel_frame_t *self);

#endif
