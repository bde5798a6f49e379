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
} seen_t;

static int on_mark (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    (void) stored_at_ns;
    seen_t *self = context;
    self->count++;
    self->qty_e9 = mark->qty_e9;
    return 0;
}

/*  As another process sees them. */
static seen_t marks (const world_t *world)
{
    seen_t seen = {0};
    state_t *self = world->backend->state_new (world->other);
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
        story (configuration_changes_while_the_audit_writes),
    };
    return stories_run (stories, sizeof stories / sizeof stories[0]);
}
