/*  board.c: ANSI: the cursor goes up over the rows of the last drawing and writes them again. */
#include "scripts/commands/load_test/board.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS_SHOWN 18
#define BAR 20
#define DRAW_MS 100

static int64_t now_ms (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int board_open (board_t *self, board_kind_t kind, FILE *out, size_t clients, size_t trades)
{
    assert (self && out);
    *self = (board_t){.kind = kind, .out = out, .clients = clients, .trades = trades};
    self->rows = calloc (trades + 1, sizeof *self->rows);
    return self->rows ? 0 : -ERR_MEMORY;
}

void board_close (board_t *self)
{
    assert (self);
    free (self->rows);
    self->rows = NULL;
}

board_row_t *board_begin (board_t *self, const deal_t *deal)
{
    assert (self && deal && self->rows_count < self->trades);
    board_row_t *row = &self->rows[self->rows_count++];
    time_t now = time (NULL);
    struct tm parts;
    (void) localtime_r (&now, &parts);
    (void) strftime (row->time, sizeof row->time, "%H:%M:%S", &parts);
    row->q_e9 = -1;
    (void) snprintf (row->text, sizeof row->text, "%-5s %-4s %5d  %-13s", plan_symbols[deal->symbol].symbol,
        deal->buys ? "buy" : "sell", deal->shares, deal->what);
    return row;
}

static void put_bar (const board_t *self, size_t count)
{
    size_t full = self->clients ? count * BAR / self->clients : 0;
    for (size_t i = 0; i < BAR; i++)
        fputs (i < full ? "█" : "░", self->out);
}

static void put_ms (const board_t *self, bool there, int64_t ns)
{
    if (there)
        fprintf (self->out, " %8.1f", (double) ns / 1e6);
    else
        fprintf (self->out, " %8s", "");
}

static bool closed (const board_row_t *row, const watch_trade_t *trade)
{
    return trade && row->q_e9 >= 0 && trade->closed_q_e9 >= row->q_e9;
}

static void put_row (const board_t *self, const watch_t *watch, size_t at)
{
    const board_row_t *row = &self->rows[at];
    const watch_trade_t *trade = row->x[0] ? watch_trade (watch, row->x) : NULL;
    size_t count = trade ? trade->copied_count : 0;
    bool done = closed (row, trade);
    fprintf (self->out, "%s %3zu/%-3zu %s ", row->time, at + 1, self->trades, row->text);
    if (self->kind == BOARD_LIVE)
        put_bar (self, count);
    fprintf (self->out, " %5zu/%-5zu", count, self->clients);
    put_ms (self, done, done ? trade->p50_ns : 0);
    put_ms (self, done, done ? trade->p95_ns : 0);
    put_ms (self, done, done ? trade->p99_ns : 0);
    put_ms (self, done, done ? trade->total_ns : 0);
    if (done)
        fprintf (self->out, "  %llu sent, %llu skipped%s", (unsigned long long) trade->success_count,
            (unsigned long long) trade->skipped_count, trade->failure_count ? ", FAILURES" : "");
    fputs (self->kind == BOARD_LIVE ? "\033[K\n" : "\n", self->out);
}

static void put_head (const board_t *self)
{
    fprintf (self->out, "%-8s %-7s %-5s %-4s %6s  %-13s %*s%-11s %8s %8s %8s %8s%s", "time", "trade", "what",
        "side", "shares", "", self->kind == BOARD_LIVE ? BAR + 1 : 1, "", "copies", "p50 ms", "p95", "p99",
        "all", self->kind == BOARD_LIVE ? "\033[K\n" : "\n");
}

static void draw_live (board_t *self, const watch_t *watch)
{
    size_t from = self->rows_count > ROWS_SHOWN ? self->rows_count - ROWS_SHOWN : 0;
    if (self->drawn)
        fprintf (self->out, "\033[%zuA\r", self->drawn);
    fputs (
        "\033[?7l", self->out); /*  a narrow terminal cuts the rows; wrapped, they would be counted wrongly */
    put_head (self);
    for (size_t i = from; i < self->rows_count; i++)
        put_row (self, watch, i);
    fputs ("\033[?7h", self->out);
    self->drawn = self->rows_count - from + 1;
}

static void draw_lines (board_t *self, const watch_t *watch)
{
    for (size_t i = 0; i < self->rows_count; i++) {
        board_row_t *row = &self->rows[i];
        if (row->told || !row->x[0] || !closed (row, watch_trade (watch, row->x)))
            continue;
        if (!self->drawn)
            put_head (self);
        self->drawn = 1;
        row->told = true;
        put_row (self, watch, i);
    }
}

void board_draw (board_t *self, const watch_t *watch, bool last)
{
    assert (self && watch);
    int64_t at_ms = now_ms ();
    if (self->kind == BOARD_QUIET || (!last && at_ms - self->drawn_ms < DRAW_MS))
        return;
    self->drawn_ms = at_ms;
    if (self->kind == BOARD_LIVE)
        draw_live (self, watch);
    else
        draw_lines (self, watch);
    fflush (self->out);
}
