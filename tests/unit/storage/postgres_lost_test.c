/*  A server that goes away and comes back, killed, restarted, paused, or that throws us out, seen through the port. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/storage/postgres_world.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/*  Who waits for an answer that does not come waits 10 s; who does not wait is faster than this on any machine. */
#define NO_WAIT_MS 9000

static int64_t now_ms (void)
{
    struct timespec now;
    assert_int_equal (clock_gettime (CLOCK_MONOTONIC, &now), 0);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*  Asked again and again, as the audit does; no call takes long. */
static void comes_back (const world_t *world)
{
    uint64_t revision = 0;
    problem_t problem = {0};
    for (int i = 0; i < 2400; i++) {
        int64_t before = now_ms ();
        if (storage_revision (world->storage, &revision, &problem) == 0)
            return;
        assert_in_range (now_ms () - before, 0, NO_WAIT_MS);
        (void) usleep (25000);
    }
    fail_msg ("it does not come back: %s", problem.detail);
}

static void is_away (const world_t *world)
{
    uint64_t revision = 0;
    problem_t problem = {0};
    assert_int_equal (storage_revision (world->storage, &revision, &problem), -ERR_UNREACHABLE);
    assert_int_equal (problem.code, ERR_UNREACHABLE);
    assert_non_null (strstr (problem.where, "story_"));
}

static int store (const world_t *world, int64_t filled_e9)
{
    message_t result = example_result ("c1", filled_e9);
    int rc = storage_begin (world->storage, NULL);
    if (rc == 0)
        rc = storage_append (world->storage, &result, NULL);
    if (rc == 0)
        return storage_commit (world->storage, NULL);
    storage_rollback (world->storage);
    return rc;
}

static void a_server_that_was_killed_is_found_again (void **state)
{
    world_t *world = *state;
    assert_int_equal (store (world, 1), 0);
    postgres_server_kill (world->server);
    is_away (world);
    assert_int_not_equal (store (world, 2), 0);
    postgres_server_start (world->server);
    comes_back (world);
    assert_int_equal (store (world, 3), 0);
    reads (world, "SELECT filled_e9 FROM outcomes", "3");
}

/*  One that was idle meanwhile does not even notice. */
static void a_restart_behind_our_back_costs_one_call_at_most (void **state)
{
    world_t *world = *state;
    uint64_t revision = 0;
    postgres_server_kill (world->server);
    postgres_server_start (world->server);
    (void) storage_revision (world->storage, &revision, NULL);
    comes_back (world);
    assert_int_equal (store (world, 1), 0);
}

/*  t=0 begin, append; t=1 the server dies and is back; t=2 append, commit: nothing of it is there, and it says so. */
static void a_transaction_does_not_go_on_over_another_connection (void **state)
{
    world_t *world = *state;
    message_t first = example_result ("c1", 1);
    message_t second = example_result ("c2", 1);
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    assert_int_equal (storage_append (world->storage, &first, NULL), 0);
    postgres_server_kill (world->server);
    postgres_server_start (world->server);
    int appended = storage_append (world->storage, &second, NULL);
    int committed = storage_commit (world->storage, NULL);
    assert_true (appended != 0 || committed != 0);
    assert_int_not_equal (committed, 0);
    comes_back (world);
    reads (world, "SELECT count (*) FROM outcomes", "0");
    assert_int_equal (store (world, 1), 0);
}

/*  Its processes stop, the connection stays: the first call gives up, those after it do not wait. */
static void a_server_that_is_silent_is_given_up (void **state)
{
    world_t *world = *state;
    uint64_t revision = 0;
    postgres_server_pause (world->server);
    int64_t before = now_ms ();
    assert_int_equal (storage_revision (world->storage, &revision, NULL), -ERR_TIMEOUT);
    assert_true (now_ms () - before > NO_WAIT_MS);
    before = now_ms ();
    for (int i = 0; i < 100; i++)
        assert_int_not_equal (storage_revision (world->storage, &revision, NULL), 0);
    assert_in_range (now_ms () - before, 0, NO_WAIT_MS);
    postgres_server_go_on (world->server);
    comes_back (world);
    assert_int_equal (store (world, 1), 0);
}

static void who_is_thrown_out_comes_back (void **state)
{
    world_t *world = *state;
    uint64_t revision = 0;
    (void) by_hand (world,
        "SELECT count (pg_terminate_backend (pid)) FROM pg_stat_activity WHERE application_name = "
        "'trade-copier'");
    (void) storage_revision (world->storage, &revision, NULL);
    comes_back (world);
    assert_int_equal (store (world, 1), 0);
}

/*  An audit that is restarted while the server is away. */
static void it_need_not_be_there_for_who_says_so (void **state)
{
    world_t *world = *state;
    problem_t problem = {0};
    storage_close (&world->storage);
    postgres_server_kill (world->server);
    assert_int_equal (storage_open (&world->storage, world->url, false, &problem), -ERR_UNREACHABLE);
    assert_int_equal (storage_open_later (&world->storage, world->url, &problem), 0);
    is_away (world);
    assert_int_not_equal (store (world, 1), 0);
    postgres_server_start (world->server);
    comes_back (world);
    assert_int_equal (store (world, 1), 0);
}

/*  What a newer program did to the database meanwhile is told, and nothing is written into it. */
static void a_schema_that_became_newer_is_not_used (void **state)
{
    world_t *world = *state;
    problem_t problem = {0};
    uint64_t revision = 0;
    int rc = 0;
    postgres_server_kill (world->server);
    postgres_server_start (world->server);
    (void) by_hand (world, "INSERT INTO schema_migrations VALUES (99, '099_future', 0)");
    for (int i = 0; i < 2400 && rc != -ERR_STORAGE; i++) {
        rc = storage_revision (world->storage, &revision, &problem);
        (void) usleep (25000);
    }
    assert_int_equal (rc, -ERR_STORAGE);
    assert_non_null (strstr (problem.detail, "schema version 99"));
}

/*  A statement in the middle of a pipeline is refused: the commit says so, and the next transaction is well. */
static void a_refused_statement_takes_its_transaction_and_no_other (void **state)
{
    world_t *world = *state;
    problem_t problem = {0};
    message_t result = example_result ("c1", 1);
    (void) by_hand (world, "ALTER TABLE outcomes ADD CONSTRAINT no_bert CHECK (client_id <> 'bert')");
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    assert_int_equal (storage_append (world->storage, &result, NULL), 0);
    message_t refused = example_result ("bert", 1);
    assert_int_equal (storage_append (world->storage, &refused, NULL), 0);
    (void) strcpy (result.copy_result.outcomes[0].client_id, "c2");
    assert_int_equal (storage_append (world->storage, &result, NULL), 0);
    assert_int_equal (storage_commit (world->storage, &problem), -ERR_STORAGE);
    assert_non_null (strstr (problem.detail, "no_bert"));
    reads (world, "SELECT count (*) FROM outcomes", "0");
    assert_int_equal (store (world, 1), 0);
    reads (world, "SELECT count (*) FROM outcomes", "1");
    /*  given up instead: the connection is as good as before */
    uint64_t revision = 0;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    assert_int_equal (storage_append (world->storage, &refused, NULL), 0);
    storage_rollback (world->storage);
    assert_int_equal (storage_revision (world->storage, &revision, NULL), 0);
}

/*  Somebody holds the row: as busy as SQLite's lock. */
static void a_row_that_is_held_is_busy (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    problem_t problem = {0};
    storage_t *other = NULL;
    assert_int_equal (storage_open (&other, world->url, false, NULL), 0);
    assert_int_equal (storage_begin (other, NULL), 0);
    assert_int_equal (storage_client_put (other, &client, true, NULL), 0);
    assert_int_equal (storage_client_put (world->storage, &client, true, &problem), -ERR_BUSY);
    storage_rollback (other);
    storage_close (&other);
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
}

/*  More than a socket takes at once, in one transaction. */
static void a_big_transaction_is_one (void **state)
{
    world_t *world = *state;
    problem_t problem = {0};
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    for (int i = 0; i < 12000; i++) {
        message_t result = example_result ("c1", i);
        result.copy_result.outcomes[0].slot = i + 1;
        assert_int_equal (storage_append (world->storage, &result, NULL), 0);
    }
    reads (world, "SELECT count (*) FROM outcomes", "0");
    if (storage_commit (world->storage, &problem) != 0)
        fail_msg ("%s", problem.detail);
    reads (world, "SELECT count (*) FROM outcomes", "12000");
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        story (a_server_that_was_killed_is_found_again),
        story (a_restart_behind_our_back_costs_one_call_at_most),
        story (a_transaction_does_not_go_on_over_another_connection),
        story (a_server_that_is_silent_is_given_up),
        story (who_is_thrown_out_comes_back),
        story (it_need_not_be_there_for_who_says_so),
        story (a_schema_that_became_newer_is_not_used),
        story (a_refused_statement_takes_its_transaction_and_no_other),
        story (a_row_that_is_held_is_busy),
        story (a_big_transaction_is_one),
    };
    return cmocka_run_group_tests (tests, world_begin, world_end);
}
