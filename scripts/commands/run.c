/*  run.c: run, and actor, which its supervisor starts, or whoever places actors. The work is actors/host's. */
#include "actors/host/run.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"

static int run (int argc, char **argv)
{
    host_run_options_t run_options = {0};
    const option_t list[] = {
        {.name = "--topology",
            .value = "NAME",
            .help = "local (default: a process an actor), single, or a file",
            .text = &run_options.topology},
        {.name = "--live",
            .help = "real money is meant (with USE_PAPER_TRADING=false)",
            .flag = &run_options.live},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &run_options.env_file},
        {0},
    };
    const options_t options = {.command = "run",
        .arguments = "[--topology NAME|FILE] [--live] [--env FILE]",
        .about = "Copies the master's trades to the clients until SIGTERM or SIGINT.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    return host_run (&run_options);
}

static int preflight (int argc, char **argv)
{
    host_run_options_t run_options = {0};
    const option_t list[] = {
        {.name = "--live",
            .help = "real money is meant (with USE_PAPER_TRADING=false)",
            .flag = &run_options.live},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &run_options.env_file},
        {0},
    };
    const options_t options = {.command = "preflight",
        .arguments = "[--live] [--env FILE]",
        .about = "Checks what `run` checks before it starts anything: the settings, the database, that "
                 "ENCRYPTION_KEY "
                 "opens every\ncredential, that the broker answers the master's keys. The master's keys of "
                 "the settings "
                 "are stored.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    return host_preflight (&run_options);
}

static int actor (int argc, char **argv)
{
    host_actor_options_t actor_options = {0};
    const option_t list[] = {
        {.name = "--name",
            .value = "NAME",
            .help = "of an executor where the topology says `actor * executor` (default: the host's name)",
            .text = &actor_options.executor},
        {.name = "--topology",
            .value = "FILE",
            .help = "which actors there are and where they meet; the same for all",
            .text = &actor_options.topology},
        {.name = "--run-dir",
            .value = "DIR",
            .help = "private, for `health`; the sockets too, for transport ipc without a base",
            .text = &actor_options.base},
        {.name = "--env-file", .value = "FILE", .help = "instead of .env", .text = &actor_options.env_file},
        {.name = "--standby",
            .help = "dispatcher, listener: one of several, of which the one runs that Redis nominates",
            .flag = &actor_options.standby},
        {0},
    };
    const options_t options = {.command = "actor",
        .arguments = "NAME|executor [--name NAME] --topology FILE [--run-dir DIR] [--env-file FILE] "
                     "[--standby]",
        .about = "One actor as this process, until SIGTERM. `run` starts one for each name of the topology "
                 "and again when "
                 "it crashes;\nstarted on their own they may be in any order, and whoever starts them has to "
                 "do the same.",
        .options = list,
        .positionals_min = 1,
        .positionals_max = 1};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    actor_options.name = argv[1];
    return host_actor (&actor_options);
}

const command_t command_run = {"run", "copy the master's trades", run};
const command_t command_preflight = {
    "preflight", "check settings, database, keys and broker, start nothing", preflight};
const command_t command_actor = {"actor", "one actor of a topology on its own", actor};
