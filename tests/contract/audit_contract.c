/*  The audit trail's transactions, seen through the ports: what a replication.completed left as a mark tells whether
 *  its transaction is there. What the tables then hold is each implementation's own test (unit_sqlite). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/backends.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    size_t count;
    int64_t qty_e9;
    int64_t first_at_ns;
    bool final;
} seen_t;

static int on_mark (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    (void) stored_at_ns;
    seen_t *self = context;
    self->count++;
    self->qty_e9 = mark->qty_e9;
    self->first_at_ns = mark->first_at_ns;
    self->final = mark->final;
    return 0;
}

/*  As another process sees them. */
static seen_t marks (const world_t *world)
{
    seen_t seen = {0};
    state_t *self = database_state_new (world->other);
    assert_int_equal (self->ops->mark_each (self, on_mark, &seen, NULL), 0);
    self->ops->destroy (&self);
    return seen;
}

static void append (storage_t *storage, const message_t *record)
{
    problem_t problem = {0};
    if (storage_append (storage, record, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
}

static message_t example_result (const char *client_id)
{
    message_t message = {.kind = MSG_COPY_RESULT};
    message.copy_result.outcomes_count = 1;
    message.copy_result.outcomes[0] = example_outcome (client_id, "x1");
    (void) snprintf (message.copy_result.shard, sizeof message.copy_result.shard, "executor-1");
    return message;
}

static void a_commit_is_seen_by_others_and_not_before (void **state)
{
    world_t *world = *state;
    message_t trade = example_trade ("x1", 5000000000);
    message_t result = example_result ("c1");
    message_t completed = example_completed ("x1", 5000000000, 1);
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &trade);
    append (world->storage, &result);
    append (world->storage, &completed);
    assert_int_equal (marks (world).count, 0);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (marks (world).count, 1);
    assert_int_equal (marks (world).qty_e9, 5000000000);
}

static void a_rollback_leaves_nothing (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 5, 1);
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &completed);
    storage_rollback (world->storage);
    assert_int_equal (marks (world).count, 0);
    storage_rollback (world->storage); /*  once more does no harm */
}

static void closing_without_a_commit_leaves_nothing (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 5, 1);
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &completed);
    storage_close (&world->storage);
    assert_int_equal (marks (world).count, 0);
}

static void a_failed_append_takes_the_whole_transaction (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 5, 1);
    message_t wrong = example_result ("c1");
    wrong.copy_result.outcomes[0].qty_e9 = -1;
    problem_t problem = {0};
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &completed);
    assert_int_equal (storage_append (world->storage, &wrong, &problem), -ERR_RANGE);
    assert_int_equal (storage_append (world->storage, &completed, NULL), -ERR_STORAGE);
    assert_int_equal (
        storage_commit (world->storage, &problem), -ERR_STORAGE); /*  a caller that goes on is told */
    assert_int_equal (marks (world).count, 0);

    assert_int_equal (storage_begin (world->storage, NULL), 0); /*  and the next one is a fresh start */
    append (world->storage, &completed);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (marks (world).count, 1);
}

static void what_is_no_record_is_refused (void **state)
{
    world_t *world = *state;
    message_t beat = {.kind = MSG_SHARD_BEAT};
    problem_t problem = {0};
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    assert_int_equal (storage_append (world->storage, &beat, &problem), -ERR_UNEXPECTED);
    assert_string_equal (problem.where, "shard.beat");
    storage_rollback (world->storage);
}

static message_t result_of (const char *client_id, int slot, int64_t from_e9, int64_t to_e9)
{
    message_t message = example_result (client_id);
    outcome_t *outcome = &message.copy_result.outcomes[0];
    outcome->slot = slot;
    outcome->leg = slot > 0 ? OUTCOME_LEG_OPEN : OUTCOME_LEG_NONE;
    outcome->from_e9 = from_e9;
    outcome->to_e9 = to_e9;
    return message;
}

static uint64_t missing_after (storage_t *storage, const message_t *completed)
{
    append (storage, completed);
    return storage_missing (storage);
}

/*  A replication with its mark is there when all its outcomes are, those of the same transaction included. */
static void a_replication_is_stored_with_all_its_outcomes_only (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 10, 1);
    message_t first = result_of ("c1", 1, 0, 10);
    message_t second = result_of ("c2", 1, 0, 10);
    message_t trade = example_trade ("x1", 10);
    completed.replication_completed.answered = 2;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &trade);
    append (world->storage, &first);
    assert_int_equal (missing_after (world->storage, &completed), 1);
    assert_int_equal (storage_commit (world->storage, NULL), 0); /*  the rest of it is durable */
    assert_int_equal (marks (world).qty_e9, 0);
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &second);
    assert_int_equal (missing_after (world->storage, &completed), 0);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (marks (world).qty_e9, 10);
}

