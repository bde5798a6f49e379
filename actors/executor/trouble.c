/*  trouble.c: what the answers of the broker do to a client's breaker, and who is told (docs/breakers.md). */
#include "actors/executor/shard.h"
#include "messages/text.h"

#include <assert.h>

static breaker_rules_t rules (const executor_t *self)
{
    return (breaker_rules_t){
        .threshold = self->config.failure_threshold, .timeout_ns = self->config.circuit_timeout_ns};
}

static breaker_time_t now (const executor_t *self)
{
    return (breaker_time_t){.now_ns = self->now_ns, .utc_ns = self->utc_ns};
}

/*  Its own appointment: an open breaker closes again without a trade. */
static void appoint_probe (executor_t *self, uint32_t client)
{
    client_t *entry = &self->book.clients[client];
    if (entry->probe_appointed)
        return;
    entry->probe_appointed = true;
    agenda_add (&self->agenda, entry->breaker.retry_at_ns, token_make (TOKEN_PROBE, 0, client));
}

static void tell (executor_t *self, uint32_t client, const char *error)
{
    const client_t *entry = &self->book.clients[client];
    const breaker_t *breaker = &entry->breaker;
    self->scratch.kind = MSG_BREAKER_CHANGED;
    breaker_changed_t *changed = &self->scratch.breaker_changed;
    *changed =
        (breaker_changed_t){.state = (breaker_changed_state_t) breaker->state, .failures = breaker->failures};
    TEXT_SET (changed->client_id, entry->id);
    TEXT_SET (changed->last_error, error);
    bool open = breaker->state != BREAKER_CLOSED;
    changed->opened_at_ns = open ? breaker->opened_at_ns : 0;
    changed->retry_at_ns = open ? self->utc_ns + (breaker->retry_at_ns - self->now_ns) : 0;
    effects_send (self->effects, "dispatcher", &self->scratch);
}

/*  Its lanes look again: an entry that waits is skipped, an exit is told. */
static void wake_lanes (executor_t *self, uint32_t client)
{
    for (uint32_t lane = self->book.clients[client].first_lane; lane != NONE;
         lane = self->book.lanes[lane].next_of_client)
        if (self->book.lanes[lane].first_pending != NONE || self->book.lanes[lane].unanswered != NONE)
            orders_schedule_lane (self, lane, self->now_ns);
}

void accounts_failed (executor_t *self, uint32_t client, bool at_once, const char *error)
{
    assert (self && client < self->book.max_clients && error);
    client_t *entry = &self->book.clients[client];
    bool was_closed = entry->breaker.state == BREAKER_CLOSED;
    breaker_rules_t by = rules (self);
    if (!breaker_failed (&entry->breaker, &by, at_once, now (self)))
        return;
    tell (self, client, error);
    appoint_probe (self, client);
    if (!was_closed)
        return; /*  people know */
    report_alert (self, ALERT_RAISED_KIND_BREAKER_OPENED, ALERT_RAISED_SEVERITY_WARNING, entry->id,
        "orders of this client fail: its entries pause");
    if (at_once)
        report_alert (self, ALERT_RAISED_KIND_BAD_KEYS, ALERT_RAISED_SEVERITY_CRITICAL, entry->id,
            "the broker refuses this client's keys");
    wake_lanes (self, client);
}

void accounts_succeeded (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    if (!breaker_succeeded (&self->book.clients[client].breaker))
        return;
    tell (self, client, "");
    report_alert (self, ALERT_RAISED_KIND_BREAKER_CLOSED, ALERT_RAISED_SEVERITY_INFO,
        self->book.clients[client].id, "orders of this client work again");
}

bool accounts_blocked (const executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    breaker_t copy = self->book.clients[client].breaker;
    breaker_rules_t by = rules (self);
    return !breaker_admits (&copy, &by, self->now_ns);
}

bool accounts_admit (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    breaker_t *breaker = &self->book.clients[client].breaker;
    bool open = breaker->state == BREAKER_OPEN;
    breaker_rules_t by = rules (self);
    if (!breaker_admits (breaker, &by, self->now_ns))
        return false;
    if (open)
        tell (self, client, "");
    return true;
}

void accounts_on_probe (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    if (!entry->probe_appointed)
        return; /*  of a client that left */
    entry->probe_appointed = false;
    if (entry->breaker.state == BREAKER_CLOSED || !entry->active || self->stopping)
        return;
    if (self->now_ns >= entry->breaker.retry_at_ns && accounts_admit (self, client)) {
        entry->breaker.by_read = true;
        entry->account_asked = false; /*  one asked before decides nothing */
        accounts_read (self, client);
    }
    appoint_probe (self, client);
}

void accounts_judge_read (executor_t *self, uint32_t client, const broker_answer_t *answer)
{
    assert (self && client < self->book.max_clients && answer);
    const breaker_t *breaker = &self->book.clients[client].breaker;
    bool probe = breaker->state == BREAKER_HALF_OPEN && breaker->by_read && answer->call == CALL_ACCOUNT;
    if (answer->kind == ANSWER_AUTH)
        accounts_failed (self, client, true, answer->message);
    else if (probe && answer->kind == ANSWER_OK)
        accounts_succeeded (self, client);
    else if (probe && (answer->kind == ANSWER_UNKNOWN || answer->kind == ANSWER_NOT_SENT))
        accounts_failed (self, client, false, answer->message);
}

/*  What an answer to an order says of the client's breaker. By id, "not found" says nothing: a send may fail again. */
void accounts_judge_order (executor_t *self, uint32_t client, const broker_answer_t *answer)
{
    assert (self && client < self->book.max_clients && answer);
    bool submit = answer->call == CALL_SUBMIT;
    switch (answer->kind) {
    case ANSWER_AUTH: accounts_failed (self, client, true, answer->message); break;
    case ANSWER_UNKNOWN: accounts_failed (self, client, false, answer->message); break;
    case ANSWER_TAKEN:
    case ANSWER_REJECTED:
    case ANSWER_NOT_FOUND:
        if (submit)
            accounts_succeeded (self, client);
        break;
    default: break;
    }
}

void accounts_on_breaker (executor_t *self, const breaker_changed_t *changed)
{
    assert (self && changed);
    uint32_t client = book_client (&self->book, changed->client_id, false);
    if (client == NONE || changed->state == BREAKER_CHANGED_STATE_CLOSED)
        return;
    breaker_rules_t by = rules (self);
    uint32_t failures = changed->failures < UINT32_MAX ? (uint32_t) changed->failures : UINT32_MAX;
    if (breaker_restore (&self->book.clients[client].breaker, &by, failures, changed->opened_at_ns,
            changed->retry_at_ns, now (self)))
        appoint_probe (self, client);
}
