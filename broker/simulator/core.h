/*  core.h: the inside of the engine, shared by its files only. Nouns: account (with its positions and history of
 *  events), asset, record (an order), execution, arrival, due item.
 */
#ifndef SIMULATOR_CORE_H
#define SIMULATOR_CORE_H

#include "broker/simulator/chance.h"
#include "broker/simulator/engine.h"
#include "broker/simulator/table.h"

/*  128 bits: sums of price x quantity (_e18) before they are divided. */
typedef __int128 wide_t;

typedef struct record record_t;

/*  An order with what the broker knows and does not show. `shown` is first: a record is handed out as it. */
struct record {
    engine_order_t shown;
    engine_order_state_t listed; /*  what the order list shows: behind `shown.state` while events lag */
    bool is_listed;
    bool open;          /*  in the account's list of open orders */
    bool resting;       /*  in the asset's list of orders that a price may reach */
    bool triggered;     /*  a stop whose price was reached */
    bool fill_due;      /*  a fill is scheduled */
    bool refused_later; /*  ends as `rejected` instead of `new` */
    record_t *account_previous;
    record_t *account_next;
    record_t *asset_previous;
    record_t *asset_next;
    int64_t target_qty_e9; /*  to be filled; a notional order's is known at its first execution */
    int64_t hold_price_e9; /*  what a share of the open rest holds of the buying power; 0 = it closes */
    wide_t filled_value_e18;
    engine_script_t *script; /*  owned; NULL = fills as the market has it */
    size_t part;             /*  of the script */
};

typedef struct {
    uint32_t asset;
    int64_t qty_e9;
    int64_t avg_entry_price_e9;
    int64_t intraday_basis_e9; /*  signed cost of it today: since the last close, or since it was opened */
} holding_t;

/*  An event as it is kept: the order's fixed part is looked up when it is put out again. */
typedef struct {
    uint64_t number;
    update_t update; /*  UPDATE_OTHER: only the list learns of it */
    int64_t at_ns;
    int64_t timestamp_ns;
    record_t *record;
    const engine_execution_t *execution; /*  NULL = none */
    engine_order_state_t state;
} kept_event_t;

typedef struct {
    int64_t at_ns;
    int64_t equity_e9;
} sample_t;

typedef struct {
    char id[ID_MAX];
    char number[16];
    char key_id[64];
    char secret[64];
    char label[64];
    int64_t created_at_ns;
    int64_t cash_e9;
    int64_t last_equity_e9;
    int64_t last_maintenance_e9;
    engine_configurations_t configurations;
    bool shorting_disabled;
    bool crypto_disabled;
    bool trading_blocked;
    bool account_blocked;
    uint32_t partial_fill_ppm;
    uint32_t rate_limit;
    uint32_t rate_used;
    int64_t rate_minute;
    holding_t *holdings;
    size_t holdings_count;
    size_t holdings_capacity;
    record_t *open_first;
    record_t **orders; /*  all, oldest first */
    size_t orders_count;
    size_t orders_capacity;
    engine_execution_t **executions; /*  all, oldest first */
    size_t executions_count;
    size_t executions_capacity;
    kept_event_t *events; /*  a ring once events_count is the limit */
    size_t events_first;
    size_t events_count;
    size_t events_capacity;
    int64_t event_due_ns; /*  the latest lagged event's: the next must not overtake it */
    sample_t *samples;
    size_t samples_count;
    size_t samples_capacity;
    bool has_script; /*  faults for the next order, the next events */
    engine_script_t script;
    bool has_reject;
    engine_error_t reject;
    uint32_t double_next;
    uint32_t drop_next;
} holder_t;

/*  `shown` first, as with records. */
typedef struct {
    engine_asset_t shown;
    uint32_t number;
    record_t *resting_first;
} listing_t;

typedef enum { DUE_NEW, DUE_FILL, DUE_EVENT, DUE_TICK, DUE_OPEN, DUE_CLOSE } due_kind_t;

typedef struct {
    int64_t due_ns;
    uint64_t number; /*  equal times keep their order */
    due_kind_t kind;
    void *subject; /*  record_t, or an owned kept_event_t */
} due_t;

struct engine {
    engine_config_t config;
    int64_t now_ns;
    uint64_t trace;
    chance_t id_chance;
    chance_t price_chance;
    chance_t fill_chance;
    table_t accounts;   /*  holder_t */
    table_t orders;     /*  record_t */
    table_t executions; /*  engine_execution_t */
    table_t arrivals;   /*  engine_arrival_t */
    lookup_t accounts_by_id;
    lookup_t accounts_by_key;
    lookup_t orders_by_id;
    lookup_t orders_by_client_id; /*  of account and id together */
    listing_t assets[ENGINE_ASSETS_MAX];
    size_t assets_count;
    due_t *dues; /*  a binary heap */
    size_t dues_count;
    size_t dues_capacity;
    uint64_t dues_number;
    uint64_t events_number;
    bool tick_due;
    engine_event_fn *on_event;
    void *on_event_context;
};

/*  engine.c: dues and the trace */
void engine_schedule (engine_t *self, int64_t due_ns, due_kind_t kind, void *subject);
void engine_trace (engine_t *self, const void *bytes, size_t size);

/*  refusal.c: fills *error as the broker would answer; returns -ERR_BROKER. */
int refuse (engine_error_t *error, int http_status, int64_t code, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));
void refuse_extra (engine_error_t *error, const char *name, const char *value);
void refuse_extra_e9 (engine_error_t *error, const char *name, int64_t value_e9);
int refuse_full (engine_error_t *error, const char *limit);

