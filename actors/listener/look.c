/*  look.c: what happened at the broker, read from its lists: catch-up, polling, probes.
 *
 *  | when | FILL activities are read | open orders |
 *  |---|---|---|
 *  | start: the cursor is there, or 3 s later | from the cursor less the overlap; every settle_ns until settled | once |
 *  | the stream does not listen | every poll_ns, as the budget allows | every 15 s |
 *  | the stream listens again | until one reading began settle_ns after that; then until settled | once |
 *  | an update does not fit, an order filled more than was found | every settle_ns, slower with each try | |
 *  | settled | every probe_ns: the stream may be mute | every 5 min |
 *
 *  Settled: every symbol's position is known, every order that was open or in an update is accounted for, nothing waits
 *  for the broker's word. Positions are read when it is needed to say that nothing is missing (walk.c). An execution
 *  that a settled stream has not brought within mute_ns makes it a mute one: it is opened again.
 */
#include "actors/listener/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ORDERS_NS INT64_C (15000000000)
#define ORDERS_QUIET_NS INT64_C (300000000000)
#define CLOSE_OVERLAP_NS INT64_C (30000000000) /*  once settled: lists lag, nothing else */
#define TRIES_A_STEP 4
#define STEPS_MAX 4

void listener_look_start (listener_t *self, const event_t *event)
{
    assert (self && event);
    inquiry_init (&self->fills, CALL_FILLS);
    inquiry_init (&self->positions, CALL_POSITIONS);
    inquiry_init (&self->orders, CALL_OPEN_ORDERS);
    inquiry_init (&self->status, CALL_ORDER);
    inquiry_init (&self->history, CALL_ORDERS);
    self->sweep[0] = 0;
    self->catching_up = self->suspicious = self->settled = false;
    self->fills_answered_at_ns = self->fills_asked_at_ns = event->now_ns;
    inquiry_want (&self->orders, event->now_ns);
    if (self->since_ns != INT64_MAX)
        inquiry_want (&self->fills, event->now_ns);
}

void listener_look_reset (listener_t *self, const event_t *event)
{
    assert (self && event);
    master_ledger_clear (&self->ledger);
    watch_clear (&self->watch);
    inbox_clear (&self->inbox);
    self->anchored = self->said = self->more = self->looked = false;
    self->rebuilding = true;
    self->last_execution_ns = self->through_ns = 0;
    self->since_ns = self->configured_utc_ns;
    listener_look_start (self, event);
}

void listener_look_listening (listener_t *self, const event_t *event)
{
    assert (self && event);
    /*  The stream has no replay: whatever executed while nobody listened is only in the activities. */
    self->catching_up = true;
    self->settled = self->suspicious = false;
    self->tries = 0;
    if (self->since_ns != INT64_MAX)
        inquiry_want (&self->fills, event->now_ns);
    inquiry_want (&self->orders, event->now_ns);
}

int64_t listener_look_since (const listener_t *self)
{
    assert (self);
    if (*self->sweep)
        return self->sweep_since_ns;
    if (self->through_ns == 0)
        return self->since_ns;
    int64_t overlap_ns = self->settled || self->tries > 0 ? CLOSE_OVERLAP_NS : self->config.overlap_ns;
    if (overlap_ns > self->config.overlap_ns)
        overlap_ns = self->config.overlap_ns;
    int64_t since_ns = self->through_ns - overlap_ns;
    return since_ns > self->since_ns ? since_ns : self->since_ns;
}

/*  The window of the first look. true: it is known. */
static bool find_since (listener_t *self, const event_t *event, effects_t *effects)
{
    if (self->since_ns != INT64_MAX)
        return true;
    if (!self->equity_known)
        return false; /*  the broker does not answer yet */
    if (!self->cursor_known && event->now_ns < self->cursor_by_ns) {
        effects_wake (effects, self->cursor_by_ns);
        return false;
    }
    self->since_ns = self->cursor_ns > 0 ? self->cursor_ns - self->config.overlap_ns
                                         : event->utc_ns - self->config.lookback_ns;
    if (self->since_ns < 0)
        self->since_ns = 0;
    inquiry_want (&self->fills, event->now_ns);
    return true;
}

