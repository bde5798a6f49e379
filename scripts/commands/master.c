/*  master.c: master set, master show. What .env says of the master, `run` takes over itself (actors/host/master_env). */
#include "messages/trading.h"
#include "scripts/commands/client_form.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"
#include "scripts/commands/secret.h"
#include "scripts/commands/desk.h"

#include <stdio.h>
#include <string.h>

static int put_master (desk_t *desk, const char *id, const credentials_t *keys, problem_t *problem)
{
    master_config_t master = {0};
    int rc = client_form_check_id (id, "account id of the master", problem);
    if (rc)
        return rc;
    snprintf (master.master_id, sizeof master.master_id, "%s", id);
    rc =
        vault_seal (desk->vault, id, keys->key_id, keys->secret, master.sealed, &master.sealed_size, problem);
    if (rc == 0)
        rc = desk_claim_key (desk, problem);
    return rc ? rc : storage_master_put (desk->storage, &master, problem);
}

static int store_master (const char *env_file, const char *id, const secret_sources_t *sources)
{
    problem_t problem = {0};
    desk_t desk;
    int rc = desk_open (&desk, env_file, DESK_CREATE | DESK_VAULT, &problem);
    if (rc)
        return command_fail (&problem);
    if (!id)
        id = settings_text (desk.settings, SETTING_MASTER_ACCOUNT_ID);
    if (!*id)
        rc = problem_set (
            &problem, ERR_MISSING, "--account-id", "not given, expected it or MASTER_ACCOUNT_ID");
    if (rc == 0)
        rc = secret_complete (sources, &problem);
    if (rc == 0)
        rc = put_master (&desk, id, sources->keys, &problem);
    if (rc == 0)
        printf ("master %s stored\n", id);
    desk_close (&desk);
    return rc ? command_fail (&problem) : EXIT_OK;
}

static int parse_set (int argc, char **argv, credentials_t *keys)
{
    const char *env_file = NULL;
    const char *id = NULL;
    secret_sources_t sources = {.keys = keys};
    const option_t list[] = {
        {.name = "--account-id", .value = "ID", .help = "our name of it (MASTER_ACCOUNT_ID)", .text = &id},
        {.name = "--api-key", .value = "KEY", .help = "its key id (else: a prompt)", .secret = keys->key_id},
        {.name = "--secret-key",
            .value = "KEY",
            .help = "its secret (else: a prompt)",
            .secret = keys->secret},
        {.name = "--secret-key-file",
            .value = "FILE",
            .help = "a file whose first line is the secret; - = stdin",
            .text = &sources.secret_file},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "master set",
        .arguments = "[--account-id ID] [options]",
        .about = "Stores the master account's keys, sealed. A running copier takes them within a second.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    return store_master (env_file, id, &sources);
}

static int master_set (int argc, char **argv)
{
    problem_t problem = {0};
    credentials_t *keys = vault_harden (&problem) == 0 ? credentials_new () : NULL;
    if (!keys) {
        if (!problem.code)
            problem_set (&problem, ERR_MEMORY, "master set", "cannot lock memory for the keys");
        return command_fail (&problem);
    }
    int rc = parse_set (argc, argv, keys);
    credentials_destroy (&keys);
    return rc;
}

static int print_master (desk_t *desk, bool json, problem_t *problem)
{
    master_config_t master;
    char masked[SECRET_MASK_MAX];
    int rc = storage_master_get (desk->storage, &master, problem);
    if (rc == -ERR_NOT_FOUND)
        return problem_set (problem, ERR_NOT_FOUND, "master", "none is stored: `trade-copier master set`");
    credentials_t *keys = rc == 0 ? credentials_new () : NULL;
    if (rc == 0 && !keys)
        rc = problem_set (problem, ERR_MEMORY, "master", "cannot lock memory for the keys");
    if (rc == 0)
        rc = vault_open (desk->vault, master.master_id, master.sealed, master.sealed_size, keys, problem);
    if (rc == 0)
        secret_mask (keys->key_id, masked);
    credentials_destroy (&keys);
    if (rc)
        return rc;
    if (json) {
        printf ("{\"account_id\":");
        print_json_text (stdout, master.master_id);
        print_json_member (stdout, "api_key", masked);
        printf (",\"revision\":%llu}\n", (unsigned long long) master.revision);
    } else {
        printf ("account id  %s\napi key     %s\nrevision    %llu\n", master.master_id, masked,
            (unsigned long long) master.revision);
    }
    return 0;
}

static int master_show (int argc, char **argv)
{
    const char *env_file = NULL;
    bool json = false;
    const option_t list[] = {
        {.name = "--json", .help = "for scripts", .flag = &json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "master show",
        .arguments = "[--json]",
        .about = "Shows the stored master account; of its key only the beginning, never the secret.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    problem_t problem = {0};
    desk_t desk;
    rc = desk_open (&desk, env_file, DESK_STORAGE | DESK_VAULT, &problem);
    if (rc)
        return command_fail (&problem);
    rc = print_master (&desk, json, &problem);
    desk_close (&desk);
    return rc ? command_fail (&problem) : EXIT_OK;
}

const command_t command_master_set = {"master set", "store the master account's keys", master_set};
const command_t command_master_show = {"master show", "show the master account", master_show};
