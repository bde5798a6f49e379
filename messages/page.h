/*  page.h: memory that the system is to give now, not when the first trade needs it: a page that is touched for the first
 *  time costs about a microsecond.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

#define PAGE_SIZE_LEAST 4096

/*  Nothing changes in it. NULL has no pages. */
static inline void page_touch (void *bytes, size_t size)
{
    volatile char *at = bytes;
    for (size_t page = 0; at && page < size; page += PAGE_SIZE_LEAST) {
        char byte = at[page];
        at[page] = byte;
    }
}

#endif
