/*  shards.c: the executor shards of a running copier. The dispatcher tells of each of them every second, on the tap
 *  (shard.state): what it told last is printed. */
#include "actors/host/run.h"
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"

#include "messages/fixed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS_MAX 64
#define ROUNDS 2 /*  the first one may have begun before we listened */
#define WAIT_MS 4000

typedef struct {
    shard_state_t list[SHARDS_MAX];
    size_t count;
    int64_t round_ns; /*  of what was heard last */
    unsigned rounds;
} shards_t;

static bool on_message (void *context, const char *subject, const message_t *message)
{
    shards_t *self = context;
    size_t at = 0;
    (void) subject;
    if (!message || message->kind != MSG_SHARD_STATE)
        return true;
    const shard_state_t *state = &message->shard_state;
    if (state->at_ns != self->round_ns) {
        self->round_ns = state->at_ns;
        if (self->rounds++ == ROUNDS)
            return false;
        self->count = 0;
    }
    while (at < self->count && strcmp (self->list[at].shard, state->shard) != 0)
        at++;
    if (at == SHARDS_MAX)
        return true;
    self->list[at] = *state;
    self->count += at == self->count;
    return true;
}

static int by_name (const void *a, const void *b)
{
    return strcmp (((const shard_state_t *) a)->shard, ((const shard_state_t *) b)->shard);
}

static void print_row (const shard_state_t *state)
{
    printf ("%-24s %-10s %8llu %7llu %7llu %9.1f %8.1f %11.1f %8.2f %17llu\n", state->shard,
        shard_state_state_text (state->state), (unsigned long long) state->clients,
        (unsigned long long) state->moving, (unsigned long long) state->weight,
        (double) state->lease_left_ns / 1e6, (double) state->lag_ns / 1e6,
        (double) state->rate_e9 / FIXED_ONE, (double) state->p99_ns / 1e6, (unsigned long long) state->epoch);
}

static void print_table (const shards_t *self)
{
    printf ("%-24s %-10s %8s %7s %7s %9s %8s %11s %8s %17s\n", "SHARD", "STATE", "CLIENTS", "MOVING",
        "WEIGHT", "LEASE ms", "LAG ms", "ORDERS/s", "P99 ms", "EPOCH");
    for (size_t at = 0; at < self->count; at++)
        print_row (&self->list[at]);
    printf ("%zu shard%s\n", self->count, self->count == 1 ? "" : "s");
}

static void print_json (const shards_t *self)
{
    printf ("[");
    for (size_t at = 0; at < self->count; at++) {
        const shard_state_t *state = &self->list[at];
        printf ("%s{\"name\":", at ? ",\n " : "");
        print_json_text (stdout, state->shard);
        print_json_member (stdout, "state", shard_state_state_text (state->state));
        printf (",\"clients\":%llu,\"moving\":%llu,\"weight\":%llu,\"lease_left_ms\":%.3f,\"lag_ms\":%.3f,"
                "\"orders\":%llu,\"orders_per_second\":%.3f,\"p99_ms\":%.3f,\"epoch\":%llu}",
            (unsigned long long) state->clients, (unsigned long long) state->moving,
            (unsigned long long) state->weight, (double) state->lease_left_ns / 1e6,
            (double) state->lag_ns / 1e6, (unsigned long long) state->orders,
            (double) state->rate_e9 / FIXED_ONE, (double) state->p99_ns / 1e6,
            (unsigned long long) state->epoch);
    }
    printf ("]\n");
}

static int shards (int argc, char **argv)
{
    static shards_t self;
    bool json = false;
    host_tap_options_t tap_options = {
        .subject = "shard.state", .timeout_ms = WAIT_MS, .on_message = on_message, .context = &self};
    const option_t list[] = {
        {.name = "--json", .help = "for scripts: an array of objects", .flag = &json},
        {.name = "--endpoint",
            .value = "E",
            .help = "of the tap; default: that of the copier running on DATABASE_URL",
            .text = &tap_options.endpoint},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &tap_options.env_file},
        {0},
    };
    const options_t options = {.command = "shards",
        .arguments = "[--json] [--endpoint E]",
        .about = "Shows the executors of a running copier: how many clients each has, how long its lease "
                 "lasts, what it\n"
                 "sends. It listens for two to four seconds.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    rc = host_tap (&tap_options);
    if (rc != 0)
        return rc;
    if (self.count == 0) {
        problem_t problem = {0};
        (void) problem_set (
            &problem, ERR_UNREACHABLE, "shards", "the dispatcher tells nothing: is it running?");
        return command_fail (&problem);
    }
    qsort (self.list, self.count, sizeof *self.list, by_name);
    if (json)
        print_json (&self);
    else
        print_table (&self);
    return EXIT_OK;
}

const command_t command_shards = {"shards", "show the executors of a running copier", shards};
