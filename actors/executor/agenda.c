/*  agenda.c: a binary heap; see agenda.h. */
#include "actors/executor/agenda.h"

#include <assert.h>
#include <stdlib.h>

bool agenda_init (agenda_t *self, size_t limit)
{
    assert (self && limit > 0);
    self->heap = calloc (limit, sizeof *self->heap);
    self->count = 0;
    self->limit = limit;
    return self->heap != NULL;
}

void agenda_free (agenda_t *self)
{
    assert (self);
    free (self->heap);
    self->heap = NULL;
}

void agenda_add (agenda_t *self, int64_t due_ns, uint64_t token)
{
    assert (self && self->count < self->limit);
    size_t at = self->count++;
    while (at > 0 && self->heap[(at - 1) / 2].due_ns > due_ns) {
        self->heap[at] = self->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    self->heap[at] = (appointment_t){.due_ns = due_ns, .token = token};
}

/*  Puts `last` where the hole at the top sinks to. */
static void sink (agenda_t *self, appointment_t last)
{
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= self->count)
            break;
        if (child + 1 < self->count && self->heap[child + 1].due_ns < self->heap[child].due_ns)
            child++;
        if (self->heap[child].due_ns >= last.due_ns)
            break;
        self->heap[at] = self->heap[child];
        at = child;
    }
    self->heap[at] = last;
}

bool agenda_take (agenda_t *self, int64_t now_ns, uint64_t *token_p)
{
    assert (self && token_p);
    if (self->count == 0 || self->heap[0].due_ns > now_ns)
        return false;
    *token_p = self->heap[0].token;
    self->count--;
    if (self->count > 0)
        sink (self, self->heap[self->count]);
    return true;
}

int64_t agenda_next_ns (const agenda_t *self)
{
    assert (self);
    return self->count ? self->heap[0].due_ns : INT64_MAX;
}
