/*  test_connection.c: do the stored keys work at the broker? One line an account, and one that sums up. */
#include "scripts/commands/client.h"
#include "scripts/commands/command.h"
#include "scripts/commands/id_proof.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"
#include "scripts/commands/probe.h"

#include "messages/fixed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t sealed[VAULT_SEALED_MAX];
    size_t size;
} sealed_t;

typedef struct {
    desk_t desk;
    const char *client; /*  NULL = not only this one */
    bool master;
    bool all;
    bool json;
    bool paper;
    const char *symbol; /*  of the orders that --paper sends */
    probe_t *probes;
    sealed_t *sealed; /*  of the probe at the same index */
    size_t count;
    problem_t *problem;
} test_t;

static const char *const words[] = {
    [PROBE_OPEN] = "no answer",
    [PROBE_GOOD] = "ok",
    [PROBE_UNREACHABLE] = "unreachable",
    [PROBE_REFUSED] = "refused",
    [PROBE_FAILED] = "failed",
};

static int append (test_t *self, const char *id, bool stream, const uint8_t *sealed, size_t size)
{
    assert (self->probes && self->sealed && size <= VAULT_SEALED_MAX);
    if (self->count == PROBE_MAX)
        return problem_set (self->problem, ERR_FULL, "test-connection", "more than %d accounts", PROBE_MAX);
    probe_t *probe = &self->probes[self->count];
    *probe = (probe_t){.stream = stream};
    snprintf (probe->id, sizeof probe->id, "%s", id);
    memcpy (self->sealed[self->count].sealed, sealed, size);
    self->sealed[self->count++].size = size;
    return 0;
}

static int append_master (test_t *self)
{
    master_config_t master;
    int rc = storage_master_get (self->desk.storage, &master, self->problem);
    if (rc == -ERR_NOT_FOUND && self->all)
        return 0;
    if (rc == -ERR_NOT_FOUND)
        return problem_set (
            self->problem, ERR_NOT_FOUND, "master", "none is stored: `trade-copier master set`");
    return rc ? rc : append (self, master.master_id, true, master.sealed, master.sealed_size);
}

static int append_client (test_t *self)
{
    client_config_t client;
    int rc = client_missing (storage_client_get (self->desk.storage, self->client, &client, self->problem),
        self->client, self->problem);
    return rc ? rc : append (self, client.client_id, false, client.sealed, client.sealed_size);
}

static int on_client (void *context, const client_config_t *client)
{
    test_t *self = context;
    return client->removed ? 0 : append (self, client->client_id, false, client->sealed, client->sealed_size);
}

static int collect (test_t *self)
{
    int rc = 0;
    if (self->master || self->all)
        rc = append_master (self);
    if (rc == 0 && self->client)
        rc = append_client (self);
    if (rc == 0 && self->all)
        rc = storage_client_each (self->desk.storage, 0, on_client, self, self->problem);
    if (rc == 0 && self->count == 0)
        rc = problem_set (self->problem, ERR_NOT_FOUND, "test-connection", "no account is stored yet");
    return rc;
}

static int open_keys (void *context, size_t index, credentials_t *credentials, problem_t *problem)
{
    test_t *self = context;
    assert (self->sealed && index < self->count);
    const sealed_t *sealed = &self->sealed[index];
    return vault_open (
        self->desk.vault, self->probes[index].id, sealed->sealed, sealed->size, credentials, problem);
}

static void print_probe (const test_t *self, size_t index)
{
    const probe_t *probe = &self->probes[index];
    char equity[FIXED_TEXT_MAX];
    fixed_format (probe->equity_e9, equity);
    if (self->json) {
        printf ("%s{\"account_id\":", index ? ",\n " : "[");
        print_json_text (stdout, probe->id);
        print_json_member (stdout, "role", probe->stream ? "master" : "client");
        print_json_member (stdout, "result", words[probe->state]);
        print_json_member (stdout, "status", probe->status);
        print_json_member (stdout, "equity", equity);
        printf (",\"latency_ms\":%.1f", (double) probe->latency_ns / 1e6);
        print_json_member (stdout, "detail", probe->detail);
        printf ("}%s", index + 1 == self->count ? "]\n" : "");
    } else if (probe->state == PROBE_GOOD) {
        printf ("%-6s %-24s ok           %s, equity %s, %.1f ms%s\n", probe->stream ? "master" : "client",
            probe->id, probe->status, equity, (double) probe->latency_ns / 1e6,
            probe->stream ? ", stream ok" : "");
    } else {
        printf ("%-6s %-24s %-12s %s\n", probe->stream ? "master" : "client", probe->id, words[probe->state],
            probe->detail);
    }
}

