/*  history.c: the durable outcomes of X, asked of the audit (by way of the dispatcher) when a copy is to be walked, and
 *  put back into it: its rate, what is done (Q), how far its exit went, and the slots that an earlier life reported.
 *
 *  | state of X        | event                         | does                                     | next   |
 *  | closed            | a copy's walk begins          | history.request                          | open   |
 *  | open              | copy.history                  | its rows into the copies being walked    | open   |
 *  | open              | copy.history, last            | the walks go on                          | closed |
 *  | open              | 1 s without it                | history.request again, three in all; 20 s long when X closes something | open |
 *  | open              | then                          | the walks go on without it (uncertain)   | closed |
 *  | closed            | commanded again, a copy uncertain | history.request: rows that are not at their end, of orders that are not there, are ended | open |
 *
 *  The broker's answer by id wins over a row: only an order that a row knows at its end is not asked for.
 */
#include "actors/executor/shard.h"
#include "messages/fixed.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>

#define ASKS_MAX 3
#define ANSWER_NS SECOND_NS
#define EXIT_PATIENCE_NS                                                                                     \
    (20 * SECOND_NS)     /*  an exit that knows what was decided goes all the way; else not */
#define SLOTS_A_LEG 1000 /*  a row beyond is none of ours */

void history_ask (executor_t *self, uint32_t parent)
{
    assert (self && parent < self->book.max_parents);
    parent_t *entry = &self->book.parents[parent];
    if (!entry->history_open) {
        entry->history_asks = 0;
        entry->history_since_ns = self->now_ns;
    }
    entry->history_open = true;
    entry->history_asked_ns = self->now_ns;
    entry->history_asks++;
    self->scratch.kind = MSG_HISTORY_REQUEST;
    history_request_t *request = &self->scratch.history_request;
    memset (request, 0, sizeof *request);
    TEXT_SET (request->shard, self->name);
    TEXT_SET (request->x, entry->trade.x);
    effects_send (self->effects, "dispatcher", &self->scratch);
    agenda_add (
        &self->agenda, self->now_ns + ANSWER_NS, token_make (TOKEN_HISTORY, (uint32_t) entry->age, parent));
}

/*  `readable`: the rows that came are all there are. `known_since_ns`: none of an X that executed first later was deleted. */
static void close_history (executor_t *self, uint32_t parent, bool readable, int64_t known_since_ns)
{
    parent_t *entry = &self->book.parents[parent];
    bool kept = known_since_ns > 0 && entry->trade.first_at_ns > known_since_ns;
    entry->history_open = false;
    bool late = false;
    bool old = self->utc_ns - entry->trade.executed_at_ns > self->config.doubted_age_ns;
    for (uint32_t at = entry->first_copy, next; at != NONE; at = next) {
        copy_t *copy = &self->book.copies[at];
        next = copy->next_of_parent;
        if (!copy->walking || copy->history_done)
            continue;
        late |= copy->history_late;
        if (copy->history_late) { /*  it came from another shard since: the database was read before */
            copy->history_late = false;
            continue;
        }
        copy->history_done = true;
        copy->told_e9 = copy->done_e9;
        copy->uncertain = !readable || (old && !kept && !copy->told);
        walk_step (self, at);
    }
    if (late)
        history_ask (self, parent);
}

/*  The database is away, or slow: is it asked again? */
static bool patient (const executor_t *self, const parent_t *parent)
{
    bool exits = parent->trade.closed_e9 > 0 && self->now_ns - parent->history_since_ns < EXIT_PATIENCE_NS;
    return parent->history_asks < ASKS_MAX || exits;
}

void history_on_due (executor_t *self, uint32_t parent)
{
    assert (self && parent < self->book.max_parents);
    const parent_t *entry = &self->book.parents[parent];
    if (!entry->used || !entry->history_open || self->now_ns < entry->history_asked_ns + ANSWER_NS)
        return; /*  of a question before this one */
    if (patient (self, entry))
        history_ask (self, parent);
    else
        close_history (self, parent, false, 0);
}

/*  Reasons are kept as static texts. */
static const char *static_reason (const char *reason)
{
    static const char *const reasons[] = {"direction", "symbol_not_allowed", "symbol_denied",
        "opposite_position", "breaker_open", "inactive", "joined_later", "no_equity", "no_price",
        "out_of_range", "nothing_executed", "covered", "no_position", "below_minimum", "stale", "drift",
        "scaled_position", "account_unreadable", "market_closed", "superseded", "refused_before",
        "never_ordered", "remembered", "unanswered", "unmatched", "canceled", "not_found", "waits",
        "not_sent", ""};
    for (size_t at = 0; at < sizeof reasons / sizeof *reasons; at++)
        if (strcmp (reasons[at], reason) == 0)
            return reasons[at];
    return "earlier";
}

