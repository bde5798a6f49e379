/*  csv.h: RFC 4180 as a pure function on bytes (fuzzed by tests/fuzz/host). Wipes its own copy of every row. */
#ifndef CSV_H
#define CSV_H

#include "messages/error.h"

#include <stddef.h>

#define CSV_BYTES_MAX 4194304 /*  4 MiB */
#define CSV_ROWS_MAX 10001    /*  with the header */
#define CSV_ROW_MAX 8192      /*  bytes of one row's fields */
#define CSV_FIELDS_MAX 32

typedef struct {
    const char *fields[CSV_FIELDS_MAX]; /*  NUL-terminated; borrowed during the call */
    size_t count;
    int line; /*  on which the row begins, from 1 */
} csv_row_t;

/*  each() for every row but empty lines; != 0 ends the parse with that value. Bare fields lose spaces around them.
 *  -ERR_SYNTAX, -ERR_RANGE with *problem naming `file:line`; never quotes what stands there. */
typedef int (csv_fn) (void *context, const csv_row_t *row);
int csv_parse (
    const char *file, const char *bytes, size_t size, csv_fn *each, void *context, problem_t *problem);

#endif
