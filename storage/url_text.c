/*  url_text.c: see url_text.h. */
#include "storage/url_text.h"

#include <assert.h>
#include <ctype.h>

static int hex_value (char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    int lower = tolower ((unsigned char) digit);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool url_text_decode (const char *text, size_t length, char *to, size_t size)
{
    assert ((text || length == 0) && to && size > 0);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        int value = (unsigned char) text[i];
        if (text[i] == '%') {
            if (length - i < 3 || hex_value (text[i + 1]) < 0 || hex_value (text[i + 2]) < 0)
                return false;
            value = 16 * hex_value (text[i + 1]) + hex_value (text[i + 2]);
            i += 2;
        }
        if (used + 1 >= size || iscntrl (value))
            return false;
        to[used++] = (char) value;
    }
    to[used] = '\0';
    return true;
}
