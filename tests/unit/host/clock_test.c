/*  clock: when the broker's Date header moves our UTC, and when it does not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/clock.h"

#define S INT64_C (1000000000)
#define DATE (INT64_C (1790000000) * S)

static void test_a_clock_within_a_second_is_left_alone (void **state)
{
    (void) state;
    /*  Date 12:00:00 stands for anything up to 12:00:00.999 */
    assert_int_equal (clock_corrected (0, DATE, DATE), 0);
    assert_int_equal (clock_corrected (0, DATE, DATE + S - 1), 0);
    assert_int_equal (clock_corrected (0, DATE, DATE - S), 0);
    assert_int_equal (clock_corrected (0, DATE, DATE + 2 * S), 0);
}

static void test_a_clock_that_is_plainly_wrong_is_corrected (void **state)
{
    (void) state;
    /*  ours is an hour behind */
    assert_int_equal (clock_corrected (0, DATE, DATE - 3600 * S), 3600 * S + S / 2);
    /*  and a minute ahead */
    assert_int_equal (clock_corrected (0, DATE, DATE + 60 * S), -60 * S + S / 2);
}

static void test_a_correction_that_fits_stays (void **state)
{
    int64_t offset = clock_corrected (0, DATE, DATE - 3600 * S);
    (void) state;
    assert_int_equal (clock_corrected (offset, DATE + S, DATE - 3600 * S + S / 4), offset);
    /*  the machine's clock was set right meanwhile */
    assert_int_equal (clock_corrected (offset, DATE + 10 * S, DATE + 10 * S), 0);
}

static void test_a_date_of_another_age_is_ignored (void **state)
{
    (void) state;
    assert_int_equal (clock_corrected (7, INT64_C (86400) * S, DATE), 7);
    assert_int_equal (clock_corrected (7, INT64_C (5000000000) * S, DATE), 7);
}

static void test_utc_follows_a_noted_date (void **state)
{
    int64_t before = clock_utc_ns ();
    (void) state;
    clock_note_date (0);
    assert_int_equal (clock_offset_ns (), 0);
    clock_note_date ((before / S + 7200) * S);
    assert_true (clock_utc_ns () - before > 7100 * S);
    clock_note_date (before / S * S);
    assert_int_equal (clock_offset_ns (), 0);
    assert_true (clock_now_ns () <= clock_now_ns ());
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_a_clock_within_a_second_is_left_alone),
        cmocka_unit_test (test_a_clock_that_is_plainly_wrong_is_corrected),
        cmocka_unit_test (test_a_correction_that_fits_stays),
        cmocka_unit_test (test_a_date_of_another_age_is_ignored),
        cmocka_unit_test (test_utc_follows_a_noted_date),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
