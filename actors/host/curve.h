/*  curve.h: the keys of one actor for tcp: whom it connects to, and who may come in at the sockets where it listens.
 *
 *  A *door* is a listening socket with CURVE. Who comes in is asked at the handshake (ZAP, curve_porter.c): the public
 *  key must stand in the actor's directory of certificates, for a role that the door admits. The key stays with
 *  everything that comes through the connection, so each message can be asked whose it is, and whether its certificate
 *  still stands there. A client is told its server's key beforehand and talks to nobody else.
 *
 *  The directory is looked at every two seconds by a thread of its own, which all actors of a process share.
 *  Threads: a curve_t belongs to the thread of its actor's loop; curve_counts may be called from any.
 */
#ifndef CURVE_H
#define CURVE_H

#include "actors/host/certificate.h"

#include <czmq.h>

typedef struct curve curve_t;

typedef enum {
    DOOR_DISPATCHER, /*  ROUTER: listener, executor, audit, alert, gateway */
    DOOR_TAP_IN,     /*  XSUB: all of these and the dispatcher */
    DOOR_TAP,        /*  XPUB: monitor, gateway, and alert and audit, which listen for alerts */
    DOOR_COUNT
} curve_door_t;

typedef enum {
    REFUSED_NO_KEY,    /*  speaks ZMTP without CURVE */
    REFUSED_UNKNOWN,   /*  its key is nobody's, or nobody's any more */
    REFUSED_ROLE,      /*  its role has no business at this door */
    REFUSED_HANDSHAKE, /*  it expects another server, or its handshake is broken */
    REFUSED_NONSENSE,  /*  no ZMTP, or it hung up or was silent before it had come in */
    REFUSED_REVOKED,   /*  messages of one whose certificate was deleted after it came in */
    REFUSED_NAME,      /*  messages under a name that its certificate does not cover */
    REFUSED_MESSAGE,   /*  messages where only subscriptions belong */
    REFUSED_COUNT
} refusal_t;

typedef struct {
    uint64_t accepted;               /*  connections */
    uint64_t refused[REFUSED_COUNT]; /*  connections; the last three: messages */
} curve_counts_t;

const char *curve_door_text (curve_door_t door);
const char *curve_refusal_text (refusal_t reason); /*  "unknown key" */

/*  Reads the secret file and every certificate of the directory. actor: its name, which the certificate must cover if
 *  it stands there. -ERR_*: certificate_load_secret, keyring_read; -ERR_SETTING: it is somebody else's. */
int curve_new (curve_t **self_p, const char *actor, const char *secret_file, const char *public_directory,
    problem_t *problem);
/*  After the sockets are closed. */
void curve_destroy (curve_t **self_p);

/*  The key by which a server is known (key may be NULL). -ERR_MISSING: its certificate is not there. */
int curve_expect (curve_t *self, certificate_role_t server, char key[CERTIFICATE_TEXT], problem_t *problem);
/*  Before the socket connects, or binds the endpoints that are to be guarded. -ERR_MISSING: no certificate of the
 *  server's; -ERR_IO: no CURVE in libzmq. */
int curve_connect (curve_t *self, zsock_t *socket, certificate_role_t server, problem_t *problem);
int curve_guard (curve_t *self, zsock_t *socket, curve_door_t door, problem_t *problem);
/*  Before a guarded socket is closed. */
void curve_leave (curve_t *self, curve_door_t door);

/*  Is the one who sent this frame still admitted, under this name (NULL = it has none)? Else it is counted. frame: any
 *  but the routing id. key: then gets whose it is; may be NULL. */
bool curve_admits (
    curve_t *self, curve_door_t door, zmq_msg_t *frame, const char *name, char key[CERTIFICATE_TEXT]);
/*  Is there a certificate with this key? */
bool curve_knows (curve_t *self, const char *key);
void curve_refused (curve_t *self, curve_door_t door, refusal_t reason); /*  counts one more */

/*  True when the certificates have changed since *seen (0 at first), which is brought up to date. Cheap. */
bool curve_changed (const curve_t *self, uint64_t *seen);
/*  Connects anew to every server that has another certificate now. */
void curve_follow (curve_t *self);
/*  Connects this socket anew: libzmq's client gives up for good when what answers is once no server of ours. */
void curve_again (curve_t *self, zsock_t *socket);
/*  True once after a certificate was deleted with which somebody came in at this door. */
bool curve_evicts (curve_t *self, curve_door_t door);

void curve_counts (curve_t *self, curve_door_t door, curve_counts_t *counts);

#endif
