/*  reply_head.c: see reply_head.h. What comes from outside is not trusted to fit. */
#include "broker/alpaca/reply_head.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define NS_PER_S INT64_C (1000000000)
#define DIGITS_MAX 12
#define DATE_SIZE 29

void reply_head_clear (reply_head_t *self)
{
    assert (self);
    *self = (reply_head_t){.limit = -1, .remaining = -1, .reset_s = -1, .retry_after_s = -1};
}

bool reply_head_is (const char *name, size_t name_size, const char *wanted)
{
    return strlen (wanted) == name_size && strncasecmp (name, wanted, name_size) == 0;
}

int64_t reply_head_whole (const char *text, size_t size, int64_t fallback)
{
    int64_t value = 0;
    size_t digits = 0;
    while (digits < size && text[digits] >= '0' && text[digits] <= '9' && digits <= DIGITS_MAX)
        value = value * 10 + (text[digits++] - '0');
    if (digits == 0 || digits > DIGITS_MAX || (digits < size && text[digits] != '.'))
        return fallback;
    return value;
}

/*  Exactly `count` digits; -1: others. */
static int64_t digits_of (const char *text, size_t count)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/*  Days from 1970-01-01 in the Gregorian calendar; month 1 to 12. */
static int64_t days_of (int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int64_t month_of (const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (size_t i = 0; i < 12; i++)
        if (memcmp (text, months + 3 * i, 3) == 0)
            return (int64_t) i + 1;
    return -1;
}

int64_t reply_head_date (const char *text, size_t size)
{
    assert (text);
    if (size != DATE_SIZE || memcmp (text + 25, " GMT", 4) != 0 || text[19] != ':' || text[22] != ':' ||
        text[3] != ',')
        return 0;
    int64_t day = digits_of (text + 5, 2), month = month_of (text + 8), year = digits_of (text + 12, 4);
    int64_t hour = digits_of (text + 17, 2), minute = digits_of (text + 20, 2),
            second = digits_of (text + 23, 2);
    if (day < 1 || day > 31 || month < 1 || year < 1970 || year > 2261 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return 0;
    return (days_of (year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * NS_PER_S;
}

void reply_head_field (
    reply_head_t *self, const char *name, size_t name_size, const char *value, size_t value_size)
{
    assert (self && name && value);
    switch (name_size) {
    case 4:
        if (self->date_ns == 0 && reply_head_is (name, name_size, "date"))
            self->date_ns = reply_head_date (value, value_size);
        break;
    case 11:
        if (self->retry_after_s >= 0 || self->retry_after_ns > 0 ||
            !reply_head_is (name, name_size, "retry-after"))
            break;
        self->retry_after_s = reply_head_whole (value, value_size, -1);
        if (self->retry_after_s < 0)
            self->retry_after_ns = reply_head_date (value, value_size);
        break;
    case 17:
        if (self->limit < 0 && reply_head_is (name, name_size, "x-ratelimit-limit"))
            self->limit = reply_head_whole (value, value_size, -1);
        else if (self->reset_s < 0 && reply_head_is (name, name_size, "x-ratelimit-reset"))
            self->reset_s = reply_head_whole (value, value_size, -1);
        break;
    case 21:
        if (self->remaining < 0 && reply_head_is (name, name_size, "x-ratelimit-remaining"))
            self->remaining = reply_head_whole (value, value_size, -1);
        break;
    default: break;
    }
}
