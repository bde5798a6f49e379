/*  breaker_test.c: closed -> open -> half-open -> closed, by itself. */
#include "actors/executor/breaker.h"
#include "tests/unit/actors/executor/shard_story.h"

static void test_opens_after_failures_in_a_row_and_closes_by_a_probe (void **state)
{
    (void) state;
    breaker_t breaker = {.state = BREAKER_CLOSED};
    assert_false (breaker_failed (&breaker, false, 2, 0, 30));
    (void) breaker_succeeded (&breaker);
    assert_false (breaker_failed (&breaker, false, 2, 0, 30)); /*  not in a row */
    assert_true (breaker_failed (&breaker, false, 2, 0, 30));
    assert_int_equal (breaker.state, BREAKER_OPEN);
    assert_false (breaker_admits (&breaker, 29));
    assert_true (breaker_admits (&breaker, 30)); /*  the probe */
    assert_int_equal (breaker.state, BREAKER_HALF_OPEN);
    assert_false (breaker_admits (&breaker, 31)); /*  only one */
    assert_true (breaker_succeeded (&breaker));
    assert_true (breaker_admits (&breaker, 32));
}

static void test_a_failed_probe_opens_again (void **state)
{
    (void) state;
    breaker_t breaker = {.state = BREAKER_CLOSED};
    assert_true (breaker_failed (&breaker, true, 5, 0, 30)); /*  refused keys: at once */
    assert_true (breaker_admits (&breaker, 30));
    assert_true (breaker_failed (&breaker, false, 5, 30, 30));
    assert_false (breaker_admits (&breaker, 59));
    assert_true (breaker_admits (&breaker, 60));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_opens_after_failures_in_a_row_and_closes_by_a_probe),
        cmocka_unit_test (test_a_failed_probe_opens_again)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
