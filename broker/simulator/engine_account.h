/*  engine_account.h: the part of engine.h about the engine itself, errors, accounts and assets. Include engine.h; its
 *  rules hold here.
 */
#ifndef SIMULATOR_ENGINE_ACCOUNT_H
#define SIMULATOR_ENGINE_ACCOUNT_H

#include "messages/error.h"
#include "messages/fixed.h"
#include "messages/trading.h"

typedef struct engine engine_t;

#define ENGINE_LIST_MAX 500       /*  largest page of orders */
#define ENGINE_ACTIVITIES_MAX 100 /*  largest page of activities */
#define ENGINE_ASSETS_MAX 256     /*  the built-in ones plus those that control adds */
#define ENGINE_PARTS_MAX 16       /*  parts of a fill script */
#define ENGINE_POINTS_MAX 1000    /*  points of a portfolio history */
#define ENGINE_DAYS_MAX 3700      /*  days of a calendar answer */
#define ENGINE_SECOND_NS INT64_C (1000000000)
#define ENGINE_MS_NS INT64_C (1000000)

/* ------------------------------------------------------------------------------------------------ configuration */

typedef enum {
    ENGINE_SESSION_ALWAYS_OPEN, /*  is_open is always true, day orders never expire */
    ENGINE_SESSION_CALENDAR /*  Monday to Friday 09:30-16:00 New York (daylight saving known, holidays not) */
} engine_session_t;

typedef struct {
    uint64_t seed;
    engine_session_t session;
    int64_t default_cash_e9;
    int64_t new_latency_ns;    /*  submit -> `new` */
    int64_t fill_latency_ns;   /*  submit (or trigger) -> fill, and between the parts of a partial fill */
    uint32_t partial_fill_ppm; /*  chance of a partial fill, in millionths; per account it can be changed */
    int64_t tick_ns;           /*  prices walk once a tick; 0 = they stay */
    uint32_t volatility_ppm;   /*  largest step of a price in one tick, in millionths of it */
    uint32_t rate_limit_per_minute; /*  for new accounts; 0 = no limit */
    int64_t list_lag_min_ns; /*  order list and trade_updates arrive this much later (paper: 150-250 ms) */
    int64_t list_lag_max_ns;
    uint32_t accounts_max;
    uint32_t orders_max;
    uint32_t executions_max;
    uint32_t arrivals_max;
    uint32_t events_per_account_max; /*  for the SSE replay; the oldest fall out */
} engine_config_t;

/*  seed 1, always open, cash 100000, new 1 ms, fill 9 ms, no partial fills, no walk (volatility 500 ppm), 200 a
 *  minute, no lag, 20,000 accounts, 2 M orders, 4 M executions and arrivals, 1024 events an account. */
void engine_config_default (engine_config_t *config);

/*  NULL when out of memory. Owner destroys. */
engine_t *engine_new (const engine_config_t *config, int64_t now_ns);
void engine_destroy (engine_t **self_p);

/*  Runs everything due up to now_ns: news, fills, price ticks, closes, lagged events. */
void engine_advance (engine_t *self, int64_t now_ns);
/*  When engine_advance has something to do next; INT64_MAX = nothing is waiting. */
int64_t engine_next_due (const engine_t *self);
/*  The latest time the engine has seen. */
int64_t engine_now (const engine_t *self);
/*  Over everything that happened: arrivals, events, prices. Equal traces have equal hashes. */
uint64_t engine_trace_hash (const engine_t *self);

/* ------------------------------------------------------------------------------------------------------- errors */

typedef struct {
    char name[24];
    char value[ID_MAX + 24]; /*  shown as a JSON string */
} engine_extra_t;

/*  The broker's answer when it refuses: {"code":..., "message":"...", extras}. code 0 = the field is left out. */
typedef struct {
    int http_status;
    int64_t code;
    char message[240];
    engine_extra_t extras[6];
    size_t extras_count;
} engine_error_t;

