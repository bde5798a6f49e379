/*  sqlite_world: see the header. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/storage/sqlite_world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static world_t the_world;

int world_setup (void **state)
{
    world_t *self = &the_world;
    (void) snprintf (self->folder, sizeof self->folder, "/tmp/unit_sqlite_XXXXXX");
    assert_non_null (mkdtemp (self->folder));
    (void) snprintf (self->path, sizeof self->path, "%.60s/copier.db", self->folder);
    (void) snprintf (self->url, sizeof self->url, "sqlite:///%.95s", self->path);
    problem_t problem = {0};
    if (storage_open (&self->storage, self->url, true, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    *state = self;
    return 0;
}

int world_teardown (void **state)
{
    world_t *self = *state;
    storage_close (&self->storage);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[128];
        (void) snprintf (path, sizeof path, "%s%s", self->path, ends[i]);
        (void) unlink (path);
    }
    return rmdir (self->folder);
}

static sqlite3 *look (const world_t *world)
{
    sqlite3 *db = NULL;
    assert_int_equal (sqlite3_open_v2 (world->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal (sqlite3_busy_timeout (db, 5000), SQLITE_OK);
    return db;
}

void by_hand (const world_t *world, const char *sql)
{
    sqlite3 *db = look (world);
    if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg ("%s: %s", sql, sqlite3_errmsg (db));
    assert_int_equal (sqlite3_close (db), SQLITE_OK);
}

const char *ask (const world_t *world, const char *sql, char *text, size_t size)
{
    sqlite3 *db = look (world);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg ("%s: %s", sql, sqlite3_errmsg (db));
    text[0] = '\0';
    if (sqlite3_step (statement) == SQLITE_ROW)
        (void) snprintf (text, size, "%s", (const char *) sqlite3_column_text (statement, 0));
    (void) sqlite3_finalize (statement);
    assert_int_equal (sqlite3_close (db), SQLITE_OK);
    return text;
}

int reopen (world_t *world, problem_t *problem)
{
    storage_close (&world->storage);
    return storage_open (&world->storage, world->url, true, problem);
}

client_config_t example_client (const char *client_id)
{
    client_config_t client = {
        .active = true, .multiplier_e9 = 1500000000, .sealed_size = 3, .sealed = {1, 2, 3}};
    (void) snprintf (client.client_id, sizeof client.client_id, "%s", client_id);
    return client;
}

outcome_t example_outcome (const char *client_id, int64_t filled_e9)
{
    outcome_t outcome = {.x = "x1",
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
    (void) snprintf (outcome.client_id, sizeof outcome.client_id, "%s", client_id);
    return outcome;
}

void outcome_store (storage_t *storage, const outcome_t *outcome)
{
    message_t message = {.kind = MSG_COPY_RESULT};
    (void) snprintf (message.copy_result.shard, sizeof message.copy_result.shard, "executor-1");
    message.copy_result.sequence = 7;
    message.copy_result.outcomes_count = 1;
    message.copy_result.outcomes[0] = *outcome;
    problem_t problem = {0};
    assert_int_equal (storage_begin (storage, NULL), 0);
    if (storage_append (storage, &message, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (storage_commit (storage, NULL), 0);
}
