/*  redis_record: the documented hashes (docs/redis.md), written and read.
 */
#include "storage/redis_record.h"

#include "messages/fixed.h"
#include "messages/trading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MARK_PREFIX REDIS_PREFIX "dedup:"
#define BREAKER_PREFIX REDIS_PREFIX "breaker:"

enum { QTY, QTY_E9, FINAL, FIRST_AT, EXECUTED_AT, MARK_STORED_AT };
enum { STATE, FAILURES, OPENED_AT, RETRY_AT, LAST_ERROR, BREAKER_STORED_AT };

static const char *const MARK_FIELDS[REDIS_FIELDS] = {[QTY] = "qty",
    [QTY_E9] = "qty_e9",
    [FINAL] = "final",
    [FIRST_AT] = "first_at",
    [EXECUTED_AT] = "executed_at",
    [MARK_STORED_AT] = "stored_at"};
static const char *const BREAKER_FIELDS[REDIS_FIELDS] = {[STATE] = "state",
    [FAILURES] = "failures",
    [OPENED_AT] = "opened_at",
    [RETRY_AT] = "retry_at",
    [LAST_ERROR] = "last_error",
    [BREAKER_STORED_AT] = "stored_at"};

_Static_assert(sizeof MARK_PREFIX + sizeof ((state_mark_t *) 0)->master_id + sizeof ((state_mark_t *) 0)->x <=
                   REDIS_KEY_MAX,
    "every mark has a key");
_Static_assert(sizeof ((breaker_changed_t *) 0)->last_error <= REDIS_VALUE_MAX, "every error fits");

const char *const *redis_record_fields (redis_kind_t kind)
{
    assert (kind == REDIS_MARK || kind == REDIS_BREAKER);
    return kind == REDIS_MARK ? MARK_FIELDS : BREAKER_FIELDS;
}

static bool begins_with (const char *key, size_t size, const char *prefix)
{
    return size > strlen (prefix) && memcmp (key, prefix, strlen (prefix)) == 0;
}

redis_kind_t redis_key_kind (const char *key, size_t size)
{
    assert (key);
    if (begins_with (key, size, MARK_PREFIX))
        return REDIS_MARK;
    return begins_with (key, size, BREAKER_PREFIX) ? REDIS_BREAKER : REDIS_OTHER;
}

const char *redis_key_line (const char *key, size_t size, char text[96])
{
    assert (key && text);
    size_t length = size < 95 ? size : 95;
    for (size_t i = 0; i < length; i++)
        text[i] = key[i] >= ' ' && key[i] < 0x7f ? key[i] : '?';
    text[length] = '\0';
    return text;
}

int redis_record_check (const redis_record_t *self, problem_t *problem)
{
    assert (self && self->kind != REDIS_OTHER);
    message_t message = {.kind = self->kind == REDIS_MARK ? MSG_STATE_MARK : MSG_BREAKER_CHANGED};
    if (self->kind == REDIS_MARK)
        message.state_mark = self->mark;
    else
        message.breaker_changed = self->breaker;
    int result = message_check (&message, problem);
    if (result != 0)
        return result;
    if (self->kind == REDIS_MARK && (!*self->mark.x || strchr (self->mark.x, ':')))
        return problem_set (problem, ERR_RANGE, "x", "is empty or has a ':' in it");
    if (self->kind == REDIS_BREAKER && self->breaker.failures > INT64_MAX)
        return problem_set (problem, ERR_RANGE, "failures", "do not fit in 63 bits");
    if (self->kind == REDIS_BREAKER && !*self->breaker.client_id)
        return problem_set (problem, ERR_RANGE, "client_id", "is empty");
    return 0;
}

/*  ---- two of one key ---- */

bool redis_record_same (const redis_record_t *self, const redis_record_t *other)
{
    assert (self && other && self->kind == other->kind);
    const state_mark_t *mark = &self->mark;
    const breaker_changed_t *breaker = &self->breaker;
    if (self->kind == REDIS_MARK)
        return mark->qty_e9 == other->mark.qty_e9 && mark->final == other->mark.final &&
               mark->first_at_ns == other->mark.first_at_ns &&
               mark->executed_at_ns == other->mark.executed_at_ns;
    return breaker->state == other->breaker.state && breaker->failures == other->breaker.failures &&
           breaker->opened_at_ns == other->breaker.opened_at_ns &&
           breaker->retry_at_ns == other->breaker.retry_at_ns &&
           strcmp (breaker->last_error, other->breaker.last_error) == 0;
}

