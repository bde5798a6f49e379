/*  decode.c: bytes from outside into a message, or a problem that names the field.
 *
 *  scan.c bounds the bytes before msgpack-c builds objects; these live in one zone a thread, which keeps its first
 *  chunk from message to message, so that decoding a valid message allocates only once in a thread's life.
 */
#include "messages/record.h"
#include "messages/scan.h"
#include "messages/word.h"

#include <assert.h>
#include <msgpack.h>
#include <pthread.h>
#include <string.h>

/*  a msgpack_object_kv is 48 bytes: the largest message (32 outcomes of 25 fields) needs ~40 KiB */
#define ZONE_BYTES ((size_t) 64 * 1024)

static pthread_key_t zone_key;
static pthread_once_t zone_once = PTHREAD_ONCE_INIT;
static int zone_key_rc;

static int decode_record (const record_t *record, const msgpack_object *object, void *self,
    const place_t *place, problem_t *problem);

static void zone_free (void *zone)
{
    msgpack_zone_free (zone);
}

static void zone_key_new (void)
{
    zone_key_rc = pthread_key_create (&zone_key, zone_free);
}

/*  This thread's zone, empty; NULL without memory. */
static msgpack_zone *zone_take (void)
{
    if (pthread_once (&zone_once, zone_key_new) != 0 || zone_key_rc != 0)
        return NULL;
    msgpack_zone *zone = pthread_getspecific (zone_key);
    if (zone) {
        msgpack_zone_clear (zone);
        return zone;
    }
    zone = msgpack_zone_new (ZONE_BYTES);
    if (zone && pthread_setspecific (zone_key, zone) != 0) {
        msgpack_zone_free (zone);
        zone = NULL;
    }
    return zone;
}

static int decode_i64 (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    int64_t value = object->via.i64;
    if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        if (object->via.u64 > INT64_MAX)
            return place_problem (place, problem, ERR_RANGE, "number is outside its bounds");
        value = (int64_t) object->via.u64;
    } else if (object->type != MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        return place_problem (place, problem, ERR_TYPE, "expected an integer");
    }
    if (value < field->min || value > field->max)
        return place_problem (place, problem, ERR_RANGE, "number is outside its bounds");
    memcpy (field_in (self, field), &value, sizeof value);
    return 0;
}

static int decode_u64 (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return place_problem (place, problem, ERR_RANGE, "number is negative");
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return place_problem (place, problem, ERR_TYPE, "expected an integer");
    memcpy (field_in (self, field), &object->via.u64, sizeof object->via.u64);
    return 0;
}

static int decode_bool (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    if (object->type != MSGPACK_OBJECT_BOOLEAN)
        return place_problem (place, problem, ERR_TYPE, "expected true or false");
    *(bool *) field_in (self, field) = object->via.boolean;
    return 0;
}

static int decode_text (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    if (object->type != MSGPACK_OBJECT_STR)
        return place_problem (place, problem, ERR_TYPE, "expected a text");
    size_t size = object->via.str.size;
    if (size > field->bound)
        return place_problem (place, problem, ERR_RANGE, "text is longer than its bound");
    const char *fault = text_fault (object->via.str.ptr, size);
    if (fault)
        return place_problem (place, problem, ERR_SYNTAX, fault);
    char *text = field_in (self, field);
    if (size > 0)
        memcpy (text, object->via.str.ptr, size);
    memset (text + size, 0, field->bound + 1 - size);
    return 0;
}

static int decode_bytes (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    if (object->type != MSGPACK_OBJECT_BIN)
        return place_problem (place, problem, ERR_TYPE, "expected bytes");
    size_t size = object->via.bin.size;
    if (size > field->bound)
        return place_problem (place, problem, ERR_RANGE, "too many bytes");
    uint8_t *bytes = field_in (self, field);
    if (size > 0)
        memcpy (bytes, object->via.bin.ptr, size);
    memset (bytes + size, 0, field->bound - size);
    field_set_count (self, field, size);
    return 0;
}

static int decode_enum (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    unsigned value = 0;
    if (object->type != MSGPACK_OBJECT_STR)
        return place_problem (place, problem, ERR_TYPE, "expected a text");
    if (word_parse_bytes (field->values, field->bound, object->via.str.ptr, object->via.str.size, &value) !=
        0)
        return place_problem (place, problem, ERR_RANGE, "no value of this enum");
    field_set_enum (self, field, value);
    return 0;
}

