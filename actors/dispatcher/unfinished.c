/*  unfinished.c: the X with copies that still work at the broker after their replication was closed, or with exits that
 *  are still being tried.
 *
 *  A shard that lost its book must follow these to their end, too (P1): with its clients it gets their commands again,
 *  to be walked; and every 10 s, for the word of an end may be lost, too. So may its state: the database gets that again
 *  each time, else it could not name X to our next life (progress deleted). Kept from every copy.result, and from what the
 *  audit finds in the database: at load, and when it was restarted. A copy is one bit a leg and slot of a client:
 *  exact up to slot 7 of a leg, the ones beyond share a bit. Bounded: when full, the next X is not kept, aloud. When a shard
 *  said that it never sent an order (never_ordered) it may yet try that exit again: then X stays for 10 to 20 s more.
 *
 *  An X that is at its end goes along with an earlier one of its symbol that is not, if the shard has to begin anew: what
 *  an exit closes is a part of what was held before the later orders. Kept without a bit, the latest ALONG of them; so does
 *  one that is at its end in that shard alone.
 */
#include "actors/dispatcher/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>

#define AGAIN_NS INT64_C (10000000000)
#define LOST_TICKS 3
#define SLOTS 8   /*  bits a leg; two legs: UNFINISHED_LEGS */
#define ALONG 128 /*  each is one more call a client when a shard begins anew */

static unfinished_t *find (dispatcher_t *self, const char *x)
{
    const mark_t *mark = marks_find (&self->marks, x);
    return mark && mark->unfinished != DIRECTORY_NONE ? &self->unfinished[mark->unfinished] : NULL;
}

static void release (dispatcher_t *self, unfinished_t *entry)
{
    mark_t *mark = marks_find (&self->marks, entry->trade.x);
    assert (mark); /*  kept as long as we are */
    mark->unfinished = DIRECTORY_NONE;
    entry->used = false;
    self->unfinished_full_told = false;
}

static bool is_before (const trade_t *earlier, const trade_t *trade)
{
    return earlier->executed_at_ns < trade->executed_at_ns && strcmp (earlier->symbol, trade->symbol) == 0;
}

bool dispatcher_unfinished_before (const dispatcher_t *self, const trade_t *trade)
{
    assert (self && trade);
    for (uint32_t i = 0; i < self->config.max_unfinished; i++)
        if (self->unfinished[i].used && self->unfinished[i].working > 0 &&
            is_before (&self->unfinished[i].trade, trade))
            return true;
    for (uint32_t i = 0; i < self->pool.open_count; i++)
        if (is_before (&self->pool.list[self->pool.open[i]].trade, trade))
            return true;
    return false;
}

/*  When nothing of it works: it stays while it goes along with another. */
static void settle_entry (dispatcher_t *self, unfinished_t *entry)
{
    if (entry->working > 0 || entry->lasts > 0 || entry->ended > 0)
        return;
    if (entry->sequence == 0 || !dispatcher_unfinished_before (self, &entry->trade))
        release (self, entry);
}

/*  Room for what works, or for one more that goes along. */
static void make_room (dispatcher_t *self, bool along)
{
    assert (self->unfinished);
    unfinished_t *oldest = NULL;
    unfinished_t *ended = NULL;
    uint32_t count = 0;
    bool full = true;
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        unfinished_t *entry = &self->unfinished[i];
        full &= entry->used;
        if (!entry->used || entry->working > 0 || entry->sequence == 0)
            continue;
        unfinished_t **first = entry->ended > 0 ? &ended : &oldest;
        count += entry->ended == 0;
        if (!*first || entry->trade.executed_at_ns < (*first)->trade.executed_at_ns)
            *first = entry;
    }
    if (!oldest && full)
        oldest = ended;
    if (oldest && (full || (along && count >= ALONG)))
        release (self, oldest);
}

