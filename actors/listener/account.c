/*  account.c: the master's equity and positions, and the catch-up after each (re)connect.
 *
 *  Catch-up: FILL activities since the last execution less an overlap (at the first start: since the start) → those
 *  not counted yet wait in front of the inbox → positions are read again and wound back by them → all go out in
 *  order. Not yet here (issue 4): orders that were open at the last look, copying by polling while the stream is away.
 */
#include "actors/listener/parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "messages/fixed.h"

#define SETTLED_NS INT64_C (1000000000)

void listener_account_start (listener_t *self, const event_t *event)
{
    assert (self && event);
    inquiry_init (&self->account, CALL_ACCOUNT);
    inquiry_init (&self->positions, CALL_POSITIONS);
    inquiry_init (&self->fills, CALL_FILLS);
    self->order.token = 0;
    if (self->searching)
        inquiry_want (&self->order, event->now_ns);
    self->equity_known = self->positions_known = false;
    self->catching_up = false;
    inquiry_want (&self->account, event->now_ns);
    inquiry_want (&self->positions, event->now_ns);
}

void listener_account_catch_up (listener_t *self, int64_t now_ns)
{
    assert (self);
    inquiry_want (&self->fills, now_ns);
}

bool listener_account_ready (const listener_t *self)
{
    assert (self);
    return self->configured && self->equity_known && self->positions_known && !self->catching_up;
}

static bool same_execution (const trade_update_t *a, const trade_update_t *b)
{
    return strcmp (a->execution_id, b->execution_id) == 0 ||
           (strcmp (a->order.id, b->order.id) == 0 && a->order.filled_qty_e9 == b->order.filled_qty_e9);
}

/*  Is this a live execution that no waiting activity tells of? */
static bool is_news (listener_t *self, uint32_t at)
{
    const held_t *held = inbox_at (&self->inbox, at);
    if (held->bare || !held->update.has_position_qty || held->update.qty_e9 <= 0 ||
        !listener_intake_unseen (self, &held->update, false))
        return false;
    for (uint32_t i = 0; i < self->inbox.count; i++) {
        const held_t *other = inbox_at (&self->inbox, i);
        bool repeats = i != at && other->bare && same_execution (&other->update, &held->update);
        if (repeats)
            return false;
    }
    return true;
}

/*  The snapshot holds what waits: also live executions, which came while it was asked for. The first of these in a
 *  symbol says where the activities before it must end; so the later ones are gone through first. */
static void anchor (listener_t *self)
{
    for (uint32_t i = self->inbox.count; i-- > 0;) {
        const trade_update_t *update = &inbox_at (&self->inbox, i)->update;
        int64_t signed_e9 = update->order.side == SIDE_BUY ? update->qty_e9 : -update->qty_e9;
        int64_t before_e9;
        if (is_news (self, i) && fixed_sub (update->position_qty_e9, signed_e9, &before_e9) == 0)
            (void) master_ledger_set (&self->ledger, update->order.symbol, before_e9);
    }
}

/*  The snapshot holds what the waiting activities did: take it back, they will do it again. */
static void wind_back (listener_t *self)
{
    anchor (self);
    for (uint32_t i = 0; i < self->inbox.count; i++) {
        const held_t *held = inbox_at (&self->inbox, i);
        if (!held->bare || !listener_intake_unseen (self, &held->update, true))
            continue;
        const char *symbol = held->update.order.symbol;
        int64_t signed_e9 = held->update.order.side == SIDE_BUY ? held->update.qty_e9 : -held->update.qty_e9;
        int64_t before_e9;
        if (fixed_sub (master_ledger_get (&self->ledger, symbol), signed_e9, &before_e9) == 0)
            (void) master_ledger_set (
                &self->ledger, symbol, before_e9); /*  full was told when it was filled */
    }
}

static void on_positions (listener_t *self, const event_t *event, effects_t *effects)
{
    const broker_answer_t *answer = event->answer;
    bool full = false;
    master_ledger_clear (&self->ledger);
    for (size_t i = 0; i < answer->count; i++)
        if (answer->positions[i].qty_e9 != 0)
            full |= master_ledger_set (
                        &self->ledger, answer->positions[i].symbol, answer->positions[i].qty_e9) != 0;
    if (full)
        listener_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL,
            "the master holds more symbols than max_positions", event->utc_ns, effects);
    wind_back (self);
    self->positions_known = true;
}

