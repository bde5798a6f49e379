/*  options.c: --name value, --name=value, flags, positionals; `--` ends the options, a lone `-` is a positional. */
#include "scripts/commands/options.h"

#include "scripts/commands/command.h"
#include "storage/vault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int options_refuse (const options_t *self, const char *format, ...)
{
    char what[400];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (what, sizeof what, format, arguments);
    va_end (arguments);
    fprintf (stderr, "trade-copier: error: %s: %s (--help shows the options)\n", self->command, what);
    return EXIT_USAGE;
}

static void show_help (const options_t *self)
{
    printf ("usage: trade-copier %s %s\n\n%s\n", self->command, self->arguments, self->about);
    if (!self->options || !self->options->name)
        return;
    printf ("\n");
    for (const option_t *option = self->options; option->name; option++) {
        char left[64];
        snprintf (left, sizeof left, "%s%s%s", option->name, option->value ? " " : "",
            option->value ? option->value : "");
        printf ("  %-30s %s\n", left, option->help);
    }
}

static const option_t *find (const options_t *self, const char *word, size_t size)
{
    for (const option_t *option = self->options; option && option->name; option++) {
        if (strlen (option->name) == size && memcmp (option->name, word, size) == 0)
            return option;
    }
    return NULL;
}

/*  Length only is kept; a shorter argv would move what comes behind it. */
static void scrub (char *value)
{
    for (char *c = value; *c; c++)
        *c = '*';
}

static int take_value (const options_t *self, const option_t *option, char *value)
{
    if (option->text) {
        *option->text = value;
        return 0;
    }
    size_t size = strlen (value);
    if (size == 0 || size >= VAULT_TEXT_MAX) {
        scrub (value);
        return options_refuse (self, "%s: expected 1 to %d characters", option->name, VAULT_TEXT_MAX - 1);
    }
    memcpy (option->secret, value, size + 1);
    scrub (value);
    return 0;
}

/*  *at_p: index of the word; moves over the value when that is a word of its own. */
static int take_option (const options_t *self, int argc, char **argv, int *at_p)
{
    char *word = argv[*at_p];
    char *equals = strchr (word, '=');
    size_t size = equals ? (size_t) (equals - word) : strlen (word);
    const option_t *option = find (self, word, size);
    if (!option)
        return options_refuse (self, "unknown option %.*s", (int) (size < 40 ? size : 40), word);
    if (!option->value) {
        if (equals)
            return options_refuse (self, "%s takes no value", option->name);
        *option->flag = true;
        return 0;
    }
    if (!equals && *at_p + 1 >= argc)
        return options_refuse (self, "%s: expected %s behind it", option->name, option->value);
    char *value = equals ? equals + 1 : argv[++*at_p];
    return take_value (self, option, value);
}

static int check_count (const options_t *self, size_t count)
{
    if (count < self->positionals_min)
        return options_refuse (self, "too few arguments");
    if (count > self->positionals_max)
        return options_refuse (self, "too many arguments");
    return 0;
}

int options_parse (const options_t *self, int argc, char **argv, size_t *count_p)
{
    assert (self && argc > 0 && argv);
    size_t count = 0;
    bool ended = false;
    for (int at = 1; at < argc; at++) {
        if (!ended && strcmp (argv[at], "--") == 0) {
            ended = true;
        } else if (!ended && (strcmp (argv[at], "--help") == 0 || strcmp (argv[at], "-h") == 0)) {
            show_help (self);
            return 1;
        } else if (!ended && argv[at][0] == '-' && argv[at][1] != '\0') {
            int rc = take_option (self, argc, argv, &at);
            if (rc)
                return rc;
        } else {
            argv[++count] = argv[at];
        }
    }
    if (count_p)
        *count_p = count;
    return check_count (self, count);
}
