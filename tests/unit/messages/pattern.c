/*  pattern.c: values for every field by its table. */
#include "tests/unit/messages/pattern.h"

#include <assert.h>
#include <string.h>

static void fill_record (const record_t *record, void *self, pattern_t pattern, uint64_t *state);

uint64_t pattern_random (uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/*  A number up to and with limit */
static uint64_t up_to (uint64_t limit, pattern_t pattern, uint64_t *state)
{
    if (pattern == PATTERN_MIXED)
        return limit == UINT64_MAX ? pattern_random (state) : pattern_random (state) % (limit + 1);
    return pattern == PATTERN_SMALL ? 0 : limit;
}

static void fill_i64 (const field_t *field, void *self, pattern_t pattern, uint64_t *state)
{
    uint64_t span = (uint64_t) field->max - (uint64_t) field->min;
    int64_t value = (int64_t) ((uint64_t) field->min + up_to (span, pattern, state));
    memcpy (field_in (self, field), &value, sizeof value);
}

static void fill_text (const field_t *field, char *text, pattern_t pattern, uint64_t *state)
{
    static const char *const letters[] = {"a", "Z", "\"", "\\", "\n", "ü", "€", "😀", " ", "7", "\x01"};
    size_t size = up_to (field->bound, pattern, state), used = 0;
    memset (text, 0, field->bound + 1);
    while (used < size) {
        const char *letter = letters[pattern_random (state) % (sizeof letters / sizeof letters[0])];
        if (strlen (letter) > size - used)
            letter = "x";
        memcpy (text + used, letter, strlen (letter));
        used += strlen (letter);
    }
}

static void fill_bytes (const field_t *field, void *self, pattern_t pattern, uint64_t *state)
{
    size_t size = up_to (field->bound, pattern, state);
    uint8_t *bytes = field_in (self, field);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t) pattern_random (state);
    field_set_count (self, field, size);
}

static void fill_list (const field_t *field, void *self, pattern_t pattern, uint64_t *state)
{
    size_t count = up_to (field->bound, pattern, state);
    for (size_t i = 0; i < count; i++)
        fill_record (field->of, field_entry_in (self, field, i), pattern, state);
    field_set_count (self, field, count);
}

static void fill_field (const field_t *field, void *self, pattern_t pattern, uint64_t *state)
{
    void *at = field_in (self, field);
    uint64_t number;
    switch ((field_type_t) field->type) {
    case FIELD_I64: fill_i64 (field, self, pattern, state); break;
    case FIELD_U64:
        number = up_to (UINT64_MAX, pattern, state);
        memcpy (at, &number, sizeof number);
        break;
    case FIELD_BOOL: *(bool *) at = up_to (1, pattern, state) == 1; break;
    case FIELD_TEXT: fill_text (field, at, pattern, state); break;
    case FIELD_BYTES: fill_bytes (field, self, pattern, state); break;
    case FIELD_ENUM: field_set_enum (self, field, (unsigned) up_to (field->bound - 1, pattern, state)); break;
    case FIELD_RECORD: fill_record (field->of, at, pattern, state); break;
    case FIELD_LIST: fill_list (field, self, pattern, state); break;
    }
}

static void fill_record (const record_t *record, void *self, pattern_t pattern, uint64_t *state)
{
    for (size_t i = 0; i < record->fields_count; i++)
        fill_field (&record->fields[i], self, pattern, state);
}

void *pattern_record (message_t *message)
{
    return (char *) message + message_rows[message->kind].offset;
}

void pattern_fill (message_t *self, message_kind_t kind, pattern_t pattern, uint64_t seed)
{
    uint64_t state = seed * UINT64_C (0x9E3779B97F4A7C15) + 1;
    memset (self, 0xA5, sizeof *self);
    self->kind = kind;
    fill_record (message_rows[kind].record, pattern_record (self), pattern, &state);
}

static bool same_record (const record_t *record, const void *left, const void *right);

static bool same_field (const field_t *field, const void *left, const void *right)
{
    const void *a = field_at (left, field), *b = field_at (right, field);
    bool same = true;
    switch ((field_type_t) field->type) {
    case FIELD_I64:
    case FIELD_U64: return memcmp (a, b, sizeof (int64_t)) == 0;
    case FIELD_BOOL: return *(const bool *) a == *(const bool *) b;
    case FIELD_TEXT: return strcmp (a, b) == 0;
    case FIELD_ENUM: return field_enum (left, field) == field_enum (right, field);
    case FIELD_RECORD: return same_record (field->of, a, b);
    case FIELD_BYTES:
        return field_count (left, field) == field_count (right, field) &&
               memcmp (a, b, field_count (left, field)) == 0;
    case FIELD_LIST:
        same = field_count (left, field) == field_count (right, field);
        for (size_t i = 0; same && i < field_count (left, field); i++)
            same = same_record (field->of, field_entry (left, field, i), field_entry (right, field, i));
        return same;
    }
    return false;
}

static bool same_record (const record_t *record, const void *left, const void *right)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        if (!same_field (&record->fields[i], left, right))
            return false;
    }
    return true;
}

bool pattern_same (const message_t *left, const message_t *right)
{
    const message_row_t *row = &message_rows[left->kind];
    assert (left->kind != MSG_NONE);
    return left->kind == right->kind &&
           same_record (row->record, (const char *) left + row->offset, (const char *) right + row->offset);
}
