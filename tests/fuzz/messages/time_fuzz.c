/*  time_fuzz.c: any text as a time: what is accepted formats to a text that parses to the same instant. */
#include "messages/trading.h"

#include "messages/error.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    char text[96], shown[TIME_TEXT_MAX];
    if (size >= sizeof text)
        return 0;
    if (size > 0)
        memcpy (text, bytes, size);
    text[size] = 0;
    int64_t at_ns = 0, again_ns = 0;
    int rc = time_parse (text, &at_ns);
    assert (rc == 0 || rc == -ERR_SYNTAX);
    if (rc == 0) {
        assert (time_parse (time_format (at_ns, shown), &again_ns) == 0);
        assert (again_ns == at_ns);
    }
    return 0;
}
