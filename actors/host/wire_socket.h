/*  wire_socket.h: ZeroMQ's calls as a wire needs them: sockets with our limits, and messages of several frames. Private
 *  to wire.c. A message is handed over whole or not at all: only its first frame can be refused.
 */
#ifndef WIRE_SOCKET_H
#define WIRE_SOCKET_H

#include "actors/host/link.h"
#include "messages/error.h"
#include "messages/gen/messages.h"

#include <czmq.h>

zsock_t *wire_socket_new (int type); /*  NULL: out of memory */
/*  To listen there may be several endpoints, with commas between them: the first that is free. */
int wire_socket_attach (zsock_t *socket, const char *endpoint, bool binds, problem_t *problem);

/*  Is there a message? NULL has none. */
bool wire_socket_readable (zsock_t *socket);
/*  The frames of one message, the first `room` of them to be closed by the caller; how many there were, 0 = nothing. */
size_t wire_socket_take (zsock_t *socket, zmq_msg_t *frames, size_t room);
/*  Printable text of a frame, else "". */
void wire_socket_text (zmq_msg_t *frame, char *text, size_t size);

/*  Prefixes with a space between. */
void wire_socket_subscribe (zsock_t *ear, const char *prefixes);

/*  Subject, body. 0 or -ERR_FULL. */
int wire_socket_publish (zsock_t *socket, message_kind_t kind, const uint8_t *bytes, size_t size);
/*  [to] header [subject body]; to NULL: the socket has one peer. false: it takes no more, or does not know the peer. */
bool wire_socket_frame (zsock_t *socket, const char *to, const link_frame_t *frame);

#endif
