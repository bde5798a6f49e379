/*  scaling.c: see scaling.h. */
#include "actors/executor/scaling.h"
#include "messages/error.h"
#include "messages/fixed.h"

#include <assert.h>

static const char *equity_rate (const scaling_input_t *input, rate_t *rate)
{
    if (input->client_equity_e9 <= 0 || input->master_equity_e9 <= 0)
        return "no_equity";
    if (fixed_mul_div (input->client_equity_e9, input->multiplier_e9, FIXED_ONE, ROUND_DOWN, &rate->num_e9))
        return "out_of_range";
    rate->den_e9 = input->master_equity_e9;
    return NULL;
}

/*  (equity x risk % / price), spread over the order, at most 1. */
static const char *risk_rate (const scaling_input_t *input, rate_t *rate)
{
    int64_t money_e9;
    int64_t qty_e9;
    if (input->client_equity_e9 <= 0)
        return "no_equity";
    if (input->price_e9 <= 0 || input->order_qty_e9 <= 0)
        return "no_price";
    if (fixed_mul_div (
            input->client_equity_e9, input->risk_percent_e9, 100 * FIXED_ONE, ROUND_DOWN, &money_e9) ||
        fixed_mul_div (money_e9, FIXED_ONE, input->price_e9, ROUND_DOWN, &qty_e9))
        return "out_of_range";
    rate->den_e9 = input->order_qty_e9;
    rate->num_e9 = qty_e9 < input->order_qty_e9 ? qty_e9 : input->order_qty_e9;
    return NULL;
}

const char *scaling_rate (const scaling_input_t *input, rate_t *rate_p)
{
    assert (input && rate_p);
    switch (input->method) {
    case CLIENT_CONFIG_SCALING_EQUITY_BASED: return equity_rate (input, rate_p);
    case CLIENT_CONFIG_SCALING_RISK_BASED: return risk_rate (input, rate_p);
    case CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER:
        *rate_p = (rate_t){.num_e9 = input->multiplier_e9, .den_e9 = FIXED_ONE};
        return NULL;
    default: return "out_of_range";
    }
}

int scaling_entry (const rate_t *rate, int64_t opened_e9, int64_t *target_e9_p)
{
    assert (rate && rate->den_e9 > 0 && target_e9_p);
    return fixed_mul_div (opened_e9, rate->num_e9, rate->den_e9, ROUND_DOWN, target_e9_p);
}

int64_t scaling_exit (int64_t total_e9, int64_t remaining_e18)
{
    assert (total_e9 >= 0 && remaining_e18 >= 0 && remaining_e18 <= FRACTION_ONE);
    int64_t target_e9 = 0;
    int rc = fixed_mul_div (total_e9, FRACTION_ONE - remaining_e18, FRACTION_ONE, ROUND_DOWN, &target_e9);
    assert (rc == 0); /*  a fraction of what fits, fits */
    return target_e9;
}

int64_t scaling_remaining_since (int64_t remaining_e18, int64_t base_e18)
{
    assert (remaining_e18 >= 0 && base_e18 >= 0);
    if (base_e18 == 0 || remaining_e18 >= base_e18)
        return FRACTION_ONE;
    int64_t since_e18 = 0;
    int rc = fixed_mul_div (remaining_e18, FRACTION_ONE, base_e18, ROUND_DOWN, &since_e18);
    assert (rc == 0); /*  below one */
    return since_e18;
}
