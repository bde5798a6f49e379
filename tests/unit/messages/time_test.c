/*  time_test.c: RFC 3339, compared with the C library's calendar. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/error.h"
#include "messages/trading.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C (1000000000)

static void test_times_of_the_broker (void **state)
{
    static const struct {
        const char *text;
        int64_t at_ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000000001Z", 1},
        {"1969-12-31T23:59:59.999999999Z", -1},
        {"2021-03-16T18:38:01.942282Z", 1615919881942282000},
        {"2021-03-16T14:38:01.942282-04:00", 1615919881942282000},
        {"2021-03-17T00:08:01.942282+05:30", 1615919881942282000},
        {"2024-02-29T12:00:00.5Z", 1709208000500000000},
        {"2000-02-29t00:00:00z", 951782400000000000},
        {"2016-12-31T23:59:60Z", 1483228800000000000}, /*  a leap second is the next second */
        {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
        {"1677-09-21T00:12:43.145224192Z", INT64_MIN},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t at_ns = 77;
        assert_int_equal (time_parse (cases[i].text, &at_ns), 0);
        assert_true (at_ns == cases[i].at_ns);
    }
}

static void test_anything_else_is_refused (void **state)
{
    static const char *const texts[] = {
        "",
        "2021",
        "2021-03-16",
        "2021-03-16T18:38:01",
        "2021-03-16T18:38Z",
        "2021-13-01T00:00:00Z",
        "2021-00-01T00:00:00Z",
        "2021-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2021-04-31T00:00:00Z",
        "2021-04-00T00:00:00Z",
        "2021-03-16T24:00:00Z",
        "2021-03-16T23:60:00Z",
        "2021-03-16T23:59:61Z",
        "2021-03-16T18:38:01.Z",
        "2021-03-16T18:38:01.1234567890Z",
        "2021-03-16T18:38:01Zx",
        "2021-03-16T18:38:01+24:00",
        "2021-03-16T18:38:01+5:30",
        "2021-03-16T18:38:01+0530",
        "2021-03-16X18:38:01Z",
        "-021-03-16T18:38:01Z",
        "2021-3-16T18:38:01Z",
        " 2021-03-16T18:38:01Z",
        "9999-01-01T00:00:00Z",
        "2262-04-11T23:47:16.854775808Z",
        "1677-09-21T00:12:43.145224191Z",
        "0000-01-01T00:00:00Z",
        "1615919881",
    };
    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t at_ns = 77;
        assert_int_equal (time_parse (texts[i], &at_ns), -ERR_SYNTAX);
        assert_int_equal (at_ns, 77);
    }
}

static void test_the_text_is_always_utc_with_nine_decimals (void **state)
{
    char text[TIME_TEXT_MAX];
    (void) state;
    assert_string_equal (time_format (0, text), "1970-01-01T00:00:00.000000000Z");
    assert_string_equal (time_format (-1, text), "1969-12-31T23:59:59.999999999Z");
    assert_string_equal (time_format (1615919881942282000, text), "2021-03-16T18:38:01.942282000Z");
    assert_string_equal (time_format (INT64_MAX, text), "2262-04-11T23:47:16.854775807Z");
    assert_string_equal (time_format (INT64_MIN, text), "1677-09-21T00:12:43.145224192Z");
}

/*  one instant a day and a bit, over the whole range: against gmtime, and back */
static void test_the_calendar_is_the_c_librarys (void **state)
{
    (void) state;
    for (int64_t second = -9223372036; second <= 9223372036; second += 86399 * 3 + 7) {
        char text[TIME_TEXT_MAX], expected[80];
        time_t when = (time_t) second;
        struct tm parts;
        int64_t again = 0;
        assert_non_null (gmtime_r (&when, &parts));
        snprintf (expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.000000000Z", parts.tm_year + 1900,
            parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        assert_string_equal (time_format (second * SECOND, text), expected);
        assert_int_equal (time_parse (text, &again), 0);
        assert_true (again == second * SECOND);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_times_of_the_broker),
        cmocka_unit_test (test_anything_else_is_refused),
        cmocka_unit_test (test_the_text_is_always_utc_with_nine_decimals),
        cmocka_unit_test (test_the_calendar_is_the_c_librarys),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
