/*  wire_peer.h: whom a wire talks to, and on which connection. Private to wire.c.
 *
 *  A DEALER's routing id is its name, a colon and 128 random bits, new in every life. The ROUTER sends only to the id
 *  that a frame of the peer's present life came with, under a name that its certificate covers: who merely claims a name
 *  at the handshake gets nothing that is meant for it, and cannot take the connection of somebody whose id it cannot know.
 */
#ifndef WIRE_PEER_H
#define WIRE_PEER_H

#include "actors/actor.h"
#include "actors/host/certificate.h"
#include "actors/host/link.h"
#include "messages/gen/messages.h"

#include <czmq.h>

#define PEERS_MAX 96
#define ROUTE_MAX (ACTOR_NAME_MAX + 1 + 32)

typedef struct {
    char name[ACTOR_NAME_MAX];
    char route[ROUTE_MAX];      /*  its routing id; "" = none that may be used (a ROUTER's peer) */
    char key[CERTIFICATE_TEXT]; /*  whose connection that is; "" = plain */
    link_t *link;
    int64_t blocked_to_ns;
} peer_t;

peer_t *wire_peer_find (peer_t *peers, size_t count, const char *name);
/*  NULL: no memory, or PEERS_MAX. */
peer_t *wire_peer_add (peer_t *peers, size_t *count_p, const char *name, uint64_t session);
/*  Sum over all of them. */
void wire_peer_counts (const peer_t *peers, size_t count, link_counts_t *sum);
size_t wire_peer_waiting (const peer_t *peers, size_t count); /*  messages */

/*  A record is true whoever hears it: a new life of the peer gets what the dead one did not acknowledge. The rest is said
 *  again by those who said it, when the new life says that it is there. */
bool wire_peer_keeps (const char *from, const char *to, message_kind_t kind);

/*  Who writes down what the others did: to wake that thread takes longer than to hand a trade on. */
bool wire_peer_can_wait (const char *to);

/*  When the first of them wants to be asked again; INT64_MAX: none. */
int64_t wire_peer_wake_ns (const peer_t *peers, size_t count);

/*  Any of them. */
bool wire_peer_alive (const peer_t *peers, size_t count);

/*  Gives a DEALER its routing id. -ERR_IO: no randomness. */
int wire_peer_identity (zsock_t *socket, const char *name, problem_t *problem);
/*  Routing id and name of a frame that a ROUTER put in front; "" when it is no name of an actor. */
void wire_peer_sender (zmq_msg_t *frame, char route[ROUTE_MAX], char name[ACTOR_NAME_MAX]);

#endif
