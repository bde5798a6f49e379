/*  history_read.c: an order a line, so that a history of any size is parsed piece by piece. */
#include "scripts/commands/load_test/history_read.h"

#include "messages/fixed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_text (const json_t *object, const char *name, char *text, size_t size)
{
    const char *value = json_string_value (json_object_get (object, name));
    (void) snprintf (text, size, "%s", value ? value : "");
}

static int64_t take_amount (const json_t *object, const char *name)
{
    const char *value = json_string_value (json_object_get (object, name));
    int64_t amount_e9 = 0;
    if (value)
        (void) fixed_parse_rounded (value, strlen (value), &amount_e9); /*  stays 0 */
    return amount_e9;
}

static int64_t take_integer (const json_t *object, const char *name)
{
    return (int64_t) json_integer_value (json_object_get (object, name));
}

static bool take_executions (const json_t *list, broker_order_t *order)
{
    size_t count = json_array_size (list);
    order->executions = calloc (count + 1, sizeof *order->executions);
    if (!order->executions)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *from = json_array_get (list, i);
        order->executions[i] = (broker_execution_t){.qty_e9 = take_amount (from, "qty"),
            .price_e9 = take_amount (from, "price"),
            .at_ns = take_integer (from, "at_ns"),
            .sent_at_ns = take_integer (from, "sent_at_ns")};
    }
    order->executions_count = count;
    return true;
}

static broker_order_t *next_place (broker_history_t *history)
{
    if (history->count == history->capacity) {
        size_t capacity = history->capacity ? history->capacity * 2 : 256;
        broker_order_t *orders = realloc (history->orders, capacity * sizeof *orders);
        if (!orders)
            return NULL;
        history->orders = orders;
        history->capacity = capacity;
    }
    history->orders[history->count] = (broker_order_t){0};
    return &history->orders[history->count];
}

static bool take_order (broker_history_t *history, const json_t *from)
{
    broker_order_t *order = next_place (history);
    if (!order || !take_executions (json_object_get (from, "executions"), order))
        return false;
    const char *side = json_string_value (json_object_get (from, "side"));
    order->seq = (uint64_t) take_integer (from, "seq");
    order->buys = side && strcmp (side, "buy") == 0;
    order->qty_e9 = take_amount (from, "qty");
    order->filled_e9 = take_amount (from, "filled_qty");
    order->arrived_at_ns = take_integer (from, "arrived_at_ns");
    take_text (from, "label", order->account, sizeof order->account);
    take_text (from, "id", order->id, sizeof order->id);
    take_text (from, "client_order_id", order->client_order_id, sizeof order->client_order_id);
    take_text (from, "symbol", order->symbol, sizeof order->symbol);
    take_text (from, "status", order->status, sizeof order->status);
    take_text (from, "replaces", order->replaces, sizeof order->replaces);
    history->count++;
    return true;
}

/*  A line is an order (with a seq), a refused request (with a kind), or the frame around them. */
static int take_line (broker_history_t *history, const char *line, size_t size, problem_t *problem)
{
    if (size == 0 || line[0] != '{' || (size > 10 && memcmp (line, "{\"orders\":", 10) == 0))
        return 0;
    size -= line[size - 1] == ',';
    json_t *object = json_loadb (line, size, 0, NULL);
    if (!object)
        return problem_set (problem, ERR_SYNTAX, "/control/history", "a line is not JSON: %.80s", line);
    bool good = true;
    if (json_object_get (object, "seq"))
        good = take_order (history, object);
    else
        history->refused++;
    json_decref (object);
    return good ? 0 : problem_set (problem, ERR_MEMORY, "/control/history", "no memory");
}

int history_read (
    broker_history_t *history, pit_t *pit, const char *account, uint64_t since, problem_t *problem)
{
    assert (history && pit);
    char path[160];
    const char *text = "";
    (void) snprintf (path, sizeof path, "/control/history?since_seq=%llu%s%s", (unsigned long long) since,
        account ? "&account=" : "", account ? account : "");
    int rc = pit_read (pit, path, &text, problem);
    static const char head[] = "{\"orders\":[";
    if (rc == 0 && strncmp (text, head, sizeof head - 1) == 0)
        text += sizeof head - 1;
    while (rc == 0 && *text) {
        size_t size = strcspn (text, "\n");
        rc = take_line (history, text, size, problem);
        text += size + (text[size] == '\n');
    }
    return rc;
}

void history_clear (broker_history_t *history)
{
    assert (history);
    for (size_t i = 0; i < history->count; i++)
        free (history->orders[i].executions);
    history->count = 0;
}

static follower_t *follower_of (evidence_t *evidence, const char *label)
{
    for (size_t i = 0; label && i < evidence->followers_count; i++)
        if (strcmp (evidence->followers[i].id, label) == 0)
            return &evidence->followers[i];
    return NULL;
}

int equities_read (evidence_t *evidence, pit_t *pit, problem_t *problem)
{
    assert (evidence && pit);
    json_t *answer = NULL;
    int rc = pit_call (pit, "GET", "/control/accounts", NULL, &answer, problem);
    const json_t *list = json_object_get (answer, "accounts");
    for (size_t i = 0; rc == 0 && i < json_array_size (list); i++) {
        const json_t *account = json_array_get (list, i);
        const char *label = json_string_value (json_object_get (account, "label"));
        follower_t *follower = follower_of (evidence, label);
        if (follower)
            follower->equity_e9 = take_amount (account, "equity");
        else if (label && strcmp (label, EVIDENCE_MASTER) == 0)
            evidence->master_equity_e9 = take_amount (account, "equity");
    }
    json_decref (answer);
    return rc;
}
