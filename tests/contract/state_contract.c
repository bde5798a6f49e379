/*  Progress: dedup marks and breakers, behind state.h. What one process put another one finds, wherever it lies.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/state_backends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 10050
#define NOW INT64_C (1700000000000000000)

/*  One that puts, and another one that looks later. */
typedef struct {
    const state_backend_t *backend;
    void *place;
    void *user;
} world_t;

typedef struct {
    size_t count;
    state_mark_t first;
    state_mark_t last;
    int64_t last_stored_at_ns;
    breaker_changed_t breakers[4];
    int64_t breakers_stored_at_ns[4];
} seen_t;

static int on_mark (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    seen_t *self = context;
    assert_true (stored_at_ns > 0);
    assert_true (stored_at_ns >= self->last_stored_at_ns); /*  oldest first */
    if (self->count++ == 0)
        self->first = *mark;
    self->last = *mark;
    self->last_stored_at_ns = stored_at_ns;
    return 0;
}

static int on_breaker (void *context, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    seen_t *self = context;
    size_t place = strcmp (breaker->client_id, "c1") == 0 ? 0 : 1;
    assert_true (stored_at_ns > 0);
    self->count++;
    self->breakers[place] = *breaker;
    self->breakers_stored_at_ns[place] = stored_at_ns;
    return 0;
}

static int stop (void *context, const state_mark_t *mark, int64_t stored_at_ns)
{
    (void) mark;
    (void) stored_at_ns;
    ++*(int *) context;
    return 5;
}

static int setup (void **state)
{
    world_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->backend = *state;
    self->place = self->backend->place_new ();
    self->user = self->backend->user_new (self->place);
    *state = self;
    return 0;
}

static int teardown (void **state)
{
    world_t *self = *state;
    self->backend->user_destroy (self->user);
    self->backend->place_destroy (self->place);
    free (self);
    return 0;
}

static state_t *state_of (const world_t *self)
{
    return self->backend->state (self->user);
}

static void mark_put (const world_t *self, const char *x, int64_t qty_e9)
{
    state_mark_t mark = {.master_id = "master", .qty_e9 = qty_e9};
    state_t *state = state_of (self);
    (void) snprintf (mark.x, sizeof mark.x, "%s", x);
    assert_int_equal (state->ops->mark_put (state, &mark, 0, NULL), 0);
}

static void breaker_put (const world_t *self, const breaker_changed_t *breaker, int64_t stored_at_ns)
{
    state_t *state = state_of (self);
    assert_int_equal (state->ops->breaker_put (state, breaker, stored_at_ns, NULL), 0);
}

/*  What a process that comes new finds. */
static seen_t found (const world_t *self, bool breakers)
{
    seen_t seen = {0};
    self->backend->settle (self->user);
    void *other = self->backend->user_new (self->place);
    assert_int_equal (self->backend->refresh (other), 0);
    state_t *state = self->backend->state (other);
    int result = breakers ? state->ops->breaker_each (state, on_breaker, &seen, NULL)
                          : state->ops->mark_each (state, on_mark, &seen, NULL);
    assert_int_equal (result, 0);
    self->backend->user_destroy (other);
    return seen;
}

static seen_t marks (const world_t *self)
{
    return found (self, false);
}

static void an_empty_store_is_empty (void **state)
{
    assert_int_equal (marks (*state).count, 0);
    assert_int_equal (found (*state, true).count, 0);
}

static void a_mark_keeps_the_larger_quantity (void **state)
{
    world_t *world = *state;
    mark_put (world, "x1", 5);
    mark_put (world, "x1", 7);
    mark_put (world, "x1", 6); /*  a late, smaller one */
    seen_t seen = marks (world);
    assert_int_equal (seen.count, 1);
    assert_int_equal (seen.last.qty_e9, 7);
    assert_string_equal (seen.last.master_id, "master");
    assert_string_equal (seen.last.x, "x1");
}

static void mark_put_whole (
    const world_t *self, int64_t qty_e9, bool final, int64_t first_at_ns, int64_t executed_at_ns)
{
    state_mark_t mark = {.master_id = "master",
        .x = "x1",
        .qty_e9 = qty_e9,
        .final = final,
        .first_at_ns = first_at_ns,
        .executed_at_ns = executed_at_ns};
    state_t *state = state_of (self);
    assert_int_equal (state->ops->mark_put (state, &mark, 0, NULL), 0);
}

