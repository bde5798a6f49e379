/*  bare.h: the limit: orders to the receiver with nothing around them. HTTP/2: nghttp2 and OpenSSL on blocking sockets;
 *  HTTP/1.1: the request's bytes and OpenSSL, one in flight on each connection.
 */
#ifndef BARE_H
#define BARE_H

#include "scripts/commands/load_test/receiver.h"

#include <stddef.h>

typedef struct bare bare_t;

bare_t *bare_new (const receiver_t *receiver, size_t connections);
void bare_destroy (bare_t **self_p);
/*  Sends so many orders; returns when all are answered. */
void bare_send (bare_t *self, size_t orders);

#endif
