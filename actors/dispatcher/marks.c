/*  marks.c: a ring of marks with an index by X. */
#include "actors/dispatcher/marks.h"
#include "actors/deliberate.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool marks_init (marks_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->marks = calloc (limit, sizeof *self->marks);
    self->limit = limit;
    return directory_init (&self->index, limit) && self->marks;
}

void marks_free (marks_t *self)
{
    assert (self);
    directory_free (&self->index);
    free (self->marks);
    self->marks = NULL;
}

mark_t *marks_find (marks_t *self, const char *x)
{
    assert (self && x);
    uint32_t at = directory_get (&self->index, x);
    return at == DIRECTORY_NONE ? NULL : &self->marks[at];
}

mark_t *marks_open (marks_t *self, const char *x)
{
    assert (self && self->marks && x && *x);
    mark_t *mark = marks_find (self, x);
    if (mark)
        return mark;
    if (self->count < self->limit) {
        self->next = self->count++;
    } else {
        while (self->marks[self->next].first != DIRECTORY_NONE ||
               self->marks[self->next].unfinished != DIRECTORY_NONE) /*  ends: there are more marks */
            self->next = (self->next + 1) % self->limit;
        directory_remove (&self->index, self->marks[self->next].x);
        if (self->marks[self->next].first_at_ns > self->forgotten_to_ns)
            self->forgotten_to_ns = self->marks[self->next].first_at_ns;
    }
    mark = &self->marks[self->next];
    *mark = (mark_t){.first = DIRECTORY_NONE, .unfinished = DIRECTORY_NONE};
    TEXT_SET (mark->x, x);
    directory_put (&self->index, mark->x, self->next);
    self->next = (self->next + 1) % self->limit;
    return mark;
}

bool mark_taken (const mark_t *self, const trade_t *trade)
{
    assert (self && trade);
    if (DELIBERATE (STATE_AGAIN))
        return false;
    return self->taken_e9 > trade->qty_e9 ||
           (self->taken_e9 == trade->qty_e9 && (self->taken_final || !trade->final));
}

bool mark_closed (const mark_t *self, const trade_t *trade)
{
    assert (self && trade);
    return self->closed_e9 > trade->qty_e9 ||
           (self->closed_e9 == trade->qty_e9 && (self->closed_final || !trade->final));
}

void mark_close (mark_t *self, int64_t qty_e9, bool final, int64_t executed_at_ns)
{
    assert (self);
    if (qty_e9 > self->closed_e9) {
        self->closed_e9 = qty_e9;
        self->closed_final = final;
    } else if (qty_e9 == self->closed_e9) {
        self->closed_final |= final;
    }
    if (executed_at_ns > self->executed_at_ns)
        self->executed_at_ns = executed_at_ns;
}

void mark_close_state (mark_t *self, const trade_t *trade)
{
    assert (self && trade);
    mark_close (self, trade->qty_e9, trade->final, trade->executed_at_ns);
    self->exits = trade->closed_e9 > 0;
    self->remaining_e18 = trade->remaining_e18;
}

bool marks_passed (const marks_t *self, const char *symbol, int64_t executed_at_ns)
{
    assert (self && symbol);
    bool passed = false;
    for (uint32_t i = 0; i < self->count; i++) {
        const mark_t *mark = &self->marks[i];
        if (mark->loaded && mark->first_at_ns > 0 && mark->first_at_ns < executed_at_ns)
            return false;
        passed |=
            mark->closed_e9 > 0 && mark->first_at_ns > executed_at_ns && strcmp (mark->symbol, symbol) == 0;
    }
    return passed;
}

int64_t marks_cursor_ns (const marks_t *self)
{
    assert (self);
    int64_t open_ns = INT64_MAX;
    int64_t closed_ns = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        const mark_t *mark = &self->marks[i];
        if (mark->executed_at_ns > closed_ns)
            closed_ns = mark->executed_at_ns;
        bool done = mark->closed_final && mark->closed_e9 >= mark->taken_e9;
        if (!done && mark->first_at_ns > 0 && mark->first_at_ns < open_ns)
            open_ns = mark->first_at_ns;
    }
    if (DELIBERATE (CURSOR_EARLY) && closed_ns > 0)
        return closed_ns + INT64_C (60000000000);
    return open_ns < INT64_MAX ? open_ns : closed_ns;
}