static void check_mark (
    const world_t *self, int64_t qty_e9, bool final, int64_t first_at_ns, int64_t executed_at_ns)
{
    seen_t seen = marks (self);
    assert_int_equal (seen.count, 1);
    assert_int_equal (seen.last.qty_e9, qty_e9);
    assert_int_equal (seen.last.final, final);
    assert_int_equal (seen.last.first_at_ns, first_at_ns);
    assert_int_equal (seen.last.executed_at_ns, executed_at_ns);
}

static void a_mark_knows_when_x_began_and_whether_it_ended (void **state)
{
    world_t *world = *state;
    mark_put_whole (world, 5, false, NOW, NOW + 1);
    check_mark (world, 5, false, NOW, NOW + 1);
    mark_put_whole (world, 5, true, 0, 0); /*  the same Q again: it has ended */
    check_mark (world, 5, true, NOW, NOW + 1);
    mark_put_whole (world, 5, false, NOW + 9, NOW); /*  and that stays so */
    check_mark (world, 5, true, NOW, NOW + 1);
    mark_put_whole (world, 7, false, 0, NOW + 2); /*  (the broker corrected itself) */
    check_mark (world, 7, false, NOW, NOW + 2);
    mark_put_whole (world, 6, true, NOW - 1, NOW + 3);
    check_mark (world, 7, false, NOW, NOW + 2);
}

static void a_smaller_quantity_of_another_process_changes_nothing (void **state)
{
    world_t *world = *state;
    mark_put (world, "x1", INT64_C (9007199254740993000)); /*  no double holds it */
    world->backend->settle (world->user);
    void *first = world->user;
    world->user = world->backend->user_new (world->place);
    mark_put (world, "x1", INT64_C (9007199254740992999));
    assert_int_equal (marks (world).last.qty_e9, INT64_C (9007199254740993000));
    world->backend->user_destroy (first);
}

static void marks_of_two_masters_do_not_meet (void **state)
{
    world_t *world = *state;
    state_t *self = state_of (world);
    mark_put (world, "x1", 5);
    state_mark_t other = {.master_id = "other: a desk", .x = "x1", .qty_e9 = 1};
    assert_int_equal (self->ops->mark_put (self, &other, 0, NULL), 0);
    seen_t seen = marks (world);
    assert_int_equal (seen.count, 2);
    assert_string_equal (seen.last.master_id, "other: a desk");
}

static void the_newest_ten_thousand_come_oldest_first (void **state)
{
    world_t *world = *state;
    world->backend->together (world->user, true);
    for (int i = 0; i < MANY; i++) {
        char x[40];
        (void) snprintf (x, sizeof x, "x%d", i);
        mark_put (world, x, i + 1);
    }
    world->backend->together (world->user, false);
    seen_t seen = marks (world);
    assert_int_equal (seen.count, STATE_MARKS);
    assert_string_equal (seen.first.x, "x50");
    assert_string_equal (seen.last.x, "x10049");
}

static void a_reader_can_stop (void **state)
{
    world_t *world = *state;
    state_t *self = state_of (world);
    int called = 0;
    mark_put (world, "x1", 5);
    mark_put (world, "x2", 5);
    assert_int_equal (self->ops->mark_each (self, stop, &called, NULL), 5);
    assert_int_equal (called, 1);
    assert_int_equal (marks (world).count, 2);
}

static breaker_changed_t example_breaker (const char *client_id)
{
    breaker_changed_t breaker = {.state = BREAKER_CHANGED_STATE_OPEN,
        .failures = 5,
        .opened_at_ns = NOW,
        .retry_at_ns = NOW + 1,
        .last_error = "HTTP 500: \"quotes\", spaces and \xc3\xbcmlauts"};
    (void) snprintf (breaker.client_id, sizeof breaker.client_id, "%s", client_id);
    return breaker;
}

