/*  checker_test.c: each kind of mistake is found in a hand-made history, and a right one passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/load_test/checker_story.h"

static void assert_counts (const check_result_t *result, size_t lost, size_t doubled, size_t wrong)
{
    bool as_expected = result->counts[FINDING_LOST] == lost && result->counts[FINDING_DOUBLED] == doubled &&
                       result->counts[FINDING_WRONG] == wrong;
    for (size_t i = 0; !as_expected && i < result->findings_count; i++)
        print_message ("%s: %s\n", finding_kind_text (result->findings[i].kind), result->findings[i].text);
    assert_int_equal (result->counts[FINDING_LOST], lost);
    assert_int_equal (result->counts[FINDING_DOUBLED], doubled);
    assert_int_equal (result->counts[FINDING_WRONG], wrong);
}

/*  The master buys 10 in two executions, sells 3 of them, then the rest; anna does half of each. */
static void a_right_history (story_t *story)
{
    story_begin (story);
    story_master (story, "x1", true, E9 (4));
    story_copy (story, "x1", "o1", true, E9 (2));
    story_master (story, "x1", true, E9 (6));
    story_copy (story, "x1", "o2", true, E9 (3));
    story_master (story, "x2", false, E9 (3));
    story_copy (story, "x2", "c1", false, E9 (3) / 2);
    story_master (story, "x3", false, E9 (7));
    story_copy (story, "x3", "c1", false, E9 (7) / 2);
}

static void test_a_right_history_passes (void **state)
{
    (void) state;
    story_t story;
    a_right_history (&story);
    const check_result_t *result = story_check (&story);
    assert_counts (result, 0, 0, 0);
    assert_int_equal (result->trades, 3);
    assert_int_equal (result->executions, 4);
    assert_int_equal (result->due, 3);
    assert_int_equal (result->copied, 3);
    assert_int_equal (result->orders, 4);
    assert_int_equal (result->open, 0);
    /*  each copy arrived 2 ms after its execution, whose event left 1 ms after it */
    assert_int_equal (result->latency_count, 4);
    assert_int_equal (check_percentile (result->latency_ns, result->latency_count, 100), 1000000);
    story_end (&story);
}

static void test_merged_executions_may_be_one_order (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_master (&story, "x1", true, E9 (6));
    story_copy (&story, "x1", "o1", true, E9 (5));
    const check_result_t *result = story_check (&story);
    assert_counts (result, 0, 0, 0);
    /*  counted from the first execution that was due: 12 ms before, sent 1 ms after it */
    assert_int_equal (result->latency_ns[0], 11000000);
    story_end (&story);
}

static void test_nothing_ordered_is_lost (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (10));
    story_outcome (&story, "x1", OUTCOME_KIND_FAILED, "no_answer");
    const check_result_t *result = story_check (&story);
    assert_counts (result, 1, 0, 0);
    assert_non_null (strstr (result->findings[0].text, "failed no_answer"));
    assert_int_equal (result->copied, 0);
    story_end (&story);
}

static void test_the_second_execution_not_copied_is_lost (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    story_master (&story, "x1", true, E9 (6));
    /*  neither ordered (1) nor answered for (1) */
    assert_counts (story_check (&story), 2, 0, 0);
    story_end (&story);
}

static void test_an_exit_not_copied_is_lost (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    story_master (&story, "x2", false, E9 (4));
    story_outcome (&story, "x2", OUTCOME_KIND_SKIPPED, "no_position");
    assert_counts (story_check (&story), 1, 0, 0);
    story_end (&story);
}

static void test_the_same_again_is_doubled (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    story_copy (&story, "x1", "o2", true, E9 (2));
    assert_counts (story_check (&story), 0, 1, 0);
    story_end (&story);
}

static void test_a_slot_used_twice_is_doubled (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    story_master (&story, "x1", true, E9 (6));
    story_copy (&story, "x1", "o1", true, E9 (3));
    assert_counts (story_check (&story), 0, 1, 0);
    story_end (&story);
}

static void test_a_slot_out_of_turn_is_wrong (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o2", true, E9 (2));
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_a_billionth_too_much_or_too_little_is_found (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2) + 1);
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2) - 1);
    assert_counts (story_check (&story), 0, 0, 1); /*  the rest itself is too small to be ordered */
    story_end (&story);
}

