/*  main.c: the one binary: finds the command by its words. */
#include "scripts/commands/command.h"

#include <stdio.h>
#include <string.h>

static const command_t *const commands[] = {
    &command_run,
    &command_preflight,
    &command_simulator,
    &command_load_test,
    &command_tap,
    &command_health,
    &command_shards,
    &command_keygen,
    &command_settings,
    &command_master_set,
    &command_master_show,
    &command_client_add,
    &command_client_update,
    &command_client_list,
    &command_client_remove,
    &command_client_import,
    &command_breaker_list,
    &command_breaker_reset,
    &command_db_migrate,
    &command_db_export,
    &command_db_import,
    &command_test_connection,
    &command_actor,
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void show_commands (FILE *out)
{
    fprintf (out, "usage: trade-copier COMMAND [options]\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i] && commands[i]->summary)
            fprintf (out, "  %-18s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf (out, "\ntrade-copier COMMAND --help shows a command's options; docs/commands.md everything.\n");
}

/*  How many of argv[1..] are the command's name: 0 = it is another one. */
static int match (const command_t *command, int argc, char **argv)
{
    const char *space = strchr (command->name, ' ');
    size_t first = space ? (size_t) (space - command->name) : strlen (command->name);
    if (strlen (argv[1]) != first || memcmp (argv[1], command->name, first) != 0)
        return 0;
    if (!space)
        return 1;
    return argc > 2 && strcmp (argv[2], space + 1) == 0 ? 2 : 0;
}

int main (int argc, char **argv)
{
    if (argc < 2) {
        show_commands (stderr);
        return EXIT_USAGE;
    }
    if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0) {
        show_commands (stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = commands[i] ? match (commands[i], argc, argv) : 0;
        if (words)
            return commands[i]->run (argc - words, argv + words);
    }
    bool group = strcmp (argv[1], "client") == 0 || strcmp (argv[1], "master") == 0 ||
                 strcmp (argv[1], "breaker") == 0 || strcmp (argv[1], "db") == 0;
    fprintf (stderr, "trade-copier: error: no such command: %.40s%s%.40s (trade-copier --help lists them)\n",
        argv[1], group && argc > 2 ? " " : "", group && argc > 2 ? argv[2] : "");
    return EXIT_USAGE;
}
