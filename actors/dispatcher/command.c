/*  command.c: one copy.command, and whether its shard has to look for what an earlier life did (walk).
 *
 *  | X | shard | walk |
 *  |---|---|---|
 *  | first executed after our start | no life of it was sent X by us | no: nobody can have acted on it |
 *  | first executed before our start, or time unknown | any | yes: the dispatcher before us may have sent it |
 *  | any | some life of it was sent X | yes: that life may be gone (the same life ignores it) |
 *  | any | any shard was sent X, and a client has moved since | yes: it may have been acted on elsewhere |
 *  | forgotten since (marks are bounded) | any | yes |
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>

/*  Between our clock and the broker's: for so long after a start every X is walked. */
#define CLOCKS_DIFFER_NS INT64_C (5000000000)

bool dispatcher_command_first (const dispatcher_t *self, const trade_t *trade)
{
    return trade->first_at_ns > self->started_utc_ns + CLOCKS_DIFFER_NS &&
           trade->first_at_ns > self->marks.forgotten_to_ns;
}

void dispatcher_command_record (dispatcher_t *self, const trade_t *trade, effects_t *effects)
{
    assert (self && trade);
    self->out.kind = MSG_MASTER_ORDER;
    self->out.master_order.trade = *trade;
    effects_send (effects, "audit", &self->out);
}

void dispatcher_command_send (
    dispatcher_t *self, const trade_t *trade, uint64_t sequence, uint32_t shard, effects_t *effects)
{
    assert (self && trade && shard < self->shard_count);
    const shard_t *to = &self->shards[shard];
    if (!to->seen || to->dead || to->cursor != DIRECTORY_NONE)
        return;
    uint64_t bit = UINT64_C (1) << shard;
    mark_t *mark = marks_find (&self->marks, trade->x);
    bool moved = mark && mark->told != 0 && mark->moves != self->moves;
    bool walk = !mark || (mark->told & bit) != 0 || moved || !dispatcher_command_first (self, trade);
    if (mark && mark->told == 0)
        mark->moves = self->moves;
    if (mark)
        mark->told |= bit;
    self->out.kind = MSG_COPY_COMMAND;
    self->out.copy_command = (copy_command_t){
        .sequence = sequence, .epoch = self->epoch, .life = self->life, .walk = walk, .trade = *trade};
    effects_send (effects, to->name, &self->out);
}