/*  0, or a problem that names the first bad account; a wrong key weighs more than an unreachable broker. */
static int sum_up (test_t *self)
{
    size_t bad = 0;
    const probe_t *worst = NULL;
    for (size_t i = 0; i < self->count; i++) {
        const probe_t *probe = &self->probes[i];
        print_probe (self, i);
        if (probe->state == PROBE_GOOD)
            continue;
        bad++;
        if (!worst || (worst->state == PROBE_UNREACHABLE && probe->state != PROBE_UNREACHABLE))
            worst = probe;
    }
    if (!worst)
        return 0;
    int code = worst->state == PROBE_UNREACHABLE ? ERR_UNREACHABLE : ERR_BROKER;
    return problem_set (self->problem, code, settings_base_url (self->desk.settings),
        "%zu of %zu accounts failed, e.g. %s: %s: %s", bad, self->count, worst->id, words[worst->state],
        worst->detail);
}

static const char *verdict (bool proven)
{
    return proven ? "refused again" : "TAKEN AGAIN";
}

static void print_proof (const test_t *self, const id_proof_t *proof)
{
    if (self->json) {
        printf ("{\"account_id\":");
        print_json_text (stdout, self->probes[0].id);
        printf (",\"cancelled_id_refused\":%s,\"filled_id_refused\":%s}\n",
            proof->cancelled_refused ? "true" : "false",
            !proof->filled          ? "null"
            : proof->filled_refused ? "true"
                                    : "false");
        return;
    }
    printf ("id of a cancelled order: %s\n", verdict (proof->cancelled_refused));
    printf ("id of a filled order:    %s\n", proof->filled
                                                 ? verdict (proof->filled_refused)
                                                 : "not tried: the order did not fill (market closed?)");
}

/*  What copying exactly once rests on, tried at the broker with one account. */
static int prove_ids (test_t *self)
{
    id_proof_t proof;
    credentials_t *credentials = credentials_new ();
    if (!credentials)
        return problem_set (self->problem, ERR_MEMORY, "test-connection", "cannot lock memory for the keys");
    int rc = open_keys (self, 0, credentials, self->problem);
    if (rc == 0)
        rc = id_proof_run (
            self->desk.settings, self->probes[0].id, credentials, self->symbol, &proof, self->problem);
    credentials_destroy (&credentials);
    if (rc)
        return rc;
    print_proof (self, &proof);
    if (!proof.filled)
        return problem_set (
            self->problem, ERR_BROKER, self->symbol, "not proven: the market order did not fill");
    if (!proof.cancelled_refused || !proof.filled_refused)
        return problem_set (self->problem, ERR_BROKER, settings_base_url (self->desk.settings),
            "the broker takes an ended order's id again: a copy could be doubled when a shard is taken over");
    return 0;
}

static int test (test_t *self)
{
    self->probes = calloc (PROBE_MAX, sizeof *self->probes);
    self->sealed = calloc (PROBE_MAX, sizeof *self->sealed);
    int rc = 0;
    if (!self->probes || !self->sealed)
        rc = problem_set (self->problem, ERR_MEMORY, "test-connection", "no memory");
    if (rc == 0)
        rc = collect (self);
    if (rc == 0 && self->paper)
        rc = prove_ids (self);
    else if (rc == 0)
        rc = probe_run (self->desk.settings, self->probes, self->count, open_keys, self, self->problem);
    if (rc == 0 && !self->paper)
        rc = sum_up (self);
    free (self->probes);
    free (self->sealed);
    return rc;
}

static int test_connection (int argc, char **argv)
{
    problem_t problem = {0};
    test_t self = {.problem = &problem, .symbol = "SPY"};
    const char *env_file = NULL;
    const option_t list[] = {
        {.name = "--client", .value = "ID", .help = "only this client", .text = &self.client},
        {.name = "--master", .help = "only the master, its trading stream too", .flag = &self.master},
        {.name = "--all", .help = "the master and every client (the default)", .flag = &self.all},
        {.name = "--paper",
            .help = "with --client: proves with orders of one share that ids of ended orders stay taken",
            .flag = &self.paper},
        {.name = "--symbol", .value = "S", .help = "of these orders (default SPY)", .text = &self.symbol},
        {.name = "--json", .help = "for scripts: an array of objects", .flag = &self.json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "test-connection",
        .arguments = "[--client ID [--paper] | --master | --all] [--json]",
        .about = "Asks the broker whether the stored keys work; sends no order without --paper.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    if ((self.client != NULL) + self.master + self.all > 1)
        return options_refuse (&options, "expected one of --client, --master, --all");
    if (self.paper && !self.client)
        return options_refuse (&options, "--paper needs --client");
    self.all = self.all || (!self.client && !self.master);
    rc = desk_open (&self.desk, env_file, DESK_STORAGE | DESK_VAULT, &problem);
    if (rc)
        return command_fail (&problem);
    rc = test (&self);
    desk_close (&self.desk);
    return rc ? command_fail (&problem) : EXIT_OK;
}

const command_t command_test_connection = {
    "test-connection", "do the stored keys work at the broker?", test_connection};
