/*  json_scan.h: the words of a plain JSON object, read in one pass and without a document.
 *
 *  Plain: values are texts of printable ASCII without escapes, numbers, true, false, null, empty lists and objects, and
 *  objects where the reader takes them itself. Whatever is not plain, or not in order, is false: json_* decides then, and
 *  says why. Pure; nothing is allocated.
 */
#ifndef BROKER_ALPACA_JSON_SCAN_H
#define BROKER_ALPACA_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_SIZE_MAX 65536 /*  larger is not plain */

typedef enum { VALUE_ABSENT, VALUE_TEXT, VALUE_TRUE, VALUE_FALSE, VALUE_LIST } scan_kind_t;

typedef struct {
    scan_kind_t kind;
    const char *
        text; /*  into the bytes; of a number, its characters: whether they are one is asked where one is needed */
    size_t size;
} scan_value_t;

typedef struct {
    const char *at;
    const char *end;
} scan_t;

/*  true: the next character after spaces is c, and is taken. */
bool scan_take (scan_t *self, char c);
bool scan_end (scan_t *self); /*  nothing but spaces is left */
/*  A name and its colon. */
bool scan_name (scan_t *self, scan_value_t *name);
bool scan_value (scan_t *self, scan_value_t *value);
bool scan_is (const scan_value_t *value, const char *text);

/*  What a value says; absent, null and "" are the same: "" and 0. false: it is something else, or does not fit. */
bool scan_copy (const scan_value_t *value, char *text, size_t room);
bool scan_amount (const scan_value_t *value, int64_t *value_e9);
bool scan_time (const scan_value_t *value, int64_t *at_ns);

#endif
