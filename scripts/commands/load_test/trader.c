/*  trader.c: what the master sends, and when it goes on. */
#include "scripts/commands/load_test/trader.h"

#include "messages/fixed.h"
#include "scripts/commands/load_test/history_read.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define FILL_TIMEOUT_MS 15000
#define COPY_TIMEOUT_MS 60000
#define LOOK_MS 10
#define PART_DELAY_MS 20

int trader_pause (trader_t *self, int ms, problem_t *problem)
{
    assert (self);
    watch_for (self->watch, ms);
    board_draw (self->board, self->watch, false);
    if (*self->stop)
        return problem_set (problem, ERR_UNEXPECTED, "load-test", "interrupted");
    bool alive = child_runs (self->simulator, problem) && child_runs (self->copier, problem);
    return alive ? 0 : -ERR_UNEXPECTED;
}

int trader_prices (trader_t *self, problem_t *problem)
{
    assert (self);
    json_t *body = json_object ();
    for (size_t i = 0; i < PLAN_SYMBOLS; i++)
        (void) json_object_set_new (body, plan_symbols[i].symbol, json_integer (plan_symbols[i].price_usd));
    (void) json_object_set_new (body, "walk", json_false ());
    int rc = pit_call (self->pit, "POST", "/control/prices", body, NULL, problem);
    json_decref (body);
    return rc;
}

/*  The next order of the master fills in these parts; of a deal that is cancelled only the first. */
static int set_script (trader_t *self, const deal_t *deal, problem_t *problem)
{
    json_t *parts = json_array ();
    size_t count = deal->kind == DEAL_LIMIT_CANCEL ? 1 : deal->parts_count;
    for (size_t i = 0; i < count; i++) {
        char qty[16];
        (void) snprintf (qty, sizeof qty, "%d", deal->parts[i]);
        (void) json_array_append_new (
            parts, json_pack ("{s:s,s:i}", "qty", qty, "delay_ms", i ? PART_DELAY_MS : 9));
    }
    json_t *body = json_pack ("{s:s,s:o}", "account", EVIDENCE_MASTER, "fill_script", parts);
    int rc = pit_call (self->pit, "POST", "/control/faults", body, NULL, problem);
    json_decref (body);
    return rc;
}

static void put_cents (json_t *body, const char *name, int cents)
{
    char text[32];
    (void) snprintf (text, sizeof text, "%d.%02d", cents / 100, cents % 100);
    (void) json_object_set_new (body, name, json_string (text));
}

/*  Through the spread for a fill; a replaced order begins far below. */
static int limit_cents (const deal_t *deal, bool fills)
{
    int cents = plan_symbols[deal->symbol].price_usd * 100;
    return !fills ? cents / 2 : deal->buys ? cents + cents / 50 : cents - cents / 50;
}

static int take_id (json_t *answer, char id[40], problem_t *problem)
{
    const char *text = json_string_value (json_object_get (answer, "id"));
    (void) snprintf (id, 40, "%s", text ? text : "");
    json_decref (answer);
    return text ? 0 : problem_set (problem, ERR_SYNTAX, "/v2/orders", "the order has no id");
}

static int send_order (trader_t *self, const deal_t *deal, char id[40], problem_t *problem)
{
    bool limit =
        deal->kind == DEAL_LIMIT_PARTS || deal->kind == DEAL_LIMIT_CANCEL || deal->kind == DEAL_REPLACE;
    char qty[16];
    json_t *answer = NULL;
    (void) snprintf (qty, sizeof qty, "%d", deal->shares);
    json_t *body = json_pack ("{s:s,s:s,s:s,s:s,s:s}", "symbol", plan_symbols[deal->symbol].symbol, "side",
        deal->buys ? "buy" : "sell", "type", limit ? "limit" : "market", "time_in_force", "day", "qty", qty);
    if (limit)
        put_cents (body, "limit_price", limit_cents (deal, deal->kind != DEAL_REPLACE));
    int rc = pit_call (self->pit, "POST", "/v2/orders", body, &answer, problem);
    json_decref (body);
    return rc ? rc : take_id (answer, id, problem);
}

static bool ended (const char *status)
{
    static const char *const ends[] = {"filled", "canceled", "expired", "rejected", "replaced"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp (status, ends[i]) == 0)
            return true;
    return false;
}

/*  Reads the order; true when it is where we wait for it. */
typedef enum { UNTIL_NEW, UNTIL_PART, UNTIL_END } until_t;

static bool arrived (const broker_order_t *order, until_t until)
{
    switch (until) {
    case UNTIL_NEW: return strcmp (order->status, "new") == 0;
    case UNTIL_PART: return order->filled_e9 > 0;
    case UNTIL_END: return ended (order->status);
    default: return false;
    }
}

