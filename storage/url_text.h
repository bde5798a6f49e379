/*  url_text.h: a piece of a URL as it is meant. Pure. */
#ifndef URL_TEXT_H
#define URL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*  Percent-decoded, NUL-terminated; false: too long for size bytes, badly encoded, or with a NUL or control character in it. */
bool url_text_decode (const char *text, size_t length, char *to, size_t size);

#endif
