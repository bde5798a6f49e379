/*  record.h: how the generated tables describe a record, so that check, encode, decode and dump are one walk each.
 *
 *  Private to messages/ and its tests: everybody else uses messages/gen/messages.h. The accessors below are the
 *  only places where a field is reached by its offset; self is the record, the field one of its own.
 */
#ifndef RECORD_H
#define RECORD_H

#include "messages/gen/messages.h"

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

typedef struct {
    const char *name;
    field_type_t type;
    size_t offset;       /*  in the record's struct */
    size_t count_offset; /*  bytes, list: of the size_t beside it */
    size_t bound; /*  text: bytes without the NUL; bytes, list: largest count; enum: number of values */
    int64_t min;  /*  i64 */
    int64_t max;
    const char *const *values; /*  enum */
    const record_t *of;        /*  record, list: what it holds */
} field_t;

struct record_s {
    const char *name;
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

const void *field_at (const void *self, const field_t *field);
void *field_in (void *self, const field_t *field);
size_t field_count (const void *self, const field_t *field); /*  bytes, list */
void field_set_count (void *self, const field_t *field, size_t count);
unsigned field_enum (const void *self, const field_t *field);
void field_set_enum (void *self, const field_t *field, unsigned value);
const void *field_entry (const void *self, const field_t *field, size_t index); /*  list */
void *field_entry_in (void *self, const field_t *field, size_t index);

/*  NULL if the text may travel (UTF-8, no NUL), else what is wrong with it. */
const char *text_fault (const char *text, size_t size);

/*  NULL, and ERR_UNEXPECTED in *problem (may be NULL), for MSG_NONE and kinds that do not exist. */
const message_row_t *message_row (message_kind_t kind, problem_t *problem);

#endif
