/*  store.c: the audit's storage: what is appended becomes durable with the commit, or not at all. */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    message_kind_t kind;
    size_t size;
} head_t;

static void clear (staged_t *self)
{
    self->used = 0;
}

void store_append (world_t *self, message_kind_t kind, const uint8_t *bytes, size_t size)
{
    staged_t *staged = &self->staged;
    size_t need = sizeof (head_t) + size;
    if (staged->used + need > staged->limit) {
        staged->limit = (staged->used + need) * 2;
        staged->bytes = realloc (staged->bytes, staged->limit);
        assert (staged->bytes);
    }
    head_t head = {.kind = kind, .size = size};
    memcpy (staged->bytes + staged->used, &head, sizeof head);
    memcpy (staged->bytes + staged->used + sizeof head, bytes, size);
    staged->used += need;
}

closing_t *store_closing (world_t *self, const char *x)
{
    for (size_t at = 0; at < self->closings_count; at++)
        if (strcmp (self->closings[at].x, x) == 0)
            return &self->closings[at];
    assert (self->closings_count < ORDERS_MAX);
    closing_t *closing = &self->closings[self->closings_count++];
    (void) snprintf (closing->x, sizeof closing->x, "%s", x);
    return closing;
}

static bool same_slot (const outcome_t *a, const outcome_t *b)
{
    bool answers =
        a->slot > 0 || (a->to_e9 == b->to_e9 && a->from_e9 == b->from_e9); /*  no order: one a range */
    return a->slot == b->slot && a->leg == b->leg && answers && strcmp (a->client_id, b->client_id) == 0 &&
           strcmp (a->x, b->x) == 0;
}

uint32_t store_client (const char *client_id)
{
    return (uint32_t) atoi (client_id + strlen ("client-")) % CLIENTS_MAX;
}

static void keep_range (ranges_t *kept, const range_t *range)
{
    for (size_t at = kept->count; at-- > 0;)
        if (kept->list[at].client == range->client && kept->list[at].from_e9 == range->from_e9 &&
            kept->list[at].to_e9 == range->to_e9 && strcmp (kept->list[at].x, range->x) == 0)
            return;
    if (kept->count == kept->limit) {
        kept->limit = kept->limit ? kept->limit * 2 : 256;
        kept->list = realloc (kept->list, kept->limit * sizeof *kept->list);
        assert (kept->list);
    }
    kept->list[kept->count++] = *range;
}

static void keep_latest (outcomes_t *kept, const outcome_t *outcome)
{
    for (size_t at = kept->count; at-- > 0;)
        if (same_slot (&kept->list[at], outcome)) {
            kept->list[at] = *outcome;
            return;
        }
    if (kept->count == kept->limit) {
        kept->limit = kept->limit ? kept->limit * 2 : 256;
        kept->list = realloc (kept->list, kept->limit * sizeof *kept->list);
        assert (kept->list);
    }
    kept->list[kept->count++] = *outcome;
}

/*  Of a client and an X more was told than became durable: what the dispatcher heard is what was told. */
static void keep_heard (world_t *self, const outcome_t *remembered)
{
    for (size_t at = 0; at < self->heard.count; at++) {
        const outcome_t *heard = &self->heard.list[at];
        if (strcmp (heard->client_id, remembered->client_id) == 0 && strcmp (heard->x, remembered->x) == 0)
            keep_latest (&self->told, heard);
    }
}

/*  As the database: the latest of (client, X, leg, slot), and the history. */
static void keep_outcome (world_t *self, const outcome_t *outcome)
{
    self->tally.outcomes[outcome->kind]++;
    promise_rate (self, outcome);
    reached_outcome (self->tally.reached, outcome);
    range_t range = {
        .client = store_client (outcome->client_id), .from_e9 = outcome->from_e9, .to_e9 = outcome->to_e9};
    memcpy (range.x, outcome->x, sizeof range.x);
    keep_range (&self->ranges, &range);
    keep_range (&self->durable, &range);
    keep_latest (&self->outcomes, outcome);
    if (strcmp (outcome->reason, "remembered") != 0) /*  says only that more was told before */
        keep_latest (&self->told, outcome);
    else
        keep_heard (self, outcome);
}

/*  What was acknowledged is not the database's to forget; what was durable with all its outcomes was closed, also when
 *  the dispatcher died before it said so and the listener no longer asks. */
