/*  record.c: a message by its subject, and naming a place in a message. */
#include "messages/record.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof (trade_side_t) == sizeof (unsigned), "an enum is read and written as an unsigned");

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
    size_t size = strlen (subject);
    for (unsigned kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        const record_t *record = message_rows[kind].record;
        if (record->name_size == size && memcmp (record->name, subject, size) == 0)
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
