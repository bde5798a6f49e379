/*  wire_near.c: see wire_near.h. */
#include "actors/host/wire_near.h"

#include <assert.h>
#include <string.h>

void wire_near_join (
    wire_near_t *self, uv_loop_t *loop, const char *name, void (*take) (void *, unsigned), void *wire)
{
    assert (self && loop && name && take && wire);
    *self = (wire_near_t){.next = uv_loop_get_data (loop),
        .loop = loop,
        .name = name,
        .take = take,
        .wire = wire,
        .busy = self->busy};
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
        at->called += at != self && strcmp (at->name, name) == 0;
}

static wire_near_t *called (uv_loop_t *loop)
{
    wire_near_t *at = uv_loop_get_data (loop);
    while (at && (at->called == 0 || (at->busy && *at->busy)))
        at = at->next;
    return at;
}

void wire_near_serve (uv_loop_t *loop)
{
    assert (loop);
    wire_near_t *near;
    for (int n = 0; n < NEAR_MAX && (near = called (loop)); n++) {
        unsigned count = near->called;
        near->called = 0;
        near->take (near->wire, count);
    }
}
