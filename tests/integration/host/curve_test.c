/*  curve_test.c: who comes in over tcp with keys, who does not, and what of it somebody in between can read.
 *
 *  A dispatcher's wire and those of actors in one loop, a tap in a thread, and sockets of strangers. Nothing is decided by
 *  time: a story runs until what must happen has happened (GUARD_MS: it never does), and what must not happen is looked
 *  for after something later has arrived.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "keys.h"
#include "relay.h"

#include "actors/host/clock.h"
#include "actors/host/link.h"
#include "actors/host/tap.h"
#include "actors/host/wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUARD_MS 120000
#define ACTORS_MAX 6

typedef struct {
    char name[ACTOR_NAME_MAX];
    curve_t *curve;
    wire_t *wire;
    uint64_t heard;
    char last_from[ACTOR_NAME_MAX];
} actor_t;

typedef struct {
    char directory[64];
    int port;
    uv_loop_t loop;
    uv_timer_t pulse;
    actor_t actors[ACTORS_MAX]; /*  the first is the dispatcher */
    size_t count;
} story_t;

static story_t *s;

static void on_message (void *context, const char *from, const message_t *message)
{
    actor_t *actor = (actor_t *) context;
    (void) message;
    actor->heard++;
    (void) snprintf (actor->last_from, sizeof actor->last_from, "%s", from);
}

static void on_pulse (uv_timer_t *timer)
{
    (void) timer; /*  so that the loop turns */
}

static const char *endpoint_at (int port)
{
    static char text[64];
    (void) snprintf (text, sizeof text, "tcp://127.0.0.1:%d", port);
    return text;
}

