/*  walk.c: does what waits follow from the position that is known?
 *
 *  The position before an execution decides what it closes, so nothing of a symbol goes out before one of these says
 *  that no execution is missing in front of it:
 *
 *  | witness | says |
 *  |---|---|
 *  | an update of the stream | position - quantity is what was known, or what waits in front of it makes of that |
 *  | a snapshot of positions | it is what was known and all activities make of it |
 *  | activities, asked again longer than lists lag after it came, or with one that is so much newer | whatever was before it is listed |
 *  | at a start: activities, snapshot, activities, nothing new for longer than lists lag | snapshot - activities is what was before |
 */
#include "actors/listener/parts.h"

#include <assert.h>

#include "messages/fixed.h"

/*  Sums of a broker that makes no sense stop at the end of the range; book.c refuses them. */
static int64_t plus (int64_t a, int64_t b)
{
    int64_t sum;
    if (fixed_add (a, b, &sum) == 0)
        return sum;
    return a > 0 ? INT64_MAX : INT64_MIN + 1;
}

int64_t listener_signed (const trade_update_t *update)
{
    assert (update);
    return update->order.side == SIDE_BUY ? update->qty_e9 : -update->qty_e9;
}

bool listener_is_execution (const trade_update_t *update)
{
    assert (update);
    return (update->update == UPDATE_FILL || update->update == UPDATE_PARTIAL_FILL) && update->qty_e9 > 0;
}

static void begin (master_ledger_entry_t *entry, uint64_t round)
{
    entry->round = round;
    entry->broken = entry->match = entry->bare = entry->blocked = false;
    entry->sure = 0;
    entry->run_e9 = entry->qty_e9;
    entry->sum_e9 = entry->early_e9 = entry->origin_e9 = 0;
    entry->origin_at_ns = INT64_MAX;
}

/*  An update that says the position behind it. */
static void pass_told (master_ledger_entry_t *entry, const held_t *held, uint32_t at)
{
    const trade_update_t *update = &held->update;
    int64_t before_e9 = plus (update->position_qty_e9, -listener_signed (update));
    if (entry->origin_at_ns == INT64_MAX) {
        entry->origin_e9 = plus (before_e9, -entry->sum_e9);
        entry->origin_at_ns = held->taken_at_ns;
    }
    entry->broken = entry->broken || before_e9 != entry->run_e9;
    if (!entry->broken)
        entry->sure = at + 1;
    entry->run_e9 = update->position_qty_e9;
}

static void pass (master_ledger_entry_t *entry, const held_t *held, uint32_t at)
{
    int64_t signed_e9 = listener_signed (&held->update);
    int64_t before_e9;
    if (entry->known &&
        master_ledger_late (entry, held->update.at_ns, held->update.has_position_qty, &before_e9)) {
        if (master_ledger_early (entry, held->update.at_ns))
            entry->early_e9 = plus (entry->early_e9, signed_e9);
        return; /*  newer ones were counted: it moves nothing */
    }
    if (held->update.has_position_qty && !master_ledger_overlooked (entry, held->update.at_ns))
        pass_told (entry, held, at);
    else
        entry->run_e9 = plus (entry->run_e9, signed_e9);
    entry->sum_e9 = plus (entry->sum_e9, signed_e9);
    if (held->bare) {
        entry->bare = true;
        entry->match = false;
    }
    if (!entry->broken && plus (entry->run_e9, entry->beyond_e9) == entry->said_e9)
        entry->match = true;
}

void listener_walk (listener_t *self)
{
    assert (self);
    self->round++;
    for (uint32_t at = 0; at < self->inbox.count; at++) {
        const held_t *held = inbox_at (&self->inbox, at);
        master_ledger_entry_t *entry =
            master_ledger_open (&self->ledger, held->update.order.symbol, self->anchored);
        if (entry && entry->round != self->round)
            begin (entry, self->round);
        if (entry && listener_is_execution (&held->update))
            pass (entry, held, at);
    }
}

void listener_walk_agree (listener_t *self)
{
    assert (self);
    listener_walk (self);
    for (uint32_t i = 0; i < self->ledger.count; i++) {
        master_ledger_entry_t *entry = &self->ledger.entries[i];
        if (!self->more && entry->known && entry->round == self->round && entry->bare && entry->match)
            entry->agreed = true;
    }
}

/*  What a symbol was before everything that waits, at a start. */
static void anchor (const listener_t *self, master_ledger_entry_t *entry)
{
    bool waits = entry->round == self->round;
    int64_t sum_e9 = plus (waits ? entry->sum_e9 : 0, entry->beyond_e9);
    if (entry->news_at_ns <= self->said_asked_at_ns - self->config.settle_ns) {
        master_ledger_anchor (entry, plus (entry->said_e9, -sum_e9));
    } else if (waits && entry->origin_at_ns != INT64_MAX &&
               entry->origin_at_ns + self->config.settle_ns <= self->fills_asked_at_ns) {
        master_ledger_anchor (entry, entry->origin_e9); /*  a symbol that never rests */
    }
}

void listener_walk_anchor (listener_t *self)
{
    assert (self);
    if (self->anchored || !self->said || self->fills_asked_at_ns < self->said_at_ns + self->config.settle_ns)
        return;
    listener_walk (self);
    bool all = true;
    for (uint32_t i = 0; i < self->ledger.count; i++) {
        master_ledger_entry_t *entry = &self->ledger.entries[i];
        if (!entry->known)
            anchor (self, entry);
        all = all && entry->known;
    }
    self->anchored = all;
}

bool listener_walk_listed (const listener_t *self, const held_t *held)
{
    assert (self && held);
    bool again = held->taken_at_ns + self->config.settle_ns <= self->fills_asked_at_ns;
    bool old = held->bare && held->update.at_ns <= self->newest_ns - self->config.settle_ns;
    return again || old; /*  what is listed now is so much newer that all before it was listed too */
}

bool listener_walk_fits (
    const listener_t *self, const master_ledger_entry_t *entry, const held_t *held, uint32_t at)
{
    assert (self && held);
    const trade_update_t *update = &held->update;
    int64_t signed_e9 = listener_signed (update);
    int64_t before_e9;
    if (!listener_is_execution (update))
        return true;
    if (!entry)
        return update->has_position_qty;
    if (held->taken_at_ns <= entry->given_up_ns)
        return true;
    if (!entry->known)
        return false;
    if (at < entry->sure || master_ledger_late (entry, update->at_ns, update->has_position_qty, &before_e9))
        return true;
    if (update->has_position_qty && !master_ledger_overlooked (entry, update->at_ns))
        return plus (update->position_qty_e9, -signed_e9) == entry->qty_e9;
    return entry->agreed || (!held->bare && !entry->bare) || listener_walk_listed (self, held);
}

void listener_walk_give_up (const listener_t *self, master_ledger_entry_t *entry, int64_t now_ns)
{
    assert (self && entry);
    entry->given_up_ns = now_ns;
    entry->held_at_ns = 0;
    if (entry->known)
        return;
    int64_t qty_e9 = self->said ? plus (entry->said_e9, -plus (entry->sum_e9, entry->beyond_e9)) : 0;
    master_ledger_anchor (entry, entry->origin_at_ns != INT64_MAX ? entry->origin_e9 : qty_e9);
}
