/*  marks.h: up to which Q each X was taken on and closed (dedup), and its open replications. Bounded: the oldest X
 *  without an open replication, and without copies that still work, leaves first.
 */
#ifndef DISPATCHER_MARKS_H
#define DISPATCHER_MARKS_H

#include "messages/directory.h"
#include "messages/gen/messages.h"

typedef struct {
    char x[40];
    char symbol[24];  /*  empty = not known */
    bool forgotten;   /*  closed by a life whose progress is gone */
    int64_t taken_e9; /*  largest Q a replication was opened for */
    bool taken_final;
    int64_t closed_e9;      /*  largest Q whose replication is stored */
    bool closed_final;      /*  X is at its end, and closed */
    int64_t remaining_e18;  /*  of the state closed last, when that closed something */
    bool exits;             /*  it did; false: it did not, or an earlier life closed it */
    int64_t first_at_ns;    /*  broker time of X's first execution; 0 = unknown */
    bool loaded;            /*  the database had it when we began */
    int64_t executed_at_ns; /*  of its last execution closed; 0 = unknown */
    uint64_t told;          /*  bit n: some life of shard n was sent a command of X */
    uint64_t moves;         /*  of clients in our life, when it was told first */
    uint32_t first;         /*  its open replications, DIRECTORY_NONE = none */
    uint32_t unfinished;    /*  its place among the X that still work, DIRECTORY_NONE = none */
} mark_t;

typedef struct {
    mark_t *marks; /*  ring */
    directory_t index;
    uint32_t limit;
    uint32_t count;
    uint32_t next;
    int64_t forgotten_to_ns; /*  the latest first_at_ns of the X that left */
} marks_t;

bool marks_init (marks_t *self, uint32_t limit); /*  limit > number of X that can be open or unfinished */
void marks_free (marks_t *self);
mark_t *marks_find (marks_t *self, const char *x); /*  NULL = unknown */
mark_t *marks_open (marks_t *self, const char *x); /*  made when unknown */
/*  Does the mark cover this state: nothing new in it? */
bool mark_taken (const mark_t *self, const trade_t *trade);
bool mark_closed (const mark_t *self, const trade_t *trade);
/*  X is closed up to this quantity; at its end there when final. */
void mark_close (mark_t *self, int64_t qty_e9, bool final, int64_t executed_at_ns);
void mark_close_state (mark_t *self, const trade_t *trade);
/*  Is something of this symbol closed that began to execute later, and nothing older known from the database? If it
 *  reaches back further, its progress is all there. */
bool marks_passed (const marks_t *self, const char *symbol, int64_t executed_at_ns);
/*  From where a listener has to look again (listener.cursor); 0 = nothing is known. */
int64_t marks_cursor_ns (const marks_t *self);

#endif
