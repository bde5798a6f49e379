/*  text.h: texts of bounded size, by hand: on a trade's way a formatted print costs more than what it prints.
 */
#ifndef TEXT_H
#define TEXT_H

#include <string.h>

/*  As much of `from` as fits, always with its NUL. They do not overlap. */
static inline void text_copy (char *to, size_t size, const char *from)
{
    size_t length = strlen (from);
    if (length >= size)
        length = size - 1;
    memcpy (to, from, length);
    to[length] = '\0';
}

/*  Into an array. */
#define TEXT_SET(to, from) text_copy ((to), sizeof (to), (from))

#endif
