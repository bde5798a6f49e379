/*  place_test.c: an exit that the broker cut short is decided again in its own place, before what came after it. */
#include <string.h>

#include "tests/unit/actors/executor/shard_story.h"

static bool same_copy (const char *id, const char *other)
{
    return strncmp (id, other, 24) == 0;
}

/*  anna holds 10. t=0 x2 closes 40 of 100: c1 of 4 works at the broker. t=0 x3 closes 30 of 60, then x2 10 more of 30.
 *  t=0.15 the broker cancels c1 with 1 filled. The rest of x2's first state is 3 of 9, then x3 takes half of 6, then x2 a
 *  third of 3. Were x3 first, it would take half of 9. */
static void test_what_an_exit_lacks_goes_before_later_orders_though_its_later_state_waits_behind_them (
    void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (10));
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (40), E9 (100));
    trade_t first = story->trade;
    story_accepts (story, 0);
    story_closes (story, "x3", TRADE_SIDE_SELL, E9 (30), E9 (60));
    story->trade = first;
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (30));
    assert_int_equal (story_orders (story), 1);
    core_test_pass (story->test, 150 * CORE_TEST_MS);
    story_shows (story, CALL_ORDER, 0, STATUS_CANCELED, E9 (4), E9 (1));
    assert_int_equal (story_orders (story), 1); /*  it pauses, and nobody passes it */
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    assert_true (
        same_copy (story_order (story, 1)->client_order_id, story_order (story, 0)->client_order_id));
    assert_string_equal (story_order (story, 1)->client_order_id + 24, "-c2");
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (3));
    story_fills (story, 1, E9 (3));
    assert_false (
        same_copy (story_order (story, 2)->client_order_id, story_order (story, 0)->client_order_id));
    assert_int_equal (story_order (story, 2)->qty_e9, E9 (3));
    story_fills (story, 2, E9 (3));
    assert_string_equal (story_order (story, 3)->client_order_id + 24, "-c3");
    assert_int_equal (story_order (story, 3)->qty_e9, E9 (1));
    story_fills (story, 3, E9 (1));
    assert_true (story_outcome (story, "anna")->final);
    assert_int_equal (story_outcome (story, "anna")->to_e9, E9 (50));
    story_free (story);
}

/*  The same without x3: nothing came between, so the rest of the first state and the second one are one order. */
static void test_nothing_between_them_the_rest_and_the_later_state_are_one_order (void **state)
{
    (void) state;
    story_t *story = story_new ();
    story_client (story, "anna", E9 (10));
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (40), E9 (100));
    story_accepts (story, 0);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (30), E9 (60));
    core_test_pass (story->test, 150 * CORE_TEST_MS);
    story_shows (story, CALL_ORDER, 0, STATUS_CANCELED, E9 (4), E9 (1));
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    assert_int_equal (story_order (story, 1)->qty_e9, E9 (6)); /*  7 of 10 in all, 1 is done */
    story_fills (story, 1, E9 (6));
    assert_int_equal (story_orders (story), 2);
    assert_true (story_outcome (story, "anna")->final);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (
            test_what_an_exit_lacks_goes_before_later_orders_though_its_later_state_waits_behind_them),
        cmocka_unit_test (test_nothing_between_them_the_rest_and_the_later_state_are_one_order)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
