/*  executor.c: the step of a shard.
 *
 *  | event                  | what it does                                                                        |
 *  | START                  | shard.ready, beats                                                                   |
 *  | client.config          | clients come, change, go (accounts.c)                                                |
 *  | shard.lease            | orders may begin until it ends (lease.c)                                             |
 *  | copy.command           | one pass over the clients: each copy decides and sends (decide.c, orders.c), or is walked first (walk.c) |
 *  | copy.history           | what the audit knows of X (history.c)                                                |
 *  | BROKER_ANSWER          | to the slot, the client or the symbol that asked                                     |
 *  | TICK                   | whatever the agenda says is due                                                      |
 *  | client.release, assigned | clients that go to another shard (release.c)                                       |
 *  | STOP                   | its clients move; then nothing new is sent; ends when every order under way has its answer (release.c) |
 */
#include "actors/executor/shard.h"
#include "messages/fixed.h"
#include "messages/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define COPIES_PER_CLIENT 64
#define AHEAD 2 /*  clients: so far ahead of the one that is decided the memory of another is fetched */
#define FAIR UINT64_C (2654435769) /*  2^32 / the golden ratio: its multiples are spread evenly */
#define GENERATION_BITS 28
#define GENERATION_MASK ((UINT32_C (1) << GENERATION_BITS) - 1)

uint64_t token_make (token_kind_t kind, uint32_t generation, uint32_t number)
{
    return (uint64_t) kind << 60 | (uint64_t) (generation & GENERATION_MASK) << 32 | number;
}

token_kind_t token_kind (uint64_t token)
{
    return (token_kind_t) (token >> 60);
}

uint32_t token_number (uint64_t token)
{
    return (uint32_t) token;
}

bool token_lives (uint64_t token, uint32_t generation)
{
    return ((uint32_t) (token >> 32) & GENERATION_MASK) == (generation & GENERATION_MASK);
}

