/*  curve.c: an actor's keys at its sockets. */
#include "actors/host/curve_parts.h"
#include "messages/text.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93 /*  in every 4.3, declared in drafts only */
#endif

#define ROLE(word) (1U << CERTIFICATE_##word)
#define ACTORS (ROLE (LISTENER) | ROLE (EXECUTOR) | ROLE (AUDIT) | ROLE (ALERT) | ROLE (GATEWAY))

static const struct {
    const char *text;
    unsigned roles;
} s_doors[DOOR_COUNT] = {
    [DOOR_DISPATCHER] = {"dispatcher", ACTORS},
    [DOOR_TAP_IN] = {"tap-in", ACTORS | ROLE (DISPATCHER)},
    [DOOR_TAP] = {"tap", ROLE (MONITOR) | ROLE (GATEWAY) | ROLE (ALERT) | ROLE (AUDIT)},
};

static const char *const s_refusals[REFUSED_COUNT] = {
    [REFUSED_NO_KEY] = "no key",
    [REFUSED_UNKNOWN] = "unknown key",
    [REFUSED_ROLE] = "wrong role",
    [REFUSED_HANDSHAKE] = "bad handshake",
    [REFUSED_NONSENSE] = "nonsense",
    [REFUSED_REVOKED] = "revoked key",
    [REFUSED_NAME] = "wrong name",
    [REFUSED_MESSAGE] = "not a subscription",
};

const char *curve_door_text (curve_door_t door)
{
    assert (door < DOOR_COUNT);
    return s_doors[door].text;
}

const char *curve_refusal_text (refusal_t reason)
{
    assert (reason < REFUSED_COUNT);
    return s_refusals[reason];
}

/*  ---- life ---- */

/*  Its own certificate, where it stands beside the others: a mistake is better found here than at a closed door. */
static int check_own (const curve_t *self, const char *secret_file, problem_t *problem)
{
    const certificate_t *own = keyring_find (&self->ring, self->key);
    if (!own || certificate_covers (own, self->actor))
        return 0;
    size_t length = strlen (secret_file);
    return problem_set (problem, ERR_SETTING, secret_file + (length > 90 ? length - 90 : 0),
        "is the certificate %s, expected one of %s", own->name, self->actor);
}

int curve_new (curve_t **self_p, const char *actor, const char *secret_file, const char *public_directory,
    problem_t *problem)
{
    assert (self_p && actor && strlen (actor) < ACTOR_NAME_MAX && secret_file && public_directory);
    *self_p = NULL;
    if (strlen (public_directory) >= CERTIFICATE_PATH_MAX)
        return problem_set (problem, ERR_RANGE, actor, "the path of its certificates is too long");
    curve_t *self = calloc (1, sizeof *self);
    if (self)
        self->secret = sodium_malloc (CERTIFICATE_TEXT);
    if (!self || !self->secret || uv_mutex_init (&self->lock) != 0) {
        sodium_free (self ? self->secret : NULL);
        free (self);
        return problem_set (problem, ERR_MEMORY, actor, "no locked memory for its certificate");
    }
    TEXT_SET (self->actor, actor);
    TEXT_SET (self->directory, public_directory);
    atomic_store (&self->generation, 1);
    int rc = certificate_load_secret (secret_file, self->key, self->secret, problem);
    if (rc == 0)
        rc = keyring_read (&self->ring, public_directory, NULL, problem);
    if (rc == 0)
        rc = check_own (self, secret_file, problem);
    if (rc == 0)
        rc = porter_add (self, problem);
    *self_p = self;
    if (rc != 0)
        curve_destroy (self_p);
    return rc;
}

void curve_destroy (curve_t **self_p)
{
    assert (self_p);
    curve_t *self = *self_p;
    if (!self)
        return;
    porter_forget (self);
    uv_mutex_destroy (&self->lock);
    sodium_free (self->secret);
    free (self);
    *self_p = NULL;
}

/*  ---- sockets ---- */

