/*  inquiries.h: histories that were asked for and wait until what came before them is durable: a bounded queue. */
#ifndef AUDIT_INQUIRIES_H
#define AUDIT_INQUIRIES_H

#include "messages/gen/messages.h"

typedef struct {
    history_request_t request;
    uint64_t after;     /*  records that came before it, in this life */
    int64_t give_up_ns; /*  the database is away then: answered without it */
} inquiry_t;

typedef struct {
    inquiry_t *list; /*  ring */
    uint32_t limit;
    uint32_t first;
    uint32_t count;
} inquiries_t;

bool inquiries_init (inquiries_t *self, uint32_t limit);
void inquiries_free (inquiries_t *self);
/*  0 (also for one that waits already: shards repeat themselves), or -ERR_FULL. */
int inquiries_push (inquiries_t *self, const inquiry_t *inquiry);
const inquiry_t *inquiries_oldest (const inquiries_t *self); /*  NULL = none */
void inquiries_drop (inquiries_t *self);                     /*  the oldest */

#endif
