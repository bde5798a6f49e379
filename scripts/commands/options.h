/*  options.h: a command's options as a table: parsed, shown by --help. Values of SECRET options are copied into
 *  locked memory and overwritten in argv, so that the process list shows them for the first milliseconds only. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "messages/error.h"

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_POSITIONALS_MAX 1024

/*  Exactly one of flag, text, secret is set. */
typedef struct {
    const char *name;  /*  "--account-id" */
    const char *value; /*  what stands behind it: "ID"; NULL = a flag */
    const char *help;
    bool *flag;
    const char **text; /*  borrowed from argv */
    char *secret;      /*  in locked memory, VAULT_TEXT_MAX bytes */
} option_t;

typedef struct {
    const char *command;   /*  "client add" */
    const char *arguments; /*  "--account-id ID [options]" */
    const char *about;
    const option_t *options; /*  ends with name NULL; may be NULL */
    size_t positionals_min;
    size_t positionals_max;
} options_t;

/*  argv[0] is skipped. *argv beyond it is reordered: positionals come to argv[1] .. argv[*count_p].
 *  0; 1 = --help was printed: end with EXIT_OK; EXIT_USAGE = refused, said so on stderr. */
int options_parse (const options_t *self, int argc, char **argv, size_t *count_p);

/*  One line "trade-copier: <command>: <what>" and how to get help; returns EXIT_USAGE. */
int options_refuse (const options_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
