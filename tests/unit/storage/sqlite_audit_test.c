/*  What the audit's tables and views hold, hand-edited rows, secrets in the files, and how long 500 outcomes take. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/vault.h"
#include "tests/unit/storage/sqlite_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET "PlaintextThatMustNotBeFound"

static void holds (const world_t *world, const char *sql, const char *expected)
{
    char text[256];
    assert_string_equal (ask (world, sql, text, sizeof text), expected);
}

static void an_outcome_is_replaced_and_its_past_is_kept (void **state)
{
    world_t *world = *state;
    outcome_t outcome = example_outcome ("c1", 0);
    outcome_store (world->storage, &outcome); /*  t=0 accepted */
    outcome.filled_e9 = 4000000000;
    outcome_store (world->storage, &outcome); /*  t=1 partly filled */
    outcome.filled_e9 = 10500000000;
    outcome.kind = OUTCOME_KIND_FILLED;
    outcome.final = true;
    outcome_store (world->storage, &outcome); /*  t=2 filled */
    holds (world, "SELECT count (*) || kind || filled_e9 || final FROM outcomes", "1filled105000000001");
    holds (world, "SELECT group_concat (kind || filled_e9) FROM (SELECT * FROM outcome_history ORDER BY id)",
        "accepted0,accepted4000000000");
}

static void the_same_outcome_again_changes_nothing (void **state)
{
    world_t *world = *state;
    outcome_t outcome = example_outcome ("c1", 0);
    outcome_store (world->storage, &outcome);
    char first[64];
    char again[64];
    (void) ask (world, "SELECT stored_at_ns FROM outcomes", first, sizeof first);
    outcome_store (world->storage, &outcome);
    outcome_store (world->storage, &outcome);
    assert_string_equal (ask (world, "SELECT stored_at_ns FROM outcomes", again, sizeof again), first);
    holds (world, "SELECT count (*) FROM outcome_history", "0");
}

static void slots_legs_and_clients_are_apart (void **state)
{
    world_t *world = *state;
    outcome_t outcome = example_outcome ("c1", 0);
    outcome_store (world->storage, &outcome);
    outcome.slot = 2;
    outcome_store (world->storage, &outcome);
    outcome.leg = OUTCOME_LEG_CLOSE;
    outcome_store (world->storage, &outcome);
    outcome = example_outcome ("c2", 0);
    outcome_store (world->storage, &outcome);
    holds (world, "SELECT count (*) FROM outcomes", "4");
    holds (world, "SELECT count (*) FROM outcome_history", "0");
}

