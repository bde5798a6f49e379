/*  Whatever frame_scan understands, the JSON document says too, word by word. */
#include "broker/alpaca/frame_scan.h"

#include <stdlib.h>
#include <string.h>

#define NOT_PLAIN "{\"not\":[1]," /*  only the document can read what follows */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static char longer[8192];
    static frame_t scanned;
    static frame_t read;
    if (size == 0 || data[0] != '{' || size + sizeof NOT_PLAIN > sizeof longer ||
        !frame_scan ((const char *) data, size, &scanned))
        return 0;
    memcpy (longer, NOT_PLAIN, sizeof NOT_PLAIN - 1);
    memcpy (longer + sizeof NOT_PLAIN - 1, data + 1, size - 1);
    int rc = json_frame (longer, size + sizeof NOT_PLAIN - 2, &read, NULL);
    if (rc != 0 || memcmp (&read, &scanned, sizeof scanned) != 0)
        abort ();
    return 0;
}
