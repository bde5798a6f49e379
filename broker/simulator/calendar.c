/*  calendar.c: New York's wall clock, sessions and the calendar. Computed, not read from the system's time zone
 *  database, so that every machine gives the same trace. Daylight saving as the law says since 2007: from the
 *  second Sunday of March 02:00 to the first Sunday of November 02:00.
 */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define HOUR_S INT64_C (3600)
#define OPEN_S (9 * 3600 + 30 * 60)
#define CLOSE_S (16 * 3600)

/*  Days and dates: the usual civil calendar arithmetic on 400 year eras, years beginning in March. */
int64_t day_number_of (int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void day_of (int64_t day_number, int *year_p, int *month_p, int *day_p)
{
    int64_t z = day_number + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day_p = (int) (day_of_year - (153 * shifted + 2) / 5 + 1);
    *month_p = (int) (shifted < 10 ? shifted + 3 : shifted - 9);
    *year_p = (int) (year_of_era + era * 400 + (*month_p <= 2 ? 1 : 0));
}

static int weekday_of (int64_t day_number)
{
    int64_t weekday = (day_number + 4) % 7; /*  1970-01-01 was a Thursday */
    return (int) (weekday < 0 ? weekday + 7 : weekday);
}

static int64_t sunday_of (int year, int month, int which)
{
    int64_t first = day_number_of (year, month, 1);
    return first + (7 - weekday_of (first)) % 7 + INT64_C (7) * (which - 1);
}

/*  Seconds that New York is ahead of UTC (negative) at that UTC second. */
static int offset_at (int64_t at_s)
{
    int year, month, day;
    day_of ((at_s - 5 * HOUR_S) / DAY_S, &year, &month, &day);
    int64_t begin_s = sunday_of (year, 3, 2) * DAY_S + 7 * HOUR_S;
    int64_t end_s = sunday_of (year, 11, 1) * DAY_S + 6 * HOUR_S;
    return at_s >= begin_s && at_s < end_s ? -4 * 3600 : -5 * 3600;
}

void newyork_of (int64_t at_ns, newyork_t *wall)
{
    assert (wall && at_ns >= 0);
    int64_t at_s = at_ns / ENGINE_SECOND_NS;
    wall->offset_s = offset_at (at_s);
    int64_t local_s = at_s + wall->offset_s;
    int64_t day_number = local_s >= 0 ? local_s / DAY_S : -1;
    int second = (int) (local_s - day_number * DAY_S);
    day_of (day_number, &wall->year, &wall->month, &wall->day);
    wall->weekday = weekday_of (day_number);
    wall->hour = second / 3600;
    wall->minute = second / 60 % 60;
    wall->second = second % 60;
}

int64_t newyork_day (int64_t at_ns)
{
    newyork_t wall;
    newyork_of (at_ns, &wall);
    return day_number_of (wall.year, wall.month, wall.day);
}

int64_t newyork_ns (int64_t day_number, int seconds)
{
    int64_t local_s = day_number * DAY_S + seconds;
    return (local_s - offset_at (local_s + 5 * HOUR_S)) * ENGINE_SECOND_NS;
}

static bool weekday_is_session (int64_t day_number)
{
    int weekday = weekday_of (day_number);
    return weekday >= 1 && weekday <= 5;
}

static int64_t session_next (int64_t at_ns, int seconds)
{
    int64_t day_number = newyork_day (at_ns);
    while (!weekday_is_session (day_number) || newyork_ns (day_number, seconds) <= at_ns)
        day_number++;
    return newyork_ns (day_number, seconds);
}

int64_t session_next_open (int64_t at_ns)
{
    return session_next (at_ns, OPEN_S);
}

int64_t session_next_close (int64_t at_ns)
{
    return session_next (at_ns, CLOSE_S);
}

bool session_open (const engine_t *self)
{
    assert (self);
    if (self->config.session == ENGINE_SESSION_ALWAYS_OPEN)
        return true;
    return session_next_close (self->now_ns) < session_next_open (self->now_ns);
}

void engine_clock_get (engine_t *self, int64_t now_ns, engine_clock_t *clock)
{
    assert (self && clock);
    engine_advance (self, now_ns);
    clock->at_ns = self->now_ns;
    clock->is_open = session_open (self);
    clock->next_open_ns = session_next_open (self->now_ns);
    clock->next_close_ns = session_next_close (self->now_ns);
}

const char *engine_newyork_format (int64_t at_ns, char text[TIME_TEXT_MAX])
{
    newyork_t wall;
    newyork_of (at_ns, &wall);
    int used = snprintf (text, TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned) wall.year % 10000,
        (unsigned) wall.month % 100, (unsigned) wall.day % 100, (unsigned) wall.hour % 100,
        (unsigned) wall.minute % 100, (unsigned) wall.second % 100);
    assert (used == 19);
    long rest_ns = (long) (at_ns % ENGINE_SECOND_NS);
    if (rest_ns)
        used += snprintf (text + used, TIME_TEXT_MAX - (size_t) used, ".%09ld", rest_ns);
    snprintf (
        text + used, TIME_TEXT_MAX - (size_t) used, "-%02u:00", (unsigned) (-wall.offset_s / 3600) % 24);
    return text;
}

