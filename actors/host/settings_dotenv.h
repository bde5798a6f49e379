/*  settings_dotenv.h: the syntax of .env, as a pure function on bytes (fuzzed by tests/fuzz/host).
 *
 *  A line is empty, a # comment, or [export ]NAME=value. Spaces around name and = are allowed. A value is bare (ends
 *  before " #" and loses spaces at its end), 'literal', or "with \n \t \r \\ \" \$ escapes"; nothing but a comment
 *  follows a closing quote. No variables are expanded, no value goes over a line's end.
 */
#ifndef SETTINGS_DOTENV_H
#define SETTINGS_DOTENV_H

#include "messages/error.h"

#define SETTINGS_DOTENV_BYTES_MAX 65536 /*  64 KiB */
#define SETTINGS_DOTENV_LINE_MAX 4096   /*  bytes, without the line's end */

typedef struct {
    const char *name;  /*  NUL-terminated, [A-Za-z_][A-Za-z0-9_]* */
    const char *value; /*  NUL-terminated; may be a secret: wiped after each() returns */
    int line;          /*  from 1 */
} settings_dotenv_t;

/*  each() for every assignment, in order; != 0 ends the parse with that value. Borrowed during the call only.
 *  -ERR_SYNTAX, -ERR_RANGE with *problem naming `file:line`; never quotes what stands there. */
typedef int (settings_dotenv_fn) (void *context, const settings_dotenv_t *entry);
int settings_dotenv_parse (const char *file, const char *bytes, size_t size, settings_dotenv_fn *each,
    void *context, problem_t *problem);

#endif
