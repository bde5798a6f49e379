/*  ledger.h: the master's signed position in each symbol: anchored at the broker's, moved by executions.
 *
 *  Updates of the stream carry the position after them, FILL activities do not: those are placed by what is here. The
 *  last few executions are remembered with the position after them, for one that is found when newer ones were counted.
 *  "BTC/USD" and "BTCUSD" are one symbol: orders and positions write it differently.
 */
#ifndef LISTENER_LEDGER_H
#define LISTENER_LEDGER_H

#include "messages/directory.h"
#include "messages/trading.h"

#define LEDGER_TRAIL 32

typedef struct {
    int64_t at_ns; /*  broker's UTC */
    int64_t before_e9;
    int64_t after_e9;
    bool told; /*  by the broker; else it was reckoned from what was known */
} ledger_step_t;

typedef struct {
    char symbol[SYMBOL_MAX]; /*  without '/' */
    bool known;              /*  qty_e9 is the position after the last execution that was counted */
    int64_t qty_e9;
    ledger_step_t trail[LEDGER_TRAIL]; /*  the last executions counted, oldest first */
    uint32_t trail_count;
    int64_t news_at_ns;  /*  boottime: when an execution was last taken into the inbox */
    int64_t beyond_e9;   /*  sum of the activities that found no room in the inbox */
    int64_t sweep_e9;    /*  the same, of the sweep under way */
    int64_t said_e9;     /*  by the last snapshot of positions */
    bool agreed;         /*  snapshot and activities told the same since the last activity was taken in */
    int64_t held_at_ns;  /*  boottime: since when something cannot go; 0 = nothing */
    int64_t given_up_ns; /*  boottime: what was taken in until then goes as it is */
    /*  one walk over the inbox (walk.c) */
    uint64_t round;
    bool broken;    /*  an update of the stream does not follow from what is before it */
    bool match;     /*  the snapshot is the position behind the last activity, or behind an update after it */
    bool bare;      /*  activities wait */
    bool blocked;   /*  something of the symbol stays: what is after it stays too */
    uint32_t sure;  /*  the first `sure` of the inbox fit an update of the stream that says its position */
    int64_t run_e9; /*  position behind what was walked over */
    int64_t sum_e9; /*  of everything that waits, newer than the trail */
    int64_t early_e9;     /*  of everything that waits, older than the trail */
    int64_t origin_e9;    /*  what qty_e9 has to be by the first update of the stream that waits */
    int64_t origin_at_ns; /*  when that update was taken in; INT64_MAX = none waits */
} master_ledger_entry_t;

typedef struct {
    master_ledger_entry_t *entries;
    directory_t index;
    uint32_t limit;
    uint32_t count;
} master_ledger_t;

bool master_ledger_init (master_ledger_t *self, uint32_t limit);
void master_ledger_free (master_ledger_t *self);
void master_ledger_clear (master_ledger_t *self);
/*  Made at first sight, at zero, known or not. NULL = full. */
master_ledger_entry_t *master_ledger_open (master_ledger_t *self, const char *symbol, bool known);
/*  From here on the position is known to be qty_e9. */
void master_ledger_anchor (master_ledger_entry_t *entry, int64_t qty_e9);
/*  An execution at at_ns moved the position. One that is older than others here leaves qty_e9 as it is. */
void master_ledger_step (
    master_ledger_entry_t *entry, int64_t at_ns, int64_t before_e9, int64_t after_e9, bool told);
/*  Were newer executions counted, but none whose position the broker told? Then this one is missing in all of them: it
 *  moves the position as if it came now. */
bool master_ledger_overlooked (const master_ledger_entry_t *entry, int64_t at_ns);
/*  Was a newer execution counted already that knew of this one (told: whose position the broker told)? Then *before_e9 is
 *  the position that this one met. */
bool master_ledger_late (const master_ledger_entry_t *entry, int64_t at_ns, bool told, int64_t *before_e9);
/*  Was one that is newer than the whole trail? */
bool master_ledger_early (const master_ledger_entry_t *entry, int64_t at_ns);

#endif
