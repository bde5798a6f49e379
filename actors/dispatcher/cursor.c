/*  cursor.c: the listener: its master, and from where it has to catch up.
 *
 *  The cursor rests on the marks, so it is sent once they are loaded, for a listener that is up already; after
 *  listener.ready; and again after every master.config, which makes the listener begin anew.
 */
#include "actors/dispatcher/parts.h"
#include "messages/text.h"

#include <assert.h>

void dispatcher_cursor_send (dispatcher_t *self, effects_t *effects)
{
    assert (self);
    if (!self->master_known || self->hold_until_ns == INT64_MAX)
        return;
    self->out.kind = MSG_LISTENER_CURSOR;
    self->out.listener_cursor = (listener_cursor_t){.since_ns = marks_cursor_ns (&self->marks)};
    TEXT_SET (self->out.listener_cursor.master_id, self->master.master_id);
    effects_send (effects, self->listener, &self->out);
}

int dispatcher_cursor_master (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_MASTER_CONFIG);
    self->master = event->message->master_config;
    self->master_known = true;
    if (self->listener_seen)
        effects_send (effects, self->listener, event->message);
    dispatcher_cursor_send (self, effects);
    return 0;
}

int dispatcher_cursor_ready (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_LISTENER_READY);
    if (*event->message->listener_ready.name)
        TEXT_SET (self->listener, event->message->listener_ready.name);
    self->listener_seen = true;
    if (!self->master_known)
        return 0; /*  it repeats */
    self->out.kind = MSG_MASTER_CONFIG;
    self->out.master_config = self->master;
    effects_send (effects, self->listener, &self->out);
    dispatcher_cursor_send (self, effects);
    return 0;
}

/*  A mark without a quantity: X was seen and nothing of it is closed. */
int dispatcher_cursor_mark (dispatcher_t *self, const event_t *event)
{
    assert (self && event && event->kind == MSG_STATE_MARK);
    const state_mark_t *in = &event->message->state_mark;
    if (!*in->x)
        return -ERR_RANGE;
    mark_t *mark = marks_open (&self->marks, in->x);
    mark->loaded = true;
    if (mark->first_at_ns == 0)
        mark->first_at_ns = in->first_at_ns;
    if (*in->symbol)
        TEXT_SET (mark->symbol, in->symbol);
    mark_close (mark, in->qty_e9, in->final && in->qty_e9 > 0, in->executed_at_ns);
    if (in->qty_e9 > mark->taken_e9) {
        mark->taken_e9 = in->qty_e9;
        mark->taken_final = in->final;
    }
    return 0;
}