/*  The state of X that an outcome up to Q answers; 0 = one before those remembered. */
static uint32_t version_of (const executor_t *self, uint32_t copy, int64_t to_e9)
{
    uint32_t version = self->book.parents[self->book.copies[copy].parent].version;
    while (version > 0 && book_state (&self->book, copy, version)->qty_e9 > to_e9)
        version = version > STATES_MAX && book_state (&self->book, copy, version - 1) ==
                                              book_state (&self->book, copy, version)
                      ? 0
                      : version - 1;
    return version;
}

static uint32_t slot_of (const book_t *book, uint32_t copy, leg_t leg, int n)
{
    uint32_t at = book->copies[copy].first_slot;
    while (at != NONE && (book->slots[at].leg != leg || book->slots[at].n != n))
        at = book->slots[at].next;
    return at;
}

static bool taken (const outcome_t *row)
{
    return row->kind == OUTCOME_KIND_FILLED || row->kind == OUTCOME_KIND_ACCEPTED;
}

/*  Was to be tried again, or passed while it was asked for: what it was told for is not done. */
static bool undone (const outcome_t *row)
{
    return row->slot > 0 && !taken (row) && !row->final;
}

static void restore_slot (executor_t *self, uint32_t copy, const outcome_t *row)
{
    book_t *book = &self->book;
    leg_t leg = row->leg == OUTCOME_LEG_OPEN ? LEG_OPEN : LEG_CLOSE;
    uint32_t at = slot_of (book, copy, leg, (int) row->slot);
    if (at == NONE)
        at = book_slot (book, copy);
    if (at == NONE)
        return; /*  no room: the walk finds it by its id */
    slot_t *slot = &book->slots[at];
    bool buys = book->parents[book->copies[copy].parent].trade.side == TRADE_SIDE_BUY;
    slot->leg = leg;
    slot->n = (int) row->slot;
    slot->side = buys ? SIDE_BUY : SIDE_SELL;
    if (leg == LEG_OPEN)
        slot->intent = buys ? INTENT_BUY_TO_OPEN : INTENT_SELL_TO_OPEN;
    else
        slot->intent = buys ? INTENT_BUY_TO_CLOSE : INTENT_SELL_TO_CLOSE;
    slot->known = slot->recovered = true;
    slot->goes_on = row->kind == OUTCOME_KIND_FILLED && !row->final;
    slot->state = taken (row) && (row->final || slot->goes_on) ? SLOT_FINAL : SLOT_ASKING;
    slot->walking = slot->state == SLOT_ASKING;
    slot->retried = undone (row);
    slot->qty_e9 = row->qty_e9;
    slot->filled_e9 = row->filled_e9;
    slot->price_e9 = row->price_e9;
    slot->target_e9 = row->target_e9;
    slot->from_e9 = row->from_e9;
    slot->to_e9 = row->to_e9;
    slot->holding_e9 = row->holding_e9;
    slot->submitted_at_ns = row->submitted_at_ns;
    slot->answered_at_ns = row->answered_at_ns;
    slot->told = (int) row->kind;
    slot->told_code = row->code;
    slot->told_reason = static_reason (row->reason);
    slot->version = version_of (self, copy, row->to_e9);
    TEXT_SET (slot->order_id, row->order_id);
}

/*  The furthest exit that any row knows. */
static void restore_exit (copy_t *copy, const outcome_t *row)
{
    bool further =
        !copy->exit_decided || row->remaining_e18 < copy->exit_remaining_e18 ||
        (row->remaining_e18 == copy->exit_remaining_e18 && row->exit_target_e9 > copy->exit_target_e9);
    if (!row->exit_decided || !further)
        return;
    copy->exit_decided = true;
    copy->exit_target_e9 = copy->exit_carried_e9 = row->exit_target_e9;
    copy->exit_remaining_e18 = copy->exit_from_e18 = row->remaining_e18;
    copy->exit_basis_e9 = -1 - row->exit_target_e9; /*  equals no holding: taken anew at the next exit */
}

