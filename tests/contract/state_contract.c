/*  Progress: dedup marks and breakers, behind state.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/backends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 10050

typedef struct {
    size_t count;
    char first[40];
    char last[40];
    int64_t qty_e9;
    breaker_changed_t breakers[4];
} seen_t;

static int on_mark (void *context, const state_mark_t *mark)
{
    seen_t *self = context;
    if (self->count++ == 0)
        (void) snprintf (self->first, sizeof self->first, "%s", mark->x);
    (void) snprintf (self->last, sizeof self->last, "%s", mark->x);
    self->qty_e9 = mark->qty_e9;
    return 0;
}

static int on_breaker (void *context, const breaker_changed_t *breaker)
{
    seen_t *self = context;
    assert_in_range (self->count, 0, 3);
    self->breakers[self->count++] = *breaker;
    return 0;
}

static int stop (void *context, const state_mark_t *mark)
{
    (void) context;
    (void) mark;
    return 5;
}

static void mark_put (state_t *self, const char *x, int64_t qty_e9)
{
    state_mark_t mark = {.master_id = "master", .qty_e9 = qty_e9};
    (void) snprintf (mark.x, sizeof mark.x, "%s", x);
    assert_int_equal (self->ops->mark_put (self, &mark, NULL), 0);
}

static seen_t marks (state_t *self)
{
    seen_t seen = {0};
    assert_int_equal (self->ops->mark_each (self, on_mark, &seen, NULL), 0);
    return seen;
}

static void a_mark_keeps_the_larger_quantity (void **state)
{
    world_t *world = *state;
    state_t *self = world->backend->state_new (world->storage);
    mark_put (self, "x1", 5);
    mark_put (self, "x1", 7);
    mark_put (self, "x1", 6); /*  a late, smaller one */
    seen_t seen = marks (self);
    assert_int_equal (seen.count, 1);
    assert_int_equal (seen.qty_e9, 7);
    self->ops->destroy (&self);
    assert_null (self);
}

static void marks_of_two_masters_do_not_meet (void **state)
{
    world_t *world = *state;
    state_t *self = world->backend->state_new (world->storage);
    mark_put (self, "x1", 5);
    state_mark_t other = {.master_id = "other", .x = "x1", .qty_e9 = 1};
    assert_int_equal (self->ops->mark_put (self, &other, NULL), 0);
    assert_int_equal (marks (self).count, 2);
    self->ops->destroy (&self);
}

static void the_newest_ten_thousand_come_oldest_first (void **state)
{
    world_t *world = *state;
    state_t *self = world->backend->state_new (world->storage);
    assert_int_equal (
        storage_begin (world->storage, NULL), 0); /*  one transaction: for the test's time only */
    for (int i = 0; i < MANY; i++) {
        char x[40];
        (void) snprintf (x, sizeof x, "x%d", i);
        mark_put (self, x, i + 1);
    }
    assert_int_equal (storage_commit (world->storage, NULL), 0);
    seen_t seen = marks (self);
    assert_int_equal (seen.count, 10000);
    assert_string_equal (seen.first, "x50");
    assert_string_equal (seen.last, "x10049");
    self->ops->destroy (&self);
}

static void a_reader_can_stop (void **state)
{
    world_t *world = *state;
    state_t *self = world->backend->state_new (world->storage);
    mark_put (self, "x1", 5);
    assert_int_equal (self->ops->mark_each (self, stop, NULL, NULL), 5);
    assert_int_equal (marks (self).count, 1);
    self->ops->destroy (&self);
}

static void a_breaker_is_what_was_said_last (void **state)
{
    world_t *world = *state;
    state_t *self = world->backend->state_new (world->storage);
    breaker_changed_t breaker = {.client_id = "c1",
        .state = BREAKER_CHANGED_STATE_OPEN,
        .failures = 5,
        .opened_at_ns = 100,
        .retry_at_ns = 200,
        .last_error = "HTTP 500"};
    assert_int_equal (self->ops->breaker_put (self, &breaker, NULL), 0);
    breaker.state = BREAKER_CHANGED_STATE_HALF_OPEN;
    assert_int_equal (self->ops->breaker_put (self, &breaker, NULL), 0);
    (void) snprintf (breaker.client_id, sizeof breaker.client_id, "c2");
    assert_int_equal (self->ops->breaker_put (self, &breaker, NULL), 0);
    seen_t seen = {0};
    assert_int_equal (self->ops->breaker_each (self, on_breaker, &seen, NULL), 0);
    assert_int_equal (seen.count, 2);
    assert_string_equal (seen.breakers[0].client_id, "c1");
    assert_int_equal (seen.breakers[0].state, BREAKER_CHANGED_STATE_HALF_OPEN);
    assert_int_equal (seen.breakers[0].failures, 5);
    assert_int_equal (seen.breakers[0].opened_at_ns, 100);
    assert_int_equal (seen.breakers[0].retry_at_ns, 200);
    assert_string_equal (seen.breakers[0].last_error, "HTTP 500");
    self->ops->destroy (&self);
}

static void bounds_are_checked (void **state)
{
    world_t *world = *state;
    state_t *self = world->backend->state_new (world->storage);
    state_mark_t mark = {.master_id = "master", .x = "x1", .qty_e9 = -1};
    assert_int_equal (self->ops->mark_put (self, &mark, NULL), -ERR_RANGE);
    breaker_changed_t breaker = {.client_id = "c1", .failures = UINT64_MAX};
    assert_int_equal (self->ops->breaker_put (self, &breaker, NULL), -ERR_RANGE);
    assert_int_equal (marks (self).count, 0);
    self->ops->destroy (&self);
}

int main (void)
{
#define story(f)                                                                                             \
    {                                                                                                        \
#f, f                                                                                                \
    }
    const story_t stories[] = {
        story (a_mark_keeps_the_larger_quantity),
        story (marks_of_two_masters_do_not_meet),
        story (the_newest_ten_thousand_come_oldest_first),
        story (a_reader_can_stop),
        story (a_breaker_is_what_was_said_last),
        story (bounds_are_checked),
    };
    return stories_run (stories, sizeof stories / sizeof stories[0]);
}
