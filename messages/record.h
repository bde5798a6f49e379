/*  record.h: how the generated tables describe a record, so that check, encode, decode and dump are one walk each.
 *
 *  Private to messages/ and its tests: everybody else uses messages/gen/messages.h. The accessors below are the
 *  only places where a field is reached by its offset; self is the record, the field one of its own.
 */
#ifndef RECORD_H
#define RECORD_H

#include "messages/gen/messages.h"

#include <assert.h>
#include <string.h>

typedef enum {
    FIELD_I64,
    FIELD_U64,
    FIELD_BOOL,
    FIELD_TEXT,
    FIELD_BYTES,
    FIELD_ENUM,
    FIELD_RECORD,
    FIELD_LIST
} field_type_t;

typedef struct record_s record_t;

/*  Narrow, so that a field is one line of the processor's cache: a message walks some thirty of them. */
typedef struct {
    const char *name;
    uint32_t offset;       /*  in the record's struct */
    uint32_t count_offset; /*  bytes, list: of the size_t beside it */
    uint32_t bound;    /*  text: bytes without the NUL; bytes, list: largest count; enum: number of values */
    uint8_t type;      /*  field_type_t */
    uint8_t name_size; /*  below FIELD_NAME_MAX */
    int64_t min;       /*  i64 */
    int64_t max;
    const char *const *values; /*  enum */
    const record_t *of;        /*  record, list: what it holds */
} field_t;

#define FIELD_NAME_MAX 32 /*  a longer key has another head in msgpack; generate-messages refuses it */

struct record_s {
    const char *name;
    size_t name_size;
    size_t size; /*  of the struct */
    const field_t *fields;
    size_t fields_count; /*  at most 64: decode marks the ones it has seen in a uint64_t */
};

typedef struct {
    const record_t *record; /*  NULL for MSG_NONE */
    size_t offset;          /*  of the message in message_t */
    message_log_level_t level;
    const char *event;
} message_row_t;

extern const message_row_t message_rows[MSG_COUNT];

/*  A path such as copy.result.outcomes[3].x, kept as links on the stack: spelled out only when something is wrong. */
typedef struct place_s place_t;
struct place_s {
    const place_t *parent;
    const char *name;
    size_t index; /*  PLACE_NO_INDEX = not in a list */
};
#define PLACE_NO_INDEX SIZE_MAX

/*  Fills *problem (may be NULL) with the path and what; returns -code. */
int place_problem (const place_t *self, problem_t *problem, int code, const char *what);

static inline const void *field_at (const void *self, const field_t *field)
{
    return (const char *) self + field->offset;
}

static inline void *field_in (void *self, const field_t *field)
{
    return (char *) self + field->offset;
}

/*  bytes, list */
static inline size_t field_count (const void *self, const field_t *field)
{
    size_t count;
    assert (field->type == FIELD_BYTES || field->type == FIELD_LIST);
    memcpy (&count, (const char *) self + field->count_offset, sizeof count);
    return count;
}

static inline void field_set_count (void *self, const field_t *field, size_t count)
{
    assert (field->type == FIELD_BYTES || field->type == FIELD_LIST);
    assert (count <= field->bound);
    memcpy ((char *) self + field->count_offset, &count, sizeof count);
}

static inline unsigned field_enum (const void *self, const field_t *field)
{
    unsigned value;
    assert (field->type == FIELD_ENUM);
    memcpy (&value, field_at (self, field), sizeof value);
    return value;
}

static inline void field_set_enum (void *self, const field_t *field, unsigned value)
{
    assert (field->type == FIELD_ENUM);
    assert (value < field->bound);
    memcpy (field_in (self, field), &value, sizeof value);
}

/*  list */
static inline const void *field_entry (const void *self, const field_t *field, size_t index)
{
    assert (field->type == FIELD_LIST);
    assert (index < field->bound);
    return (const char *) field_at (self, field) + index * field->of->size;
}

static inline void *field_entry_in (void *self, const field_t *field, size_t index)
{
    assert (field->type == FIELD_LIST);
    assert (index < field->bound);
    return (char *) field_in (self, field) + index * field->of->size;
}

/*  NULL if the text may travel (UTF-8, no NUL), else what is wrong with it. */
const char *text_fault (const char *text, size_t size);

/*  NULL, and ERR_UNEXPECTED in *problem (may be NULL), for MSG_NONE and kinds that do not exist. */
const message_row_t *message_row (message_kind_t kind, problem_t *problem);

#endif
