/*  flight.h: one broker call under way: its request (or the pages of it), the lists gathered so far, its answer. */
#ifndef BROKER_ALPACA_FLIGHT_H
#define BROKER_ALPACA_FLIGHT_H

#include "broker/alpaca/channel.h"
#include "broker/alpaca/request.h"

#include "broker/broker.h"

typedef struct flight flight_t;

/*  What all flights of a broker share; borrowed by them. */
typedef struct {
    rest_t *rest;
    channel_t *orders; /*  orders go this way; NULL: as everything else */
    channel_t
        *reads; /*  what is read of base_url, likewise; expects nothing: connections come with the first */
    char base_url[REQUEST_BASE_MAX];
    char data_url[REQUEST_BASE_MAX];
    int64_t timeout_ns; /*  of a call that names none */
    broker_answer_fn *answer;
    void *context;
} flight_route_t;

typedef void (flight_landed_fn) (void *context, flight_t *flight);

flight_t *flight_new (const flight_route_t *route, flight_landed_fn *landed, void *context);
void flight_destroy (flight_t **self_p);
void flight_prefetch (const flight_t *self); /*  it will be started soon */

/*  Sends the call; the answer comes later, then landed: the flight can start again. 0, or -ERR_RANGE (the call does not
 *  fit into a request), -ERR_FULL, -ERR_MEMORY: then no answer comes. */
int flight_start (flight_t *self, const broker_call_t *call, keys_t *keys);

#endif
