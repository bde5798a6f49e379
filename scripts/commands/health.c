/*  health.c: asks the actors of this machine how they are; for people, and for the probes of containers. */
#include "actors/host/run.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"

#include <stdio.h>
#include <string.h>

static void print_answer (void *context, const char *name, const char *text, bool ready)
{
    const bool *json = context;
    const char *lack = text ? strstr (text, "\"lack\":\"") : NULL;
    if (*json && text)
        printf ("%s\n", text);
    else if (*json) {
        printf ("{\"actor\":");
        print_json_text (stdout, name);
        printf (",\"ready\":false,\"lack\":\"does not answer\"}\n");
    } else if (ready)
        printf ("%-16s ready\n", name);
    else
        printf ("%-16s not ready: %.*s\n", name, lack ? (int) strcspn (lack + 8, "\"") : 15,
            lack ? lack + 8 : "does not answer");
}

static int health (int argc, char **argv)
{
    bool json = false;
    host_health_options_t health_options = {.on_answer = print_answer, .context = &json};
    const option_t list[] = {
        {.name = "--run-dir",
            .value = "DIR",
            .help = "of actors on their own; default: that of the run on DATABASE_URL",
            .text = &health_options.dir},
        {.name = "--actor", .value = "NAME", .help = "only this one", .text = &health_options.name},
        {.name = "--ready",
            .help = "fails also when one answers, but is not ready",
            .flag = &health_options.ready},
        {.name = "--json", .help = "one JSON object an actor", .flag = &json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &health_options.env_file},
        {0},
    };
    const options_t options = {.command = "health",
        .arguments = "[--run-dir DIR] [--actor NAME] [--ready] [--json]",
        .about =
            "Asks the actors that run on this machine, by their sockets in the private directory of the "
            "run.\n"
            "Exit code 0: all answer; 69: one does not, or none is there; 75: one is not ready (--ready).",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    return host_health (&health_options);
}

const command_t command_health = {"health", "ask the actors on this machine how they are", health};
