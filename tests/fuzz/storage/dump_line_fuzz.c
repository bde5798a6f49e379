/*  Any bytes as a line of an export: an error, or a row that is written and read again as it was. */
#include "storage/dump.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void check_same (const dump_line_t *one, const dump_line_t *two)
{
    if (one->kind != two->kind || one->table != two->table || one->number != two->number ||
        one->count != two->count)
        abort ();
    for (int i = 0; i < one->count; i++) {
        const value_t *a = &one->values[i];
        const value_t *b = &two->values[i];
        if (a->kind != b->kind || a->number != b->number || a->size != b->size ||
            (a->size > 0 && memcmp (a->bytes, b->bytes, a->size) != 0))
            abort ();
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static dump_line_t line;
    static dump_line_t again;
    problem_t problem = {0};
    if (dump_line_parse (&line, (const char *) data, size, "file:1", &problem) != 0) {
        if (problem.code == 0 || strcmp (problem.where, "file:1") != 0)
            abort ();
        return 0;
    }
    if (line.kind == DUMP_BEGIN)
        return 0;
    char *text = dump_line_write (&line);
    if (!text || dump_line_parse (&again, text, strlen (text), "file:1", &problem) != 0)
        abort ();
    check_same (&line, &again);
    free (text);
    return 0;
}
