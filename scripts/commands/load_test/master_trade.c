/*  master_trade.c: every execution of the master in the order of the broker's time, replayed on its positions. */
#include "scripts/commands/load_test/master_trade.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_MAX 64
#define CHAIN_MAX 64

typedef struct {
    const broker_order_t *order;
    const broker_order_t *root;
    const broker_execution_t *execution;
} move_t;

typedef struct {
    char symbol[24];
    int64_t held_e9;
} position_t;

static bool is_masters (const broker_order_t *order)
{
    return strcmp (order->account, EVIDENCE_MASTER) == 0;
}

static const broker_order_t *find (const broker_history_t *history, const char *id)
{
    for (size_t i = 0; i < history->count; i++)
        if (is_masters (&history->orders[i]) && strcmp (history->orders[i].id, id) == 0)
            return &history->orders[i];
    return NULL;
}

static const broker_order_t *root_of (const broker_history_t *history, const broker_order_t *order)
{
    for (int i = 0; order->replaces[0] && i < CHAIN_MAX; i++) {
        const broker_order_t *before = find (history, order->replaces);
        if (!before)
            break;
        order = before;
    }
    return order;
}

static int compare (const void *left, const void *right)
{
    const move_t *a = left;
    const move_t *b = right;
    if (a->execution->at_ns != b->execution->at_ns)
        return a->execution->at_ns < b->execution->at_ns ? -1 : 1;
    if (a->order->seq != b->order->seq)
        return a->order->seq < b->order->seq ? -1 : 1;
    return a->execution < b->execution ? -1 : a->execution > b->execution;
}

static size_t count_moves (const broker_history_t *history)
{
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++)
        if (is_masters (&history->orders[i]))
            count += history->orders[i].executions_count;
    return count;
}

static void collect (const broker_history_t *history, move_t *moves, size_t count)
{
    assert (moves);
    size_t at = 0;
    for (size_t i = 0; i < history->count; i++) {
        const broker_order_t *order = &history->orders[i];
        if (!is_masters (order))
            continue;
        const broker_order_t *root = root_of (history, order);
        for (size_t n = 0; n < order->executions_count; n++)
            moves[at++] = (move_t){order, root, &order->executions[n]};
    }
    assert (at == count);
    qsort (moves, count, sizeof *moves, compare);
}

static master_trade_t *trade_of (master_trades_t *self, const move_t *move)
{
    for (size_t i = 0; i < self->count; i++)
        if (strcmp (self->trades[i].x, move->root->id) == 0)
            return &self->trades[i];
    master_trade_t *trade = &self->trades[self->count++];
    snprintf (trade->x, sizeof trade->x, "%s", move->root->id);
    snprintf (trade->symbol, sizeof trade->symbol, "%s", move->order->symbol);
    trade->buys = move->order->buys;
    trade->order_qty_e9 = move->order->qty_e9;
    return trade;
}

static position_t *position_of (position_t *positions, const char *symbol)
{
    for (size_t i = 0; i < SYMBOLS_MAX; i++) {
        if (!positions[i].symbol[0])
            snprintf (positions[i].symbol, sizeof positions[i].symbol, "%s", symbol);
        if (strcmp (positions[i].symbol, symbol) == 0)
            return &positions[i];
    }
    return NULL;
}

static __int128 common_divisor (__int128 a, __int128 b)
{
    while (b) {
        __int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t magnitude (int64_t value)
{
    return value < 0 ? -value : value;
}

/*  The fraction stays exact: in one X's closing executions it telescopes, so its terms stay small. */
static void close_part (master_step_t *step, int64_t closed_e9)
{
    int64_t before_e9 = magnitude (step->before_e9);
    step->closed_e9 += closed_e9;
    step->flat = closed_e9 == before_e9;
    __int128 by = common_divisor (before_e9, step->left_num);
    step->left_num /= by;
    step->left_den *= before_e9 / by;
    int64_t left_e9 = before_e9 - closed_e9;
    by = left_e9 ? common_divisor (step->left_den, left_e9) : step->left_den;
    step->left_num *= left_e9 / by;
    step->left_den /= by;
}

static int add_step (master_trade_t *trade, const move_t *move, position_t *position)
{
    if (trade->steps_count == MASTER_STEPS_MAX || !position)
        return -ERR_RANGE;
    master_step_t *step = &trade->steps[trade->steps_count];
    *step = trade->steps_count ? step[-1] : (master_step_t){.left_num = 1, .left_den = 1};
    trade->steps_count++;
    int64_t qty_e9 = move->execution->qty_e9;
    step->execution = *move->execution;
    step->before_e9 = position->held_e9;
    step->after_e9 = position->held_e9 + (trade->buys ? qty_e9 : -qty_e9);
    step->q_e9 += qty_e9;
    position->held_e9 = step->after_e9;
    int64_t closed_e9 = 0;
    if (trade->buys ? step->before_e9 < 0 : step->before_e9 > 0)
        closed_e9 = qty_e9 < magnitude (step->before_e9) ? qty_e9 : magnitude (step->before_e9);
    step->opened_e9 += qty_e9 - closed_e9;
    if (closed_e9)
        close_part (step, closed_e9);
    return 0;
}

int master_trades_make (master_trades_t *self, const broker_history_t *history, problem_t *problem)
{
    assert (self && history);
    position_t positions[SYMBOLS_MAX] = {0};
    size_t count = count_moves (history);
    *self = (master_trades_t){.trades = calloc (count + 1, sizeof *self->trades)};
    move_t *moves = calloc (count + 1, sizeof *moves);
    int rc = self->trades && moves ? 0 : problem_set (problem, ERR_MEMORY, "master trades", "no memory");
    if (rc == 0)
        collect (history, moves, count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        assert (moves);
        rc =
            add_step (trade_of (self, &moves[i]), &moves[i], position_of (positions, moves[i].order->symbol));
        if (rc)
            problem_set (
                problem, ERR_RANGE, moves[i].root->id, "more executions or symbols than the checker follows");
    }
    free (moves);
    if (rc)
        master_trades_free (self);
    return rc;
}

void master_trades_free (master_trades_t *self)
{
    assert (self);
    free (self->trades);
    *self = (master_trades_t){0};
}