static actor_t *open_actor (const char *name, const char *label, int port)
{
    problem_t problem = {0};
    actor_t *actor = &s->actors[s->count++];
    *actor = (actor_t){.heard = 0};
    (void) snprintf (actor->name, sizeof actor->name, "%s", name);
    if (label)
        actor->curve = keys_of (s->directory, name, label);
    wire_config_t config = {.name = actor->name, .curve = actor->curve, .endpoint = endpoint_at (port)};
    config.binds = strcmp (name, "dispatcher") == 0;
    int rc = -ERR_BUSY;
    for (int n = 0; n < 1000 && rc == -ERR_BUSY;
         n++) { /*  ZeroMQ closes a socket a moment after it was asked to */
        rc = wire_new (&actor->wire, &config, &problem);
        (void) usleep (rc == -ERR_BUSY ? 10000 : 0);
    }
    if (rc != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (wire_watch (actor->wire, &s->loop, on_message, actor, &problem), 0);
    return actor;
}

static void turn (void)
{
    (void) uv_run (&s->loop, UV_RUN_ONCE);
}

static void close_actor (actor_t *actor)
{
    if (!actor->wire)
        return;
    wire_unwatch (actor->wire);
    for (int n = 0; n < 3; n++)
        turn (); /*  its handles are closed */
    wire_destroy (&actor->wire);
    curve_destroy (&actor->curve);
}

/*  None that the system hands out: while nobody listens there somebody's connection could take it, even to itself. */
static int free_port (void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    for (int n = 0; n < 1000; n++) {
        uint16_t dice = 0;
        assert_int_equal (uv_random (NULL, NULL, &dice, sizeof dice, 0, NULL), 0);
        int port = 20000 + dice % 10000;
        int one = socket (AF_INET, SOCK_STREAM, 0);
        address.sin_port = htons ((uint16_t) port);
        bool good = bind (one, (struct sockaddr *) &address, sizeof address) == 0;
        (void) close (one);
        if (good)
            return port;
    }
    fail_msg ("no free port");
    return 0;
}

static int begin (void **state)
{
    (void) state;
    wire_setup ();
    s = calloc (1, sizeof *s);
    assert_non_null (s);
    (void) strcpy (s->directory, "/tmp/tc-test-XXXXXX");
    assert_non_null (mkdtemp (s->directory));
    keys_make (s->directory);
    s->port = free_port ();
    assert_int_equal (uv_loop_init (&s->loop), 0);
    (void) uv_timer_init (&s->loop, &s->pulse);
    (void) uv_timer_start (&s->pulse, on_pulse, 5, 5);
    return 0;
}

static int end (void **state)
{
    char command[128];
    (void) state;
    for (size_t n = 0; n < s->count; n++)
        close_actor (&s->actors[n]);
    uv_close ((uv_handle_t *) &s->pulse, NULL);
    (void) uv_run (&s->loop, UV_RUN_DEFAULT);
    assert_int_equal (uv_loop_close (&s->loop), 0);
    (void) snprintf (command, sizeof command, "rm -rf %s", s->directory);
    (void) !system (command);
    free (s);
    return 0;
}

static size_t encode (const char *word, uint8_t *bytes, size_t size)
{
    static message_t message;
    size_t length = 0;
    memset (&message, 0, sizeof message);
    message.kind = MSG_SHARD_READY;
    (void) snprintf (message.shard_ready.shard, sizeof message.shard_ready.shard, "%s", word);
    assert_int_equal (message_encode (&message, bytes, size, &length), 0);
    return length;
}

static int say (actor_t *from, const char *to, const char *word)
{
    uint8_t bytes[256];
    size_t size = encode (word, bytes, sizeof bytes);
    return wire_send (from->wire, to, MSG_SHARD_READY, bytes, size);
}

/*  Until it is so; asked once more each turn, and not after it was. */
#define AWAIT(condition)                                                                                     \
    do {                                                                                                     \
        int64_t end_ns = clock_now_ns () + INT64_C (1000000) * GUARD_MS;                                     \
        bool so = false;                                                                                     \
        while (!(so = (condition)) && clock_now_ns () < end_ns)                                              \
            turn ();                                                                                         \
        assert_true (so);                                                                                    \
    } while (0)

/*  Both ways, once. */
static void they_talk (actor_t *dispatcher, actor_t *actor)
{
    uint64_t there = dispatcher->heard + 1;
    uint64_t back = actor->heard + 1;
    assert_int_equal (say (actor, "dispatcher", "word"), 0);
    AWAIT (dispatcher->heard >= there);
    assert_string_equal (dispatcher->last_from, actor->name);
    assert_int_equal (say (dispatcher, actor->name, "word"), 0);
    AWAIT (actor->heard >= back);
}

/*  ---- strangers ---- */

static zsock_t *stranger (const char *name)
{
    zsock_t *socket = zsock_new (ZMQ_DEALER);
    assert_non_null (socket);
    zsock_set_linger (socket, 0);
    zsock_set_identity (socket, name);
    return socket;
}

/*  Says something as an actor's link would, in a life of its own. */
static void speak (zsock_t *socket, uint64_t session)
{
    link_config_t config = {.session = session};
    link_t *link = link_new (&config);
    link_frame_t frame;
    uint8_t bytes[256];
    size_t size = encode ("stranger", bytes, sizeof bytes);
    zmsg_t *message = zmsg_new ();
    assert_int_equal (link_send (link, clock_now_ns (), 1, false, bytes, size), 0);
    assert_true (link_due (link, clock_now_ns (), &frame));
    (void) zmsg_addmem (message, frame.header, sizeof frame.header);
    (void) zmsg_addstr (message, "shard.ready");
    (void) zmsg_addmem (message, frame.bytes, frame.size);
    zsock_set_sndtimeo (socket, 0);
    (void) zmsg_send (&message, socket); /*  may have no connection to take it */
    zmsg_destroy (&message);
    link_destroy (&link);
}

static bool hears (zsock_t *socket)
{
    return (zsock_events (socket) & ZMQ_POLLIN) != 0;
}

/*  ---- stories ---- */

static void those_with_keys_talk (void **state)
{
    curve_counts_t counts;
    (void) state;
    keys_make_one (s->directory, "executor-7");
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *by_role = open_actor ("executor-1", "executor", s->port);
    actor_t *by_name = open_actor ("executor-7", "executor-7", s->port);
    actor_t *listener = open_actor ("listener", "listener", s->port);
    they_talk (dispatcher, by_role);
    they_talk (dispatcher, by_name);
    they_talk (dispatcher, listener);
    curve_counts (dispatcher->curve, DOOR_DISPATCHER, &counts);
    assert_int_equal (counts.accepted, 3);
    for (int reason = 0; reason < REFUSED_COUNT; reason++)
        assert_int_equal (counts.refused[reason], 0);
}

/*  The first one starts the thread that answers, the last one ends it: as often as one likes. */
static void keys_come_and_go (void **state)
{
    (void) state;
    for (int n = 0; n < 200; n++) {
        curve_t *curve = keys_of (s->directory, "dispatcher", "dispatcher");
        curve_destroy (&curve);
    }
}

/*  Who has no business here hears nothing, is heard by nobody, and is counted for what it is. */
static void the_door_stays_closed (
    const char *label, bool keys, const char *server, refusal_t reason, uint64_t times)
{
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *executor = open_actor ("executor-1", "executor", s->port);
    zsock_t *other = stranger ("executor-2");
    if (keys)
        keys_give (other, s->directory, label, server);
    assert_int_equal (zsock_connect (other, "%s", endpoint_at (s->port)), 0);
    speak (other, 4711);
    AWAIT (keys_refused (dispatcher->curve, DOOR_DISPATCHER, reason) >= times);
    they_talk (dispatcher, executor);
    assert_int_equal (dispatcher->heard, 1);
    assert_int_equal (say (dispatcher, "executor-2", "word"), -ERR_UNREACHABLE);
    assert_false (hears (other));
    zsock_destroy (&other);
}

static void without_a_key (void **state)
{
    (void) state;
    the_door_stays_closed (NULL, false, NULL, REFUSED_NO_KEY, 1); /*  its own libzmq gives up */
}

static void with_a_key_that_nobody_knows (void **state)
{
    (void) state;
    the_door_stays_closed (NULL, true, "dispatcher", REFUSED_UNKNOWN, 3);
}

static void with_the_key_of_another_role (void **state)
{
    (void) state;
    the_door_stays_closed ("monitor", true, "dispatcher", REFUSED_ROLE, 3);
}

static void who_expects_another_server_does_not_talk_to_this_one (void **state)
{
    (void) state;
    the_door_stays_closed ("executor", true, "tap", REFUSED_HANDSHAKE, 3);
}

/*  t=0 executor-1 is there; t=1 somebody with a certificate of its own says it was executor-1, and another the audit: what
 *  is meant for these does not reach them, and what they say is dropped. */
static void under_the_name_of_another (void **state)
{
    (void) state;
    keys_make_one (s->directory, "executor-7");
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *executor = open_actor ("executor-1", "executor", s->port);
    they_talk (dispatcher, executor);
    zsock_t *thief = stranger ("executor-1");
    zsock_t *liar = stranger ("audit");
    keys_give (thief, s->directory, "executor-7", "dispatcher");
    keys_give (liar, s->directory, "executor", "dispatcher");
    assert_int_equal (zsock_connect (thief, "%s", endpoint_at (s->port)), 0);
    assert_int_equal (zsock_connect (liar, "%s", endpoint_at (s->port)), 0);
    for (uint64_t n = 0; keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_NAME) < 10; n++) {
        assert_in_range (n, 0, 10000);
        speak (thief, 4711);
        speak (liar, 4712);
        they_talk (dispatcher, executor);
    }
    assert_int_equal (dispatcher->heard, executor->heard);
    assert_int_equal (say (dispatcher, "audit", "word"), -ERR_UNREACHABLE);
    assert_false (hears (thief));
    assert_false (hears (liar));
    zsock_destroy (&thief);
    zsock_destroy (&liar);
}

