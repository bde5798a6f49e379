/*  accounts.c: a shard's clients: configuration, equity, positions, breaker. Read before a trade needs them, spread
 *  over time, and again every refresh interval, so that the hot path asks nothing but the order itself. */
#include "actors/executor/shard.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RETRY_READ_NS SECOND_NS

static bool warm (const client_t *client)
{
    return client->active && client->equity_known && client->positions_known;
}

static void schedule (executor_t *self, uint32_t client, int64_t due_ns)
{
    if (self->book.clients[client].scheduled)
        return;
    self->book.clients[client].scheduled = true;
    agenda_add (
        &self->agenda, due_ns, token_make (TOKEN_CLIENT, self->book.clients[client].generation, client));
}

static void adopt (client_t *client, const client_config_t *config)
{
    client->active = config->active && !config->removed;
    client->removed = config->removed;
    client->scaling = config->scaling;
    client->direction = config->direction;
    client->multiplier_e9 = config->multiplier_e9;
    client->risk_percent_e9 = config->risk_percent_e9;
    client->fractional = config->fractional;
    client->follow_since_ns = config->follow_since_ns;
    client->revision = config->revision;
    memcpy (client->allow, config->allow, sizeof client->allow);
    memcpy (client->deny, config->deny, sizeof client->deny);
}

static void wake_lanes (executor_t *self, uint32_t client)
{
    for (uint32_t lane = self->book.clients[client].first_lane; lane != NONE;
         lane = self->book.lanes[lane].next_of_client)
        orders_advance (self, lane);
}

void accounts_on_config (executor_t *self, const client_config_t *config)
{
    assert (self && config);
    uint32_t at = book_client (&self->book, config->client_id, false);
    bool fresh = at == NONE;
    if (fresh && (config->removed || (!config->active && !config->settle)))
        return;
    if (fresh)
        at = book_client (&self->book, config->client_id, true);
    if (at == NONE) {
        report_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, config->client_id,
            "the shard is full: this client is not copied (raise MAX_CLIENTS)");
        return;
    }
    client_t *client = &self->book.clients[at];
    if (!fresh && release_lapsed (self))
        release_begin (self, at);
    if (client->releasing)
        return; /*  sent again when it is released */
    client->epoch = config->epoch;
    client->settle = config->settle && !config->active;
    if (!fresh && client->revision == config->revision)
        return;
    bool was_active = client->active;
    adopt (client, config);
    if (client->active || fresh) {
        effects_open_account (self->effects, at, config->client_id, config->sealed, config->sealed_size);
        accounts_succeeded (self, at); /*  new keys deserve a new try */
    }
    if (client->active && !was_active) {
        client->generation++; /*  reads asked for before mean nothing */
        client->account_asked = client->positions_asked = client->scheduled = false;
        client->equity_known = client->positions_known = client->recheck = false;
        client->since_ns = self->now_ns;
        schedule (self, at, self->now_ns + WARM_STAGGER_NS * at);
    } else if (client->active) {
        client->account_asked = false; /*  with the keys before: these may not work, which is told now */
        accounts_recheck (self, at, self->now_ns + WARM_STAGGER_NS * at);
    } else {
        wake_lanes (self, at);
        accounts_idle (self, at);
    }
}

/*  Something of it is still to be decided, or to be looked for once more. */
static bool unsettled (executor_t *self, uint32_t client)
{
    const book_t *book = &self->book;
    const client_t *entry = &book->clients[client];
    bool open = entry->settle;
    for (uint32_t at = entry->first_lane; at != NONE && !open; at = book->lanes[at].next_of_client)
        open = book->lanes[at].first_pending != NONE;
    for (uint32_t at = 0; at < book->max_parents && !open; at++) {
        uint32_t copy = book->parents[at].used ? book_copy (&self->book, client, at, false) : NONE;
        open = copy != NONE && book->copies[copy].walked_ns < book->copies[copy].late_ns;
    }
    return open && !entry->removed;
}

void accounts_idle (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    if (!entry->used || entry->active || entry->busy > 0 || entry->releasing)
        return;
    if (unsettled (self, client)) {
        schedule (self, client, self->now_ns + SECOND_NS);
        return;
    }
    effects_close_account (self->effects, client);
    book_forget_client (&self->book, client);
}

static void ask (executor_t *self, uint32_t client, call_kind_t kind)
{
    const client_t *entry = &self->book.clients[client];
    broker_call_t call = {.kind = kind,
        .account = client,
        .token = token_make (TOKEN_CLIENT, entry->generation, client),
        .timeout_ns = self->config.request_timeout_ns};
    throttle_call (self, &call);
}

void accounts_read (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    bool known = entry->equity_known && entry->positions_known;
    int64_t at_ns = throttle_wait_ns (self, client,
        entry->hurry ? PACE_EXIT
        : known      ? PACE_LOOK
                     : PACE_ENTRY);
    if (at_ns > 0) {
        accounts_recheck (self, client, at_ns);
        return;
    }
    if (!entry->account_asked) {
        entry->account_asked = true;
        ask (self, client, CALL_ACCOUNT);
    }
    if (!entry->positions_asked && self->now_ns >= entry->since_ns + LIST_LAG_NS) {
        entry->positions_asked = true;
        entry->positions_stamp = self->book.stamp;
        entry->asked_at_ns = self->now_ns;
        ask (self, client, CALL_POSITIONS);
    }
}

void accounts_reread (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    entry->positions_known = false;
    entry->positions_asked = false;
    entry->hurry = true;
    entry->generation++; /*  answers under way were asked too early; the agenda's appointment is renewed */
    entry->account_asked = entry->scheduled = entry->recheck = false;
    accounts_on_due (self, client);
}