/*  How many of the activities from the oldest on find room, leaving some for the stream. */
static size_t fitting (listener_t *self, const broker_answer_t *answer)
{
    size_t room = (self->inbox.limit - self->inbox.count) / 2;
    size_t count = 0;
    for (; count < answer->count && room > 0; count++)
        if (listener_intake_unseen_fill (self, &answer->activities[count]))
            room--;
    return count;
}

static void on_fills (listener_t *self, const event_t *event)
{
    const broker_answer_t *answer = event->answer;
    bool found = false;
    size_t count = fitting (self, answer);
    for (size_t i = count; i-- > 0;) /*  newest first to the front: the oldest ends in front */
        if (listener_intake_unseen_fill (self, &answer->activities[i]))
            found |= listener_intake_fill (self, &answer->activities[i], event->utc_ns);
    self->catching_up = false;
    if (count < answer->count)
        inquiry_want (&self->fills, event->now_ns + SETTLED_NS);
    if (found) {
        self->positions_known = false;
        inquiry_want (&self->positions, event->now_ns);
    }
}

static void on_account (listener_t *self, const event_t *event)
{
    int64_t equity_e9 = event->answer->account_state.equity_e9;
    self->equity_e9 = equity_e9 > 0 ? equity_e9 : 0;
    self->equity_known = true;
    inquiry_want (&self->account, event->now_ns + self->config.refresh_ns);
}

static void on_failure (listener_t *self, inquiry_t *inquiry, const event_t *event, effects_t *effects)
{
    inquiry_failed (inquiry, event->answer, event->now_ns, event->utc_ns);
    if (inquiry == &self->fills)
        self->catching_up = false; /*  live executions do not wait for a broker that cannot say what was */
    if (event->answer->kind != ANSWER_AUTH || self->bad_keys_told)
        return;
    self->bad_keys_told = true;
    listener_alert (self, ALERT_RAISED_KIND_BAD_KEYS, ALERT_RAISED_SEVERITY_CRITICAL,
        "the broker refused the master's keys; correct them with `master set`", event->utc_ns, effects);
}

void listener_account_answered (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == EVENT_BROKER_ANSWER);
    inquiry_t *inquiries[] = {&self->account, &self->positions, &self->fills};
    for (size_t i = 0; i < sizeof inquiries / sizeof *inquiries; i++) {
        if (!inquiry_answered (inquiries[i], event->answer))
            continue;
        if (event->answer->kind != ANSWER_OK)
            on_failure (self, inquiries[i], event, effects);
        else if (inquiries[i] == &self->account)
            on_account (self, event);
        else if (inquiries[i] == &self->positions)
            on_positions (self, event, effects);
        else
            on_fills (self, event);
        return;
    }
}

/*  While activities wait, their catch-up is not over: asking again would count them twice. */
static bool fills_wait (listener_t *self)
{
    for (uint32_t i = 0; i < self->inbox.count; i++)
        if (inbox_at (&self->inbox, i)->bare)
            return true;
    return false;
}

static int64_t catch_up_since (const listener_t *self)
{
    int64_t since_ns = self->started_utc_ns;
    if (self->last_execution_ns - self->config.overlap_ns > since_ns)
        since_ns = self->last_execution_ns - self->config.overlap_ns;
    return since_ns;
}

void listener_account_tick (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    if (!self->configured || self->stopping)
        return;
    int64_t now_ns = event->now_ns;
    if (inquiry_due (&self->account, now_ns))
        inquiry_ask (&self->account, listener_token (self), NULL, 0, now_ns, effects);
    if (inquiry_due (&self->positions, now_ns))
        inquiry_ask (&self->positions, listener_token (self), NULL, 0, now_ns, effects);
    if (inquiry_due (&self->fills, now_ns)) {
        if (fills_wait (self)) {
            self->fills.due_at_ns = now_ns + SETTLED_NS;
            self->catching_up = false;
        } else {
            inquiry_ask (&self->fills, listener_token (self), NULL, catch_up_since (self), now_ns, effects);
        }
    }
    if (self->searching && inquiry_due (&self->order, now_ns))
        inquiry_ask (&self->order, listener_token (self), self->ancestor, 0, now_ns, effects);
    const inquiry_t *inquiries[] = {&self->account, &self->positions, &self->fills, &self->order};
    for (size_t i = 0; i < sizeof inquiries / sizeof *inquiries; i++)
        if (inquiries[i]->token == 0)
            effects_wake (effects, inquiries[i]->due_at_ns);
}