static void test_the_other_side_is_wrong (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", false, E9 (2));
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_another_symbol_is_wrong (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    strcpy (story_copy (&story, "x1", "o1", true, E9 (2))->symbol, "MSFT");
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_an_order_before_its_execution_is_wrong (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2))->arrived_at_ns -= INT64_C (1000000000);
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_an_order_nobody_owed_is_wrong (void **state)
{
    (void) state;
    story_t story;
    a_right_history (&story);
    strcpy (story_copy (&story, "x1", "o3", true, E9 (1))->client_order_id, "by-hand-1");
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
    story_begin (&story);
    strcpy (story.follower.deny, "AAPL");
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    /*  the order, and the skip that is missing */
    assert_counts (story_check (&story), 0, 0, 2);
    story_end (&story);
}

static void test_a_skip_needs_the_right_reason (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story.follower.direction = CLIENT_CONFIG_DIRECTION_SHORT;
    story_master (&story, "x1", true, E9 (4));
    story_outcome (&story, "x1", OUTCOME_KIND_SKIPPED, "direction");
    const check_result_t *result = story_check (&story);
    assert_counts (result, 0, 0, 0);
    assert_int_equal (result->skipped, 1);
    story_end (&story);
    story_begin (&story);
    story.follower.direction = CLIENT_CONFIG_DIRECTION_SHORT;
    story_master (&story, "x1", true, E9 (4));
    story_outcome (&story, "x1", OUTCOME_KIND_SKIPPED, "below_minimum");
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_a_rate_that_the_rules_do_not_give_is_wrong (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    story.outcomes[0].rate_num_e9++;
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_an_equity_that_is_not_the_accounts_is_wrong (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story.follower.scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
    story.follower.multiplier_e9 = E9 (1);
    story_master (&story, "x1", true, E9 (10));
    story_copy (&story, "x1", "o1", true, E9 (2)); /*  20,000 of 100,000: right for that equity */
    story.outcomes[0].client_equity_e9 = E9 (20000);
    story.outcomes[0].rate_num_e9 = E9 (20000);
    story.outcomes[0].rate_den_e9 = E9 (100000);
    assert_counts (story_check (&story), 0, 0, 1);
    story_end (&story);
}

static void test_a_replication_that_never_closed_is_lost (void **state)
{
    (void) state;
    story_t story;
    a_right_history (&story);
    story.evidence.closings_count--;
    const check_result_t *result = story_check (&story);
    assert_counts (result, 1, 0, 0);
    assert_int_equal (result->open, 1);
    story_end (&story);
}

static void test_a_replaced_order_keeps_its_root (void **state)
{
    (void) state;
    story_t story;
    story_begin (&story);
    story_master (&story, "x1", true, E9 (4));
    story_copy (&story, "x1", "o1", true, E9 (2));
    story_master (&story, "x1-replaced", true, E9 (6));
    strcpy (story.orders[2].replaces, "x1");
    story.q_e9 = E9 (10);
    story_copy (&story, "x1", "o2", true, E9 (3));
    strcpy (story.closings[1].x, "x1");
    story.closings[1].qty_e9 = E9 (10);
    const check_result_t *result = story_check (&story);
    assert_counts (result, 0, 0, 0);
    assert_int_equal (result->trades, 1);
    story_end (&story);
}

static void test_percentiles_are_nearest_rank (void **state)
{
    (void) state;
    const int64_t values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    assert_int_equal (check_percentile (values, 10, 50), 5);
    assert_int_equal (check_percentile (values, 10, 95), 10);
    assert_int_equal (check_percentile (values, 10, 10), 1);
    assert_int_equal (check_percentile (NULL, 0, 99), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_a_right_history_passes),
        cmocka_unit_test (test_merged_executions_may_be_one_order),
        cmocka_unit_test (test_nothing_ordered_is_lost),
        cmocka_unit_test (test_the_second_execution_not_copied_is_lost),
        cmocka_unit_test (test_an_exit_not_copied_is_lost),
        cmocka_unit_test (test_the_same_again_is_doubled),
        cmocka_unit_test (test_a_slot_used_twice_is_doubled),
        cmocka_unit_test (test_a_slot_out_of_turn_is_wrong),
        cmocka_unit_test (test_a_billionth_too_much_or_too_little_is_found),
        cmocka_unit_test (test_the_other_side_is_wrong),
        cmocka_unit_test (test_another_symbol_is_wrong),
        cmocka_unit_test (test_an_order_before_its_execution_is_wrong),
        cmocka_unit_test (test_an_order_nobody_owed_is_wrong),
        cmocka_unit_test (test_a_skip_needs_the_right_reason),
        cmocka_unit_test (test_a_rate_that_the_rules_do_not_give_is_wrong),
        cmocka_unit_test (test_an_equity_that_is_not_the_accounts_is_wrong),
        cmocka_unit_test (test_a_replication_that_never_closed_is_lost),
        cmocka_unit_test (test_a_replaced_order_keeps_its_root),
        cmocka_unit_test (test_percentiles_are_nearest_rank),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
