/*  backends: SQLite and PostgreSQL, and the world a story starts with. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/backends.h"

#include "tests/lib/postgres_server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORIES_MAX 64

static int sqlite_prepare (char *url, size_t size)
{
    char folder[] = "/tmp/contract_sqlite_XXXXXX";
    if (!mkdtemp (folder))
        return -1;
    return snprintf (url, size, "sqlite:///%s/copier.db", folder) < (int) size ? 0 : -1;
}

static void sqlite_remove (const char *url)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[300];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void) snprintf (path, sizeof path, "%s%s", url + strlen ("sqlite:///"), ends[i]);
        (void) unlink (path);
    }
    path[strlen (path) - strlen ("/copier.db-shm")] = '\0';
    (void) rmdir (path);
}

/*  One server for all stories of a program, a database each. */
static postgres_server_t *server;

static void end_server (void)
{
    postgres_server_destroy (&server);
}

static int postgres_prepare (char *url, size_t size)
{
    if (!server) {
        server = postgres_server_new ();
        (void) atexit (end_server);
    }
    postgres_server_database (server, false, url, size);
    return 0;
}

static void postgres_remove (const char *url)
{
    postgres_server_drop (server, url);
}

const backend_t backends[] = {
    {"sqlite", sqlite_prepare, sqlite_remove},
    {"postgres", postgres_prepare, postgres_remove},
};
const size_t backends_count = sizeof backends / sizeof backends[0];

int world_setup (void **state)
{
    world_t *self = calloc (1, sizeof *self);
    assert (self);
    self->backend = *state;
    problem_t problem = {0};
    if (self->backend->prepare (self->url, sizeof self->url) != 0 ||
        storage_open (&self->storage, self->url, true, &problem) != 0 ||
        storage_open (&self->other, self->url, false, &problem) != 0)
        fail_msg ("%s: %s: %s", self->backend->name, problem.where, problem.detail);
    *state = self;
    return 0;
}

int world_teardown (void **state)
{
    world_t *self = *state;
    storage_close (&self->other);
    storage_close (&self->storage);
    self->backend->remove (self->url);
    free (self);
    return 0;
}

client_config_t example_client (const char *client_id)
{
    client_config_t client = {.active = true,
        .scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED,
        .multiplier_e9 = 1500000000,
        .direction = CLIENT_CONFIG_DIRECTION_LONG,
        .fractional = true,
        .sealed_size = 90};
    (void) snprintf (client.client_id, sizeof client.client_id, "%s", client_id);
    (void) snprintf (client.name, sizeof client.name, "Account of %s", client_id);
    (void) snprintf (client.allow, sizeof client.allow, "AAPL,MSFT");
    for (size_t i = 0; i < client.sealed_size; i++)
        client.sealed[i] = (uint8_t) (i * 7); /*  zero bytes too */
    return client;
}

message_t example_trade (const char *x, int64_t qty_e9)
{
    message_t message = {.kind = MSG_MASTER_ORDER};
    trade_t *trade = &message.master_order.trade;
    *trade = (trade_t){.side = TRADE_SIDE_BUY,
        .order_qty_e9 = 10000000000,
        .qty_e9 = qty_e9,
        .opened_e9 = qty_e9,
        .remaining_e18 = INT64_C (1000000000000000000),
        .price_e9 = 187250000000,
        .position_e9 = qty_e9,
        .master_equity_e9 = 100000000000000,
        .first_at_ns = 1700000000000000001,
        .executed_at_ns = 1700000000000000002,
        .received_at_ns = 1700000000000000003};
    (void) snprintf (trade->master_id, sizeof trade->master_id, "master");
    (void) snprintf (trade->x, sizeof trade->x, "%s", x);
    (void) snprintf (trade->order_id, sizeof trade->order_id, "%s", x);
    (void) snprintf (trade->symbol, sizeof trade->symbol, "AAPL");
    (void) snprintf (trade->order_type, sizeof trade->order_type, "market");
    (void) snprintf (trade->status, sizeof trade->status, "partially_filled");
    return message;
}

outcome_t example_outcome (const char *client_id, const char *x)
{
    outcome_t outcome = {.to_e9 = 10000000000,
        .leg = OUTCOME_LEG_OPEN,
        .slot = 1,
        .kind = OUTCOME_KIND_ACCEPTED,
        .side = OUTCOME_SIDE_BUY,
        .rate_num_e9 = 1,
        .rate_den_e9 = 2,
        .client_equity_e9 = 50000000000000,
        .holding_e9 = -1500000000,
        .target_e9 = 5000000000,
        .qty_e9 = 5000000000,
        .submitted_at_ns = 1700000000000000004,
        .answered_at_ns = 1700000000000000005};
    (void) snprintf (outcome.client_id, sizeof outcome.client_id, "%s", client_id);
    (void) snprintf (outcome.x, sizeof outcome.x, "%s", x);
    (void) snprintf (outcome.symbol, sizeof outcome.symbol, "AAPL");
    (void) snprintf (outcome.client_order_id, sizeof outcome.client_order_id, "tc1-%s-o1", client_id);
    (void) snprintf (outcome.scaling, sizeof outcome.scaling, "equity_based");
    return outcome;
}

message_t example_completed (const char *x, int64_t qty_e9, uint64_t sequence)
{
    message_t message = {.kind = MSG_REPLICATION_COMPLETED};
    replication_completed_t *completed = &message.replication_completed;
    *completed = (replication_completed_t){.sequence = sequence,
        .qty_e9 = qty_e9,
        .success_count = 498,
        .failure_count = 1,
        .skipped_count = 1,
        .total_time_ns = 41000000,
        .p50_ns = 9000000,
        .p95_ns = 20000000,
        .p99_ns = 30000000,
        .timestamp_at_ns = 1700000000000000009};
    (void) snprintf (completed->master_order_id, sizeof completed->master_order_id, "%s", x);
    (void) snprintf (completed->master_id, sizeof completed->master_id, "master");
    (void) snprintf (completed->symbol, sizeof completed->symbol, "AAPL");
    return message;
}

int stories_run (const story_t *stories, size_t count)
{
    assert (count <= STORIES_MAX);
    int failed = 0;
    for (size_t i = 0; i < backends_count; i++) {
        struct CMUnitTest tests[STORIES_MAX] = {0};
        for (size_t j = 0; j < count; j++)
            tests[j] = (struct CMUnitTest){.name = stories[j].name,
                .test_func = stories[j].run,
                .setup_func = world_setup,
                .teardown_func = world_teardown,
                .initial_state = (void *) (uintptr_t) &backends[i]};
        failed += _cmocka_run_group_tests (backends[i].name, tests, count, NULL, NULL);
    }
    return failed;
}