static void scream (const char *bytes, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    int one = socket (AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons ((uint16_t) s->port);
    assert_int_equal (connect (one, (struct sockaddr *) &address, sizeof address), 0);
    (void) !send (one, bytes, size, MSG_NOSIGNAL);
    (void) usleep (20000);
    (void) close (one);
}

/*  A browser, a port scan, noise, and the beginning of ZMTP with noise behind it. */
static void nonsense_on_the_port (void **state)
{
    char noise[512];
    (void) state;
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *executor = open_actor ("executor-1", "executor", s->port);
    they_talk (dispatcher, executor);
    for (size_t n = 0; n < sizeof noise; n++)
        noise[n] = (char) (n * 167 + 13);
    for (int n = 0; n < 5; n++) {
        scream ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
        scream ("", 0);
        scream (noise, sizeof noise);
        scream (
            "\xff\0\0\0\0\0\0\0\1\x7f\3\0CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0nonsense", 50);
    }
    AWAIT (keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_NONSENSE) >= 20);
    they_talk (dispatcher, executor);
    assert_int_equal (keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_NONSENSE), 20);
}

/*  t=0 executor-7 talks; t=1 its certificate is deleted: it hears nothing more and is not heard, executor-1 goes on; t=2
 *  it has a new one, in a new life, and all is well. */
