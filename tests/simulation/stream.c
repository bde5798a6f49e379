/*  stream.c: the master's trade_updates: FIFO within a connection, no replay, repeated by the broker now and then. */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void put_state (world_t *self, stream_phase_t phase, int64_t delay_ns)
{
    due_put (&self->due, (due_t){.at_ns = self->now_ns + delay_ns,
                             .kind = DUE_STREAM,
                             .actor = ACTOR_LISTENER,
                             .life = self->nodes[ACTOR_LISTENER].life,
                             .number = self->stream << 8 | (uint64_t) phase});
}

void stream_open (world_t *self)
{
    dice_t *chance = &self->chance;
    self->stream = ++self->streams;
    self->stream_listens = false;
    self->stream_free_ns = self->now_ns;
    bool away = self->now_ns < self->stream_away_until_ns && !self->faults.stopped;
    if (away || faults_strike (&self->faults, FAULT_STREAM_REFUSED, chance)) {
        put_state (self, STREAM_REFUSED, dice_between (chance, MS_NS, 50 * MS_NS));
        return;
    }
    int64_t at_ns = dice_between (chance, 10 * MS_NS, 60 * MS_NS);
    put_state (self, STREAM_CONNECTED, at_ns);
    at_ns += dice_between (chance, 5 * MS_NS, 30 * MS_NS);
    put_state (self, STREAM_AUTHORIZED, at_ns);
    at_ns += dice_between (chance, 5 * MS_NS, 30 * MS_NS);
    put_state (self, STREAM_LISTENING, at_ns);
}

void stream_close (world_t *self)
{
    self->stream = 0;
    self->stream_listens = false;
}

void stream_due (world_t *self, const due_t *due)
{
    stream_phase_t phase = (stream_phase_t) (due->number & 0xff);
    if (due->number >> 8 != self->stream)
        return;
    if (phase == STREAM_LISTENING)
        self->stream_listens = true;
    if (phase == STREAM_DOWN || phase == STREAM_REFUSED)
        stream_close (self);
    story (self, "stream of the master: phase %d", (int) phase);
    event_t event = {.kind = EVENT_STREAM_STATE, .stream = {.state = phase, .reason = "simulated"}};
    node_event (self, ACTOR_LISTENER, &event);
}

void stream_update_due (world_t *self, const due_t *due)
{
    const trade_update_t *update = due->payload;
    if (due->number != self->stream)
        return;
    story (self, "stream: %s of %s (%s) %lld, position %lld", update_text (update->update), update->order.id,
        update->order.symbol, (long long) update->qty_e9, (long long) update->position_qty_e9);
    event_t event = {.kind = EVENT_TRADE_UPDATE, .update = update};
    node_event (self, ACTOR_LISTENER, &event);
}

static void cut (world_t *self)
{
    story (self, "stream is cut");
    self->stream_listens = false;
    if (faults_strike (&self->faults, FAULT_STREAM_AWAY, &self->chance))
        self->stream_away_until_ns = self->now_ns + dice_between (&self->chance, 5 * SEC_NS, 90 * SEC_NS);
    put_state (self, STREAM_DOWN, dice_between (&self->chance, 0, 100 * MS_NS));
}

static void put_update (world_t *self, const engine_event_t *in)
{
    trade_update_t *out = calloc (1, sizeof *out);
    assert (out);
    out->update = in->update;
    memcpy (out->execution_id, in->execution_id, sizeof in->execution_id);
    out->at_ns = in->timestamp_ns;
    if (in->has_execution) {
        out->price_e9 = in->price_e9;
        out->qty_e9 = in->qty_e9;
        out->position_qty_e9 = in->position_qty_e9;
        out->has_position_qty = true;
    }
    desk_order_out (&in->order, &out->order);
    int64_t at_ns = self->now_ns + dice_between (&self->chance, 2 * MS_NS, 15 * MS_NS);
    self->stream_free_ns = at_ns > self->stream_free_ns ? at_ns : self->stream_free_ns;
    due_put (&self->due, (due_t){.at_ns = self->stream_free_ns,
                             .kind = DUE_UPDATE,
                             .actor = ACTOR_LISTENER,
                             .life = self->nodes[ACTOR_LISTENER].life,
                             .number = self->stream,
                             .payload = out});
}

void stream_on_event (void *context, const engine_event_t *event)
{
    world_t *self = context;
    if (event->has_execution)
        story (self, "broker: account %u %s %lld of %s, holds %lld e-9 (%s)", event->account,
            side_text (event->order.side), (long long) event->qty_e9, event->order.asset->symbol,
            (long long) event->position_qty_e9,
            event->account == self->master ? event->order.id : event->order.client_order_id);
    if (event->account != self->master || !self->stream_listens)
        return;
    if (faults_strike (&self->faults, FAULT_STREAM_CUT, &self->chance)) {
        cut (self);
        return;
    }
    if (faults_strike (&self->faults, FAULT_STREAM_LOST, &self->chance)) {
        story (self, "stream: %s of %s is lost", update_text (event->update), event->order.id);
        return;
    }
    if (faults_strike (&self->faults, FAULT_STREAM_DEAF, &self->chance)) {
        story (self, "stream is silent from now on");
        self->stream_listens = false;
        return;
    }
    if (faults_strike (&self->faults, FAULT_STREAM_MUTE, &self->chance)) {
        self->stream_listens = false;
        put_state (self, STREAM_DOWN, dice_between (&self->chance, 100 * MS_NS, 3 * SEC_NS));
        return;
    }
    int copies = faults_strike (&self->faults, FAULT_STREAM_TWICE, &self->chance)
                     ? (int) dice_between (&self->chance, 2, 3)
                     : 1;
    for (; copies > 0; copies--)
        put_update (self, event);
}