/*  Exactly `size` digits; -1 if they are not. */
static int digits_parse (const char *text, size_t size)
{
    int value = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool day_parse (const char *text, int64_t *day_number_p)
{
    if (!text || strlen (text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = digits_parse (text, 4);
    int month = digits_parse (text + 5, 2);
    int day = digits_parse (text + 8, 2);
    if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int64_t day_number = day_number_of (year, month, day);
    int year_back, month_back, day_back;
    day_of (day_number, &year_back, &month_back, &day_back);
    if (month_back != month)
        return false; /*  such as February 30 */
    *day_number_p = day_number;
    return true;
}

int when_parse (const char *name, const char *text, int64_t *at_ns_p, engine_error_t *error)
{
    int64_t day_number;
    if (day_parse (text, &day_number)) {
        *at_ns_p = newyork_ns (day_number, 0);
        return 0;
    }
    if (time_parse (text, at_ns_p) == 0)
        return 0;
    return refuse (error, 422, 40010001, "invalid format for parameter %s: %.40s", name, text);
}

int engine_calendar_list (engine_t *self, const char *start, const char *end, int64_t now_ns,
    engine_day_t *days, size_t capacity, size_t *count_p, engine_error_t *error)
{
    assert (self && days && count_p && error);
    engine_advance (self, now_ns);
    *count_p = 0;
    newyork_t wall;
    newyork_of (self->now_ns, &wall);
    int64_t first = day_number_of (wall.year, 1, 1);
    int64_t last = day_number_of (wall.year, 12, 31);
    /*  Go's SDK sends RFC 3339 here */
    char date[11];
    if (text_set (start) && (snprintf (date, sizeof date, "%.10s", start), !day_parse (date, &first)))
        return refuse (error, 422, 40010001, "invalid format for parameter start: %.40s", start);
    if (text_set (end) && (snprintf (date, sizeof date, "%.10s", end), !day_parse (date, &last)))
        return refuse (error, 422, 40010001, "invalid format for parameter end: %.40s", end);
    for (int64_t at = first; at <= last && *count_p < capacity; at++) {
        if (!weekday_is_session (at))
            continue;
        int year, month, day;
        day_of (at, &year, &month, &day);
        engine_day_t *shown = &days[(*count_p)++];
        *shown = (engine_day_t){
            .open = "09:30", .close = "16:00", .session_open = "0400", .session_close = "2000"};
        snprintf (shown->date, sizeof shown->date, "%04u-%02u-%02u", (unsigned) year % 10000,
            (unsigned) month % 100, (unsigned) day % 100);
    }
    return 0;
}
