/*  wire.c: repacks an encoding pair by pair, so that one of them can be changed. */
#include "tests/unit/messages/wire.h"

#include <assert.h>
#include <msgpack.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    const wire_edit_t *edit;
    unsigned hits;
} repack_t;

static void repack (repack_t *self, const msgpack_object *object, const char *path);

static void put_value (repack_t *self)
{
    int rc = msgpack_sbuffer_write (&self->buffer, (const char *) self->edit->value, self->edit->value_size);
    assert (rc == 0);
}

static void repack_pair (repack_t *self, const msgpack_object_kv *pair, const char *path, bool hit)
{
    wire_change_t change = self->edit->change;
    if (hit && change == WIRE_DROP)
        return;
    for (int i = 0; i < (hit && change == WIRE_TWICE ? 2 : 1); i++) {
        msgpack_pack_object (&self->packer, pair->key);
        if (hit && change == WIRE_VALUE)
            put_value (self);
        else
            repack (self, &pair->val, path);
    }
}

static void pair_path (const char *path, const msgpack_object_kv *pair, char text[WIRE_PATH_MAX])
{
    int length =
        snprintf (text, WIRE_PATH_MAX, "%s.%.*s", path, (int) pair->key.via.str.size, pair->key.via.str.ptr);
    assert (length > 0 && length < WIRE_PATH_MAX);
}

static void repack_map (repack_t *self, const msgpack_object_map *map, const char *path)
{
    char inner[WIRE_PATH_MAX];
    bool added = self->edit->change == WIRE_ADD && strcmp (path, self->edit->path) == 0;
    size_t size = map->size + (added ? 1 : 0);
    for (size_t i = 0; i < map->size; i++) {
        pair_path (path, &map->ptr[i], inner);
        if (self->edit->change != WIRE_ADD && strcmp (inner, self->edit->path) == 0) {
            self->hits++;
            size += self->edit->change == WIRE_TWICE ? 1 : 0;
            size -= self->edit->change == WIRE_DROP ? 1 : 0;
        }
    }
    msgpack_pack_map (&self->packer, size);
    if (added) {
        self->hits++;
        msgpack_pack_str_with_body (&self->packer, "not_yet_invented", strlen ("not_yet_invented"));
        put_value (self);
    }
    for (size_t i = 0; i < map->size; i++) {
        pair_path (path, &map->ptr[i], inner);
        repack_pair (self, &map->ptr[i], inner, !added && strcmp (inner, self->edit->path) == 0);
    }
}

static void repack (repack_t *self, const msgpack_object *object, const char *path)
{
    if (object->type == MSGPACK_OBJECT_MAP) {
        repack_map (self, &object->via.map, path);
    } else if (object->type == MSGPACK_OBJECT_ARRAY) {
        msgpack_pack_array (&self->packer, object->via.array.size);
        for (uint32_t i = 0; i < object->via.array.size; i++) {
            char inner[WIRE_PATH_MAX];
            int length = snprintf (inner, sizeof inner, "%s[%u]", path, i);
            assert (length > 0 && (size_t) length < sizeof inner);
            repack (self, &object->via.array.ptr[i], inner);
        }
    } else {
        msgpack_pack_object (&self->packer, *object);
    }
}

size_t wire_encode (const message_t *message, const wire_edit_t *edit, uint8_t *bytes, size_t capacity)
{
    static uint8_t plain[MESSAGE_BYTES_MAX];
    size_t plain_size = 0, at = 0;
    int rc = message_encode (message, plain, sizeof plain, &plain_size);
    assert (rc == 0);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init (&unpacked);
    msgpack_unpack_return got = msgpack_unpack_next (&unpacked, (const char *) plain, plain_size, &at);
    assert (got == MSGPACK_UNPACK_SUCCESS);
    repack_t self = {.edit = edit};
    msgpack_sbuffer_init (&self.buffer);
    msgpack_packer_init (&self.packer, &self.buffer, msgpack_sbuffer_write);
    repack (&self, &unpacked.data, message_subject (message->kind));
    assert (self.hits == 1);
    size_t size = self.buffer.size;
    assert (size <= capacity);
    memcpy (bytes, self.buffer.data, size);
    msgpack_sbuffer_destroy (&self.buffer);
    msgpack_unpacked_destroy (&unpacked);
    return size;
}

static void each_field (
    message_t *message, const record_t *record, void *self, const char *path, wire_field_fn *fn)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        const field_t *field = &record->fields[i];
        char inner[WIRE_PATH_MAX], entry[WIRE_PATH_MAX + 4];
        int length = snprintf (inner, sizeof inner, "%s.%s", path, field->name);
        assert (length > 0 && (size_t) length < sizeof inner);
        fn (message->kind, field, self, inner);
        if (field->type == FIELD_RECORD)
            each_field (message, field->of, field_in (self, field), inner, fn);
        if (field->type == FIELD_LIST) {
            assert (field_count (self, field) > 0);
            snprintf (entry, sizeof entry, "%s[0]", inner);
            each_field (message, field->of, field_entry_in (self, field, 0), entry, fn);
        }
    }
}

void wire_each_field (message_t *message, wire_field_fn *fn)
{
    const message_row_t *row = &message_rows[message->kind];
    each_field (message, row->record, (char *) message + row->offset, row->record->name, fn);
}