static closing_t forgotten (const closing_t *closing)
{
    int64_t closed_e9 = closing->stored_e9 > closing->acked_e9 ? closing->stored_e9 : closing->acked_e9;
    closing_t left = {.acked_e9 = closed_e9};
    memcpy (left.x, closing->x, sizeof left.x);
    return left;
}

/*  Everything but the configuration is gone: marks, outcomes, cursor. What was told before stays told. */
void store_delete_progress (world_t *self)
{
    story (self, "PROGRESS DELETED");
    self->deletions++;
    self->deleted_at_ns = world_utc_ns (self);
    self->outcomes.count = 0;
    self->durable.count = 0;
    self->known_since_ns = 0;
    for (size_t at = 0; at < self->closings_count; at++)
        self->closings[at] = forgotten (&self->closings[at]);
}

/*  How far the outcomes of each client reach in X without a hole. */
static void cover (const world_t *self, const char *x, int64_t to_e9[CLIENTS_MAX])
{
    memset (to_e9, 0, CLIENTS_MAX * sizeof *to_e9);
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t at = 0; at < self->durable.count; at++) {
            const range_t *range = &self->durable.list[at];
            if (range->from_e9 > to_e9[range->client] || range->to_e9 <= to_e9[range->client] ||
                strcmp (range->x, x) != 0)
                continue;
            to_e9[range->client] = range->to_e9;
            grew = true;
        }
    }
}

/*  Clients of this completed replication whose outcomes are not there; one more when its state is not (storage/trail.c). */
static uint64_t missing (world_t *self, const replication_completed_t *completed)
{
    int64_t to_e9[CLIENTS_MAX];
    uint64_t answered = 0;
    if (completed->answered == 0)
        return 0;
    cover (self, completed->master_order_id, to_e9);
    for (uint32_t client = 0; client < self->follower_count; client++) {
        const follower_t *follower = &self->followers[client];
        bool still = follower->config.active || follower->config.follow_until_ns >= completed->first_at_ns;
        bool owes = still && follower->config.follow_since_ns <= completed->executed_at_ns;
        answered += owes && to_e9[client] >= completed->qty_e9;
    }
    bool known = store_closing (self, completed->master_order_id)->state.qty_e9 >= completed->qty_e9;
    return (answered < completed->answered ? completed->answered - answered : 0) + !known;
}

static void make_durable (world_t *self, const message_t *message)
{
    if (message->kind == MSG_MASTER_ORDER) {
        const trade_t *trade = &message->master_order.trade;
        trade_t *state = &store_closing (self, trade->x)->state;
        bool same = trade->qty_e9 == state->qty_e9 && trade->final == state->final;
        bool newer =
            trade->qty_e9 > state->qty_e9 || (trade->qty_e9 == state->qty_e9 && trade->final > state->final);
        if (newer || (same && trade->steps_count > state->steps_count))
            *state = *trade;
        store_closing (self, trade->x)->stored_at_ns = world_utc_ns (self);
        if (self->known_since_ns == 0)
            self->known_since_ns = world_utc_ns (self);
    }
    if (message->kind == MSG_COPY_RESULT)
        for (size_t at = 0; at < message->copy_result.outcomes_count; at++)
            keep_outcome (self, &message->copy_result.outcomes[at]);
    if (message->kind == MSG_REPLICATION_COMPLETED) {
        const replication_completed_t *completed = &message->replication_completed;
        closing_t *closing = store_closing (self, completed->master_order_id);
        range_t range = {.from_e9 = (int64_t) completed->sequence, .to_e9 = completed->qty_e9};
        memcpy (range.x, completed->master_order_id, sizeof range.x);
        keep_range (&self->replications, &range);
        closing->final = completed->final || (closing->final && completed->qty_e9 <= closing->stored_e9);
        if (completed->executed_at_ns > closing->executed_at_ns)
            closing->executed_at_ns = completed->executed_at_ns;
        if (completed->qty_e9 > closing->stored_e9)
            closing->stored_e9 = completed->qty_e9;
        closing->stored_at_ns = world_utc_ns (self);
    }
}

void store_commit (world_t *self, uint64_t token)
{
    dice_t *chance = &self->chance;
    staged_t staged = self->staged;
    self->staged = self->committing; /*  its memory is used again */
    self->committing = staged;
    clear (&self->staged);
    int64_t delay_ns = dice_between (chance, MS_NS / 5, 8 * MS_NS);
    if (faults_strike (&self->faults, FAULT_COMMIT_SLOW, chance))
        delay_ns = dice_between (chance, 10 * MS_NS, 2 * SEC_NS);
    due_put (&self->due, (due_t){.at_ns = self->now_ns + delay_ns,
                             .kind = DUE_COMMIT,
                             .actor = ACTOR_AUDIT,
                             .life = self->nodes[ACTOR_AUDIT].life,
                             .number = token});
}

