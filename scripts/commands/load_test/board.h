/*  board.h: what a person sees while a load test runs: a live table in a terminal, one line a finished trade elsewhere,
 *  nothing when quiet.
 */
#ifndef BOARD_H
#define BOARD_H

#include "scripts/commands/load_test/plan.h"
#include "scripts/commands/load_test/watch.h"

#include <stdio.h>

typedef enum { BOARD_QUIET, BOARD_LINES, BOARD_LIVE } board_kind_t;

typedef struct {
    char time[16];
    char x[40];    /*  "" = not sent yet */
    char text[64]; /*  symbol, side, shares, what */
    int64_t q_e9;  /*  executed in all; -1 = not known yet */
    bool told;     /*  its line was printed */
} board_row_t;

typedef struct {
    board_kind_t kind;
    FILE *out;
    size_t clients;
    size_t trades; /*  planned */
    board_row_t *rows;
    size_t rows_count;
    size_t drawn; /*  lines on the screen that the next drawing replaces */
    int64_t drawn_ms;
} board_t;

/*  -ERR_MEMORY */
int board_open (board_t *self, board_kind_t kind, FILE *out, size_t clients, size_t trades);
void board_close (board_t *self);
/*  A trade begins; returns its row. */
board_row_t *board_begin (board_t *self, const deal_t *deal);
/*  At most 10 times a second, unless `last`. */
void board_draw (board_t *self, const watch_t *watch, bool last);

#endif
