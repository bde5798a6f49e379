/*  time.c: RFC 3339 to UTC nanoseconds and back, without the C library's time zones. */
#include "messages/error.h"
#include "messages/fixed.h"
#include "messages/trading.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_PER_DAY INT64_C (86400)
#define DAYS_PER_ERA INT64_C (146097) /*  400 years */
#define DAYS_TO_1970 INT64_C (719468) /*  from 0000-03-01 */

typedef struct {
    const char *text;
    bool good;
} reader_t;

/*  The next `count` digits as a number; anything else makes the reader bad. */
static int64_t take_number (reader_t *reader, int count)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        if (*reader->text < '0' || *reader->text > '9') {
            reader->good = false;
            return 0;
        }
        value = 10 * value + (*reader->text++ - '0');
    }
    return value;
}

static void take_mark (reader_t *reader, const char *allowed)
{
    if (*reader->text && strchr (allowed, *reader->text))
        reader->text++;
    else
        reader->good = false;
}

static bool leap (int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in (int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap (year) ? 29 : days[month - 1];
}

/*  Days since 1970-01-01 of a date not before year 0, with years that begin in March so that leap days come last
 *  (Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of (int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t era = shifted >= 0 ? shifted / 400 : -1;
    int64_t year_of_era = shifted - era * 400;
    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           DAYS_TO_1970;
}

static int64_t take_day (reader_t *reader)
{
    int64_t year = take_number (reader, 4);
    take_mark (reader, "-");
    int64_t month = take_number (reader, 2);
    take_mark (reader, "-");
    int64_t day = take_number (reader, 2);
    if (!reader->good || month < 1 || month > 12 || day < 1 || day > days_in (year, month)) {
        reader->good = false;
        return 0;
    }
    return days_of (year, month, day);
}

static int64_t take_second (reader_t *reader)
{
    int64_t hour = take_number (reader, 2);
    take_mark (reader, ":");
    int64_t minute = take_number (reader, 2);
    take_mark (reader, ":");
    int64_t second = take_number (reader, 2);
    reader->good = reader->good && hour < 24 && minute < 60 && second <= 60; /*  60: a leap second */
    return 3600 * hour + 60 * minute + second;
}

static int64_t take_fraction (reader_t *reader)
{
    int64_t value = 0;
    int count = 0;
    if (*reader->text != '.')
        return 0;
    reader->text++;
    for (; *reader->text >= '0' && *reader->text <= '9' && count < 9; count++)
        value = 10 * value + (*reader->text++ - '0');
    reader->good = reader->good && count > 0;
    for (; count < 9; count++)
        value *= 10;
    return value;
}

/*  Seconds east of UTC */
static int64_t take_offset (reader_t *reader)
{
    char sign = *reader->text;
    take_mark (reader, "Zz+-");
    if (!reader->good || sign == 'Z' || sign == 'z')
        return 0;
    int64_t hour = take_number (reader, 2);
    take_mark (reader, ":");
    int64_t minute = take_number (reader, 2);
    reader->good = reader->good && hour < 24 && minute < 60;
    int64_t offset = 3600 * hour + 60 * minute;
    return sign == '-' ? -offset : offset;
}

int time_parse (const char *text, int64_t *at_ns_p)
{
    assert (text && at_ns_p);
    reader_t reader = {text, true};
    int64_t day = take_day (&reader);
    if (reader.good)
        take_mark (&reader, "Tt ");
    int64_t second = reader.good ? take_second (&reader) : 0;
    int64_t fraction = reader.good ? take_fraction (&reader) : 0;
    int64_t offset = reader.good ? take_offset (&reader) : 0;
    if (!reader.good || *reader.text)
        return -ERR_SYNTAX;
    __int128 at_ns = (__int128) (day * SECONDS_PER_DAY + second - offset) * FIXED_ONE + fraction;
    if (at_ns < INT64_MIN || at_ns > INT64_MAX)
        return -ERR_SYNTAX; /*  before 1677 or after 2262 */
    *at_ns_p = (int64_t) at_ns;
    return 0;
}

static int64_t floor_div (int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

const char *time_format (int64_t at_ns, char text[TIME_TEXT_MAX])
{
    assert (text);
    int64_t second = floor_div (at_ns, FIXED_ONE);
    int64_t day = floor_div (second, SECONDS_PER_DAY) + DAYS_TO_1970;
    int64_t of_day = second - (day - DAYS_TO_1970) * SECONDS_PER_DAY;
    int64_t fraction = at_ns % FIXED_ONE < 0 ? at_ns % FIXED_ONE + FIXED_ONE : at_ns % FIXED_ONE;
    int64_t era = floor_div (day, DAYS_PER_ERA);
    int64_t day_of_era = day - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    char wide[64]; /*  the compiler cannot know how few digits these have */
    int length = snprintf (wide, sizeof wide, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", (int) year, (int) month,
        (int) (day_of_year - (153 * month_from_march + 2) / 5 + 1), (int) (of_day / 3600),
        (int) (of_day / 60 % 60), (int) (of_day % 60), (int) fraction);
    assert (length > 0 && length < TIME_TEXT_MAX);
    memcpy (text, wide, (size_t) length + 1);
    return text;
}