typedef struct {
    uint64_t sequence[256];
    uint64_t missing[256];
    size_t count;
} incomplete_t;

static void note_incomplete (incomplete_t *self, uint64_t sequence, uint64_t missing_count)
{
    assert (self->count < sizeof self->sequence / sizeof *self->sequence);
    self->sequence[self->count] = sequence;
    self->missing[self->count++] = missing_count;
}

/*  A commit under way when the audit died is rolled back: its life is over before this is due. */
void store_commit_due (world_t *self, const due_t *due)
{
    event_t event = {.kind = EVENT_STORED, .token = due->number};
    uint32_t life = self->nodes[ACTOR_AUDIT].life;
    incomplete_t incomplete = {.count = 0};
    if (faults_strike (&self->faults, FAULT_COMMIT_FAILED, &self->chance)) {
        self->tally.reached[REACHED_COMMIT_FAILED]++;
        event.kind = EVENT_STORE_FAILED;
        story (self, "store: the commit FAILED");
    } else {
        static message_t message;
        self->tally.reached[REACHED_COMMITTED]++;
        for (size_t at = 0; at < self->committing.used;) {
            head_t head;
            memcpy (&head, self->committing.bytes + at, sizeof head);
            int rc = message_decode (
                head.kind, self->committing.bytes + at + sizeof head, head.size, &message, NULL);
            assert (rc == 0);
            uint64_t lacks = message.kind == MSG_REPLICATION_COMPLETED
                                 ? missing (self, &message.replication_completed)
                                 : 0;
            if (lacks == 0)
                make_durable (self, &message);
            else
                note_incomplete (&incomplete, message.replication_completed.sequence, lacks);
            at += sizeof head + head.size;
        }
    }
    clear (&self->committing);
    for (size_t at = 0; at < incomplete.count && self->nodes[ACTOR_AUDIT].life == life; at++) {
        event_t lacking = {
            .kind = EVENT_INCOMPLETE, .token = incomplete.sequence[at], .count = incomplete.missing[at]};
        node_event (self, ACTOR_AUDIT, &lacking);
    }
    if (self->nodes[ACTOR_AUDIT].life == life)
        node_event (self, ACTOR_AUDIT, &event);
}

static void load_master (world_t *self, const char *to)
{
    self->scratch.kind = MSG_MASTER_CONFIG;
    self->scratch.master_config = (master_config_t){.sealed = {1}, .sealed_size = 1, .revision = 1};
    (void) snprintf (
        self->scratch.master_config.master_id, sizeof self->scratch.master_config.master_id, "%s", MASTER_ID);
    node_send_message (self, ACTOR_AUDIT, to, &self->scratch);
}

/*  When the oldest was stored; 0 = there is none. */
static int64_t load_marks (world_t *self, const char *to)
{
    int64_t known_since_ns = 0;
    for (size_t at = 0; at < self->closings_count; at++) {
        const closing_t *closing = &self->closings[at];
        if (closing->state.first_at_ns == 0)
            continue;
        if (known_since_ns == 0 || closing->stored_at_ns < known_since_ns)
            known_since_ns = closing->stored_at_ns;
        self->scratch.kind = MSG_STATE_MARK;
        self->scratch.state_mark = (state_mark_t){.qty_e9 = closing->stored_e9,
            .final = closing->final,
            .first_at_ns = closing->state.first_at_ns,
            .executed_at_ns = closing->executed_at_ns};
        (void) snprintf (
            self->scratch.state_mark.master_id, sizeof self->scratch.state_mark.master_id, "%s", MASTER_ID);
        (void) snprintf (
            self->scratch.state_mark.x, sizeof self->scratch.state_mark.x, "%s", self->closings[at].x);
        if (closing->stored_e9 > 0) /*  from the replication's row */
            (void) snprintf (self->scratch.state_mark.symbol, sizeof self->scratch.state_mark.symbol, "%s",
                closing->state.symbol);
        node_send_message (self, ACTOR_AUDIT, to, &self->scratch);
    }
    return known_since_ns;
}

static bool working (const outcome_t *outcome)
{
    return !outcome->final && outcome->slot > 0; /*  whatever it says */
}