/*  An outcome for (10, 20] is no answer for what was executed before; one that was replaced is. */
static void a_hole_in_the_ranges_is_missing (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 20, 1);
    message_t later = result_of ("c1", 2, 10, 20);
    message_t skipped = result_of ("c1", 0, 0, 10);
    message_t skipped_again = result_of ("c1", 0, 20, 20);
    message_t trade = example_trade ("x1", 20);
    completed.replication_completed.answered = 1;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &trade);
    append (world->storage, &later);
    assert_int_equal (missing_after (world->storage, &completed), 1);
    append (world->storage, &skipped);
    append (world->storage, &skipped_again); /*  replaces it; its history counts */
    assert_int_equal (missing_after (world->storage, &completed), 0);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (marks (world).count, 1);
}

/*  c1's outcome was lost; c2, who follows since today, has one of the same X, and so has c3, who was switched off. */
static void who_owes_none_does_not_stand_for_one_that_is_missing (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 10, 1);
    message_t records[] = {example_trade ("x1", 10), result_of ("c2", 1, 0, 10), result_of ("c3", 1, 0, 10),
        result_of ("c1", 1, 0, 10)};
    client_config_t later = example_client ("c2");
    client_config_t off = example_client ("c3");
    off.active = false;
    assert_int_equal (storage_client_put (world->storage, &later, true, NULL), 0);
    assert_int_equal (storage_client_put (world->storage, &off, true, NULL), 0);
    completed.replication_completed.answered = 1;
    completed.replication_completed.executed_at_ns = 1700000000000000002; /*  years ago */
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    for (size_t at = 0; at < 3; at++)
        append (world->storage, &records[at]);
    assert_int_equal (missing_after (world->storage, &completed), 1);
    append (world->storage, &records[3]);
    assert_int_equal (missing_after (world->storage, &completed), 0);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
}

/*  c1 was switched off today: it owes an outcome for what began to execute before, and none for what did later. */
static void who_left_owes_what_executed_before (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 10, 1);
    message_t trade = example_trade ("x1", 10);
    message_t result = result_of ("c1", 1, 0, 10);
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    client.active = false;
    assert_int_equal (storage_client_put (world->storage, &client, false, NULL), 0);
    completed.replication_completed.answered = 1;
    completed.replication_completed.first_at_ns = completed.replication_completed.executed_at_ns =
        INT64_MAX / 2;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &trade);
    append (world->storage, &result);
    assert_int_equal (missing_after (world->storage, &completed), 1);
    completed.replication_completed.first_at_ns = 1;
    assert_int_equal (missing_after (world->storage, &completed), 0);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
}

/*  Its state was lost with an audit that died: what works of it could not be named to the next dispatcher. */
static void a_replication_is_stored_with_its_state_only (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 10, 1);
    message_t result = result_of ("c1", 1, 0, 10);
    message_t before = example_trade ("x1", 5);
    message_t trade = example_trade ("x1", 10);
    completed.replication_completed.answered = 1;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &before);
    append (world->storage, &result);
    assert_int_equal (missing_after (world->storage, &completed), 1);
    append (world->storage, &trade);
    assert_int_equal (missing_after (world->storage, &completed), 0);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
}

typedef struct {
    size_t count;
    outcome_t outcomes[4];
    trade_t trades[4];
} read_t;

static int on_outcome (void *context, const outcome_t *outcome)
{
    read_t *self = context;
    assert_in_range (self->count, 0, 3);
    self->outcomes[self->count++] = *outcome;
    return 0;
}

static int on_trade (void *context, const trade_t *trade)
{
    read_t *self = context;
    assert_in_range (self->count, 0, 3);
    self->trades[self->count++] = *trade;
    return 0;
}

/*  The latest word of each client, leg and slot of this X, as it was said. */
static void a_history_is_what_was_said_last (void **state)
{
    world_t *world = *state;
    read_t read = {0};
    message_t first = result_of ("c1", 1, 0, 10);
    message_t again = first;
    message_t second = result_of ("c2", 3, 10, 20);
    message_t other = result_of ("c1", 1, 0, 10);
    outcome_t *said = &again.copy_result.outcomes[0];
    said->filled_e9 = 7;
    said->exit_target_e9 = 11;
    said->remaining_e18 = 12;
    said->exit_decided = true;
    (void) snprintf (other.copy_result.outcomes[0].x, sizeof other.copy_result.outcomes[0].x, "x2");
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &first);
    append (world->storage, &second);
    append (world->storage, &again);
    append (world->storage, &other);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (storage_history_each (world->other, "x1", on_outcome, &read, NULL), 0);
    assert_int_equal (read.count, 2);
    assert_memory_equal (&read.outcomes[0], said, sizeof *said);
    assert_memory_equal (&read.outcomes[1], &second.copy_result.outcomes[0], sizeof *said);
    read.count = 0;
    assert_int_equal (storage_history_each (world->other, "unknown", on_outcome, &read, NULL), 0);
    assert_int_equal (read.count, 0);
}

