/*  frame_scan.h: a trade update of the stream, read in one pass and without a JSON document: it is on the way of every trade.
 *
 *  Like order_scan.h: the plain form only, the rest is json_frame's.
 */
#ifndef BROKER_ALPACA_FRAME_SCAN_H
#define BROKER_ALPACA_FRAME_SCAN_H

#include "broker/alpaca/json.h"

/*  true: *frame is what json_frame would read. false: *frame is not to be used. Pure. */
bool frame_scan (const char *bytes, size_t size, frame_t *frame);

#endif