static int set_key (void *socket, int option, const char *key, const char *where, problem_t *problem)
{
    if (zmq_setsockopt (socket, option, key, CERTIFICATE_TEXT) == 0)
        return 0;
    return problem_set (
        problem, ERR_IO, where, "CURVE: %s (was libzmq built with libsodium?)", zmq_strerror (zmq_errno ()));
}

static void set_number (void *socket, int option, int value)
{
    int rc = zmq_setsockopt (socket, option, &value, sizeof value);
    assert (rc == 0);
    (void) rc;
}

int curve_expect (curve_t *self, certificate_role_t server, char key[CERTIFICATE_TEXT], problem_t *problem)
{
    assert (self);
    uv_mutex_lock (&self->lock);
    const certificate_t *wanted = keyring_label (&self->ring, certificate_role_text (server));
    if (wanted && key)
        memcpy (key, wanted->key, CERTIFICATE_TEXT);
    uv_mutex_unlock (&self->lock);
    if (wanted)
        return 0;
    return problem_set (problem, ERR_MISSING, self->actor,
        "%.200s holds no %s.key: expected the certificate of whom it connects to", self->directory,
        certificate_role_text (server));
}

int curve_connect (curve_t *self, zsock_t *socket, certificate_role_t server, problem_t *problem)
{
    assert (self && socket && self->servers_count < CURVE_SERVERS_MAX);
    server_t *known = &self->servers[self->servers_count];
    void *handle = zsock_resolve (socket);
    *known = (server_t){.socket = handle, .server = server};
    int rc = curve_expect (self, server, known->pin, problem);
    if (rc != 0)
        return rc;
    self->servers_count++;
    set_number (handle, ZMQ_HANDSHAKE_IVL, CURVE_HANDSHAKE_MS);
    rc = set_key (handle, ZMQ_CURVE_PUBLICKEY, self->key, self->actor, problem);
    if (rc == 0)
        rc = set_key (handle, ZMQ_CURVE_SECRETKEY, self->secret, self->actor, problem);
    return rc == 0 ? set_key (handle, ZMQ_CURVE_SERVERKEY, known->pin, self->actor, problem) : rc;
}

