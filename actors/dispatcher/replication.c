/*  replication.c: one state of X on its way to every client.
 *
 *  | state | event | does | next |
 *  |---|---|---|---|
 *  | held | older than all the database knows, a later X of the symbol closed | master.ack: its progress was lost | free |
 *  | held | executed a lookback before the database knew anything | master.ack: as before | free |
 *  | held | no room | what executed last waits for its repetition, and all later ones with it | free |
 *  | held | room, and the shards are there | numbered; one copy.command a shard that has clients | open |
 *  | open | copy.result with to ≥ Q | counts the client | open, or completed with the last one |
 *  | open | 2 s, then 4 s, 8 s, every 16 s | the command again to shards that owe outcomes | open |
 *  | open | client removed | no longer expected | open or completed |
 *  | held | a client was switched off after X began | its shard is asked for its outcome, too, with the next repeat | open |
 *  | open | client switched off | its shard answers: what it was sent is followed, the rest skipped(inactive) | open |
 *  | completed | the older states of X are closed; then every 2 s | replication.completed | completed |
 *  | completed | replication.stored, nothing is missing | master.ack | free |
 *  | completed | replication.stored, outcomes or the state are missing | the state and its commands again: shards repeat what they said | open |
 *
 *  A newer state of X opens a replication of its own; an outcome answers every older one with it.
 */
#include "actors/dispatcher/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "messages/fixed.h"
#include "messages/text.h"

#define UNIT_NS 100 /*  of latencies: 7 minutes fit */
#define CLOCKS_DIFFER_NS INT64_C (3000000000)
#define NOT_HEARD (DIRECTORY_NONE - 1)
#define REPEATS_DOUBLED 3

static int refuse (dispatcher_t *self, const trade_t *trade, int error, const char *why, const event_t *event,
    effects_t *effects)
{
    char text[256];
    (void) snprintf (text, sizeof text, "master order %.39s (%.23s): %s", trade->x, trade->symbol, why);
    dispatcher_alert (self,
        error == ERR_RANGE ? ALERT_RAISED_KIND_OUT_OF_RANGE : ALERT_RAISED_KIND_SYSTEM_ERROR,
        ALERT_RAISED_SEVERITY_CRITICAL, trade->master_id, text, event->utc_ns, effects);
    return -error;
}

static void send_ack (dispatcher_t *self, const char *master_id, const mark_t *mark, effects_t *effects)
{
    self->out.kind = MSG_MASTER_ACK;
    self->out.master_ack = (master_ack_t){.qty_e9 = mark->closed_e9, .final = mark->closed_final};
    TEXT_SET (self->out.master_ack.master_id, master_id);
    TEXT_SET (self->out.master_ack.x, mark->x);
    effects_send (effects, self->listener, &self->out);
}

int dispatcher_replication_order (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_MASTER_ORDER);
    const trade_t *trade = &event->message->master_order.trade;
    int64_t parts_e9;
    if (!*trade->x || !*trade->symbol || trade->qty_e9 <= 0 ||
        fixed_add (trade->opened_e9, trade->closed_e9, &parts_e9) || parts_e9 != trade->qty_e9)
        return refuse (self, trade, ERR_RANGE, "opened and closed are not its quantity", event, effects);
    dispatcher_unfinished_name (self, trade, effects);
    const mark_t *mark = marks_find (&self->marks, trade->x);
    if (mark && mark_taken (mark, trade)) {
        if (mark_closed (mark, trade))
            send_ack (self, trade->master_id, mark, effects);
        bool alone = self->open_for_orders && !dispatcher_unfinished_before (self, trade) &&
                     !dispatcher_held_before (self, trade);
        if (!alone && !self->stopping)
            dispatcher_held_along (self, trade);
        return 0;
    }
    if (self->stopping)
        return 0;
    held_t held = dispatcher_held_put (self, trade, event);
    if (held == HELD_TOO_SOON)
        return -ERR_FULL; /*  repeated, too */
    if (held == HELD_NO_ROOM)
        return refuse (self, trade, ERR_FULL, "too many wait; the listener repeats it", event, effects);
    if (held == HELD_ALREADY)
        return 0;
    if (self->pool.rows_free == 0)
        return refuse (self, trade, ERR_FULL, "too many replications are open; it waits", event, effects);
    return 0;
}

