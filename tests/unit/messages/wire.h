/*  wire.h: a valid encoding with one thing wrong at one path. */
#ifndef WIRE_H
#define WIRE_H

#include "messages/record.h"

#define WIRE_PATH_MAX 96

typedef enum {
    WIRE_DROP,  /*  the pair is missing */
    WIRE_TWICE, /*  the pair comes twice */
    WIRE_VALUE, /*  the pair has the value `value` */
    WIRE_ADD    /*  the map at path gets a key "not_yet_invented" with `value` in front */
} wire_change_t;

typedef struct {
    wire_change_t change;
    const char *path; /*  as in problem_t.where */
    const uint8_t *value;
    size_t value_size; /*  msgpack */
} wire_edit_t;

/*  message, encoded and edited, into bytes; returns the size. Asserts that the path was there. */
size_t wire_encode (const message_t *message, const wire_edit_t *edit, uint8_t *bytes, size_t capacity);

/*  Calls fn for each field of a kind, those of records and of lists' first entries included. */
typedef void (wire_field_fn) (message_kind_t kind, const field_t *field, void *owner, const char *path);
void wire_each_field (message_t *message, wire_field_fn *fn);

#endif
