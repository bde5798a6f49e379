/*  seen.c: a ring of texts with an index over it. */
#include "actors/listener/seen.h"
#include "actors/deliberate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool seen_init (seen_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->texts = calloc (limit, sizeof *self->texts);
    self->limit = limit;
    return directory_init (&self->index, limit) && self->texts;
}

void seen_free (seen_t *self)
{
    assert (self);
    directory_free (&self->index);
    free (self->texts);
    self->texts = NULL;
}

bool seen_has (const seen_t *self, const char *text)
{
    assert (self && text);
    if (DELIBERATE (EXECUTION_TWICE))
        return false;
    return directory_get (&self->index, text) != DIRECTORY_NONE;
}

void seen_add (seen_t *self, const char *text)
{
    assert (self && text && strlen (text) < SEEN_TEXT_MAX);
    if (seen_has (self, text))
        return;
    char *slot = self->texts[self->next];
    if (self->count == self->limit)
        directory_remove (&self->index, slot);
    else
        self->count++;
    memcpy (slot, text, strlen (text) + 1);
    directory_put (&self->index, slot, self->next);
    self->next = (self->next + 1) % self->limit;
}