static int look (
    trader_t *self, const char *id, until_t until, bool *there_p, int64_t *filled_e9_p, problem_t *problem)
{
    broker_history_t history = {0};
    int rc = history_read (&history, self->pit, EVIDENCE_MASTER, self->last_seq, problem);
    *there_p = false;
    for (size_t i = 0; i < history.count; i++) {
        if (strcmp (history.orders[i].id, id) != 0)
            continue;
        *there_p = arrived (&history.orders[i], until);
        *filled_e9_p = history.orders[i].filled_e9;
        if (*there_p && until == UNTIL_END)
            self->last_seq = history.orders[i].seq;
    }
    evidence_t owner = {.history = history};
    evidence_free (&owner);
    return rc;
}

static int wait_for (trader_t *self, const char *id, until_t until, int64_t *filled_e9_p, problem_t *problem)
{
    bool there = false;
    for (int waited_ms = 0; waited_ms < FILL_TIMEOUT_MS; waited_ms += LOOK_MS) {
        int rc = look (self, id, until, &there, filled_e9_p, problem);
        if (rc == 0 && !there)
            rc = trader_pause (self, LOOK_MS, problem);
        if (rc || there)
            return rc;
    }
    return problem_set (
        problem, ERR_TIMEOUT, "simulator", "the master's order %s did not come to its end", id);
}

static int cancel (trader_t *self, const char *id, problem_t *problem)
{
    char path[80];
    int64_t filled_e9 = 0;
    int rc = wait_for (self, id, UNTIL_PART, &filled_e9, problem);
    (void) snprintf (path, sizeof path, "/v2/orders/%s", id);
    return rc ? rc : pit_call (self->pit, "DELETE", path, NULL, NULL, problem);
}

/*  id becomes the replacement's. */
static int replace (trader_t *self, const deal_t *deal, char id[40], problem_t *problem)
{
    char path[80];
    int64_t filled_e9 = 0;
    json_t *answer = NULL;
    int rc = wait_for (self, id, UNTIL_NEW, &filled_e9, problem);
    if (rc)
        return rc;
    json_t *body = json_object ();
    put_cents (body, "limit_price", limit_cents (deal, true));
    (void) snprintf (path, sizeof path, "/v2/orders/%s", id);
    rc = pit_call (self->pit, "PATCH", path, body, &answer, problem);
    json_decref (body);
    return rc ? rc : take_id (answer, id, problem);
}

static bool copied (const trader_t *self, const board_row_t *row)
{
    const watch_trade_t *trade = watch_trade (self->watch, row->x);
    return trade && row->q_e9 >= 0 && trade->closed_q_e9 >= row->q_e9;
}

static int wait_copied (trader_t *self, const board_row_t *row, problem_t *problem)
{
    for (int waited_ms = 0; waited_ms < COPY_TIMEOUT_MS; waited_ms += LOOK_MS) {
        if (copied (self, row))
            return 0;
        int rc = trader_pause (self, LOOK_MS, problem);
        if (rc)
            return rc;
    }
    const watch_trade_t *trade = watch_trade (self->watch, row->x);
    return problem_set (problem, ERR_TIMEOUT, "copier",
        "%s (%s) was not copied within %d s: %zu of %zu clients%s%s", row->x, row->text,
        COPY_TIMEOUT_MS / 1000, trade ? trade->copied_count : 0, self->board->clients,
        watch_alerts (self->watch) ? "; last alert: " : "", watch_last_alert (self->watch));
}

int trader_trade (trader_t *self, problem_t *problem)
{
    assert (self);
    deal_t deal = plan_next (&self->plan);
    board_row_t *row = board_begin (self->board, &deal);
    char id[40];
    int rc = deal.parts_count ? set_script (self, &deal, problem) : 0;
    if (rc == 0)
        rc = send_order (self, &deal, id, problem);
    if (rc)
        return rc;
    (void) snprintf (row->x, sizeof row->x, "%s", id);
    if (deal.kind == DEAL_LIMIT_CANCEL)
        rc = cancel (self, id, problem);
    else if (deal.kind == DEAL_REPLACE)
        rc = replace (self, &deal, id, problem);
    int64_t filled_e9 = 0;
    if (rc == 0)
        rc = wait_for (self, id, UNTIL_END, &filled_e9, problem);
    row->q_e9 = filled_e9;
    return rc == 0 && deal.wait ? wait_copied (self, row, problem) : rc;
}

int trader_settle (trader_t *self, problem_t *problem)
{
    assert (self);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < self->board->rows_count; i++)
        rc = wait_copied (self, &self->board->rows[i], problem);
    watch_beats_t beats = watch_beats (self->watch);
    uint64_t enough = beats.beats + 2 * beats.shards;
    for (int waited_ms = 0; rc == 0; waited_ms += LOOK_MS) {
        rc = trader_pause (self, LOOK_MS, problem);
        beats = watch_beats (self->watch);
        if (rc || (beats.beats >= enough && beats.under_way == 0))
            break;
        if (waited_ms >= COPY_TIMEOUT_MS)
            rc = problem_set (problem, ERR_TIMEOUT, "copier", "%llu copies did not come to their end",
                (unsigned long long) beats.under_way);
    }
    board_draw (self->board, self->watch, true);
    return rc;
}
