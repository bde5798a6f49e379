/*  portfolio.c: GET account/portfolio/history, out of the samples of equity an account leaves behind. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS (86400 * ENGINE_SECOND_NS)

static const struct {
    const char *name;
    int64_t step_ns;
} timeframes[] = {
    {"1Min", 60 * ENGINE_SECOND_NS},
    {"5Min", 300 * ENGINE_SECOND_NS},
    {"15Min", 900 * ENGINE_SECOND_NS},
    {"1H", 3600 * ENGINE_SECOND_NS},
    {"1D", DAY_NS},
};
#define TIMEFRAMES (sizeof timeframes / sizeof timeframes[0])

static int period_parse (const char *text, int64_t *period_ns_p, engine_error_t *error)
{
    char *unit;
    long number = strtol (text, &unit, 10);
    int64_t days = *unit == 'D'                   ? 1
                   : *unit == 'W'                 ? 7
                   : *unit == 'M'                 ? 30
                   : *unit == 'A' || *unit == 'Y' ? 365
                                                  : 0;
    if (days == 0 || unit[1] || number < 1 || number > 1000)
        return refuse (error, 422, 40010001, "invalid period: %.40s", text);
    *period_ns_p = number * days * DAY_NS;
    return 0;
}

static int timeframe_parse (const char *text, int64_t period_ns, size_t *frame_p, engine_error_t *error)
{
    *frame_p = period_ns < 7 * DAY_NS ? 0 : period_ns < 30 * DAY_NS ? 2 : TIMEFRAMES - 1;
    if (!text_set (text))
        return 0;
    for (*frame_p = 0; *frame_p < TIMEFRAMES; (*frame_p)++)
        if (strcmp (timeframes[*frame_p].name, text) == 0)
            return 0;
    return refuse (error, 422, 40010001, "invalid timeframe: %.40s", text);
}

static int range_parse (const engine_t *self, const engine_portfolio_filter_t *filter, int64_t *start_ns_p,
    int64_t *end_ns_p, engine_error_t *error)
{
    int64_t period_ns = 0;
    *end_ns_p = self->now_ns;
    if (text_set (filter->end) && when_parse ("end", filter->end, end_ns_p, error) != 0)
        return -ERR_BROKER;
    if (*end_ns_p > self->now_ns)
        *end_ns_p = self->now_ns;
    if (period_parse (text_set (filter->period) ? filter->period : "1M", &period_ns, error) != 0)
        return -ERR_BROKER;
    *start_ns_p = *end_ns_p > period_ns ? *end_ns_p - period_ns : 0;
    if (text_set (filter->start) && when_parse ("start", filter->start, start_ns_p, error) != 0)
        return -ERR_BROKER;
    if (*start_ns_p > *end_ns_p)
        return refuse (error, 422, 40010001, "start must be before end");
    return 0;
}

/*  The equity of that time: the last sample not after it, the first if it is older than the account. */
static int64_t equity_at (const holder_t *holder, int64_t at_ns)
{
    assert (holder->samples_count > 0);
    size_t low = 0, high = holder->samples_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (holder->samples[middle].at_ns <= at_ns)
            low = middle;
        else
            high = middle;
    }
    return holder->samples[low].equity_e9;
}

static void point_add (engine_portfolio_t *portfolio, int64_t at_ns, int64_t equity_e9)
{
    assert (portfolio->count < ENGINE_POINTS_MAX);
    size_t at = portfolio->count++;
    int64_t gain_e9 = equity_e9 - portfolio->base_value_e9;
    portfolio->at_s[at] = at_ns / ENGINE_SECOND_NS;
    portfolio->equity_e9[at] = equity_e9;
    portfolio->profit_loss_e9[at] = gain_e9;
    portfolio->profit_loss_pct_e9[at] = 0;
    if (portfolio->base_value_e9 != 0)
        (void) fixed_mul_div (gain_e9, FIXED_ONE, portfolio->base_value_e9, ROUND_HALF_EVEN,
            &portfolio->profit_loss_pct_e9[at]); /*  stays 0 if it does not fit */
}

int engine_portfolio_get (engine_t *self, uint32_t account, const engine_portfolio_filter_t *filter,
    int64_t now_ns, engine_portfolio_t *portfolio, engine_error_t *error)
{
    assert (self && filter && portfolio && error);
    engine_advance (self, now_ns);
    int64_t start_ns, end_ns;
    size_t frame;
    if (range_parse (self, filter, &start_ns, &end_ns, error) != 0 ||
        timeframe_parse (filter->timeframe, end_ns - start_ns, &frame, error) != 0)
        return -ERR_BROKER;
    const holder_t *holder = account_at (self, account);
    int64_t step_ns = timeframes[frame].step_ns;
    portfolio->count = 0;
    portfolio->timeframe = timeframes[frame].name;
    if (holder->samples_count == 0)
        return refuse (error, 500, 50010000, "no memory for the account's history");
    portfolio->base_value_e9 = equity_at (holder, start_ns);
    /*  too many points: the latest ones */
    int64_t most_ns = step_ns * (ENGINE_POINTS_MAX - 2);
    if (end_ns - start_ns > most_ns)
        start_ns = end_ns - most_ns;
    int64_t first_ns = (start_ns + step_ns - 1) / step_ns * step_ns;
    for (int64_t at_ns = first_ns; at_ns < end_ns; at_ns += step_ns)
        point_add (portfolio, at_ns, equity_at (holder, at_ns));
    bool is_now = end_ns == self->now_ns;
    point_add (portfolio, end_ns, is_now ? account_equity (self, holder) : equity_at (holder, end_ns));
    return 0;
}
