/*  agenda.h: what is due when: a bounded heap of (time, token). Nothing is ever taken out early; a token that no
 *  longer means anything is ignored by its owner. */
#ifndef AGENDA_H
#define AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t due_ns;
    uint64_t token;
} appointment_t;

typedef struct {
    appointment_t *heap;
    size_t count;
    size_t limit;
} agenda_t;

bool agenda_init (agenda_t *self, size_t limit); /*  false: out of memory */
void agenda_free (agenda_t *self);
/*  Full is a bug of the owner's arithmetic and asserts. */
void agenda_add (agenda_t *self, int64_t due_ns, uint64_t token);
/*  Takes the earliest that is due; false: none. */
bool agenda_take (agenda_t *self, int64_t now_ns, uint64_t *token_p);
int64_t agenda_next_ns (const agenda_t *self); /*  INT64_MAX = empty */

#endif