/* ----------------------------------------------------------------------------------------------------- accounts */

/*  An account is a number 0 .. engine_accounts_count - 1, in order of creation. */
typedef struct {
    const char *id;     /*  NULL or "": a UUID of the seed */
    const char *key_id; /*  unique; 1-63 bytes */
    const char *secret; /*  1-63 bytes */
    const char *label;  /*  for people; at most 63 bytes */
    int64_t cash_e9;    /*  0 = the config's default */
    bool shorting_disabled;
    bool crypto_disabled;
    int64_t partial_fill_ppm;      /*  -1 = the config's */
    int64_t rate_limit_per_minute; /*  -1 = the config's, 0 = none */
} engine_account_setup_t;

void engine_account_setup_default (engine_account_setup_t *setup);
/*  0, -ERR_EXISTS (id or key taken), -ERR_RANGE, -ERR_MISSING (keys), -ERR_FULL, -ERR_MEMORY. */
int engine_account_create (engine_t *self, const engine_account_setup_t *setup, int64_t now_ns,
    uint32_t *account_p, problem_t *problem);
size_t engine_accounts_count (const engine_t *self);
/*  0 or -ERR_NOT_FOUND. by_keys compares the secret in constant time. */
int engine_account_by_keys (
    const engine_t *self, const char *key_id, const char *secret, uint32_t *account_p);
int engine_account_by_key_id (const engine_t *self, const char *key_id, uint32_t *account_p);
int engine_account_by_id (const engine_t *self, const char *id, uint32_t *account_p);

/*  GET account: with the prices of now. */
typedef struct {
    char id[ID_MAX];
    char account_number[16];
    char key_id[64];
    char label[64];
    const char *status;   /*  "ACTIVE" */
    const char *currency; /*  "USD" */
    int64_t cash_e9;
    int64_t equity_e9; /*  = portfolio_value: cash + long + short market value */
    int64_t last_equity_e9;
    /*  multiplier: equity < 2000: 1, < 25000: 2, else 4; never above max_margin_multiplier.
     *  buying_power = multiplier * equity - (long + |short| market value) - held by open orders, >= 0.
     *  regt: the same with at most 2; non_marginable: cash - held. effective and options = buying_power, non_marg. */
    int64_t buying_power_e9;
    int64_t regt_buying_power_e9;
    int64_t effective_buying_power_e9;
    int64_t options_buying_power_e9;
    int64_t non_marginable_buying_power_e9;
    int64_t long_market_value_e9;
    int64_t short_market_value_e9;    /*  negative or 0 */
    int64_t position_market_value_e9; /*  long + |short| */
    int64_t initial_margin_e9;        /*  50 % of it */
    int64_t maintenance_margin_e9;    /*  30 % of it */
    int64_t last_maintenance_margin_e9;
    int64_t sma_e9; /*  equity - initial_margin, >= 0 */
    int64_t accrued_fees_e9;
    int multiplier; /*  1, 2, 4 */
    int64_t created_at_ns;
    bool trading_blocked;
    bool transfers_blocked;
    bool account_blocked;
    bool trade_suspended_by_user;
    bool shorting_enabled;
    int crypto_tier;
    int options_approved_level;
    int options_trading_level;
} engine_account_t;

void engine_account_get (engine_t *self, uint32_t account, int64_t now_ns, engine_account_t *state);
/*  The account's own id; borrowed until destroy. */
const char *engine_account_id (const engine_t *self, uint32_t account);

/*  GET, PATCH account/configurations: read, change the fields that were sent, set. */
typedef struct {
    bool fractional_trading;
    bool no_shorting;
    bool suspend_trade;
    bool ptp_no_exception_entry;
    bool disable_overnight_trading;
    int max_margin_multiplier;   /*  1, 2 or 4 */
    char trade_confirm_email[8]; /*  "all" or "none" */
} engine_configurations_t;

