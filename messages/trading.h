/*  trading.h: the words of the trade, as the broker uses them (alpaca-api.md section 2), in plain structs.
 *
 *  Amounts are _e9 (fixed.h), times are UTC nanoseconds (0 = absent), texts are NUL-terminated and bounded.
 *  Structs own nothing and can be copied.
 */
#ifndef TRADING_H
#define TRADING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAX 40               /*  a UUID and its NUL, rounded up */
#define CLIENT_ORDER_ID_MAX 132 /*  the broker allows 128 */
#define SYMBOL_MAX 24
#define ACCOUNT_ID_MAX 64 /*  our own name of a master or client */
#define REASON_MAX 160

/*  Each list makes an enum, x_text() and x_parse(). Text is the broker's own. */
#define SIDE_LIST(_) _ (SIDE_BUY, "buy") _ (SIDE_SELL, "sell")
#define ORDER_TYPE_LIST(_)                                                                                   \
    _ (TYPE_MARKET, "market")                                                                                \
    _ (TYPE_LIMIT, "limit")                                                                                  \
    _ (TYPE_STOP, "stop")                                                                                    \
    _ (TYPE_STOP_LIMIT, "stop_limit")                                                                        \
    _ (TYPE_TRAILING_STOP, "trailing_stop")
#define TIF_LIST(_)                                                                                          \
    _ (TIF_DAY, "day")                                                                                       \
    _ (TIF_GTC, "gtc") _ (TIF_OPG, "opg") _ (TIF_CLS, "cls") _ (TIF_IOC, "ioc") _ (TIF_FOK, "fok")
#define INTENT_LIST(_)                                                                                       \
    _ (INTENT_NONE, "")                                                                                      \
    _ (INTENT_BUY_TO_OPEN, "buy_to_open")                                                                    \
    _ (INTENT_BUY_TO_CLOSE, "buy_to_close")                                                                  \
    _ (INTENT_SELL_TO_OPEN, "sell_to_open")                                                                  \
    _ (INTENT_SELL_TO_CLOSE, "sell_to_close")
/*  alpaca-api.md section 2; terminal ones by order_status_final() */
#define ORDER_STATUS_LIST(_)                                                                                 \
    _ (STATUS_PENDING_NEW, "pending_new")                                                                    \
    _ (STATUS_ACCEPTED, "accepted")                                                                          \
    _ (STATUS_NEW, "new")                                                                                    \
    _ (STATUS_PARTIALLY_FILLED, "partially_filled")                                                          \
    _ (STATUS_FILLED, "filled")                                                                              \
    _ (STATUS_CANCELED, "canceled")                                                                          \
    _ (STATUS_EXPIRED, "expired")                                                                            \
    _ (STATUS_REJECTED, "rejected")                                                                          \
    _ (STATUS_REPLACED, "replaced")                                                                          \
    _ (STATUS_PENDING_CANCEL, "pending_cancel")                                                              \
    _ (STATUS_PENDING_REPLACE, "pending_replace")                                                            \
    _ (STATUS_HELD, "held")                                                                                  \
    _ (STATUS_DONE_FOR_DAY, "done_for_day")                                                                  \
    _ (STATUS_STOPPED, "stopped")                                                                            \
    _ (STATUS_SUSPENDED, "suspended")                                                                        \
    _ (STATUS_CALCULATED, "calculated")                                                                      \
    _ (STATUS_ACCEPTED_FOR_BIDDING, "accepted_for_bidding")                                                  \
    _ (STATUS_PENDING_REVIEW, "pending_review")
/*  trade_updates events (section 3); the ones that carry an execution are fill and partial_fill */
#define UPDATE_LIST(_)                                                                                       \
    _ (UPDATE_OTHER, "")                                                                                     \
    _ (UPDATE_NEW, "new")                                                                                    \
    _ (UPDATE_PENDING_NEW, "pending_new")                                                                    \
    _ (UPDATE_ACCEPTED, "accepted")                                                                          \
    _ (UPDATE_FILL, "fill")                                                                                  \
    _ (UPDATE_PARTIAL_FILL, "partial_fill")                                                                  \
    _ (UPDATE_CANCELED, "canceled")                                                                          \
    _ (UPDATE_EXPIRED, "expired")                                                                            \
    _ (UPDATE_REJECTED, "rejected")                                                                          \
    _ (UPDATE_REPLACED, "replaced")                                                                          \
    _ (UPDATE_REPLACE_REJECTED, "order_replace_rejected")                                                    \
    _ (UPDATE_CANCEL_REJECTED, "order_cancel_rejected")                                                      \
    _ (UPDATE_TRADE_BUST, "trade_bust")                                                                      \
    _ (UPDATE_TRADE_CORRECT, "trade_correct")

