/*  agenda.c: a binary heap. */
#include "tests/simulation/agenda.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool sooner (const due_t *a, const due_t *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void due_put (due_queue_t *self, due_t due)
{
    if (self->count == self->limit) {
        self->limit = self->limit ? self->limit * 2 : 256;
        self->heap = realloc (self->heap, self->limit * sizeof *self->heap);
        assert (self->heap);
    }
    if (due.order == 0)
        due.order = ++self->order;
    size_t at = self->count++;
    while (at > 0 && sooner (&due, &self->heap[(at - 1) / 2])) {
        self->heap[at] = self->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    self->heap[at] = due;
}

const due_t *due_first (const due_queue_t *self)
{
    return self->count ? &self->heap[0] : NULL;
}

due_t due_take (due_queue_t *self)
{
    assert (self->count > 0);
    due_t first = self->heap[0];
    due_t last = self->heap[--self->count];
    size_t at = 0;
    for (size_t child = 1; child < self->count; child = at * 2 + 1) {
        if (child + 1 < self->count && sooner (&self->heap[child + 1], &self->heap[child]))
            child++;
        if (!sooner (&self->heap[child], &last))
            break;
        self->heap[at] = self->heap[child];
        at = child;
    }
    if (self->count > 0)
        self->heap[at] = last;
    return first;
}

void due_free (due_queue_t *self)
{
    for (size_t at = 0; at < self->count; at++)
        free (self->heap[at].payload);
    free (self->heap);
    *self = (due_queue_t){0};
}
