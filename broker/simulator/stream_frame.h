/*  stream_frame.h: WebSocket frames (RFC 6455), server side, from and to bytes. Pure. */
#ifndef STREAM_FRAME_H
#define STREAM_FRAME_H

#include "broker/simulator/http_buffer.h"

#define FRAME_PAYLOAD_MAX 65536

typedef enum {
    FRAME_CONTINUATION = 0,
    FRAME_TEXT = 1,
    FRAME_BINARY = 2,
    FRAME_CLOSE = 8,
    FRAME_PING = 9,
    FRAME_PONG = 10
} frame_opcode_t;

typedef struct {
    bool fin;
    frame_opcode_t opcode;
    char *payload; /*  unmasked in place, into the bytes given */
    size_t size;
} frame_t;

/*  A client's frame at the front of bytes: 0 = not complete (bytes untouched), > 0 = its size, -ERR_SYNTAX
 *  (unmasked, reserved bits or opcode, a control frame that is long or in parts), -ERR_RANGE (payload). */
int64_t frame_parse (char *bytes, size_t size, frame_t *frame);
/*  A server's frame, unmasked, appended. */
void frame_put (http_buffer_t *out, frame_opcode_t opcode, const char *payload, size_t size);
/*  Sec-WebSocket-Accept of a key; text has room for 29. */
void frame_accept (const char *key, char text[32]);

#endif
