/*  print.c: the little JSON that commands write; amounts are texts, as everywhere in the house. */
#include "scripts/commands/print.h"

#include "messages/fixed.h"

#include <assert.h>

void print_json_text (FILE *out, const char *text)
{
    assert (out && text);
    fputc ('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf (out, "\\%c", *c);
        else if ((unsigned char) *c < ' ')
            fprintf (out, "\\u%04x", (unsigned) *c);
        else
            fputc (*c, out);
    }
    fputc ('"', out);
}

void print_json_member (FILE *out, const char *name, const char *text)
{
    fprintf (out, ",\"%s\":", name);
    print_json_text (out, text);
}

void print_json_e9 (FILE *out, const char *name, int64_t value_e9)
{
    char text[FIXED_TEXT_MAX];
    fixed_format (value_e9, text);
    print_json_member (out, name, text);
}
