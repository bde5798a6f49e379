/*  backlog.c: messages are kept as msgpack: a copy.result takes what it says, not what it could say. */
#include "actors/audit/backlog.h"

#include <assert.h>
#include <stdlib.h>

bool backlog_init (backlog_t *self, uint32_t limit, size_t bytes_limit)
{
    assert (self && limit > 0 && bytes_limit >= 2 * MESSAGE_BYTES_MAX);
    self->records = calloc (limit, sizeof *self->records);
    self->bytes = malloc (bytes_limit);
    self->limit = limit;
    self->bytes_limit = bytes_limit;
    return self->records && self->bytes;
}

void backlog_free (backlog_t *self)
{
    assert (self);
    free (self->records);
    free (self->bytes);
    self->records = NULL;
    self->bytes = NULL;
}

record_t *backlog_at (const backlog_t *self, uint32_t position)
{
    assert (self && position < self->count);
    return &self->records[(self->first + position) % self->limit];
}

/*  Contiguous room at *offset_p; its size. */
static size_t room (const backlog_t *self, size_t *offset_p)
{
    *offset_p = self->end;
    if (self->count == 0) {
        *offset_p = 0;
        return self->bytes_limit;
    }
    size_t oldest = backlog_at (self, 0)->offset;
    if (self->end <= oldest) /*  wrapped (or exactly full) */
        return oldest - self->end;
    if (self->bytes_limit - self->end >= MESSAGE_BYTES_MAX)
        return self->bytes_limit - self->end;
    *offset_p = 0;
    return oldest;
}

int backlog_push (backlog_t *self, const message_t *message)
{
    assert (self && message);
    size_t offset;
    size_t free_bytes = room (self, &offset);
    size_t size;
    if (self->count == self->limit || message_encode (message, self->bytes + offset, free_bytes, &size))
        return -ERR_FULL;
    record_t *record = &self->records[(self->first + self->count) % self->limit];
    *record = (record_t){.kind = message->kind, .offset = offset, .size = size};
    if (message->kind == MSG_REPLICATION_COMPLETED)
        record->sequence = message->replication_completed.sequence;
    self->count++;
    self->end = offset + size;
    return 0;
}

void backlog_read (const backlog_t *self, uint32_t position, message_t *message)
{
    const record_t *record = backlog_at (self, position);
    int rc = message_decode (record->kind, self->bytes + record->offset, record->size, message, NULL);
    assert (rc == 0); /*  we encoded it */
    (void) rc;
}

void backlog_drop (backlog_t *self, uint32_t count)
{
    assert (self && count <= self->count);
    self->first = (self->first + count) % self->limit;
    self->count -= count;
}

bool backlog_has_replication (const backlog_t *self, uint64_t sequence)
{
    assert (self);
    for (uint32_t i = 0; i < self->count; i++) {
        const record_t *record = backlog_at (self, i);
        if (record->kind == MSG_REPLICATION_COMPLETED && record->sequence == sequence)
            return true;
    }
    return false;
}
