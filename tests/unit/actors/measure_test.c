/*  measure_test.c: numbers into actor.stats and back; durations by size. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actors/measure.h"

#define MS INT64_C (1000000)

static actor_stats_t s_stats;

static int setup (void **state)
{
    (void) state;
    memset (&s_stats, 0, sizeof s_stats);
    return 0;
}

static void a_number_comes_back_and_a_missing_one_is_the_fallback (void **state)
{
    (void) state;
    measure_put (&s_stats, "open", 7);
    measure_put_of (&s_stats, "lease", "executor-1", -3);
    assert_int_equal (measure_get (&s_stats, "open", -1), 7);
    assert_int_equal (measure_get (&s_stats, "lease.executor-1", 0), -3);
    assert_int_equal (measure_get (&s_stats, "ope", -1), -1);
}

static void what_has_no_room_is_left_out (void **state)
{
    (void) state;
    size_t room = sizeof s_stats.readings / sizeof *s_stats.readings;
    for (size_t n = 0; n < room; n++)
        measure_put (&s_stats, "filler", 1);
    measure_put (&s_stats, "late", 2);
    assert_int_equal (s_stats.readings_count, room);
    assert_int_equal (measure_get (&s_stats, "late", -1), -1);
}

/*  A bound belongs to its bucket; 1 ns more to the next one. */
static void a_duration_falls_into_its_bucket (void **state)
{
    (void) state;
    for (size_t n = 0; n < HISTOGRAM_BOUNDS; n++) {
        histogram_t histogram = {0};
        assert_true (n == 0 || histogram_bounds_ns[n - 1] < histogram_bounds_ns[n]);
        histogram_add (&histogram, histogram_bounds_ns[n]);
        histogram_add (&histogram, histogram_bounds_ns[n] + 1);
        assert_int_equal (histogram.buckets[n], 1);
        assert_int_equal (histogram.buckets[n + 1], 1);
        assert_int_equal (histogram_count (&histogram), 2);
    }
    histogram_t histogram = {0};
    histogram_add (&histogram, -5);
    assert_int_equal (histogram.buckets[0], 1);
    assert_int_equal (histogram.sum_ns, 0);
    histogram_add (&histogram, INT64_MAX);
    histogram_add (&histogram, INT64_MAX);
    assert_int_equal (histogram.sum_ns, INT64_MAX);
}

static void histograms_of_two_actors_are_added_up (void **state)
{
    (void) state;
    histogram_t one = {0};
    histogram_t back = {0};
    histogram_add (&one, 3 * MS);
    histogram_add (&one, 90000 * MS);
    measure_put_histogram (&s_stats, "latency", &one);
    measure_put (&s_stats, "latency.99", 5); /*  no bucket of ours */
    measure_put (&s_stats, "latency.x", 5);
    measure_put (&s_stats, "latency", 5);
    measure_put (&s_stats, "latencies.3", 5);
    measure_get_histogram (&s_stats, "latency", &back);
    measure_get_histogram (&s_stats, "latency", &back);
    assert_int_equal (histogram_count (&back), 4);
    assert_int_equal (back.buckets[HISTOGRAM_BOUNDS], 2);
    assert_int_equal (back.sum_ns, 2 * 90003 * MS);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup (a_number_comes_back_and_a_missing_one_is_the_fallback, setup),
        cmocka_unit_test_setup (what_has_no_room_is_left_out, setup),
        cmocka_unit_test_setup (a_duration_falls_into_its_bucket, setup),
        cmocka_unit_test_setup (histograms_of_two_actors_are_added_up, setup)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
