/*  encode.c: a message as one msgpack map with string keys, written straight into the caller's bytes (no allocation). */
#include "messages/record.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

typedef struct {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
} sink_t;

static int encode_record (const record_t *record, const void *self, msgpack_packer *packer);

/*  msgpack_packer_write: nonzero ends the packing */
static int on_write (void *context, const char *bytes, size_t size)
{
    sink_t *sink = context;
    if (size > sink->capacity - sink->size)
        return -ERR_FULL;
    if (size > 0)
        memcpy (sink->bytes + sink->size, bytes, size);
    sink->size += size;
    return 0;
}

/*  A fixstr: the same as msgpack_pack_str_with_body makes of it, in one piece. */
static int encode_key (const field_t *field, sink_t *sink)
{
    assert (field->name_size < FIELD_NAME_MAX);
    if (sink->capacity - sink->size <= field->name_size)
        return -ERR_FULL;
    sink->bytes[sink->size++] = (uint8_t) (0xA0 | field->name_size);
    memcpy (sink->bytes + sink->size, field->name, field->name_size);
    sink->size += field->name_size;
    return 0;
}

static int encode_text (const char *text, msgpack_packer *packer)
{
    return msgpack_pack_str_with_body (packer, text, strlen (text));
}

static int encode_number (const field_t *field, const void *self, msgpack_packer *packer)
{
    if (field->type == FIELD_U64) {
        uint64_t value;
        memcpy (&value, field_at (self, field), sizeof value);
        return msgpack_pack_uint64 (packer, value);
    }
    int64_t value;
    memcpy (&value, field_at (self, field), sizeof value);
    return msgpack_pack_int64 (packer, value);
}

static int encode_list (const field_t *field, const void *self, msgpack_packer *packer)
{
    size_t count = field_count (self, field);
    int rc = msgpack_pack_array (packer, count);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = encode_record (field->of, field_entry (self, field, i), packer);
    return rc;
}

static int encode_field (const field_t *field, const void *self, msgpack_packer *packer)
{
    const void *at = field_at (self, field);
    switch ((field_type_t) field->type) {
    case FIELD_I64:
    case FIELD_U64: return encode_number (field, self, packer);
    case FIELD_BOOL: return *(const bool *) at ? msgpack_pack_true (packer) : msgpack_pack_false (packer);
    case FIELD_TEXT: return encode_text (at, packer);
    case FIELD_BYTES: return msgpack_pack_bin_with_body (packer, at, field_count (self, field));
    case FIELD_ENUM: return encode_text (field->values[field_enum (self, field)], packer);
    case FIELD_RECORD: return encode_record (field->of, at, packer);
    case FIELD_LIST: return encode_list (field, self, packer);
    }
    assert (false); /*  a field type without an encoding */
    return -ERR_UNEXPECTED;
}

static int encode_record (const record_t *record, const void *self, msgpack_packer *packer)
{
    int rc = msgpack_pack_map (packer, record->fields_count);
    for (size_t i = 0; i < record->fields_count && rc == 0; i++) {
        rc = encode_key (&record->fields[i], packer->data);
        if (rc == 0)
            rc = encode_field (&record->fields[i], self, packer);
    }
    return rc;
}

int message_encode (const message_t *self, uint8_t *bytes, size_t capacity, size_t *size_p)
{
    assert (self && bytes && size_p);
    int rc = message_check (self, NULL);
    if (rc != 0)
        return rc;
    const message_row_t *row = &message_rows[self->kind];
    sink_t sink = {bytes, 0, capacity};
    msgpack_packer packer;
    msgpack_packer_init (&packer, &sink, on_write);
    if (encode_record (row->record, (const char *) self + row->offset, &packer) != 0)
        return -ERR_FULL; /*  the only way on_write fails */
    *size_p = sink.size;
    return 0;
}
