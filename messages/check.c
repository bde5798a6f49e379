/*  check.c: the bounds of a message that somebody built, before it may leave; and of the texts that came in. */
#include "messages/record.h"

#include <assert.h>
#include <string.h>

static int check_record (const record_t *record, const void *self, const place_t *place, problem_t *problem);

static size_t utf8_announced (unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/*  Length of the UTF-8 sequence at bytes: 0 = malformed, overlong, a surrogate or beyond U+10FFFF. */
static size_t utf8_length (const unsigned char *bytes, size_t size)
{
    unsigned char first = bytes[0];
    size_t length = utf8_announced (first);
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    }
    bool overlong = (first == 0xE0 && bytes[1] < 0xA0) || (first == 0xF0 && bytes[1] < 0x90);
    bool outside = (first == 0xED && bytes[1] > 0x9F) || (first == 0xF4 && bytes[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

/*  How many bytes at the beginning are ASCII and no NUL, eight at a time. */
static size_t plain_words (const unsigned char *bytes, size_t size)
{
    const uint64_t high = UINT64_C (0x8080808080808080);
    size_t at = 0;
    for (uint64_t word; size - at >= sizeof word; at += sizeof word) {
        memcpy (&word, bytes + at, sizeof word);
        if (((word | (word - UINT64_C (0x0101010101010101))) & high) != 0)
            break;
    }
    return at;
}

const char *text_fault (const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *) text;
    for (size_t at = plain_words (bytes, size); at < size;) {
        if (bytes[at] == 0)
            return "holds a NUL";
        size_t length = utf8_length (bytes + at, size - at);
        if (length == 0)
            return "is not UTF-8";
        at += length;
    }
    return NULL;
}

static int check_text (const field_t *field, const char *text, const place_t *place, problem_t *problem)
{
    size_t size = strnlen (text, field->bound + 1);
    if (size > field->bound)
        return place_problem (place, problem, ERR_RANGE, "text is longer than its bound (no NUL)");
    const char *fault = text_fault (text, size);
    return fault ? place_problem (place, problem, ERR_SYNTAX, fault) : 0;
}

static int check_i64 (const field_t *field, const void *self, const place_t *place, problem_t *problem)
{
    int64_t value;
    memcpy (&value, field_at (self, field), sizeof value);
    if (value < field->min || value > field->max)
        return place_problem (place, problem, ERR_RANGE, "number is outside its bounds");
    return 0;
}

static int check_list (const field_t *field, const void *self, place_t place, problem_t *problem)
{
    size_t count = field_count (self, field);
    if (count > field->bound)
        return place_problem (&place, problem, ERR_RANGE, "too many entries");
    for (size_t i = 0; i < count; i++) {
        place.index = i;
        int rc = check_record (field->of, field_entry (self, field, i), &place, problem);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int check_field (const field_t *field, const void *self, const place_t *place, problem_t *problem)
{
    switch ((field_type_t) field->type) {
    case FIELD_U64:
    case FIELD_BOOL: return 0;
    case FIELD_I64: return check_i64 (field, self, place, problem);
    case FIELD_TEXT: return check_text (field, field_at (self, field), place, problem);
    case FIELD_LIST: return check_list (field, self, *place, problem);
    case FIELD_RECORD: return check_record (field->of, field_at (self, field), place, problem);
    case FIELD_BYTES:
        return field_count (self, field) <= field->bound
                   ? 0
                   : place_problem (place, problem, ERR_RANGE, "too many bytes");
    case FIELD_ENUM:
        return field_enum (self, field) < field->bound
                   ? 0
                   : place_problem (place, problem, ERR_RANGE, "no value of this enum");
    }
    assert (false); /*  a field type without a check */
    return -ERR_UNEXPECTED;
}

static int check_record (const record_t *record, const void *self, const place_t *place, problem_t *problem)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        place_t inner = {place, record->fields[i].name, PLACE_NO_INDEX};
        int rc = check_field (&record->fields[i], self, &inner, problem);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int message_check (const message_t *self, problem_t *problem)
{
    assert (self);
    const message_row_t *row = message_row (self->kind, problem);
    if (!row)
        return -ERR_UNEXPECTED;
    place_t place = {NULL, row->record->name, PLACE_NO_INDEX};
    return check_record (row->record, (const char *) self + row->offset, &place, problem);
}
