/*  tally_test.c: what a shard counts, and that what is said again is not counted again. */
#include "tests/unit/actors/executor/shard_story.h"

#include <stdio.h>
#include <string.h>

#include "actors/executor/tally.h"

static int64_t measured (story_t *story, const char *name)
{
    static actor_stats_t stats;
    memset (&stats, 0, sizeof stats);
    executor_measure ((const executor_t *) story->test->core, story->test->now_ns, &stats);
    return measure_get (&stats, name, -1);
}

/*  t=0 an order is accepted, then filled; the command comes again: everything is said twice and counted once. */
static void test_an_order_is_counted_once (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    assert_int_equal (measured (story, "clients"), 1);
    assert_int_equal (measured (story, "warm"), 1);
    assert_int_equal (measured (story, "orders"), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (measured (story, "unanswered"), 1);
    story_fills (story, 0, E9 (5));
    assert_int_equal (measured (story, "orders"), 1);
    assert_int_equal (measured (story, "outcome.filled.none"), 1);
    assert_int_equal (measured (story, "unanswered"), 0);
    size_t said = story_outcomes (story, "anna");
    (void) story_command (story);
    assert_true (story_outcomes (story, "anna") > said);
    assert_int_equal (measured (story, "outcome.filled.none"), 1);
    assert_true (measured (story, "lease") > 0);
    story_free (story);
}

static void test_a_skip_counts_under_its_reason_and_a_refusal_under_its_code (void **state)
{
    (void) state;
    story_t *story = story_new ();
    client_config_t *draft = story_draft (story, "anna");
    (void) snprintf (draft->deny, sizeof draft->deny, "AAPL");
    story_add (story);
    story_warm (story, E9 (10000), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_client (story, "ben", 0);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10));
    story_answers (story, CALL_SUBMIT, 0, ANSWER_REJECTED, 40310000, "insufficient buying power, {\"a\":1}");
    assert_int_equal (measured (story, "outcome.rejected.code_40310000"), 1);
    const outcome_t *outcome = story_outcome (story, "anna");
    char name[64];
    (void) snprintf (name, sizeof name, "outcome.skipped.%.40s", outcome->reason);
    assert_int_equal (outcome->kind, OUTCOME_KIND_SKIPPED);
    assert_int_equal (measured (story, name), 2);
    story_free (story);
}

static void test_an_open_breaker_is_counted_and_named (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (measured (story, "breakers.open"), 0);
    story_answers (story, CALL_SUBMIT, 0, ANSWER_AUTH, 0, "unauthorized.");
    assert_int_equal (measured (story, "breakers.open"), 1);
    assert_int_equal (measured (story, "breaker.anna"), BREAKER_CHANGED_STATE_OPEN);
    story_free (story);
}

/*  The table is full: the last row takes the rest, and no count is lost. */
static void test_more_reasons_than_rows_count_as_other (void **state)
{
    static actor_stats_t stats;
    static tally_t tally;
    int64_t sum = 0;
    (void) state;
    for (int n = 0; n < 100; n++)
        tally_outcome (&tally, OUTCOME_KIND_REJECTED, "no", 1000 + n);
    tally_outcome (&tally, OUTCOME_KIND_FAILED, "Free text of a broker", 0);
    tally_measure (&tally, &stats);
    for (size_t n = 0; n < stats.readings_count; n++)
        if (strncmp (stats.readings[n].name, "outcome.", 8) == 0)
            sum += stats.readings[n].value;
    assert_int_equal (sum, 101);
    assert_int_equal (measure_get (&stats, "outcome.rejected.other", 0), 62);
}

static void test_the_two_times_of_an_order (void **state)
{
    static tally_t tally;
    (void) state;
    tally_order (&tally, 1000, 1000 + 2 * CORE_TEST_MS, 1000 + 9 * CORE_TEST_MS);
    tally_order (&tally, 0, 5, 6);    /*  when it was received is not known */
    tally_order (&tally, 1000, 5, 0); /*  sent before this state came; no answer */
    assert_int_equal (tally.orders, 3);
    assert_int_equal (histogram_count (&tally.latency), 1);
    assert_int_equal (tally.latency.sum_ns, 2 * CORE_TEST_MS);
    assert_int_equal (histogram_count (&tally.answer), 2);
    assert_int_equal (tally.answer.sum_ns, 7 * CORE_TEST_MS + 1);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_an_order_is_counted_once),
        cmocka_unit_test (test_a_skip_counts_under_its_reason_and_a_refusal_under_its_code),
        cmocka_unit_test (test_an_open_breaker_is_counted_and_named),
        cmocka_unit_test (test_more_reasons_than_rows_count_as_other),
        cmocka_unit_test (test_the_two_times_of_an_order)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
