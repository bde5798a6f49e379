/*  order_scan.h: the answer to an order read in one pass and without a JSON document: a fan-out brings one an order.
 *
 *  It understands the plain form only: one object whose values are texts without escapes, numbers, true, false, null or
 *  empty lists and objects. Whatever is not plain, or not in order, is left to json_order, which decides and says why.
 */
#ifndef BROKER_ALPACA_ORDER_SCAN_H
#define BROKER_ALPACA_ORDER_SCAN_H

#include "broker/alpaca/json_scan.h"
#include "messages/trading.h"

/*  true: *order is what json_order would read. false: *order is not to be used. Pure. */
bool order_scan (const char *bytes, size_t size, order_t *order);
/*  The same within other JSON: the object that comes next. */
bool order_scan_object (scan_t *scan, order_t *order);

#endif
