/*  lane.c: why it exists: channels fail, each in its own time. */
#include "actors/alert/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool lane_init (lane_t *self, uint32_t limit)
{
    assert (self && limit >= 2); /*  one on its way and one that waits */
    self->limit = limit;
    self->entries = calloc (limit, sizeof *self->entries);
    return self->entries != NULL;
}

void lane_free (lane_t *self)
{
    assert (self);
    free (self->entries);
    self->entries = NULL;
}

static lane_entry_t *entry_at (const lane_t *self, uint32_t place)
{
    return &self->entries[(self->head + place) % self->limit];
}

/*  The oldest that is not on its way. Behind one that is, that one moves a place up. */
static void drop_oldest (lane_t *self)
{
    uint32_t place = self->in_flight ? 1 : 0;
    assert (self->count > place);
    self->dropped += entry_at (self, place)->stands_for;
    if (self->in_flight)
        *entry_at (self, 1) = *entry_at (self, 0);
    self->head = (self->head + 1) % self->limit;
    self->count--;
}

lane_entry_t *lane_add (lane_t *self, uint64_t token, uint64_t stands_for)
{
    assert (self && self->entries && stands_for > 0);
    if (self->count == self->limit)
        drop_oldest (self);
    lane_entry_t *entry = entry_at (self, self->count++);
    entry->token = token;
    entry->stands_for = stands_for;
    entry->text[0] = '\0';
    return entry;
}

int64_t lane_wake_at_ns (const lane_t *self)
{
    assert (self);
    if (self->in_flight || self->count == 0)
        return INT64_MAX;
    return self->retry_at_ns;
}

const lane_entry_t *lane_take (lane_t *self, int64_t now_ns)
{
    assert (self);
    if (lane_wake_at_ns (self) > now_ns)
        return NULL;
    self->in_flight = true;
    return entry_at (self, 0);
}

bool lane_awaits (const lane_t *self, uint64_t token)
{
    assert (self);
    return self->in_flight && entry_at (self, 0)->token == token;
}

void lane_finish (lane_t *self)
{
    assert (self && self->in_flight && self->count > 0);
    self->in_flight = false;
    self->head = (self->head + 1) % self->limit;
    self->count--;
    self->failures = 0;
    self->retry_at_ns = 0;
}

void lane_fail (lane_t *self, int64_t now_ns)
{
    assert (self && self->in_flight);
    int64_t pause_ns = self->retry_initial_ns;
    for (uint32_t n = 0; n < self->failures && pause_ns < self->retry_max_ns; n++)
        pause_ns *= 2;
    if (pause_ns > self->retry_max_ns)
        pause_ns = self->retry_max_ns;
    self->in_flight = false;
    self->failures++;
    self->retry_at_ns = now_ns + pause_ns;
}
