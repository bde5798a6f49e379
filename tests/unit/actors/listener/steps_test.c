/*  steps_test.c: with a state of X go its earlier ones, so that whoever hears of the last one alone knows what X was when
 *  a client joined. */
#include "tests/unit/actors/listener/listener_story.h"

#define STEPS_MAX (sizeof ((trade_t *) 0)->steps / sizeof *((trade_t *) 0)->steps)

static int64_t begun_ns;

/*  t seconds after up: so much of A is bought or sold; cum in all, the position after it. */
static void fills (int second, side_t side, int64_t qty, int64_t cum, int64_t position)
{
    char execution[16];
    (void) snprintf (execution, sizeof execution, "e%d", second);
    int64_t now_s = (t->utc_ns - begun_ns) / CORE_TEST_S;
    core_test_pass (t, (second - now_s) * CORE_TEST_S);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", execution, side, qty, cum, position));
}

static void expect_step (const step_t *step, int second, int64_t opened, int64_t remaining_e18)
{
    assert_int_equal (step->executed_at_ns, begun_ns + second * CORE_TEST_S);
    assert_int_equal (step->opened_e9, opened * ONE);
    assert_int_equal (step->remaining_e18, remaining_e18);
}

/*  t=0 A buys 1, t=2 3, t=3 2 */
static void a_state_tells_what_was_before_it (void **state)
{
    (void) state;
    up (0);
    begun_ns = t->utc_ns;
    fills (0, SIDE_BUY, 1, 1, 1);
    assert_int_equal (state_sent (-1)->steps_count, 0);
    fills (2, SIDE_BUY, 3, 4, 4);
    assert_int_equal (state_sent (-1)->steps_count, 1);
    expect_step (&state_sent (-1)->steps[0], 0, 1, FRACTION_ONE);
    fills (3, SIDE_BUY, 2, 6, 6);
    const trade_t *last = state_sent (-1);
    assert_int_equal (last->qty_e9, 6 * ONE);
    assert_int_equal (last->steps_count, 2);
    expect_step (&last->steps[0], 0, 1, FRACTION_ONE);
    expect_step (&last->steps[1], 2, 4, FRACTION_ONE);
}

/*  Of 8 the master sells 4, then 2, then 5: 2 of them closed, 3 opened short. */
static void steps_tell_what_was_left_to_close (void **state)
{
    (void) state;
    up (8);
    begun_ns = t->utc_ns;
    fills (0, SIDE_SELL, 4, 4, 4);
    fills (1, SIDE_SELL, 2, 6, 2);
    fills (2, SIDE_SELL, 5, 11, -3);
    fills (3, SIDE_SELL, 1, 12, -4);
    const trade_t *last = state_sent (-1);
    assert_int_equal (last->steps_count, 3);
    expect_step (&last->steps[0], 0, 0, FRACTION_ONE / 2);
    expect_step (&last->steps[1], 1, 0, FRACTION_ONE / 4);
    expect_step (&last->steps[2], 2, 3, 0);
}

/*  The broker says e1 again, and that the order is canceled: neither is an execution. */
static void only_executions_are_steps (void **state)
{
    (void) state;
    up (0);
    begun_ns = t->utc_ns;
    fills (1, SIDE_BUY, 4, 4, 4);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    happens (update_of (UPDATE_CANCELED, "A", "", SIDE_BUY, 0, 4, 0));
    assert_int_equal (states_sent (), 2);
    assert_true (state_sent (-1)->final);
    assert_int_equal (state_sent (-1)->steps_count, 0);
}

/*  t=0 A buys 1, t=1 it is replaced by B, which buys 2: one X, one chain of steps. */
static void a_replacement_goes_on_with_its_roots_steps (void **state)
{
    (void) state;
    up (0);
    begun_ns = t->utc_ns;
    fills (0, SIDE_BUY, 1, 1, 1);
    core_test_pass (t, CORE_TEST_S);
    trade_update_t fill = update_of (UPDATE_FILL, "B", "b1", SIDE_BUY, 2, 2, 3);
    (void) strcpy (fill.order.replaces, "A");
    happens (fill);
    assert_string_equal (state_sent (-1)->x, "A");
    assert_int_equal (state_sent (-1)->steps_count, 1);
    expect_step (&state_sent (-1)->steps[0], 0, 1, FRACTION_ONE);
}

/*  t=0 … 19 A buys 1 each second: of the 19 states before the last one the newest 16 go along. */
static void of_many_steps_the_newest_are_kept (void **state)
{
    (void) state;
    up (0);
    begun_ns = t->utc_ns;
    for (int second = 0; second < 20; second++)
        fills (second, SIDE_BUY, 1, second + 1, second + 1);
    const trade_t *last = state_sent (-1);
    assert_int_equal (last->qty_e9, 20 * ONE);
    assert_int_equal (last->steps_count, STEPS_MAX);
    for (int at = 0; at < (int) STEPS_MAX; at++)
        expect_step (&last->steps[at], 3 + at, 4 + at, FRACTION_ONE);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (a_state_tells_what_was_before_it),
        STORY (steps_tell_what_was_left_to_close), STORY (only_executions_are_steps),
        STORY (a_replacement_goes_on_with_its_roots_steps), STORY (of_many_steps_the_newest_are_kept)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
