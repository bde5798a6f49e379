/*  topology.h: which actors there are and where they meet: a text file, or one of the two built in.
 *
 *      # comment
 *      transport ipc|inproc|tcp
 *      base      PATH or HOST:PORT      (optional; "" = a private directory; for tcp a host and the first of 3 ports)
 *                (tcp, a dispatcher that stands by: HOST:PORT,HOST:PORT,… where it may be, at most 4; the others take base's
 *                first one for the tap)
 *      tap       HOST:PORT              (tcp: the tap lives at another host: the first of 2 ports; base then needs one)
 *      actor     NAME ROLE [processor]  (role: tap, dispatcher, listener, executor, audit, alert,
 *                                       gateway)
 *      actor     * executor             (executors of any name may come and go, 64 with the named ones)
 *      thread    NAME NAME …            (inproc only: actors, not the tap, that share a thread: no hop between them)
 *
 *  "local": ipc, a process an actor, EXECUTOR_SHARDS executors. "single": the same actors as threads of one process
 *  over inproc; dispatcher, executor-1 and listener share one. Every role but executor stands
 *  once, gateway once or not at all. Executors that are named are waited for at a start.
 */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include "actors/host/wire.h"
#include "actors/actor.h"

#define TOPOLOGY_ACTORS_MAX 72 /*  64 shards and the others */
#define TOPOLOGY_BASE_MAX 96   /*  so that a socket's path fits into 107 bytes */
#define TOPOLOGY_PLACES_MAX 4  /*  of the dispatcher */
#define TOPOLOGY_FILE_MAX 16384

typedef enum { TRANSPORT_IPC, TRANSPORT_INPROC, TRANSPORT_TCP } transport_t;
/*  In the order in which they start; see topology_stop_rank for the other way. */
typedef enum {
    ROLE_TAP,
    ROLE_ALERT,
    ROLE_AUDIT,
    ROLE_DISPATCHER,
    ROLE_EXECUTOR,
    ROLE_LISTENER,
    ROLE_GATEWAY,
    ROLE_COUNT
} role_t;

typedef struct {
    char name[ACTOR_NAME_MAX];
    role_t role;
    int processor; /*  pinned to it; -1 = anywhere */
    int thread;    /*  actors with the same number, not 0, share a thread */
} topology_actor_t;

typedef struct {
    transport_t transport;
    char base[TOPOLOGY_BASE_MAX];
    char more[TOPOLOGY_PLACES_MAX - 1]
             [TOPOLOGY_BASE_MAX]; /*  tcp: where else the dispatcher may be; "" = none */
    char tap[TOPOLOGY_BASE_MAX];  /*  HOST:PORT; "" = the two ports after base's */
    bool any_executor;            /*  others than the named ones, too */
    size_t count;
    topology_actor_t actors[TOPOLOGY_ACTORS_MAX];
    int threads; /*  that are shared */
} topology_t;

/*  name: "local", "single" or a path; gateway: the built-in ones have it. -ERR_NOT_FOUND, -ERR_SYNTAX, -ERR_RANGE, -ERR_MISSING: file:line is named. */
int topology_load (topology_t *self, const char *name, int shards, bool gateway, problem_t *problem);
int topology_parse (topology_t *self, const char *file, const char *text, problem_t *problem);
/*  The executor of this name: a named one, or a new one where any may come; owned by self. NULL: problem says why not. */
const topology_actor_t *topology_admit (topology_t *self, const char *name, problem_t *problem);
const topology_actor_t *topology_find (const topology_t *self, const char *name); /*  NULL = none */
const char *role_text (role_t role);

/*  In which order actors end: listener and gateway 0, executors 1, dispatcher 2, audit 3, alert 4, tap 5. */
int topology_stop_rank (role_t role);

typedef enum { SPOT_DISPATCHER, SPOT_TAP_IN, SPOT_TAP } topology_spot_t;
/*  "ipc://<base>/dispatcher", "inproc://…" or "tcp://host:port + n"; the dispatcher's may be several, with commas between
 *  them; returns text. */
const char *topology_endpoint (const topology_t *self, topology_spot_t spot, char text[WIRE_ENDPOINT_MAX]);
/*  The same for who listens there. tcp: loopback and the addresses of this machine as they are; a name, or an address that
 *  somebody else forwards to us, is where the others look for us: then every interface, "tcp://" + "*:PORT". Several: the
 *  first that can be listened at. */
const char *topology_bind_endpoint (
    const topology_t *self, topology_spot_t spot, char text[WIRE_ENDPOINT_MAX]);

#endif
