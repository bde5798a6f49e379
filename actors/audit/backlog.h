/*  backlog.h: records that are not durable yet, encoded, in the order they came: a bounded queue. */
#ifndef AUDIT_BACKLOG_H
#define AUDIT_BACKLOG_H

#include "messages/gen/messages.h"

typedef struct {
    message_kind_t kind;
    uint64_t sequence; /*  of replication.completed, else 0 */
    uint64_t missing;  /*  of replication.completed: clients without a durable outcome; 0 = it is stored */
    size_t offset;     /*  of its bytes; never split */
    size_t size;
} record_t;

typedef struct {
    record_t *records; /*  ring */
    uint32_t limit;
    uint32_t first;
    uint32_t count;
    uint8_t *bytes; /*  ring; a record that does not fit before the end begins at 0 */
    size_t bytes_limit;
    size_t end; /*  where the next record's bytes go */
} backlog_t;

bool backlog_init (backlog_t *self, uint32_t limit, size_t bytes_limit);
void backlog_free (backlog_t *self);
int backlog_push (backlog_t *self, const message_t *message);    /*  0, or -ERR_FULL */
record_t *backlog_at (const backlog_t *self, uint32_t position); /*  position < count */
void backlog_read (const backlog_t *self, uint32_t position, message_t *message);
void backlog_drop (backlog_t *self, uint32_t count); /*  the oldest ones */
bool backlog_has_replication (const backlog_t *self, uint64_t sequence);

#endif
