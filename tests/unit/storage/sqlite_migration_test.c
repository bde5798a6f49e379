/*  A database that an earlier program wrote is brought up to date, and what it holds is the same after it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/migration.h"
#include "tests/unit/storage/sqlite_world.h"

#include <stdio.h>
#include <unistd.h>

#define TEXT_SIZE 8192

/*  Each value as it is written in SQL, rows apart by '|'. */
#define ROWS                                                                                                 \
    "SELECT group_concat (line, '|') FROM (SELECT quote (client_id) || quote (x) || quote (leg) || slot || " \
    "',' || stored_at_ns || quote (shard) || sequence || ',' || from_e9 || ',' || to_e9 || quote (kind) || " \
    "quote (reason) || code || quote (symbol) || quote (side) || quote (client_order_id) || "                \
    "quote (order_id) || quote (scaling) || rate_num_e9 || ',' || rate_den_e9 || ',' || client_equity_e9 "   \
    "|| ',' || holding_e9 || ',' || target_e9 || ',' || exit_target_e9 || ',' || remaining_e18 || ',' || "   \
    "exit_decided || ',' || qty_e9 || ',' || filled_e9 || ',' || price_e9 || ',' || final || ',' || "        \
    "submitted_at_ns || ',' || answered_at_ns AS line FROM outcomes ORDER BY client_id, x, leg, slot)"
#define COPIES                                                                                               \
    "SELECT group_concat (line, '|') FROM (SELECT client_id || ',' || x || ',' || leg || ',' || slot || "    \
    "',' || kind || ',' || reason || ',' || code || ',' || symbol || ',' || side || ',' || qty || ',' || "   \
    "filled || ',' || price || ',' || target || ',' || scaling || ',' || client_equity || ',' || final || "  \
    "',' || client_order_id || ',' || order_id || ',' || submitted_at || ',' || answered_at AS line FROM "   \
    "copies ORDER BY client_id, x, leg, slot)"

/*  As sqlite_migration.c does it, but only so far. */
static void begin_at (world_t *world, int version)
{
    storage_close (&world->storage);
    assert_int_equal (unlink (world->path), 0);
    FILE *file = fopen (world->path, "w");
    assert_non_null (file);
    assert_int_equal (fclose (file), 0);
    by_hand (world,
        "PRAGMA application_id = 1952656433; CREATE TABLE schema_migrations (version INTEGER NOT NULL "
        "PRIMARY KEY, name TEXT NOT NULL, applied_at_ns INTEGER NOT NULL) STRICT");
    for (int at = 0; at < version; at++) {
        char sql[128];
        (void) snprintf (sql, sizeof sql, "INSERT INTO schema_migrations VALUES (%d, '%.60s', 0)",
            sqlite_migrations[at].version, sqlite_migrations[at].name);
        by_hand (world, sqlite_migrations[at].sql);
        by_hand (world, sql);
    }
}

/*  Every column its own number, so that none can take another's place. */
static void outcome (world_t *world, const char *client_id, const char *x, int slot, int final)
{
    char sql[1024];
    (void) snprintf (sql, sizeof sql,
        "INSERT INTO outcomes (client_id, x, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9, kind, "
        "reason, code, symbol, side, client_order_id, order_id, scaling, rate_num_e9, rate_den_e9, "
        "client_equity_e9, holding_e9, target_e9, exit_target_e9, remaining_e18, exit_decided, qty_e9, "
        "filled_e9, price_e9, final, submitted_at_ns, answered_at_ns) VALUES ('%s', '%s', 'close', %d, 102, "
        "'executor-1', 103, 104, 105, 'accepted', 'why', 106, 'AAPL', 'buy', 'id-%s-%s-%d', 'order', "
        "'equity_based', 107, 108, 109, -110, 111, 112, 113, 1, 114, 115, 116, %d, 117, 118)",
        client_id, x, slot, client_id, x, slot, final);
    by_hand (world, sql);
}

/*  Three fan-outs of two clients, one with two slots; one row said something else before. */
static void at_six (world_t *world)
{
    begin_at (world, 6);
    for (int x = 3; x > 0; x--) {
        char text[16];
        (void) snprintf (text, sizeof text, "x%d", x);
        outcome (world, "anna", text, 1, 1);
        outcome (world, "bert", text, 1, x > 1);
    }
    outcome (world, "anna", "x2", 2, 0);
    by_hand (world, "UPDATE outcomes SET filled_e9 = 119 WHERE client_id = 'anna' AND x = 'x2' AND slot = 1");
}

static void migrate (world_t *world)
{
    problem_t problem = {0};
    if (storage_open (&world->storage, world->url, true, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
}

static void holds (const world_t *world, const char *sql, const char *expected)
{
    static char text[TEXT_SIZE];
    assert_string_equal (ask (world, sql, text, sizeof text), expected);
}

static void outcomes_that_stand_by_x_are_the_same (void **state)
{
    static char rows[TEXT_SIZE];
    static char copies[TEXT_SIZE];
    world_t *world = *state;
    at_six (world);
    (void) ask (world, ROWS, rows, sizeof rows);
    (void) ask (world, COPIES, copies, sizeof copies);
    holds (world, "SELECT count (*) || filled_e9 FROM outcome_history", "1115");
    migrate (world);
    holds (world, "SELECT max (version) >= 7 FROM schema_migrations", "1");
    holds (world, "SELECT count (*) FROM outcomes", "7");
    holds (world, ROWS, rows);
    holds (world, COPIES, copies);
    holds (world, "SELECT count (*) || filled_e9 FROM outcome_history", "1115");
    holds (world,
        "SELECT group_concat (name) FROM (SELECT name FROM pragma_table_info ('outcomes') WHERE pk > 0 ORDER "
        "BY pk)",
        "x,client_id,leg,slot");
}

static int read_back (void *context, const outcome_t *outcome)
{
    int *count = context;
    assert_int_equal (outcome->to_e9, 105);
    assert_int_equal (outcome->exit_target_e9, 112);
    ++*count;
    return 0;
}

/*  What replaces a row keeps its past, and the rows of an X are found, in the table as it is now. */
static void the_table_goes_on_as_before (void **state)
{
    world_t *world = *state;
    at_six (world);
    migrate (world);
    int count = 0;
    assert_int_equal (storage_history_each (world->storage, "x2", read_back, &count, NULL), 0);
    assert_int_equal (count, 3);
    outcome_t changed = example_outcome ("anna", 4);
    outcome_store (world->storage, &changed); /*  x1, open */
    changed.filled_e9 = 5;
    outcome_store (world->storage, &changed);
    holds (world, "SELECT count (*) FROM outcomes", "8");
    holds (
        world, "SELECT group_concat (filled_e9) FROM (SELECT * FROM outcome_history ORDER BY id)", "115,4");
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        story (outcomes_that_stand_by_x_are_the_same),
        story (the_table_goes_on_as_before),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
