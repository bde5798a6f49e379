/*  fleet.c: shards that come, leave, die for good and are cut off for a while; and who may begin an order of a client.
 *
 *  P6, over more than one shard: a shard begins an order only of a client that it was sent and has not released; and not
 *  before whoever had it let go of it, or its lease has been over for a request's timeout.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <string.h>

#define REQUEST_TIMEOUT_NS (10 * SEC_NS)

static void plan (world_t *self, fault_t fault, uint64_t what, uint32_t shard)
{
    if (!faults_strike (&self->faults, fault, &self->chance))
        return;
    due_put (&self->due, (due_t){.at_ns = dice_between (&self->chance, 9 * SEC_NS, 60 * SEC_NS),
                             .kind = DUE_FLEET,
                             .actor = ACTOR_SHARD + shard,
                             .number = what});
}

/*  The last one of a history whose shards nobody names may come later than the others. */
void fleet_plan (world_t *self)
{
    uint32_t last = self->shard_count - 1;
    self->comes_later =
        self->any_shard && last > 0 && faults_strike (&self->faults, FAULT_SHARD_JOINS, &self->chance);
    for (uint32_t at = 0; at < self->shard_count; at++) {
        bool later = self->comes_later && at == last;
        int64_t most_ns = later ? 50 * SEC_NS : 300 * MS_NS;
        due_put (&self->due, (due_t){.at_ns = dice_between (&self->chance, later ? 9 * SEC_NS : 0, most_ns),
                                 .kind = DUE_START,
                                 .actor = ACTOR_SHARD + at});
    }
    plan (self, FAULT_SHARD_LEAVES, FLEET_LEAVES, 0);
    plan (self, FAULT_SHARD_LEAVES, FLEET_LEAVES, last);
    plan (self, FAULT_SHARD_DIES, FLEET_DIES, 0);
    plan (self, FAULT_SHARD_DIES, FLEET_DIES, last / 2);
}

/*  No other shard is there. */
static bool is_alone (const world_t *self, uint32_t shard)
{
    for (uint32_t at = ACTOR_SHARD; at < self->node_count; at++)
        if (at != shard && self->nodes[at].core)
            return false;
    return true;
}

/*  Some come back; one of them at least does, and soon when no other is there: what nobody has decided for MAX_EVENT_AGE
 *  is decided otherwise (docs/recovery.md, Uncertain). */
static void come_back (world_t *self, uint32_t at, int64_t least_ns, int64_t most_ns)
{
    bool for_good = self->away + 1 < self->shard_count && dice_ppm (&self->chance, 400000);
    int64_t pause_ns = is_alone (self, at) ? dice_between (&self->chance, SEC_NS / 10, 10 * SEC_NS)
                                           : dice_between (&self->chance, least_ns, most_ns);
    if (for_good) {
        self->away++;
        return;
    }
    story (self, "%s comes back in %lld ms", self->nodes[at].name, (long long) (pause_ns / MS_NS));
    due_put (&self->due, (due_t){.at_ns = self->now_ns + pause_ns, .kind = DUE_START, .actor = at});
}

static void cut (world_t *self, uint32_t at)
{
    int64_t most_ns = is_alone (self, at) ? 15 * SEC_NS : 40 * SEC_NS; /*  a history is waited for 20 s */
    int64_t until_ns = self->now_ns + dice_between (&self->chance, SEC_NS, most_ns);
    node_t *node = &self->nodes[at];
    node_t *dispatcher = &self->nodes[ACTOR_DISPATCHER];
    story (self, "%s is PARTED from the dispatcher for %lld ms", node->name,
        (long long) ((until_ns - self->now_ns) / MS_NS));
    if (node->link_free_ns[ACTOR_DISPATCHER] < until_ns)
        node->link_free_ns[ACTOR_DISPATCHER] = until_ns;
    if (dispatcher->link_free_ns[at] < until_ns)
        dispatcher->link_free_ns[at] = until_ns;
}

void fleet_part (world_t *self, uint32_t at)
{
    if (at >= ACTOR_SHARD && at < ACTORS_MAX &&
        faults_strike (&self->faults, FAULT_SHARD_PARTED, &self->chance))
        cut (self, at);
}

void fleet_ended (world_t *self, uint32_t at)
{
    due_put (&self->due, (due_t){.at_ns = self->now_ns + 1,
                             .kind = DUE_FLEET,
                             .actor = at,
                             .life = self->nodes[at].life,
                             .number = FLEET_ENDED});
}

void fleet_due (world_t *self, const due_t *due)
{
    uint32_t at = due->actor;
    node_t *node = &self->nodes[at];
    if (!node->core || (due->number == FLEET_ENDED && node->life != due->life))
        return;
    if (node->paused_until_ns > self->now_ns) { /*  in the midst of a step, perhaps */
        due_t later = *due;
        later.at_ns = node->paused_until_ns;
        due_put (&self->due, later);
        return;
    }
    event_t stop = {.kind = EVENT_STOP};
    switch (due->number) {
    case FLEET_LEAVES:
        story (self, "%s is asked to LEAVE", node->name);
        node_event (self, at, &stop);
        break;
    case FLEET_DIES:
        story (self, "%s DIES", node->name);
        self->crashed = true;
        node_destroy (self, at);
        come_back (self, at, 12 * SEC_NS, 60 * SEC_NS);
        break;
    default:
        story (self, "%s has ended", node->name);
        self->crashed = true; /*  nobody may have taken its clients */
        node_destroy (self, at);
        if (at < ACTORS_MAX) /*  not a zombie */
            come_back (self, at, SEC_NS / 10, 30 * SEC_NS);
        break;
    }
}