/*  When the first master order that is there was stored. */
static void what_is_known_goes_back_to_the_oldest_master_order (void **state)
{
    world_t *world = *state;
    message_t order = example_trade ("x1", 5000000000);
    int64_t first_ns = -1;
    int64_t then_ns = -1;
    assert_int_equal (storage_known_since (world->other, &first_ns, NULL), 0);
    assert_int_equal (first_ns, 0);
    for (int n = 0; n < 2; n++) {
        assert_int_equal (storage_begin (world->storage, NULL), 0);
        append (world->storage, &order);
        assert_int_equal (storage_commit (world->storage, NULL), 0);
        order = example_trade ("x2", 5000000000);
        assert_int_equal (storage_known_since (world->other, n == 0 ? &first_ns : &then_ns, NULL), 0);
    }
    assert_true (first_ns > 0);
    assert_int_equal (then_ns, first_ns);
}

/*  X with a copy that is accepted and not at its end: its latest state; once it is at its end, no more. */
static void what_works_is_named_with_its_latest_state (void **state)
{
    world_t *world = *state;
    read_t read = {0};
    message_t early = example_trade ("x1", 5000000000);
    message_t late = example_trade ("x1", 10000000000);
    message_t done = example_trade ("x2", 5000000000);
    message_t accepted = result_of ("c1", 1, 0, 10);
    late.master_order.trade.current_e9 = -3;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &late);
    append (world->storage, &early); /*  stored late: not the latest */
    append (world->storage, &done);
    append (world->storage, &accepted);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (storage_working_each (world->other, on_trade, &read, NULL), 0);
    assert_int_equal (read.count, 1);
    assert_memory_equal (&read.trades[0], &late.master_order.trade, sizeof (trade_t));
    accepted.copy_result.outcomes[0].kind = OUTCOME_KIND_FILLED;
    accepted.copy_result.outcomes[0].final = true;
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &accepted);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    read.count = 0;
    assert_int_equal (storage_working_each (world->other, on_trade, &read, NULL), 0);
    assert_int_equal (read.count, 0);
}

/*  A master order leaves a mark without a quantity: seen, and nothing of it closed. */
static void what_was_seen_leaves_a_mark (void **state)
{
    world_t *world = *state;
    message_t trade = example_trade ("x1", 5000000000);
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &trade);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    seen_t seen = marks (world);
    assert_int_equal (seen.count, 1);
    assert_int_equal (seen.qty_e9, 0);
    assert_int_equal (seen.first_at_ns, trade.master_order.trade.first_at_ns);
    assert_false (seen.final);
}

static void configuration_changes_while_the_audit_writes (void **state)
{
    world_t *world = *state;
    message_t completed = example_completed ("x1", 5, 1);
    client_config_t client = example_client ("c1");
    client_config_t read;
    /*  a savepoint of its own inside the transaction: a refused change takes nothing else with it */
    assert_int_equal (storage_begin (world->storage, NULL), 0);
    append (world->storage, &completed);
    assert_int_equal (storage_client_remove (world->storage, "nobody", NULL), -ERR_NOT_FOUND);
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    assert_int_equal (storage_client_get (world->other, "c1", &read, NULL), -ERR_NOT_FOUND);
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    assert_int_equal (storage_client_get (world->other, "c1", &read, NULL), 0);
    assert_int_equal (marks (world).count, 1);
}

int main (void)
{
#define story(f)                                                                                             \
    {                                                                                                        \
#f, f                                                                                                \
    }
    const story_t stories[] = {
        story (a_commit_is_seen_by_others_and_not_before),
        story (a_rollback_leaves_nothing),
        story (closing_without_a_commit_leaves_nothing),
        story (a_failed_append_takes_the_whole_transaction),
        story (what_is_no_record_is_refused),
        story (a_replication_is_stored_with_all_its_outcomes_only),
        story (a_hole_in_the_ranges_is_missing),
        story (who_owes_none_does_not_stand_for_one_that_is_missing),
        story (who_left_owes_what_executed_before),
        story (a_replication_is_stored_with_its_state_only),
        story (a_history_is_what_was_said_last),
        story (what_is_known_goes_back_to_the_oldest_master_order),
        story (what_works_is_named_with_its_latest_state),
        story (what_was_seen_leaves_a_mark),
        story (configuration_changes_while_the_audit_writes),
    };
    return stories_run (stories, sizeof stories / sizeof stories[0]);
}
