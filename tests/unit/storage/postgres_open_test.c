/*  What happens at open: new, foreign, newer, older and unreachable databases, and many who come at once; and what people
 *  read in one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/migration.h"
#include "tests/unit/storage/postgres_world.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void both_kinds_have_the_same_versions (void **state)
{
    (void) state;
    assert_int_equal (sqlite_migrations_count, postgres_migrations_count);
    for (size_t i = 0; i < sqlite_migrations_count; i++) {
        assert_int_equal (sqlite_migrations[i].version, postgres_migrations[i].version);
        assert_string_equal (sqlite_migrations[i].name, postgres_migrations[i].name);
    }
}

static void a_new_database_says_whose_it_is (void **state)
{
    world_t *world = *state;
    char expected[16];
    (void) snprintf (expected, sizeof expected, "%zu", postgres_migrations_count);
    reads (world, "SELECT max (version) FROM schema_migrations", expected);
    reads (world, "SELECT name FROM schema_migrations ORDER BY version", "001_start");
    reads (world, "SELECT obj_description ('schema_migrations'::regclass)", "trade-copier");
}

static void a_newer_schema_is_refused (void **state)
{
    world_t *world = *state;
    (void) by_hand (world, "INSERT INTO schema_migrations VALUES (99, '099_future', 0)");
    refuses (world, ERR_STORAGE, "schema version 99");
}

static void another_programs_database_is_left_alone (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    (void) by_hand (
        world, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE accounts (id BIGINT)");
    refuses (world, ERR_STORAGE, "another program's");
    reads (
        world, "SELECT string_agg (tablename, ',') FROM pg_tables WHERE schemaname = 'public'", "accounts");
}

static void a_table_of_that_name_is_not_enough (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    (void) by_hand (world,
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE schema_migrations (version BIGINT)");
    refuses (world, ERR_STORAGE, "another program's");
}

/*  Beside the other program's tables, in a schema that the user's search_path names. */
static void a_schema_of_its_own_will_do (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    (void) by_hand (world,
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE accounts (id BIGINT); CREATE SCHEMA "
        "copier; DO $$ BEGIN EXECUTE format "
        "('ALTER DATABASE %I SET search_path = copier', current_database ()); END $$");
    assert_int_equal (storage_open (&world->storage, world->url, true, NULL), 0);
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    reads (world, "SELECT count (*) FROM copier.clients", "1");
}