/*  The newest state of X that was taken: it answers for every one before it, and tells of their times. */
static const replication_t *newest_of (dispatcher_t *self, const replication_t *replication)
{
    const mark_t *mark = marks_find (&self->marks, replication->trade.x);
    assert (mark && mark->first != DIRECTORY_NONE);
    return &self->pool.list[mark->first];
}

bool dispatcher_replication_concerns (const follower_t *client, const trade_t *trade)
{
    assert (client && trade);
    bool still = client->active || client->until_ns >= trade->first_at_ns;
    return client->used && still && client->since_ns <= trade->executed_at_ns;
}

/*  Who is active, and who was while X executed; again: also those that were expected before. */
static void expect_clients (dispatcher_t *self, replication_t *replication, bool again)
{
    if (again)
        memset (replication->latencies, 0, self->config.max_clients * sizeof *replication->latencies);
    memset (replication->missing_of, 0, sizeof replication->missing_of);
    replication->expected = 0;
    for (uint32_t i = 0; i < self->clients_used; i++) {
        const follower_t *client = &self->followers[i];
        bool expected = client->active || replication->answers[i] != ANSWER_NOT_EXPECTED ||
                        dispatcher_replication_concerns (client, &replication->trade);
        if (!client->used || !expected) {
            replication->answers[i] = ANSWER_NOT_EXPECTED;
            continue;
        }
        replication->answers[i] = ANSWER_MISSING;
        replication->missing_of[client->shard]++;
        replication->expected++;
    }
    replication->missing = replication->expected;
}

/*  Again, as X is now: an older state alone would be decided without what came after it. Clients that owe an outcome and
 *  were switched off meanwhile are named first. */
static void send_again (
    dispatcher_t *self, const replication_t *replication, uint32_t shard, effects_t *effects)
{
    for (uint32_t i = 0; i < self->clients_used; i++)
        if (replication->answers[i] == ANSWER_MISSING && self->clients[i].shard == shard)
            dispatcher_assignment_settle (self, i, effects);
    const replication_t *newest = newest_of (self, replication);
    bool has_its_turn =
        newest != replication && newest->state == REPLICATION_OPEN && newest->missing_of[shard] > 0;
    if (!has_its_turn)
        dispatcher_command_send (self, &newest->trade, newest->sequence, shard, effects);
}

/*  The state, too: what the database knows of it may have been deleted. */
static void repeat_commands (dispatcher_t *self, const replication_t *replication, effects_t *effects)
{
    dispatcher_command_record (self, &replication->trade, effects);
    self->budget -= self->budget > 0;
    for (uint32_t shard = 0; shard < self->shard_count; shard++) {
        if (replication->missing_of[shard] == 0)
            continue;
        send_again (self, replication, shard, effects);
        self->budget -= self->budget > 0;
    }
}

static void send_commands (dispatcher_t *self, const replication_t *replication, effects_t *effects)
{
    for (uint32_t shard = 0; shard < self->shard_count; shard++) {
        if (replication->missing_of[shard] == 0)
            continue;
        dispatcher_command_send (self, &replication->trade, replication->sequence, shard, effects);
        self->budget -= self->budget > 0;
    }
}

static void open_one (dispatcher_t *self, const trade_t *trade, const event_t *event, effects_t *effects)
{
    uint32_t slot = pool_open (&self->pool, ++self->sequence);
    replication_t *replication = &self->pool.list[slot];
    mark_t *mark = marks_open (&self->marks, trade->x);
    mark->taken_final = trade->final;
    mark->taken_e9 = trade->qty_e9;
    mark->first_at_ns = trade->first_at_ns;
    TEXT_SET (mark->symbol, trade->symbol);
    replication->trade = *trade;
    replication->reopens = replication->repeats = 0;
    replication->next = mark->first;
    replication->due_at_ns = event->now_ns + self->config.repeat_ns;
    mark->first = slot;
    dispatcher_unfinished_state (self, trade, replication->sequence);
    expect_clients (self, replication, false);
    send_commands (self, replication, effects);
    dispatcher_command_record (self, trade, effects); /*  after the commands: they are the hot path */
    if (replication->missing == 0)
        dispatcher_completion_reached (self, slot, event, effects);
}

/*  Nothing is known of X, not that it was seen, although it executed longer before anything was stored than a start looks
 *  back; or although a later X of its symbol is closed: seen in their order, so X was done by a life whose progress is
 *  gone. To decide it on today's holding would exit what others opened. */
