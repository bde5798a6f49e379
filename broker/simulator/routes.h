/*  routes.h: which function answers which request, and how they answer. */
#ifndef SIMULATOR_ROUTES_H
#define SIMULATOR_ROUTES_H

#include "broker/simulator/encode.h"
#include "broker/simulator/server.h"

/*  Fills exchange->answer (or lose_answer, or upgrades the connection); never sends. */
void routes_work (exchange_t *exchange);

/*  argument: what stood for the star of the pattern, decoded; "" without one. */
typedef void (route_fn) (exchange_t *exchange, const char *argument);
typedef struct {
    http_method_t method;
    const char *pattern; /*  at most one star, which is not empty */
    route_fn *work;
} route_t;

/*  The route of a table for a request, and its argument (HTTP_PATH_MAX). NULL: none; *known_p: but other methods. */
const route_t *routes_find (const route_t *table, size_t count, http_method_t method, const char *path,
    char argument[HTTP_PATH_MAX], bool *known_p);

/*  Error answers: {"code":...,"message":"..."}; code 0 leaves it out. */
void answer_error (exchange_t *exchange, int status, int64_t code, const char *message);
void answer_refusal (exchange_t *exchange, const engine_error_t *error);
/*  200 and the body to write the JSON into. */
http_buffer_t *answer_ok (exchange_t *exchange);
/*  0 = 200 with the order, else the refusal. */
void answer_order (exchange_t *exchange, int rc, const engine_order_t *order, const engine_error_t *error);
/*  The request's body as an object; NULL: answered 400. Caller decrefs. */
json_t *answer_needs_object (exchange_t *exchange);

/*  The body of POST orders for an account: for /v2/orders and /control/order. */
void orders_submit (exchange_t *exchange, uint32_t account, const json_t *body);

/*  The tables' functions, by file. */
void route_order_submit (exchange_t *exchange, const char *argument);
void route_orders_list (exchange_t *exchange, const char *argument);
void route_orders_cancel (exchange_t *exchange, const char *argument);
void route_order_get (exchange_t *exchange, const char *argument);
void route_order_by_client_id (exchange_t *exchange, const char *argument);
void route_order_replace (exchange_t *exchange, const char *argument);
void route_order_cancel (exchange_t *exchange, const char *argument);
void route_account (exchange_t *exchange, const char *argument);
void route_configurations_get (exchange_t *exchange, const char *argument);
void route_configurations_patch (exchange_t *exchange, const char *argument);
void route_portfolio (exchange_t *exchange, const char *argument);
void route_activities (exchange_t *exchange, const char *argument);
void route_positions_list (exchange_t *exchange, const char *argument);
void route_positions_close (exchange_t *exchange, const char *argument);
void route_position_get (exchange_t *exchange, const char *argument);
void route_position_close (exchange_t *exchange, const char *argument);
void route_assets (exchange_t *exchange, const char *argument);
void route_asset (exchange_t *exchange, const char *argument);
void route_clock (exchange_t *exchange, const char *argument);
void route_calendar (exchange_t *exchange, const char *argument);
void route_trade_latest (exchange_t *exchange, const char *argument);
void route_quote_latest (exchange_t *exchange, const char *argument);
void route_trades_latest (exchange_t *exchange, const char *argument);
void route_quotes_latest (exchange_t *exchange, const char *argument);
void route_events (exchange_t *exchange, const char *argument);

/*  Everything under /control. */
void control_work (exchange_t *exchange);

#endif
