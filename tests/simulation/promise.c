/*  promise.c: held the moment it happens, from what crosses a core's border.
 *
 *  P3: after an unknown answer, or "taken", a life of a shard sends nothing for that client and symbol, not even the same
 *      order again, before the broker answered by id.
 *  P4: per client and symbol a life of a shard has one order unanswered.
 *  P2: a client's rate for X is fixed at the first decision. A shard that lost its book, or progress that was deleted, may
 *      have lost it with its outcome; then it is today's.
 *  P6: no order is begun after the lease ran out, counted from when the beat that it answers was sent.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <string.h>

void promise_beat (world_t *self, uint32_t at, uint64_t number)
{
    node_t *node = &self->nodes[at];
    uint32_t slot = node->beats_count++ % BEATS_MAX;
    node->beats[slot].number = number;
    node->beats[slot].at_ns = self->now_ns;
}

void promise_lease (world_t *self, uint32_t at, const shard_lease_t *lease)
{
    node_t *node = &self->nodes[at];
    uint32_t known = node->beats_count < BEATS_MAX ? node->beats_count : BEATS_MAX;
    for (uint32_t slot = 0; slot < known; slot++) {
        int64_t until_ns = node->beats[slot].at_ns + lease->lease_ns;
        if (node->beats[slot].number == lease->beat && lease->lease_ns > 0 &&
            until_ns > node->leased_until_ns)
            node->leased_until_ns = until_ns;
    }
    fleet_lease (self, at);
}

static uint32_t symbol_of (const world_t *self, const char *symbol)
{
    for (uint32_t at = 0; at < self->symbol_count; at++)
        if (strcmp (self->symbols[at], symbol) == 0)
            return at;
    return 0;
}

void promise_submit (world_t *self, uint32_t at, uint32_t account, const order_request_t *request)
{
    const node_t *node = &self->nodes[at];
    pending_t *pending = &self->pending[at][account][symbol_of (self, request->symbol)];
    bool waits = pending->life == node->life && (pending->in_flight || pending->doubted);
    bool same = strcmp (pending->id, request->client_order_id) == 0;
    if (self->now_ns > node->leased_until_ns)
        violated (self, "P6: %s began %s %lld ms after its lease ran out", node->name,
            request->client_order_id, (long long) ((self->now_ns - node->leased_until_ns) / MS_NS));
    if (waits && pending->in_flight)
        violated (self, "P4: %s sent %s while %s was not answered", node->name, request->client_order_id,
            pending->id);
    else if (waits)
        violated (self, "P3: %s sent %s without asking by id what became of %s", node->name,
            request->client_order_id, same ? "it before" : pending->id);
    fleet_submit (self, at, account, request->client_order_id);
    self->tally.reached[same && pending->life == node->life ? REACHED_SLOT_AGAIN : REACHED_SLOT_SENT]++;
    *pending = (pending_t){.life = node->life, .in_flight = true};
    memcpy (pending->id, request->client_order_id, sizeof pending->id);
}

void promise_answer (
    world_t *self, uint32_t at, uint32_t account, const char *id, call_kind_t call, answer_kind_t kind)
{
    if (account > CLIENTS_MAX || (call != CALL_SUBMIT && call != CALL_ORDER_BY_CLIENT_ID))
        return;
    for (uint32_t symbol = 0; symbol < SYMBOLS_MAX; symbol++) {
        pending_t *pending = &self->pending[at][account][symbol];
        if (pending->life != self->nodes[at].life || strcmp (pending->id, id) != 0)
            continue;
        if (call == CALL_SUBMIT) {
            pending->in_flight = false;
            pending->doubted = kind == ANSWER_UNKNOWN || kind == ANSWER_TAKEN;
        } else if (kind == ANSWER_OK || kind == ANSWER_NOT_FOUND) {
            pending->doubted = false;
        }
    }
}

void promise_rate (world_t *self, const outcome_t *outcome)
{
    if (outcome->rate_den_e9 == 0 || self->crashed || self->deletions > 0)
        return;
    for (size_t at = self->told.count; at-- > 0;) {
        const outcome_t *before = &self->told.list[at];
        if (before->rate_den_e9 == 0 || strcmp (before->x, outcome->x) != 0 ||
            strcmp (before->client_id, outcome->client_id) != 0)
            continue;
        if (before->rate_num_e9 != outcome->rate_num_e9 || before->rate_den_e9 != outcome->rate_den_e9)
            violated (self, "P2: the rate of %s for %s was %lld / %lld and is %lld / %lld",
                outcome->client_id, outcome->x, (long long) before->rate_num_e9,
                (long long) before->rate_den_e9, (long long) outcome->rate_num_e9,
                (long long) outcome->rate_den_e9);
        return;
    }
}