static bool was_done (const dispatcher_t *self, const trade_t *trade, const mark_t *mark)
{
    if ((mark && mark->first_at_ns > 0 && !mark->forgotten) || dispatcher_command_first (self, trade))
        return false;
    return dispatcher_memory_forgot (self, trade) ||
           marks_passed (&self->marks, trade->symbol, trade->executed_at_ns);
}

static void settle (dispatcher_t *self, const trade_t *trade, const event_t *event, effects_t *effects)
{
    mark_t *mark = marks_open (&self->marks, trade->x);
    mark->taken_e9 = trade->qty_e9;
    mark->taken_final = trade->final;
    mark->forgotten = true;
    mark->first_at_ns = trade->first_at_ns;
    TEXT_SET (mark->symbol, trade->symbol);
    mark_close_state (mark, trade);
    send_ack (self, trade->master_id, mark, effects);
    dispatcher_unfinished_along (self, trade, event, effects);
}

static void pump (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    uint32_t taken = 0;
    if (!self->open_for_orders)
        return;
    while (taken < self->held_count && self->pool.rows_free > 0 && self->budget > 0) {
        const trade_t *trade = &self->held[taken++];
        const mark_t *mark = marks_find (&self->marks, trade->x);
        if (mark && mark_taken (mark, trade)) {
            if (mark->first == DIRECTORY_NONE && trade->qty_e9 >= mark->closed_e9)
                dispatcher_unfinished_along (self, trade, event, effects);
            continue;
        }
        uint32_t cost = self->shard_count + 4;
        self->budget -= self->budget < cost ? self->budget : cost;
        if (was_done (self, trade, mark))
            settle (self, trade, event, effects);
        else
            open_one (self, trade, event, effects);
    }
    self->held_count -= taken;
    if (taken > 0)
        memmove (self->held, self->held + taken, self->held_count * sizeof *self->held);
    if (self->held_count > 0 && self->pool.rows_free > 0)
        effects_wake (effects, event->now_ns);
}

static uint32_t latency_of (const replication_t *replication, const outcome_t *outcome)
{
    int64_t units = (outcome->submitted_at_ns - replication->trade.received_at_ns) / UNIT_NS;
    return units >= UINT32_MAX - 1 ? UINT32_MAX : (uint32_t) units + 1;
}

static void answer (dispatcher_t *self, replication_t *replication, uint32_t client, const outcome_t *outcome)
{
    shard_t *shard = &self->shards[self->clients[client].shard];
    if (replication->answers[client] == ANSWER_MISSING) {
        replication->missing--;
        replication->missing_of[self->clients[client].shard]--;
    }
    /*  covered: what was sent for an earlier state of X holds this one too */
    bool covered = outcome->kind == OUTCOME_KIND_SKIPPED && strcmp (outcome->reason, "covered") == 0;
    replication->answers[client] = (uint8_t) (1 + (covered ? OUTCOME_KIND_ACCEPTED : outcome->kind));
    /*  sent before this state came: an earlier one's order answers it too, and says nothing of its latency */
    bool sent = outcome->submitted_at_ns > 0 && outcome->submitted_at_ns >= replication->trade.received_at_ns;
    if (sent && replication->latencies[client] == 0) {
        replication->latencies[client] = latency_of (replication, outcome);
        shard->latencies[shard->latencies_next++ % LATENCIES] = replication->latencies[client];
    }
}

static void on_outcome (dispatcher_t *self, const outcome_t *outcome, uint64_t answered, uint32_t client,
    const event_t *event, effects_t *effects)
{
    dispatcher_unfinished_outcome (self, outcome, client, event, effects);
    const mark_t *mark = marks_find (&self->marks, outcome->x);
    if (!mark)
        return;
    for (uint32_t at = mark->first; at != DIRECTORY_NONE; at = self->pool.list[at].next) {
        replication_t *replication = &self->pool.list[at];
        /*  A final state can have the same Q as the one before it: only the sequence tells whose answer this is. */
        bool answers = outcome->to_e9 >= replication->trade.qty_e9 &&
                       (!replication->trade.final || answered >= replication->sequence);
        if (!answers || replication->state != REPLICATION_OPEN ||
            replication->answers[client] == ANSWER_NOT_EXPECTED)
            continue;
        answer (self, replication, client, outcome);
        if (replication->missing == 0)
            dispatcher_completion_reached (self, at, event, effects);
    }
}