static void a_certificate_that_is_deleted (void **state)
{
    (void) state;
    keys_make_one (s->directory, "executor-7");
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *revoked = open_actor ("executor-7", "executor-7", s->port);
    actor_t *other = open_actor ("executor-1", "executor", s->port);
    they_talk (dispatcher, revoked);
    they_talk (dispatcher, other);
    keys_delete_public (s->directory, "executor-7");
    AWAIT (keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_REVOKED) > 0);
    uint64_t heard = dispatcher->heard;
    uint64_t told = revoked->heard;
    assert_int_equal (say (revoked, "dispatcher", "word"), 0);
    assert_int_equal (say (dispatcher, "executor-7", "word"), 0); /*  waits for a peer that may hear it */
    uint64_t before = keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_REVOKED);
    AWAIT (keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_REVOKED) >= before + 3);
    they_talk (dispatcher, other);
    assert_int_equal (dispatcher->heard, heard + 1);
    assert_int_equal (revoked->heard, told);
    close_actor (revoked);
    keys_make_one (s->directory, "executor-7");
    actor_t *again = open_actor ("executor-7", "executor-7", s->port);
    they_talk (dispatcher, again);
}

static uint64_t lives (actor_t *actor)
{
    link_counts_t counts;
    wire_link_counts (actor->wire, &counts);
    return counts.lives;
}

/*  The dispatcher gets another certificate and starts anew; those who know it come back by themselves. */
static void a_server_with_a_new_certificate (void **state)
{
    (void) state;
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *executor = open_actor ("executor-1", "executor", s->port);
    they_talk (dispatcher, executor);
    keys_make_one (s->directory, "dispatcher");
    close_actor (dispatcher);
    actor_t *next = open_actor ("dispatcher", "dispatcher", s->port);
    AWAIT (lives (executor) == 2); /*  what was said to the one before is not for this one */
    they_talk (next, executor);
}

/*  t=0 somebody without keys listens where the dispatcher should be: libzmq's client gives up; t=1 the dispatcher is there. */
static void somebody_else_at_the_dispatchers_port (void **state)
{
    (void) state;
    zsock_t *impostor = zsock_new (ZMQ_ROUTER);
    zsock_set_linger (impostor, 0);
    assert_int_equal (zsock_bind (impostor, "%s", endpoint_at (s->port)), s->port);
    actor_t *executor = open_actor ("executor-1", "executor", s->port);
    for (int n = 0; n < 100; n++)
        turn (); /*  it has tried */
    assert_false (hears (impostor));
    zsock_destroy (&impostor);
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    AWAIT (lives (executor) == 1);
    they_talk (dispatcher, executor);
}

/*  An executor's new certificate, and the one before it kept for the while: both are let in, then the old one is not. */
static void two_certificates_of_one_role (void **state)
{
    char from[CERTIFICATE_PATH_MAX];
    char to[CERTIFICATE_PATH_MAX];
    (void) state;
    actor_t *dispatcher = open_actor ("dispatcher", "dispatcher", s->port);
    actor_t *old = open_actor ("executor-1", "executor", s->port);
    they_talk (dispatcher, old);
    assert_int_equal (certificate_public_path (from, s->directory, "executor", NULL), 0);
    assert_int_equal (certificate_public_path (to, s->directory, "executor~old", NULL), 0);
    assert_int_equal (link (from, to), 0);
    keys_make_one (s->directory, "executor");
    actor_t *new = open_actor ("executor-2", "executor", s->port);
    they_talk (dispatcher, new);
    they_talk (dispatcher, old);
    assert_int_equal (keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_REVOKED), 0);
    keys_delete_public (s->directory, "executor~old");
    AWAIT (keys_refused (dispatcher->curve, DOOR_DISPATCHER, REFUSED_REVOKED) > 0);
    they_talk (dispatcher, new);
}

