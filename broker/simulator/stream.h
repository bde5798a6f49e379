/*  stream.h: the trade_updates WebSocket (/stream): who is connected, authorised, listening; and where an account's
 *  events go. */
#ifndef SIMULATOR_STREAM_H
#define SIMULATOR_STREAM_H

#include "broker/simulator/server.h"

/*  Every account's authorised socket and event streams, and when executions were sent. */
int stream_hub_new (simulator_t *server);
void stream_hub_destroy (simulator_t *server);
/*  The engine's event sink: to the socket and the SSE streams of the account. */
void streams_on_event (void *server, const engine_event_t *event);
/*  UTC ns at which the execution's event was handed to the first socket; 0 = to none. */
int64_t streams_sent_at_ns (const streams_t *self, const char *execution_id);
size_t streams_count (const streams_t *self); /*  authorised sockets */
size_t streams_sse_count (const streams_t *self);
/*  Closes the sockets of an account (or all: UINT32_MAX) without a word. */
void streams_cut (simulator_t *server, uint32_t account);
/*  SSE: the list of an account's streams, head to be edited by sse.c. */
sse_t **streams_sse (streams_t *self, uint32_t account);

/*  Answers the handshake of an exchange and takes its connection over; the exchange is freed. */
void stream_upgrade (exchange_t *exchange);
int stream_input (stream_t *self); /*  -ERR_* = close */
void stream_gone (stream_t *self); /*  its connection closes: nothing more is sent */
void stream_free (stream_t *self); /*  may be NULL */
void streams_heartbeat (streams_t *self);

#endif
