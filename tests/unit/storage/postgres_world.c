/*  postgres_world: see the header. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/storage/postgres_world.h"

#include <stdio.h>
#include <string.h>

static world_t the_world;

int world_begin (void **state)
{
    the_world.server = postgres_server_new ();
    *state = &the_world;
    return 0;
}

int world_end (void **state)
{
    (void) state;
    postgres_server_destroy (&the_world.server);
    return 0;
}

int world_setup (void **state)
{
    problem_t problem = {0};
    *state = &the_world;
    postgres_server_database (the_world.server, true, the_world.url, sizeof the_world.url);
    if (storage_open (&the_world.storage, the_world.url, true, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    return 0;
}

int world_teardown (void **state)
{
    world_t *self = *state;
    storage_close (&self->storage);
    postgres_server_drop (self->server, self->url);
    return 0;
}

const char *by_hand (const world_t *world, const char *sql)
{
    return postgres_server_ask (world->server, world->url, sql);
}

void reads (const world_t *world, const char *sql, const char *expected)
{
    assert_string_equal (by_hand (world, sql), expected);
}

void refuses (world_t *world, int code, const char *because)
{
    problem_t problem = {0};
    storage_close (&world->storage);
    assert_int_equal (storage_open (&world->storage, world->url, true, &problem), -code);
    assert_null (world->storage);
    assert_non_null (strstr (problem.where, "story_"));
    assert_null (strstr (problem.where, "tester"));
    if (!strstr (problem.detail, because))
        fail_msg ("\"%s\" does not say \"%s\"", problem.detail, because);
}

client_config_t example_client (const char *client_id)
{
    client_config_t client = {
        .active = true, .multiplier_e9 = 1500000000, .sealed_size = 3, .sealed = {1, 2, 3}};
    (void) snprintf (client.client_id, sizeof client.client_id, "%s", client_id);
    return client;
}

message_t example_result (const char *client_id, int64_t filled_e9)
{
    message_t message = {.kind = MSG_COPY_RESULT};
    message.copy_result.sequence = 7;
    message.copy_result.outcomes_count = 1;
    (void) snprintf (message.copy_result.shard, sizeof message.copy_result.shard, "executor-1");
    outcome_t *outcome = &message.copy_result.outcomes[0];
    *outcome = (outcome_t){.x = "x1",
        .to_e9 = 10000000000,
        .leg = OUTCOME_LEG_OPEN,
        .slot = 1,
        .kind = OUTCOME_KIND_ACCEPTED,
        .symbol = "AAPL",
        .scaling = "equity_based",
        .client_equity_e9 = 50000250000000,
        .holding_e9 = -1500000000,
        .target_e9 = 5000000000,
        .qty_e9 = 10500000000,
        .filled_e9 = filled_e9,
        .price_e9 = 187250000000,
        .submitted_at_ns = 1700000000000000004};
    (void) snprintf (outcome->client_id, sizeof outcome->client_id, "%s", client_id);
    return message;
}