static int decode_list (
    const field_t *field, const msgpack_object *object, void *self, place_t place, problem_t *problem)
{
    if (object->type != MSGPACK_OBJECT_ARRAY)
        return place_problem (&place, problem, ERR_TYPE, "expected a list");
    size_t count = object->via.array.size;
    if (count > field->bound)
        return place_problem (&place, problem, ERR_RANGE, "too many entries");
    for (size_t i = 0; i < count; i++) {
        place.index = i;
        int rc = decode_record (
            field->of, &object->via.array.ptr[i], field_entry_in (self, field, i), &place, problem);
        if (rc != 0)
            return rc;
    }
    field_set_count (self, field, count);
    return 0;
}

static int decode_field (
    const field_t *field, const msgpack_object *object, void *self, const place_t *place, problem_t *problem)
{
    switch ((field_type_t) field->type) {
    case FIELD_I64: return decode_i64 (field, object, self, place, problem);
    case FIELD_U64: return decode_u64 (field, object, self, place, problem);
    case FIELD_BOOL: return decode_bool (field, object, self, place, problem);
    case FIELD_TEXT: return decode_text (field, object, self, place, problem);
    case FIELD_BYTES: return decode_bytes (field, object, self, place, problem);
    case FIELD_ENUM: return decode_enum (field, object, self, place, problem);
    case FIELD_RECORD: return decode_record (field->of, object, field_in (self, field), place, problem);
    case FIELD_LIST: return decode_list (field, object, self, *place, problem);
    }
    assert (false); /*  a field type without a decoding */
    return -ERR_UNEXPECTED;
}

/*  The field of this key, looked for first where our own encoder would have put it; fields_count if unknown. */
static size_t find_field (const record_t *record, const msgpack_object_str *key, size_t guess)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        size_t at = (guess + i) % record->fields_count;
        const field_t *field = &record->fields[at];
        if (field->name_size == key->size && memcmp (field->name, key->ptr, key->size) == 0)
            return at;
    }
    return record->fields_count;
}

static int find_missing (const record_t *record, uint64_t seen, const place_t *place, problem_t *problem)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        if ((seen >> i & 1) == 0) {
            place_t inner = {place, record->fields[i].name, PLACE_NO_INDEX};
            return place_problem (&inner, problem, ERR_MISSING, "is missing");
        }
    }
    return 0;
}

static int decode_record (const record_t *record, const msgpack_object *object, void *self,
    const place_t *place, problem_t *problem)
{
    if (object->type != MSGPACK_OBJECT_MAP)
        return place_problem (place, problem, ERR_TYPE, "expected a map");
    uint64_t seen = 0;
    for (size_t i = 0; i < object->via.map.size; i++) {
        const msgpack_object_kv *pair = &object->via.map.ptr[i];
        if (pair->key.type != MSGPACK_OBJECT_STR)
            return place_problem (place, problem, ERR_TYPE, "a key is not a text");
        size_t at = find_field (record, &pair->key.via.str, i);
        if (at == record->fields_count)
            continue;
        place_t inner = {place, record->fields[at].name, PLACE_NO_INDEX};
        if (seen >> at & 1)
            return place_problem (&inner, problem, ERR_SYNTAX, "comes twice");
        seen |= UINT64_C (1) << at;
        int rc = decode_field (&record->fields[at], &pair->val, self, &inner, problem);
        if (rc != 0)
            return rc;
    }
    return find_missing (record, seen, place, problem);
}

static int unpack (
    const uint8_t *bytes, size_t size, msgpack_object *object, const place_t *place, problem_t *problem)
{
    if (size > MESSAGE_BYTES_MAX)
        return place_problem (place, problem, ERR_RANGE, "is larger than any message");
    const char *fault = scan_fault (bytes, size);
    if (fault)
        return place_problem (place, problem, ERR_SYNTAX, fault);
    msgpack_zone *zone = zone_take ();
    if (!zone)
        return place_problem (place, problem, ERR_MEMORY, "no memory to decode it");
    size_t at = 0;
    msgpack_unpack_return rc = msgpack_unpack ((const char *) bytes, size, &at, zone, object);
    if (rc == MSGPACK_UNPACK_NOMEM_ERROR)
        return place_problem (place, problem, ERR_MEMORY, "no memory to decode it");
    return rc == MSGPACK_UNPACK_SUCCESS ? 0 : place_problem (place, problem, ERR_SYNTAX, "is not msgpack");
}

int message_decode (
    message_kind_t kind, const uint8_t *bytes, size_t size, message_t *self, problem_t *problem)
{
    assert ((bytes || size == 0) && self);
    const message_row_t *row = message_row (kind, problem);
    if (!row)
        return -ERR_UNEXPECTED;
    place_t place = {NULL, row->record->name, PLACE_NO_INDEX};
    msgpack_object object = {.type = MSGPACK_OBJECT_NIL};
    int rc = unpack (bytes, size, &object, &place, problem);
    if (rc != 0)
        return rc;
    self->kind = kind;
    return decode_record (row->record, &object, (char *) self + row->offset, &place, problem);
}
