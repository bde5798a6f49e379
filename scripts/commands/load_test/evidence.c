/*  evidence.c: who owns what an evidence holds. */
#include "scripts/commands/load_test/evidence.h"

#include <assert.h>
#include <stdlib.h>

void evidence_free (evidence_t *self)
{
    assert (self);
    for (size_t i = 0; i < self->history.count; i++)
        free (self->history.orders[i].executions);
    free (self->history.orders);
    free (self->followers);
    free (self->outcomes);
    free (self->states);
    free (self->closings);
    *self = (evidence_t){0};
}
