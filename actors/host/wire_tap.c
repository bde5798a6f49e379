/*  wire_tap.c: see wire_tap.h. */
#include "actors/host/wire_tap.h"

#include "actors/host/wire_socket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES 262144
#define WAIT_MS 1

typedef struct {
    message_kind_t kind;
    size_t size;
} entry_t; /*  its bytes follow */

struct wire_tap {
    zsock_t *socket;
    wire_counts_t *counts;
    uv_timer_t timer;
    bool watching;
    size_t used;
    uint8_t queue[QUEUE_BYTES];
};

static int publish (wire_tap_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    int rc = wire_socket_publish (self->socket, kind, bytes, size);
    if (rc == 0)
        self->counts->published++;
    else
        self->counts->unpublished++;
    return rc;
}

static void flush (wire_tap_t *self)
{
    entry_t entry;
    (void) zsock_events (self->socket); /*  its subscriptions are up to date */
    for (size_t at = 0; at < self->used; at += sizeof entry + entry.size) {
        memcpy (&entry, self->queue + at, sizeof entry);
        (void) publish (self, entry.kind, self->queue + at + sizeof entry, entry.size);
    }
    self->used = 0;
}

static void on_timer (uv_timer_t *timer)
{
    flush ((wire_tap_t *) timer->data);
}

wire_tap_t *wire_tap_new (zsock_t *socket, wire_counts_t *counts)
{
    assert (socket && counts);
    wire_tap_t *self = (wire_tap_t *) calloc (1, sizeof *self);
    if (!self) {
        zsock_destroy (&socket);
        return NULL;
    }
    self->socket = socket;
    self->counts = counts;
    return self;
}

void wire_tap_destroy (wire_tap_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    assert (!(*self_p)->watching);
    zsock_destroy (&(*self_p)->socket);
    free (*self_p);
    *self_p = NULL;
}

void wire_tap_watch (wire_tap_t *self, uv_loop_t *loop)
{
    assert (self && loop && !self->watching);
    (void) uv_timer_init (loop, &self->timer);
    self->timer.data = self;
    self->watching = true;
}

void wire_tap_unwatch (wire_tap_t *self)
{
    assert (self);
    if (!self->watching)
        return;
    self->watching = false;
    flush (self);
    uv_close ((uv_handle_t *) &self->timer, NULL);
}

int wire_tap_say (wire_tap_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    const entry_t entry = {.kind = kind, .size = size};
    assert (self && bytes);
    if (self->watching && sizeof entry + size > QUEUE_BYTES - self->used)
        flush (self);
    if (!self->watching || sizeof entry + size > QUEUE_BYTES)
        return publish (self, kind, bytes, size);
    if (self->used == 0)
        (void) uv_timer_start (&self->timer, on_timer, WAIT_MS, 0);
    memcpy (self->queue + self->used, &entry, sizeof entry);
    memcpy (self->queue + self->used + sizeof entry, bytes, size);
    self->used += sizeof entry + size;
    return 0;
}
