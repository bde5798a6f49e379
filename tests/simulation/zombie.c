/*  zombie.c: a shard that is cut off from us, not from the broker, while its supervisor starts it once more: two lives of
 *  one shard. The old one hears no lease any more; what it has begun, and what it may begin until its lease is over, goes
 *  on. It ends up to 30 s later.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ZOMBIE_MAX_NS (30 * SEC_NS)

uint32_t zombie_of (const world_t *self, uint32_t shard, uint32_t life)
{
    uint32_t at = ACTORS_MAX + shard - ACTOR_SHARD;
    if (shard < ACTOR_SHARD || shard >= ACTORS_MAX || !self->nodes[at].core || self->nodes[at].life != life)
        return UINT32_MAX;
    return at;
}

void zombie_rise (world_t *self, uint32_t shard)
{
    assert (shard >= ACTOR_SHARD && shard < ACTORS_MAX);
    uint32_t at = ACTORS_MAX + shard - ACTOR_SHARD;
    node_t *zombie = &self->nodes[at];
    node_t *node = &self->nodes[shard];
    if (zombie->core)
        return;
    effects_destroy (&zombie->effects);
    *zombie = *node;
    (void) snprintf (zombie->name, sizeof zombie->name, "executor-%u (old)", shard - ACTOR_SHARD + 1);
    zombie->cut_off = true;
    fleet_zombie (self, shard, at);
    memcpy (self->pending[at], self->pending[shard], sizeof self->pending[at]);
    int64_t sleep_ns = dice_ppm (&self->chance, 500000) ? dice_between (&self->chance, 1, 12 * SEC_NS) : 0;
    if (self->now_ns + sleep_ns > zombie->paused_until_ns)
        zombie->paused_until_ns = self->now_ns + sleep_ns;
    node->core = NULL;
    node->effects = NULL;
    node->life++;
    node->wake_at_ns = INT64_MAX;
    node->rest_from = SIZE_MAX;
    node->paused_until_ns = 0;
    int64_t begin_ns = dice_between (&self->chance, 20 * MS_NS, 3 * SEC_NS);
    int64_t end_ns = dice_between (&self->chance, SEC_NS, ZOMBIE_MAX_NS);
    story (self, "%s is CUT OFF (it sleeps %lld ms); its next life begins in %lld ms", node->name,
        (long long) (sleep_ns / MS_NS), (long long) (begin_ns / MS_NS));
    due_put (&self->due, (due_t){.at_ns = self->now_ns + begin_ns, .kind = DUE_START, .actor = shard});
    due_put (&self->due,
        (due_t){.at_ns = self->now_ns + end_ns, .kind = DUE_BURY, .actor = at, .life = zombie->life});
    self->crashed = true;
}

void zombie_bury (world_t *self, uint32_t at)
{
    story (self, "%s ends", self->nodes[at].name);
    node_destroy (self, at);
}