/*  Somebody in between copies every byte. Without keys it reads names and words; with them it reads nothing. */
static void who_listens_in_between_reads_nothing (void **state)
{
    static const char *const words[] = {"shard.ready", "executor-1", "AAPL-WORD", "shard"};
    (void) state;
    for (int keys = 0; keys < 2; keys++) {
        relay_t *relay = relay_new (s->port);
        actor_t *dispatcher = open_actor ("dispatcher", keys ? "dispatcher" : NULL, s->port);
        actor_t *executor = open_actor ("executor-1", keys ? "executor" : NULL, relay_port (relay));
        they_talk (dispatcher, executor);
        assert_int_equal (say (executor, "dispatcher", "AAPL-WORD"), 0);
        AWAIT (dispatcher->heard >= 2);
        assert_int_equal (say (dispatcher, "executor-1", "AAPL-WORD"), 0);
        AWAIT (executor->heard >= 2);
        for (size_t n = 0; n < sizeof words / sizeof *words; n++)
            assert_int_equal (relay_saw (relay, words[n]), !keys);
        assert_true (relay_saw (relay, "CURVE") == (keys != 0));
        close_actor (executor);
        close_actor (dispatcher);
        relay_destroy (&relay);
        turn ();
    }
}

/*  ---- the tap ---- */

typedef struct {
    curve_t *curve;
    tap_t *tap;
    uv_thread_t thread;
    int in, out;
} taps_t;

static void run_tap (void *argument)
{
    (void) tap_run ((tap_t *) argument);
}

