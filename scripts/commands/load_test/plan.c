/*  plan.c: a cycle of kinds, chance for symbol and size. */
#include "scripts/commands/load_test/plan.h"

#include <assert.h>
#include <stdlib.h>

#define ENTRY_USD_LEAST 4000
#define ENTRY_USD_MORE 4000

const plan_symbol_t plan_symbols[PLAN_SYMBOLS] = {
    {"AAPL", 250, false}, {"MSFT", 480, false}, {"NVDA", 185, false}, {"AMD", 220, false}, {"KO", 70, false},
    {"INTC", 36, false}, {"DIS", 112, false}, {"JPM", 320, false}, {"WMT", 113, false},
    {"BRK.A", 120, true}, /*  the price is set by the load test */
};

typedef enum { ENTER_LONG, ENTER_SHORT, ADD, EXIT_PART, EXIT_ALL, FLIP } intention_t;

static const struct {
    intention_t intention;
    deal_kind_t kind;
    bool wait;
} cycle[] = {
    {ENTER_LONG, DEAL_MARKET, true},
    {ENTER_SHORT, DEAL_MARKET, true},
    {ENTER_LONG, DEAL_PARTS, true},
    {EXIT_PART, DEAL_MARKET, false},
    {ENTER_LONG, DEAL_LIMIT_PARTS, true},
    {EXIT_PART, DEAL_PARTS, true},
    {ADD, DEAL_PARTS, false},
    {FLIP, DEAL_MARKET, true},
    {ENTER_LONG, DEAL_LIMIT_CANCEL, false},
    {EXIT_ALL, DEAL_MARKET, true},
    {ENTER_SHORT, DEAL_PARTS, false},
    {EXIT_PART, DEAL_MARKET, true},
    {ENTER_LONG, DEAL_REPLACE, true},
    {FLIP, DEAL_PARTS, false},
    {EXIT_ALL, DEAL_PARTS, false},
};
#define CYCLE (sizeof cycle / sizeof *cycle)

static const char *const names[] = {
    "long entry", "short entry", "addition", "partial exit", "exit", "flip: exit"};

uint64_t plan_chance (uint64_t *state)
{
    assert (state);
    uint64_t mixed = *state += UINT64_C (0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C (0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static int below (plan_t *self, int end)
{
    return (int) (plan_chance (&self->random) % (uint64_t) end);
}

void plan_start (plan_t *self, uint64_t seed)
{
    assert (self);
    *self = (plan_t){.random = seed, .flipping = PLAN_SYMBOLS};
}

static int exposure_usd (const plan_t *self)
{
    int usd = 0;
    for (size_t i = 0; i < PLAN_SYMBOLS; i++)
        usd += abs (self->held[i]) * plan_symbols[i].price_usd;
    return usd;
}

/*  A symbol the master holds (or not), from a chance start; PLAN_SYMBOLS = none. */
static size_t pick (plan_t *self, bool held, bool shortable)
{
    size_t start = (size_t) below (self, PLAN_SYMBOLS);
    for (size_t i = 0; i < PLAN_SYMBOLS; i++) {
        size_t at = (start + i) % PLAN_SYMBOLS;
        bool fits = held ? abs (self->held[at]) > 3 : self->held[at] == 0;
        if (fits && !(shortable && plan_symbols[at].whole_only))
            return at;
    }
    return PLAN_SYMBOLS;
}

static int entry_shares (plan_t *self, size_t symbol)
{
    return (ENTRY_USD_LEAST + below (self, ENTRY_USD_MORE)) / plan_symbols[symbol].price_usd;
}

/*  What it means for the symbol picked: side and shares. */
static void size_up (plan_t *self, intention_t intention, deal_t *deal)
{
    int held = self->held[deal->symbol];
    int part = 2 + below (self, 3); /*  a half, a third, a quarter */
    switch (intention) {
    case ENTER_LONG:
    case ENTER_SHORT:
        deal->buys = intention == ENTER_LONG;
        deal->shares = entry_shares (self, deal->symbol);
        break;
    case ADD:
        deal->buys = held > 0;
        deal->shares = entry_shares (self, deal->symbol) / 2;
        break;
    case EXIT_PART:
        deal->buys = held < 0;
        deal->shares = abs (held) / part;
        break;
    case EXIT_ALL:
    case FLIP:
        deal->buys = held < 0;
        deal->shares = abs (held);
        break;
    }
    deal->shares += deal->shares < 1;
}

static void cut (plan_t *self, deal_t *deal)
{
    int left = deal->shares;
    deal->parts_count = 0;
    if (deal->kind == DEAL_MARKET || deal->kind == DEAL_REPLACE)
        return;
    size_t parts = deal->kind == DEAL_LIMIT_CANCEL ? 2 : 3 + (size_t) below (self, 2);
    while (deal->parts_count + 1 < parts && left > 1) {
        int part = left / 3 + below (self, left / 3 + 1);
        part += part == 0;
        deal->parts[deal->parts_count++] = part;
        left -= part;
    }
    deal->parts[deal->parts_count++] = left;
}

static intention_t possible (plan_t *self, intention_t wanted, size_t *symbol_p)
{
    bool enters = wanted == ENTER_LONG || wanted == ENTER_SHORT;
    if (wanted != EXIT_PART && wanted != EXIT_ALL &&
        exposure_usd (self) > PLAN_EXPOSURE_USD - 2 * ENTRY_USD_LEAST - ENTRY_USD_MORE)
        wanted = EXIT_ALL;
    *symbol_p = pick (
        self, !(wanted == ENTER_LONG || wanted == ENTER_SHORT), wanted == ENTER_SHORT || wanted == FLIP);
    if (*symbol_p < PLAN_SYMBOLS)
        return wanted;
    wanted = enters ? EXIT_ALL : ENTER_LONG; /*  everything is held, or nothing */
    *symbol_p = pick (self, wanted == EXIT_ALL, false);
    assert (*symbol_p < PLAN_SYMBOLS);
    return wanted;
}

static void account_for (plan_t *self, const deal_t *deal)
{
    int done = deal->kind == DEAL_LIMIT_CANCEL ? deal->parts[0] : deal->shares;
    self->held[deal->symbol] += deal->buys ? done : -done;
}

/*  The other half of a flip, right behind the exit. */
static deal_t enter_other_side (plan_t *self)
{
    deal_t deal = {.kind = self->made % 2 ? DEAL_PARTS : DEAL_MARKET,
        .what = "flip: entry",
        .symbol = self->flipping,
        .buys = self->flips_to_long,
        .wait = true};
    self->flipping = PLAN_SYMBOLS;
    deal.shares = entry_shares (self, deal.symbol);
    cut (self, &deal);
    account_for (self, &deal);
    return deal;
}

deal_t plan_next (plan_t *self)
{
    assert (self);
    if (self->flipping < PLAN_SYMBOLS)
        return enter_other_side (self);
    deal_t deal = {.kind = cycle[self->made % CYCLE].kind, .wait = cycle[self->made % CYCLE].wait};
    intention_t intention = possible (self, cycle[self->made % CYCLE].intention, &deal.symbol);
    bool rests = deal.kind == DEAL_LIMIT_CANCEL || deal.kind == DEAL_REPLACE;
    if (rests && intention != ENTER_LONG)
        deal.kind = DEAL_MARKET;
    self->made++;
    deal.what = names[intention];
    size_up (self, intention, &deal);
    cut (self, &deal);
    account_for (self, &deal);
    if (intention == FLIP) {
        deal.wait = false;
        self->flipping = deal.symbol;
        self->flips_to_long = deal.buys;
    }
    return deal;
}
