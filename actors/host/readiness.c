/*  readiness.c: one rule a role. */
#include "actors/host/readiness.h"

#include <assert.h>
#include <string.h>

void readiness_init (readiness_t *self, const char *role)
{
    static const struct {
        const char *role;
        readiness_rule_t rule;
    } rules[] = {{"executor", READY_LEASED}, {"dispatcher", READY_CONFIGURED}, {"listener", READY_STREAMING},
        {"audit", READY_LINKED}};
    assert (self && role);
    *self = (readiness_t){.rule = READY_ALWAYS};
    for (size_t n = 0; n < sizeof rules / sizeof *rules; n++)
        if (strcmp (role, rules[n].role) == 0)
            self->rule = rules[n].rule;
}

void readiness_saw (readiness_t *self, const message_t *message, int64_t now_ns)
{
    assert (self && message);
    if (self->rule == READY_CONFIGURED && message->kind == MSG_CONFIG_LOADED)
        self->reached = true;
    else if (self->rule == READY_STREAMING && message->kind == MSG_STREAM_STATE)
        self->reached = message->stream_state.state == STREAM_STATE_STATE_LISTENING;
    else if (self->rule == READY_LEASED && message->kind == MSG_SHARD_LEASE) {
        self->reached = message->shard_lease.complete;
        /*  the lease itself counts from the beat that it answers: this is only for who looks from outside */
        self->until_ns = now_ns + message->shard_lease.lease_ns;
    }
}

const char *readiness_lack (const readiness_t *self, bool linked, int64_t now_ns)
{
    assert (self);
    switch (self->rule) {
    case READY_LINKED: return linked ? NULL : "the dispatcher is not heard";
    case READY_CONFIGURED: return self->reached ? NULL : "the configuration has not come from the audit";
    case READY_STREAMING: return self->reached ? NULL : "the master's stream is not listened to";
    case READY_LEASED:
        if (now_ns >= self->until_ns)
            return "no lease of the dispatcher";
        return self->reached ? NULL : "its clients have not all come";
    default: return NULL;
    }
}
