/*  json.h: the broker's JSON to the house's structs and back. Pure functions: no state, any thread.
 *
 *  Source of every field: alpaca-api.md sections 1 to 4. Amounts may come as texts, numbers or null; a missing
 *  amount or time is 0. What identifies (ids, symbol, side) must be there and must fit, else the answer is an error:
 *  0, or -ERR_SYNTAX, -ERR_TYPE, -ERR_MISSING, -ERR_RANGE, -ERR_MEMORY with the field in problem->where. problem never
 *  holds a piece of the body.
 */
#ifndef BROKER_ALPACA_JSON_H
#define BROKER_ALPACA_JSON_H

#include "messages/error.h"
#include "messages/trading.h"

/*  An order without id, client_order_id, symbol, side or status is an error. A type or time_in_force we do not know is
 *  read as market and day (a fill must not be lost for it), a status we do not know as pending_review (not final). */
int json_order (const char *bytes, size_t size, order_t *order, problem_t *problem);

/*  Lists are appended to *items_p (malloc; grown, the caller frees) and counted in *count_p. On an error the list stays
 *  as it was. */
int json_orders (const char *bytes, size_t size, order_t **items_p, size_t *count_p, problem_t *problem);
int json_positions (
    const char *bytes, size_t size, position_t **items_p, size_t *count_p, problem_t *problem);
/*  Other activities than FILL are left out; *seen_p is how many the page had, last_id its last one's id (the cursor). */
int json_activities (const char *bytes, size_t size, activity_t **items_p, size_t *count_p, size_t *seen_p,
    char last_id[72], problem_t *problem);

int json_account (const char *bytes, size_t size, account_t *account, problem_t *problem);
int json_asset (const char *bytes, size_t size, asset_t *asset, problem_t *problem);
int json_clock (const char *bytes, size_t size, market_clock_t *clock, problem_t *problem);
int json_latest_trade (const char *bytes, size_t size, int64_t *price_e9_p, problem_t *problem);

/*  {"code":40310000,"message":"...","existing_order_id":"..."}; each may be missing: then 0 and "". An id that does not
 *  fit is none: cut it would be another's. -ERR_*: the body is not a JSON object. */
int json_error_body (const char *bytes, size_t size, int64_t *code_p, char message[REASON_MAX],
    char existing_order_id[ID_MAX]);

/*  The body of POST /v2/orders, NUL-terminated. -ERR_RANGE: it does not fit. */
#define JSON_REQUEST_MAX 1024
int json_request (const order_request_t *request, char text[JSON_REQUEST_MAX], size_t *size_p);

/*  One frame of the trading stream. */
typedef enum {
    FRAME_OTHER, /*  a stream or action we do not know: nothing to do */
    FRAME_AUTHORIZED,
    FRAME_UNAUTHORIZED,
    FRAME_LISTENING,     /*  trade_updates is in the list */
    FRAME_NOT_LISTENING, /*  a listening reply without trade_updates */
    FRAME_TRADE_UPDATE,  /*  update */
    FRAME_ERROR          /*  message */
} frame_kind_t;

typedef struct {
    frame_kind_t kind;
    char message[REASON_MAX];
    trade_update_t update;
} frame_t;

int json_frame (const char *bytes, size_t size, frame_t *frame, problem_t *problem);

/*  The frames we send. auth holds the secret: the caller wipes it. Returns the length, 0 if it does not fit. */
size_t json_auth_frame (const char *key_id, const char *secret, char *text, size_t size);
const char *json_listen_frame (void);

#endif