/*  amount of money = price x qty / 1; saturates instead of wrapping (the rules bound both) */
int64_t amount_of (int64_t price_e9, int64_t qty_e9, rounding_t rounding);

/*  account.c */
holder_t *account_at (const engine_t *self, uint32_t account);
int64_t account_long_value (const engine_t *self, const holder_t *holder);
int64_t account_short_value (const engine_t *self, const holder_t *holder); /*  <= 0 */
int64_t account_equity (const engine_t *self, const holder_t *holder);
int64_t account_held (const holder_t *holder); /*  by open orders that open exposure */
int64_t account_buying_power (const engine_t *self, const holder_t *holder, int multiplier_max);
int account_multiplier (const engine_t *self, const holder_t *holder);
void account_sample (engine_t *self, holder_t *holder);
void account_close_day (engine_t *self, holder_t *holder);
void account_release (holder_t *holder);

/*  asset.c */
void assets_init (engine_t *self, int64_t now_ns);
listing_t *asset_of (const record_t *record);
listing_t *asset_find (engine_t *self, const char *symbol_or_id);
int64_t asset_bid (const engine_asset_t *asset);
int64_t asset_ask (const engine_asset_t *asset);
void assets_walk (engine_t *self);
void assets_close_day (engine_t *self);

/*  position.c */
holding_t *holding_find (const holder_t *holder, uint32_t asset); /*  NULL = none */
int64_t holding_qty (const holder_t *holder, uint32_t asset);
void holding_apply (holder_t *holder, uint32_t asset, int64_t signed_qty_e9, int64_t price_e9);
/*  Open rest of the orders of that side on the asset. */
int64_t holding_held (const holder_t *holder, const listing_t *asset, side_t side);

/*  order.c */
typedef struct {
    char client_order_id[CLIENT_ORDER_ID_MAX];
    listing_t *asset;
    side_t side;
    order_type_t type;
    tif_t tif;
    intent_t intent; /*  as asked, then as inferred */
    bool extended_hours;
    int64_t qty_e9;
    int64_t notional_e9;
    int64_t limit_price_e9;
    int64_t stop_price_e9;
    int64_t hold_price_e9;
    const record_t *replacing; /*  the order whose holds do not count; NULL = none */
} draft_t;

int64_t order_rest (const record_t *record);
record_t *order_find (engine_t *self, uint32_t account, const char *id, engine_error_t *error);
record_t *order_find_client_id (const engine_t *self, uint32_t account, const char *client_order_id);
record_t *order_accept (engine_t *self, uint32_t account, const draft_t *draft, int64_t arrived_at_ns,
    const record_t *replaced, engine_error_t *error);
/*  Ends an order: status, its time, out of the lists, event. */
void order_end (engine_t *self, record_t *record, order_status_t status);
bool order_room (engine_t *self, engine_error_t *error);
void order_cancel_open (engine_t *self, record_t *record, int64_t arrived_at_ns);

/*  draft.c: texts -> draft, with the errors of form. */
int draft_parse (engine_t *self, const engine_submit_t *submit, draft_t *draft, engine_error_t *error);
int draft_amount (const char *name, const char *text, int64_t *value_e9_p, engine_error_t *error);
int draft_client_id (
    engine_t *self, uint32_t account, const char *text, char *client_order_id, engine_error_t *error);

/*  rules.c: may this account send this draft? Fills intent and hold_price_e9. */
int rules_check (engine_t *self, uint32_t account, draft_t *draft, engine_error_t *error);
int rules_price (const char *name, int64_t price_e9, engine_class_t asset_class, engine_error_t *error);

/*  matching.c */
void matching_on_accepted (engine_t *self, record_t *record);
void matching_on_new (engine_t *self, record_t *record);
void matching_on_fill (engine_t *self, record_t *record);
void matching_on_price (engine_t *self, listing_t *asset);
void matching_on_open (engine_t *self);
void matching_on_close (engine_t *self);

/*  history.c */
void history_event (engine_t *self, record_t *record, update_t update, const engine_execution_t *execution);
void history_deliver (engine_t *self, kept_event_t *event);
engine_arrival_t *history_arrival (
    engine_t *self, engine_arrival_kind_t kind, uint32_t account, int64_t arrived_at_ns);
void history_answered (
    engine_t *self, engine_arrival_t *arrival, const record_t *record, const engine_error_t *error);

/*  activity.c */
engine_execution_t *activity_add (engine_t *self, record_t *record, int64_t price_e9, int64_t qty_e9);

/*  calendar.c: New York's wall clock without a time zone database (rules since 2007). */
typedef struct {
    int year, month, day; /*  1-12, 1-31 */
    int hour, minute, second;
    int weekday; /*  0 = Sunday */
    int offset_s;
} newyork_t;

void newyork_of (int64_t at_ns, newyork_t *wall);
int64_t newyork_ns (int64_t day_number, int seconds); /*  UTC ns of that second of that New York day */
int64_t newyork_day (int64_t at_ns);                  /*  day number (1970-01-01 = 0) in New York */
void day_of (int64_t day_number, int *year_p, int *month_p, int *day_p);
int64_t day_number_of (int year, int month, int day);
bool day_parse (const char *text, int64_t *day_number_p); /*  "2026-03-02" */
bool session_open (const engine_t *self);
int64_t session_next_open (int64_t at_ns);  /*  strictly after */
int64_t session_next_close (int64_t at_ns); /*  strictly after */
/*  A query parameter: RFC 3339 or a date (its midnight in New York). 422 40010001. */
int when_parse (const char *name, const char *text, int64_t *at_ns_p, engine_error_t *error);

static inline bool text_set (const char *text)
{
    return text && text[0];
}

#endif
