/*  frame_fuzz.c: any bytes as a client's WebSocket frames. */
#include "broker/simulator/stream_frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char *bytes = malloc (size + 1);
    if (!bytes)
        return 0;
    memcpy (bytes, data, size);
    for (size_t at = 0; at < size;) {
        frame_t frame;
        int64_t used = frame_parse (bytes + at, size - at, &frame);
        if (used <= 0)
            break;
        if (frame.payload + frame.size > bytes + size)
            abort ();
        at += (size_t) used;
    }
    free (bytes);
    return 0;
}
