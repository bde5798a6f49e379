/*  record.c: reaching the fields of a record by its table, and naming a place in a message. */
#include "messages/record.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof (trade_side_t) == sizeof (unsigned), "an enum is read and written as an unsigned");

const void *field_at (const void *self, const field_t *field)
{
    return (const char *) self + field->offset;
}

void *field_in (void *self, const field_t *field)
{
    return (char *) self + field->offset;
}

size_t field_count (const void *self, const field_t *field)
{
    size_t count;
    assert (field->type == FIELD_BYTES || field->type == FIELD_LIST);
    memcpy (&count, (const char *) self + field->count_offset, sizeof count);
    return count;
}

void field_set_count (void *self, const field_t *field, size_t count)
{
    assert (field->type == FIELD_BYTES || field->type == FIELD_LIST);
    assert (count <= field->bound);
    memcpy ((char *) self + field->count_offset, &count, sizeof count);
}

unsigned field_enum (const void *self, const field_t *field)
{
    unsigned value;
    assert (field->type == FIELD_ENUM);
    memcpy (&value, field_at (self, field), sizeof value);
    return value;
}

void field_set_enum (void *self, const field_t *field, unsigned value)
{
    assert (field->type == FIELD_ENUM);
    assert (value < field->bound);
    memcpy (field_in (self, field), &value, sizeof value);
}

const void *field_entry (const void *self, const field_t *field, size_t index)
{
    assert (field->type == FIELD_LIST);
    assert (index < field->bound);
    return (const char *) field_at (self, field) + index * field->of->size;
}

void *field_entry_in (void *self, const field_t *field, size_t index)
{
    assert (field->type == FIELD_LIST);
    assert (index < field->bound);
    return (char *) field_in (self, field) + index * field->of->size;
}

static void place_write (const place_t *self, char *text, size_t size)
{
    if (self->parent) {
        place_write (self->parent, text, size);
        size_t used = strlen (text);
        snprintf (text + used, size - used, ".");
    }
    size_t used = strlen (text);
    snprintf (text + used, size - used, "%s", self->name);
    used = strlen (text);
    if (self->index != PLACE_NO_INDEX)
        snprintf (text + used, size - used, "[%zu]", self->index);
}

int place_problem (const place_t *self, problem_t *problem, int code, const char *what)
{
    assert (self && what);
    char path[sizeof problem->where] = "";
    if (problem)
        place_write (self, path, sizeof path);
    return problem_set (problem, code, path, "%s", what);
}

const message_row_t *message_row (message_kind_t kind, problem_t *problem)
{
    if ((unsigned) kind < MSG_COUNT && kind != MSG_NONE)
        return &message_rows[kind];
    problem_set (problem, ERR_UNEXPECTED, "message", "no such kind: %d", (int) kind);
    return NULL;
}

const char *message_subject (message_kind_t kind)
{
    const message_row_t *row = message_row (kind, NULL);
    return row ? row->record->name : "";
}

message_kind_t message_kind_of (const char *subject)
{
    assert (subject);
    for (unsigned kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        if (strcmp (message_rows[kind].record->name, subject) == 0)
            return (message_kind_t) kind;
    }
    return MSG_NONE;
}

message_log_level_t message_log_level (message_kind_t kind)
{
    return (unsigned) kind < MSG_COUNT ? message_rows[kind].level : MESSAGE_LOG_NONE;
}

const char *message_log_event (message_kind_t kind)
{
    return (unsigned) kind < MSG_COUNT ? message_rows[kind].event : "";
}