static int64_t later (int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/*  The larger Q; of the same Q everything that is known. When X began does not change. */
static bool mark_join (redis_record_t *known, const redis_record_t *heard)
{
    redis_record_t joined = *heard;
    if (heard->mark.qty_e9 < known->mark.qty_e9)
        return false;
    if (heard->mark.qty_e9 == known->mark.qty_e9)
        joined.mark.final = heard->mark.final || known->mark.final;
    if (*heard->mark.symbol) /*  Redis does not keep it */
        memcpy (known->mark.symbol, heard->mark.symbol, sizeof known->mark.symbol);
    else
        memcpy (joined.mark.symbol, known->mark.symbol, sizeof joined.mark.symbol);
    if (known->mark.first_at_ns > 0)
        joined.mark.first_at_ns = known->mark.first_at_ns;
    joined.mark.executed_at_ns = later (heard->mark.executed_at_ns, known->mark.executed_at_ns);
    joined.stored_at_ns = later (heard->stored_at_ns, known->stored_at_ns);
    if (redis_record_same (&joined, known))
        return false;
    *known = joined;
    return true;
}

bool redis_record_join (redis_record_t *known, const redis_record_t *heard)
{
    assert (known && heard && known->kind == heard->kind && known->kind != REDIS_OTHER);
    if (known->kind == REDIS_MARK)
        return mark_join (known, heard);
    bool news = heard->stored_at_ns >= known->stored_at_ns &&
                (heard->stored_at_ns > known->stored_at_ns || !redis_record_same (known, heard));
    if (news)
        *known = *heard;
    return news;
}

/*  ---- out ---- */

void redis_record_key (const redis_record_t *self, char key[REDIS_KEY_MAX])
{
    assert (self && self->kind != REDIS_OTHER);
    if (self->kind == REDIS_MARK)
        (void) snprintf (key, REDIS_KEY_MAX, MARK_PREFIX "%.63s:%.39s", self->mark.master_id, self->mark.x);
    else
        (void) snprintf (key, REDIS_KEY_MAX, BREAKER_PREFIX "%.63s", self->breaker.client_id);
}

static void put_time (char *text, int64_t at_ns)
{
    *text = '\0';
    if (at_ns > 0)
        (void) time_format (at_ns, text);
}

static void mark_write (const state_mark_t *mark, redis_values_t *values)
{
    (void) fixed_format (mark->qty_e9, values->text[QTY]);
    (void) snprintf (values->text[QTY_E9], REDIS_VALUE_MAX, "%" PRId64, mark->qty_e9);
    (void) snprintf (values->text[FINAL], REDIS_VALUE_MAX, "%s", mark->final ? "true" : "false");
    put_time (values->text[FIRST_AT], mark->first_at_ns);
    put_time (values->text[EXECUTED_AT], mark->executed_at_ns);
}

static void breaker_write (const breaker_changed_t *breaker, redis_values_t *values)
{
    (void) snprintf (values->text[STATE], REDIS_VALUE_MAX, "%s", breaker_changed_state_text (breaker->state));
    (void) snprintf (values->text[FAILURES], REDIS_VALUE_MAX, "%" PRIu64, breaker->failures);
    put_time (values->text[OPENED_AT], breaker->opened_at_ns);
    put_time (values->text[RETRY_AT], breaker->retry_at_ns);
    (void) snprintf (values->text[LAST_ERROR], REDIS_VALUE_MAX, "%s", breaker->last_error);
}

void redis_record_write (const redis_record_t *self, redis_values_t *values)
{
    assert (self && values && self->kind != REDIS_OTHER);
    _Static_assert((int) MARK_STORED_AT == (int) BREAKER_STORED_AT, "one place for both");
    if (self->kind == REDIS_MARK)
        mark_write (&self->mark, values);
    else
        breaker_write (&self->breaker, values);
    put_time (values->text[MARK_STORED_AT], self->stored_at_ns > 1 ? self->stored_at_ns : 0);
}

/*  ---- in ---- */

/*  Reads one hash; the first field that is wrong is remembered, the rest is not looked at. */
typedef struct {
    const redis_text_t *values;
    int bad; /*  field, -1 = none */
    const char *expected;
} reader_t;

static void fault (reader_t *self, int field, const char *expected)
{
    if (self->bad >= 0)
        return;
    self->bad = field;
    self->expected = expected;
}

static void take_text (reader_t *self, int field, char *to, size_t size)
{
    const redis_text_t *value = &self->values[field];
    *to = '\0';
    if (self->bad >= 0 || !value->text)
        return;
    if (value->size >= size || memchr (value->text, '\0', value->size)) {
        fault (self, field, "a shorter text");
        return;
    }
    memcpy (to, value->text, value->size);
    to[value->size] = '\0';
}

static int64_t take_number (reader_t *self, int field)
{
    const redis_text_t *value = &self->values[field];
    int64_t number = 0;
    if (self->bad >= 0)
        return 0;
    bool good = value->text && value->size > 0;
    for (size_t i = 0; good && i < value->size; i++) {
        char digit = value->text[i];
        good = digit >= '0' && digit <= '9' && !__builtin_mul_overflow (number, 10, &number) &&
               !__builtin_add_overflow (number, digit - '0', &number);
    }
    if (!good)
        fault (self, field, "a whole number that fits in 63 bits");
    return good ? number : 0;
}

static int64_t take_time (reader_t *self, int field)
{
    char text[TIME_TEXT_MAX];
    int64_t at_ns = 0;
    take_text (self, field, text, sizeof text);
    if (self->bad < 0 && *text && (time_parse (text, &at_ns) != 0 || at_ns < 0))
        fault (self, field, "a time such as 2026-01-31T15:30:00Z");
    return self->bad < 0 ? at_ns : 0;
}

static bool take_bool (reader_t *self, int field)
{
    char text[8];
    take_text (self, field, text, sizeof text);
    if (*text && strcmp (text, "true") != 0 && strcmp (text, "false") != 0)
        fault (self, field, "true or false");
    return strcmp (text, "true") == 0;
}

static bool key_part (char *to, size_t size, const char *from, size_t length)
{
    if (length >= size || memchr (from, '\0', length))
        return false;
    memcpy (to, from, length);
    to[length] = '\0';
    return true;
}

/*  X is what follows the last ':', for a master's name may have one. */
static bool mark_names (state_mark_t *mark, const char *key, size_t size)
{
    const char *names = key + strlen (MARK_PREFIX);
    const char *colon = memrchr (names, ':', size - strlen (MARK_PREFIX));
    if (!colon)
        return false;
    return key_part (mark->master_id, sizeof mark->master_id, names, (size_t) (colon - names)) &&
           key_part (mark->x, sizeof mark->x, colon + 1, (size_t) (key + size - colon - 1));
}

static void mark_read (reader_t *reader, state_mark_t *mark)
{
    mark->qty_e9 = take_number (reader, QTY_E9);
    mark->final = take_bool (reader, FINAL);
    mark->first_at_ns = take_time (reader, FIRST_AT);
    mark->executed_at_ns = take_time (reader, EXECUTED_AT);
}

static void breaker_read (reader_t *reader, breaker_changed_t *breaker)
{
    char word[32];
    take_text (reader, STATE, word, sizeof word);
    if (breaker_changed_state_parse (word, &breaker->state) != 0)
        fault (reader, STATE, "closed, open or half_open");
    breaker->failures = (uint64_t) take_number (reader, FAILURES);
    breaker->opened_at_ns = take_time (reader, OPENED_AT);
    breaker->retry_at_ns = take_time (reader, RETRY_AT);
    take_text (reader, LAST_ERROR, breaker->last_error, sizeof breaker->last_error);
}

static bool names_read (redis_record_t *self, const char *key, size_t size)
{
    if (self->kind == REDIS_MARK)
        return mark_names (&self->mark, key, size);
    size_t prefix = strlen (BREAKER_PREFIX);
    return key_part (self->breaker.client_id, sizeof self->breaker.client_id, key + prefix, size - prefix);
}

int redis_record_read (
    redis_record_t *self, const char *key, size_t size, const redis_text_t *values, problem_t *problem)
{
    assert (self && key && values);
    char where[96];
    reader_t reader = {.values = values, .bad = -1};
    memset (self, 0, sizeof *self);
    self->kind = redis_key_kind (key, size);
    (void) redis_key_line (key, size, where);
    if (self->kind == REDIS_OTHER || !names_read (self, key, size))
        return problem_set (problem, ERR_SYNTAX, where, "its name is none of ours");
    if (self->kind == REDIS_MARK)
        mark_read (&reader, &self->mark);
    else
        breaker_read (&reader, &self->breaker);
    self->stored_at_ns = take_time (&reader, MARK_STORED_AT);
    if (self->stored_at_ns < 1)
        self->stored_at_ns = 1; /*  never changed since */
    if (reader.bad >= 0)
        return problem_set (problem, ERR_SYNTAX, where, "field %s: expected %s",
            redis_record_fields (self->kind)[reader.bad], reader.expected);
    problem_t found = {0};
    if (redis_record_check (self, &found) != 0)
        return problem_set (problem, ERR_SYNTAX, where, "field %.40s: %.200s", found.where, found.detail);
    return 0;
}
