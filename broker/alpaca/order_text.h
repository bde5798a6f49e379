/*  order_text.h: the body of POST /v2/orders, written without a JSON document and without printf: it is made once an
 *  order, on the hot path. Pure.
 */
#ifndef BROKER_ALPACA_ORDER_TEXT_H
#define BROKER_ALPACA_ORDER_TEXT_H

#include "messages/trading.h"

/*  NUL-terminated into text, which has room for `room` bytes. Returns its length; 0: it does not fit, an amount
 *  is negative, or symbol or client_order_id hold other than printable ASCII. */
size_t order_text (const order_request_t *request, char *text, size_t room);

#endif
