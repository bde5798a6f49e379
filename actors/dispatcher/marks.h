/*  marks.h: up to which Q each X was taken on and closed (dedup), and its open replications. Bounded: the oldest X
 *  without an open replication leaves first.
 */
#ifndef DISPATCHER_MARKS_H
#define DISPATCHER_MARKS_H

#include "messages/directory.h"
#include "messages/gen/messages.h"

typedef struct {
    char x[40];
    int64_t taken_e9; /*  largest Q a replication was opened for */
    bool taken_final;
    int64_t closed_e9; /*  largest Q whose replication is stored */
    bool closed_final;
    uint32_t first; /*  its open replications, DIRECTORY_NONE = none */
} mark_t;

typedef struct {
    mark_t *marks; /*  ring */
    directory_t index;
    uint32_t limit;
    uint32_t count;
    uint32_t next;
} marks_t;

bool marks_init (marks_t *self, uint32_t limit); /*  limit > number of replications that can be open */
void marks_free (marks_t *self);
mark_t *marks_find (marks_t *self, const char *x); /*  NULL = unknown */
mark_t *marks_open (marks_t *self, const char *x); /*  made when unknown */
/*  Does the mark cover this state: nothing new in it? */
bool mark_taken (const mark_t *self, const trade_t *trade);
bool mark_closed (const mark_t *self, const trade_t *trade);

#endif