/*  ---- P6 ---- */

static uint32_t shard_of (uint32_t node)
{
    return node < ACTORS_MAX ? node : node - ACTORS_MAX + ACTOR_SHARD;
}

static uint32_t client_of (const world_t *self, uint32_t account)
{
    for (uint32_t at = 0; at < self->follower_count; at++)
        if (self->followers[at].account == account)
            return at;
    return UINT32_MAX;
}

void fleet_config (world_t *self, uint32_t at, const client_config_t *config)
{
    if (at < ACTOR_SHARD || config->removed)
        return;
    claim_t *claim = &self->claims[at][store_client (config->client_id)];
    claim->has = true;
    claim->until_ns = self->nodes[at].leased_until_ns;
}

void fleet_lease (world_t *self, uint32_t at)
{
    self->granting = true;
    for (uint32_t client = 0; client < self->follower_count; client++)
        if (self->claims[at][client].has)
            self->claims[at][client].until_ns = self->nodes[at].leased_until_ns;
}

/*  A life is over: what it began may still arrive. */
void fleet_death (world_t *self, uint32_t at)
{
    for (uint32_t client = 0; at >= ACTOR_SHARD && client < CLIENTS_MAX; client++) {
        claim_t *claim = &self->claims[at][client];
        if (claim->has && claim->until_ns > claim->ghost_ns)
            claim->ghost_ns = claim->until_ns;
        claim->has = false;
    }
}

void fleet_zombie (world_t *self, uint32_t shard, uint32_t zombie)
{
    for (uint32_t client = 0; client < CLIENTS_MAX; client++) {
        claim_t *claim = &self->claims[shard][client];
        self->claims[zombie][client].has = claim->has;
        self->claims[zombie][client].until_ns = claim->until_ns;
        claim->has = false;
    }
}

void fleet_released (world_t *self, uint32_t at, const client_released_t *released)
{
    uint32_t client = store_client (released->client_id);
    pending_t *pending = self->pending[at][self->followers[client].account];
    for (uint32_t symbol = 0; symbol < SYMBOLS_MAX; symbol++) {
        if (pending[symbol].life == self->nodes[at].life && pending[symbol].in_flight)
            violated (self, "P6: %s released %s while %s was not answered", self->nodes[at].name,
                released->client_id, pending[symbol].id);
        pending[symbol] = (pending_t){.life = UINT32_MAX};
    }
    self->claims[at][client].has = false;
    self->released_ns = self->now_ns;
    self->crashed |= self->deletions > 0; /*  what only this shard knew goes with it */
}

/*  Of before this life of the dispatcher, and nobody was left to tell it: all shards had died with the one before, and names
 *  say who has whom, or what the database knew was deleted. Then shards of the same name wait for their own lease only. */
static bool forgotten (const world_t *self, int64_t until_ns)
{
    bool before = until_ns <= self->dispatcher_ns + 2 * SEC_NS;
    return before && !self->remembered && (!self->any_shard || self->deletions > 0);
}

void fleet_beat (world_t *self, const shard_beat_t *beat)
{
    self->remembered |= !self->granting && beat->holds != 0;
}

/*  In vain for two seconds: then an entry goes on without, and its rate is today's (docs/recovery.md, Uncertain). */
void fleet_asks (world_t *self, uint32_t at)
{
    if (self->asked_ns[at] == 0)
        self->asked_ns[at] = self->now_ns;
    self->crashed |= self->now_ns - self->asked_ns[at] > 2 * SEC_NS - SEC_NS / 4;
}

void fleet_dispatcher (world_t *self)
{
    self->dispatcher_ns = self->now_ns;
    self->remembered = self->granting = false;
}

void fleet_submit (world_t *self, uint32_t at, uint32_t account, const char *id)
{
    uint32_t client = client_of (self, account);
    if (client == UINT32_MAX)
        return;
    if (!self->claims[at][client].has)
        violated (self, "P6: %s began %s for %s, which it had released", self->nodes[at].name, id,
            self->followers[client].config.client_id);
    for (uint32_t other = ACTOR_SHARD; other < NODES_MAX; other++) {
        const claim_t *claim = &self->claims[other][client];
        int64_t until_ns =
            claim->has && claim->until_ns > claim->ghost_ns ? claim->until_ns : claim->ghost_ns;
        if (other == at || until_ns == 0)
            continue;
        if (shard_of (other) != shard_of (at) && forgotten (self, until_ns))
            continue;
        if (shard_of (other) != shard_of (at))
            until_ns += REQUEST_TIMEOUT_NS;
        if (self->now_ns < until_ns)
            violated (self,
                "P6: %s began %s for %s, which %s may have orders under way for until %lld ms later",
                self->nodes[at].name, id, self->followers[client].config.client_id, self->nodes[other].name,
                (long long) ((until_ns - self->now_ns) / MS_NS));
    }
}
