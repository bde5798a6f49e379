/*  settings.c: the effective settings, and the two files that are made from their list. */
#include "actors/host/settings.h"

#include "messages/fixed.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"
#include "scripts/commands/desk.h"
#include "storage/vault.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {
    [SETTING_KIND_TEXT] = "text",
    [SETTING_KIND_SECRET] = "secret",
    [SETTING_KIND_PATH] = "path",
    [SETTING_KIND_URL] = "address",
    [SETTING_KIND_BOOL] = "true or false",
    [SETTING_KIND_INT] = "whole number",
    [SETTING_KIND_DECIMAL] = "number",
    [SETTING_KIND_DURATION] = "duration",
    [SETTING_KIND_CHOICE] = "one of",
};

/*  "duration in s, 0.1 to 120; " */
static void print_kind (const setting_info_t *info)
{
    bool ranged = info->kind == SETTING_KIND_INT || info->kind == SETTING_KIND_DECIMAL ||
                  info->kind == SETTING_KIND_DURATION;
    printf ("%s", kinds[info->kind]);
    if (info->kind == SETTING_KIND_CHOICE)
        printf (" ");
    for (const char *c = info->kind == SETTING_KIND_CHOICE ? info->unit : ""; *c; c++) {
        if (*c == '|')
            printf (", ");
        else
            putchar (*c);
    }
    if (ranged && *info->unit)
        printf (" in %s", info->unit);
    if (ranged)
        printf (", %s to %s", info->least, info->most);
}

static void print_example (void)
{
    printf ("#  Settings of trade-copier: copy to .env and fill in. The environment goes before this file.\n"
            "#  Made by `trade-copier settings --example` from actors/host/settings_list.h; docs/settings.md "
            "says more.\n"
            "#  What is commented out shows its default.\n");
    for (int i = 0; i < SETTING_COUNT; i++) {
        const setting_info_t *info = setting_info ((setting_t) i);
        const char *section = setting_section ((setting_t) i);
        if (section)
            printf ("\n#  ---- %s\n", section);
        printf ("\n#  ");
        print_kind (info);
        printf ("%s%s\n", *info->doc ? ": " : "", info->doc);
        if (info->issue)
            printf ("#  (read and checked now; takes effect with issue %d)\n", info->issue);
        printf ("%s%s=%s\n", *info->value ? "#" : "", info->name, info->value);
    }
}

static void print_docs (void)
{
    printf (
        "# Settings\n\nMade by `trade-copier settings --docs` from actors/host/settings_list.h; a test fails "
        "when it is stale.\n\n"
        "A setting comes from the environment, else from `.env` in the working directory (or `--env FILE`), "
        "else it has\n"
        "its default. An empty value counts as not set. A bad value ends the program with one line that "
        "names the file,\n"
        "the line and the setting, and says what was expected; an unknown name in the file is a warning.\n\n"
        "`.env`: `NAME=value` a line, `#` comments, an optional `export`, values bare, in `'literal'` or in "
        "`\"escaped\"`\n"
        "quotes (`\\n \\t \\r \\\\ \\\" \\$`); at most 64 KiB, 4096 bytes a line; no variables are expanded. "
        "A bare number of\n"
        "a duration is in the unit shown; `250ms`, `2s`, `5m`, `1h` work everywhere.\n\n"
        "`trade-copier settings` prints what is in effect, secrets masked. *Issue N* = read and checked now, "
        "takes effect\n"
        "with that issue.\n");
    for (int i = 0; i < SETTING_COUNT; i++) {
        const setting_info_t *info = setting_info ((setting_t) i);
        const char *section = setting_section ((setting_t) i);
        if (section)
            printf ("\n## %s\n\n| setting | value | default | |\n|---|---|---|---|\n", section);
        printf ("| `%s` | ", info->name);
        print_kind (info);
        printf (" | %s%s%s | %s", *info->value ? "`" : "", info->value, *info->value ? "`" : "", info->doc);
        if (info->issue)
            printf ("%s*issue %d*", *info->doc ? "; " : "", info->issue);
        printf (" |\n");
    }
}

/*  An address may carry a password: scheme://user:****@host. */
static void mask_url (const char *url, char *text, size_t size)
{
    const char *start = strstr (url, "://");
    const char *at = start ? strrchr (start, '@') : NULL;
    const char *colon = at ? memchr (start + 3, ':', (size_t) (at - start - 3)) : NULL;
    if (colon)
        snprintf (text, size, "%.*s****%s", (int) (colon - url + 1), url, at);
    else
        snprintf (text, size, "%s", url);
}

static void value_text (const settings_t *settings, setting_t setting, char *text, size_t size)
{
    const setting_info_t *info = setting_info (setting);
    char secret[SETTING_TEXT_MAX];
    if (info->kind == SETTING_KIND_SECRET) {
        int rc = settings_secret (settings, setting, secret, sizeof secret);
        explicit_bzero (secret, sizeof secret);
        snprintf (text, size, "%s", rc == 0 ? "****" : "");
    } else if (setting == SETTING_ALPACA_BASE_URL) {
        mask_url (settings_base_url (settings), text, size);
    } else if (info->kind == SETTING_KIND_URL) {
        mask_url (settings_text (settings, setting), text, size);
    } else if (info->kind == SETTING_KIND_BOOL) {
        snprintf (text, size, "%s", settings_bool (settings, setting) ? "true" : "false");
    } else {
        snprintf (text, size, "%s", settings_text (settings, setting));
    }
}

static void print_values (const settings_t *settings, bool json)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        const setting_info_t *info = setting_info ((setting_t) i);
        char text[SETTING_TEXT_MAX + 8];
        value_text (settings, (setting_t) i, text, sizeof text);
        bool given = settings_given (settings, (setting_t) i);
        if (json) {
            printf ("%s", i ? ",\n " : "{");
            print_json_text (stdout, info->name);
            putchar (':');
            print_json_text (stdout, text);
        } else {
            printf ("%-34s %-40s %s\n", info->name, text, given ? "" : "(default)");
        }
    }
    if (json)
        printf ("}\n");
}

static int show (const char *env_file, bool json)
{
    problem_t problem = {0};
    settings_t *settings = NULL;
    int rc = vault_harden (&problem);
    if (rc == 0)
        rc = settings_load (&settings, env_file, &problem);
    if (rc)
        return rc == -ERR_NOT_FOUND ? (command_fail (&problem), EXIT_SETTING) : command_fail (&problem);
    desk_warn_unknown (settings);
    print_values (settings, json);
    settings_destroy (&settings);
    return EXIT_OK;
}

static int settings_command (int argc, char **argv)
{
    const char *env_file = NULL;
    bool json = false;
    bool example = false;
    bool docs = false;
    const option_t list[] = {
        {.name = "--json", .help = "for scripts: one object", .flag = &json},
        {.name = "--example", .help = "prints .env.example instead", .flag = &example},
        {.name = "--docs", .help = "prints docs/settings.md instead", .flag = &docs},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "settings",
        .arguments = "[--json] [--env FILE]",
        .about = "Checks .env and the environment and prints what is in effect; secrets are masked.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    if (!example && !docs)
        return show (env_file, json);
    if (example)
        print_example ();
    if (docs)
        print_docs ();
    return EXIT_OK;
}

const command_t command_settings = {"settings", "check and show the settings", settings_command};
