/*  page.h: a bounded text that is written from the left: plain or JSON, always NUL-terminated and valid UTF-8.
 *
 *  What comes from outside goes through page_clean or page_json: control characters become spaces (JSON: escapes)
 *  and bytes that are not UTF-8 become `?`, so that no line, header or object can be forged. What does not fit is
 *  left out and `full` says so; a caller may go back to a `used` it noted.
 */
#ifndef ALERT_PAGE_H
#define ALERT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    char *text; /*  borrowed, size bytes */
    size_t size;
    size_t used;
    bool full;
} page_t;

void page_open (page_t *self, char *text, size_t size); /*  size > 0 */
void page_put (page_t *self, const char *text);         /*  ours, as it is */
void page_print (page_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void page_clean (page_t *self, const char *text); /*  somebody else's */
void page_json (page_t *self, const char *text);  /*  somebody else's, quoted */
void page_back (page_t *self, size_t used);       /*  forget what came after */

#endif