int curve_guard (curve_t *self, zsock_t *socket, curve_door_t door, problem_t *problem)
{
    static _Atomic unsigned s_serial;
    const int enforce = 1;
    char endpoint[64];
    assert (self && socket && door < DOOR_COUNT && !self->doors[door].socket);
    void *handle = zsock_resolve (socket);
    unsigned serial = ++s_serial;
    uv_mutex_lock (&self->lock);
    door_t *made = &self->doors[door];
    *made = (door_t){.socket = handle, .roles = s_doors[door].roles};
    (void) snprintf (made->domain, sizeof made->domain, "%s/%u", s_doors[door].text, serial);
    uv_mutex_unlock (&self->lock);
    set_number (handle, ZMQ_CURVE_SERVER, 1);
    set_number (handle, ZMQ_HANDSHAKE_IVL, CURVE_HANDSHAKE_MS);
    /*  should the porter be away nobody comes in; where it cannot be asked for, the porter outlives the socket anyway */
    (void) zmq_setsockopt (handle, ZMQ_ZAP_ENFORCE_DOMAIN, &enforce, sizeof enforce);
    (void) zmq_setsockopt (handle, ZMQ_ZAP_DOMAIN, made->domain, strlen (made->domain));
    int rc = set_key (handle, ZMQ_CURVE_SECRETKEY, self->secret, s_doors[door].text, problem);
    (void) snprintf (endpoint, sizeof endpoint, "inproc://door-%u", serial);
    if (rc == 0 &&
        zmq_socket_monitor (handle, endpoint,
            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0)
        rc = problem_set (problem, ERR_IO, s_doors[door].text, "no monitor: %s", zmq_strerror (zmq_errno ()));
    if (rc == 0)
        porter_watch (self, door, endpoint);
    return rc;
}

void curve_leave (curve_t *self, curve_door_t door)
{
    assert (self && door < DOOR_COUNT);
    if (!self->doors[door].socket)
        return;
    (void) zmq_socket_monitor (self->doors[door].socket, NULL, 0);
    porter_unwatch (self, door);
    uv_mutex_lock (&self->lock);
    self->doors[door].socket = NULL;
    uv_mutex_unlock (&self->lock);
}

bool curve_changed (const curve_t *self, uint64_t *seen)
{
    assert (self && seen);
    uint64_t now = atomic_load (&self->generation);
    bool changed = now != *seen;
    *seen = now;
    return changed;
}

/*  What is under way on the old connection is lost, as with any that breaks: links repeat it. */
static void connect_anew (const server_t *server)
{
    char endpoint[256];
    size_t size = sizeof endpoint;
    if (zmq_getsockopt (server->socket, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0 || size <= 1)
        return;
    (void) zmq_disconnect (server->socket, endpoint);
    (void) zmq_setsockopt (server->socket, ZMQ_CURVE_SERVERKEY, server->pin, CERTIFICATE_TEXT);
    (void) zmq_connect (server->socket, endpoint);
}

void curve_follow (curve_t *self)
{
    assert (self);
    for (size_t n = 0; n < self->servers_count; n++) {
        server_t *server = &self->servers[n];
        uv_mutex_lock (&self->lock);
        const certificate_t *now = keyring_label (&self->ring, certificate_role_text (server->server));
        bool other = now && strcmp (now->key, server->pin) != 0;
        if (other)
            memcpy (server->pin, now->key, sizeof server->pin);
        uv_mutex_unlock (&self->lock);
        if (other)
            connect_anew (server);
    }
}

void curve_again (curve_t *self, zsock_t *socket)
{
    assert (self && socket);
    for (size_t n = 0; n < self->servers_count; n++)
        if (self->servers[n].socket == zsock_resolve (socket))
            connect_anew (&self->servers[n]);
}

/*  ---- who is there ---- */

void curve_refused (curve_t *self, curve_door_t door, refusal_t reason)
{
    assert (self && door < DOOR_COUNT && reason < REFUSED_COUNT);
    uv_mutex_lock (&self->lock);
    self->doors[door].counts.refused[reason]++;
    uv_mutex_unlock (&self->lock);
}

bool curve_admits (
    curve_t *self, curve_door_t door, zmq_msg_t *frame, const char *name, char key[CERTIFICATE_TEXT])
{
    assert (self && door < DOOR_COUNT && frame);
    const char *whose = zmq_msg_gets (frame, "User-Id");
    uv_mutex_lock (&self->lock);
    const certificate_t *known = whose ? keyring_find (&self->ring, whose) : NULL;
    bool covered = known && (!name || certificate_covers (known, name));
    if (!covered)
        self->doors[door].counts.refused[known ? REFUSED_NAME : REFUSED_REVOKED]++;
    else if (key)
        memcpy (key, known->key, CERTIFICATE_TEXT);
    uv_mutex_unlock (&self->lock);
    return covered;
}

bool curve_knows (curve_t *self, const char *key)
{
    assert (self && key);
    uv_mutex_lock (&self->lock);
    bool known = keyring_find (&self->ring, key) != NULL;
    uv_mutex_unlock (&self->lock);
    return known;
}

bool curve_evicts (curve_t *self, curve_door_t door)
{
    assert (self && door < DOOR_COUNT);
    uv_mutex_lock (&self->lock);
    bool evicts = self->doors[door].evicts;
    self->doors[door].evicts = false;
    uv_mutex_unlock (&self->lock);
    return evicts;
}

void curve_counts (curve_t *self, curve_door_t door, curve_counts_t *counts)
{
    assert (self && door < DOOR_COUNT && counts);
    uv_mutex_lock (&self->lock);
    *counts = self->doors[door].counts;
    uv_mutex_unlock (&self->lock);
}
