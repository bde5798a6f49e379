/*  wire_near_test.c: who shares a loop and was called takes what came at the next chance, once, in turns that end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/wire_near.h"

/*  An actor that calls another one whenever it takes something. */
typedef struct {
    wire_near_t near;
    const char *calls; /*  NULL = nobody */
    int taken;
    unsigned messages;
} actor_t;

static void take (void *wire, unsigned count)
{
    actor_t *self = wire;
    self->taken++;
    self->messages += count;
    if (self->calls)
        wire_near_call (&self->near, self->calls);
}

static void join (actor_t *self, uv_loop_t *loop, const char *name)
{
    wire_near_join (&self->near, loop, name, take, self);
}

static void a_fill_goes_through_three_actors_in_a_turn (void **state)
{
    (void) state;
    uv_loop_t loop = {0};
    actor_t listener = {0}, dispatcher = {.calls = "executor-1"}, executor = {.calls = "audit"};
    assert_int_equal (uv_loop_init (&loop), 0);
    join (&executor, &loop, "executor-1");
    join (&listener, &loop, "listener");
    join (&dispatcher, &loop, "dispatcher");
    wire_near_serve (&loop);
    assert_int_equal (listener.taken + dispatcher.taken + executor.taken, 0); /*  nobody was called */
    wire_near_call (&listener.near, "dispatcher");
    wire_near_serve (&loop);
    assert_int_equal (dispatcher.taken, 1);
    assert_int_equal (executor.taken, 1);
    assert_int_equal (listener.taken, 0);
    wire_near_serve (&loop); /*  a call is for one time */
    assert_int_equal (dispatcher.taken + executor.taken, 2);
    assert_int_equal (uv_loop_close (&loop), 0);
}

/*  It is told how many wait for it, so that it need not look for one that is not there. */
static void who_was_sent_three_takes_three (void **state)
{
    (void) state;
    uv_loop_t loop = {0};
    actor_t one = {0}, two = {.calls = "one"};
    assert_int_equal (uv_loop_init (&loop), 0);
    join (&one, &loop, "one");
    join (&two, &loop, "two");
    for (int n = 0; n < 3; n++)
        wire_near_call (&one.near, "two");
    wire_near_serve (&loop);
    assert_int_equal (two.taken, 1);
    assert_int_equal (two.messages, 3);
    assert_int_equal (one.messages, 1);
    assert_int_equal (uv_loop_close (&loop), 0);
}

static void two_that_answer_each_other_let_the_loop_go_on (void **state)
{
    (void) state;
    uv_loop_t loop = {0};
    actor_t one = {.calls = "two"}, two = {.calls = "one"};
    assert_int_equal (uv_loop_init (&loop), 0);
    join (&one, &loop, "one");
    join (&two, &loop, "two");
    wire_near_call (&one.near, "two");
    wire_near_serve (&loop);
    assert_int_equal (one.taken + two.taken, NEAR_MAX);
    wire_near_serve (&loop); /*  what is left is not lost */
    assert_int_equal (one.taken + two.taken, 2 * NEAR_MAX);
    assert_int_equal (uv_loop_close (&loop), 0);
}

/*  The listener's step sends a fill, and is not over while the others take it: what they send it waits. */
static void who_is_in_a_step_is_not_entered (void **state)
{
    (void) state;
    uv_loop_t loop = {0};
    bool busy = true;
    actor_t listener = {.near.busy = &busy}, dispatcher = {.calls = "listener"};
    assert_int_equal (uv_loop_init (&loop), 0);
    join (&listener, &loop, "listener");
    join (&dispatcher, &loop, "dispatcher");
    wire_near_call (&listener.near, "dispatcher");
    wire_near_serve (&loop);
    assert_int_equal (dispatcher.taken, 1);
    assert_int_equal (listener.taken, 0);
    busy = false;
    wire_near_serve (&loop);
    assert_int_equal (listener.taken, 1);
    assert_int_equal (listener.messages, 1);
    assert_int_equal (uv_loop_close (&loop), 0);
}

static void nobody_calls_itself_another_loop_or_who_has_left (void **state)
{
    (void) state;
    uv_loop_t loop = {0}, other = {0};
    actor_t one = {0}, two = {0}, three = {0}, far = {0}, unwatched = {0};
    assert_int_equal (uv_loop_init (&loop), 0);
    assert_int_equal (uv_loop_init (&other), 0);
    join (&one, &loop, "one");
    join (&two, &loop, "two");
    join (&three, &loop, "three");
    join (&far, &other, "far");
    wire_near_call (&one.near, "one");
    wire_near_call (&one.near, "far");
    wire_near_call (&unwatched.near, "one"); /*  of no loop so far */
    wire_near_call (&one.near, "two");
    wire_near_leave (&two.near);
    wire_near_serve (&loop);
    wire_near_serve (&other);
    assert_int_equal (one.taken + two.taken + three.taken + far.taken, 0);
    wire_near_call (&three.near, "one"); /*  who joined before the one that left is still there */
    wire_near_serve (&loop);
    assert_int_equal (one.taken, 1);
    wire_near_leave (&three.near); /*  the first of the list, then the last */
    wire_near_leave (&one.near);
    assert_null (uv_loop_get_data (&loop));
    assert_int_equal (uv_loop_close (&loop), 0);
    assert_int_equal (uv_loop_close (&other), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_fill_goes_through_three_actors_in_a_turn),
        cmocka_unit_test (who_was_sent_three_takes_three),
        cmocka_unit_test (two_that_answer_each_other_let_the_loop_go_on),
        cmocka_unit_test (who_is_in_a_step_is_not_entered),
        cmocka_unit_test (nobody_calls_itself_another_loop_or_who_has_left),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
