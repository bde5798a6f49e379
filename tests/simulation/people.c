/*  people.c: clients come, change their size and go while the master trades. A dice of its own, so that the master's
 *  trades stay what they are. */
#include "tests/simulation/world.h"

#include <assert.h>

enum { JOIN, CHANGE, LEAVE };

static void keep_version (world_t *self, follower_t *follower)
{
    assert (follower->versions_count < VERSIONS_MAX);
    follower->versions[follower->versions_count].from_ns = world_utc_ns (self);
    follower->versions[follower->versions_count].multiplier_e9 = follower->config.multiplier_e9;
    follower->versions[follower->versions_count].risk_percent_e9 = follower->config.risk_percent_e9;
    follower->versions_count++;
}

static void plan (world_t *self, fault_t fault, uint64_t what, uint32_t client)
{
    if (!faults_strike (&self->faults, fault, &self->chance))
        return;
    due_put (&self->due, (due_t){.at_ns = dice_between (&self->chance, 9 * SEC_NS, 50 * SEC_NS),
                             .kind = DUE_PLAN,
                             .actor = client,
                             .number = what});
    if (what == JOIN)
        self->followers[client].joined = false;
}

void people_plan (world_t *self)
{
    for (uint32_t at = 0; at < self->follower_count; at++)
        keep_version (self, &self->followers[at]);
    plan (self, FAULT_CLIENT_JOINS, JOIN, 0);
    plan (self, FAULT_CLIENT_CHANGES, CHANGE, 1);
    plan (self, FAULT_CLIENT_CHANGES, CHANGE, 2);
    plan (self, FAULT_CLIENT_LEAVES, LEAVE, 3);
}

void people_due (world_t *self, const due_t *due)
{
    static const char *const texts[] = {"joins", "changes its size", "leaves"};
    follower_t *follower = &self->followers[due->actor];
    client_config_t *config = &follower->config;
    story (self, "%s %s", config->client_id, texts[due->number]);
    config->revision = ++self->revision;
    switch (due->number) {
    case JOIN:
        follower->joined = true;
        config->follow_since_ns = world_utc_ns (self);
        break;
    case CHANGE:
        config->multiplier_e9 = config->multiplier_e9 * dice_between (&self->chance, 3, 20) / 10;
        config->risk_percent_e9 = config->risk_percent_e9 * dice_between (&self->chance, 3, 20) / 10;
        keep_version (self, follower);
        break;
    default:
        config->active = false;
        config->follow_until_ns = world_utc_ns (self);
        follower->left_at_ns = world_utc_ns (self);
        break;
    }
}

void people_known (world_t *self, const client_config_t *config)
{
    follower_t *follower = &self->followers[store_client (config->client_id)];
    if (config->follow_since_ns > 0 && follower->known_at_ns == 0)
        follower->known_at_ns = world_utc_ns (self);
}
