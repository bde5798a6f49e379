/*  call.h: what an actor asks of the broker and what comes back, as data.
 *
 *  A core emits broker_call_t as an effect; the host hands it to the port in broker/broker.h; the answer comes
 *  back as an event with the call's token. Nothing here is sent between actors.
 */
#ifndef CALL_H
#define CALL_H

#include "messages/trading.h"

typedef enum {
    CALL_SUBMIT,             /*  request */
    CALL_ORDER,              /*  by the broker's order id (key) */
    CALL_ORDER_BY_CLIENT_ID, /*  key = client_order_id; current within ~25 ms (section 5) */
    CALL_CANCEL,             /*  key = order id */
    CALL_ACCOUNT,
    CALL_POSITIONS,
    CALL_OPEN_ORDERS, /*  all pages; the list lags 150-250 ms */
    CALL_FILLS, /*  FILL activities after since_ns, oldest first; key = id of the last one read, "" = from the
                          begin; at most CALL_FILLS_MAX, then `more` */
    CALL_ASSET, /*  key = symbol */
    CALL_CLOCK,
    CALL_LATEST_TRADE, /*  key = symbol; answer price_e9 */
    CALL_ORDERS,       /*  of any status, submitted after since_ns, oldest first; at most CALL_ORDERS_MAX */
    CALL_COUNT
} call_kind_t;

#define CALL_FILLS_MAX 1000
#define CALL_ORDERS_MAX 5000

typedef struct {
    call_kind_t kind;
    uint32_t account;   /*  which account: the slot that open_account named (a listener's is 0) */
    uint64_t token;     /*  the core's own, comes back unchanged */
    int64_t timeout_ns; /*  0 = the port's default (10 s) */
    int64_t since_ns;   /*  CALL_FILLS, CALL_ORDERS */
    int64_t
        not_after_ns; /*  CALL_SUBMIT: boottime; not started later than this (ANSWER_NOT_SENT); 0 = whenever (P6) */
    char key[CLIENT_ORDER_ID_MAX];
    order_request_t request; /*  CALL_SUBMIT */
} broker_call_t;

/*  What is known after an answer. The port maps HTTP status and broker code (alpaca-api.md section 4); it never
 *  decides what to do about it, and never repeats a call by itself. */
typedef enum {
    ANSWER_OK,        /*  the payload of the call's kind is there */
    ANSWER_TAKEN,     /*  422 "client_order_id must be unique": somebody sent this slot before */
    ANSWER_NOT_FOUND, /*  404 */
    ANSWER_REJECTED,  /*  400, 403, 422: a business answer; code and message */
    ANSWER_AUTH,      /*  401, or 403 without a broker code: the keys are wrong */
    ANSWER_LIMITED,   /*  429; retry_at_ns */
    ANSWER_UNKNOWN, /*  timeout, reset, 5xx, or an answer that is not the broker's: it may or may not have happened */
    ANSWER_NOT_SENT /*  refused before a byte was written (no connection): it did not happen */
} answer_kind_t;

typedef struct {
    call_kind_t call;
    answer_kind_t kind;
    uint32_t account;
    uint64_t token;
    int http_status; /*  0 = none came */
    int64_t code;    /*  the broker's, e.g. 40310000; 0 = none */
    char message[REASON_MAX];
    char existing_order_id[ID_MAX]; /*  of the order in a refused one's way (403 wash trade); "" = not said */
    int64_t sent_at_ns;             /*  UTC: first byte handed to the connection (0 = never) */
    int64_t answered_at_ns;         /*  UTC: the answer was complete */
    int64_t broker_date_ns;         /*  UTC: the answer's Date header (0 = none) */
    int64_t limit; /*  X-RateLimit-Limit, -Remaining (-1 = absent), -Reset as UTC ns (0 = absent) */
    int64_t remaining;
    int64_t retry_at_ns;
    /*  payload, by call; arrays are borrowed and valid during the event only */
    order_t order;
    account_t account_state;
    asset_t asset;
    market_clock_t clock;
    int64_t price_e9;
    const position_t *positions;
    const order_t *orders;
    const activity_t *activities;
    size_t count; /*  of the array that is set */
    bool more;    /*  CALL_FILLS, CALL_ORDERS: there are others behind these */
} broker_answer_t;

const char *answer_kind_text (answer_kind_t kind);

#endif
