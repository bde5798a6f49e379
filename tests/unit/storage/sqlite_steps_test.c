/*  What X was before goes along in events.steps (migration 006): all of it comes back, and what is none of ours is named. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/fixed.h"
#include "tests/unit/storage/sqlite_world.h"

#include <stdio.h>
#include <string.h>

#define STEPS 16 /*  as many as a message holds */

/*  x1 executed `steps` times before this state, its quantity as large as it can be. */
static message_t executed (size_t steps)
{
    message_t message = {.kind = MSG_MASTER_ORDER};
    trade_t *trade = &message.master_order.trade;
    (void) strcpy (trade->master_id, "m");
    (void) strcpy (trade->x, "x1");
    (void) strcpy (trade->symbol, "AAPL");
    trade->qty_e9 = trade->opened_e9 = INT64_MAX;
    trade->remaining_e18 = FRACTION_ONE;
    trade->executed_at_ns = INT64_C (1790000000000000000);
    trade->steps_count = steps;
    for (size_t at = 0; at < steps; at++)
        trade->steps[at] = (step_t){.executed_at_ns = INT64_C (1780000000000000000) + (int64_t) at,
            .qty_e9 = INT64_MAX - STEPS + (int64_t) at,
            .opened_e9 = INT64_MAX - 2 * STEPS + (int64_t) at,
            .remaining_e18 = FRACTION_ONE - (int64_t) at};
    return message;
}

static void store (world_t *world, const message_t *message)
{
    problem_t problem = {0};
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    if (storage_append (world->storage, message, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
}

/*  A copy of it that is not at its end. */
static void works (world_t *world)
{
    outcome_t outcome = example_outcome ("c1", 0);
    outcome_store (world->storage, &outcome);
}

static int keep (void *context, const trade_t *trade)
{
    *(trade_t *) context = *trade;
    return 0;
}

static void expect_steps (world_t *world, const message_t *message)
{
    const trade_t *stored = &message->master_order.trade;
    trade_t read = {.steps_count = STEPS + 1};
    problem_t problem = {0};
    if (storage_working_each (world->storage, keep, &read, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (read.steps_count, stored->steps_count);
    for (size_t at = 0; at < stored->steps_count; at++) {
        assert_int_equal (read.steps[at].executed_at_ns, stored->steps[at].executed_at_ns);
        assert_int_equal (read.steps[at].qty_e9, stored->steps[at].qty_e9);
        assert_int_equal (read.steps[at].opened_e9, stored->steps[at].opened_e9);
        assert_int_equal (read.steps[at].remaining_e18, stored->steps[at].remaining_e18);
    }
}

static void every_step_comes_back (void **state)
{
    world_t *world = *state;
    message_t message = executed (STEPS);
    works (world);
    store (world, &message);
    expect_steps (world, &message);
}

/*  The one who said it first did not know what was before. Who knows less later takes nothing away. */
static void steps_that_come_second_are_kept (void **state)
{
    world_t *world = *state;
    message_t without = executed (0);
    message_t with = executed (STEPS);
    works (world);
    store (world, &without);
    expect_steps (world, &without);
    store (world, &with);
    expect_steps (world, &with);
    store (world, &without);
    expect_steps (world, &with);
    char text[8];
    assert_string_equal (ask (world, "SELECT count (*) FROM events", text, sizeof text), "1");
}

static void refused (world_t *world, const char *steps)
{
    char sql[256];
    trade_t read;
    problem_t problem = {0};
    (void) snprintf (sql, sizeof sql, "UPDATE events SET steps = '%s'", steps);
    by_hand (world, sql);
    assert_int_equal (storage_working_each (world->storage, keep, &read, &problem), -ERR_CORRUPT);
    assert_string_equal (problem.where, world->path);
    if (!strstr (problem.detail, "table events, row x1, field steps"))
        fail_msg ("\"%s\": \"%s\" does not name it", steps, problem.detail);
}

static void steps_that_are_none_are_named (void **state)
{
    world_t *world = *state;
    message_t message = executed (1);
    works (world);
    store (world, &message);
    refused (world, "1 2 x;");
    refused (world, "1 2 3;");
    refused (world, "1 2 3 4");
    refused (world, "1 2 3 4; ");
    refused (world, "9223372036854775808 1 1 1;");
    char many[(STEPS + 1) * sizeof "1 2 3 4;"] = "";
    for (size_t at = 0; at <= STEPS; at++)
        (void) strcat (many, "1 2 3 4;");
    refused (world, many);
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        story (every_step_comes_back),
        story (steps_that_come_second_are_kept),
        story (steps_that_are_none_are_named),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