#define _(name, text) name,
typedef enum { SIDE_LIST (_) SIDE_COUNT } side_t;
typedef enum { ORDER_TYPE_LIST (_) ORDER_TYPE_COUNT } order_type_t;
typedef enum { TIF_LIST (_) TIF_COUNT } tif_t;
typedef enum { INTENT_LIST (_) INTENT_COUNT } intent_t;
typedef enum { ORDER_STATUS_LIST (_) ORDER_STATUS_COUNT } order_status_t;
typedef enum { UPDATE_LIST (_) UPDATE_COUNT } update_t;
#undef _

/*  The broker's text; static. */
const char *side_text (side_t side);
const char *order_type_text (order_type_t type);
const char *tif_text (tif_t tif);
const char *intent_text (intent_t intent);
const char *order_status_text (order_status_t status);
const char *update_text (update_t update);
/*  0, or -ERR_SYNTAX for a word that is not in the list (update_parse never fails: UPDATE_OTHER). */
int side_parse (const char *text, side_t *value_p);
int order_type_parse (const char *text, order_type_t *value_p);
int tif_parse (const char *text, tif_t *value_p);
int intent_parse (const char *text, intent_t *value_p);
int order_status_parse (const char *text, order_status_t *value_p);
int update_parse (const char *text, update_t *update_p);
/*  filled, canceled, expired, rejected, replaced: nothing more will execute under this order id. */
bool order_status_final (order_status_t status);

/*  What is asked of the broker. Exactly one of qty_e9 and notional_e9 is > 0; prices 0 = absent. */
typedef struct {
    char client_order_id[CLIENT_ORDER_ID_MAX];
    char symbol[SYMBOL_MAX];
    side_t side;
    order_type_t type;
    tif_t tif;
    intent_t intent;
    bool extended_hours;
    int64_t qty_e9;
    int64_t notional_e9;
    int64_t limit_price_e9;
    int64_t stop_price_e9;
} order_request_t;

/*  What the broker says of an order. */
typedef struct {
    char id[ID_MAX];
    char client_order_id[CLIENT_ORDER_ID_MAX];
    char symbol[SYMBOL_MAX];
    char replaces[ID_MAX];    /*  "" = none */
    char replaced_by[ID_MAX]; /*  "" = none */
    side_t side;
    order_type_t type;
    tif_t tif;
    order_status_t status;
    bool extended_hours;
    int64_t qty_e9; /*  0 for a notional order */
    int64_t notional_e9;
    int64_t filled_qty_e9;
    int64_t filled_avg_price_e9;
    int64_t limit_price_e9;
    int64_t stop_price_e9;
    int64_t created_at_ns;
    int64_t submitted_at_ns;
    int64_t updated_at_ns;
    int64_t filled_at_ns;
} order_t;

/*  One trade_updates event. */
typedef struct {
    update_t update;
    char execution_id[64];          /*  "" unless an execution */
    char previous_execution_id[64]; /*  bust and correct only */
    int64_t at_ns;
    int64_t price_e9;        /*  of this execution only */
    int64_t qty_e9;          /*  of this execution only; a bust's may be negative */
    int64_t position_qty_e9; /*  signed, after it */
    bool has_position_qty;
    order_t order; /*  for `replaced`: the OLD order */
} trade_update_t;

typedef struct {
    char id[ID_MAX];
    char account_number[32];
    char status[24];
    int64_t equity_e9;
    int64_t last_equity_e9;
    int64_t cash_e9;
    int64_t buying_power_e9;
    bool trading_blocked;
    bool account_blocked;
    bool suspended_by_user;
    bool shorting_enabled;
} account_t;

typedef struct {
    char symbol[SYMBOL_MAX];
    int64_t qty_e9; /*  negative = short */
    int64_t qty_available_e9;
    int64_t avg_entry_price_e9;
    int64_t current_price_e9;
} position_t;

/*  A FILL activity (carries no client_order_id). */
typedef struct {
    char id[72];
    char order_id[ID_MAX];
    char symbol[SYMBOL_MAX];
    side_t side;
    int64_t at_ns;
    int64_t price_e9;
    int64_t qty_e9;
    int64_t cum_qty_e9;
} activity_t;

typedef struct {
    char symbol[SYMBOL_MAX];
    bool tradable;
    bool fractionable;
    bool shortable;
    bool easy_to_borrow;
} asset_t;

typedef struct {
    int64_t at_ns;
    bool is_open;
    int64_t next_open_ns;
    int64_t next_close_ns;
} market_clock_t;

/*  What a client may be scaled by at most, whoever asks: 1000 times, 100 percent of its equity. Both are above 0. */
#define CLIENT_MULTIPLIER_MAX_E9 INT64_C (1000000000000)
#define CLIENT_RISK_PERCENT_MAX_E9 INT64_C (100000000000)

/*  RFC 3339 with up to 9 decimals and Z or an offset -> UTC ns (0, -ERR_SYNTAX); and back (always Z, 9 decimals).
 */
#define TIME_TEXT_MAX 40
int time_parse (const char *text, int64_t *at_ns_p);
const char *time_format (int64_t at_ns, char text[TIME_TEXT_MAX]);

#endif