/*  X began before the client followed, and its state does not say what came after: its target was the rate times that. */
static void restore_joining (const executor_t *self, copy_t *copy, const outcome_t *row)
{
    const trade_t *trade = &self->book.parents[copy->parent].trade;
    step_t known;
    if (self->book.clients[copy->client].follow_since_ns <= trade->first_at_ns)
        return;
    if (row->exit_decided) /*  the exit goes on from the row, wherever it began */
        copy->base_remaining_e18 = INT64_C (1000000000000000000);
    if (book_step_before (
            &self->book, copy->parent, self->book.clients[copy->client].follow_since_ns, &known))
        return;
    int64_t after_e9 = 0;
    bool opened = row->leg == OUTCOME_LEG_OPEN && row->rate_num_e9 > 0;
    if (!opened && strcmp (row->reason, "joined_later") != 0)
        return;
    if (opened && fixed_mul_div (row->target_e9, row->rate_den_e9, row->rate_num_e9, ROUND_UP, &after_e9))
        return;
    int64_t base_e9 = row->to_e9 > after_e9 ? row->to_e9 - after_e9 : 0;
    base_e9 = base_e9 < trade->opened_e9 ? base_e9 : trade->opened_e9;
    if (!copy->joined_late || base_e9 < copy->base_opened_e9)
        copy->base_opened_e9 = base_e9;
    copy->joined_late = true;
}

/*  The dispatcher knows that it was answered up to there; the rows are gone. */
static void restore_remembered (copy_t *copy, const outcome_t *row)
{
    if (row->to_e9 <= copy->done_e9)
        return;
    copy->done_e9 = row->to_e9;
    copy->kind = row->kind;
    copy->code = 0;
    copy->reason = static_reason (row->reason);
    copy->remembered_e18 = row->remaining_e18;
    copy->remembered_e9 = row->to_e9;
    copy->remembered_exit = row->exit_decided;
}

static void restore (executor_t *self, uint32_t copy, const outcome_t *row)
{
    copy_t *entry = &self->book.copies[copy];
    if (row->kind == OUTCOME_KIND_ACCEPTED && strcmp (row->reason, "unmatched") == 0)
        return; /*  found by a life that could not say what it answers: found again */
    entry->told = true;
    if (row->slot == 0 && strcmp (row->reason, "remembered") == 0) {
        restore_remembered (entry, row);
        return;
    }
    if (row->rate_den_e9 > 0) {
        entry->rate = (rate_t){.num_e9 = row->rate_num_e9, .den_e9 = row->rate_den_e9};
        entry->rated_equity_e9 = row->client_equity_e9;
    }
    restore_exit (entry, row);
    bool slotted = row->slot > 0 && (row->leg == OUTCOME_LEG_OPEN || row->leg == OUTCOME_LEG_CLOSE) &&
                   row->slot < SLOTS_A_LEG;
    if (slotted)
        restore_slot (self, copy, row);
    bool unused = row->kind == OUTCOME_KIND_SKIPPED && strcmp (row->reason, "never_ordered") == 0;
    int64_t done_e9 = undone (row) || unused ? row->from_e9 : row->to_e9;
    if (done_e9 > entry->done_e9 || (done_e9 == entry->done_e9 && !slotted)) {
        entry->done_e9 = done_e9;
        entry->kind = row->kind;
        entry->code = row->code;
        entry->reason = slotted ? "" : static_reason (row->reason);
    }
    restore_joining (self, entry, row);
}

/*  It came too late for the walk: of an order that was told, and that the broker was asked for and does not have. */
static void end_row (executor_t *self, uint32_t copy, const outcome_t *row)
{
    const copy_t *entry = &self->book.copies[copy];
    bool looked = entry->walked_ns > 0 && entry->walked_ns >= entry->late_ns;
    if (row->final || row->slot <= 0 || row->slot >= SLOTS_A_LEG || row->leg == OUTCOME_LEG_NONE || !looked)
        return;
    leg_t leg = row->leg == OUTCOME_LEG_OPEN ? LEG_OPEN : LEG_CLOSE;
    if (slot_of (&self->book, copy, leg, (int) row->slot) == NONE && entry->stuck_n != row->slot)
        report_never_ordered (self, copy, row->leg, row->slot);
}

int history_on_message (executor_t *self, const copy_history_t *history)
{
    assert (self && history);
    uint32_t parent = book_parent (&self->book, history->x, false);
    if (parent == NONE || !self->book.parents[parent].history_open)
        return 0; /*  an answer to an earlier question, or to another life */
    for (size_t at = 0; at < history->outcomes_count; at++) {
        const outcome_t *row = &history->outcomes[at];
        uint32_t client = book_client (&self->book, row->client_id, false);
        uint32_t copy = client == NONE ? NONE : book_copy (&self->book, client, parent, false);
        if (copy == NONE)
            continue;
        const copy_t *entry = &self->book.copies[copy];
        if (entry->walking && !entry->history_done && !entry->history_late)
            restore (self, copy, row);
        else if (self->book.copies[copy].uncertain && !self->book.copies[copy].walking)
            end_row (self, copy, row);
    }
    if (!history->readable && patient (self, &self->book.parents[parent]))
        return 0; /*  asked again when it is due */
    if (history->last || !history->readable)
        close_history (self, parent, history->readable, history->known_since_ns);
    return 0;
}