static bool is_settled (const listener_t *self)
{
    return !self->rebuilding && self->anchored && self->missing == 0 && self->doubts == 0 && !self->more &&
           !self->suspicious && self->phase == STREAM_LISTENING &&
           self->fills_asked_at_ns >= self->listened_at_ns + self->config.settle_ns;
}

static int64_t pause_ns (const listener_t *self)
{
    bool at_peace = self->anchored && self->missing == 0 && self->doubts == 0 && !self->more;
    if (self->phase != STREAM_LISTENING && at_peace)
        return self->config.poll_ns;
    if (self->settled)
        return self->config.probe_ns;
    uint32_t steps = self->tries / TRIES_A_STEP;
    return self->config.settle_ns << (steps < STEPS_MAX ? steps : STEPS_MAX);
}

/*  At a start positions and activities are read in turn, settle_ns apart, until they agree. */
static bool snapshot_is_tested (const listener_t *self)
{
    return !self->said || self->fills_asked_at_ns >= self->said_at_ns + self->config.settle_ns;
}

static void plan_fills (listener_t *self)
{
    if (self->fills.token != 0 || self->fills.failures > 0)
        return; /*  its retry is planned */
    if (self->more && self->anchored && self->doubts == 0 && self->inbox.count > self->inbox.limit / 4)
        return; /*  there is no room yet */
    if (self->anchored || !self->looked)
        inquiry_want (&self->fills, self->fills_answered_at_ns + pause_ns (self));
    else if (!snapshot_is_tested (self))
        inquiry_want (&self->fills, self->said_at_ns + self->config.settle_ns);
}

static void plan_positions (listener_t *self, const event_t *event)
{
    if (self->positions.token != 0 || self->positions.failures > 0)
        return;
    if (self->anchored && self->bare_doubts > 0 && self->said_asked_at_ns < self->news_at_ns)
        inquiry_want (&self->positions, event->now_ns);
    if (self->anchored || !self->looked || !snapshot_is_tested (self))
        return;
    bool news = self->news_at_ns >= self->fills_answered_at_ns;
    inquiry_want (
        &self->positions, news ? self->fills_answered_at_ns + self->config.settle_ns : event->now_ns);
}

static void tell_rebuilt (listener_t *self, const event_t *event, effects_t *effects)
{
    char text[256], since[TIME_TEXT_MAX];
    self->rebuilding = false;
    budget_trim (&self->budget);
    (void) snprintf (text, sizeof text,
        "the master's executions since %s are read; %" PRIu32 " orders wait for their ack",
        time_format (self->since_ns, since), self->book.unacked_count);
    listener_log (self, LOG_LINE_LEVEL_INFO, "caught_up", "", text, event->utc_ns, effects);
}

static bool bare_waits (listener_t *self)
{
    for (uint32_t at = 0; at < self->inbox.count; at++)
        if (inbox_at (&self->inbox, at)->bare)
            return true;
    return false;
}

/*  After every event: what is to be read next, and when. */
void listener_look_plan (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    if (!find_since (self, event, effects))
        return;
    self->settled = is_settled (self);
    if (self->settled)
        self->tries = 0;
    if (self->rebuilding && self->anchored && self->missing == 0 && self->doubts == 0 && !self->more &&
        !bare_waits (self))
        tell_rebuilt (self, event, effects);
    if (self->suspicious && self->phase == STREAM_LISTENING) {
        int64_t due_ns = self->suspected_at_ns + self->config.mute_ns;
        if (event->now_ns >= due_ns)
            listener_stream_mute (self, event, effects);
        else
            effects_wake (effects, due_ns);
    }
    plan_positions (self, event);
    plan_fills (self);
    listener_orders_next (self, event);
    if (self->orders.token == 0 && self->orders.failures == 0)
        inquiry_want (&self->orders, self->list_asked_at_ns + (self->settled ? ORDERS_QUIET_NS : ORDERS_NS));
}

static void sweep_begins (listener_t *self)
{
    self->sweep_since_ns = listener_look_since (self);
    self->untaken_ns = INT64_MAX;
    for (uint32_t i = 0; i < self->ledger.count; i++)
        self->ledger.entries[i].sweep_e9 = 0;
}