static unfinished_t *keep (
    dispatcher_t *self, const trade_t *trade, uint64_t sequence, const event_t *event, effects_t *effects)
{
    make_room (self, false);
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        unfinished_t *entry = &self->unfinished[i];
        if (entry->used)
            continue;
        entry->used = true;
        entry->trade = *trade;
        entry->sequence = sequence;
        entry->working = 0;
        entry->lasts = 0;
        entry->ended = entry->first = 0;
        entry->lost = false;
        marks_open (&self->marks, trade->x)->unfinished = i;
        memset (entry->of_client, 0, self->config.max_clients * sizeof *entry->of_client);
        memset (entry->ended_of, 0, self->config.max_clients * sizeof *entry->ended_of);
        return entry;
    }
    if (!self->unfinished_full_told)
        dispatcher_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_WARNING,
            trade->master_id,
            "too many master orders have copies that still work: should a shard die, the newest are not "
            "followed",
            event->utc_ns, effects);
    self->unfinished_full_told = true;
    return NULL;
}

void dispatcher_unfinished_name (dispatcher_t *self, const trade_t *trade, effects_t *effects)
{
    assert (self && trade);
    const unfinished_t *entry = find (self, trade->x);
    if (!entry || entry->sequence > 0)
        return;
    dispatcher_unfinished_state (self, trade, ++self->sequence);
    dispatcher_command_record (self, trade, effects);
}

int dispatcher_unfinished_load (
    dispatcher_t *self, const trade_t *trade, const event_t *event, effects_t *effects)
{
    assert (self && trade && event);
    if (!find (self, trade->x))
        return keep (self, trade, ++self->sequence, event, effects) ? 0 : -ERR_FULL;
    dispatcher_unfinished_name (self, trade, effects);
    return 0;
}

void dispatcher_unfinished_state (dispatcher_t *self, const trade_t *trade, uint64_t sequence)
{
    assert (self && trade);
    unfinished_t *entry = find (self, trade->x);
    if (!entry || trade->qty_e9 < entry->trade.qty_e9)
        return;
    entry->trade = *trade;
    entry->sequence = sequence;
}

static uint32_t bit_of (const outcome_t *outcome)
{
    uint32_t slot = outcome->slot <= SLOTS ? (uint32_t) outcome->slot - 1 : SLOTS - 1;
    uint32_t leg = outcome->leg == OUTCOME_LEG_NONE ? 0 : (uint32_t) outcome->leg - 1;
    return UINT32_C (1) << (leg * SLOTS + slot);
}

/*  An order that was found and answers no state (unmatched) is followed, but says nothing of what was decided. */
static void note (uint32_t *bits, const outcome_t *outcome)
{
    uint32_t bit = bit_of (outcome);
    bool found = strcmp (outcome->reason, "unmatched") == 0 && (*bits & bit) == 0;
    *bits &= ~(bit << UNFINISHED_LEGS);
    if (outcome->final)
        *bits &= ~bit;
    else
        *bits |= found ? bit << UNFINISHED_LEGS : bit;
}

/*  The state that is open for this X, the newest. */
static const replication_t *open_state (dispatcher_t *self, const char *x)
{
    const mark_t *mark = marks_find (&self->marks, x);
    return mark && mark->first != DIRECTORY_NONE ? &self->pool.list[mark->first] : NULL;
}

/*  Nobody told us of X so far: its state comes from the listener or the database, until then it cannot be commanded. */
static unfinished_t *keep_unknown (
    dispatcher_t *self, const char *x, const event_t *event, effects_t *effects)
{
    trade_t trade = {.qty_e9 = 0};
    TEXT_SET (trade.x, x);
    return keep (self, &trade, 0, event, effects);
}

