/*  fixture.c: threads, a private directory, free ports. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fixture.h"
#include "keys.h"

#include "actors/host/log.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool port_is_free (uint16_t port, uint16_t *got_p)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons (port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int one = socket (AF_INET, SOCK_STREAM, 0);
    bool good = bind (one, (struct sockaddr *) &address, sizeof address) == 0 &&
                getsockname (one, (struct sockaddr *) &address, &size) == 0;
    *got_p = ntohs (address.sin_port);
    (void) close (one);
    return good;
}

/*  The first of three free ports in a row. */
static uint16_t free_ports (void)
{
    uint16_t first;
    uint16_t next;
    for (int n = 0; n < 100; n++)
        if (port_is_free (0, &first) && first < 65000 && port_is_free ((uint16_t) (first + 1), &next) &&
            port_is_free ((uint16_t) (first + 2), &next))
            return first;
    fail_msg ("no three free ports");
    return 0;
}

static void run_tap (void *argument)
{
    (void) tap_run ((tap_t *) argument);
}

int fixture_make (void **state)
{
    fixture_t *self = (fixture_t *) calloc (1, sizeof *self);
    const char *transport = getenv ("TRANSPORT");
    char in[WIRE_ENDPOINT_MAX];
    char out[WIRE_ENDPOINT_MAX];
    const char *outs[] = {out};
    assert_non_null (transport);
    wire_setup ();
    (void) strcpy (self->directory, "/tmp/tc-test-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
    (void) strcpy (self->topology.base, self->directory);
    self->keys = strcmp (transport, "curve") == 0;
    if (self->keys) {
        keys_make (self->directory);
        self->tap_curve = keys_of (self->directory, "tap", "tap");
    }
    if (strcmp (transport, "tcp") == 0 || self->keys) {
        self->topology.transport = TRANSPORT_TCP;
        (void) snprintf (self->topology.base, sizeof self->topology.base, "127.0.0.1:%u", free_ports ());
    } else
        self->topology.transport = strcmp (transport, "ipc") == 0 ? TRANSPORT_IPC : TRANSPORT_INPROC;
    (void) topology_endpoint (&self->topology, SPOT_TAP, out);
    assert_int_equal (tap_new (&self->tap, topology_endpoint (&self->topology, SPOT_TAP_IN, in), outs, 1,
                          self->tap_curve, NULL),
        0);
    assert_int_equal (uv_thread_create (&self->tap_thread, run_tap, self->tap), 0);
    *state = self;
    return 0;
}

int fixture_clean (void **state)
{
    fixture_t *self = (fixture_t *) *state;
    char command[128];
    tap_ask_stop (self->tap);
    (void) uv_thread_join (&self->tap_thread);
    tap_destroy (&self->tap);
    curve_destroy (&self->tap_curve);
    (void) snprintf (command, sizeof command, "rm -rf %s", self->directory);
    (void) !system (command);
    free (self);
    return 0;
}

static void run_actor (void *argument)
{
    fixture_actor_t *actor = (fixture_actor_t *) argument;
    actor->result = actor_host_run (actor->host, NULL);
}

void fixture_start (
    fixture_t *self, fixture_actor_t *actor, const char *name, const actor_ops_t *ops, void *core)
{
    char link[WIRE_ENDPOINT_MAX];
    char in[WIRE_ENDPOINT_MAX];
    actor->curve = self->keys ? keys_of (self->directory, name,
                                    strcmp (name, "dispatcher") == 0 ? "dispatcher" : "executor")
                              : NULL;
    wire_config_t config = {.curve = actor->curve,
        .name = name,
        .endpoint = topology_endpoint (&self->topology, SPOT_DISPATCHER, link),
        .binds = strcmp (name, "dispatcher") == 0,
        .tap_in = topology_endpoint (&self->topology, SPOT_TAP_IN, in)};
    actor_parts_t parts = {.ops = ops, .core = core, .effects = effects_new (30000, 16 * 1024 * 1024)};
    assert_int_equal (actor_host_new (&actor->host, &config, ops->role, NULL, NULL), 0);
    assert_int_equal (actor_host_plug (actor->host, &parts), 0);
    assert_int_equal (uv_thread_create (&actor->thread, run_actor, actor), 0);
}

int fixture_stop (fixture_actor_t *actor)
{
    actor_host_ask_stop (actor->host);
    (void) uv_thread_join (&actor->thread);
    actor->counts = *actor_host_counts (actor->host);
    actor_host_destroy (&actor->host);
    curve_destroy (&actor->curve);
    return actor->result;
}

zsock_t *fixture_socket (fixture_t *self, int type, const char *label, const char *server)
{
    zsock_t *socket = zsock_new (type);
    assert_non_null (socket);
    if (self->keys)
        keys_give (socket, self->directory, label, server);
    return socket;
}

void fixture_await (_Atomic uint64_t *value, uint64_t wanted)
{
    for (int n = 0; n < 10000 && atomic_load (value) < wanted; n++)
        (void) usleep (1000);
    assert_true (atomic_load (value) >= wanted);
}
