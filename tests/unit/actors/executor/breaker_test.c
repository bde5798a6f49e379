/*  breaker_test.c: closed -> open -> half-open -> closed, by itself. */
#include "actors/executor/breaker.h"
#include "tests/unit/actors/executor/shard_story.h"

static const breaker_rules_t rules = {.threshold = 2, .timeout_ns = 30};

static bool fails (breaker_t *breaker, bool at_once, int64_t now_ns)
{
    return breaker_failed (
        breaker, &rules, at_once, (breaker_time_t){.now_ns = now_ns, .utc_ns = 1000 + now_ns});
}

static void test_opens_after_failures_in_a_row_and_closes_by_a_probe (void **state)
{
    (void) state;
    breaker_t breaker = {.state = BREAKER_CLOSED};
    assert_false (fails (&breaker, false, 0));
    assert_false (breaker_succeeded (&breaker));
    assert_false (fails (&breaker, false, 0)); /*  not in a row */
    assert_true (fails (&breaker, false, 0));
    assert_int_equal (breaker.state, BREAKER_OPEN);
    assert_int_equal (breaker.opened_at_ns, 1000);
    assert_false (breaker_admits (&breaker, &rules, 29));
    assert_true (breaker_admits (&breaker, &rules, 30)); /*  the probe */
    assert_int_equal (breaker.state, BREAKER_HALF_OPEN);
    assert_false (breaker_admits (&breaker, &rules, 31)); /*  only one */
    assert_true (breaker_succeeded (&breaker));
    assert_true (breaker_admits (&breaker, &rules, 32));
}

static void test_a_failed_probe_opens_again (void **state)
{
    (void) state;
    breaker_t breaker = {.state = BREAKER_CLOSED};
    assert_true (fails (&breaker, true, 0)); /*  refused keys: at once */
    assert_true (breaker_admits (&breaker, &rules, 30));
    assert_true (fails (&breaker, false, 30));
    assert_int_equal (breaker.opened_at_ns, 1000); /*  open since then */
    assert_false (breaker_admits (&breaker, &rules, 59));
    assert_true (breaker_admits (&breaker, &rules, 60));
}

static void test_failures_while_open_do_not_put_the_probe_off (void **state)
{
    (void) state;
    breaker_t breaker = {.state = BREAKER_CLOSED};
    (void) fails (&breaker, true, 0);
    for (int64_t at = 1; at < 30; at++)
        assert_false (fails (&breaker, false, at)); /*  an exit, again and again */
    assert_true (breaker_admits (&breaker, &rules, 30));
}

static void test_a_probe_without_an_answer_is_followed_by_another (void **state)
{
    (void) state;
    breaker_t breaker = {.state = BREAKER_CLOSED};
    (void) fails (&breaker, true, 0);
    assert_true (breaker_admits (&breaker, &rules, 30));
    assert_false (breaker_admits (&breaker, &rules, 59));
    assert_true (breaker_admits (&breaker, &rules, 60));
}

static void test_without_a_threshold_only_refused_keys_open_it (void **state)
{
    (void) state;
    const breaker_rules_t never = {.threshold = 0, .timeout_ns = 30};
    breaker_t breaker = {.state = BREAKER_CLOSED};
    for (int at = 0; at < 100; at++)
        assert_false (breaker_failed (&breaker, &never, false, (breaker_time_t){.now_ns = at}));
    assert_true (breaker_failed (&breaker, &never, true, (breaker_time_t){.now_ns = 100}));
}

static void test_a_restored_one_is_open_until_its_time_and_never_longer_than_the_timeout (void **state)
{
    (void) state;
    breaker_time_t time = {.now_ns = 5, .utc_ns = 2000};
    breaker_t breaker = {.state = BREAKER_CLOSED};
    assert_true (breaker_restore (&breaker, &rules, 7, 1990, 2020, time));
    assert_int_equal (breaker.failures, 7);
    assert_int_equal (breaker.opened_at_ns, 1990);
    assert_false (breaker_admits (&breaker, &rules, 24));
    assert_true (breaker_admits (&breaker, &rules, 25));
    assert_false (breaker_restore (&breaker, &rules, 7, 1990, 9999, time)); /*  it has a history of its own */
    breaker_t ahead = {.state = BREAKER_CLOSED};
    assert_true (breaker_restore (&ahead, &rules, 7, 1990, INT64_MAX, time)); /*  a clock was wrong */
    assert_int_equal (ahead.retry_at_ns, 35);
    breaker_t past = {.state = BREAKER_CLOSED};
    assert_true (breaker_restore (&past, &rules, 7, 1900, 1930, time));
    assert_true (breaker_admits (&past, &rules, 5));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_opens_after_failures_in_a_row_and_closes_by_a_probe),
        cmocka_unit_test (test_a_failed_probe_opens_again),
        cmocka_unit_test (test_failures_while_open_do_not_put_the_probe_off),
        cmocka_unit_test (test_a_probe_without_an_answer_is_followed_by_another),
        cmocka_unit_test (test_without_a_threshold_only_refused_keys_open_it),
        cmocka_unit_test (test_a_restored_one_is_open_until_its_time_and_never_longer_than_the_timeout)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
