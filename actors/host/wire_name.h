/*  wire_name.h: connects a socket to tcp://NAME:PORT and follows the name, or to one of several endpoints, and follows who
 *  answers there. Private to wire.c.
 *
 *  ZeroMQ would look the name up in the thread that serves all sockets of the process: a name server that is away would
 *  hold up connections that are whole. So libuv's threads do it, again and again: a container that comes back often has
 *  another address. While the look-up fails, or still names the address, nothing changes. IPv4.
 *
 *  A dispatcher may be at one of several places: there are endpoints with commas between them, or a name has several
 *  addresses. Only the one that leads listens. The socket is connected to one place at a time (it would deal its messages
 *  round to all of them), and as long as its link hears nobody it goes on to the next one after WIRE_NAME_PATIENCE_MS.
 */
#ifndef WIRE_NAME_H
#define WIRE_NAME_H

#include "actors/host/link.h"
#include "messages/error.h"

#include <czmq.h>
#include <uv.h>

#define WIRE_NAME_EVERY_MS 2000    /*  from one look-up's answer to the next look-up */
#define WIRE_NAME_RETRY_MS 250     /*  after one that failed before the first address was known */
#define WIRE_NAME_PATIENCE_MS 1000 /*  at a place where nobody answers */

typedef struct wire_name wire_name_t;

/*  Has the endpoint a name where an address could be, or is it several? */
bool wire_name_is (const char *endpoint);
#define WIRE_NAMES_MAX 3 /*  link, tap, ear */

/*  Those of one wire. */
typedef struct {
    bool looks_up; /*  false: ZeroMQ looks names up */
    bool *touched; /*  set when a socket was used, for then it has to be asked for its events */
    wire_name_t *list[WIRE_NAMES_MAX];
    size_t count;
} wire_names_t;

/*  Connects now, or, when a name has to be looked up, once the loop runs. The socket is borrowed until wire_names_close,
 *  and so is the link: of this socket, NULL = nobody can tell who answers.
 *  -ERR_MEMORY, -ERR_IO. */
int wire_names_connect (
    wire_names_t *self, zsock_t *socket, const char *endpoint, link_t *link, problem_t *problem);
void wire_names_watch (wire_names_t *self, uv_loop_t *loop);
/*  What was watched is freed when the loop has closed its handles. Twice is once. */
void wire_names_close (wire_names_t *self);

#endif
