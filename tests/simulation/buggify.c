/*  buggify.c: a host carries out a step's effects in order, but time may pass between any two of them; calls leave on
 *  connections of their own, so their order is nobody's promise; and a timer has its own mind.
 */
#include "tests/simulation/world.h"

#include <assert.h>

/*  Calls change places with calls, nothing else moves. */
static void shuffle_calls (world_t *self, node_t *node, size_t from, size_t to)
{
    effect_t *list = node->effects->list;
    for (size_t at = from; at < to; at++) {
        size_t other = (size_t) dice_between (&self->chance, (int64_t) from, (int64_t) to - 1);
        if (at == other || list[at].kind != EFFECT_CALL || list[other].kind != EFFECT_CALL)
            continue;
        effect_t held = list[at];
        list[at] = list[other];
        list[other] = held;
    }
}

void buggify_carry (world_t *self, uint32_t at, size_t from, size_t to)
{
    node_t *node = &self->nodes[at];
    node->rest_from = SIZE_MAX;
    if (to - from > 1 && faults_strike (&self->faults, FAULT_CALLS_SHUFFLED, &self->chance))
        shuffle_calls (self, node, from, to);
    size_t stop = to;
    if (to - from > 1 && faults_strike (&self->faults, FAULT_STEP_SPLIT, &self->chance))
        stop = (size_t) dice_between (&self->chance, (int64_t) from + 1, (int64_t) to - 1);
    for (size_t n = from; n < stop; n++)
        node_carry (self, at, &node->effects->list[n]);
    if (stop == to)
        return;
    int64_t pause_ns = dice_between (&self->chance, 1, 200 * MS_NS);
    story (self, "%s stands still between two effects of a step, %lld ms", node->name,
        (long long) (pause_ns / MS_NS));
    node->rest_from = stop;
    due_put (&self->due,
        (due_t){.at_ns = self->now_ns + pause_ns, .kind = DUE_REST, .actor = at, .life = node->life});
    int64_t until_ns = self->now_ns + pause_ns + 1;
    node->paused_until_ns = node->paused_until_ns > until_ns ? node->paused_until_ns : until_ns;
}

void buggify_rest (world_t *self, uint32_t at)
{
    node_t *node = &self->nodes[at];
    size_t from = node->rest_from;
    assert (from != SIZE_MAX && node->effects);
    buggify_carry (self, at, from, node->effects->count);
}

void buggify_wake (world_t *self, uint32_t at)
{
    node_t *node = &self->nodes[at];
    node->wake_at_ns = node->effects->wake_at_ns;
    if (node->wake_at_ns != INT64_MAX && faults_strike (&self->faults, FAULT_WAKE_LATE, &self->chance)) {
        int64_t at_ns = node->wake_at_ns > self->now_ns ? node->wake_at_ns : self->now_ns;
        node->wake_at_ns = at_ns + dice_between (&self->chance, 1, SEC_NS);
    } else if (faults_strike (&self->faults, FAULT_WAKE_TOO_OFTEN, &self->chance)) {
        int64_t at_ns = self->now_ns + dice_between (&self->chance, 1, 5 * MS_NS);
        node->wake_at_ns = at_ns < node->wake_at_ns ? at_ns : node->wake_at_ns;
    }
}