/*  Not the latest word on an X without an order: the database keeps one row for it. */
static bool outdated (const world_t *self, size_t at)
{
    const outcome_t *outcome = &self->outcomes.list[at];
    for (size_t later = at + 1; later < self->outcomes.count && outcome->slot == 0; later++) {
        const outcome_t *other = &self->outcomes.list[later];
        if (other->slot == 0 && other->leg == outcome->leg && strcmp (other->x, outcome->x) == 0 &&
            strcmp (other->client_id, outcome->client_id) == 0)
            return true;
    }
    return false;
}

static size_t send_history (world_t *self, const char *shard, const char *x, bool only_working)
{
    static message_t message;
    copy_history_t *history = &message.copy_history;
    size_t sent = 0;
    message = (message_t){.kind = MSG_COPY_HISTORY};
    (void) snprintf (history->shard, sizeof history->shard, "%s", shard);
    (void) snprintf (history->x, sizeof history->x, "%s", x);
    history->readable = true;
    history->known_since_ns = self->known_since_ns;
    for (size_t at = 0; at < self->outcomes.count; at++) {
        const outcome_t *outcome = &self->outcomes.list[at];
        if (strcmp (outcome->x, x) != 0 || outdated (self, at) || (only_working && !working (outcome)))
            continue;
        history->outcomes[history->outcomes_count++] = *outcome;
        sent++;
        if (history->outcomes_count < sizeof history->outcomes / sizeof *history->outcomes)
            continue;
        node_send_message (self, ACTOR_AUDIT, "dispatcher", &message);
        history->outcomes_count = 0;
    }
    history->last = true;
    if (sent > 0 || !only_working)
        node_send_message (self, ACTOR_AUDIT, "dispatcher", &message);
    return sent;
}

void store_history (world_t *self, const char *shard, const char *x)
{
    (void) send_history (self, shard, x, false);
}

/*  The orders of an X that still work come after its state. */
void store_working (world_t *self)
{
    for (size_t at = 0; at < self->closings_count; at++) {
        const closing_t *closing = &self->closings[at];
        bool any = false;
        for (size_t n = 0; n < self->outcomes.count && !any; n++)
            any = strcmp (self->outcomes.list[n].x, closing->x) == 0 && working (&self->outcomes.list[n]);
        if (!any || closing->state.first_at_ns == 0)
            continue;
        self->scratch.kind = MSG_MASTER_ORDER;
        self->scratch.master_order.trade = closing->state;
        node_send_message (self, ACTOR_AUDIT, "dispatcher", &self->scratch);
        (void) send_history (self, "", closing->x, true);
    }
}

/*  As actors/host/port_audit.c. */
void store_load (world_t *self, const char *to, uint64_t have_revision)
{
    uint64_t clients = 0;
    int64_t known_since_ns = 0;
    if (have_revision != 0 && self->revision == have_revision)
        return;
    if (have_revision < 1)
        load_master (self, to);
    for (uint32_t at = 0; at < self->follower_count; at++) {
        if (!self->followers[at].joined)
            continue;
        clients++;
        if (self->followers[at].config.revision <= have_revision)
            continue;
        self->scratch.kind = MSG_CLIENT_CONFIG;
        self->scratch.client_config = self->followers[at].config;
        node_send_message (self, ACTOR_AUDIT, to, &self->scratch);
    }
    if (have_revision == 0) {
        known_since_ns = load_marks (self, to);
        store_working (self);
    }
    self->scratch.kind = MSG_CONFIG_LOADED;
    self->scratch.config_loaded =
        (config_loaded_t){.revision = self->revision, .clients = clients, .known_since_ns = known_since_ns};
    node_send_message (self, ACTOR_AUDIT, to, &self->scratch);
}

void store_heard (world_t *self, const copy_result_t *result)
{
    for (size_t at = 0; at < result->outcomes_count; at++)
        if (result->outcomes[at].slot == 0 && strcmp (result->outcomes[at].reason, "remembered") != 0)
            keep_latest (&self->heard, &result->outcomes[at]);
}

void store_crashed (world_t *self)
{
    clear (&self->staged);
    clear (&self->committing);
}

void store_free (world_t *self)
{
    free (self->staged.bytes);
    free (self->committing.bytes);
    free (self->outcomes.list);
    free (self->told.list);
    free (self->heard.list);
    free (self->ranges.list);
    free (self->durable.list);
    free (self->replications.list);
}