/*  splitmix64 (Vigna, public domain) */
int64_t shard_jitter (executor_t *self, int64_t ns)
{
    assert (self && ns >= 0);
    uint64_t mixed = self->random += UINT64_C (0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C (0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    return (int64_t) (mixed % ((uint64_t) ns + 1));
}

static uint32_t copies_for (const executor_config_t *config)
{
    return config->max_copies ? config->max_copies : config->max_clients * COPIES_PER_CLIENT;
}

executor_t *executor_new (const executor_config_t *config)
{
    assert (config && config->name && config->hash && config->max_clients > 0 && config->max_attempts > 0);
    executor_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    self->random = config->seed;
    self->walk_lane = NONE;
    TEXT_SET (self->name, config->name);
    self->config.name = self->name;
    if (self->config.retry_base_e9 == 0)
        self->config.retry_base_e9 = 2 * FIXED_ONE;
    if (self->config.doubted_age_ns == 0)
        self->config.doubted_age_ns = config->max_event_age_ns;
    self->rules = (decide_rules_t){.fractional = config->fractional,
        .min_order_e9 = config->min_order_e9,
        .min_notional_e9 = config->min_notional_e9,
        .max_event_age_ns = config->max_event_age_ns};
    gate_init (&self->gate, config->max_concurrent, config->batch_size, config->batch_pause_ns);
    bool ready = book_init (&self->book, config->max_clients, config->max_symbols, config->max_parents,
                     copies_for (config)) &&
                 agenda_init (&self->agenda, (size_t) self->book.max_slots * 3 + self->book.max_lanes +
                                                 (size_t) config->max_clients * 8 +
                                                 config->max_parents * (size_t) 4 + 64);
    if (!ready)
        executor_destroy (&self);
    return self;
}

void executor_destroy (executor_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    book_free (&(*self_p)->book);
    agenda_free (&(*self_p)->agenda);
    free (*self_p);
    *self_p = NULL;
}

size_t executor_effects_limit (const executor_config_t *config)
{
    assert (config);
    return (size_t) config->max_clients * 12 + 1024;
}

size_t executor_arena_limit (const executor_config_t *config)
{
    assert (config);
    return (size_t) config->max_clients * 4096 + ((size_t) 1 << 20);
}

static void send_ready (executor_t *self)
{
    self->scratch.kind = MSG_SHARD_READY;
    self->scratch.shard_ready = (shard_ready_t){.epoch = self->epoch, .weight = self->config.weight};
    TEXT_SET (self->scratch.shard_ready.shard, self->name);
    effects_send (self->effects, "dispatcher", &self->scratch);
}

/*  Whether the symbol trades in fractions is asked at first sight, beside the orders, not before them. */
static void ask_asset (executor_t *self, uint32_t symbol, uint32_t client)
{
    symbol_t *entry = &self->book.symbols[symbol];
    if (entry->asked)
        return;
    entry->asked = true;
    broker_call_t call = {.kind = CALL_ASSET,
        .account = client,
        .token = token_make (TOKEN_ASSET, 0, symbol),
        .timeout_ns = self->config.request_timeout_ns};
    TEXT_SET (call.key, entry->text);
    throttle_call (self, &call);
}

static void on_state (executor_t *self, uint32_t copy)
{
    const copy_t *entry = &self->book.copies[copy];
    bool done = entry->done_version == self->book.parents[entry->parent].version;
    if (done && !entry->redo && !entry->flip && !entry->walking) {
        if (entry->uncertain && !self->book.parents[entry->parent].history_open)
            history_ask (self, entry->parent);
        report_again (self, copy);
        return;
    }
    book_pend (&self->book, copy);
    bool stuck = entry->stuck_n > 0 && entry->stuck_version == self->book.parents[entry->parent].version;
    if (stuck && entry->done_version < entry->stuck_version)
        report_stuck (self, copy);
    orders_advance (self, entry->lane);
}

/*  What the master did before this client followed it is not copied, whenever we hear of it. */
static void note_joining (executor_t *self, uint32_t copy)
{
    copy_t *entry = &self->book.copies[copy];
    const parent_t *parent = &self->book.parents[entry->parent];
    int64_t since_ns = self->book.clients[entry->client].follow_since_ns;
    if (parent->trade.first_at_ns >= since_ns || DELIBERATE (JOINED_EARLY))
        return;
    step_t base;
    bool known = book_step_before (&self->book, entry->parent, since_ns, &base);
    if (!known && (entry->joined_late || entry->done_version > 0 || entry->first_slot != NONE))
        return;
    if (!known) /*  what of it came after the joining is not known: none */
        base = (step_t){.opened_e9 = parent->trade.opened_e9, .remaining_e18 = parent->trade.remaining_e18};
    entry->base_opened_e9 = base.opened_e9;
    entry->base_remaining_e18 = base.remaining_e18;
    entry->joined_late = true;
}

/*  The client's copy of a parent it has none of yet. -ERR_FULL: no room. */
static int begin_copy (executor_t *self, uint32_t client, uint32_t parent, bool walk)
{
    uint32_t at = book_copy (&self->book, client, parent, true);
    if (at == NONE)
        return -ERR_FULL;
    note_joining (self, at);
    if (walk)
        walk_begin (self, at);
    else
        on_state (self, at);
    return 0;
}

/*  walk: somebody may have acted on X for a client that has no copy of it here. */
static int fan_out (executor_t *self, uint32_t parent, bool walk)
{
    book_t *book = &self->book;
    self->visits++;
    for (uint32_t at = book->parents[parent].first_copy; at != NONE; at = book->copies[at].next_of_parent) {
        if (book->copies[at].client == NONE)
            continue;
        book->clients[book->copies[at].client].visit = self->visits;
        note_joining (self, at);
        on_state (self, at);
    }
    /*  another one is first each time, far from the one before: nobody is always last */
    uint64_t first = book->client_count > 0 ? (self->visits * FAIR >> 32) % book->client_count : 0;
    for (uint32_t n = 0; n < book->client_count; n++) {
        uint32_t at = (uint32_t) ((first + n) % book->client_count);
        const client_t *client = &book->clients[at];
        if (n + AHEAD < book->client_count)
            book_prefetch (
                book, (uint32_t) ((first + n + AHEAD) % book->client_count), book->parents[parent].symbol);
        bool follows = client->used && !client->releasing && (client->active || client->settle);
        if (!follows || client->visit == self->visits)
            continue;
        int rc = begin_copy (self, at, parent, walk || !client->active);
        if (rc)
            return rc;
        ask_asset (self, book->parents[parent].symbol, at);
    }
    return 0;
}

static int on_copy_command (executor_t *self, const copy_command_t *command)
{
    if (self->stopping)
        return 0; /*  repeated to whoever comes next */
    if (self->book.client_count == 0)
        return 0; /*  sent to the life before us: with our clients everything open comes again, in its order */
    uint32_t at = book_parent (&self->book, command->trade.x, true);
    uint32_t symbol = book_symbol (&self->book, command->trade.symbol);
    if (at == NONE || symbol == NONE) {
        report_alert (self, ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_CRITICAL, self->name,
            "no room for another master order or symbol: the command waits");
        return -ERR_FULL;
    }
    parent_t *parent = &self->book.parents[at];
    bool walk =
        command->walk || parent->version > 0; /*  known here: a client came from another shard since */
    lease_on_life (self, command->epoch, command->life);
    if (command->sequence > parent->sequence)
        parent->sequence = command->sequence;
    (void) book_take_state (&self->book, at, &command->trade, command->sequence);
    parent->symbol = symbol;
    self->book.pinned = at;
    int rc = fan_out (self, at, walk);
    for (uint32_t client = 0; client < self->book.client_count; client++)
        self->book.clients[client].settle = false;
    self->book.pinned = NONE;
    return rc;
}

static void on_answer (executor_t *self, const broker_answer_t *answer)
{
    uint32_t number = token_number (answer->token);
    throttle_answered (self, answer);
    switch (token_kind (answer->token)) {
    case TOKEN_SLOT:
        if (token_lives (answer->token, self->book.slots[number].generation))
            orders_on_answer (self, number, answer);
        break;
    case TOKEN_CLIENT:
        if (token_lives (answer->token, self->book.clients[number].generation))
            accounts_on_answer (self, number, answer);
        break;
    case TOKEN_ASSET: accounts_on_asset (self, number, answer); break;
    case TOKEN_OBSTACLE:
        if (token_lives (answer->token, self->book.slots[number].generation))
            obstacle_on_answer (self, number, answer);
        break;
    default: break; /*  a cancel's answer says nothing that following does not */
    }
}

static void on_due (executor_t *self, uint64_t token)
{
    uint32_t number = token_number (token);
    switch (token_kind (token)) {
    case TOKEN_SLOT:
        if (token_lives (token, self->book.slots[number].generation))
            orders_on_due (self, number);
        break;
    case TOKEN_CLIENT:
        if (token_lives (token, self->book.clients[number].generation))
            accounts_on_due (self, number);
        break;
    case TOKEN_RECHECK:
        if (token_lives (token, self->book.clients[number].generation))
            accounts_on_recheck (self, number);
        break;
    case TOKEN_PROBE: accounts_on_probe (self, number); break;
    case TOKEN_LANE:
        self->book.lanes[number].scheduled = false;
        orders_advance (self, number);
        break;
    case TOKEN_BEAT: lease_beat (self); break;
    case TOKEN_WALK: walk_on_due (self, number, token); break;
    case TOKEN_AGAIN: report_on_due (self, number, token); break;
    case TOKEN_HISTORY:
        if (token_lives (token, (uint32_t) self->book.parents[number].age))
            history_on_due (self, number);
        break;
    default: break;
    }
}

static void on_start (executor_t *self)
{
    send_ready (self);
    lease_beat (self);
}

/*  An epoch that is lower than one it knows is of a dispatcher that was followed by another. */
static int on_config (executor_t *self, const client_config_t *config)
{
    if (config->epoch > 0 && config->epoch < self->epoch)
        return -ERR_RANGE;
    if (config->epoch > self->epoch)
        self->epoch = config->epoch;
    accounts_on_config (self, config);
    return 0;
}

static int dispatch (executor_t *self, const event_t *event)
{
    switch (event->kind) {
    case EVENT_START: on_start (self); return 0;
    case EVENT_STOP: release_leave (self); return 0;
    case EVENT_TICK: return 0;
    case EVENT_BROKER_ANSWER: on_answer (self, event->answer); return 0;
    case MSG_COPY_COMMAND: return on_copy_command (self, &event->message->copy_command);
    case MSG_CLIENT_CONFIG: return on_config (self, &event->message->client_config);
    case MSG_SHARD_LEASE: return lease_on_message (self, &event->message->shard_lease);
    case MSG_COPY_HISTORY: return history_on_message (self, &event->message->copy_history);
    case MSG_BREAKER_CHANGED: accounts_on_breaker (self, &event->message->breaker_changed); return 0;
    case MSG_CLIENT_RELEASE: return release_on_message (self, &event->message->client_release);
    case MSG_SHARD_ASSIGNED: return release_on_assigned (self, &event->message->shard_assigned);
    case MSG_SHARD_DISMISSED: release_dismissed (self); return 0;
    default: return -ERR_UNEXPECTED;
    }
}

static void finish (executor_t *self, bool full)
{
    if (full)
        effects_wake (self->effects, self->now_ns);
    else
        throttle_drain (self);
    release_step (self);
    report_flush (self);
    if (self->leaving && self->now_ns >= self->leave_by_ns)
        release_dismissed (self); /*  nobody answers */
    if (self->leaving && !self->stopping)
        effects_wake (self->effects, self->leave_by_ns);
    if (self->stopping && !self->stopped && (self->unanswered == 0 || self->now_ns >= self->stop_by_ns)) {
        self->stopped = true;
        effects_stopped (self->effects);
    }
    effects_wake (self->effects, agenda_next_ns (&self->agenda));
}

int executor_step (executor_t *self, const event_t *event, effects_t *effects)
{
    assert (self && event && effects);
    self->effects = effects;
    self->repeats = 0;
    self->now_ns = event->now_ns;
    self->utc_ns = event->utc_ns;
    gate_step (&self->gate, self->now_ns);
    /*  A call for which the port has no room is answered before anything else happens: what is due as well would be refused
     *  like it, and each answer would bring more of them than it takes away. It waits for the next event. */
    bool full = event->kind == EVENT_BROKER_ANSWER && event->answer->kind == ANSWER_NOT_SENT;
    uint64_t token;
    for (uint32_t taken = 0; !full && taken < self->config.max_clients + 64;
         taken++) { /*  bounds the effects of one step */
        if (!agenda_take (&self->agenda, self->now_ns, &token))
            break;
        on_due (self, token);
    }
    int rc = dispatch (self, event);
    if (!full)
        walk_more (self);
    finish (self, full);
    self->effects = NULL;
    return rc;
}
