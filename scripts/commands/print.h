/*  print.h: JSON texts and decimals on stdout. */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>
#include <stdio.h>

/*  "text" in quotes with its escapes. */
void print_json_text (FILE *out, const char *text);
/*  "name":"text" and "name":"10.5", with a comma before them. */
void print_json_member (FILE *out, const char *name, const char *text);
void print_json_e9 (FILE *out, const char *name, int64_t value_e9);

#endif