void accounts_on_due (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    entry->scheduled = false;
    if (!entry->active)
        accounts_idle (self, client);
    if (!entry->active || self->stopping)
        return;
    accounts_read (self, client);
    if (self->now_ns < entry->since_ns + LIST_LAG_NS) { /*  what an earlier life did last is in no list yet */
        schedule (self, client, entry->since_ns + LIST_LAG_NS);
        return;
    }
    int64_t pause_ns = warm (entry) ? self->config.refresh_ns : RETRY_READ_NS;
    if (entry->breaker.state != BREAKER_CLOSED && pause_ns < self->config.retry_max_ns)
        pause_ns = self->config.retry_max_ns; /*  the probe comes by its own appointment */
    schedule (self, client, self->now_ns + pause_ns + shard_jitter (self, pause_ns / 8));
}

void accounts_recheck (executor_t *self, uint32_t client, int64_t at_ns)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    entry->recheck_ns = at_ns;
    if (entry->recheck)
        return;
    entry->recheck = true;
    agenda_add (&self->agenda, at_ns, token_make (TOKEN_RECHECK, entry->generation, client));
}

void accounts_on_recheck (executor_t *self, uint32_t client)
{
    assert (self && client < self->book.max_clients);
    client_t *entry = &self->book.clients[client];
    entry->recheck = false;
    if (!entry->active || self->stopping)
        return;
    if (self->now_ns < entry->recheck_ns)
        accounts_recheck (self, client, entry->recheck_ns);
    else
        accounts_read (self, client);
}

static bool quiet (const lane_t *lane)
{
    return lane->unanswered == NONE && lane->working == 0;
}

void accounts_doubt (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    lane_t *entry = &self->book.lanes[lane];
    entry->doubtful = true;
    self->book.clients[entry->client].hurry = true;
    entry->changed_ns = self->now_ns;
    accounts_recheck (self, entry->client, self->now_ns + LIST_LAG_NS);
}

void accounts_quiet (executor_t *self, uint32_t lane)
{
    assert (self && lane < self->book.lane_count);
    const lane_t *entry = &self->book.lanes[lane];
    if (entry->missed && quiet (entry))
        accounts_recheck (self, entry->client, self->now_ns + LIST_LAG_NS);
}

/*  A snapshot is believed for a lane that our own orders have not moved since it was asked for, nor so shortly before
 *  that the list may not show it yet. */
static bool believable (const lane_t *lane, const client_t *client)
{
    return quiet (lane) && lane->stamp <= client->positions_stamp &&
           (lane->changed_ns == 0 || client->asked_at_ns >= lane->changed_ns + LIST_LAG_NS);
}

static void disbelieve (executor_t *self, lane_t *lane)
{
    lane->missed = true;
    if (quiet (lane))
        accounts_recheck (self, lane->client,
            (lane->changed_ns > self->now_ns - LIST_LAG_NS ? lane->changed_ns : self->now_ns - LIST_LAG_NS) +
                LIST_LAG_NS);
}

static void on_positions (executor_t *self, uint32_t client, const broker_answer_t *answer)
{
    book_t *book = &self->book;
    client_t *entry = &book->clients[client];
    for (uint32_t at = entry->first_lane; at != NONE; at = book->lanes[at].next_of_client) {
        if (believable (&book->lanes[at], entry))
            book->lanes[at].holding_e9 = 0;
        else
            disbelieve (self, &book->lanes[at]);
    }
    for (size_t at = 0; at < answer->count; at++) {
        uint32_t symbol = book_symbol (book, answer->positions[at].symbol);
        uint32_t lane = symbol == NONE ? NONE : book_lane (book, client, symbol);
        if (lane != NONE && believable (&book->lanes[lane], entry))
            book->lanes[lane].holding_e9 = answer->positions[at].qty_e9;
    }
    entry->positions_known = true;
    entry->hurry = false;
    for (uint32_t at = entry->first_lane; at != NONE; at = book->lanes[at].next_of_client) {
        if (!believable (&book->lanes[at], entry))
            continue;
        bool doubted = book->lanes[at].doubtful;
        book->lanes[at].missed = book->lanes[at].doubtful = false;
        book->lanes[at].shown_ns = entry->asked_at_ns;
        if (doubted)
            orders_advance (self, at);
    }
}

void accounts_on_answer (executor_t *self, uint32_t client, const broker_answer_t *answer)
{
    assert (self && client < self->book.max_clients && answer);
    client_t *entry = &self->book.clients[client];
    bool was_warm = warm (entry);
    if (answer->call == CALL_ACCOUNT)
        entry->account_asked = false;
    else
        entry->positions_asked = false;
    accounts_judge_read (self, client, answer);
    if (answer->kind != ANSWER_OK) { /*  asked again when due */
        if (answer->call == CALL_POSITIONS)
            accounts_recheck (self, client, self->now_ns + RETRY_READ_NS);
        return;
    }
    if (answer->call == CALL_POSITIONS) {
        on_positions (self, client, answer);
    } else {
        entry->equity_e9 = answer->account_state.equity_e9;
        entry->equity_known = true;
    }
    if (warm (entry) && !was_warm)
        wake_lanes (self, client);
}

void accounts_on_asset (executor_t *self, uint32_t symbol, const broker_answer_t *answer)
{
    assert (self && symbol < self->book.symbol_count && answer);
    if (answer->kind == ANSWER_OK)
        self->book.symbols[symbol].whole_only = !answer->asset.fractionable;
    else if (answer->kind != ANSWER_NOT_FOUND)
        self->book.symbols[symbol].asked = false;
}
