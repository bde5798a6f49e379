/*  wire_near.c: see wire_near.h. */
#include "actors/host/wire_near.h"

#include <assert.h>
#include <string.h>

void wire_near_join (wire_near_t *self, uv_loop_t *loop, const char *name, void *wire)
{
    assert (self && loop && name && wire);
    *self = (wire_near_t){.next = uv_loop_get_data (loop), .loop = loop, .name = name, .wire = wire};
    uv_loop_set_data (loop, self);
}

void wire_near_leave (wire_near_t *self)
{
    assert (self && self->loop);
    wire_near_t *first = uv_loop_get_data (self->loop);
    if (first == self)
        uv_loop_set_data (self->loop, self->next);
    for (wire_near_t *at = first; at && at != self; at = at->next)
        if (at->next == self) {
            at->next = self->next;
            break;
        }
}

void wire_near_call (const wire_near_t *self, const char *name)
{
    assert (self && name);
    for (wire_near_t *at = self->loop ? uv_loop_get_data (self->loop) : NULL; at; at = at->next)
        at->called |= at != self && strcmp (at->name, name) == 0;
}

void *wire_near_called (const wire_near_t *self)
{
    assert (self && self->loop);
    for (wire_near_t *at = uv_loop_get_data (self->loop); at; at = at->next)
        if (at->called) {
            at->called = false;
            return at->wire;
        }
    return NULL;
}
