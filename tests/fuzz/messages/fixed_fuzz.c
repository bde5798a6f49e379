/*  fixed_fuzz.c: any text as a decimal: what is accepted formats to a text that parses to the same number. */
#include "messages/fixed.h"

#include "messages/error.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    char text[FIXED_TEXT_MAX];
    int64_t exact = 0, cut = 0, again = 0;
    int rc = fixed_parse ((const char *) bytes, size, &exact);
    int rc_cut = fixed_parse_rounded ((const char *) bytes, size, &cut);
    assert (rc == 0 || rc == -ERR_SYNTAX || rc == -ERR_RANGE);
    assert ((rc == -ERR_SYNTAX) == (rc_cut == -ERR_SYNTAX));
    assert (rc != 0 || (rc_cut == 0 && exact == cut));
    if (rc_cut == 0) {
        assert (fixed_parse (text, fixed_format (cut, text), &again) == 0);
        assert (again == cut);
    }
    return 0;
}