static void a_breaker_is_what_was_said_last (void **state)
{
    world_t *world = *state;
    breaker_changed_t breaker = example_breaker ("c1");
    breaker_put (world, &breaker, 0);
    breaker.state = BREAKER_CHANGED_STATE_HALF_OPEN;
    breaker_put (world, &breaker, 0);
    breaker = (breaker_changed_t){.client_id = "c2", .state = BREAKER_CHANGED_STATE_CLOSED};
    breaker_put (world, &breaker, 0);
    seen_t seen = found (world, true);
    assert_int_equal (seen.count, 2);
    assert_string_equal (seen.breakers[0].client_id, "c1");
    assert_int_equal (seen.breakers[0].state, BREAKER_CHANGED_STATE_HALF_OPEN);
    assert_int_equal (seen.breakers[0].failures, 5);
    assert_int_equal (seen.breakers[0].opened_at_ns, NOW);
    assert_int_equal (seen.breakers[0].retry_at_ns, NOW + 1);
    assert_string_equal (seen.breakers[0].last_error, example_breaker ("c1").last_error);
    assert_int_equal (seen.breakers[1].state, BREAKER_CHANGED_STATE_CLOSED);
    assert_int_equal (seen.breakers[1].opened_at_ns, 0);
}

/*  t=NOW open; a store that lagged behind says what was true before: it is not believed. */
static void what_was_stored_earlier_changes_nothing (void **state)
{
    world_t *world = *state;
    breaker_changed_t breaker = example_breaker ("c1");
    breaker_put (world, &breaker, NOW);
    breaker.state = BREAKER_CHANGED_STATE_CLOSED;
    breaker_put (world, &breaker, NOW - 1);
    seen_t seen = found (world, true);
    assert_int_equal (seen.count, 1);
    assert_int_equal (seen.breakers[0].state, BREAKER_CHANGED_STATE_OPEN);
    assert_int_equal (seen.breakers_stored_at_ns[0], NOW);
    breaker_put (world, &breaker, NOW + 1);
    assert_int_equal (found (world, true).breakers[0].state, BREAKER_CHANGED_STATE_CLOSED);
}

/*  The clock was ahead when it was stored; now it is right again. */
static void what_is_said_now_counts_even_if_the_clock_was_set_back (void **state)
{
    world_t *world = *state;
    breaker_changed_t breaker = example_breaker ("c1");
    breaker_put (world, &breaker, INT64_C (4000000000000000000));
    breaker.state = BREAKER_CHANGED_STATE_CLOSED;
    breaker_put (world, &breaker, 0);
    assert_int_equal (found (world, true).breakers[0].state, BREAKER_CHANGED_STATE_CLOSED);
}

static void bounds_are_checked (void **state)
{
    world_t *world = *state;
    state_t *self = state_of (world);
    state_mark_t mark = {.master_id = "master", .x = "x1", .qty_e9 = -1};
    assert_int_equal (self->ops->mark_put (self, &mark, 0, NULL), -ERR_RANGE);
    breaker_changed_t breaker = {.client_id = "c1", .failures = UINT64_MAX};
    assert_int_equal (self->ops->breaker_put (self, &breaker, 0, NULL), -ERR_RANGE);
    assert_int_equal (marks (world).count, 0);
    assert_int_equal (found (world, true).count, 0);
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, setup, teardown)
    const struct CMUnitTest stories[] = {
        story (an_empty_store_is_empty),
        story (a_mark_keeps_the_larger_quantity),
        story (a_mark_knows_when_x_began_and_whether_it_ended),
        story (a_smaller_quantity_of_another_process_changes_nothing),
        story (marks_of_two_masters_do_not_meet),
        story (the_newest_ten_thousand_come_oldest_first),
        story (a_reader_can_stop),
        story (a_breaker_is_what_was_said_last),
        story (what_was_stored_earlier_changes_nothing),
        story (what_is_said_now_counts_even_if_the_clock_was_set_back),
        story (bounds_are_checked),
    };
    enum { COUNT = sizeof stories / sizeof stories[0] };
    int failed = 0;
    for (size_t i = 0; i < state_backends_count; i++) {
        struct CMUnitTest tests[COUNT];
        memcpy (tests, stories, sizeof tests);
        for (size_t j = 0; j < COUNT; j++)
            tests[j].initial_state = (void *) (uintptr_t) &state_backends[i];
        failed += _cmocka_run_group_tests (state_backends[i].name, tests, COUNT, NULL, NULL);
    }
    return failed;
}
