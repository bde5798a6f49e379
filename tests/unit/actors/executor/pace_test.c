/*  pace_test.c: a client's request budget, by the broker's headers. Times in seconds. */
#include "actors/executor/pace.h"
#include "tests/unit/actors/executor/shard_story.h"

#define S CORE_TEST_S
#define UTC CORE_TEST_UTC_NS

static void says (pace_t *pace, int64_t now_ns, int64_t limit, int64_t remaining, int64_t reset_s)
{
    broker_answer_t answer = {
        .kind = ANSWER_OK, .limit = limit, .remaining = remaining, .retry_at_ns = UTC + reset_s * S};
    pace_answered (pace, &answer, now_ns, UTC + now_ns, S);
}

static void test_the_limit_is_200_until_an_answer_says_otherwise (void **state)
{
    (void) state;
    pace_t pace = {0};
    for (int at = 0; at < 200; at++) {
        assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 0), 0);
        pace_sent (&pace, 0);
    }
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 1), 60 * S);
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 60 * S), 0);
}

static void test_exits_before_entries_before_looks (void **state)
{
    (void) state;
    pace_t pace = {0};
    pace_sent (&pace, 0);
    says (&pace, 0, 200, 101, 30);
    assert_int_equal (pace_wait_ns (&pace, PACE_LOOK, 1), 0);
    says (&pace, 0, 200, 100, 30); /*  half is kept for orders */
    assert_int_equal (pace_wait_ns (&pace, PACE_LOOK, 1), 30 * S);
    assert_int_equal (pace_wait_ns (&pace, PACE_ENTRY, 1), 0);
    says (&pace, 0, 200, 10, 30); /*  a twentieth for exits */
    assert_int_equal (pace_wait_ns (&pace, PACE_ENTRY, 1), 30 * S);
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 1), 0);
    says (&pace, 0, 200, 0, 30);
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 1), 30 * S);
}

static void test_what_is_under_way_is_taken_off_what_an_answer_says (void **state)
{
    (void) state;
    pace_t pace = {0};
    for (int at = 0; at < 5; at++)
        pace_sent (&pace, 0);
    says (&pace, 1, 200, 4, 30); /*  the first answer: 4 left then, 4 more under way */
    assert_int_equal (pace.left, 0);
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 1), 30 * S);
}

static void test_a_429_is_waited_for_as_the_headers_say (void **state)
{
    (void) state;
    pace_t pace = {0};
    pace_sent (&pace, 0);
    broker_answer_t limited = {.kind = ANSWER_LIMITED, .remaining = -1, .retry_at_ns = UTC + 17 * S};
    pace_answered (&pace, &limited, 0, UTC, S);
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 1), 17 * S);
    pace_sent (&pace, 20 * S);
    limited.retry_at_ns = 0;
    pace_answered (&pace, &limited, 20 * S, UTC + 20 * S, 3 * S); /*  no header: RATE_LIMIT_DELAY */
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 20 * S), 23 * S);
    limited.retry_at_ns = UTC + 7200 * S; /*  a clock is wrong: never longer than a window */
    pace_answered (&pace, &limited, 20 * S, UTC + 20 * S, 3 * S);
    assert_int_equal (pace_wait_ns (&pace, PACE_EXIT, 20 * S), 80 * S);
}

static void test_an_answer_of_a_window_that_is_over_says_nothing_of_this_one (void **state)
{
    (void) state;
    pace_t pace = {0};
    pace_sent (&pace, 0);
    pace_sent (&pace, 0);
    says (&pace, 0, 200, 3, 30);
    pace_sent (&pace, 31 * S); /*  a new window */
    says (&pace, 31 * S, 200, 0, 30);
    assert_int_equal (pace.left, 199);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_the_limit_is_200_until_an_answer_says_otherwise),
        cmocka_unit_test (test_exits_before_entries_before_looks),
        cmocka_unit_test (test_what_is_under_way_is_taken_off_what_an_answer_says),
        cmocka_unit_test (test_a_429_is_waited_for_as_the_headers_say),
        cmocka_unit_test (test_an_answer_of_a_window_that_is_over_says_nothing_of_this_one)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
