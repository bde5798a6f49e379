/*  wire_name.h: connects a socket to tcp://NAME:PORT and follows the name. Private to wire.c.
 *
 *  ZeroMQ would look the name up in the thread that serves all sockets of the process: a name server that is away would
 *  hold up connections that are whole. So libuv's threads do it, again and again: a container that comes back often has
 *  another address. While the look-up fails, or still names the address, nothing changes. IPv4.
 */
#ifndef WIRE_NAME_H
#define WIRE_NAME_H

#include <czmq.h>
#include <uv.h>

#define WIRE_NAME_EVERY_MS 2000 /*  from one look-up's answer to the next look-up */
#define WIRE_NAME_RETRY_MS 250  /*  after one that failed before the first address was known */

typedef struct wire_name wire_name_t;

/*  Has the endpoint a name where an address could be? */
bool wire_name_is (const char *endpoint);
/*  socket: borrowed, it has to live until wire_name_close. touched: set when the socket was used, for then it has to be
 *  asked for its events. NULL: out of memory. */
wire_name_t *wire_name_new (zsock_t *socket, const char *endpoint, bool *touched);
void wire_name_watch (wire_name_t *self, uv_loop_t *loop);
/*  Ends it; what was watched is freed when the loop has closed its handles. */
void wire_name_close (wire_name_t **self_p);

#endif
