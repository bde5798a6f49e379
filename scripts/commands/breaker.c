/*  breaker.c: breaker list, breaker reset. The database is asked and told; a running shard takes a reset as a changed
 *  client configuration (docs/breakers.md). */
#include "scripts/commands/client.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"

#include "messages/trading.h"
#include "storage/database_state.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    desk_t desk;
    bool open_only;
    bool json;
    size_t shown;
    problem_t *problem;
} list_t;

static const char *time_or_dash (int64_t utc_ns, char text[TIME_TEXT_MAX])
{
    return utc_ns > 0 ? time_format (utc_ns, text) : "-";
}

static void print_row (const list_t *self, const breaker_changed_t *breaker)
{
    char opened[TIME_TEXT_MAX];
    char retry[TIME_TEXT_MAX];
    if (self->shown == 0)
        printf ("%-24s %-9s %-8s %-30s %-30s %s\n", "ACCOUNT ID", "STATE", "FAILURES", "OPENED", "RETRY",
            "LAST ERROR");
    printf ("%-24s %-9s %-8llu %-30s %-30s %s\n", breaker->client_id,
        breaker_changed_state_text (breaker->state), (unsigned long long) breaker->failures,
        time_or_dash (breaker->opened_at_ns, opened), time_or_dash (breaker->retry_at_ns, retry),
        breaker->last_error);
}

static void print_json (const list_t *self, const breaker_changed_t *breaker)
{
    char text[TIME_TEXT_MAX];
    printf ("%s{\"account_id\":", self->shown ? ",\n " : "");
    print_json_text (stdout, breaker->client_id);
    print_json_member (stdout, "state", breaker_changed_state_text (breaker->state));
    printf (",\"failures\":%llu", (unsigned long long) breaker->failures);
    print_json_member (
        stdout, "opened_at", breaker->opened_at_ns > 0 ? time_format (breaker->opened_at_ns, text) : "");
    print_json_member (
        stdout, "retry_at", breaker->retry_at_ns > 0 ? time_format (breaker->retry_at_ns, text) : "");
    print_json_member (stdout, "last_error", breaker->last_error);
    printf ("}");
}

static int on_breaker (void *context, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    list_t *self = context;
    (void) stored_at_ns;
    if (self->open_only && breaker->state == BREAKER_CHANGED_STATE_CLOSED)
        return 0;
    if (self->json)
        print_json (self, breaker);
    else
        print_row (self, breaker);
    self->shown++;
    return 0;
}

static int print_all (list_t *self)
{
    state_t *state = database_state_new (self->desk.storage);
    if (!state)
        return problem_set (self->problem, ERR_MEMORY, "breaker list", "no memory");
    if (self->json)
        printf ("[");
    int rc = state->ops->breaker_each (state, on_breaker, self, self->problem);
    state->ops->destroy (&state);
    if (self->json)
        printf ("]\n");
    else if (rc == 0)
        printf ("%zu breaker%s\n", self->shown, self->shown == 1 ? "" : "s");
    return rc;
}

static int breaker_list (int argc, char **argv)
{
    problem_t problem = {0};
    list_t self = {.problem = &problem};
    const char *env_file = NULL;
    const option_t list[] = {
        {.name = "--open", .help = "without those that are closed", .flag = &self.open_only},
        {.name = "--json", .help = "for scripts: an array of objects", .flag = &self.json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "breaker list",
        .arguments = "[--open] [--json]",
        .about = "Lists the circuit breakers that ever changed, as the database knows them.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    if (desk_open (&self.desk, env_file, DESK_STORAGE, &problem) != 0)
        return command_fail (&problem);
    rc = print_all (&self);
    desk_close (&self.desk);
    return rc ? command_fail (&problem) : EXIT_OK;
}

/*  For the next start: what a running shard says replaces it. */
static int store_closed (storage_t *storage, const char *id, problem_t *problem)
{
    message_t record = {.kind = MSG_BREAKER_CHANGED};
    record.breaker_changed = (breaker_changed_t){.state = BREAKER_CHANGED_STATE_CLOSED};
    (void) snprintf (record.breaker_changed.client_id, sizeof record.breaker_changed.client_id, "%s", id);
    (void) snprintf (
        record.breaker_changed.last_error, sizeof record.breaker_changed.last_error, "reset by an operator");
    int rc = storage_begin (storage, problem);
    if (rc == 0)
        rc = storage_append (storage, &record, problem);
    return rc == 0 ? storage_commit (storage, problem) : rc;
}

static int reset_all (desk_t *desk, char **ids, size_t count, problem_t *problem)
{
    client_config_t client;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = client_missing (storage_client_get (desk->storage, ids[i], &client, problem), ids[i], problem);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = store_closed (desk->storage, ids[i], problem);
        if (rc == 0)
            rc = client_missing (storage_client_touch (desk->storage, ids[i], problem), ids[i], problem);
        if (rc == 0)
            printf ("breaker of %s reset\n", ids[i]);
    }
    return rc;
}

static int breaker_reset (int argc, char **argv)
{
    const char *env_file = NULL;
    const option_t list[] = {
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "breaker reset",
        .arguments = "ID...",
        .about =
            "Closes the circuit breakers of these clients: their next entries go out. A running copier takes "
            "it\nwithin a second. When one of the names is unknown, none is reset.",
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
    rc = reset_all (&desk, argv + 1, count, &problem);
    desk_close (&desk);
    return rc ? command_fail (&problem) : EXIT_OK;
}

const command_t command_breaker_list = {"breaker list", "list the clients' circuit breakers", breaker_list};
const command_t command_breaker_reset = {"breaker reset", "close clients' circuit breakers", breaker_reset};