static void without_create_nothing_is_made (void **state)
{
    world_t *world = *state;
    problem_t problem = {0};
    storage_close (&world->storage);
    (void) by_hand (world, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    assert_int_equal (storage_open (&world->storage, world->url, false, &problem), -ERR_NOT_FOUND);
    assert_int_equal (storage_open_later (&world->storage, world->url, &problem), -ERR_NOT_FOUND);
    reads (world, "SELECT count (*) FROM pg_tables WHERE schemaname = 'public'", "0");
}

static void a_failed_migration_leaves_nothing (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    /*  its trigger function exists already in a form that cannot be replaced: the first migration fails at its middle */
    (void) by_hand (world,
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE FUNCTION outcomes_replaced () RETURNS "
        "BIGINT LANGUAGE sql AS 'SELECT 1'");
    refuses (world, ERR_STORAGE, "outcomes_replaced");
    reads (world, "SELECT count (*) FROM pg_tables WHERE schemaname = 'public'", "0");
}

static void wrong_places_and_passwords_are_named (void **state)
{
    world_t *world = *state;
    storage_t *storage = NULL;
    char url[256];
    problem_t problem = {0};
    unsigned port = postgres_server_port (world->server);
    (void) snprintf (url, sizeof url, "postgresql://tester:hunter2@localhost:%u/postgres", port);
    assert_int_equal (storage_open (&storage, url, true, &problem), -ERR_SETTING);
    assert_non_null (strstr (problem.detail, "password authentication failed"));
    assert_null (strstr (problem.detail, "hunter2"));
    (void) snprintf (
        url, sizeof url, "postgresql://tester:%s@localhost:%u/nowhere", POSTGRES_SERVER_ENCODED, port);
    assert_int_equal (storage_open (&storage, url, true, &problem), -ERR_SETTING);
    assert_non_null (strstr (problem.detail, "nowhere"));
    assert_int_equal (
        storage_open (&storage, "postgresql://a:hunter2@localhost:1/b", true, &problem), -ERR_UNREACHABLE);
    assert_string_equal (problem.where, "postgresql://localhost:1/b");
    assert_int_equal (
        storage_open (&storage, "postgresql://a@no-such-host.invalid/b", true, &problem), -ERR_UNREACHABLE);
    assert_null (storage);
}

static void a_password_may_come_from_a_file (void **state)
{
    world_t *world = *state;
    char url[256];
    char name[64];
    storage_t *storage = NULL;
    problem_t problem = {0};
    unsigned port = postgres_server_port (world->server);
    (void) snprintf (name, sizeof name, "%s", strrchr (world->url, '/') + 1);
    (void) snprintf (url, sizeof url, "postgresql://tester@localhost:%u/%s?password_file=%s", port, name,
        postgres_server_password_file (world->server));
    if (storage_open (&storage, url, false, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    storage_close (&storage);
    (void) snprintf (
        url, sizeof url, "postgresql://tester@localhost:%u/%s?password_file=/nonexistent", port, name);
    assert_int_equal (storage_open (&storage, url, false, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, "DATABASE_PASSWORD_FILE");
}

/*  Six processes open the same empty database at once and change it: one migrates, all go on, no change is lost. */
static int grow (const world_t *world, int number)
{
    storage_t *storage = NULL;
    if (storage_open (&storage, world->url, true, NULL) != 0)
        return 1;
    for (int i = 0; i < 10; i++) {
        char id[32];
        (void) snprintf (id, sizeof id, "c%d-%d", number, i);
        client_config_t client = example_client (id);
        if (storage_client_put (storage, &client, true, NULL) != 0)
            return 2;
    }
    storage_close (&storage);
    return 0;
}

static void many_processes_start_at_once (void **state)
{
    enum { PROCESSES = 6 };
    world_t *world = *state;
    storage_close (&world->storage);
    (void) by_hand (world, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork ();
        assert_true (pids[i] >= 0);
        if (pids[i] == 0)
            _exit (grow (world, i));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal (waitpid (pids[i], &status, 0), pids[i]);
        assert_int_equal (status, 0);
    }
    reads (world, "SELECT revision FROM config_revision", "60");
    reads (world, "SELECT count (DISTINCT revision) FROM clients", "60");
}

static int none (void *context, const client_config_t *client)
{
    (void) context;
    (void) client;
    return 0;
}

static void a_row_no_message_could_carry_is_named (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    problem_t problem = {0};
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    (void) by_hand (world, "UPDATE clients SET active = 2");
    assert_int_equal (storage_client_each (world->storage, 0, none, NULL, &problem), -ERR_CORRUPT);
    assert_non_null (strstr (problem.detail, "table clients, row c1, field active is not valid"));
    (void) by_hand (world, "UPDATE clients SET active = 1, scaling = 'guessed'");
    assert_int_equal (storage_client_each (world->storage, 0, none, NULL, &problem), -ERR_CORRUPT);
    assert_non_null (strstr (problem.detail, "field scaling"));
}

static void append (world_t *world, const message_t *record)
{
    problem_t problem = {0};
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    assert_int_equal (storage_append (world->storage, record, NULL), 0);
    if (storage_commit (world->storage, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
}

static void people_read_numbers_and_times (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    message_t result = example_result ("c1", 0);
    append (world, &result);
    reads (world,
        "SELECT concat_ws (' ', qty, filled, price, target, client_equity, submitted_at, answered_at || '.') "
        "FROM copies",
        "10.5 0 187.25 5 50000.25 2023-11-14T22:13:20.000000004Z .");
    reads (world, "SELECT multiplier FROM followers", "1.5");
    message_t trade = {.kind = MSG_MASTER_ORDER};
    trade.master_order.trade = (trade_t){.master_id = "master",
        .x = "x1",
        .order_id = "x1",
        .symbol = "AAPL",
        .order_type = "market",
        .status = "filled",
        .qty_e9 = 2,
        .position_e9 = -500000000,
        .first_at_ns = 1,
        .executed_at_ns = 1700000000000000002};
    append (world, &trade);
    reads (world, "SELECT concat_ws (' ', qty, position, executed_at) FROM trades",
        "0.000000002 -0.5 2023-11-14T22:13:20.000000002Z");
    reads (world, "SELECT count (*) FROM latencies", "0");
}

static void what_was_said_before_is_kept (void **state)
{
    world_t *world = *state;
    message_t result = example_result ("c1", 4);
    append (world, &result);
    append (world, &result); /*  the same again changes nothing */
    reads (world, "SELECT count (*) FROM outcome_history", "0");
    result.copy_result.outcomes[0].filled_e9 = 5;
    append (world, &result);
    reads (world, "SELECT string_agg (filled_e9::text, ',') FROM outcome_history", "4");
    reads (world, "SELECT filled_e9 FROM outcomes", "5");
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (both_kinds_have_the_same_versions),
        story (a_new_database_says_whose_it_is),
        story (a_newer_schema_is_refused),
        story (another_programs_database_is_left_alone),
        story (a_table_of_that_name_is_not_enough),
        story (a_schema_of_its_own_will_do),
        story (without_create_nothing_is_made),
        story (a_failed_migration_leaves_nothing),
        story (wrong_places_and_passwords_are_named),
        story (a_password_may_come_from_a_file),
        story (many_processes_start_at_once),
        story (a_row_no_message_could_carry_is_named),
        story (people_read_numbers_and_times),
        story (what_was_said_before_is_kept),
    };
    return cmocka_run_group_tests (tests, world_begin, world_end);
}
