/*  calendar_test.c: New York's time, the clock and the calendar. */
#include "tests/unit/simulator/desk.h"

static int64_t at (const char *text)
{
    int64_t at_ns = 0;
    assert_int_equal (time_parse (text, &at_ns), 0);
    return at_ns;
}

static const char *local (const char *text)
{
    static char shown_text[TIME_TEXT_MAX];
    return engine_newyork_format (at (text), shown_text);
}

static void new_york_is_five_hours_behind_in_winter_and_four_in_summer (void **state)
{
    (void) state;
    assert_string_equal (local ("2026-03-02T14:30:00Z"), "2026-03-02T09:30:00-05:00");
    assert_string_equal (local ("2026-07-01T13:30:00Z"), "2026-07-01T09:30:00-04:00");
    assert_string_equal (local ("2026-01-01T03:00:00.5Z"), "2025-12-31T22:00:00.500000000-05:00");
    /*  2026: from March 8, 02:00 to November 1, 02:00 */
    assert_string_equal (local ("2026-03-08T06:59:59Z"), "2026-03-08T01:59:59-05:00");
    assert_string_equal (local ("2026-03-08T07:00:00Z"), "2026-03-08T03:00:00-04:00");
    assert_string_equal (local ("2026-11-01T05:59:59Z"), "2026-11-01T01:59:59-04:00");
    assert_string_equal (local ("2026-11-01T06:00:00Z"), "2026-11-01T01:00:00-05:00");
}

static engine_clock_t clock_at (engine_session_t session, const char *text)
{
    engine_config_t config;
    engine_config_default (&config);
    config.session = session;
    desk_t *desk = desk_open (&config);
    engine_clock_t clock;
    engine_clock_get (desk->engine, at (text), &clock);
    desk_close ();
    return clock;
}

static void the_clock_knows_sessions_and_weekends (void **state)
{
    (void) state;
    engine_clock_t clock = clock_at (ENGINE_SESSION_CALENDAR, "2026-03-06T20:59:59Z");
    assert_true (clock.is_open);
    assert_true (clock.next_close_ns == at ("2026-03-06T21:00:00Z"));
    /*  Friday's close; over the weekend the clocks change */
    clock = clock_at (ENGINE_SESSION_CALENDAR, "2026-03-06T21:00:00Z");
    assert_false (clock.is_open);
    assert_true (clock.next_open_ns == at ("2026-03-09T13:30:00Z"));
    assert_true (clock.next_close_ns == at ("2026-03-09T20:00:00Z"));
    clock = clock_at (ENGINE_SESSION_CALENDAR, "2026-03-09T13:30:00Z");
    assert_true (clock.is_open);
    clock = clock_at (ENGINE_SESSION_ALWAYS_OPEN, "2026-03-08T03:00:00Z");
    assert_true (clock.is_open);
}

static void the_calendar_lists_weekdays (void **state)
{
    desk_t *desk = desk_open (NULL);
    (void) state;
    static engine_day_t days[ENGINE_DAYS_MAX];
    size_t count = 0;
    assert_int_equal (engine_calendar_list (desk->engine, "2026-03-02", "2026-03-09", desk->now_ns, days,
                          ENGINE_DAYS_MAX, &count, &desk->error),
        0);
    assert_int_equal (count, 6);
    assert_string_equal (days[0].date, "2026-03-02");
    assert_string_equal (days[4].date, "2026-03-06");
    assert_string_equal (days[5].date, "2026-03-09");
    assert_string_equal (days[5].open, "09:30");
    assert_string_equal (days[5].session_close, "2000");
    assert_int_equal (engine_calendar_list (desk->engine, "2024-02-29T00:00:00Z", "2024-02-29", desk->now_ns,
                          days, ENGINE_DAYS_MAX, &count, &desk->error),
        0);
    assert_int_equal (count, 1);
    assert_refused (engine_calendar_list (desk->engine, "2026-02-29", NULL, desk->now_ns, days,
                        ENGINE_DAYS_MAX, &count, &desk->error),
        422, 40010001, "invalid format for parameter start: 2026-02-29");
    desk_close ();
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (new_york_is_five_hours_behind_in_winter_and_four_in_summer),
        cmocka_unit_test (the_clock_knows_sessions_and_weekends),
        cmocka_unit_test (the_calendar_lists_weekdays),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