static void open_tap (taps_t *self)
{
    char in[64];
    char out[64];
    const char *outs[] = {out};
    problem_t problem = {0};
    self->curve = keys_of (s->directory, "tap", "tap");
    self->in = free_port ();
    self->out = free_port ();
    (void) snprintf (in, sizeof in, "tcp://127.0.0.1:%d", self->in);
    (void) snprintf (out, sizeof out, "tcp://127.0.0.1:%d", self->out);
    if (tap_new (&self->tap, in, outs, 1, self->curve, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (uv_thread_create (&self->thread, run_tap, self->tap), 0);
}

static void close_tap (taps_t *self)
{
    tap_ask_stop (self->tap);
    (void) uv_thread_join (&self->thread);
    tap_destroy (&self->tap);
    curve_destroy (&self->curve);
}

static zsock_t *at_tap (int type, const char *label, int port)
{
    zsock_t *socket = zsock_new (type);
    zsock_set_linger (socket, 0);
    if (type == ZMQ_SUB)
        zsock_set_subscribe (socket, "");
    keys_give (socket, s->directory, label, "tap");
    assert_int_equal (zsock_connect (socket, "%s", endpoint_at (port)), 0);
    return socket;
}

static void publish (zsock_t *socket)
{
    (void) zstr_sendx (socket, "shard.ready", "body", NULL);
}

/*  Throws away what is there; how many messages it was. */
static size_t drain (zsock_t *socket)
{
    size_t count = 0;
    while (hears (socket)) {
        zmsg_t *message = zmsg_recv (socket);
        count += zmsg_size (message) == 2;
        zmsg_destroy (&message);
    }
    return count;
}

static bool flows (zsock_t *from, zsock_t *to)
{
    publish (from);
    turn ();
    return drain (to) > 0;
}

/*  Actors publish, monitors listen, and not the other way round. */
static void at_the_tap_everybody_has_its_side (void **state)
{
    taps_t taps;
    (void) state;
    open_tap (&taps);
    zsock_t *actor = at_tap (ZMQ_PUB, "executor", taps.in);
    zsock_t *monitor = at_tap (ZMQ_SUB, "monitor", taps.out);
    zsock_t *gateway = at_tap (ZMQ_SUB, "gateway", taps.out);
    zsock_t *nosy = at_tap (ZMQ_SUB, "executor", taps.out);
    zsock_t *forger = at_tap (ZMQ_PUB, "monitor", taps.in);
    zsock_t *writer = at_tap (ZMQ_XSUB, "monitor", taps.out);
    AWAIT (flows (actor, monitor));
    AWAIT (flows (actor, gateway));
    AWAIT (keys_refused (taps.curve, DOOR_TAP, REFUSED_ROLE) > 0);
    AWAIT (keys_refused (taps.curve, DOOR_TAP_IN, REFUSED_ROLE) > 0);
    publish (forger);
    publish (writer);
    AWAIT (keys_refused (taps.curve, DOOR_TAP, REFUSED_MESSAGE) > 0);
    assert_int_equal (drain (nosy), 0);
    (void) drain (monitor);
    publish (actor);
    AWAIT (hears (monitor));
    assert_int_equal (drain (monitor), 1);
    zsock_t **all[] = {&actor, &monitor, &gateway, &nosy, &forger, &writer};
    for (size_t n = 0; n < sizeof all / sizeof *all; n++)
        zsock_destroy (all[n]);
    close_tap (&taps);
}

/*  t=0 two monitors and an actor; t=1 one monitor's and the actor's certificates are deleted: the one reads nothing more,
 *  of the other nothing is read; who still may is back at once. */
static void revoked_at_the_tap (void **state)
{
    taps_t taps;
    (void) state;
    keys_make_one (s->directory, "monitor-2");
    keys_make_one (s->directory, "executor-7");
    open_tap (&taps);
    zsock_t *actor = at_tap (ZMQ_PUB, "executor", taps.in);
    zsock_t *revoked_actor = at_tap (ZMQ_PUB, "executor-7", taps.in);
    zsock_t *monitor = at_tap (ZMQ_SUB, "monitor", taps.out);
    zsock_t *revoked = at_tap (ZMQ_SUB, "monitor-2", taps.out);
    AWAIT (flows (actor, monitor));
    AWAIT (flows (revoked_actor, revoked));
    keys_delete_public (s->directory, "monitor-2");
    keys_delete_public (s->directory, "executor-7");
    AWAIT (keys_refused (taps.curve, DOOR_TAP, REFUSED_UNKNOWN) >
           0); /*  was thrown out, and tries to come back */
    (void) drain (revoked);
    (void) drain (monitor);
    AWAIT (flows (actor, monitor));
    AWAIT ((publish (revoked_actor), turn (), keys_refused (taps.curve, DOOR_TAP_IN, REFUSED_REVOKED) >= 5));
    (void) drain (monitor);
    publish (actor);
    AWAIT (hears (monitor));
    assert_int_equal (drain (monitor), 1);
    assert_int_equal (drain (revoked), 0);
    zsock_t **all[] = {&actor, &revoked_actor, &monitor, &revoked};
    for (size_t n = 0; n < sizeof all / sizeof *all; n++)
        zsock_destroy (all[n]);
    close_tap (&taps);
}

int main (void)
{
#define STORY(test) cmocka_unit_test_setup_teardown (test, begin, end)
    const struct CMUnitTest tests[] = {
        STORY (those_with_keys_talk),
        STORY (keys_come_and_go),
        STORY (without_a_key),
        STORY (with_a_key_that_nobody_knows),
        STORY (with_the_key_of_another_role),
        STORY (who_expects_another_server_does_not_talk_to_this_one),
        STORY (under_the_name_of_another),
        STORY (nonsense_on_the_port),
        STORY (a_certificate_that_is_deleted),
        STORY (a_server_with_a_new_certificate),
        STORY (somebody_else_at_the_dispatchers_port),
        STORY (two_certificates_of_one_role),
        STORY (who_listens_in_between_reads_nothing),
        STORY (at_the_tap_everybody_has_its_side),
        STORY (revoked_at_the_tap),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
