/*  checker.c: client by client, the master's orders in their order; what a client holds comes from its own fills at
 *  the broker. */
#include "scripts/commands/load_test/checker_parts.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_AT 4 /*  behind "tc1-" */
#define SLOT_MAX 1000000

typedef struct {
    evidence_t *evidence;
    check_result_t *result;
    const master_trades_t *trades;
    const follower_t *follower;
    const broker_order_t *orders; /*  of this client, oldest first */
    size_t orders_count;
    bool *known; /*  by order: belongs to some X */
    const audit_outcome_t *outcomes;
    size_t outcomes_count;
} client_check_t;

const char *finding_kind_text (finding_kind_t kind)
{
    static const char *const texts[] = {"lost", "doubled", "wrong"};
    assert ((unsigned) kind < FINDING_KINDS);
    return texts[kind];
}

void check_report (check_result_t *result, finding_kind_t kind, const char *format, ...)
{
    assert (result && format);
    result->counts[kind]++;
    if (result->findings_count == FINDINGS_MAX)
        return;
    finding_t *finding = &result->findings[result->findings_count++];
    finding->kind = kind;
    va_list arguments;
    va_start (arguments, format);
    (void) vsnprintf (finding->text, sizeof finding->text, format, arguments);
    va_end (arguments);
}

void check_slot_tag (const char *master_id, const char *x, const char *client_id, char tag[SLOT_TAG_MAX])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char digest[16];
    crypto_generichash_state state;
    (void) crypto_generichash_init (&state, NULL, 0, sizeof digest);
    (void) crypto_generichash_update (&state, (const unsigned char *) master_id, strlen (master_id) + 1);
    (void) crypto_generichash_update (&state, (const unsigned char *) x, strlen (x) + 1);
    (void) crypto_generichash_update (&state, (const unsigned char *) client_id, strlen (client_id) + 1);
    (void) crypto_generichash_final (&state, digest, sizeof digest);
    for (size_t i = 0; i < SLOT_TAG_MAX - 1; i++) {
        size_t bit = i * 5;
        unsigned two =
            (unsigned) digest[bit / 8] << 8 | (bit / 8 + 1 < sizeof digest ? digest[bit / 8 + 1] : 0u);
        tag[i] = digits[two >> (11 - bit % 8) & 31u];
    }
    tag[SLOT_TAG_MAX - 1] = '\0';
}

/*  "tc1-<tag>-<leg><n>": n, or 0 when it is not of this tag and leg. */
static long slot_of (const char *client_order_id, const char *tag, char leg)
{
    size_t size = strlen (tag);
    if (strncmp (client_order_id, "tc1-", TAG_AT) != 0 || strncmp (client_order_id + TAG_AT, tag, size) != 0)
        return 0;
    const char *at = client_order_id + TAG_AT + size;
    if (at[0] != '-' || at[1] != leg || at[2] < '1' || at[2] > '9')
        return 0;
    char *end = NULL;
    long n = strtol (at + 2, &end, 10);
    return *end == '\0' && n <= SLOT_MAX ? n : 0;
}

static void find_leg (client_check_t *self, const char *tag, char leg, leg_orders_t *found)
{
    found->count = 0;
    for (size_t i = 0; i < self->orders_count && found->count < LEG_ORDERS_MAX; i++) {
        long n = slot_of (self->orders[i].client_order_id, tag, leg);
        if (n == 0)
            continue;
        self->known[i] = true;
        found->orders[found->count] = &self->orders[i];
        found->slots[found->count++] = n;
    }
}

/*  The client's position in the symbol by the fills of its orders for the master's orders before this one. */
static int64_t held_before (client_check_t *self, size_t trade)
{
    int64_t held_e9 = 0;
    char tag[SLOT_TAG_MAX];
    for (size_t i = 0; i < trade; i++) {
        if (strcmp (self->trades->trades[i].symbol, self->trades->trades[trade].symbol) != 0)
            continue;
        check_slot_tag (self->evidence->master_id, self->trades->trades[i].x, self->follower->id, tag);
        for (size_t n = 0; n < self->orders_count; n++) {
            const broker_order_t *order = &self->orders[n];
            if (strncmp (order->client_order_id, "tc1-", TAG_AT) == 0 &&
                strncmp (order->client_order_id + TAG_AT, tag, SLOT_TAG_MAX - 1) == 0)
                held_e9 += order->buys ? order->filled_e9 : -order->filled_e9;
        }
    }
    return held_e9;
}

static bool is_whole_only (const evidence_t *evidence, const char *symbol)
{
    for (size_t i = 0; i < evidence->whole_only_count; i++)
        if (strcmp (evidence->whole_only[i], symbol) == 0)
            return true;
    return false;
}

static size_t found_in_all (const check_result_t *result)
{
    return result->counts[FINDING_LOST] + result->counts[FINDING_DOUBLED] + result->counts[FINDING_WRONG];
}

static void outcomes_for (const client_check_t *self, const char *x, copy_check_t *check)
{
    size_t from = 0;
    while (from < self->outcomes_count && strcmp (self->outcomes[from].x, x) != 0)
        from++;
    size_t end = from;
    while (end < self->outcomes_count && strcmp (self->outcomes[end].x, x) == 0)
        end++;
    check->outcomes = self->outcomes + from;
    check->outcomes_count = end - from;
}