void dispatcher_unfinished_outcome (
    dispatcher_t *self, const outcome_t *outcome, uint32_t client, const event_t *event, effects_t *effects)
{
    assert (self && outcome && client < self->clients_used);
    if (outcome->slot <= 0)
        return;
    bool works = !outcome->final;
    unfinished_t *entry = find (self, outcome->x);
    const replication_t *state = works ? open_state (self, outcome->x) : NULL;
    if (!entry && state)
        entry = keep (self, &state->trade, state->sequence, event, effects);
    else if (!entry && works)
        entry = keep_unknown (self, outcome->x, event, effects);
    if (!entry)
        return;
    uint32_t *bits = &entry->of_client[client];
    uint32_t worked = *bits;
    if (strcmp (outcome->reason, "never_ordered") == 0)
        entry->lasts = 2;
    note (bits, outcome);
    entry->working += (uint32_t) (*bits != 0) - (uint32_t) (worked != 0);
    if ((worked & ~*bits) != 0 || (outcome->final && entry->ended > 0)) {
        entry->ended = self->durable_asked + 1;
        entry->first = entry->first > 0 ? entry->first : entry->ended;
        entry->ended_of[client] = (uint32_t) (entry->ended - self->life);
        self->durable_wanted = true;
    }
    bool begins = (*bits & ~worked) != 0 && event->kind == MSG_COPY_RESULT;
    if (begins && !state && entry->sequence > 0) /*  its state may be deleted since it was closed */
        dispatcher_command_record (self, &entry->trade, effects);
}

/*  All of it is durable, or nobody is left who could say it. */
static void rest (const dispatcher_t *self, unfinished_t *entry)
{
    if (entry->ended > 0)
        memset (entry->ended_of, 0, self->config.max_clients * sizeof *entry->ended_of);
    entry->ended = entry->first = 0;
    entry->lost = false;
}

/*  What was said since this life of the audit began is durable; the words of others may be lost: they stay. */
static void rest_since (const dispatcher_t *self, unfinished_t *entry, uint64_t from)
{
    entry->ended = 0;
    for (uint32_t i = 0; i < self->clients_used; i++) {
        uint64_t number = self->life + entry->ended_of[i];
        if (number >= from)
            entry->ended_of[i] = 0;
        else if (entry->ended_of[i] > 0 && number > entry->ended)
            entry->ended = number;
    }
    if (entry->ended == 0) {
        rest (self, entry);
    } else if (!entry->lost) {
        entry->lost = true;
        entry->lasts = LOST_TICKS;
    }
}

/*  The last word of an order is durable; or it went to a life of the audit that is over, and may be lost with it. */
void dispatcher_unfinished_durable (dispatcher_t *self, const event_t *event)
{
    assert (self && event && event->kind == MSG_DURABLE_REACHED);
    const durable_reached_t *reached = &event->message->durable_reached;
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        unfinished_t *entry = &self->unfinished[i];
        if (!entry->used || entry->ended == 0 || entry->ended > reached->number)
            continue;
        if (entry->first >= reached->from)
            rest (self, entry);
        else if (!entry->lost || entry->ended >= reached->from) /*  else nothing was said since */
            rest_since (self, entry, reached->from);
        settle_entry (self, entry);
    }
}

void dispatcher_unfinished_closed (
    dispatcher_t *self, const trade_t *trade, uint64_t sequence, const event_t *event, effects_t *effects)
{
    assert (self && trade && event);
    if (find (self, trade->x) || !dispatcher_unfinished_before (self, trade))
        return;
    make_room (self, true);
    (void) keep (self, trade, sequence, event, effects);
}

static bool works_in (const dispatcher_t *self, const unfinished_t *entry, uint32_t shard)
{
    for (uint32_t i = 0; i < self->clients_used; i++)
        if (entry->of_client[i] != 0 && self->clients[i].shard == shard)
            return true;
    return false;
}

/*  A last word that is not durable is its client's shard's to say again: the others said theirs. */
static bool ended_in (const dispatcher_t *self, const unfinished_t *entry, uint32_t shard)
{
    for (uint32_t i = 0; i < self->clients_used && entry->ended > 0; i++)
        if (entry->ended_of[i] > 0 && self->clients[i].shard == shard)
            return true;
    return false;
}

void dispatcher_unfinished_along (
    dispatcher_t *self, const trade_t *trade, const event_t *event, effects_t *effects)
{
    assert (self && trade && event);
    const unfinished_t *entry = find (self, trade->x);
    if ((entry && entry->working == 0) || !dispatcher_unfinished_before (self, trade))
        return;
    if (!entry)
        dispatcher_unfinished_closed (self, trade, ++self->sequence, event, effects);
    for (uint32_t shard = 0; shard < self->shard_count; shard++)
        if (!entry || !works_in (self, entry, shard)) /*  else it was commanded, or is every 10 s */
            dispatcher_command_send (self, trade, entry ? entry->sequence : self->sequence, shard, effects);
}

