/*  engine_orders.h: the part of engine.h about orders and positions. Include engine.h; its rules hold here. */
#ifndef SIMULATOR_ENGINE_ORDERS_H
#define SIMULATOR_ENGINE_ORDERS_H

#include "broker/simulator/engine_account.h"

/* ------------------------------------------------------------------------------------------------------- orders */

/*  What changes during an order's life. */
typedef struct {
    order_status_t status;
    int64_t filled_qty_e9;
    int64_t filled_avg_price_e9; /*  0 = null */
    int64_t updated_at_ns;
    int64_t filled_at_ns; /*  this and the following: 0 = null */
    int64_t expired_at_ns;
    int64_t canceled_at_ns;
    int64_t failed_at_ns;
    int64_t replaced_at_ns;
    char replaced_by[ID_MAX]; /*  "" = null */
} engine_order_state_t;

typedef struct {
    uint64_t number; /*  1, 2, ... over all accounts, in order of acceptance */
    uint32_t account;
    char id[ID_MAX];
    char client_order_id[CLIENT_ORDER_ID_MAX];
    char replaces[ID_MAX]; /*  "" = null */
    const engine_asset_t *asset;
    side_t side;
    order_type_t type;
    tif_t tif;
    intent_t intent;
    bool extended_hours;
    int64_t qty_e9;         /*  0 = null (notional) */
    int64_t notional_e9;    /*  0 = null */
    int64_t limit_price_e9; /*  0 = null */
    int64_t stop_price_e9;  /*  0 = null */
    int64_t arrived_at_ns;  /*  when the request's bytes were read */
    int64_t created_at_ns;
    int64_t submitted_at_ns;
    int64_t expires_at_ns; /*  0 = null */
    engine_order_state_t state;
} engine_order_t;

/*  POST orders, field by field as text (the JSON string, or a JSON number written out as plain decimal text:
 *  no exponent, no binary noise like 0.10000000000000001). */
typedef struct {
    const char *symbol; /*  or asset id */
    const char *qty;
    const char *notional;
    const char *side;
    const char *type;
    const char *time_in_force;
    const char *limit_price;
    const char *stop_price;
    const char *trail_price;
    const char *trail_percent;
    const char *client_order_id;
    const char *order_class;
    const char *position_intent;
    bool extended_hours;
    bool has_take_profit;
    bool has_stop_loss;
    bool has_legs;
} engine_submit_t;

/*  arrived_at_ns: when the request was read (for the history; 0 = now). *order_p is borrowed until destroy and
 *  shows the order as it changes; copy it for a snapshot. Refusals are recorded too. */
int engine_order_submit (engine_t *self, uint32_t account, const engine_submit_t *submit,
    int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p, engine_error_t *error);
/*  The same from the port's struct (deterministic simulation). */
int engine_order_submit_request (engine_t *self, uint32_t account, const order_request_t *request,
    int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p, engine_error_t *error);

/*  GET by id (dashes optional; not a UUID: 422 40010001) and by client_order_id: always current. 404 40410000. */
int engine_order_get (engine_t *self, uint32_t account, const char *id, int64_t now_ns,
    const engine_order_t **order_p, engine_error_t *error);
int engine_order_by_client_id (engine_t *self, uint32_t account, const char *client_order_id, int64_t now_ns,
    const engine_order_t **order_p, engine_error_t *error);

/*  GET orders: query parameters as text. nested is ignored. */
typedef struct {
    const char *status; /*  open (default), closed, all */
    const char *limit;  /*  50; 1-500 */
    const char *after;  /*  RFC 3339 or a date; exclusive, of submitted_at */
    const char *until;
    const char *before_order_id; /*  one of these two, and then neither after nor until */
    const char *after_order_id;
    const char *direction; /*  desc (default), asc */
    const char *symbols;   /*  comma separated */
    const char *side;
    const char *asset_class; /*  us_equity, us_option, crypto, all; comma separated */
} engine_order_filter_t;

/*  Copies as the list shows them (with list lag: as they were; an order still in the lag is missing).
 *  capacity >= the page's limit (ENGINE_LIST_MAX suffices), else the page is cut. */
int engine_orders_list (engine_t *self, uint32_t account, const engine_order_filter_t *filter, int64_t now_ns,
    engine_order_t *orders, size_t capacity, size_t *count_p, engine_error_t *error);

/*  PATCH orders/{id}: fields as text. The answer is the NEW order (its `replaces` is the old one, which becomes
 *  `replaced` when the new one is accepted: at once here). */
typedef struct {
    const char *qty;
    const char *time_in_force;
    const char *limit_price;
    const char *stop_price;
    const char *trail;
    const char *client_order_id;
} engine_replace_t;

int engine_order_replace (engine_t *self, uint32_t account, const char *id, const engine_replace_t *replace,
    int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p, engine_error_t *error);

/*  DELETE orders/{id}: 0 = 204. Cancelling a canceled order succeeds; any other final state is 422 42210000. */
int engine_order_cancel (engine_t *self, uint32_t account, const char *id, int64_t arrived_at_ns,
    int64_t now_ns, engine_error_t *error);

/*  DELETE orders: 207 with one item an order that was open. items are the canceled orders' ids; status is 200. */
typedef struct {
    char id[ID_MAX];
    int status;
} engine_cancel_item_t;

/*  Cancels every open order; reports the first `capacity` of them. Returns how many were reported. */
size_t engine_orders_cancel_all (engine_t *self, uint32_t account, int64_t arrived_at_ns, int64_t now_ns,
    engine_cancel_item_t *items, size_t capacity);

/* ---------------------------------------------------------------------------------------------------- positions */

typedef struct {
    const engine_asset_t *asset; /*  symbol to show: asset->position_symbol */
    int64_t qty_e9;              /*  signed; side is "short" if negative */
    int64_t qty_available_e9;    /*  signed; without what open orders hold */
    int64_t avg_entry_price_e9;
    int64_t cost_basis_e9;   /*  signed as qty */
    int64_t market_value_e9; /*  signed as qty */
    int64_t unrealized_pl_e9;
    int64_t unrealized_plpc_e9; /*  1.0 = 100 % */
    int64_t unrealized_intraday_pl_e9;
    int64_t unrealized_intraday_plpc_e9;
    int64_t current_price_e9;
    int64_t lastday_price_e9;
    int64_t change_today_e9;
} engine_position_t;

/*  Symbol order. Returns how many were written. */
size_t engine_positions_list (
    engine_t *self, uint32_t account, int64_t now_ns, engine_position_t *positions, size_t capacity);
/*  404 40410000 "position does not exist". */
int engine_position_get (engine_t *self, uint32_t account, const char *symbol_or_id, int64_t now_ns,
    engine_position_t *position, engine_error_t *error);
/*  DELETE positions/{x}: qty xor percentage (texts; both absent = all). A market day order against it. */
int engine_position_close (engine_t *self, uint32_t account, const char *symbol_or_id, const char *qty,
    const char *percentage, int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p,
    engine_error_t *error);

typedef struct {
    char symbol[SYMBOL_MAX];
    int status;                  /*  200: order; else error */
    const engine_order_t *order; /*  NULL unless 200 */
    engine_error_t error;
} engine_close_item_t;

size_t engine_positions_close_all (engine_t *self, uint32_t account, bool cancel_orders,
    int64_t arrived_at_ns, int64_t now_ns, engine_close_item_t *items, size_t capacity);

#endif
