/*  release.c: clients that go to another shard, and a shard that leaves (docs/recovery.md, A client's move).
 *
 *  | client    | event                                             | does                              | next      |
 *  | held      | client.release, or shard.assigned with an epoch above its own | nothing of it begins any more | releasing |
 *  | held      | client.config, after its lease was over for kept_ns | as above: another one may have had it | releasing |
 *  | releasing | an answer to what is under way                    | is told, as ever                  | releasing |
 *  | releasing | client.config                                     | not taken: the dispatcher sends it again when it is released | releasing |
 *  | releasing | nothing is under way, nothing was given up within 2 s | client.released, forgotten    |           |
 *
 *  What is at the broker, working or without an answer for longer than that, is found there by the shard that has the
 *  client then.
 *
 *  | shard   | event                                 | does                                            | next      |
 *  | works   | STOP                                  | its beats say that it leaves; it trades on      | leaving   |
 *  | leaving | shard.dismissed, or 8 s               | begins nothing more                             | stopping  |
 *  | stopping| every order has its answer, or 10 s   |                                                 | stopped   |
 */
#include "actors/executor/shard.h"
#include "messages/text.h"

#include <assert.h>

#define LATE_NS (2 * SECOND_NS) /*  a request that was given up may still arrive */

static void tell (executor_t *self, const char *client_id)
{
    report_flush (self); /*  all that was said of it comes before */
    self->scratch.kind = MSG_CLIENT_RELEASED;
    self->scratch.client_released = (client_released_t){.epoch = self->epoch};
    TEXT_SET (self->scratch.client_released.shard, self->name);
    TEXT_SET (self->scratch.client_released.client_id, client_id);
    effects_send (self->effects, "dispatcher", &self->scratch);
}

/*  Its lease has been over for so long that a dispatcher may have given its clients to others. One that comes new cannot
 *  know of that: what is in the book need not be all that was done for them. */
bool release_lapsed (const executor_t *self)
{
    assert (self);
    int64_t least_ns = self->config.request_timeout_ns;
    int64_t kept_ns = self->lease.kept_ns > least_ns ? self->lease.kept_ns : least_ns;
    return self->lease.answered > 0 && lease_over_ns (self) >= kept_ns;
}

void release_begin (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    if (entry->releasing)
        return;
    entry->releasing = true;
    self->releasing++;
}

int release_on_message (executor_t *self, const client_release_t *release)
{
    assert (self && release);
    if (release->epoch < self->epoch)
        return -ERR_RANGE; /*  of a dispatcher that was followed by another, or of long ago */
    self->epoch = release->epoch;
    uint32_t client = book_client (&self->book, release->client_id, false);
    if (client == NONE || DELIBERATE (RELEASED_EARLY))
        tell (self, release->client_id);
    else
        release_begin (self, client);
    return 0;
}

int release_on_assigned (executor_t *self, const shard_assigned_t *assigned)
{
    assert (self && assigned);
    if (assigned->epoch > self->epoch)
        self->epoch = assigned->epoch;
    for (uint32_t at = 0; at < self->book.client_count; at++)
        if (self->book.clients[at].used && self->book.clients[at].epoch < assigned->epoch)
            release_begin (self, at);
    lease_on_assigned (self, assigned->life);
    return 0;
}

/*  Is an order of this lane still on its way to the broker? A question by id need not be answered any more. */
static bool under_way (const executor_t *self, const lane_t *lane)
{
    if (lane->unanswered == NONE)
        return false;
    const slot_t *slot = &self->book.slots[lane->unanswered];
    return slot->state == SLOT_SENT || (slot->doubted && self->now_ns < slot->doubted_ns + LATE_NS);
}

static bool quiet (executor_t *self, uint32_t client)
{
    for (uint32_t lane = self->book.clients[client].first_lane; lane != NONE;
         lane = self->book.lanes[lane].next_of_client)
        if (under_way (self, &self->book.lanes[lane]))
            return false;
    return true;
}

/*  An order whose fate is not known, and of which nothing was said (an entry that was skipped meanwhile): whoever has the
 *  client next must look for it, also when X is closed. */
static void tell_doubted (executor_t *self, uint32_t slot)
{
    const slot_t *entry = &self->book.slots[slot];
    if (!entry->doubted || entry->told >= 0)
        return;
    report_slot (self, slot, OUTCOME_KIND_ACCEPTED, "unanswered", 0);
}

/*  Answers and appointments that come later find nothing. */
static void drop_slots (executor_t *self, uint32_t copy)
{
    book_t *book = &self->book;
    for (uint32_t at = book->copies[copy].first_slot; at != NONE; at = book->slots[at].next) {
        slot_t *slot = &book->slots[at];
        if (book->lanes[book->copies[copy].lane].unanswered == at) {
            tell_doubted (self, at);
            self->unanswered--;
        }
        if (slot->state == SLOT_WORKING)
            self->working--;
        gate_answered (&self->gate, slot);
        slot->generation++;
        slot->state = SLOT_VOID;
        slot->walking = slot->found = slot->scheduled = slot->in_flight = false;
        slot->told = -1;
    }
    book->copies[copy].walking = false;
    book_count (book, copy);
}

static void drop (executor_t *self, uint32_t client)
{
    book_t *book = &self->book;
    client_t *entry = &book->clients[client];
    for (uint32_t parent = 0; parent < book->max_parents; parent++) {
        uint32_t copy = book->parents[parent].used ? book_copy (book, client, parent, false) : NONE;
        if (copy != NONE)
            drop_slots (self, copy);
    }
    entry->busy = 0;
    entry->releasing = false;
    self->releasing--;
    effects_close_account (self->effects, client);
    book_forget_client (book, client);
}

void release_step (executor_t *self)
{
    assert (self);
    for (uint32_t at = 0; at < self->book.client_count && self->releasing > 0; at++) {
        const client_t *client = &self->book.clients[at];
        if (!client->used || !client->releasing)
            continue;
        if (!quiet (self, at)) {
            effects_wake (self->effects, self->now_ns + SECOND_NS / 10);
            continue;
        }
        char id[ACCOUNT_ID_MAX];
        TEXT_SET (id, client->id);
        drop (self, at);
        tell (self, id);
    }
}

void release_leave (executor_t *self)
{
    assert (self);
    if (self->leaving)
        return;
    self->leaving = true;
    self->leave_by_ns = self->now_ns + LEAVE_PATIENCE_NS;
    lease_say (self);
}

void release_dismissed (executor_t *self)
{
    assert (self);
    if (!self->leaving || self->stopping)
        return;
    self->stopping = true;
    self->stop_by_ns = self->now_ns + STOP_PATIENCE_NS;
}
