/*  client_list.c: client list, for people and as JSON. Keys are shown only when asked for, and then masked. */
#include "scripts/commands/client.h"
#include "scripts/commands/client_form.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"
#include "scripts/commands/secret.h"

#include "messages/fixed.h"
#include "messages/trading.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    desk_t desk;
    bool active_only;
    bool json;
    credentials_t *keys; /*  NULL: keys are not shown */
    size_t shown;
    size_t active;
    problem_t *problem;
} list_t;

static int mask_key (list_t *self, const client_config_t *client, char masked[SECRET_MASK_MAX])
{
    *masked = '\0';
    if (!self->keys)
        return 0;
    int rc = vault_open (
        self->desk.vault, client->client_id, client->sealed, client->sealed_size, self->keys, self->problem);
    if (rc == 0)
        secret_mask (self->keys->key_id, masked);
    return rc;
}

static void print_json (
    const list_t *self, const client_config_t *client, const char *email, const char *masked)
{
    char since[TIME_TEXT_MAX];
    printf ("%s{\"account_id\":", self->shown ? ",\n " : "");
    print_json_text (stdout, client->client_id);
    print_json_member (stdout, "name", client->name);
    print_json_member (stdout, "email", email);
    printf (",\"is_active\":%s", client->active ? "true" : "false");
    print_json_member (stdout, "scaling_method", client_config_scaling_text (client->scaling));
    print_json_e9 (stdout, "multiplier", client->multiplier_e9);
    print_json_e9 (stdout, "risk_percent", client->risk_percent_e9);
    print_json_member (stdout, "direction", client_config_direction_text (client->direction));
    print_json_member (stdout, "allow", client->allow);
    print_json_member (stdout, "deny", client->deny);
    printf (",\"fractional\":%s", client->fractional ? "true" : "false");
    print_json_member (stdout, "follow_since", time_format (client->follow_since_ns, since));
    if (self->keys)
        print_json_member (stdout, "api_key", masked);
    printf ("}");
}

static void print_row (
    const list_t *self, const client_config_t *client, const char *email, const char *masked)
{
    char amount[FIXED_TEXT_MAX + 1];
    bool risk = client->scaling == CLIENT_CONFIG_SCALING_RISK_BASED;
    fixed_format (risk ? client->risk_percent_e9 : client->multiplier_e9, amount);
    if (self->shown == 0)
        printf ("%-24s %-8s %-16s %-10s %-6s %-20s %s%s\n", "ACCOUNT ID", "STATE", "SCALING", "RATE",
            "TRADES", "NAME", self->keys ? "API KEY   " : "", "E-MAIL");
    size_t size = strlen (amount);
    snprintf (amount + size, sizeof amount - size, "%s", risk ? "%" : "x");
    printf ("%-24s %-8s %-16s %-10s %-6s %-20s %s%s%s\n", client->client_id,
        client->active ? "active" : "inactive", client_config_scaling_text (client->scaling), amount,
        client_config_direction_text (client->direction), client->name, masked, *masked ? "  " : "", email);
}

static int on_client (void *context, const client_config_t *client)
{
    list_t *self = context;
    char email[CLIENT_EMAIL_MAX];
    char masked[SECRET_MASK_MAX];
    if (client->removed || (self->active_only && !client->active))
        return 0;
    int rc = client_email_get (self->desk.storage, client->client_id, email, sizeof email, self->problem);
    if (rc == 0)
        rc = mask_key (self, client, masked);
    if (rc)
        return rc;
    if (self->json)
        print_json (self, client, email, masked);
    else
        print_row (self, client, email, masked);
    self->shown++;
    self->active += client->active;
    return 0;
}

static int print_all (list_t *self)
{
    if (self->json)
        printf ("[");
    int rc = storage_client_each (self->desk.storage, 0, on_client, self, self->problem);
    if (self->json)
        printf ("]\n");
    else if (rc == 0)
        printf ("%zu client%s, %zu active\n", self->shown, self->shown == 1 ? "" : "s", self->active);
    return rc;
}

static int list_clients (list_t *self, const char *env_file, bool with_keys)
{
    int rc = desk_open (&self->desk, env_file, DESK_STORAGE | (with_keys ? DESK_VAULT : 0), self->problem);
    if (rc)
        return command_fail (self->problem);
    self->keys = with_keys ? credentials_new () : NULL;
    if (with_keys && !self->keys)
        rc = problem_set (self->problem, ERR_MEMORY, "client list", "cannot lock memory for the keys");
    if (rc == 0)
        rc = print_all (self);
    credentials_destroy (&self->keys);
    desk_close (&self->desk);
    return rc ? command_fail (self->problem) : EXIT_OK;
}

static int client_list (int argc, char **argv)
{
    problem_t problem = {0};
    list_t self = {.problem = &problem};
    const char *env_file = NULL;
    bool with_keys = false;
    const option_t list[] = {
        {.name = "--active-only", .help = "without those that are not copied", .flag = &self.active_only},
        {.name = "--keys",
            .help = "the beginning of each key id too (needs ENCRYPTION_KEY)",
            .flag = &with_keys},
        {.name = "--json", .help = "for scripts: an array of objects", .flag = &self.json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "client list",
        .arguments = "[--active-only] [--json]",
        .about = "Lists the client accounts; never a secret.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    return list_clients (&self, env_file, with_keys);
}

const command_t command_client_list = {"client list", "list the client accounts", client_list};
