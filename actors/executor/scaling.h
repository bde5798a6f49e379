/*  scaling.h: how much a client does of what the master did (design.md section 5). Pure arithmetic in _e9. */
#ifndef SCALING_H
#define SCALING_H

#include "messages/gen/messages.h"

/*  A client's share of a master order, as a ratio so that nothing is lost to rounding; fixed at the first decision. */
typedef struct {
    int64_t num_e9;
    int64_t den_e9; /*  0 = not fixed yet */
} rate_t;

typedef struct {
    client_config_scaling_t method;
    int64_t multiplier_e9;   /*  equity_based: risk multiplier; fixed_multiplier: m */
    int64_t risk_percent_e9; /*  risk_based */
    int64_t client_equity_e9;
    int64_t master_equity_e9;
    int64_t price_e9;     /*  of the master's execution */
    int64_t order_qty_e9; /*  of the master's order at first sight */
} scaling_input_t;

/*  NULL and *rate_p, or why there is none ("no_equity", "no_price", "out_of_range"). */
const char *scaling_rate (const scaling_input_t *input, rate_t *rate_p);

/*  rate x opened, toward zero. -ERR_RANGE. */
int scaling_entry (const rate_t *rate, int64_t opened_e9, int64_t *target_e9_p);

/*  (1 - remaining) x total, toward zero; total = the client's holding + what X's closing slots filled, >= 0. */
int64_t scaling_exit (int64_t total_e9, int64_t remaining_e18);

/*  remaining since a client joined: now / base, toward zero. */
int64_t scaling_remaining_since (int64_t remaining_e18, int64_t base_e18);

#endif