/*  What a shard says of a client that is another's by now is not heard: that one asks the broker. */
static void hear (dispatcher_t *self, const message_t *message, const event_t *event, effects_t *effects)
{
    const copy_result_t *result = &message->copy_result;
    uint32_t clients[sizeof result->outcomes / sizeof *result->outcomes] = {0};
    size_t heard = 0;
    for (size_t i = 0; i < result->outcomes_count; i++) {
        clients[i] = directory_get (&self->clients_by_id, result->outcomes[i].client_id);
        bool trusted = dispatcher_assignment_trusts (self, clients[i], result->shard, result->epoch);
        clients[i] = trusted ? clients[i] : NOT_HEARD;
        heard += trusted;
    }
    if (heard == result->outcomes_count) {
        effects_send (effects, "audit", message); /*  before the completion that rests on it */
    } else if (heard > 0) {
        copy_result_t *out = &self->out.copy_result;
        self->out.kind = MSG_COPY_RESULT;
        *out = *result;
        out->outcomes_count = 0;
        for (size_t i = 0; i < result->outcomes_count; i++)
            if (clients[i] != NOT_HEARD)
                out->outcomes[out->outcomes_count++] = result->outcomes[i];
        effects_send (effects, "audit", &self->out);
    }
    for (size_t i = 0; i < result->outcomes_count; i++)
        if (clients[i] < NOT_HEARD)
            on_outcome (self, &result->outcomes[i], result->sequence, clients[i], event, effects);
}

/*  A dispatcher before us cannot have given its clients to others before this came: its lease was not over for so long. */
static bool still_its_own (const dispatcher_t *self, const copy_result_t *result, const event_t *event)
{
    int64_t under_way_ns = event->utc_ns - result->at_ns + CLOCKS_DIFFER_NS;
    return result->lease_over_ns < self->config.request_timeout_ns && under_way_ns >= 0 &&
           under_way_ns < self->config.request_timeout_ns - result->lease_over_ns;
}

void dispatcher_replication_result (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_COPY_RESULT);
    dispatcher_assignment_heard (self, event->message->copy_result.shard, event, effects);
    if (self->settled || still_its_own (self, &event->message->copy_result, event))
        hear (self, event->message, event, effects);
    else if (self->early_count < EARLY_MAX) /*  beyond: the shards say it again */
        self->early[self->early_count++] = *event->message;
}

void dispatcher_replication_early (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && self->settled);
    for (uint32_t i = 0; i < self->early_count; i++)
        hear (self, &self->early[i], event, effects);
    self->early_count = 0;
}

static void unlink_from (dispatcher_t *self, mark_t *mark, uint32_t slot)
{
    uint32_t *link = &mark->first;
    while (*link != slot) {
        assert (*link != DIRECTORY_NONE);
        link = &self->pool.list[*link].next;
    }
    *link = self->pool.list[slot].next;
}

/*  The next state of the same X; DIRECTORY_NONE = this is the newest. */
static uint32_t newer_than (const dispatcher_t *self, const mark_t *mark, uint32_t slot)
{
    uint32_t newer = DIRECTORY_NONE;
    for (uint32_t at = mark->first; at != slot; at = self->pool.list[at].next)
        newer = at;
    return newer;
}

/*  Is a replication of the same quantity still on its way? Its end says the ack. */
static bool same_quantity_open (const dispatcher_t *self, const mark_t *mark)
{
    for (uint32_t at = mark->first; at != DIRECTORY_NONE; at = self->pool.list[at].next)
        if (self->pool.list[at].trade.qty_e9 == mark->closed_e9)
            return true;
    return false;
}

static void close_one (dispatcher_t *self, uint32_t slot, const event_t *event, effects_t *effects)
{
    replication_t *replication = &self->pool.list[slot];
    mark_t *mark = marks_find (&self->marks, replication->trade.x);
    assert (mark);
    uint32_t newer = newer_than (self, mark, slot);
    unlink_from (self, mark, slot);
    mark_close_state (mark, &replication->trade);
    pool_close (&self->pool, slot);
    self->completed_full_told = false;
    if (!same_quantity_open (self, mark))
        send_ack (self, replication->trade.master_id, mark, effects);
    if (newer != DIRECTORY_NONE)
        dispatcher_completion_next (self, newer, event, effects);
}

