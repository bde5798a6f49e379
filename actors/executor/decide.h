/*  decide.h: what a copy does next: pure, from what the book says (design.md section 5). */
#ifndef DECIDE_H
#define DECIDE_H

#include "actors/executor/book.h"

#define DRIFT_PART 50 /*  with the rate lost, an entry remainder below 1/50 of the target is drift */
/*  A target that was carried over a crash has lost a billionth of a share at each step: 58.999999999 is 59 whole ones. */
#define EXIT_ROUNDING_E9 16

typedef enum {
    DECIDE_ORDER,  /*  send leg, side, intent, qty */
    DECIDE_SKIP,   /*  nothing to send; reason */
    DECIDE_EXPIRE, /*  an entry too old; reason */
    DECIDE_WARM,   /*  wait: equity or positions are not known yet */
    DECIDE_FOLLOW  /*  wait: an exit needs the working orders of the lane at their end */
} decision_kind_t;

typedef struct {
    decision_kind_t kind;
    const char *reason; /*  static */
    leg_t leg;
    side_t side;
    intent_t intent;
    int64_t qty_e9;
    int64_t target_e9;
} decision_t;

typedef struct {
    bool fractional;
    int64_t min_order_e9;
    int64_t min_notional_e9;
    int64_t max_event_age_ns;
} decide_rules_t;

/*  What a decision rests on that is not in the book. */
typedef struct {
    int64_t held_e9;  /*  signed: the client's position as the due state of X found it */
    int64_t there_e9; /*  signed: what is there to close now */
    int64_t utc_ns;
} decide_when_t;

/*  For the copy's due state. May fix the copy's rate and move its exit basis: that
 *  is part of the decision. */
decision_t decide (book_t *book, uint32_t copy, const decide_rules_t *rules, const decide_when_t *when);

/*  "AAPL,MSFT" contains "MSFT". */
bool decide_symbol_in (const char *list, const char *symbol);

#endif
