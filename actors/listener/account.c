/*  account.c: the master's equity, and the one way out for the listener's calls: the most urgent first, within the budget
 *  (budget.h), each answer to whoever asked.
 */
#include "actors/listener/parts.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>

#define FILLS_A_PAGE 100
#define ORDERS_A_PAGE 500

void listener_account_start (listener_t *self, const event_t *event)
{
    assert (self && event);
    inquiry_init (&self->account, CALL_ACCOUNT);
    self->order.token = 0;
    if (self->searching)
        inquiry_want (&self->order, event->now_ns);
    self->equity_known = false;
    inquiry_want (&self->account, event->now_ns);
}

bool listener_account_ready (const listener_t *self, int64_t now_ns)
{
    assert (self);
    bool stalled = self->listened_at_ns != INT64_MAX && now_ns - self->listened_at_ns >= LISTENER_STALL_NS;
    return self->configured && self->equity_known && (!self->catching_up || stalled);
}

static void on_account (listener_t *self, const event_t *event)
{
    const account_t *state = &event->answer->account_state;
    self->equity_e9 = state->equity_e9 > 0 ? state->equity_e9 : 0;
    self->equity_known = true;
    inquiry_want (&self->account, event->now_ns + self->config.refresh_ns);
    bool other = *state->id && *self->account_id && strcmp (state->id, self->account_id) != 0;
    if (*state->id)
        TEXT_SET (self->account_id, state->id);
    if (other)
        listener_look_reset (self, event);
}

static void on_failure (listener_t *self, inquiry_t *inquiry, const event_t *event, effects_t *effects)
{
    inquiry_failed (inquiry, event->answer, event->now_ns, event->utc_ns);
    if (event->answer->kind == ANSWER_LIMITED)
        budget_block (&self->budget, inquiry->due_at_ns);
    listener_look_failed (self, inquiry, event->answer->kind);
    if (event->answer->kind != ANSWER_AUTH || self->bad_keys_told)
        return;
    self->bad_keys_told = true;
    listener_alert (self, ALERT_RAISED_KIND_BAD_KEYS, ALERT_RAISED_SEVERITY_CRITICAL,
        "the broker refused the master's keys; correct them with `master set`", event->utc_ns, effects);
}

/*  An order by id that was open at the last look; one that the broker does not know is not open. */
static void on_status (listener_t *self, const event_t *event, effects_t *effects)
{
    if (event->answer->kind == ANSWER_OK) {
        listener_root_dress (self, event->answer->order.id, &event->answer->order);
        listener_orders_told (self, &event->answer->order, event, effects);
        watched_t *watched = watch_find (&self->watch, event->answer->order.id);
        if (watched)
            watched->asked = self->list_number;
    }
}

static void on_answer (listener_t *self, inquiry_t *inquiry, const event_t *event, effects_t *effects)
{
    size_t count = event->answer->count;
    if (inquiry == &self->account) {
        on_account (self, event);
    } else if (inquiry == &self->positions) {
        listener_look_positions (self, event, effects);
    } else if (inquiry == &self->fills) {
        budget_spend (&self->budget, (int64_t) (count / FILLS_A_PAGE));
        listener_look_fills (self, event, effects);
    } else if (inquiry == &self->orders) {
        budget_spend (&self->budget, (int64_t) (count / ORDERS_A_PAGE));
        listener_orders_listed (self, event);
    } else if (inquiry == &self->history) {
        budget_spend (&self->budget, (int64_t) (count / ORDERS_A_PAGE));
        listener_orders_read (self, event);
    } else {
        on_status (self, event, effects);
    }
}

void listener_account_answered (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && event->kind == EVENT_BROKER_ANSWER);
    inquiry_t *inquiries[] = {
        &self->account, &self->positions, &self->fills, &self->orders, &self->history, &self->status};
    budget_limit (&self->budget, event->answer->limit);
    for (size_t i = 0; i < sizeof inquiries / sizeof *inquiries; i++) {
        if (!inquiry_answered (inquiries[i], event->answer))
            continue;
        bool gone = inquiries[i] == &self->status && event->answer->kind == ANSWER_NOT_FOUND;
        if (event->answer->kind == ANSWER_OK)
            on_answer (self, inquiries[i], event, effects);
        else if (!gone)
            on_failure (self, inquiries[i], event, effects);
        return;
    }
}

static void ask (listener_t *self, inquiry_t *inquiry, int64_t now_ns, effects_t *effects)
{
    const char *key = NULL;
    int64_t since_ns = 0;
    if (inquiry == &self->order)
        key = self->ancestor;
    if (inquiry == &self->fills)
        since_ns = listener_look_since (self);
    if (inquiry == &self->fills)
        key = self->sweep;
    if (inquiry == &self->history)
        since_ns = listener_orders_since (self);
    if (inquiry == &self->orders)
        self->list_asked_at_ns = now_ns;
    if (inquiry == &self->status) {
        key = listener_orders_asked (self);
        watched_t *watched = *key ? watch_find (&self->watch, key) : NULL;
        inquiry->due_at_ns = INT64_MAX;
        if (!watched)
            return; /*  the stream or a list told meanwhile */
        watched->asked = self->list_number;
    }
    budget_spend (&self->budget, 1);
    inquiry_ask (inquiry, self->next_token++, key, since_ns, now_ns, effects);
}

/*  Executions wait for its answer, or may have been missed. */
static bool is_urgent (const listener_t *self, const inquiry_t *inquiry)
{
    bool waits = self->doubts > 0 || self->missing > 0 || self->more;
    if (self->rebuilding || inquiry == &self->history || inquiry == &self->order ||
        inquiry == &self->positions)
        return true;
    if (inquiry == &self->fills)
        return waits || *self->sweep || (self->phase == STREAM_LISTENING && !self->settled);
    return inquiry == &self->account && !self->equity_known;
}

/*  What is due and may leave, the most urgent first. NULL: nothing. */
static inquiry_t *next_due (listener_t *self, int64_t now_ns, effects_t *effects)
{
    inquiry_t *all[] = {&self->history, &self->order, &self->positions, &self->fills, &self->account,
        &self->orders, &self->status};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        inquiry_t *inquiry = all[i];
        bool urgent = is_urgent (self, inquiry);
        if (inquiry->token != 0 || (inquiry == &self->order && !self->searching))
            continue;
        if (inquiry->due_at_ns > now_ns)
            effects_wake (effects, inquiry->due_at_ns);
        else if (budget_ready (&self->budget, urgent, now_ns))
            return inquiry;
        else
            effects_wake (effects, budget_ready_at (&self->budget, urgent, now_ns));
    }
    return NULL;
}

void listener_account_tick (listener_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event);
    if (!self->configured || self->stopping)
        return;
    listener_look_plan (self, event, effects);
    inquiry_t *due;
    while ((due = next_due (self, event->now_ns, effects)))
        ask (self, due, event->now_ns, effects);
}
