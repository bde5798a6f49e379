/*  agenda_test.c: earliest first, whatever the order of coming. */
#include "actors/executor/agenda.h"
#include "tests/unit/actors/executor/shard_story.h"

static void test_takes_in_order_of_time (void **state)
{
    (void) state;
    agenda_t agenda;
    assert_true (agenda_init (&agenda, 64));
    assert_int_equal (agenda_next_ns (&agenda), INT64_MAX);
    for (uint64_t at = 0; at < 64; at++)
        agenda_add (&agenda, (int64_t) (at * 37 % 64), at * 37 % 64);
    assert_int_equal (agenda_next_ns (&agenda), 0);
    uint64_t token;
    for (uint64_t at = 0; at < 64; at++) {
        if (at > 0)
            assert_false (agenda_take (&agenda, (int64_t) at - 1, &token));
        assert_true (agenda_take (&agenda, (int64_t) at, &token));
        assert_int_equal (token, at);
    }
    assert_false (agenda_take (&agenda, INT64_MAX, &token));
    agenda_free (&agenda);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_takes_in_order_of_time)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
