/*  curve_parts.h: what curve.c and its porter share. */
#ifndef CURVE_PARTS_H
#define CURVE_PARTS_H

#include "actors/host/curve.h"
#include "actors/host/keyring.h"

#include <stdatomic.h>
#include <uv.h>

#define CURVE_SERVERS_MAX 4
#define CURVE_HANDSHAKE_MS 3000 /*  then it is given up */
#define CURVE_LOOK_MS 2000      /*  at the certificates; two looks are longer than a handshake */

typedef struct {
    void *socket; /*  ZeroMQ's; NULL = not guarded */
    char domain[32];
    unsigned roles; /*  bits */
    bool evicts;
    curve_counts_t counts;
    /*  Connections, to find those that ended without any event: opened by the last look and the one before it. */
    uint64_t opened, ended;
    uint64_t opened_before[2];
    uint64_t silent;
    uint64_t told[REFUSED_COUNT];
    int64_t told_ns[REFUSED_COUNT];
    char last[64]; /*  address of who was refused last */
} door_t;

typedef struct {
    void *socket;
    certificate_role_t server;
    char pin[CERTIFICATE_TEXT];
} server_t;

struct curve {
    char actor[ACTOR_NAME_MAX];
    char directory[CERTIFICATE_PATH_MAX];
    char key[CERTIFICATE_TEXT];
    char *secret;    /*  locked memory */
    uv_mutex_t lock; /*  ring, seen, doors */
    keyring_t ring;
    uint8_t seen[KEYRING_MAX]; /*  bits: doors at which the certificate was accepted */
    door_t doors[DOOR_COUNT];
    _Atomic uint64_t generation; /*  of the ring, from 1 */
    server_t servers[CURVE_SERVERS_MAX];
    size_t servers_count;
    /*  the porter's */
    bool
        doubted; /*  the last look found files that are no certificates: it is believed when the next finds the same */
    int64_t complained_ns;
};

/*  The porter answers for this one from now on, until porter_forget. -ERR_MEMORY. */
int porter_add (curve_t *self, problem_t *problem);
void porter_forget (curve_t *self);
/*  A socket monitor's events are counted at this door. */
void porter_watch (curve_t *self, curve_door_t door, const char *endpoint);
void porter_unwatch (curve_t *self, curve_door_t door);

/*  What the porter's thread asks: is the domain one of its doors, and may this key come in there? */
bool curve_accepts (curve_t *self, const char *domain, const char *key, const char *address);
void curve_event (curve_t *self, curve_door_t door, unsigned event, unsigned value);
/*  Every CURVE_LOOK_MS: the directory, connections that ended silently, the log. */
void curve_look (curve_t *self);

#endif
