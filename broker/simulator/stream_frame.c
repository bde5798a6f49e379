/*  stream_frame.c: RFC 6455 framing, so small that a library would only hide the opcode we must choose. */
#include "broker/simulator/stream_frame.h"
#include "messages/error.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static bool is_known (unsigned opcode)
{
    return opcode <= FRAME_BINARY || (opcode >= FRAME_CLOSE && opcode <= FRAME_PONG);
}

/*  Size of the payload, and where the mask begins; 0 in *mask_p = not complete. -ERR_SYNTAX, -ERR_RANGE. */
static int payload_size (const unsigned char *bytes, size_t size, size_t *mask_p, size_t *payload_p)
{
    size_t length = bytes[1] & 0x7f;
    size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    bool control = (bytes[0] & 0x08) != 0;
    if (!(bytes[1] & 0x80) || (bytes[0] & 0x70) || !is_known (bytes[0] & 0x0f))
        return -ERR_SYNTAX;
    if (control && (extra || !(bytes[0] & 0x80)))
        return -ERR_SYNTAX;
    *mask_p = 0;
    if (size < 2 + extra)
        return 0;
    uint64_t value = extra ? 0 : length;
    for (size_t i = 0; i < extra; i++)
        value = value << 8 | bytes[2 + i];
    if (value > FRAME_PAYLOAD_MAX)
        return -ERR_RANGE;
    *mask_p = 2 + extra;
    *payload_p = (size_t) value;
    return 0;
}

int64_t frame_parse (char *bytes, size_t size, frame_t *frame)
{
    assert (bytes && frame);
    if (size < 2)
        return 0;
    size_t mask = 0;
    size_t length = 0;
    int rc = payload_size ((const unsigned char *) bytes, size, &mask, &length);
    if (rc || mask == 0 || size < mask + 4 + length)
        return rc;
    char *payload = bytes + mask + 4;
    for (size_t i = 0; i < length; i++)
        payload[i] = (char) (payload[i] ^ bytes[mask + (i & 3)]);
    frame->fin = (bytes[0] & 0x80) != 0;
    frame->opcode = (frame_opcode_t) (bytes[0] & 0x0f);
    frame->payload = payload;
    frame->size = length;
    return (int64_t) (mask + 4 + length);
}

void frame_put (http_buffer_t *out, frame_opcode_t opcode, const char *payload, size_t size)
{
    assert (out && (payload || size == 0));
    unsigned char head[10] = {(unsigned char) (0x80 | opcode)};
    size_t head_size = 2;
    if (size < 126)
        head[1] = (unsigned char) size;
    else {
        size_t extra = size < 65536 ? 2 : 8;
        head[1] = extra == 2 ? 126 : 127;
        for (size_t i = 0; i < extra; i++)
            head[2 + i] = (unsigned char) ((uint64_t) size >> (8 * (extra - 1 - i)));
        head_size += extra;
    }
    http_buffer_put (out, head, head_size);
    http_buffer_put (out, payload, size);
}

void frame_accept (const char *key, char text[32])
{
    assert (key && text);
    char joined[160];
    int size = snprintf (joined, sizeof (joined), "%.100s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1 ((const unsigned char *) joined, (size_t) size, digest);
    EVP_EncodeBlock ((unsigned char *) text, digest, SHA_DIGEST_LENGTH);
}
