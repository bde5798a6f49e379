/*  memory.c: what the database remembers, on its way to the shard that needs it: the outcomes of an X, and breakers.
 *
 *  A history comes for all clients; a shard gets those of its own. One without a shard's name is ours: at load, the
 *  copies that still work at the broker.
 */
#include "actors/dispatcher/parts.h"

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

int dispatcher_memory_history (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_COPY_HISTORY);
    const copy_history_t *in = &event->message->copy_history;
    uint32_t shard = *in->shard ? dispatcher_assignment_shard (self, in->shard) : DIRECTORY_NONE;
    if (*in->shard && shard == DIRECTORY_NONE)
        return -ERR_NOT_FOUND;
    self->out.kind = MSG_COPY_HISTORY;
    copy_history_t *out = &self->out.copy_history;
    *out = (copy_history_t){.last = in->last, .readable = in->readable};
    memcpy (out->shard, in->shard, sizeof out->shard);
    memcpy (out->x, in->x, sizeof out->x);
    for (size_t i = 0; i < in->outcomes_count; i++) {
        uint32_t client = directory_get (&self->clients_by_id, in->outcomes[i].client_id);
        if (client == DIRECTORY_NONE)
            continue;
        if (!*in->shard)
            dispatcher_unfinished_outcome (self, &in->outcomes[i], client, event, effects);
        else if (self->clients[client].shard == shard)
            out->outcomes[out->outcomes_count++] = in->outcomes[i];
    }
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
    if (!loaded)
        effects_send (effects, "audit", event->message);
    uint32_t at = directory_get (&self->clients_by_id, event->message->breaker_changed.client_id);
    if (at == DIRECTORY_NONE)
        return 0;
    client_t *client = &self->clients[at];
    client->breaker = event->message->breaker_changed;
    const shard_t *shard = &self->shards[client->shard];
    bool will_be_sent = shard->cursor != DIRECTORY_NONE && shard->cursor <= at;
    if (loaded && shard->seen && !will_be_sent && client->breaker.state != BREAKER_CHANGED_STATE_CLOSED)
        effects_send (effects, shard->name, event->message);
    return 0;
}
