/*  engine_history.h: the part of engine.h about what happened: activities, portfolio, calendar, events, the
 *  checker's history. Include engine.h; its rules hold here.
 */
#ifndef SIMULATOR_ENGINE_HISTORY_H
#define SIMULATOR_ENGINE_HISTORY_H

#include "broker/simulator/engine_orders.h"

/* ------------------------------------------------------------------------------- activities, history, calendar */

/*  One execution: a FILL activity, and the checker's record. Borrowed until destroy. */
typedef struct {
    char id[64]; /*  activity id "20260302093001123::<uuid>", prefix in New York time */
    char execution_id[ID_MAX];
    const engine_order_t *order;
    order_status_t order_status; /*  after it; `type` is "fill" if filled, else "partial_fill" */
    int64_t at_ns;
    int64_t price_e9;
    int64_t qty_e9;
    int64_t cum_qty_e9;
    int64_t leaves_qty_e9;
    int64_t position_qty_e9;
} engine_execution_t;

typedef struct {
    const char *activity_types; /*  CSV; without FILL in it the answer is empty; unknown type: 422 */
    const char *category;       /*  trade_activity or non_trade_activity */
    const char *date;           /*  a day in New York; xor after/until */
    const char *after;          /*  exclusive */
    const char *until;          /*  inclusive */
    const char *direction;      /*  desc (default), asc */
    const char *order_id;
    const char *page_size;  /*  100 = max */
    const char *page_token; /*  the id of the last activity of the page before */
} engine_activity_filter_t;

int engine_activities_list (engine_t *self, uint32_t account, const engine_activity_filter_t *filter,
    int64_t now_ns, const engine_execution_t **executions, size_t capacity, size_t *count_p,
    engine_error_t *error);

typedef struct {
    const char *period;    /*  "1M" default: number and D, W, M, A */
    const char *timeframe; /*  1Min 5Min 15Min 1H 1D; default by period */
    const char *start;     /*  RFC 3339 or date */
    const char *end;
} engine_portfolio_filter_t;

typedef struct {
    size_t count;
    int64_t at_s[ENGINE_POINTS_MAX]; /*  epoch seconds */
    int64_t equity_e9[ENGINE_POINTS_MAX];
    int64_t profit_loss_e9[ENGINE_POINTS_MAX];
    int64_t profit_loss_pct_e9[ENGINE_POINTS_MAX]; /*  1.0 = 100 % */
    int64_t base_value_e9;
    const char *timeframe; /*  "1D" */
} engine_portfolio_t;

/*  Equity is sampled at every execution, deposit and close of a day. Big struct: do not put it on a small stack. */
int engine_portfolio_get (engine_t *self, uint32_t account, const engine_portfolio_filter_t *filter,
    int64_t now_ns, engine_portfolio_t *portfolio, engine_error_t *error);

typedef struct {
    int64_t at_ns;
    bool is_open;
    int64_t next_open_ns;
    int64_t next_close_ns;
} engine_clock_t;

void engine_clock_get (engine_t *self, int64_t now_ns, engine_clock_t *clock);

typedef struct {
    char date[12];         /*  "2026-03-02" */
    char open[8];          /*  "09:30" */
    char close[8];         /*  "16:00" */
    char session_open[8];  /*  "0400" */
    char session_close[8]; /*  "2000" */
} engine_day_t;

/*  start and end are dates (inclusive); default: this year in New York. 422 40010001 for a bad date. */
int engine_calendar_list (engine_t *self, const char *start, const char *end, int64_t now_ns,
    engine_day_t *days, size_t capacity, size_t *count_p, engine_error_t *error);

/*  UTC ns as RFC 3339 with New York's offset ("2026-03-02T09:30:00-05:00", nanoseconds if not zero): the clock's
 *  form. Returns text. */
const char *engine_newyork_format (int64_t at_ns, char text[TIME_TEXT_MAX]);

/* ------------------------------------------------------------------------------------------------------- events */

#define ENGINE_ULID_MAX 28

/*  One trade_updates event. */
typedef struct {
    char event_id
        [ENGINE_ULID_MAX]; /*  ULID, ascending over all accounts; SSE only, so are account_id and at_ns */
    uint32_t account;
    const char *account_id;
    update_t update;
    int64_t at_ns;             /*  when it was put out (= timestamp_ns unless lagged) */
    int64_t timestamp_ns;      /*  when it happened */
    char execution_id[ID_MAX]; /*  "" = null */
    bool has_execution;        /*  fill, partial_fill: the next three are set */
    int64_t price_e9;          /*  of this execution only */
    int64_t qty_e9;
    int64_t position_qty_e9; /*  signed, after it */
    engine_order_t order;    /*  as it was then; for `replaced` the OLD order */
} engine_event_t;

/*  Called from inside engine calls; must not call the engine. The event is valid during the call only. */
typedef void (engine_event_fn) (void *context, const engine_event_t *event);
void engine_on_event (engine_t *self, engine_event_fn *on_event, void *context);

/*  SSE replay out of the bounded history of one account, oldest first. since and since_id are inclusive of the
 *  instant or id they name (Alpaca's words; the client dedupes), until and until_id too. Never both kinds.
 *  0 and NULL = no bound. Returns how many were put out. */
typedef struct {
    int64_t since_ns;
    int64_t until_ns;
    const char *since_id;
    const char *until_id;
} engine_replay_t;

size_t engine_events_replay (engine_t *self, uint32_t account, const engine_replay_t *replay,
    engine_event_fn *on_event, void *context);

/* --------------------------------------------------------------------------------------- the checker's history */

typedef enum { ENGINE_ARRIVAL_SUBMIT, ENGINE_ARRIVAL_REPLACE, ENGINE_ARRIVAL_CANCEL } engine_arrival_kind_t;

/*  Every submit, replace and cancel that reached the rules, accepted or refused. */
typedef struct {
    engine_arrival_kind_t kind;
    uint32_t account;
    int64_t arrived_at_ns;
    int64_t answered_at_ns;
    const engine_order_t
        *order;      /*  the order it made (replace: the new one; cancel: the one canceled); NULL = refused */
    int http_status; /*  200, 204 or the refusal's */
    int64_t code;    /*  0 unless refused */
    char client_order_id[CLIENT_ORDER_ID_MAX]; /*  as sent (cancel: the order's); cut if too long */
    char symbol[SYMBOL_MAX];
    char side[8];
    char qty[FIXED_TEXT_MAX + 8]; /*  as sent, qty or notional */
} engine_arrival_t;

size_t engine_orders_count (const engine_t *self);
const engine_order_t *engine_order_at (const engine_t *self, size_t index);
size_t engine_executions_count (const engine_t *self);
const engine_execution_t *engine_execution_at (const engine_t *self, size_t index);
size_t engine_arrivals_count (const engine_t *self);
const engine_arrival_t *engine_arrival_at (const engine_t *self, size_t index);

#endif