/*  One portion of the activities. true: something new. */
static bool sweep (listener_t *self, const event_t *event)
{
    const broker_answer_t *answer = event->answer;
    bool found = false;
    for (size_t i = 0; i < answer->count; i++) {
        const activity_t *fill = &answer->activities[i];
        fill_taken_t taken = listener_intake_fill (self, fill, event);
        found |= taken == FILL_TAKEN;
        master_ledger_entry_t *entry = master_ledger_open (&self->ledger, fill->symbol, self->anchored);
        int64_t signed_e9 = fill->side == SIDE_BUY ? fill->qty_e9 : -fill->qty_e9;
        if (entry && taken == FILL_TAKEN && self->more)
            entry->beyond_e9 -= signed_e9; /*  it was among those that found no room */
        if (entry && taken == FILL_NO_ROOM)
            entry->sweep_e9 += signed_e9;
        if (taken == FILL_NO_ROOM && fill->at_ns < self->untaken_ns)
            self->untaken_ns = fill->at_ns;
    }
    if (answer->count > 0 && answer->activities[answer->count - 1].at_ns > self->through_ns)
        self->through_ns = answer->activities[answer->count - 1].at_ns;
    if (self->through_ns > self->newest_ns)
        self->newest_ns = self->through_ns;
    return found;
}

/*  whole: to the end of the list, not only of the room. */
static void sweep_ends (listener_t *self, bool whole, const event_t *event, effects_t *effects)
{
    for (uint32_t i = 0; whole && i < self->ledger.count; i++)
        self->ledger.entries[i].beyond_e9 = self->ledger.entries[i].sweep_e9;
    self->more = self->untaken_ns != INT64_MAX;
    if (self->more)
        self->through_ns = self->untaken_ns - 1;
    self->fills_asked_at_ns = self->fills.asked_at_ns;
    self->fills_answered_at_ns = event->now_ns;
    self->catching_up = false;
    self->looked = true;
    listener_orders_review (self, event, effects);
    listener_walk_anchor (self);
    listener_orders_want (self, event->now_ns);
    self->tries += self->tries < UINT32_MAX ? 1 : 0;
}

void listener_look_fills (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->answer);
    const broker_answer_t *answer = event->answer;
    bool was_settled = self->settled;
    if (!*self->sweep)
        sweep_begins (self);
    bool found = !DELIBERATE (CATCH_UP_OFF) && sweep (self, event);
    if (found && was_settled && !self->suspicious) {
        self->suspicious = true;
        self->suspected_at_ns = event->now_ns;
    }
    self->sweep[0] = 0;
    bool full = self->anchored && self->untaken_ns != INT64_MAX; /*  the rest when there is room */
    if (answer->more && answer->count > 0 && !full) {
        const char *last = answer->activities[answer->count - 1].id;
        TEXT_SET (self->sweep, last);
        inquiry_want (&self->fills, event->now_ns);
    } else {
        sweep_ends (self, !answer->more, event, effects);
    }
}

void listener_look_failed (listener_t *self, inquiry_t *inquiry, answer_kind_t kind)
{
    assert (self && inquiry);
    if (inquiry == &self->history)
        inquiry->due_at_ns = INT64_MAX; /*  by id, then */
    if (inquiry == &self->fills && kind == ANSWER_REJECTED)
        self->sweep[0] = 0; /*  it does not know where to go on: from the begin */
}

void listener_look_positions (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->answer);
    const broker_answer_t *answer = event->answer;
    bool full = false;
    for (uint32_t i = 0; i < self->ledger.count; i++)
        self->ledger.entries[i].said_e9 = 0;
    for (size_t i = 0; i < answer->count; i++) {
        master_ledger_entry_t *entry =
            master_ledger_open (&self->ledger, answer->positions[i].symbol, self->anchored);
        full |= entry == NULL;
        if (entry)
            entry->said_e9 = answer->positions[i].qty_e9;
    }
    if (full)
        listener_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL,
            "the master holds more symbols than max_positions", event->utc_ns, effects);
    self->said = true;
    self->said_asked_at_ns = self->positions.asked_at_ns;
    self->said_at_ns = event->now_ns;
    listener_walk_agree (self);
}
