/*  budget_test.c: 30 % of the limit in any minute, urgent requests first. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/listener/budget.h"

#define MS INT64_C (1000000)
#define SECOND (1000 * MS)

/*  Whatever asks whenever it may, for so long: how many left. */
static int leave (budget_t *budget, bool urgent, int64_t from_ns, int64_t for_ns)
{
    int left = 0;
    for (int64_t at_ns = from_ns; at_ns < from_ns + for_ns; at_ns += MS)
        if (budget_ready (budget, urgent, at_ns)) {
            budget_spend (budget, 1);
            left++;
        }
    return left;
}

static void a_minute_has_thirty_percent (void **state)
{
    (void) state;
    budget_t budget;
    budget_init (&budget, 200, 0);
    assert_int_equal (leave (&budget, true, 0, 70 * MS), 60); /*  the history, at once */
    assert_in_range (leave (&budget, true, SECOND, 60 * SECOND), 50, 51);
    assert_int_equal (leave (&budget, true, 200 * SECOND, 20 * MS), 10); /*  after a pause */
    assert_in_range (leave (&budget, true, 201 * SECOND, 59 * SECOND), 49, 50);
}

/*  t=0 10 may leave at once; polls leave half of them to urgent ones */
static void polls_leave_room_to_urgent_ones (void **state)
{
    (void) state;
    budget_t budget;
    budget_init (&budget, 200, 0);
    budget_trim (&budget);
    assert_int_equal (leave (&budget, false, 0, 2 * MS + 8 * MS), 5);
    assert_int_equal (leave (&budget, true, 10 * MS, 10 * MS), 5);
    assert_false (budget_ready (&budget, true, 20 * MS));
    int64_t at_ns = budget_ready_at (&budget, true, 20 * MS);
    assert_false (budget_ready (&budget, true, at_ns - MS));
    assert_true (budget_ready (&budget, true, at_ns));
    assert_true (budget_ready_at (&budget, false, at_ns) > at_ns + 5 * SECOND);
}

/*  t=0 an answer of 30 pages: 20 more than there was; t=25.2 the next may leave */
static void pages_are_waited_for (void **state)
{
    (void) state;
    budget_t budget;
    budget_init (&budget, 200, 0);
    budget_trim (&budget);
    budget_spend (&budget, 30);
    assert_false (budget_ready (&budget, true, 25 * SECOND));
    assert_true (budget_ready (&budget, true, 25 * SECOND + 300 * MS));
}

/*  The broker allows 1,000: five times as many; then it says 429 for 10 s */
static void the_brokers_word_counts (void **state)
{
    (void) state;
    budget_t budget;
    budget_init (&budget, 200, 0);
    budget_trim (&budget);
    budget_limit (&budget, 1000);
    budget_limit (&budget, -1);
    assert_in_range (leave (&budget, true, 0, 60 * SECOND), 255, 300);
    budget_block (&budget, 80 * SECOND);
    assert_int_equal (leave (&budget, true, 60 * SECOND, 20 * SECOND), 0);
    assert_true (budget_ready_at (&budget, true, 60 * SECOND) >= 80 * SECOND);
    assert_true (budget_ready (&budget, true, 80 * SECOND));
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (a_minute_has_thirty_percent),
        cmocka_unit_test (polls_leave_room_to_urgent_ones), cmocka_unit_test (pages_are_waited_for),
        cmocka_unit_test (the_brokers_word_counts)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
