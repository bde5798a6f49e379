/*  lease.c: the shard's beats, and the leases that answer them: orders begin only while one holds (P6).
 *
 *  | lease                  | orders                                                          |
 *  | none so far            | nor are slots asked for: the life before may hold one still     |
 *  | none `complete` so far | nothing is decided: what an earlier life did is not known yet   |
 *  | holds                  | begin; the port refuses to start one later than its end         |
 *  | ran out                | wait, decided or not; walks, reads and following go on           |
 *
 *  A lease counts from the moment its beat was sent, so that no delay of a message makes it longer.
 *
 *  A dispatcher that comes anew, with its progress deleted, would take an X that it does not find for one that is done. So it
 *  is told with its first shard.assigned which X are owed an outcome; a beat, which names its life, says that this was all.
 */
#include "actors/executor/shard.h"
#include "messages/text.h"

#include <assert.h>

void lease_say (executor_t *self)
{
    assert (self);
    lease_t *lease = &self->lease;
    lease->beat++;
    lease->sent_ns[lease->beat % BEATS_KEPT] = self->now_ns;
    book_ready (&self->book);
    uint64_t clients = 0;
    uint64_t holds = 0;
    uint64_t warm = 0;
    bool lapsed = release_lapsed (self); /*  then others may have had them */
    for (uint32_t at = 0; at < self->book.client_count; at++) {
        const client_t *client = &self->book.clients[at];
        bool counts = client->used && client->active && !client->releasing;
        clients += counts;
        holds += counts && client->leased && !lapsed ? client->hash : 0;
        warm += client->used && client->active && client->equity_known && client->positions_known;
    }
    self->scratch.kind = MSG_SHARD_BEAT;
    self->scratch.shard_beat = (shard_beat_t){.beat = lease->beat,
        .epoch = self->epoch,
        .clients = clients,
        .warm = warm,
        .working = self->working,
        .unanswered = self->unanswered,
        .at_ns = self->utc_ns,
        .weight = self->config.weight,
        .holds = holds,
        .leaving = self->leaving,
        .orders = self->sent,
        .life = self->lease.named_life};
    TEXT_SET (self->scratch.shard_beat.shard, self->name);
    effects_send (self->effects, "dispatcher", &self->scratch);
}

void lease_beat (executor_t *self)
{
    assert (self);
    lease_say (self);
    agenda_add (&self->agenda, self->now_ns + BEAT_NS, token_make (TOKEN_BEAT, 0, 0));
}

/*  A lease of the dispatcher before says nothing of a client that the new one sends: another shard may have it still. */
bool lease_covers (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    bool covers = self->book.clients[client].leased || DELIBERATE (LEASE_IGNORED);
    self->lease.wanted |= !covers;
    return covers && lease_holds (self);
}

int64_t lease_over_ns (const executor_t *self)
{
    assert (self);
    if (self->lease.answered == 0)
        return INT64_MAX;
    return self->now_ns > self->lease.until_ns ? self->now_ns - self->lease.until_ns : 0;
}

bool lease_holds (executor_t *self)
{
    assert (self);
    if (DELIBERATE (LEASE_IGNORED))
        return true;
    bool holds = self->lease.complete && self->now_ns < self->lease.until_ns;
    self->lease.wanted |= !holds;
    return holds;
}

static void wake_lanes (executor_t *self)
{
    self->lease.wanted = false;
    for (uint32_t at = 0; at < self->book.lane_count; at++)
        if (self->book.lanes[at].first_pending != NONE)
            orders_schedule_lane (self, at, self->now_ns);
}

/*  A dispatcher that begins to grant may have lost what we told the one before it: what is not at its end is told again,
 *  and of which X it is. */
static void tell_open (executor_t *self)
{
    const book_t *book = &self->book;
    for (uint32_t parent = 0; parent < book->max_parents; parent++) {
        if (!book->parents[parent].used || book->parents[parent].open_copies == 0)
            continue;
        bool named = false;
        for (uint32_t at = book->parents[parent].first_copy; at != NONE;
             at = book->copies[at].next_of_parent) {
            if (book->copies[at].client == NONE || !report_told (self, at))
                continue;
            if (!named)
                report_state (self, parent);
            named = true;
            report_again (self, at);
        }
    }
}

/*  A client of X that nobody has told of its newest state: X is not closed. */
static bool owes (const executor_t *self, const parent_t *parent)
{
    const copy_t *copies = self->book.copies;
    uint32_t at = parent->first_copy;
    while (at != NONE && (copies[at].client == NONE || copies[at].done_version == parent->version ||
                             copies[at].stuck_version == parent->version))
        at = copies[at].next_of_parent;
    return at != NONE;
}

void lease_on_assigned (executor_t *self, uint64_t life)
{
    assert (self);
    if (life == self->lease.named_life)
        return;
    self->lease.named_life = life;
    if (self->lease.answered == 0)
        return;
    for (uint32_t at = 0; at < self->book.max_parents; at++)
        if (self->book.parents[at].used && owes (self, &self->book.parents[at]))
            report_state (self, at);
    lease_say (self);
}

void lease_on_life (executor_t *self, uint64_t epoch, uint64_t life)
{
    assert (self);
    if (epoch > self->epoch)
        self->epoch = epoch;
    if (self->lease.answered == 0 || life == self->lease.told_life)
        return;
    self->lease.told_life = life;
    tell_open (self);
}

int lease_on_message (executor_t *self, const shard_lease_t *message)
{
    assert (self && message);
    lease_t *lease = &self->lease;
    if (message->epoch < self->epoch)
        return -ERR_RANGE; /*  of a dispatcher that was followed by another */
    self->epoch = message->epoch;
    bool remembered =
        message->beat > 0 && message->beat <= lease->beat && lease->beat - message->beat < BEATS_KEPT;
    if (!remembered || message->beat < lease->answered)
        return 0;
    for (uint32_t at = 0; at < self->book.client_count; at++)
        self->book.clients[at].leased = true;
    bool first = lease->answered == 0;
    lease->answered = message->beat;
    lease->until_ns = lease->sent_ns[message->beat % BEATS_KEPT] + message->lease_ns;
    lease->kept_ns = message->kept_ns;
    lease->complete |= message->complete;
    if (first)
        walk_all (self);
    else if (message->complete)
        lease_on_life (self, message->epoch, message->life);
    if (first) /*  whoever leased to this life first commanded it */
        lease->told_life = message->life;
    if (lease->wanted && lease_holds (self))
        wake_lanes (self);
    return 0;
}