void engine_configurations_get (
    const engine_t *self, uint32_t account, engine_configurations_t *configurations);
int engine_configurations_set (
    engine_t *self, uint32_t account, const engine_configurations_t *configurations, engine_error_t *error);

/*  For control: money in or out (negative), blocks, chance of partial fills. -ERR_RANGE. */
int engine_account_deposit (engine_t *self, uint32_t account, int64_t amount_e9, int64_t now_ns);
void engine_account_block (engine_t *self, uint32_t account, bool trading_blocked, bool account_blocked);
void engine_account_partial_fill (engine_t *self, uint32_t account, uint32_t ppm);

/*  Requests a minute; a window is a full minute of the clock. take is called once a request, before it is worked
 *  on: false = answer 429 42910000. The headers are filled either way; limit 0 = unlimited, leave them out. */
typedef struct {
    int64_t limit;
    int64_t remaining;
    int64_t reset_at_s; /*  epoch seconds */
} engine_rate_t;

bool engine_rate_take (engine_t *self, uint32_t account, int64_t now_ns, engine_rate_t *rate);
void engine_rate_limit_set (engine_t *self, uint32_t account, uint32_t per_minute);

/* ----------------------------------------------------------------------------------------------- assets, prices */

typedef enum { ENGINE_CLASS_EQUITY, ENGINE_CLASS_CRYPTO } engine_class_t;

const char *engine_class_text (engine_class_t asset_class); /*  "us_equity", "crypto" */

/*  Borrowed until destroy; the flags and prices change in place. */
typedef struct {
    char id[ID_MAX];
    char symbol[SYMBOL_MAX];          /*  "AAPL", "BTC/USD" */
    char position_symbol[SYMBOL_MAX]; /*  "AAPL", "BTCUSD" */
    char name[64];
    char exchange[12]; /*  "NASDAQ", "NYSE", "ARCA", "CRYPTO" */
    engine_class_t asset_class;
    bool active; /*  status "active" / "inactive" */
    bool tradable;
    bool marginable;
    bool shortable;
    bool fractionable;
    bool easy_to_borrow;
    int maintenance_margin_percent; /*  maintenance_margin_requirement, a whole number */
    int64_t min_order_size_e9;      /*  crypto only, else 0; so are the next two */
    int64_t min_trade_increment_e9;
    int64_t price_increment_e9;
    int64_t price_e9; /*  the latest trade's: what positions are valued at */
    int64_t lastday_price_e9;
    int64_t price_at_ns;
    uint64_t trades; /*  number of price changes: the latest trade's `i` */
} engine_asset_t;

typedef struct {
    int64_t bid_e9; /*  = price: sells meet it */
    int64_t ask_e9; /*  = price + 1 cent (0.0001 below $1): buys meet it */
    int64_t bid_size_e9;
    int64_t ask_size_e9;
    int64_t at_ns;
} engine_quote_t;

size_t engine_assets_count (const engine_t *self);
const engine_asset_t *engine_asset_at (const engine_t *self, size_t index);
/*  By symbol ("BTC/USD" or "BTCUSD"), or id with or without dashes; NULL = none. */
const engine_asset_t *engine_asset_find (const engine_t *self, const char *symbol_or_id);
void engine_asset_quote (const engine_t *self, const engine_asset_t *asset, engine_quote_t *quote);
/*  For control: sets the price; orders it reaches fill after the fill latency. -ERR_NOT_FOUND, -ERR_RANGE (<= 0 or > 1,000,000). */
int engine_price_set (engine_t *self, const char *symbol, int64_t price_e9, int64_t now_ns);
/*  For control: 0 tick_ns stops the walk. */
void engine_walk_set (engine_t *self, int64_t tick_ns, uint32_t volatility_ppm, int64_t now_ns);
/*  For control: halts or resumes trading of one symbol. -ERR_NOT_FOUND. */
int engine_asset_tradable_set (engine_t *self, const char *symbol, bool tradable);

#endif
