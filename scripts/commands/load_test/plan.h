/*  plan.h: what the master will trade: a seeded sequence of every kind of trade that is to be copied. Pure.
 *
 *  A flip is two orders back to back, since the broker lets no order cross zero. It keeps the master's positions itself (whole shares), so that exits, flips and additions fit, and holds the
 *  master's exposure below PLAN_EXPOSURE_USD, so that every client can afford its copies.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_SYMBOLS 10
#define PLAN_PARTS_MAX 5
#define PLAN_MASTER_CASH_USD 100000
#define PLAN_EXPOSURE_USD 75000

typedef struct {
    const char *symbol;
    int price_usd;
    bool whole_only; /*  not fractionable at the simulator */
} plan_symbol_t;
extern const plan_symbol_t plan_symbols[PLAN_SYMBOLS];

typedef enum {
    DEAL_MARKET,       /*  fills at once */
    DEAL_PARTS,        /*  a market order in several executions */
    DEAL_LIMIT_PARTS,  /*  a limit order in several executions */
    DEAL_LIMIT_CANCEL, /*  a limit order, cancelled when its first part has filled */
    DEAL_REPLACE       /*  a limit order far away, replaced by one that fills */
} deal_kind_t;

typedef struct {
    deal_kind_t kind;
    const char *what; /*  for people: "entry", "partial exit", "flip" … */
    size_t symbol;    /*  in plan_symbols */
    bool buys;
    int shares;
    int parts[PLAN_PARTS_MAX]; /*  shares of each execution */
    size_t parts_count;
    bool wait; /*  until it is copied, before the next one; else only until it has filled */
} deal_t;

typedef struct {
    uint64_t random;
    size_t made;
    int held[PLAN_SYMBOLS]; /*  signed */
    size_t flipping;        /*  this symbol is entered on the other side next; PLAN_SYMBOLS = none */
    bool flips_to_long;
} plan_t;

void plan_start (plan_t *self, uint64_t seed);
deal_t plan_next (plan_t *self);

/*  splitmix64: the load test's one source of chance */
uint64_t plan_chance (uint64_t *state);

#endif