static void append (world_t *world, const message_t *record)
{
    problem_t problem = {0};
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    if (storage_append (world->storage, record, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
}

static void every_kind_of_record_has_its_table (void **state)
{
    world_t *world = *state;
    message_t trade = {.kind = MSG_MASTER_ORDER,
        .master_order.trade = {
            .master_id = "m", .x = "x1", .symbol = "AAPL", .qty_e9 = 1, .position_e9 = -250000000}};
    append (world, &trade);
    append (world, &trade); /*  repeated by the listener: one row */
    trade.master_order.trade.qty_e9 = 2;
    append (world, &trade);
    holds (world, "SELECT count (*) FROM events", "2");
    holds (world, "SELECT position FROM trades", "-0.25");

    message_t completed = {.kind = MSG_REPLICATION_COMPLETED,
        .replication_completed = {.sequence = 9,
            .master_order_id = "x1",
            .master_id = "m",
            .qty_e9 = 2,
            .success_count = 500,
            .p50_ns = 9500000}};
    append (world, &completed);
    append (world, &completed);
    holds (world, "SELECT count (*) || '/' || success_count || '/' || p50_ms FROM latencies", "1/500/9.5");
    holds (world, "SELECT qty_e9 FROM marks WHERE master_id = 'm' AND x = 'x1'", "2");

    message_t breaker = {.kind = MSG_BREAKER_CHANGED,
        .breaker_changed = {.client_id = "c1", .state = BREAKER_CHANGED_STATE_OPEN, .failures = 5}};
    append (world, &breaker);
    holds (world, "SELECT state || failures FROM breakers", "open5");

    message_t alert = {.kind = MSG_ALERT_RAISED, .alert_raised = {.subject = "c1", .text = "keys refused"}};
    append (world, &alert);
    holds (world, "SELECT text FROM alerts WHERE subject = 'c1'", "keys refused");
}

static void people_read_decimal_numbers (void **state)
{
    world_t *world = *state;
    outcome_t outcome = example_outcome ("c1", 10000000000);
    outcome_store (world->storage, &outcome);
    holds (world, "SELECT qty || ' ' || filled || ' ' || price || ' ' || client_equity FROM copies",
        "10.5 10 187.25 50000.25");
    holds (world, "SELECT submitted_at || answered_at FROM copies", "2023-11-14T22:13:20.000000004Z");
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    holds (world, "SELECT multiplier FROM followers", "1.5");
}

static void spoiled (world_t *world, const char *sql, const char *named)
{
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, false, NULL), 0);
    by_hand (world, sql);
    problem_t problem = {0};
    assert_int_equal (storage_client_get (world->storage, "c1", &client, &problem), -ERR_CORRUPT);
    assert_string_equal (problem.where, world->path);
    if (!strstr (problem.detail, named))
        fail_msg ("\"%s\" does not say \"%s\"", problem.detail, named);
    by_hand (world, "DELETE FROM clients");
}

static void a_hand_edited_row_is_named (void **state)
{
    world_t *world = *state;
    spoiled (world, "UPDATE clients SET scaling = 'banana'", "table clients, row c1, field scaling");
    spoiled (world, "UPDATE clients SET active = 2", "row c1, field active");
    spoiled (world, "UPDATE clients SET multiplier_e9 = -1", "row c1, field multiplier_e9");
    spoiled (world, "UPDATE clients SET sealed = zeroblob (513)", "row c1, field sealed");
    spoiled (world, "UPDATE clients SET sealed = x''", "row c1, field sealed");
    spoiled (world, "UPDATE clients SET allow = hex (zeroblob (300))", "row c1, field allow");
    spoiled (world, "UPDATE clients SET name = 'a' || char (0) || 'b'", "row c1, field name");
    spoiled (world, "UPDATE clients SET revision = -1", "row c1, field revision");
}

static void a_lost_revision_is_damage_not_zero (void **state)
{
    world_t *world = *state;
    by_hand (world, "DELETE FROM config_revision");
    uint64_t revision = 0;
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_revision (world->storage, &revision, NULL), -ERR_CORRUPT);
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), -ERR_CORRUPT);
    holds (world, "SELECT count (*) FROM clients", "0");
}

static void progress_can_be_deleted_at_any_moment (void **state)
{
    world_t *world = *state;
    outcome_t outcome = example_outcome ("c1", 0);
    outcome_store (world->storage, &outcome);
    by_hand (world,
        "DELETE FROM events; DELETE FROM outcomes; DELETE FROM outcome_history; DELETE FROM replications;"
        "DELETE FROM marks; DELETE FROM breakers; DELETE FROM alerts");
    outcome.filled_e9 = 1;
    outcome_store (world->storage, &outcome);
    holds (world, "SELECT filled_e9 FROM outcomes", "1");
}

static size_t occurrences (const world_t *world, const char *end, const char *text)
{
    char path[128];
    (void) snprintf (path, sizeof path, "%s%s", world->path, end);
    FILE *file = fopen (path, "r");
    assert_non_null (file);
    static char bytes[1 << 20];
    size_t size = fread (bytes, 1, sizeof bytes, file);
    assert_int_equal (fclose (file), 0);
    size_t count = 0;
    for (const char *at = bytes; (at = memmem (at, size - (size_t) (at - bytes), text, strlen (text))); at++)
        count++;
    return count;
}

