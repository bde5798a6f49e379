/*  text.h: a text of a bounded size that grows at its end: JSON and Prometheus' format come of it.
 */
#ifndef GATEWAY_TEXT_H
#define GATEWAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *bytes; /*  always NUL-terminated */
    size_t size;
    size_t used;
    bool full; /*  something did not fit: nothing more is added, and the text is of no use */
} text_t;

void text_begin (text_t *self, char *bytes, size_t size);
void text_add (text_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/*  A JSON string with its quotes: quotes, backslashes and control characters escaped. */
void text_add_json (text_t *self, const char *value);
/*  A label's value for Prometheus, with its quotes. */
void text_add_label (text_t *self, const char *value);
/*  ns as a decimal number of seconds or milliseconds, to the microsecond. */
void text_add_seconds (text_t *self, int64_t ns);
void text_add_ms (text_t *self, int64_t ns);
/*  "2026-11-30T12:00:00.000000000Z" with quotes, null for 0. */
void text_add_time (text_t *self, int64_t at_ns);

#endif
