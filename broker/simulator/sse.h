/*  sse.h: GET /v2/events/trades: an account's events as a stream that does not end, with replay. */
#ifndef SIMULATOR_SSE_H
#define SIMULATOR_SSE_H

#include "broker/simulator/server.h"

/*  Turns the exchange (keys checked) into an event stream, or fills its answer with the error. */
void sse_open (exchange_t *exchange);
void sse_gone (sse_t *self); /*  its exchange ends: frees it */
/*  Over a list of streams (NULL = none). They may close connections. */
void sse_send (sse_t *list, const engine_event_t *event);
void sse_heartbeat (sse_t *list);
void sse_cut (sse_t *list);
size_t sse_count (const sse_t *list);

#endif