static void no_secret_stands_in_any_file (void **state)
{
    world_t *world = *state;
    char key[VAULT_KEY_TEXT_MAX];
    vault_t *vault = NULL;
    vault_keygen (key);
    assert_int_equal (vault_new (&vault, key, NULL), 0);
    client_config_t client = example_client ("visible-client-id");
    master_config_t master = {.master_id = "m1"};
    assert_int_equal (
        vault_seal (vault, client.client_id, "AK" SECRET, SECRET, client.sealed, &client.sealed_size, NULL),
        0);
    assert_int_equal (
        vault_seal (vault, "m1", "AK" SECRET, SECRET, master.sealed, &master.sealed_size, NULL), 0);
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    assert_int_equal (storage_master_put (world->storage, &master, NULL), 0);
    assert_true (
        occurrences (world, "-wal", "visible-client-id") > 0); /*  the search does find what is there */
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (occurrences (world, ends[i], SECRET), 0);
        assert_int_equal (occurrences (world, ends[i], key), 0);
    }
    vault_destroy (&vault);

    /*  a removed client's sealed bytes are overwritten, not just unlinked */
    char sealed[16];
    memcpy (sealed, client.sealed + 5, 15);
    for (size_t i = 0; i < 15; i++)
        sealed[i] = sealed[i] ? sealed[i] : 1;
    sealed[15] = '\0';
    memcpy (client.sealed + 5, sealed, 15);
    assert_int_equal (storage_client_put (world->storage, &client, false, NULL), 0);
    assert_int_equal (reopen (world, NULL), 0); /*  checkpoints */
    assert_int_equal (occurrences (world, "", sealed), 1);
    assert_int_equal (storage_client_remove (world->storage, "visible-client-id", NULL), 0);
    assert_int_equal (reopen (world, NULL), 0);
    assert_int_equal (occurrences (world, "", sealed), 0);
}

static int64_t clock_ns (void)
{
    struct timespec now;
    assert_int_equal (clock_gettime (CLOCK_MONOTONIC, &now), 0);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

/*  500 clients' outcomes of one trade, in messages of 32, as one transaction. */
static int64_t store_500 (world_t *world, int64_t filled_e9)
{
    static message_t message;
    message.kind = MSG_COPY_RESULT;
    int64_t start_ns = clock_ns ();
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    for (int i = 0; i < 500;) {
        size_t count = 0;
        for (; count < 32 && i < 500; count++, i++) {
            char id[32];
            (void) snprintf (id, sizeof id, "client-%d", i);
            message.copy_result.outcomes[count] = example_outcome (id, filled_e9);
        }
        message.copy_result.outcomes_count = count;
        assert_int_equal (storage_append (world->storage, &message, NULL), 0);
    }
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    return clock_ns () - start_ns;
}

static void five_hundred_outcomes_are_one_transaction (void **state)
{
    world_t *world = *state;
    int64_t best_ns = INT64_MAX;
    for (int round = 0; round < 10; round++) {
        int64_t took_ns = store_500 (world, round);
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    /*  printed, not judged: other programs share the machine */
    print_message ("500 outcomes: %.2f ms (best of 10)\n", (double) best_ns / 1e6);
    holds (world, "SELECT count (*) FROM outcome_history", "4500");
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        story (an_outcome_is_replaced_and_its_past_is_kept),
        story (the_same_outcome_again_changes_nothing),
        story (slots_legs_and_clients_are_apart),
        story (every_kind_of_record_has_its_table),
        story (people_read_decimal_numbers),
        story (a_hand_edited_row_is_named),
        story (a_lost_revision_is_damage_not_zero),
        story (progress_can_be_deleted_at_any_moment),
        story (no_secret_stands_in_any_file),
        story (five_hundred_outcomes_are_one_transaction),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