void dispatcher_unfinished_forget_client (dispatcher_t *self, uint32_t client)
{
    assert (self && client < self->config.max_clients);
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        unfinished_t *entry = &self->unfinished[i];
        if (!entry->used)
            continue;
        entry->ended_of[client] = 0;
        if (entry->of_client[client] == 0)
            continue;
        entry->of_client[client] = 0;
        entry->working--;
        settle_entry (self, entry);
    }
}

void dispatcher_unfinished_loaded (dispatcher_t *self)
{
    assert (self);
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        unfinished_t *entry = &self->unfinished[i];
        if (!entry->used)
            continue;
        if (entry->lasts > 0)
            entry->lasts--;
        if (entry->lost && entry->lasts == 0) /*  nobody says it: the client is gone */
            rest (self, entry);
        self->durable_wanted |= entry->ended > 0; /*  is the audit still the one that was told? */
        settle_entry (self, entry);               /*  of clients that are gone, or told at their end */
    }
}

/*  The oldest that is newer than `after`. */
static const unfinished_t *next_of (const dispatcher_t *self, uint64_t after)
{
    const unfinished_t *next = NULL;
    for (uint32_t i = 0; i < self->config.max_unfinished; i++) {
        const unfinished_t *entry = &self->unfinished[i];
        if (entry->used && entry->sequence > after && (!next || entry->sequence < next->sequence))
            next = entry;
    }
    return next;
}

/*  To a shard that begins anew: at its end here, whether or not a client of another shard still works. */
static bool goes_along (const dispatcher_t *self, const unfinished_t *entry)
{
    return (entry->working == 0 && entry->ended == 0) || dispatcher_unfinished_before (self, &entry->trade);
}

/*  Its clients that were switched off since. */
static void settle (dispatcher_t *self, const unfinished_t *entry, uint32_t shard, effects_t *effects)
{
    for (uint32_t i = 0; i < self->clients_used; i++)
        if (entry->of_client[i] != 0 && self->clients[i].shard == shard)
            dispatcher_assignment_settle (self, i, effects);
}

static void send (dispatcher_t *self, uint32_t shard, bool along, effects_t *effects)
{
    for (const unfinished_t *at = next_of (self, 0); at; at = next_of (self, at->sequence))
        if ((works_in (self, at, shard) || ((along || at->lost) && ended_in (self, at, shard)) ||
                (along && goes_along (self, at))) &&
            !dispatcher_replication_owes (self, at->trade.x, shard)) {
            settle (self, at, shard, effects);
            dispatcher_command_send (self, &at->trade, at->sequence, shard, effects);
        }
}

void dispatcher_unfinished_send (dispatcher_t *self, uint32_t shard, effects_t *effects)
{
    assert (self && shard < self->shard_count);
    send (self, shard, true, effects);
}

static void record_all (dispatcher_t *self, effects_t *effects)
{
    for (uint32_t i = 0; i < self->config.max_unfinished; i++)
        if (self->unfinished[i].used && self->unfinished[i].sequence > 0 &&
            (self->unfinished[i].working > 0 || self->unfinished[i].lost))
            dispatcher_command_record (self, &self->unfinished[i].trade, effects);
}

void dispatcher_unfinished_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    if (self->unfinished_at_ns == 0)
        self->unfinished_at_ns = event->now_ns + AGAIN_NS;
    if (self->unfinished_at_ns <= event->now_ns) {
        self->unfinished_at_ns = event->now_ns + AGAIN_NS;
        dispatcher_unfinished_loaded (self);
        record_all (self, effects);
        for (uint32_t shard = 0; shard < self->shard_count; shard++)
            send (self, shard, false, effects);
    }
    effects_wake (effects, self->unfinished_at_ns);
    if (!self->durable_wanted)
        return;
    self->durable_wanted = false;
    self->out.kind = MSG_DURABLE_REQUEST;
    self->out.durable_request = (durable_request_t){.number = ++self->durable_asked};
    effects_send (effects, "audit", &self->out);
}