/*  Outcomes, or the state itself, never reached the database: the shards have those still, and say them again. */
static void reopen (dispatcher_t *self, uint32_t slot, const event_t *event, effects_t *effects)
{
    if (!pool_reopen (&self->pool, slot))
        return; /*  its completion is repeated, and the answer with it */
    replication_t *replication = &self->pool.list[slot];
    replication->due_at_ns = event->now_ns + self->config.repeat_ns;
    expect_clients (self, replication, true);
    if (replication->reopens++ == 0) { /*  later ones when it is due: what is missing may need a while */
        replication->repeats = 0;
        repeat_commands (self, replication, effects);
    }
    if (replication->missing == 0)
        dispatcher_completion_reached (self, slot, event, effects);
}

void dispatcher_replication_stored (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == MSG_REPLICATION_STORED);
    const replication_stored_t *stored = &event->message->replication_stored;
    uint32_t slot = pool_completed (&self->pool, stored->sequence);
    if (slot == DIRECTORY_NONE)
        return;
    if (stored->missing == 0)
        close_one (self, slot, event, effects);
    else
        reopen (self, slot, event, effects);
}

void dispatcher_replication_forget_client (
    dispatcher_t *self, uint32_t client, const event_t *event, effects_t *effects)
{
    assert (self && client < self->clients_used);
    for (uint32_t i = self->pool.open_count; i-- > 0;) { /*  backwards: what completes leaves the list */
        uint32_t slot = self->pool.open[i];
        replication_t *replication = &self->pool.list[slot];
        if (replication->answers[client] != ANSWER_MISSING)
            continue;
        replication->answers[client] = ANSWER_NOT_EXPECTED;
        replication->missing_of[self->clients[client].shard]--;
        if (--replication->missing == 0)
            dispatcher_completion_reached (self, slot, event, effects);
    }
}

void dispatcher_replication_moved (dispatcher_t *self, uint32_t client, uint32_t from, uint32_t to)
{
    assert (self && client < self->clients_used && from <= NOBODY && to <= NOBODY);
    for (uint32_t i = 0; i < self->pool.open_count; i++) {
        replication_t *replication = &self->pool.list[self->pool.open[i]];
        if (replication->answers[client] != ANSWER_MISSING)
            continue;
        replication->missing_of[from]--;
        replication->missing_of[to]++;
    }
}

bool dispatcher_replication_owes (dispatcher_t *self, const char *x, uint32_t shard)
{
    assert (self && x && shard < self->shard_count);
    const mark_t *mark = marks_find (&self->marks, x);
    for (uint32_t at = mark ? mark->first : DIRECTORY_NONE; at != DIRECTORY_NONE;
         at = self->pool.list[at].next)
        if (self->pool.list[at].state == REPLICATION_OPEN && self->pool.list[at].missing_of[shard] > 0)
            return true;
    return false;
}

void dispatcher_replication_send_all (dispatcher_t *self, uint32_t shard, effects_t *effects)
{
    assert (self && shard < self->shard_count);
    for (uint32_t i = 0; i < self->pool.open_count; i++) {
        const replication_t *replication = &self->pool.list[self->pool.open[i]];
        if (replication->missing_of[shard] > 0 || dispatcher_unfinished_before (self, &replication->trade))
            send_again (self, replication, shard, effects);
    }
}

/*  Who lives has the command, for links lose nothing, and a life that is new gets it with its clients. So this is for what
 *  nobody thought of; where shards, or the audit, cannot keep up, every two seconds for each of hundreds would only hold them up. */
static int64_t repeat_pause_ns (const dispatcher_t *self, replication_t *replication)
{
    if (replication->repeats < REPEATS_DOUBLED)
        replication->repeats++;
    return self->config.repeat_ns << replication->repeats;
}

void dispatcher_replication_tick (dispatcher_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    pump (self, event, effects);
    for (uint32_t i = 0; i < self->pool.open_count; i++) {
        replication_t *replication = &self->pool.list[self->pool.open[i]];
        if (replication->due_at_ns <= event->now_ns && self->budget > 0) {
            replication->due_at_ns = event->now_ns + repeat_pause_ns (self, replication);
            repeat_commands (self, replication, effects);
        }
        effects_wake (effects, replication->due_at_ns);
    }
    dispatcher_completion_tick (self, event, effects);
}
