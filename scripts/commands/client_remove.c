/*  client_remove.c: client remove: all of the named ones exist, or none is removed. */
#include "scripts/commands/client.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"

#include <stdio.h>

static int check_all (desk_t *desk, char **ids, size_t count, problem_t *problem)
{
    for (size_t i = 0; i < count; i++) {
        client_config_t client;
        int rc = storage_client_get (desk->storage, ids[i], &client, problem);
        if (rc == 0 && client.removed)
            rc = -ERR_NOT_FOUND;
        rc = client_missing (rc, ids[i], problem);
        if (rc)
            return rc;
    }
    return 0;
}

static int remove_all (desk_t *desk, char **ids, size_t count, problem_t *problem)
{
    int rc = check_all (desk, ids, count, problem);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = client_missing (storage_client_remove (desk->storage, ids[i], problem), ids[i], problem);
        if (rc == 0)
            rc = client_email_put (desk->storage, ids[i], "", problem);
        if (rc == 0)
            printf ("client %s removed\n", ids[i]);
    }
    return rc;
}

static int client_remove (int argc, char **argv)
{
    const char *env_file = NULL;
    const option_t list[] = {
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "client remove",
        .arguments = "ID...",
        .about = "Removes client accounts and their keys: nothing is copied to them any more. Their "
                 "positions at the\n"
                 "broker stay as they are. When one of the names is unknown, none is removed.",
        .options = list,
        .positionals_min = 1,
        .positionals_max = OPTIONS_POSITIONALS_MAX};
    size_t count = 0;
    int rc = options_parse (&options, argc, argv, &count);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    problem_t problem = {0};
    desk_t desk;
    rc = desk_open (&desk, env_file, DESK_STORAGE, &problem);
    if (rc)
        return command_fail (&problem);
    rc = remove_all (&desk, argv + 1, count, &problem);
    desk_close (&desk);
    return rc ? command_fail (&problem) : EXIT_OK;
}

const command_t command_client_remove = {"client remove", "remove client accounts", client_remove};
