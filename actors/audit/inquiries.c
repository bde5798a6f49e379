/*  inquiries.c: a ring; the few that wait at a time are compared one by one. */
#include "actors/audit/inquiries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool inquiries_init (inquiries_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->list = calloc (limit, sizeof *self->list);
    self->limit = limit;
    return self->list != NULL;
}

void inquiries_free (inquiries_t *self)
{
    assert (self);
    free (self->list);
    self->list = NULL;
}

int inquiries_push (inquiries_t *self, const inquiry_t *inquiry)
{
    assert (self && inquiry);
    for (uint32_t i = 0; i < self->count; i++) {
        const history_request_t *waits = &self->list[(self->first + i) % self->limit].request;
        if (strcmp (waits->x, inquiry->request.x) == 0 && strcmp (waits->shard, inquiry->request.shard) == 0)
            return 0;
    }
    if (self->count == self->limit)
        return -ERR_FULL;
    self->list[(self->first + self->count++) % self->limit] = *inquiry;
    return 0;
}

const inquiry_t *inquiries_oldest (const inquiries_t *self)
{
    assert (self);
    return self->count > 0 ? &self->list[self->first] : NULL;
}

void inquiries_drop (inquiries_t *self)
{
    assert (self && self->count > 0);
    self->first = (self->first + 1) % self->limit;
    self->count--;
}
