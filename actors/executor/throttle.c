/*  throttle.c: every request of a shard passes here: the client's tokens (pace.h), the shard's places (gate.h). What has
 *  to wait is not queued as a request: its lane or slot looks again, so that what the master does meanwhile merges. */
#include "actors/executor/shard.h"

#include <assert.h>

#define SPREAD_NS (SECOND_NS / 20) /*  after a reset */

static client_t *client_of (executor_t *self, uint32_t lane)
{
    return &self->book.clients[self->book.lanes[lane].client];
}

static bool in_doubt (const client_t *client)
{
    return client->breaker.state != BREAKER_CLOSED || client->breaker.failures > 0;
}

void throttle_call (executor_t *self, const broker_call_t *call)
{
    assert (self && call && call->account < self->book.max_clients);
    pace_sent (&self->book.clients[call->account].pace, self->now_ns);
    effects_call (self->effects, call);
}

void throttle_answered (executor_t *self, const broker_answer_t *answer)
{
    assert (self && answer);
    if (answer->account >= self->book.max_clients)
        return;
    int64_t pause_ns = self->gate.pause_ns > 0 ? self->gate.pause_ns : self->config.retry_initial_ns;
    pace_answered (&self->book.clients[answer->account].pace, answer, self->now_ns, self->utc_ns, pause_ns);
}

int64_t throttle_wait_ns (executor_t *self, uint32_t client, pace_class_t class)
{
    assert (self && client < self->book.max_clients);
    int64_t at_ns = pace_wait_ns (&self->book.clients[client].pace, class, self->now_ns);
    return at_ns > 0 ? at_ns + shard_jitter (self, SPREAD_NS) : 0;
}

bool throttle_admits (executor_t *self, uint32_t lane, leg_t leg, int64_t *at_p)
{
    assert (self && lane < self->book.lane_count && at_p);
    const client_t *client = client_of (self, lane);
    *at_p = throttle_wait_ns (self, self->book.lanes[lane].client, leg == LEG_CLOSE ? PACE_EXIT : PACE_ENTRY);
    return *at_p == 0 &&
           gate_admits (&self->gate, &self->book, lane, leg == LEG_CLOSE, in_doubt (client), self->now_ns);
}

void throttle_sent (executor_t *self, uint32_t slot)
{
    assert (self && slot < self->book.max_slots);
    slot_t *entry = &self->book.slots[slot];
    const client_t *client = &self->book.clients[self->book.copies[entry->copy].client];
    gate_sent (&self->gate, entry, in_doubt (client), self->now_ns);
}

void throttle_drain (executor_t *self)
{
    assert (self);
    self->gate.taking = true;
    for (uint32_t taken = 0; taken < self->config.max_clients && !self->stopping; taken++) {
        uint32_t lane = gate_take (&self->gate, &self->book, self->now_ns);
        if (lane == NONE)
            break;
        uint32_t slot = self->book.lanes[lane].unanswered;
        if (slot == NONE)
            orders_advance (self, lane);
        else if (self->book.slots[slot].state == SLOT_WAITING)
            orders_on_due (self, slot);
    }
    self->gate.taking = false;
    int64_t next_ns = gate_next_ns (&self->gate);
    if (next_ns < INT64_MAX)
        effects_wake (self->effects, next_ns > self->now_ns ? next_ns : self->now_ns);
}