static void check_copy (client_check_t *self, size_t at)
{
    const master_trade_t *trade = &self->trades->trades[at];
    size_t before = found_in_all (self->result);
    copy_case_t rule = {.follower = self->follower,
        .trade = trade,
        .held_e9 = held_before (self, at),
        .whole_only = is_whole_only (self->evidence, trade->symbol),
        .min_notional_e9 = self->evidence->min_notional_e9};
    copy_due_t due;
    copy_check_t check = {.result = self->result, .rule = &rule, .due = &due};
    outcomes_for (self, trade->x, &check);
    if (trade->steps[trade->steps_count - 1].opened_e9 > 0 && !copy_rule_filter (&rule))
        rule.rate = check_rate (&check, self->evidence);
    copy_rule_due (&rule, &due);
    char tag[SLOT_TAG_MAX];
    leg_orders_t orders;
    check_slot_tag (self->evidence->master_id, trade->x, self->follower->id, tag);
    find_leg (self, tag, 'c', &orders);
    check_leg (&check, &orders, 'c');
    find_leg (self, tag, 'o', &orders);
    check_leg (&check, &orders, 'o');
    check_outcome (&check);
    self->result->due += !due.reason;
    self->result->copied += !due.reason && found_in_all (self->result) == before;
}

static void check_client (client_check_t *self)
{
    for (size_t i = 0; i < self->trades->count; i++)
        check_copy (self, i);
    for (size_t i = 0; i < self->orders_count; i++)
        if (!self->known[i])
            check_report (self->result, FINDING_WRONG, "%s, %s: an order that no master order asks for: %s",
                self->follower->id, self->orders[i].symbol, self->orders[i].client_order_id);
    self->result->orders += self->orders_count;
}

static int by_account (const void *left, const void *right)
{
    const broker_order_t *a = left;
    const broker_order_t *b = right;
    int order = strcmp (a->account, b->account);
    return order ? order : a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int by_client (const void *left, const void *right)
{
    const audit_outcome_t *a = left;
    const audit_outcome_t *b = right;
    int order = strcmp (a->client_id, b->client_id);
    if (order == 0)
        order = strcmp (a->x, b->x);
    return order ? order : a->stored_at_ns < b->stored_at_ns ? -1 : a->stored_at_ns > b->stored_at_ns;
}

static void select_client (client_check_t *self, const follower_t *follower)
{
    const broker_history_t *history = &self->evidence->history;
    size_t from = 0;
    self->follower = follower;
    while (from < history->count && strcmp (history->orders[from].account, follower->id) != 0)
        from++;
    size_t end = from;
    while (end < history->count && strcmp (history->orders[end].account, follower->id) == 0)
        end++;
    self->orders = history->orders + from;
    self->orders_count = end - from;
    memset (self->known, 0, history->count * sizeof *self->known);
    for (from = 0; from < self->evidence->outcomes_count &&
                   strcmp (self->evidence->outcomes[from].client_id, follower->id) != 0;)
        from++;
    for (end = from; end < self->evidence->outcomes_count &&
                     strcmp (self->evidence->outcomes[end].client_id, follower->id) == 0;)
        end++;
    self->outcomes = self->evidence->outcomes + from;
    self->outcomes_count = end - from;
}

static int by_value (const void *left, const void *right)
{
    int64_t a = *(const int64_t *) left;
    int64_t b = *(const int64_t *) right;
    return a < b ? -1 : a > b;
}

int64_t check_percentile (const int64_t *sorted, size_t count, unsigned percent)
{
    assert ((sorted || count == 0) && percent > 0 && percent <= 100);
    return count ? sorted[(count * percent + 99) / 100 - 1] : 0;
}

static void check_all (client_check_t *self)
{
    evidence_t *evidence = self->evidence;
    check_result_t *result = self->result;
    qsort (evidence->history.orders, evidence->history.count, sizeof *evidence->history.orders, by_account);
    qsort (evidence->outcomes, evidence->outcomes_count, sizeof *evidence->outcomes, by_client);
    result->trades = self->trades->count;
    for (size_t i = 0; i < self->trades->count; i++)
        result->executions += self->trades->trades[i].steps_count;
    for (size_t i = 0; i < evidence->followers_count; i++) {
        select_client (self, &evidence->followers[i]);
        check_client (self);
    }
    check_closings (evidence, self->trades, result);
    qsort (result->latency_ns, result->latency_count, sizeof *result->latency_ns, by_value);
    qsort (result->first_ns, result->first_count, sizeof *result->first_ns, by_value);
}

int check (evidence_t *evidence, check_result_t *result, problem_t *problem)
{
    assert (evidence && result);
    *result = (check_result_t){0};
    master_trades_t trades = {0};
    int rc = master_trades_make (&trades, &evidence->history, problem);
    client_check_t self = {.evidence = evidence, .result = result, .trades = &trades};
    self.known = calloc (evidence->history.count + 1, sizeof *self.known);
    result->latency_ns = calloc (evidence->history.count + 1, sizeof *result->latency_ns);
    result->first_ns = calloc (evidence->history.count + 1, sizeof *result->first_ns);
    if (rc == 0 && (!self.known || !result->latency_ns || !result->first_ns))
        rc = problem_set (problem, ERR_MEMORY, "checker", "no memory");
    if (rc == 0)
        check_all (&self);
    free (self.known);
    master_trades_free (&trades);
    return rc;
}

void check_result_free (check_result_t *result)
{
    assert (result);
    free (result->latency_ns);
    free (result->first_ns);
    result->latency_ns = result->first_ns = NULL;
    result->latency_count = result->first_count = 0;
}
