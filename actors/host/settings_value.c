/*  settings_value.c: one small parser a kind; all of them say what they expected in the same words. */
#include "actors/host/settings_value.h"

#include "messages/fixed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const setting_info_t *info;
    const char *text;
    const char *where;
    problem_t *problem;
} subject_t;

static int refuse (const subject_t *self, const char *expected)
{
    if (self->info->kind == SETTING_KIND_SECRET || self->info->kind == SETTING_KIND_URL)
        return problem_set (self->problem, ERR_SETTING, self->where, "expected %s", expected);
    return problem_set (
        self->problem, ERR_SETTING, self->where, "\"%.60s\" found, expected %s", self->text, expected);
}

static int refuse_number (const subject_t *self)
{
    static const char *const words[] = {
        [SETTING_KIND_INT] = "a whole number",
        [SETTING_KIND_DECIMAL] = "a decimal number",
        [SETTING_KIND_DURATION] = "a duration",
    };
    const setting_info_t *info = self->info;
    char expected[160];
    if (info->kind == SETTING_KIND_DURATION)
        snprintf (expected, sizeof expected, "a duration from %s to %s %s (or with ms, s, m, h behind it)",
            info->least, info->most, info->unit);
    else
        snprintf (expected, sizeof expected, "%s from %s to %s%s%s", words[info->kind], info->least,
            info->most, *info->unit ? " " : "", info->unit);
    return refuse (self, expected);
}

/*  Index of the word (any case) in "a|b|c", -1 = none. */
static int word_index (const char *words, const char *text, size_t size)
{
    int index = 0;
    for (const char *at = words;; index++) {
        size_t length = strcspn (at, "|");
        if (length == size && strncasecmp (at, text, size) == 0)
            return index;
        if (at[length] == '\0')
            return -1;
        at += length + 1;
    }
}

static int parse_choice (const subject_t *self, int64_t *number_p)
{
    int index = word_index (self->info->unit, self->text, strlen (self->text));
    if (index < 0) {
        char expected[160];
        snprintf (expected, sizeof expected, "one of %s", self->info->unit);
        return refuse (self, expected);
    }
    *number_p = index;
    return 0;
}

static int parse_bool (const subject_t *self, int64_t *number_p)
{
    int index = word_index ("false|true|no|yes|off|on|0|1", self->text, strlen (self->text));
    if (index < 0)
        return refuse (self, "true or false (or yes, no, on, off, 1, 0)");
    *number_p = index % 2;
    return 0;
}

/*  A bound of the list, in the same scale as the value; the list is right or it is a bug. */
static int64_t bound (const char *text, int64_t scale)
{
    int64_t value_e9 = 0;
    int64_t value = 0;
    int rc = fixed_parse (text, strlen (text), &value_e9);
    if (rc == 0)
        rc = fixed_mul_div (value_e9, scale, FIXED_ONE, ROUND_HALF_EVEN, &value);
    assert (rc == 0);
    return value;
}

/*  `scale`: what 1 of the text is worth in the result. */
static int parse_scaled (
    const subject_t *self, size_t size, int64_t scale, int64_t bound_scale, int64_t *number_p)
{
    int64_t value_e9 = 0;
    int64_t value = 0;
    if (size == 0 || fixed_parse (self->text, size, &value_e9) != 0)
        return refuse_number (self);
    if (fixed_mul_div (value_e9, scale, FIXED_ONE, ROUND_HALF_EVEN, &value) != 0)
        return refuse_number (self);
    if (scale == 1 && value_e9 % FIXED_ONE != 0)
        return refuse_number (self);
    if (value < bound (self->info->least, bound_scale) || value > bound (self->info->most, bound_scale))
        return refuse_number (self);
    *number_p = value;
    return 0;
}

/*  Nanoseconds in the unit, 0 = no such unit. */
static int64_t unit_ns (const char *unit)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60 * FIXED_ONE},
        {"h", 3600 * FIXED_ONE}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp (units[i].unit, unit) == 0)
            return units[i].ns;
    }
    return 0;
}

static int parse_duration (const subject_t *self, int64_t *number_p)
{
    size_t digits = strspn (self->text, "0123456789.-");
    const char *suffix = self->text + digits + strspn (self->text + digits, " ");
    int64_t bound_ns = unit_ns (self->info->unit);
    int64_t ns = *suffix ? unit_ns (suffix) : bound_ns;
    if (ns == 0)
        return refuse_number (self);
    return parse_scaled (self, digits, ns, bound_ns, number_p);
}

static int parse_url (const subject_t *self)
{
    const char *end = strstr (self->text, "://");
    char expected[160];
    snprintf (expected, sizeof expected, "an address that begins with %s, ://", self->info->unit);
    if (!end || word_index (self->info->unit, self->text, (size_t) (end - self->text)) < 0)
        return refuse (self, expected);
    const char *rest = end + 3;
    bool local = strncmp (self->text, "sqlite", 6) == 0 || strncmp (self->text, "unix", 4) == 0 ||
                 (strncmp (self->text, "postgres", 8) == 0 && *rest == '/'); /*  a Unix socket */
    if (*rest == '\0' || (!local && strchr ("/:?#@", *rest)))
        return refuse (self, "a host after ://");
    if (strpbrk (self->text, " \t\"<>"))
        return refuse (self, "an address without spaces and quotes");
    return 0;
}

static int parse_text (const subject_t *self)
{
    const setting_info_t *info = self->info;
    char expected[64];
    size_t most = (size_t) strtoul (info->most, NULL, 10);
    if (strlen (self->text) > most) {
        snprintf (expected, sizeof expected, "at most %zu characters", most);
        return refuse (self, expected);
    }
    for (const char *c = self->text; *c; c++) {
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            return problem_set (
                self->problem, ERR_SETTING, self->where, "a control character found, expected text");
    }
    return info->kind == SETTING_KIND_URL ? parse_url (self) : 0;
}

int settings_value_parse (
    const setting_info_t *info, const char *text, const char *where, int64_t *number_p, problem_t *problem)
{
    assert (info && text && *text && where && number_p);
    const subject_t self = {.info = info, .text = text, .where = where, .problem = problem};
    *number_p = 0;
    switch (info->kind) {
    case SETTING_KIND_BOOL: return parse_bool (&self, number_p);
    case SETTING_KIND_INT: return parse_scaled (&self, strlen (text), 1, 1, number_p);
    case SETTING_KIND_DECIMAL: return parse_scaled (&self, strlen (text), FIXED_ONE, FIXED_ONE, number_p);
    case SETTING_KIND_DURATION: return parse_duration (&self, number_p);
    case SETTING_KIND_CHOICE: return parse_choice (&self, number_p);
    default: return parse_text (&self);
    }
}
