/*  memory.c: what the database remembers, on its way to the shard that needs it: the outcomes of an X, and breakers.
 *
 *  A history comes for all clients; a shard gets those of its own. One without a shard's name is ours: at load, the
 *  copies that still work at the broker.
 *
 *  Behind the rows come what we remember ourselves: up to which Q each client was answered. Where the rows are gone (lost,
 *  or progress was deleted) nothing is decided twice. Of an X that executed a lookback before anything was stored nobody can
 *  remember it: what no row tells of was done, or is too old to be copied.
 */
#include "actors/dispatcher/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>

int dispatcher_memory_request (const dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_HISTORY_REQUEST);
    const history_request_t *request = &event->message->history_request;
    if (!*request->x || dispatcher_assignment_shard (self, request->shard) == DIRECTORY_NONE)
        return -ERR_NOT_FOUND;
    effects_send (effects, "audit", event->message);
    return 0;
}

bool dispatcher_memory_forgot (const dispatcher_t *self, const trade_t *trade)
{
    assert (self && trade);
    return trade->executed_at_ns > 0 && trade->executed_at_ns < self->known_from_ns;
}

void dispatcher_memory_owed (dispatcher_t *self, const trade_t *trade)
{
    assert (self && trade);
    mark_t *mark = marks_open (&self->marks, trade->x);
    if (mark->first_at_ns == 0)
        mark->first_at_ns = trade->first_at_ns;
}

static bool was_answered (const replication_t *replication, uint32_t client)
{
    if (replication->state == REPLICATION_COMPLETED || replication->reopens > 0)
        return true; /*  all were */
    return replication->answers[client] != ANSWER_NOT_EXPECTED &&
           replication->answers[client] != ANSWER_MISSING;
}

static void add_state (outcome_t *out, const trade_t *trade)
{
    if (trade->qty_e9 <= out->to_e9)
        return;
    out->to_e9 = trade->qty_e9;
    out->remaining_e18 = trade->remaining_e18;
    out->exit_decided = trade->closed_e9 > 0;
}

/*  What this client's outcomes of X said, as far as we know; false: nothing, or it was not final. */
static bool remember (const dispatcher_t *self, const mark_t *mark, uint32_t client, outcome_t *out)
{
    const unfinished_t *entry =
        mark->unfinished == DIRECTORY_NONE ? NULL : &self->unfinished[mark->unfinished];
    *out = (outcome_t){.to_e9 = mark->closed_e9,
        .kind = OUTCOME_KIND_SKIPPED,
        .final = true,
        .exit_decided = mark->exits,
        .remaining_e18 = mark->remaining_e18};
    for (uint32_t at = mark->first; at != DIRECTORY_NONE; at = self->pool.list[at].next) {
        const replication_t *replication = &self->pool.list[at];
        if (was_answered (replication, client) || dispatcher_memory_forgot (self, &replication->trade))
            add_state (out, &replication->trade);
    }
    if (entry && dispatcher_memory_forgot (self, &entry->trade))
        add_state (out, &entry->trade);
    memcpy (out->x, mark->x, sizeof out->x);
    memcpy (out->client_id, self->clients[client].config.client_id, sizeof out->client_id);
    TEXT_SET (out->reason, "remembered");
    bool unfinished = entry && (entry->of_client[client] & UNFINISHED_DECIDED) != 0;
    return out->to_e9 > 0 && !unfinished;
}

/*  Before the clients are spread (a dispatcher before us did that) it knows best which ones it has. */
static bool may_have (const dispatcher_t *self, uint32_t shard, uint32_t client)
{
    return self->clients[client].shard == shard || !self->settled;
}

/*  To self->out, in as many messages as it needs; the last one is left in it. */
static void add_remembered (dispatcher_t *self, uint32_t shard, effects_t *effects)
{
    copy_history_t *out = &self->out.copy_history;
    const size_t most = sizeof out->outcomes / sizeof *out->outcomes;
    const mark_t *mark = marks_find (&self->marks, out->x);
    bool last = out->last;
    for (uint32_t i = 0; mark && i < self->clients_used; i++) {
        if (!self->clients[i].used || !may_have (self, shard, i))
            continue;
        if (out->outcomes_count == most) {
            out->last = false;
            effects_send (effects, out->shard, &self->out);
            out->outcomes_count = 0;
            out->last = last;
        }
        out->outcomes_count += remember (self, mark, i, &out->outcomes[out->outcomes_count]);
    }
}

int dispatcher_memory_history (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_COPY_HISTORY);
    const copy_history_t *in = &event->message->copy_history;
    uint32_t shard = *in->shard ? dispatcher_assignment_shard (self, in->shard) : DIRECTORY_NONE;
    if (*in->shard && shard == DIRECTORY_NONE)
        return -ERR_NOT_FOUND;
    self->out.kind = MSG_COPY_HISTORY;
    copy_history_t *out = &self->out.copy_history;
    *out = (copy_history_t){.last = in->last, .readable = in->readable, .known_since_ns = in->known_since_ns};
    memcpy (out->shard, in->shard, sizeof out->shard);
    memcpy (out->x, in->x, sizeof out->x);
    for (size_t i = 0; i < in->outcomes_count; i++) {
        uint32_t client = directory_get (&self->clients_by_id, in->outcomes[i].client_id);
        if (client == DIRECTORY_NONE)
            continue;
        if (!*in->shard)
            dispatcher_unfinished_outcome (self, &in->outcomes[i], client, event, effects);
        else if (may_have (self, shard, client))
            out->outcomes[out->outcomes_count++] = in->outcomes[i];
    }
    if (*in->shard && (in->last || !in->readable))
        add_remembered (self, shard, effects);
    if (*in->shard && (out->outcomes_count > 0 || in->last))
        effects_send (effects, in->shard, &self->out);
    return 0;
}

/*  From a shard: kept, and stored. From the audit, at load: kept for the shard that gets the client; one that has it
 *  already is told now, and knows better if it has lived longer than we. */
int dispatcher_memory_breaker (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_BREAKER_CHANGED);
    bool loaded = event->from && strcmp (event->from, "audit") == 0;
    uint32_t at = directory_get (&self->clients_by_id, event->message->breaker_changed.client_id);
    if (!loaded && event->from && at != DIRECTORY_NONE &&
        !dispatcher_assignment_trusts (self, at, event->from, UINT64_MAX))
        return 0; /*  another shard has it by now */
    if (!loaded)
        effects_send (effects, "audit", event->message);
    if (at == DIRECTORY_NONE)
        return 0;
    client_t *client = &self->clients[at];
    client->breaker = event->message->breaker_changed;
    const shard_t *shard = &self->shards[client->shard];
    bool will_be_sent =
        (shard->cursor != DIRECTORY_NONE && shard->cursor <= at) || client->state != CLIENT_HELD;
    if (loaded && shard->seen && !will_be_sent && client->breaker.state != BREAKER_CHANGED_STATE_CLOSED)
        effects_send (effects, shard->name, event->message);
    return 0;
}
