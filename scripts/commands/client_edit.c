/*  client_edit.c: client add and client update: the same options, on a new or a stored client. */
#include "scripts/commands/client.h"
#include "scripts/commands/client_form.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/secret.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const options_t *options;
    const char *env_file;
    const char *id;
    client_form_t form;
    secret_sources_t sources;
    bool is_new;
} edit_t;

static bool has_keys (const edit_t *self)
{
    return *self->sources.keys->key_id || *self->sources.keys->secret || self->sources.secret_file;
}

static int prepare (edit_t *self, desk_t *desk, client_config_t *client, problem_t *problem)
{
    int rc = 0;
    client_form_defaults (client);
    snprintf (client->client_id, sizeof client->client_id, "%s", self->id);
    if (!self->is_new)
        rc =
            client_missing (storage_client_get (desk->storage, self->id, client, problem), self->id, problem);
    if (rc == 0 && client->removed)
        rc = client_missing (-ERR_NOT_FOUND, self->id, problem);
    if (rc == 0)
        rc = client_form_apply (&self->form, "--", true, client, problem);
    if (rc || (!self->is_new && !has_keys (self)))
        return rc;
    rc = secret_complete (&self->sources, problem);
    return rc ? rc : client_seal (desk->vault, client, self->sources.keys, problem);
}

static int store (edit_t *self, desk_t *desk, problem_t *problem)
{
    client_config_t client;
    int rc = prepare (self, desk, &client, problem);
    if (rc == 0 && desk->vault)
        rc = desk_claim_key (desk, problem);
    if (rc == 0)
        rc = storage_client_put (desk->storage, &client, self->is_new, problem);
    if (rc == -ERR_EXISTS)
        return problem_set (
            problem, ERR_EXISTS, "client", "there is one named %.63s already: `client update`", self->id);
    if (rc == 0 && self->form.email)
        rc = client_email_put (desk->storage, self->id, self->form.email, problem);
    return rc;
}

static int edit (edit_t *self)
{
    problem_t problem = {0};
    desk_t desk;
    int rc = client_form_check_id (self->id, "--account-id", &problem);
    unsigned needs = self->is_new ? DESK_CREATE : DESK_STORAGE;
    if (rc == 0 && (self->is_new || has_keys (self)))
        needs |= DESK_VAULT;
    if (rc == 0)
        rc = desk_open (&desk, self->env_file, needs, &problem);
    if (rc)
        return command_fail (&problem);
    rc = store (self, &desk, &problem);
    desk_close (&desk);
    if (rc)
        return command_fail (&problem);
    printf ("client %s %s\n", self->id, self->is_new ? "added" : "updated");
    return EXIT_OK;
}

static int parse (edit_t *self, int argc, char **argv)
{
    client_form_t *form = &self->form;
    credentials_t *keys = self->sources.keys;
    const option_t list[] = {
        {.name = "--account-id",
            .value = "ID",
            .help = "the client's name here (or the first argument)",
            .text = &self->id},
        {.name = "--api-key", .value = "KEY", .help = "its key id at the broker", .secret = keys->key_id},
        {.name = "--secret-key",
            .value = "KEY",
            .help = "its secret; safer: the file, or the prompt",
            .secret = keys->secret},
        {.name = "--secret-key-file",
            .value = "FILE",
            .help = "a file whose first line is the secret; - = stdin",
            .text = &self->sources.secret_file},
        {.name = "--name", .value = "TEXT", .help = "for people", .text = &form->name},
        {.name = "--email", .value = "ADDRESS", .help = "for people", .text = &form->email},
        {.name = "--scaling-method",
            .value = "METHOD",
            .help = "equity_based (default), fixed_multiplier, risk_based",
            .text = &form->scaling},
        {.name = "--multiplier", .value = "M", .help = "default 1", .text = &form->multiplier},
        {.name = "--risk-percent",
            .value = "P",
            .help = "of equity, for risk_based; default 1",
            .text = &form->risk_percent},
        {.name = "--direction",
            .value = "D",
            .help = "entries copied: both (default), long, short",
            .text = &form->direction},
        {.name = "--allow",
            .value = "SYMBOLS",
            .help = "only these, comma separated; \"\" = all",
            .text = &form->allow},
        {.name = "--deny", .value = "SYMBOLS", .help = "never these", .text = &form->deny},
        {.name = "--active", .value = "BOOL", .help = "false = not copied", .text = &form->active},
        {.name = "--fractional", .value = "BOOL", .help = "false = whole shares", .text = &form->fractional},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &self->env_file},
        {0},
    };
    options_t options = *self->options;
    options.options = list;
    size_t count = 0;
    int rc = options_parse (&options, argc, argv, &count);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    if (count == 1 && self->id)
        return options_refuse (&options, "the account id is given twice");
    if (count == 1)
        self->id = argv[1];
    if (!self->id)
        return options_refuse (&options, "--account-id is missing");
    return edit (self);
}

static int run (const options_t *options, bool is_new, int argc, char **argv)
{
    problem_t problem = {0};
    credentials_t *keys = vault_harden (&problem) == 0 ? credentials_new () : NULL;
    if (!keys && !problem.code)
        problem_set (&problem, ERR_MEMORY, options->command, "cannot lock memory for the keys");
    if (!keys)
        return command_fail (&problem);
    edit_t self = {.options = options, .is_new = is_new, .sources = {.keys = keys}};
    int rc = parse (&self, argc, argv);
    credentials_destroy (&keys);
    return rc;
}

static int client_add (int argc, char **argv)
{
    static const options_t options = {.command = "client add",
        .arguments = "--account-id ID --api-key KEY [options]",
        .about = "Adds a client account. A running copier follows with it within a second.",
        .positionals_max = 1};
    return run (&options, true, argc, argv);
}

static int client_update (int argc, char **argv)
{
    static const options_t options = {.command = "client update",
        .arguments = "ID [options]",
        .about = "Changes a client account; what is not given stays. Keys are changed both together.",
        .positionals_max = 1};
    return run (&options, false, argc, argv);
}

const command_t command_client_add = {"client add", "add a client account", client_add};
const command_t command_client_update = {"client update", "change a client account", client_update};
